package partnerpage_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/partnerpage"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site is the pages over a hub with a partner, its service, and another's.
type site struct {
	*storetest.World
	t         *testing.T
	url       string
	partners  *partner.Partners
	manager   context.Context
	org, debt uuid.UUID
	their     uuid.UUID
	token     string
	link      uuid.UUID
}

func newSite(t *testing.T, limits gate.Config) *site {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	s := &site{World: w, t: t, partners: partner.New(w.Store, log, directory.New(w.Store, log)), manager: w.As(t, w.Walton, viewer.Manager)}
	c := w.Store.Client(s.manager)
	s.org = c.Organisation.Create().SetSource("local").SetExternalID("o1").SetName("Citizens <b>").SaveX(s.manager).ID
	s.debt = c.Service.Create().SetSource("local").SetExternalID("s1").SetOrganisationID(s.org).SetName("Debt advice").SetDescription("Free.\nCome in.").SaveX(s.manager).ID
	other := c.Organisation.Create().SetSource("local").SetExternalID("o2").SetName("Another").SaveX(s.manager).ID
	s.their = c.Service.Create().SetSource("local").SetExternalID("s2").SetOrganisationID(other).SetName("Their service").SaveX(s.manager).ID
	made, token, err := s.partners.CreateLink(s.manager, uuid.NewString(), s.org, 30)
	if err != nil {
		t.Fatal(err)
	}
	s.token, s.link = token, made.ID
	server := httptest.NewServer(http.StripPrefix("", partnerpage.New(s.partners, gate.New(w.Store, limits))))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

type reply struct {
	status int
	header http.Header
	text   string
}

func (s *site) do(method, path string, form url.Values, headers ...string) reply {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(text)}
}

// base is the address of the entry.
func (s *site) base() string { return partnerpage.Prefix + s.token }

// form reads the fields of the form on a page that is sent to action, as a browser would send them.
func (s *site) form(page, action string) url.Values {
	s.t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		s.t.Fatal(err)
	}
	attribute := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	fields := url.Values{}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		if n.Type == html.ElementNode {
			switch n.Data {
			case "form":
				inside = attribute(n, "action") == action
			case "button":
				if name := attribute(n, "name"); inside && name != "" {
					fields.Set(name, attribute(n, "value"))
				}
			case "input":
				checked := false
				for _, a := range n.Attr {
					checked = checked || a.Key == "checked"
				}
				if inside && (attribute(n, "type") != "radio" || checked) {
					fields.Set(attribute(n, "name"), attribute(n, "value"))
				}
			case "textarea":
				text := ""
				if n.FirstChild != nil {
					text = n.FirstChild.Data
				}
				if inside {
					fields.Set(attribute(n, "name"), strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "\n", "\r\n"))
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, inside)
		}
	}
	walk(root, false)
	if len(fields) == 0 {
		s.t.Fatalf("there is no form for %s", action)
	}
	return fields
}

func (s *site) waiting() int {
	return s.Store.Client(s.manager).ProposedChange.Query().Where(proposedchange.StateEQ(proposedchange.StateWaiting)).CountX(s.manager)
}

func TestTheEntry(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	got := s.do("GET", s.base(), nil)
	if got.status != 200 || !strings.Contains(got.text, "Citizens &lt;b&gt;: your entry") || !strings.Contains(got.text, "Debt advice") || strings.Contains(got.text, "Their service") || strings.Contains(got.text, "Another") {
		t.Errorf("%d %s", got.status, got.text)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Content-Type": "text/html; charset=utf-8"} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
	if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
	if strings.Contains(got.text, "<script") || strings.Contains(got.text, "http://") || strings.Count(got.text, "https://") > 0 {
		t.Error("the page loads or leads elsewhere")
	}
	for _, path := range []string{"/services/" + s.their.String(), "/services/" + uuid.NewString(), "/services/x", "/nothing", "/organisation/x", "/services/" + s.debt.String() + "/x"} {
		if got := s.do("GET", s.base()+path, nil); got.status != http.StatusNotFound || strings.Contains(got.text, "Their service") {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := s.do("DELETE", s.base(), nil); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := s.do("HEAD", s.base(), nil); got.status != 200 || got.text != "" {
		t.Errorf("%d %q", got.status, got.text)
	}
}

func TestAFormThatComesBackAsItWasChangesNothing(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	path := s.base() + "/services/" + s.debt.String()
	form := s.form(s.do("GET", path, nil).text, path)
	// The hub changes a field meanwhile: the partner did not touch it.
	s.Store.Client(s.manager).Service.UpdateOneID(s.debt).SetDescription("By the hub").SetPhone("0151 496 0001").ExecX(s.manager)
	if got := s.do("POST", path, form); got.status != http.StatusSeeOther || got.header.Get("Location") != s.base()+"?done=same" || s.waiting() != 0 {
		t.Fatalf("%d %v, %d wait", got.status, got.header, s.waiting())
	}
	form.Set("email", "hello@example.org")
	form.Set("free", "yes")
	if got := s.do("POST", path, form); got.header.Get("Location") != s.base()+"?done=sent" || s.waiting() != 2 {
		t.Fatalf("%d %v, %d wait", got.status, got.header, s.waiting())
	}
	got := s.do("GET", s.base()+"?done=sent", nil)
	if !strings.Contains(got.text, "Your changes were sent") || strings.Count(got.text, "You asked for:") != 2 || strings.Contains(got.text, "This one is right") {
		t.Error(got.text)
	}
	if got := s.do("GET", s.base()+"?done=<b>", nil); strings.Contains(got.text, "<b>") || strings.Contains(got.text, `role="status"`) {
		t.Error("a page says what an address makes it say")
	}
	// The form shows what was asked for, and asks for no more when it comes back so.
	if got := s.do("POST", path, s.form(s.do("GET", path, nil).text, path)); got.header.Get("Location") != s.base()+"?done=same" || s.waiting() != 2 {
		t.Errorf("%v, %d wait", got.header, s.waiting())
	}
}

func TestMistakesAreTold(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	path := s.base() + "/services/" + s.debt.String()
	form := s.form(s.do("GET", path, nil).text, path)
	form.Set("name", "  ")
	form.Set("url", `"><script>alert(1)</script>`)
	form.Set("minimum_age", "40")
	form.Set("maximum_age", "30")
	got := s.do("POST", path, form)
	for _, part := range []string{"<title>Error: ", `<a href="#name">`, `<a href="#url">`, `<a href="#maximum_age">`, `aria-invalid="true"`, "&lt;script&gt;", `aria-describedby="url-hint url-problem"`} {
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, part) {
			t.Errorf("%d: %q is not there", got.status, part)
		}
	}
	if s.waiting() != 0 || strings.Contains(got.text, "<script>") {
		t.Error("it was taken")
	}
	for _, part := range []string{"Error: this cannot be empty.", "Name of the service: this cannot be empty.", "Error: this is below the youngest age.", `value="40"`, `value="30"`} {
		if !strings.Contains(got.text, part) {
			t.Errorf("%q is not there", part)
		}
	}
	if got := s.do("POST", path+"/places", url.Values{"available": {"5"}, "maximum": {"4"}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, "Error: write at most as many as there are in all.") || !strings.Contains(got.text, `value="5"`) {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := s.do("POST", s.base()+"/confirm", url.Values{"service": {"none"}}); got.status != http.StatusNotFound {
		t.Errorf("a service that is none: %d", got.status)
	}
	if got := s.do("POST", path+"/places", url.Values{"available": {"some"}, "maximum": {"-1"}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.text, `<a href="#available">`) || !strings.Contains(got.text, `<a href="#maximum">`) {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestWhatAPartnerSaysByForm(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	service := s.base() + "/services/" + s.debt.String()
	if got := s.do("POST", service+"/places", url.Values{"available": {"4"}, "maximum": {"10"}}); got.header.Get("Location") != s.base()+"?done=places" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := s.do("GET", s.base(), nil); !strings.Contains(got.text, "4 free of 10, as said on ") {
		t.Error(got.text)
	}
	if got := s.do("POST", s.base()+"/confirm", url.Values{}); got.header.Get("Location") != s.base()+"?done=confirmed" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := s.do("GET", s.base(), nil); !strings.Contains(got.text, "Last checked on ") {
		t.Error(got.text)
	}
	if got := s.do("POST", service+"/ended", url.Values{}); got.header.Get("Location") != s.base()+"?done=sent" || s.waiting() != 1 {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := s.do("POST", s.base()+"/confirm", url.Values{}); got.header.Get("Location") != s.base()+"?done=waits" {
		t.Errorf("%d %v", got.status, got.header)
	}
	for _, path := range []string{"/services/" + s.their.String() + "/ended", "/services/" + s.their.String() + "/places", "/services/" + s.their.String()} {
		if got := s.do("POST", s.base()+path, url.Values{"available": {"1"}, "name": {"Mine"}}); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	// A form of the places must not be reached by a link that is followed.
	if got := s.do("GET", service+"/ended", nil); got.status != http.StatusNotFound {
		t.Errorf("%d", got.status)
	}
	organisation := s.base() + "/organisation"
	form := s.form(s.do("GET", organisation, nil).text, organisation)
	form.Set("phone", "0151 496 0002")
	if got := s.do("POST", organisation, form); got.header.Get("Location") != s.base()+"?done=sent" || s.waiting() != 2 {
		t.Errorf("%d %v", got.status, got.header)
	}
}

// TestAnEndIsTakenBack: who pressed the button by mistake says so while nobody has decided.
func TestAnEndIsTakenBack(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	path := s.base() + "/services/" + s.debt.String()
	ended := s.form(s.do("GET", path, nil).text, path+"/ended")
	if got := s.do("POST", path+"/ended", url.Values{"offered": {"no"}}); got.header.Get("Location") != s.base()+"?done=sent" || s.waiting() != 1 || ended.Get("offered") != "no" {
		t.Fatalf("%v %v, %d wait", ended, got.header, s.waiting())
	}
	page := s.do("GET", path, nil).text
	if offered := s.form(page, path+"/ended").Get("offered"); offered != "yes" || !strings.Contains(page, "You asked to take this off") {
		t.Errorf("%q %s", offered, page)
	}
	if got := s.do("POST", path+"/ended", url.Values{"offered": {"yes"}}); got.header.Get("Location") != s.base()+"?done=taken" || s.waiting() != 0 {
		t.Errorf("%v, %d wait", got.header, s.waiting())
	}
}

// TestThePagesInWelshAndPolish: the language stays with whoever chose it, and what is not in it is marked.
func TestThePagesInWelshAndPolish(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	service := s.base() + "/services/" + s.debt.String()
	page := s.do("GET", s.base(), nil, "Accept-Language", "pl-PL,pl;q=0.9")
	if page.header.Get("Content-Language") != "pl" || !strings.Contains(page.text, `<html lang="pl">`) || !strings.Contains(page.text, "Wszystko się zgadza") {
		t.Errorf("%v %s", page.header, page.text)
	}
	page = s.do("GET", s.base()+"?lang=cy", nil)
	for _, part := range []string{
		`<html lang="cy">`, "Mae hyn i gyd yn gywir", `action="` + s.base() + `/confirm?lang=cy"`, `href="` + service + `?lang=cy"`,
		`<span lang="en-GB">Debt advice</span>`, `hreflang="en">English</a>`, `<a href="` + s.base() + `?lang=pl" lang="pl"`,
	} {
		if !strings.Contains(page.text, part) {
			t.Errorf("no %s in %s", part, page.text)
		}
	}
	form := s.form(s.do("GET", service+"?lang=cy", nil).text, service+"?lang=cy")
	form.Set("email", "nobody")
	page = s.do("POST", service+"?lang=cy", form)
	for _, part := range []string{"<title>Gwall: ", `<a href="#email">E-bost: ysgrifennwch gyfeiriad`, `id="email-problem">Gwall: ysgrifennwch`, `value="nobody" lang="en-GB"`} {
		if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.text, part) {
			t.Errorf("%d: no %s in %s", page.status, part, page.text)
		}
	}
	if strings.Contains(page.text, "hreflang") {
		t.Error("what was typed would be lost by changing the language")
	}
	form.Set("email", "hello@example.org")
	sent := s.do("POST", service+"?lang=cy", form)
	if sent.header.Get("Location") != s.base()+"?done=sent&lang=cy" {
		t.Errorf("%v", sent.header)
	}
	if page = s.do("GET", sent.header.Get("Location"), nil); !strings.Contains(page.text, "Anfonwyd eich newidiadau") {
		t.Error(page.text)
	}
	for lang, want := range map[string]string{"cy": "Nid yw’r ddolen hon yn gweithio", "pl": "Ten link nie działa"} {
		if got := s.do("GET", partnerpage.Prefix+strings.Repeat("A", 43)+"?lang="+lang, nil); !strings.Contains(got.text, want) {
			t.Errorf("%s: %s", lang, got.text)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	for _, c := range []struct {
		site, origin string
		taken        bool
	}{
		{"same-origin", "null", true}, {"same-origin", s.url, true}, {"none", "", true}, {"", s.url, true}, {"", "null", true}, {"", "", true},
		{"cross-site", "https://evil.example", false}, {"same-site", "https://other.example", false}, {"cross-site", "null", false}, {"", "https://evil.example", false},
	} {
		got := s.do("POST", s.base()+"/confirm", url.Values{}, "Sec-Fetch-Site", c.site, "Origin", c.origin)
		if taken := got.status == http.StatusSeeOther; taken != c.taken || !taken && got.status != http.StatusForbidden {
			t.Errorf("%+v: %d", c, got.status)
		}
	}
}

func TestLinksThatDoNotWorkSayWhomToAsk(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	if got := s.do("GET", partnerpage.Prefix+strings.Repeat("A", 43), nil); got.status != http.StatusNotFound || !strings.Contains(got.text, "ask the person at the hub who sent it") || strings.Contains(got.text, "walton") {
		t.Errorf("a guess: %d %s", got.status, got.text)
	}
	if _, err := s.partners.RevokeLink(s.manager, s.link); err != nil {
		t.Fatal(err)
	}
	for _, got := range []reply{s.do("GET", s.base(), nil), s.do("GET", s.base()+"/organisation", nil), s.do("POST", s.base()+"/confirm", url.Values{})} {
		if got.status != http.StatusGone || !strings.Contains(got.text, "This link has ended") || !strings.Contains(got.text, "ask the person at Life Rooms walton") || strings.Contains(got.text, "Citizens") {
			t.Errorf("revoked: %d %s", got.status, got.text)
		}
	}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update partner_links set revoked_at = null, expires_at = '2026-01-05T12:00:00Z'"); err != nil {
			t.Fatal(err)
		}
	})
	if got := s.do("GET", s.base(), nil); got.status != http.StatusGone || !strings.Contains(got.text, "It worked until 5 January 2026.") {
		t.Errorf("expired: %d %s", got.status, got.text)
	}
}

func TestBounds(t *testing.T) {
	s := newSite(t, gate.Config{Rate: 0.01, Burst: 30})
	huge := url.Values{"description": {strings.Repeat("x", 600<<10)}}
	if got := s.do("POST", s.base()+"/services/"+s.debt.String(), huge); got.status != http.StatusRequestEntityTooLarge || s.waiting() != 0 {
		t.Errorf("%d", got.status)
	}
	for sent, want := range map[string]int{"name=%zz": http.StatusBadRequest, "name=x": http.StatusUnprocessableEntity} {
		r, err := http.NewRequest("POST", s.url+s.base()+"/organisation", strings.NewReader(sent+"&email=nobody"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: %d, want %d", sent, answer.StatusCode, want)
		}
	}
	guesses := 0
	for range 10 {
		if got := s.do("GET", partnerpage.Prefix+strings.Repeat("B", 43), nil); got.status == http.StatusTooManyRequests {
			if got.header.Get("Retry-After") == "" || !strings.Contains(got.text, "Please wait a moment") {
				t.Errorf("%v %s", got.header, got.text)
			}
			break
		}
		guesses++
	}
	if guesses > 3 {
		t.Errorf("%d guesses are answered", guesses)
	}
}

// TestTheTokenIsInNoLog sends every kind of request while everything is logged.
func TestTheTokenIsInNoLog(t *testing.T) {
	s := newSite(t, gate.Config{Rate: -1})
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	for _, path := range []string{"", "/organisation", "/nothing"} {
		s.do("GET", s.base()+path, nil)
		s.do("POST", s.base()+path, url.Values{"name": {""}})
	}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "alter table services rename to elsewhere"); err != nil {
			t.Fatal(err)
		}
	})
	if got := s.do("GET", s.base(), nil); got.status != http.StatusInternalServerError || !strings.Contains(logged.String(), "could not be made") {
		t.Errorf("%d %s", got.status, logged.String())
	}
	if strings.Contains(logged.String(), s.token) {
		t.Errorf("the token is logged: %s", logged.String())
	}
}
