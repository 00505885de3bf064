package findsupport

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/demo"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site serves the pages of a world's hubs at noon on Wednesday, 25 March 2026: the clocks go forward on the Sunday after.
type site struct {
	*storetest.World
	pages *Pages
	url   string
	ctx   context.Context // of the platform, at Walton
}

func newSite(t *testing.T, limits gate.Config) *site {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	p := New(w.Store, directory.New(w.Store, log), gate.New(w.Store, limits), "https://rooms.example.org")
	p.now = func() time.Time { return time.Date(2026, 3, 25, 12, 0, 0, 0, time.UTC) }
	mux := http.NewServeMux()
	mux.Handle(Prefix, p)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s := &site{w, p, server.URL, w.Platform(w.Walton)}
	for i, n := range demo.Needs {
		w.Store.Client(s.ctx).Need.Create().SetCode(n.Code).SetName(n.Name).SetPosition(i).ExecX(s.ctx)
	}
	return s
}

var unlimited = gate.Config{Rate: -1}

func (s *site) demo(t *testing.T) {
	t.Helper()
	if _, err := s.pages.directory.Import(s.ctx, "demo", openreferral.RowsOf(demo.Catalogue(demo.Walton)), nil); err != nil {
		t.Fatal(err)
	}
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) get(t *testing.T, path string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// words are what a page says, without its markup.
func words(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "")
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " "))), " ")
}

// offer makes a service with a place and the times that are given.
func (s *site) offer(t *testing.T, name string, with func(*ent.ServiceCreate), when ...func(*ent.ScheduleCreate)) *ent.Service {
	t.Helper()
	c := s.Store.Client(s.ctx)
	id := uuid.NewString()
	o := c.Organisation.Create().SetSource("test").SetExternalID(id).SetName("Partner of " + name).SetPhone("0151 496 0999").SaveX(s.ctx)
	create := c.Service.Create().SetSource("test").SetExternalID(id).SetName(name).SetOrganisation(o)
	if with != nil {
		with(create)
	}
	made := create.SaveX(s.ctx)
	l := c.Location.Create().SetSource("test").SetExternalID(id).SetName("The hall").SetAddress("1 Hall Road").SetPostcode("L4 4AA").
		SetLatitude(53.4466).SetLongitude(-2.9625).SaveX(s.ctx)
	c.ServiceAtLocation.Create().SetSource("test").SetExternalID(id).SetService(made).SetLocation(l).ExecX(s.ctx)
	for i, set := range when {
		create := c.Schedule.Create().SetSource("test").SetExternalID(fmt.Sprint(id, i)).SetServiceID(made.ID)
		set(create)
		create.ExecX(s.ctx)
	}
	return made
}

func weekly(days string, opens, closes string) func(*ent.ScheduleCreate) {
	return func(c *ent.ScheduleCreate) {
		c.SetFreq(schedule.FreqWeekly).SetByDay(strings.Split(days, ",")).SetOpensAt(opens)
		if closes != "" {
			c.SetClosesAt(closes)
		}
	}
}

func TestAPageIsOpenAndStrict(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	got := s.get(t, "/find-support/walton")
	if got.status != 200 || got.header.Get("Content-Type") != "text/html; charset=utf-8" || got.header.Get("Content-Language") != "en" ||
		got.header.Get("Vary") != "Accept-Language" || got.header.Get("Cache-Control") != "public, no-cache" || got.header.Get("Set-Cookie") != "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q", policy)
	}
	for _, never := range []string{"<script", "style=", "onclick", "javascript:", "ZgotmplZ", "http://www.", "nhs.uk"} {
		if strings.Contains(got.body, never) {
			t.Errorf("the page holds %s", never)
		}
	}
	if len(got.body) > 40_000 { // an old phone on a slow line
		t.Errorf("the page has %d bytes", len(got.body))
	}
	if again := s.get(t, "/find-support/walton", "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
		t.Errorf("asked again: %d", again.status)
	}
	if got := s.get(t, "/find-support/walton/?q=a+b"); got.status != http.StatusPermanentRedirect || got.header.Get("Location") != "/find-support/walton?q=a+b" {
		t.Errorf("with a slash: %d %v", got.status, got.header)
	}
	if got := s.get(t, "/find-support/zz1/walton"); got.status != 200 || !strings.Contains(got.body, `href="/find-support/zz1/walton/services/`) {
		t.Errorf("the qualified address: %d", got.status)
	}
}

// TestWhatIsWrongStandsAtItsField: it is said first, beside the field and in the field's description, and what was typed stays.
func TestWhatIsWrongStandsAtItsField(t *testing.T) {
	s := newSite(t, unlimited)
	body := s.get(t, "/find-support/walton?postcode=L4&age=old").body
	for _, part := range []string{
		"<title>Error: ", `<a href="#postcode">This is not a full UK postcode.`, `<a href="#age">Write the age as a number`,
		`<span class="mistake" id="postcode-problem">Error: This is not`, `<span class="mistake" id="age-problem">Error: Write`,
		`value="L4" maxlength="12" autocomplete="postal-code" aria-describedby="postcode-hint postcode-problem" aria-invalid="true"`,
		`value="old" inputmode="numeric" maxlength="3" autocomplete="off" aria-describedby="age-hint age-problem" aria-invalid="true"`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("it does not hold %s", part)
		}
	}
	if body := s.get(t, "/find-support/walton?age=40").body; strings.Contains(body, `class="mistake"`) || strings.Contains(body, "aria-invalid") || strings.Contains(body, "Error") {
		t.Error("something is wrong for no reason")
	}
	// A hub that does not know where it is cannot measure from itself.
	if text := words(s.get(t, "/find-support/walton?within=3").body); !strings.Contains(text, "There is a problem Write your postcode, so that we can tell how far it is.") {
		t.Errorf("a distance from nowhere: %s", text)
	}
}

// TestWordsOfTheCatalogueAreMarked: a screen reader changes its voice for what is not in the language of the interface.
func TestWordsOfTheCatalogueAreMarked(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	if body := s.get(t, "/find-support/walton?need=money&lang=pl").body; !strings.Contains(body, `<li>pomoc: <span lang="en-GB">Money and debt`) {
		t.Error("a reason mixes languages without saying so")
	}
	made := s.offer(t, "Choir", func(c *ent.ServiceCreate) { c.SetLanguages([]string{"pl", "English"}) })
	for lang, want := range map[string]string{"en": "Languages spoken Polish English", "cy": "Pwyleg Saesneg"} {
		if text := words(s.get(t, "/find-support/walton/services/"+made.ID.String()+"?lang="+lang).body); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in %s", lang, want, text)
		}
	}
}

// TestASearchLeadsToWhatItFound: on a small screen the form fills it.
func TestASearchLeadsToWhatItFound(t *testing.T) {
	s := newSite(t, unlimited)
	s.offer(t, "Choir", nil)
	for query, want := range map[string]string{"": "", "?q=choir": "See what we found: 1 service", "?q=zzqxzz": "Nothing matches all of this"} {
		body := s.get(t, "/find-support/walton"+query).body
		if found := strings.Contains(body, `<a href="#results">`+want+"</a>"); found != (want != "") || !strings.Contains(body, `id="results"`) {
			t.Errorf("%q: %t", query, found)
		}
	}
}

// TestOtherDaysAreTold: a bank holiday goes before the week, for four weeks ahead.
func TestOtherDaysAreTold(t *testing.T) {
	s := newSite(t, unlimited)
	s.Store.Client(s.ctx).Hub.UpdateOneID(s.Walton.ID).SetOpeningExceptions([]schema.OpeningException{
		{Date: "2026-04-06", Note: "Easter Monday"}, {Date: "2026-04-03", Opens: "10:00", Closes: "12:00"},
		{Date: "2026-03-24"}, {Date: "2026-05-25"}, // gone by, and too far ahead
	}).ExecX(s.ctx)
	text := words(s.get(t, "/find-support/walton").body)
	for _, want := range []string{"Other times soon Friday 3 April: 10:00 to 12:00 Monday 6 April: closed ( Easter Monday )"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("want %q in %s", want, text)
		}
	}
	for _, never := range []string{"24 March:", "25 May"} {
		if strings.Contains(text, never) {
			t.Errorf("tells of %s", never)
		}
	}
	if text := words(s.get(t, "/find-support/walton?lang=pl").body); !strings.Contains(text, "zamknięte") {
		t.Errorf("in Polish: %s", text)
	}
}

// TestAPageTakesAsManyStatementsHoweverLong counts them.
func TestAPageTakesAsManyStatementsHoweverLong(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	first := regexp.MustCompile(`/find-support/walton/services/[0-9a-f-]+`).FindString(s.get(t, "/find-support/walton").body)
	for path, most := range map[string]int{
		"/find-support/walton":                     6, // choices, find, needs, services, organisations, times
		"/find-support/walton?postcode=L4+0CK&q=a": 7,
		"/find-support/walton/whats-on":            4, // services, times, places, locations
		first:                                      5,
		first + "/sessions.ics":                    5,
		"/find-support/walton?q=zzqxzz&day=mon&need=nothing": 4,
	} {
		s.Statements.Reset()
		if got := s.get(t, path); got.status != 200 {
			t.Errorf("%s: %d", path, got.status)
		}
		if sent := s.Statements.Sent(); len(sent) > most {
			t.Errorf("%s takes %d statements, at most %d are needed:\n%s", path, len(sent), most, strings.Join(sent, "\n"))
		}
	}
}

func TestTheSearchFindsAndSays(t *testing.T) {
	s := newSite(t, unlimited)
	if text := words(s.get(t, "/find-support/walton").body); !strings.Contains(text, "Nothing is listed here yet") {
		t.Errorf("an empty catalogue: %s", text)
	}
	s.offer(t, "Choir", func(c *ent.ServiceCreate) { c.SetFree(true).SetDescription("Sing with us. <b>Loud</b> & clear.") }, weekly("TH", "18:00", "19:30"))
	s.offer(t, "Debt clinic", nil, weekly("MO,FR", "10:00", ""))
	s.offer(t, "Closed club", func(c *ent.ServiceCreate) { c.SetStatus(service.StatusInactive) })
	find := func(query string) string { return words(s.get(t, "/find-support/walton?"+query).body) }
	for query, parts := range map[string][]string{
		"":                              {"2 services", "Choir", "Debt clinic", "Next: Thursday 26 March, 18:00 to 19:30", "Next: Friday 27 March, 10:00", "Sing with us. <b>Loud</b> & clear."},
		"free=1":                        {"1 service", "Choir"},
		"day=mon":                       {"1 service", "Debt clinic", "Next: Monday 30 March, 10:00"},
		"q=debbt":                       {"1 service", "Debt clinic"},
		"postcode=l44aa&within=1":       {"2 services. We measure from L4 4AA.", "0.1 miles away"},
		"postcode=L4+9ZZ":               {"We measure from the middle of L4."},
		"postcode=M1+1AA":               {"There is a problem", "We do not know where M1 1AA is.", "2 services"},
		"postcode=L4":                   {"This is not a full UK postcode.", "2 services"},
		"q=zzqxzz":                      {"Nothing matches all of this", "Clear the search"},
		"day=noday&within=9999&page=-3": {"2 services"},
		"lang=pl":                       {"2 usługi", "Najbliższy termin: czwartek, 26 marca, od 18:00 do 19:30"},
		"lang=cy&free=1":                {"1 gwasanaeth", "Nesaf: Dydd Iau 26 Mawrth, 18:00 tan 19:30"},
	} {
		text := find(query)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("?%s does not say %q:\n%s", query, part, text)
			}
		}
		if strings.Contains(text, "Closed club") {
			t.Errorf("?%s finds what does not run", query)
		}
	}
	// What somebody typed is text, whatever it is.
	body := s.get(t, "/find-support/walton?q="+url.QueryEscape(`"><script>alert(1)</script>`)+"&lang="+url.QueryEscape(`"><b>`)).body
	if strings.Contains(body, "<script>") || strings.Contains(body, `"><b>`) {
		t.Error("markup comes back")
	}
	// A hub says when somebody can come in and ask.
	s.owner(t, `update hubs set opening_hours = '[{"day": "THURSDAY", "opens": "09:00", "closes": "12:00"}, {"day": "MONDAY", "opens": "09:00", "closes": "17:00"},
		{"day": "THURSDAY", "opens": "13:00", "closes": "20:00"}]' where slug = 'walton'`)
	if text := find("lang=cy"); !strings.Contains(text, "Pryd rydym ar agor Dydd Llun: 09:00 tan 17:00 Dydd Iau: 09:00 tan 12:00, 13:00 tan 20:00 Os oes") {
		t.Errorf("opening hours: %s", text)
	}
	// A hub that knows where it is measures from itself.
	s.owner(t, "update hubs set latitude = 53.4466, longitude = -2.9625, postcode = 'L9 9ZZ', brand_colour = '#ffcc00' where slug = 'walton'")
	if text := find("within=1"); !strings.Contains(text, "We measure from Life Rooms walton.") || !strings.Contains(text, "2 services") {
		t.Errorf("near the hub: %s", text)
	}
	if !strings.Contains(s.get(t, "/find-support/walton").body, ":root{--brand:#ffcc00;--on-brand:#000000;--link:#") {
		t.Error("the hub's colour is not worn")
	}
}

// TestFurtherChoicesAndReasons: each choice narrows, stays chosen, and is told as a reason in the reader's language.
func TestFurtherChoicesAndReasons(t *testing.T) {
	s := newSite(t, unlimited)
	s.offer(t, "Choir", func(c *ent.ServiceCreate) {
		c.SetMinimumAge(18).SetLanguages([]string{"pl", "English"}).SetAssuredDate(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	}, weekly("TH", "18:00", "19:30"))
	s.Store.Client(s.ctx).Location.Update().SetAccessibility([]string{"Step-free entrance"}).ExecX(s.ctx)
	s.offer(t, "Debt clinic", func(c *ent.ServiceCreate) { c.SetMaximumAge(25) }, weekly("MO,FR", "10:00", "12:00"))
	find := func(query string) string { return words(s.get(t, "/find-support/walton?"+query).body) }
	for query, parts := range map[string][]string{
		"":                        {"2 services", "checked 3 weeks ago"},
		"time=morning":            {"1 service", "Debt clinic", "open Monday and Friday, 10:00 to 12:00"},
		"time=evening&day=thu":    {"1 service", "Choir", "open Thursday, 18:00 to 19:30"},
		"time=morning&day=thu":    {"Nothing matches all of this"},
		"age=30":                  {"1 service", "Choir", "for ages 18 and over"},
		"age=17":                  {"1 service", "Debt clinic", "up to age 25"},
		"age=old":                 {"There is a problem", "Write the age as a number, like 42.", "2 services"},
		"age=131":                 {"There is a problem Write the age as a number, like 42."},
		"language=pl":             {"1 service", "Choir", "in Polish"},
		"language=Polish":         {"1 service", "Choir"},
		"language=Klingonish":     {"Nothing matches all of this"},
		"stepfree=1":              {"1 service", "Choir", "step-free"},
		"places=1":                {"Nothing matches all of this"},
		"q=chior":                 {"These are results for “choir”.", "1 service", "“choir” is in the name"},
		"q=debt&postcode=L4+4AA":  {"“debt” is in the name 0.1 miles away"},
		"language=pl&lang=cy":     {"1 gwasanaeth", "iaith: Pwyleg", "gwiriwyd 3 wythnos yn ôl"},
		"time=evening&lang=cy":    {"ar agor: Dydd Iau, 18:00 tan 19:30"},
		"time=evening&lang=pl":    {"czynne: czwartek, od 18:00 do 19:30", "sprawdzono 3 tygodnie temu"},
		"age=30&lang=pl":          {"wiek: 18 lat i więcej"},
		"stepfree=1&lang=cy":      {"heb risiau"},
		"time=night&within=&age=": {"2 services"},
	} {
		text := find(query)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("?%s does not say %q:\n%s", query, part, text)
			}
		}
	}
	folded, open := s.get(t, "/find-support/walton").body, s.get(t, "/find-support/walton?stepfree=1&age=30&language=pl&time=evening").body
	if !strings.Contains(folded, `<details class="whole"><summary>`) || !strings.Contains(open, `<details class="whole" open>`) {
		t.Error("the further choices are folded unless one is chosen")
	}
	for _, chosen := range []string{`value="evening" selected`, `value="pl" selected`, `name="age" value="30"`, `name="stepfree" type="checkbox" value="1" checked`} {
		if !strings.Contains(open, chosen) {
			t.Errorf("the form forgets %s", chosen)
		}
	}
	// Where it is known of some whether they have places, one can choose by it.
	if strings.Contains(folded, `name="places"`) {
		t.Error("places can be chosen where nothing is known of them")
	}
	s.owner(t, `create or replace function capacities_of(in_hub uuid) returns table (service_id uuid, has_places boolean) language sql stable
		as 'select id, name = ''Choir'' from services where hub_id = in_hub'`)
	if body := s.get(t, "/find-support/walton?places=1").body; !strings.Contains(body, `name="places" type="checkbox" value="1" checked`) ||
		!strings.Contains(words(body), "1 service Choir") && !strings.Contains(words(body), "has places") {
		t.Errorf("with places: %s", words(body))
	}
}

func (s *site) owner(t *testing.T, sql string, args ...any) {
	t.Helper()
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAServiceSaysWhatSomebodyNeedsToKnow(t *testing.T) {
	s := newSite(t, unlimited)
	two := 2.5
	made := s.offer(t, "Choir & friends", func(c *ent.ServiceCreate) {
		c.SetDescription("Sing.\n\nLoud.").SetEligibilityDescription("Anybody who hums.").SetMinimumAge(18).SetMaximumAge(65).SetApplicationProcess("Walk in.").
			SetCostOptions([]schema.CostOption{{Option: "Standard", Amount: &two, AmountDescription: "an evening"}}).SetAlert("We moved.").
			SetPhone("+44 (0)151 496 0100").SetEmail("sing@example.org").SetURL("https://sing.example.org/?a=1&b=2").
			SetContacts([]schema.Contact{{Name: "Bo", Title: "Leader", Phones: []string{"0151 496 0101"}, Email: "sing@example.org"}}).
			SetLanguages([]string{"English", "Welsh"}).SetServiceAreas([]schema.ServiceArea{{Name: "Walton"}}).SetAssuredDate(time.Date(2026, 2, 11, 0, 0, 0, 0, time.UTC))
	}, weekly("TH", "18:00", "19:30"), func(c *ent.ScheduleCreate) { c.SetDescription("Not in August") })
	path := "/find-support/walton/services/" + made.ID.String()
	got := s.get(t, path)
	text := words(got.body)
	for _, part := range []string{
		"Choir & friends", "Run by Partner of Choir & friends", "Please note We moved.", "Sing. Loud.", "For ages 18 to 65. Anybody who hums.", "Walk in.",
		"Standard, £2.50, an evening", "Every Thursday, 18:00 to 19:30", "Not in August", "Next dates Thursday 26 March, 18:00 to 19:30 Thursday 2 April, 18:00",
		"The hall 1 Hall Road L4 4AA", "See The hall on a map", "Phone +44 (0)151 496 0100", "Bo, Leader 0151 496 0101", "English Welsh", "Walton",
		"We last checked this on 11 February 2026.", "https://rooms.example.org" + path,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
	for _, part := range []string{
		`href="tel:&#43;4401514960100"`, `href="mailto:sing@example.org"`, `href="https://sing.example.org/?a=1&amp;b=2"`,
		`href="https://www.openstreetmap.org/?mlat=53.44660&amp;mlon=-2.96250#map=17/53.44660/-2.96250"`, `href="` + path + `/sessions.ics" download`,
		`datetime="2026-03-26T18:00"`, `<svg role="img" aria-label="https://rooms.example.org` + path + `"`,
	} {
		if !strings.Contains(got.body, part) {
			t.Errorf("it does not hold %s", part)
		}
	}
	if !strings.Contains(got.body, "L4\u00a04AA") {
		t.Error("a postcode may end on the next line")
	}
	if n := strings.Count(text, "sing@example.org"); n != 1 {
		t.Errorf("the e-mail address is there %d times", n)
	}
	if strings.Contains(text, "0999") {
		t.Error("the partner's number is given though the service has its own")
	}

	bare := s.offer(t, "Bare", func(c *ent.ServiceCreate) { c.SetStatus(service.StatusTemporarilyClosed).SetURL("javascript:alert(1)") }, weekly("MO", "10:00", "11:00"))
	s.Store.Client(s.ctx).Location.Update().SetVisibility(location.VisibilityRestricted).ExecX(s.ctx)
	page := s.get(t, "/find-support/walton/services/"+bare.ID.String())
	text = words(page.body)
	for _, part := range []string{"Closed for now", "No address is shown here. Ask where to go.", "Phone Partner of Bare 0151 496 0999"} {
		if !strings.Contains(text, part) {
			t.Errorf("it does not say %q:\n%s", part, text)
		}
	}
	for _, never := range []string{"Hall Road", "The hall", "L4 4AA", "53.44", "javascript", "Next dates"} {
		if strings.Contains(page.body, never) {
			t.Errorf("it holds %s", never)
		}
	}
}

func TestWhatsOnIsAWeekOfDays(t *testing.T) {
	s := newSite(t, unlimited)
	s.offer(t, "Breakfast", nil, weekly("WE", "08:00", "09:00"), weekly("SU", "08:00", "09:00"))
	s.offer(t, "Lunch", func(c *ent.ServiceCreate) { c.SetFree(true) }, weekly("WE", "11:30", "13:00"))
	s.offer(t, "Fair", nil, func(c *ent.ScheduleCreate) { c.SetDtstart(time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)) })
	s.offer(t, "Over", nil, func(c *ent.ScheduleCreate) {
		weekly("WE", "15:00", "")(c)
		c.SetUntil(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	})
	day := func(page, name string) string {
		text := words(page)
		_, after, found := strings.Cut(text, " "+name+" ")
		if !found {
			t.Fatalf("no %s in %s", name, text)
		}
		end := regexp.MustCompile(`(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d|Later week|Earlier week`).FindStringIndex(after)
		if end == nil {
			return after
		}
		return strings.TrimSpace(after[:end[0]])
	}
	now := s.get(t, "/find-support/walton/whats-on")
	for name, want := range map[string]string{
		"Wednesday 25 March": "11:30 to 13:00 Lunch Free The hall, 1 Hall Road, L4 4AA", // breakfast is over, lunch is on
		"Thursday 26 March":  "Nothing is listed for this day.",
		"Sunday 29 March":    "08:00 to 09:00 Breakfast The hall, 1 Hall Road, L4 4AA",
	} {
		// The first one stands in the heading of the week, too.
		body := strings.Replace(now.body, "From Wednesday 25 March", "", 1)
		if got := day(body, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(now.body, `datetime="2026-03-29T08:00"`) || strings.Contains(now.body, "Earlier week") {
		t.Error("this week")
	}
	next := s.get(t, "/find-support/walton/whats-on?from=2026-04-01")
	if got := day(strings.Replace(next.body, "From Wednesday 1 April", "", 1), "Wednesday 1 April"); !strings.HasPrefix(got, "08:00 to 09:00 Breakfast") || !strings.Contains(got, "Lunch") {
		t.Errorf("next Wednesday: %q", got)
	}
	if got := day(next.body, "Saturday 4 April"); got != "All day Fair The hall, 1 Hall Road, L4 4AA" {
		t.Errorf("the fair: %q", got)
	}
	if !strings.Contains(next.body, `href="/find-support/walton/whats-on">`) || !strings.Contains(next.body, `href="/find-support/walton/whats-on?from=2026-04-08"`) {
		t.Error("the weeks beside it")
	}
	// A day within a week, one that is past and one that is no day lead to weeks that are there.
	for from, want := range map[string]string{"2026-04-03": "From Wednesday 1 April", "2020-01-01": "From Wednesday 25 March", "soon": "From Wednesday 25 March", "2099-01-01": "From Wednesday 10 June"} {
		if text := words(s.get(t, "/find-support/walton/whats-on?from="+from).body); !strings.Contains(text, want) {
			t.Errorf("from %s: no %q", from, want)
		}
	}
}

func TestTheCalendarIsOne(t *testing.T) {
	s := newSite(t, unlimited)
	made := s.offer(t, "Choir; loud, and "+strings.Repeat("ölig ", 20), func(c *ent.ServiceCreate) { c.SetDescription(`Sing.` + "\n" + `Back\slash`) }, weekly("TH", "18:00", "19:30"))
	got := s.get(t, "/find-support/walton/services/"+made.ID.String()+"/sessions.ics")
	if got.status != 200 || got.header.Get("Content-Type") != "text/calendar; charset=utf-8" || got.header.Get("Content-Disposition") != `attachment; filename="sessions.ics"` {
		t.Fatalf("%d %v", got.status, got.header)
	}
	if !strings.HasSuffix(got.body, "END:VCALENDAR\r\n") || strings.Contains(strings.ReplaceAll(got.body, "\r\n", ""), "\n") {
		t.Error("lines do not end as RFC 5545 wants")
	}
	for line := range strings.SplitSeq(got.body, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	unfolded := strings.ReplaceAll(got.body, "\r\n ", "")
	lines := strings.Split(strings.TrimSpace(unfolded), "\r\n")
	for _, want := range []string{
		"DTSTART:20260326T180000Z", "DTEND:20260326T193000Z", // before the clocks go forward
		"DTSTART:20260402T170000Z", "DTEND:20260402T183000Z", // and after
		`SUMMARY:Choir\; loud\, and ` + strings.TrimSpace(strings.Repeat("ölig ", 20)), `LOCATION:The hall\, 1 Hall Road\, L4 4AA`, `DESCRIPTION:Sing. Back\\slash`,
		"URL:https://rooms.example.org/find-support/walton/services/" + made.ID.String(),
	} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) == want }) {
			t.Errorf("no %s in\n%s", want, unfolded)
		}
	}
	if n := strings.Count(unfolded, "BEGIN:VEVENT"); n != 13 {
		t.Errorf("%d events in 90 days of Thursdays", n)
	}
	uids := map[string]bool{}
	for _, l := range lines {
		if strings.HasPrefix(l, "UID:") {
			uids[l] = true
		}
	}
	if len(uids) != 13 {
		t.Errorf("%d ids of 13 events", len(uids))
	}
}

func TestWhatIsNotThereIsTold(t *testing.T) {
	s := newSite(t, unlimited)
	made := s.offer(t, "Choir", nil)
	id := made.ID.String()
	for _, path := range []string{
		"/find-support/", "/find-support/nowhere", "/find-support/southport/services/" + id, "/find-support/walton/services", "/find-support/walton/services/1",
		"/find-support/walton/services/" + id + "/other", "/find-support/walton/whats-on/now", "/find-support/walton/services/" + strings.ToUpper(id) + "/sessions.ics",
		"/find-support/walton/services/0198b6a0-0000-7000-8000-000000000000",
	} {
		got := s.get(t, path)
		if got.status != http.StatusNotFound || !strings.Contains(got.body, "<h1>There is no such page</h1>") || !strings.Contains(got.body, `content="noindex"`) {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if text := words(s.get(t, "/find-support/nowhere").body); strings.Contains(text, "Try a search") {
		t.Error("where there is no hub there is nothing to search")
	}
	s.Store.Client(s.ctx).Service.Update().SetVisibility(service.VisibilityStaff).ExecX(s.ctx)
	for _, path := range []string{"/find-support/walton/services/" + id, "/find-support/walton/services/" + id + "/sessions.ics", "/find-support/walton/services/" + id + "/qr.svg"} {
		if got := s.get(t, path); got.status != http.StatusNotFound {
			t.Errorf("%s, for staff only: %d", path, got.status)
		}
	}
	if text := words(s.get(t, "/find-support/walton/whats-on").body); strings.Contains(text, "Choir") {
		t.Error("it is on, for everybody")
	}
	s.owner(t, "update hubs set state = 'ARCHIVED' where slug = 'walton'")
	if got := s.get(t, "/find-support/walton"); got.status != http.StatusNotFound {
		t.Errorf("an archived hub: %d", got.status)
	}
	s.owner(t, "update hubs set state = 'LIVE', slug = 'southport' where slug = 'elsewhere'")
	if text := words(s.get(t, "/find-support/southport").body); !strings.Contains(text, "Say which: zz1/southport, zz2/southport.") {
		t.Errorf("two of a name: %s", text)
	}
	response, err := http.Post(s.url+"/find-support/southport", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", response.StatusCode)
	}
}

func TestStrangersAreSlowedDown(t *testing.T) {
	s := newSite(t, gate.Config{Rate: 0.1, Burst: 1})
	s.get(t, "/find-support/walton")
	got := s.get(t, "/find-support/walton", "Accept-Language", "pl")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "10" || !strings.Contains(got.body, "<h1>Poczekaj chwilę</h1>") {
		t.Errorf("%d %v", got.status, got.header)
	}
}

// TestQRCodeIsDrawn draws the code again from its path, and looks for what a camera looks for.
func TestQRCodeIsDrawn(t *testing.T) {
	code, err := newQRCode("https://rooms.example.org/find-support/walton/services/0198b6a0-0000-7000-8000-000000000000")
	if err != nil {
		t.Fatal(err)
	}
	dark := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(code.Path, -1) {
		var x, y, n, back int
		if _, err := fmt.Sscan(run[1]+" "+run[2]+" "+run[3]+" "+run[4], &x, &y, &n, &back); err != nil || n != back {
			t.Fatal(run, err)
		}
		for i := range n {
			dark[[2]int{x + i, y}] = true
		}
	}
	// The three finder patterns are where they belong, and the quiet zone is quiet.
	for _, corner := range [][2]int{{quiet, quiet}, {code.Size - quiet - 7, quiet}, {quiet, code.Size - quiet - 7}} {
		for y := range 7 {
			for x := range 7 {
				edge, middle := x == 0 || y == 0 || x == 6 || y == 6, x >= 2 && x <= 4 && y >= 2 && y <= 4
				if dark[[2]int{corner[0] + x, corner[1] + y}] != (edge || middle) {
					t.Fatalf("the finder pattern at %v is wrong at %d, %d", corner, x, y)
				}
			}
		}
	}
	for at := range dark {
		if min(at[0], at[1]) < quiet || max(at[0], at[1]) >= code.Size-quiet {
			t.Errorf("dark at %v, in the quiet zone", at)
		}
	}
}

func TestQRCodeIsAPicture(t *testing.T) {
	s := newSite(t, unlimited)
	path := "/services/" + s.offer(t, "Choir", nil).ID.String()
	got := s.get(t, "/find-support/zz1/walton"+path+"/qr.svg")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", got.status, got.header)
	}
	// It is the code of the page under the address by which it was asked for, and stands alone.
	want, err := newQRCode("https://rooms.example.org/find-support/zz1/walton" + path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.body, `d="`+want.Path+`"`) {
		t.Error("it is another code")
	}
	var picture struct {
		XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(got.body), &picture); err != nil || len(picture.Paths) != 2 {
		t.Errorf("%v: %s", err, got.body)
	}
	if again := s.get(t, "/find-support/zz1/walton"+path+"/qr.svg", "If-None-Match", got.header.Get("ETag")); again.status != http.StatusNotModified {
		t.Errorf("asked again: %d", again.status)
	}
}

// TestAnOldLinkLeadsToTheServiceThatStands: who has a printed link of a service that was merged comes to the kept one.
func TestAnOldLinkLeadsToTheServiceThatStands(t *testing.T) {
	s := newSite(t, unlimited)
	kept, folded := s.offer(t, "Debt clinic", nil), s.offer(t, "Debt Clinic", nil)
	page := s.get(t, Prefix+"walton/services/"+folded.ID.String())
	if page.status != 200 {
		t.Fatalf("before the merge: %d", page.status)
	}
	d := s.pages.directory
	c, err := d.Compare(s.ctx, merge.KindService, kept.ID, folded.ID)
	if err != nil {
		t.Fatal(err)
	}
	id, err := d.Merge(s.ctx, "m", directory.Merging{Kind: merge.KindService, Keep: kept.ID, Fold: folded.ID, Seen: c.Seen})
	if err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{"", "?lang=cy", "/sessions.ics"} {
		got := s.get(t, Prefix+"walton/services/"+folded.ID.String()+rest)
		if want := "walton/services/" + kept.ID.String() + rest; got.status != 308 || !strings.HasSuffix(got.header.Get("Location"), want) || got.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%q: %d to %q, want %q", rest, got.status, got.header.Get("Location"), want)
		}
	}
	if found := s.get(t, Prefix+"walton?text=debt"); strings.Contains(found.body, folded.ID.String()) {
		t.Error("the search finds the folded one")
	}
	if err := d.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
	if got := s.get(t, Prefix+"walton/services/"+folded.ID.String()); got.status != 200 {
		t.Errorf("undone: %d", got.status)
	}
}
