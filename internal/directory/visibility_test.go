package directory

import (
	"strings"
	"testing"

	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
)

// hidden counts the rows of the catalogue that are not public, table by table.
func (s *shelf) hidden(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, table := range []string{"organisations", "services", "locations", "service_at_locations", "schedules"} {
		all[table] = s.Count(t, "select count(*) from "+table+" where visibility <> 'PUBLIC'")
	}
	return all
}

func TestImportsKeepWhatTheHubHides(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(page))
	for table, n := range s.hidden(t) {
		if n != 0 {
			t.Errorf("%d %s came in hidden", n, table)
		}
	}
	c := s.client()
	c.Organisation.Update().SetVisibility(organisation.VisibilityStaff).ExecX(s.ctx)
	c.Service.Update().SetVisibility(service.VisibilityStaff).ExecX(s.ctx)
	c.Location.Update().SetVisibility(location.VisibilityRestricted).ExecX(s.ctx)
	c.ServiceAtLocation.Update().SetVisibility(serviceatlocation.VisibilityStaff).ExecX(s.ctx)
	c.Schedule.Update().SetVisibility(schedule.VisibilityStaff).ExecX(s.ctx)

	changed := strings.NewReplacer("Debt clinic", "Debt help", "10:00", "11:00", "Library", "New library", "Walton Advice", "Walton Advice CIC").Replace(page)
	if summary, _ := s.take(t, "feed", document(changed)); summary.Changed != 1 {
		t.Errorf("%+v", summary)
	}
	for table, n := range s.hidden(t) {
		if want := s.Count(t, "select count(*) from "+table); n != want {
			t.Errorf("after an import %d of %d %s are hidden", n, want, table)
		}
	}
}

// TestAHiddenAddressComesInHidden: another feed, or another id, does not make a refuge's address public.
func TestAHiddenAddressComesInHidden(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(page))
	s.client().Location.Update().SetVisibility(location.VisibilityRestricted).ExecX(s.ctx)
	s.take(t, "another", document(strings.NewReplacer(`"l1"`, `"place-77"`, "1 High Street", "1 high street", "L4 4AA", "l44aa", "Library", "The house").Replace(page)))
	s.take(t, "third", document(strings.ReplaceAll(page, "1 High Street", "2 High Street")))
	got := s.client().Location.Query().Where(location.VisibilityEQ(location.VisibilityRestricted)).CountX(s.ctx)
	public := s.client().Location.Query().Where(location.VisibilityEQ(location.VisibilityPublic)).OnlyX(s.ctx)
	if got != 2 || *public.Address != "2 High Street" {
		t.Errorf("%d places are hidden, and %s is not", got, *public.Address)
	}
}

func TestImportKeepsWhatPartnersWouldMiss(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(`[{"id": "s1", "name": "Debt clinic", "status": "active", "accreditations": "Advice Quality Standard", "alert": "Moved upstairs",
		"organization": {"id": "o1", "name": "Walton Advice", "description": "Walton Advice", "organization_identifiers": [{"identifier_scheme": "GB-CHC", "identifier_type": "Charity number", "identifier": "999999"}]},
		"contacts": [{"name": "Reception", "title": "Front desk", "email": "desk@example.org", "phones": [{"number": "0151 496 0001"}]}],
		"cost_options": [{"option": "Over 60s", "amount": 2.5, "amount_description": "a session", "valid_from": "2026-01-01"}],
		"service_areas": [{"name": "North Liverpool"}],
		"schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "service_at_location_id": "a1"}, {"id": "2", "freq": "WEEKLY", "byday": "FR", "service_at_location_id": "nowhere"}],
		"service_at_locations": [{"id": "a1", "location": {"id": "l1", "location_type": "postal", "name": "Library", "addresses": [{"address_1": "PO Box 1", "state_province": "Merseyside"}]}}]}]`))
	one := s.client().Service.Query().WithOrganisation().OnlyX(s.ctx)
	place := s.client().Location.Query().OnlyX(s.ctx)
	cost := one.CostOptions[0]
	got := []any{one.Accreditations, one.Alert, one.Contacts[0].Name, one.Contacts[0].Phones[0], cost.Option, *cost.Amount, cost.ValidFrom, one.ServiceAreas[0].Name,
		one.Edges.Organisation.Description, one.Edges.Organisation.Identifiers[0].Scheme, place.Kind, *place.County}
	want := []any{"Advice Quality Standard", "Moved upstairs", "Reception", "0151 496 0001", "Over 60s", 2.5, "2026-01-01", "North Liverpool",
		"", "GB-CHC", location.KindPostal, "Merseyside"}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
	if n := s.Count(t, "select count(*) from schedules where service_at_location_id is not null"); n != 1 {
		t.Errorf("%d schedules are at a place, want that which names one of the service's", n)
	}
}
