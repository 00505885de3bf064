package directory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTheOrder holds the ranking that docs/search.md explains to small catalogues, a part of the sum at a time.
func TestTheOrder(t *testing.T) {
	here := Near{Latitude: 53.4430, Longitude: -2.9620, Metres: 20_000}
	north := func(metres float64) *[2]float64 {
		return &[2]float64{here.Latitude + metres/111_195.08, here.Longitude}
	}
	for _, c := range []struct {
		name     string
		offers   []offer
		capacity map[string]bool
		query    Query
		want     []string
	}{
		{
			name: "a word counts most in the name, then the partner, the text, and who may come",
			offers: []offer{
				{name: "Open door", eligibility: "For people in debt."}, {name: "Money matters", description: "Help with debt."},
				{name: "Advice line", partner: "Debt Trust"}, {name: "Debt clinic"},
			},
			query: Query{Text: "debt"}, want: []string{"Debt clinic", "Advice line", "Money matters", "Open door"},
		},
		{
			name: "who meets more of the needs stands first",
			offers: []offer{
				{name: "A", needs: []string{"housing"}}, {name: "B", needs: []string{"housing", "money", "food"}}, {name: "C", needs: []string{"money", "food"}},
			},
			query: Query{Needs: []string{"housing", "money", "food", "food"}}, want: []string{"B", "C", "A"},
		},
		{
			name:   "the nearer of equals stands first",
			offers: []offer{{name: "A", place: north(3000)}, {name: "B", place: north(500)}, {name: "C", place: north(9000)}},
			query:  Query{Near: &here}, want: []string{"B", "A", "C"},
		},
		{
			name:   "lately assured before longer ago, before never",
			offers: []offer{{name: "Choir never"}, {name: "Choir old", assured: 500}, {name: "Choir this year", assured: 200}, {name: "Choir this month", assured: 20}},
			query:  Query{Text: "choir"}, want: []string{"Choir this month", "Choir this year", "Choir never", "Choir old"},
		},
		{
			name:   "with places before not known, before full",
			offers: []offer{{name: "Choir full"}, {name: "Choir not known"}, {name: "Choir places"}}, capacity: map[string]bool{"Choir full": false, "Choir places": true},
			query: Query{Text: "choir"}, want: []string{"Choir places", "Choir not known", "Choir full"},
		},
		{
			name:   "a word in the name is worth more than all that is not words",
			offers: []offer{{name: "Debt clinic", place: north(15_000)}, {name: "Advice", description: "debt", place: north(0), assured: 1}}, capacity: map[string]bool{"Debt clinic": false, "Advice": true},
			query: Query{Text: "debt", Near: &here}, want: []string{"Debt clinic", "Advice"},
		},
		{
			name:   "what was assured lately is worth a kilometre's walk",
			offers: []offer{{name: "stale", place: north(1000)}, {name: "fresh", place: north(1900), assured: 10}, {name: "far and fresh", place: north(9000), assured: 10}},
			query:  Query{Near: &here}, want: []string{"fresh", "stale", "far and fresh"},
		},
		{
			name:   "where nothing says what is wanted, by name",
			offers: []offer{{name: "b", assured: 1}, {name: "A"}, {name: "C", free: true}},
			query:  Query{}, want: []string{"A", "b", "C"},
		},
		{
			name:   "a day, hours, an age and the price choose and do not weigh",
			offers: []offer{{name: "B", assured: 1, when: at("MO", "10:00", "11:00")}, {name: "A", when: at("MO", "09:00", "12:00")}},
			query:  Query{From: "10:00", To: "11:00"}, want: []string{"A", "B"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShelf(t)
			s.put(t, c.offers...)
			if c.capacity != nil {
				s.capacities(t, c.capacity)
			}
			for size := 1; size <= len(c.want)+1; size++ { // pages cut nowhere else
				if diff := cmp.Diff(c.want, s.found(t, c.query, size)); diff != "" {
					t.Errorf("by pages of %d: %s", size, diff)
				}
			}
		})
	}
}

func TestReasonsAreSaid(t *testing.T) {
	s := newShelf(t)
	here := Near{Latitude: 53.4430, Longitude: -2.9620, Metres: 5000}
	s.put(t,
		offer{
			name: "Debt clinic", needs: []string{"Debt", "Housing"}, free: true, place: &[2]float64{here.Latitude + 1287.0/111_195.08, here.Longitude},
			when: at("TH", "10:00", "12:00"), access: nil, assured: 21, ages: [2]int{16, 25}, languages: []string{"en", "pl"},
		},
		offer{name: "Advice", partner: "Debt Trust", description: "We listen."},
		offer{name: "Shelter", description: "Rent arrears and debt.", when: at("MO,TH", "09:00", "")},
	)
	s.capacities(t, map[string]bool{"Debt clinic": true, "Shelter": false})
	day, age := time.Thursday, 20
	for _, c := range []struct {
		q    Query
		want map[string][]string
	}{
		{Query{}, map[string][]string{"Debt clinic": {"free", "has places", "assured 3 weeks ago"}, "Advice": {}, "Shelter": {}}},
		{Query{Text: "debt"}, map[string][]string{
			"Debt clinic": {"matches “debt” in its name", "free", "has places", "assured 3 weeks ago"},
			"Advice":      {"matches “debt” in its partner’s name"}, "Shelter": {"matches “debt” in its description"},
		}},
		{Query{Text: "shelt"}, map[string][]string{"Shelter": {"matches “shelt” in its name"}}},
		{Query{Text: "dept clinic"}, map[string][]string{"Debt clinic": {"matches “debt clinic” in its name", "free", "has places", "assured 3 weeks ago"}}},
		{Query{Needs: []string{"Housing", "Debt"}, Near: &here, Day: &day, From: "09:00", To: "13:00", Age: &age, Languages: []string{"Polish"}}, map[string][]string{
			"Debt clinic": {"matches Debt and Housing", "0.8 miles", "open Thursday 10:00 to 12:00", "for ages 16 to 25", "in Polish", "free", "has places", "assured 3 weeks ago"},
		}},
		{Query{To: "09:30"}, map[string][]string{"Shelter": {"open Monday and Thursday from 09:00"}}},
	} {
		c.q.Explained = true
		got := map[string][]string{}
		for _, h := range must(s.Search(s.ctx, c.q, nil, nil, nil))(t).Nodes() {
			got[h.Service.Name] = h.Reasons
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.q, diff)
		}
	}
}

func TestReasonsAreEnglish(t *testing.T) {
	number := func(n int) *int { return &n }
	metres := func(m float64) *float64 { return &m }
	for want, f := range map[string]Facts{
		"0.1 miles": {Metres: metres(3)}, "1 mile": {Metres: metres(1609)}, "1.1 miles": {Metres: metres(1800)}, "12 miles": {Metres: metres(19_000)},
		"assured today": {AssuredDays: number(0)}, "assured yesterday": {AssuredDays: number(1)}, "assured 2 days ago": {AssuredDays: number(2)},
		"assured 13 days ago": {AssuredDays: number(13)}, "assured 2 weeks ago": {AssuredDays: number(14)}, "assured 9 weeks ago": {AssuredDays: number(69)},
		"assured 2 months ago": {AssuredDays: number(70)}, "assured 12 months ago": {AssuredDays: number(365)},
		"for age 18 and over": {MinimumAge: number(18)}, "up to age 25": {MaximumAge: number(25)},
		"matches A, B and C": {Needs: []string{"A", "B", "C"}}, "step-free": {Access: []AccessibilityKind{StepFree}},
	} {
		if diff := cmp.Diff([]string{want}, f.Reasons()); diff != "" {
			t.Error(diff)
		}
	}
	long := must(ReadFacts([]byte(`{"words": "` + strings.Repeat("advice on debt ", 10) + `", "in": "name"}`)))(t)
	if got := long.Reasons()[0]; got != "matches “"+strings.TrimSpace(strings.Repeat("advice on debt ", 4))+"…” in its name" {
		t.Errorf("of many words: %s", got)
	}
	if got := fmt.Sprint(Facts{}.Reasons()); got != "[]" {
		t.Errorf("no facts: %s", got)
	}
	for _, kind := range []AccessibilityKind{StepFree, AccessibleToilet, HearingLoop, Parking, Lift, SignLanguage, QuietSpace} {
		if accessInWords[kind] == "" {
			t.Errorf("%s has no words", kind)
		}
	}
}
