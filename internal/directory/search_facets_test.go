package directory

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

func at(days string, opens, closes string) func(*ent.ScheduleCreate) {
	return func(c *ent.ScheduleCreate) {
		c.SetFreq(schedule.FreqWeekly).SetByDay(strings.Split(days, ","))
		if opens != "" {
			c.SetOpensAt(opens)
		}
		if closes != "" {
			c.SetClosesAt(closes)
		}
	}
}

func TestHoursMeet(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "morning", when: at("TH", "10:00", "12:00")},
		offer{name: "afternoon", when: at("TH,MO", "13:00", "15:00")},
		offer{name: "night", when: at("FR", "22:00", "02:00")},
		offer{name: "starts at ten", when: at("TH", "10:00", "")},
		offer{name: "some time", when: at("TH", "", "")},
		offer{name: "unknown"},
	)
	thursday, monday := time.Thursday, time.Monday
	for _, c := range []struct {
		from, to string
		day      *time.Weekday
		want     []string
	}{
		{"10:00", "12:00", nil, []string{"morning", "starts at ten"}},
		{"10:00", "12:00", &thursday, []string{"morning", "starts at ten"}},
		{"10:00", "12:00", &monday, nil},
		{"11:00", "11:00", nil, []string{"morning"}},
		{"10:00", "10:00", nil, []string{"morning", "starts at ten"}},
		{"12:00", "12:00", nil, nil},
		{"12:00", "13:00", nil, nil},
		{"12:00", "13:01", nil, []string{"afternoon"}},
		{"14:00", "", nil, []string{"afternoon", "night"}},
		{"14:00", "", &monday, []string{"afternoon"}},
		{"", "10:01", nil, []string{"morning", "starts at ten"}},
		{"23:30", "23:30", nil, []string{"night"}},
		{"", "", &monday, []string{"afternoon"}},
	} {
		if diff := cmp.Diff(c.want, s.found(t, Query{From: c.from, To: c.to, Day: c.day}, 25)); diff != "" {
			t.Errorf("from %q to %q on %v: %s", c.from, c.to, c.day, diff)
		}
	}
	for _, q := range []Query{{From: "9:00"}, {To: "24:00"}, {From: "noon"}, {From: "10:00", To: "09:00"}, {From: "1000 "}} {
		if _, err := s.Search(s.ctx, q, nil, nil, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%q to %q: %v", q.From, q.To, err)
		}
	}
}

func TestAgesThatAreNotKnownFit(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "adults", ages: [2]int{18, 0}}, offer{name: "children", ages: [2]int{0, 11}},
		offer{name: "everybody"}, offer{name: "young people", ages: [2]int{16, 25}},
	)
	for age, want := range map[int][]string{
		0: {"children", "everybody"}, 11: {"children", "everybody"}, 12: {"everybody"}, 16: {"everybody", "young people"},
		25: {"adults", "everybody", "young people"}, 130: {"adults", "everybody"},
	} {
		if diff := cmp.Diff(want, s.found(t, Query{Age: &age}, 25)); diff != "" {
			t.Errorf("at %d: %s", age, diff)
		}
	}
	for _, age := range []int{-1, 131} {
		if _, err := s.Search(s.ctx, Query{Age: &age}, nil, nil, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("at %d: %v", age, err)
		}
	}
}

func TestLanguagesAreComparedHoweverTheyAreWritten(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "code", languages: []string{"pl"}},
		offer{name: "name", languages: []string{"English (British)", "Polish"}},
		offer{name: "own name", languages: []string{"Polski; Français"}},
		offer{name: "region", languages: []string{"en-GB"}},
		offer{name: "signed", languages: []string{"British Sign Language"}},
		offer{name: "unsaid"},
	)
	for asked, want := range map[string][]string{
		"Polish": {"code", "name", "own name"}, "pl": {"code", "name", "own name"}, "POL": {"code", "name", "own name"}, "polski": {"code", "name", "own name"},
		"francais": {"own name"}, "French": {"own name"}, "English": {"name", "region", "unsaid"}, "en": {"name", "region", "unsaid"}, "en-US": {"name", "region", "unsaid"},
		"BSL": {"signed"}, "bfi": {"signed"}, "Klingonish": nil, "'; drop table services": nil,
	} {
		if diff := cmp.Diff(want, s.found(t, Query{Languages: []string{asked}}, 25)); diff != "" {
			t.Errorf("%s: %s", asked, diff)
		}
	}
	if diff := cmp.Diff([]string{"code", "name", "own name", "signed"}, s.found(t, Query{Languages: []string{"pl", "BSL"}}, 25)); diff != "" {
		t.Errorf("any of two: %s", diff)
	}
	if diff := cmp.Diff([]string{"British Sign Language", "English", "Polish"}, languageNames([]string{"pl", "Polish", "en-GB", "BSL"})); diff != "" {
		t.Error(diff)
	}
	for written, want := range map[string]string{"pl": "Pwyleg", "Klingonish": "Klingonish"} {
		if got := LanguageName(written, language.MustParse("cy")); got != want {
			t.Errorf("%s in Welsh: %s, want %s", written, got, want)
		}
	}
}

// TestAccessIsReadOffWhatPlacesSay: a kind is given where it is said plainly, and never against what is said.
func TestAccessIsReadOffWhatPlacesSay(t *testing.T) {
	s := newShelf(t)
	for text, want := range map[string][]string{
		"Step-free entrance and an accessible toilet.": {"ACCESSIBLE_TOILET", "STEP_FREE"},
		"Step free":                       {"STEP_FREE"},
		"Fully wheelchair accessible":     {"STEP_FREE"},
		"Accessible for wheelchair users": {"STEP_FREE"},
		"Level access throughout":         {"STEP_FREE"},
		"There are no steps":              {"STEP_FREE"},
		"Three steps at the front; there is a ramp at the side, ring the bell": {"STEP_FREE"},
		"No wheelchair access":                        {},
		"Not step-free. Hearing loop at reception":    {"HEARING_LOOP"},
		"The building isn’t wheelchair accessible":    {},
		"Limited wheelchair access":                   {},
		"No lift, but level access to the hall":       {"STEP_FREE"},
		"Induction loop":                              {"HEARING_LOOP"},
		"Disabled parking bay; Blue Badge bays":       {"PARKING"},
		"Wheelchair accessible WC":                    {"ACCESSIBLE_TOILET", "STEP_FREE"},
		"Changing Places toilet on the ground floor.": {"ACCESSIBLE_TOILET"},
		"Lift to all floors":                          {"LIFT"},
		"Lift out of order":                           {},
		"BSL interpreter on request":                  {"SIGN_LANGUAGE"},
		"A quiet room is available":                   {"QUIET_SPACE"},
		"Large print":                                 {},
		"":                                            {},
	} {
		got := must(store.Collect(s.ctx, s.Store, pgx.RowTo[[]string], "select access_of(jsonb_build_array($1::text))", text))(t)
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, odd := range []string{"null", `"step-free"`, "{}", "[]", "[null, 3]"} {
		if got := must(store.Collect(s.ctx, s.Store, pgx.RowTo[[]string], "select access_of($1::text::jsonb)", odd))(t); len(got[0]) > 0 {
			t.Errorf("%s: %v", odd, got[0])
		}
	}
}

func TestOnePlaceHasAllThatIsAskedFor(t *testing.T) {
	s := newShelf(t)
	near, far := &[2]float64{53.4430, -2.9620}, &[2]float64{53.4630, -2.9620}
	s.put(t,
		offer{name: "both", place: far, access: []string{"Step-free", "Hearing loop"}},
		offer{name: "one", place: near, access: []string{"Step-free"}},
		offer{name: "says nothing", place: near},
		offer{name: "nowhere"},
	)
	// Of a service with two places, the distance is to one that has it.
	c := s.client()
	both := must(c.Service.Query().All(s.ctx))(t)[0]
	l := must(c.Location.Create().SetSource("test").SetExternalID("steps").SetLatitude(near[0]).SetLongitude(near[1]).SetAccessibility([]string{"Hearing loop"}).Save(s.ctx))(t)
	if err := c.ServiceAtLocation.Create().SetSource("test").SetExternalID("steps").SetServiceID(both.ID).SetLocationID(l.ID).Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.found(t, Query{Accessibility: []AccessibilityKind{StepFree}}, 25); cmp.Diff([]string{"both", "one"}, got) != "" {
		t.Errorf("step-free: %v", got)
	}
	if got := s.found(t, Query{Accessibility: []AccessibilityKind{StepFree, HearingLoop, StepFree}}, 25); cmp.Diff([]string{"both"}, got) != "" {
		t.Errorf("step-free with a loop: %v", got)
	}
	page := must(s.Search(s.ctx, Query{Accessibility: []AccessibilityKind{StepFree}, Near: &Near{near[0], near[1], 5000}}, nil, nil, nil))(t)
	if hits := page.Nodes(); len(hits) != 2 || hits[0].Service.Name != "one" || *hits[1].DistanceMetres != 2224 {
		t.Errorf("near: %+v", hits)
	}
	if _, err := s.Search(s.ctx, Query{Accessibility: []AccessibilityKind{"STAIRS"}}, nil, nil, nil); !problem.Is(err, problem.BadUserInput) {
		t.Error(err)
	}
}

// capacities says which services have places, as whoever keeps capacities will.
func (s *shelf) capacities(t *testing.T, has map[string]bool) {
	t.Helper()
	var rows []string
	for name, places := range has {
		rows = append(rows, fmt.Sprintf("('%s', %t)", name, places))
	}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		_, err := conn.Exec(ctx, `create or replace function capacities_of(in_hub uuid) returns table (service_id uuid, has_places boolean)
			language sql stable parallel safe
			as $$ select s.id, k.has from services s join (values `+strings.Join(rows, ", ")+`) k (name, has) on k.name = s.name where s.hub_id = in_hub $$`)
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPlacesAreKnownToBeThere(t *testing.T) {
	s := newShelf(t)
	s.put(t, offer{name: "full"}, offer{name: "not known"}, offer{name: "places"})
	yes, no := true, false
	if got := s.found(t, Query{Capacity: &yes}, 25); got != nil {
		t.Errorf("nothing is known, and found are %v", got)
	}
	s.capacities(t, map[string]bool{"full": false, "places": true})
	if got := s.found(t, Query{Capacity: &yes}, 25); cmp.Diff([]string{"places"}, got) != "" {
		t.Errorf("with places: %v", got)
	}
	if got := s.found(t, Query{Capacity: &no}, 25); cmp.Diff([]string{"full", "not known"}, got) != "" {
		t.Errorf("not known to have any: %v", got)
	}
}
