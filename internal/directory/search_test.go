package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// offer is a service to put on the shelf.
type offer struct {
	name, alternate, partner, description, eligibility string

	needs  []string
	free   bool
	status service.Status
	gone   bool
	place  *[2]float64
	when   func(*ent.ScheduleCreate)

	ages      [2]int // 0: not known
	languages []string
	access    []string
	assured   int // days ago; 0: never
	hidden    bool
}

func (s *shelf) put(t *testing.T, offers ...offer) {
	t.Helper()
	c := s.client()
	for i, o := range offers {
		id := fmt.Sprint("offer-", uuid.New(), i)
		partner := o.partner
		if partner == "" {
			partner = "A partner"
		}
		org := must(c.Organisation.Create().SetSource("test").SetExternalID(id).SetName(partner).Save(s.ctx))(t)
		create := c.Service.Create().SetSource("test").SetExternalID(id).SetOrganisation(org).SetName(o.name).
			SetDescription(o.description).SetEligibilityDescription(o.eligibility).SetFree(o.free)
		if o.alternate != "" {
			create.SetAlternateName(o.alternate)
		}
		if o.status != "" {
			create.SetStatus(o.status)
		}
		if o.gone {
			create.SetRetiredAt(time.Now())
		}
		if o.ages[0] > 0 {
			create.SetMinimumAge(o.ages[0])
		}
		if o.ages[1] > 0 {
			create.SetMaximumAge(o.ages[1])
		}
		if o.languages != nil {
			create.SetLanguages(o.languages)
		}
		if o.assured > 0 {
			create.SetAssuredDate(time.Now().AddDate(0, 0, -o.assured))
		}
		if o.hidden {
			create.SetVisibility(service.VisibilityStaff)
		}
		made := must(create.Save(s.ctx))(t)
		for _, code := range o.needs {
			need := s.need(t, code)
			if err := c.ServiceNeed.Create().SetServiceID(made.ID).SetNeedID(need).Exec(s.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if o.place != nil || o.access != nil {
			at := c.Location.Create().SetSource("test").SetExternalID(id)
			if o.place != nil {
				at.SetLatitude(o.place[0]).SetLongitude(o.place[1])
			}
			if o.access != nil {
				at.SetAccessibility(o.access)
			}
			l := must(at.Save(s.ctx))(t)
			if err := c.ServiceAtLocation.Create().SetSource("test").SetExternalID(id).SetServiceID(made.ID).SetLocationID(l.ID).Exec(s.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if o.when != nil {
			when := c.Schedule.Create().SetSource("test").SetExternalID(id).SetServiceID(made.ID)
			o.when(when)
			if err := when.Exec(s.ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// need finds or makes a need of the hub.
func (s *shelf) need(t *testing.T, code string) uuid.UUID {
	t.Helper()
	for _, n := range must(s.client().Need.Query().All(s.ctx))(t) {
		if n.Code == code {
			return n.ID
		}
	}
	return must(s.client().Need.Create().SetCode(code).SetName(code).Save(s.ctx))(t).ID
}

// found names the services that a query finds, in order, through pages of the size.
func (s *shelf) found(t *testing.T, q Query, size int) []string {
	t.Helper()
	var names []string
	var after *string
	for range 100 {
		page, err := s.Search(s.ctx, q, &size, after, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, hit := range page.Nodes() {
			names = append(names, hit.Service.Name)
		}
		if !page.PageInfo.HasNextPage {
			return names
		}
		after = page.PageInfo.EndCursor
	}
	t.Fatal("the pages never end")
	return nil
}

func TestWordsAreRanked(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Job club", description: "Choir choir choir: help with finding work, and a choir."},
		offer{name: "Singing for lungs", partner: "The Choir Trust"},
		offer{name: "Community Choir", description: "For everybody who likes to sing."},
		offer{name: "Open door", eligibility: "People who sang in a choir."},
		offer{name: "Gardening", alternate: "The green choir"},
		offer{name: "Money advice", description: "Debts and benefits."},
	)
	want := []string{"Community Choir", "Gardening", "Singing for lungs", "Job club", "Open door"}
	got := s.found(t, Query{Text: "choirs"}, 25)
	slices.Sort(got[:2]) // both are the name
	slices.Sort(got[2:4])
	slices.Sort(want[2:4])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWordsAreFoundHoweverTheyAreTyped(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Memory Café", description: "Tea and company for people with dementia."},
		offer{name: "Housing advice", partner: "Shelter of Łódź Street"},
		offer{name: "Women's wellbeing group", description: "Well-being walks for women."},
		offer{name: "Debt clinic", description: "Housing debts."},
	)
	for text, want := range map[string][]string{
		"cafe":               {"Memory Café"},
		"CAFÉ":               {"Memory Café"},
		"memory ca":          {"Memory Café"},
		"hous":               {"Housing advice", "Debt clinic"},
		"housin":             {"Housing advice"},
		"advice hous":        {"Housing advice"},
		"housing -debt":      {"Housing advice"},
		`"housing advice"`:   {"Housing advice"},
		`"advice housing"`:   nil,
		"women's":            {"Women's wellbeing group"},
		"well-being":         {"Women's wellbeing group"},
		"lodz":               {"Housing advice"},
		"shelter":            {"Housing advice"},
		"memry":              {"Memory Café"}, // spelt alike
		"quantum chromodyna": nil,
	} {
		if diff := cmp.Diff(want, s.found(t, Query{Text: text}, 25)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestNoWordsAreAnError(t *testing.T) {
	s := newShelf(t)
	s.put(t, offer{name: "C++ for beginners"}, offer{name: "Chess"})
	if diff := cmp.Diff([]string{"C++ for beginners"}, s.found(t, Query{Text: "C++ & | ! : * beginners"}, 25)); diff != "" {
		t.Error(diff)
	}
	for _, nothing := range []string{"", "   ", "& | ! : *", "()", "\x00", `"`, "'", "-", "🙂"} {
		if got := s.found(t, Query{Text: nothing}, 25); len(got) != 2 {
			t.Errorf("%q looks for nothing, so everything is found; got %v", nothing, got)
		}
	}
	for _, text := range []string{
		`"`, `"unclosed chess`, "'", `\`, "a'b''c", "x:*", "!chess", "chess & ", "(chess", "chess <-> club", "-chess", "- chess", "or", "or or", "and",
		"the", "the ", "c", "\u202echess", "chess\x00", "\xff\xfe", "chess'); drop table services; --", "%", "_", "$1", "日本語", "a\u0301",
		strings.Repeat("chess ", 2000), strings.Repeat("a", 10_000), strings.Repeat("&|!:*\"'", 1500) + "x", strings.Repeat("-a ", 3000), "٣٤", "½", "chess²",
	} {
		if _, err := s.Search(s.ctx, Query{Text: text}, nil, nil, nil); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func TestOnlyWhatRunsIsFound(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Choir"},
		offer{name: "Choir, closed", status: service.StatusInactive},
		offer{name: "Choir, paused", status: service.StatusTemporarilyClosed},
		offer{name: "Choir, over", status: service.StatusDefunct},
		offer{name: "Choir, retired", gone: true},
		offer{name: "Chior, retired", gone: true},
	)
	for _, q := range []Query{{}, {Text: "choir"}, {Text: "choyr"}} {
		if diff := cmp.Diff([]string{"Choir"}, s.found(t, q, 25)); diff != "" {
			t.Errorf("%q: %s", q.Text, diff)
		}
	}
}

func TestFiltersAllHoldAndNeedsAny(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "A", needs: []string{"housing"}, free: true},
		offer{name: "B", needs: []string{"housing", "money"}},
		offer{name: "C", needs: []string{"money"}, free: true, description: "benefits"},
		offer{name: "D", needs: []string{"isolation"}, free: true},
		offer{name: "E"},
	)
	yes, no := true, false
	for _, c := range []struct {
		q    Query
		want []string
	}{
		{Query{}, []string{"A", "B", "C", "D", "E"}},
		{Query{Needs: []string{"housing"}}, []string{"A", "B"}},
		{Query{Needs: []string{"housing", "money"}}, []string{"B", "A", "C"}}, // who meets both stands first
		{Query{Needs: []string{"housing", "money"}, Free: &yes}, []string{"A", "C"}},
		{Query{Needs: []string{"housing", "money"}, Free: &yes, Text: "benefits"}, []string{"C"}},
		{Query{Needs: []string{"isolation"}, Text: "benefits"}, nil},
		{Query{Free: &no}, []string{"B", "E"}},
		{Query{Needs: []string{"no such need", "\x00"}}, nil},
	} {
		if diff := cmp.Diff(c.want, s.found(t, c.q, 25)); diff != "" {
			t.Errorf("%+v: %s", c.q, diff)
		}
	}
}

func TestDaysAreThoseOfTheRule(t *testing.T) {
	s := newShelf(t)
	today := time.Now().UTC().Truncate(24 * time.Hour)
	thursday := today
	for thursday.Weekday() != time.Thursday {
		thursday = thursday.AddDate(0, 0, 1)
	}
	weekly := func(days ...string) func(*ent.ScheduleCreate) {
		return func(c *ent.ScheduleCreate) { c.SetFreq(schedule.FreqWeekly).SetByDay(days) }
	}
	s.put(t,
		offer{name: "weekly", when: weekly("TU", "TH")},
		offer{name: "weekly by its start", when: func(c *ent.ScheduleCreate) {
			c.SetFreq(schedule.FreqWeekly).SetDtstart(thursday.AddDate(0, 0, -70))
		}},
		offer{name: "daily", when: func(c *ent.ScheduleCreate) { c.SetFreq(schedule.FreqDaily) }},
		offer{name: "once", when: func(c *ent.ScheduleCreate) { c.SetDtstart(thursday) }},
		offer{name: "x other day", when: weekly("MO")},
		offer{name: "x over", when: func(c *ent.ScheduleCreate) { weekly("TH")(c); c.SetUntil(today.AddDate(0, 0, -2)) }},
		offer{name: "x no longer valid", when: func(c *ent.ScheduleCreate) { weekly("TH")(c); c.SetValidTo(today.AddDate(0, 0, -2)) }},
		offer{name: "x not yet", when: func(c *ent.ScheduleCreate) { weekly("TH")(c); c.SetValidFrom(today.AddDate(0, 0, 30)) }},
		offer{name: "x was once", when: func(c *ent.ScheduleCreate) { c.SetDtstart(thursday.AddDate(0, 0, -7)) }},
		offer{name: "x retired", when: func(c *ent.ScheduleCreate) { weekly("TH")(c); c.SetRetiredAt(time.Now()) }},
		offer{name: "x unknown"},
	)
	day := time.Thursday
	if diff := cmp.Diff([]string{"daily", "once", "weekly", "weekly by its start"}, s.found(t, Query{Day: &day}, 25)); diff != "" {
		t.Error(diff)
	}
}

func TestDistanceIsToTheNearestPlace(t *testing.T) {
	s := newShelf(t)
	walton := Near{Latitude: 53.4430, Longitude: -2.9620, Metres: 5000}
	north := func(metres float64) *[2]float64 {
		return &[2]float64{walton.Latitude + metres/111_195.08, walton.Longitude}
	}
	s.put(t,
		offer{name: "far", place: north(4990)},
		offer{name: "too far", place: north(5010)},
		offer{name: "here", place: north(0)},
		offer{name: "near", place: north(300)},
		offer{name: "nowhere"},
	)
	if diff := cmp.Diff([]string{"here", "near", "far"}, s.found(t, Query{Near: &walton}, 1)); diff != "" {
		t.Error(diff)
	}
	page := must(s.Search(s.ctx, Query{Near: &walton}, nil, nil, nil))(t)
	var metres []int
	for _, h := range page.Nodes() {
		metres = append(metres, *h.DistanceMetres)
	}
	if diff := cmp.Diff([]int{0, 300, 4990}, metres); diff != "" {
		t.Error(diff)
	}
	far := must(s.Search(s.ctx, Query{}, nil, nil, nil))(t)
	if got := far.Nodes()[0].DistanceMetres; got != nil {
		t.Errorf("no point was asked for, and the distance is %d", *got)
	}
	for _, bad := range []Near{{91, 0, 1}, {0, 181, 1}, {0, 0, 0}, {0, 0, 1 << 30}} {
		if _, err := s.Search(s.ctx, Query{Near: &bad}, nil, nil, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if got := s.found(t, Query{Near: &Near{90, 0, 1000}}, 5); got != nil {
		t.Errorf("at the pole: %v", got)
	}
}

func TestPagesHaveNoGapsAndNoRepeats(t *testing.T) {
	s := newShelf(t)
	var all []string
	for i := range 23 {
		o := offer{name: fmt.Sprintf("Choir %02d", i/3), place: &[2]float64{53.44, -2.96}} // threes are tied in all but the id
		if i%5 == 0 {
			o.description = "choir"
		}
		s.put(t, o)
		all = append(all, o.name)
	}
	for _, q := range []Query{{}, {Text: "choir"}, {Text: "chior"}, {Near: &Near{53.4, -2.9, 50_000}}, {Text: "choir", Near: &Near{53.4, -2.9, 50_000}}} {
		seen := map[uuid.UUID]bool{}
		var after *string
		var names []string
		for size := 1; ; size = size%4 + 1 {
			page, err := s.Search(s.ctx, q, &size, after, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range page.Nodes() {
				if seen[h.Service.ID] {
					t.Errorf("%+v: %s came twice", q, h.Service.Name)
				}
				seen[h.Service.ID] = true
				names = append(names, h.Service.Name)
			}
			if !page.PageInfo.HasNextPage {
				break
			}
			after = page.PageInfo.EndCursor
		}
		whole := s.found(t, q, 200)
		if diff := cmp.Diff(whole, names); diff != "" {
			t.Errorf("%+v: pages differ from the whole: %s", q, diff)
		}
		slices.Sort(names)
		if diff := cmp.Diff(all, names); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
	for _, cursor := range []string{"", "x", "AQ"} {
		if _, err := s.Search(s.ctx, Query{}, nil, &cursor, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestPartnersNewNameIsFound(t *testing.T) {
	s := newShelf(t)
	s.put(t, offer{name: "Advice", partner: "Old Name"})
	org := must(s.client().Organisation.Query().Only(s.ctx))(t)
	if err := org.Update().SetName("Brighter Futures").Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.found(t, Query{Text: "brighter"}, 5); len(got) != 1 {
		t.Errorf("by the new name: %v", got)
	}
	if got := s.found(t, Query{Text: "\"old name\""}, 5); len(got) != 0 {
		t.Errorf("by the old name: %v", got)
	}
	made := must(s.client().Service.Query().Only(s.ctx))(t)
	if err := made.Update().SetDescription("pottery").Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.found(t, Query{Text: "brighter pottery"}, 5); len(got) != 1 {
		t.Errorf("by partner and new description: %v", got)
	}
}

// TestSearchIsFewStatements: the services and each thing that comes with them are one round trip each.
func TestSearchIsFewStatements(t *testing.T) {
	s := newShelf(t)
	s.put(t, offer{name: "Choir"}, offer{name: "Choir too"})
	s.Statements.Reset()
	page, err := s.Search(s.ctx, Query{Text: "choir"}, nil, nil, func(q *ent.ServiceQuery) { q.WithOrganisation().WithSchedules() })
	if err != nil {
		t.Fatal(err)
	}
	if sent := s.Statements.Sent(); len(sent) != 3 {
		t.Errorf("%d statements:\n%s", len(sent), strings.Join(sent, "\n"))
	}
	for _, h := range page.Nodes() {
		if h.Service.Edges.Organisation == nil {
			t.Errorf("%s came without its partner", h.Service.Name)
		}
	}
}

// TestSearchOfAnotherHubGivesNothing: the function runs with the owner's rights, and holds to the scope itself.
func TestSearchOfAnotherHubGivesNothing(t *testing.T) {
	s := newShelf(t)
	s.in(s.Southport).put(t, offer{name: "Choir by the sea"})
	s.in(s.Elsewhere).put(t, offer{name: "Choir elsewhere"})
	if got := s.found(t, Query{Text: "choir"}, 5); got != nil {
		t.Errorf("Walton finds %v", got)
	}
	const ask = "select count(*) from find_services($1, $2, '', '', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, 10)"
	for _, hub := range []any{s.Southport.ID, s.Elsewhere.ID, nil} {
		for _, words := range []string{"", "choir", "chior"} {
			got := must(store.Collect(s.ctx, s.Store, pgx.RowTo[int], ask, hub, words))(t)
			if got[0] != 0 {
				t.Errorf("Walton asks for hub %v and %q, and is given %d rows", hub, words, got[0])
			}
		}
	}
	conn := must(pgx.Connect(t.Context(), s.AppURL))(t)
	defer conn.Close(context.Background())
	var n int
	if err := conn.QueryRow(t.Context(), ask, s.Southport.ID, "").Scan(&n); err != nil || n != 0 {
		t.Errorf("without a scope: %d rows, %v", n, err)
	}
	// Of several hubs in scope, the one asked for.
	both := s.Platform(s.Walton, s.Southport)
	if got := must(store.Collect(both, s.Store, pgx.RowTo[int], ask, s.Southport.ID, "choir"))(t); got[0] != 1 {
		t.Errorf("Southport in scope: %d rows", got[0])
	}
	if got := must(store.Collect(both, s.Store, pgx.RowTo[int], ask, s.Walton.ID, "choir"))(t); got[0] != 0 {
		t.Errorf("Walton of both: %d rows", got[0])
	}
}
