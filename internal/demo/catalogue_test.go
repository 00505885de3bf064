package demo

import (
	"math"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/internal/openreferral"
)

func TestCatalogueCounts(t *testing.T) {
	for hub, want := range map[string]struct{ partners, services int }{Walton: {60, 120}, Southport: {24, 48}, "elsewhere": {}} {
		services := Catalogue(hub)
		partners := map[string]bool{}
		for _, s := range services {
			partners[s.Organisation.Name] = true
		}
		if len(services) != want.services || len(partners) != want.partners {
			t.Errorf("%s has %d partners and %d services, want %d and %d", hub, len(partners), len(services), want.partners, want.services)
		}
	}
}

// TestCatalogueIsDisjoint finds no id and no name twice, within a hub or between them.
func TestCatalogueIsDisjoint(t *testing.T) {
	ids, names, organisations, venues := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for _, hub := range []string{Walton, Southport} {
		for _, s := range Catalogue(hub) {
			for what, seen := range map[string]map[string]string{s.ID: ids, s.Name: names} {
				if other, twice := seen[what]; twice {
					t.Errorf("%s of %s is in %s, too", what, hub, other)
				}
				seen[what] = hub
			}
			if other, there := organisations[s.Organisation.Name]; there && other != hub {
				t.Errorf("the partner %s is in both hubs", s.Organisation.Name)
			}
			organisations[s.Organisation.Name] = hub
			location := s.Locations[0].Location
			if other, there := venues[location.ID]; there && other != s.Organisation.Name {
				t.Errorf("%s and %s share %s", other, s.Organisation.Name, location.Name)
			}
			venues[location.ID] = s.Organisation.Name
		}
	}
}

func TestCatalogueCoversEveryNeed(t *testing.T) {
	for hub, least := range map[string]int{Walton: 4, Southport: 1} {
		met := map[string]int{}
		for _, s := range Catalogue(hub) {
			if len(s.Attributes) == 0 {
				t.Errorf("%s meets no need", s.Name)
			}
			for _, a := range s.Attributes {
				if a.Term.Taxonomy != NeedsTaxonomy {
					t.Errorf("%s has a term of %q", s.Name, a.Term.Taxonomy)
				}
				met[a.Term.Code]++
			}
		}
		for _, need := range Needs {
			if met[need.Code] < least {
				t.Errorf("%s has %d services for %s, want %d", hub, met[need.Code], need.Code, least)
			}
			delete(met, need.Code)
		}
		if len(met) > 0 {
			t.Errorf("%s has services for needs that there are not: %v", hub, met)
		}
	}
}

// TestCatalogueIsClean reads the catalogue as a partner's is read: nothing is refused, noted or changed.
func TestCatalogueIsClean(t *testing.T) {
	for _, hub := range []string{Walton, Southport} {
		services := Catalogue(hub)
		i := 0
		for row, err := range openreferral.RowsOf(services) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Refused != nil || len(row.Notes) > 0 || row.Partial {
				t.Fatalf("%s: refused %v, noted %v, partial %v", services[i].Name, row.Refused, row.Notes, row.Partial)
			}
			if diff := cmp.Diff(&services[i], row.Service); diff != "" {
				t.Fatalf("%s: %s", services[i].Name, diff)
			}
			i++
		}
		if i != len(services) {
			t.Errorf("%d rows of %d services", i, len(services))
		}
	}
}

func TestCatalogueIsTheSameEachTime(t *testing.T) {
	if diff := cmp.Diff(Catalogue(Walton), Catalogue(Walton)); diff != "" {
		t.Error(diff)
	}
}

var (
	dramaNumber = regexp.MustCompile(`^(0151 496 0|01632 960)[0-9]{3}$`)
	// No postcode ends in these letters, so none of these is anybody's.
	noPostcode = regexp.MustCompile(`^(L|PR)[0-9]{1,2} [0-9][CIKMOV]{2}$`)
)

// TestCatalogueIsFictional finds no number, address or postcode that could be somebody's.
func TestCatalogueIsFictional(t *testing.T) {
	middle := map[string][2]float64{Walton: {53.4466, -2.9625}, Southport: {53.6475, -3.0069}}
	for hub, at := range middle {
		for _, s := range Catalogue(hub) {
			location := s.Locations[0].Location
			if number := s.Organisation.Phones[0].Number; !dramaNumber.MatchString(number) {
				t.Errorf("%s has the number %s", s.Name, number)
			}
			if location.Name == byAsking {
				if location.Latitude != nil || location.Addresses[0].Postcode != "" {
					t.Errorf("%s, whose place is kept secret, has it in the catalogue", s.Name)
				}
				continue
			}
			if postcode := location.Addresses[0].Postcode; !noPostcode.MatchString(postcode) {
				t.Errorf("%s is at %s", s.Name, postcode)
			}
			if math.Hypot(*location.Latitude-at[0], (*location.Longitude-at[1])*0.6) > 0.06 {
				t.Errorf("%s is far from %s: %v, %v", s.Name, hub, *location.Latitude, *location.Longitude)
			}
		}
	}
}

func TestCatalogueHasSessions(t *testing.T) {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 23, 8, 0, 0, 0, loc)
	running := 0
	for _, s := range Catalogue(Walton) {
		for _, session := range openreferral.NextSessions(s.Schedules, from, loc, 3) {
			if !session.End.After(session.Start) {
				t.Errorf("%s ends before it begins", s.Name)
			}
			running++
		}
	}
	if running < 250 {
		t.Errorf("only %d next sessions", running)
	}
}
