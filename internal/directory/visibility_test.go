package directory

import (
	"strings"
	"testing"

	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/internal/problem"
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
		"service_areas": [{"name": "North Liverpool"}], "funding": [{"id": "f1", "source": "City council"}],
		"schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "service_at_location_id": "a1"}, {"id": "2", "freq": "WEEKLY", "byday": "FR", "service_at_location_id": "nowhere"}],
		"service_at_locations": [{"id": "a1", "location": {"id": "l1", "location_type": "postal", "name": "Library", "addresses": [{"address_1": "PO Box 1", "state_province": "Merseyside"}]}}]}]`))
	one := s.client().Service.Query().WithOrganisation().OnlyX(s.ctx)
	place := s.client().Location.Query().OnlyX(s.ctx)
	cost := one.CostOptions[0]
	got := []any{one.Accreditations, one.Alert, one.Contacts[0].Name, one.Contacts[0].Phones[0], cost.Option, *cost.Amount, cost.ValidFrom, one.ServiceAreas[0].Name, one.Funding[0].Source,
		one.Edges.Organisation.Description, one.Edges.Organisation.Identifiers[0].Scheme, place.Kind, *place.County}
	want := []any{"Advice Quality Standard", "Moved upstairs", "Reception", "0151 496 0001", "Over 60s", 2.5, "2026-01-01", "North Liverpool", "City council",
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

func TestSettingTheVisibilityOfOneRecord(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(page))
	s.take(t, "another", document(strings.ReplaceAll(page, "Library", "Hall")))
	if err := s.SetVisibility(s.ctx, "location", "Library", "RESTRICTED"); err != nil {
		t.Fatal(err)
	}
	if n := s.Count(t, "select count(*) from locations where visibility = 'RESTRICTED' and name = 'Library'"); n != 1 || s.hidden(t)["locations"] != 1 {
		t.Errorf("hidden: %v", s.hidden(t))
	}
	id := s.client().Schedule.Query().FirstIDX(s.ctx).String()
	for range 2 { // the second time there is nothing to do
		if err := s.SetVisibility(s.ctx, "schedule", id, "STAFF"); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'catalogue.visibility' and hub_id = $1", s.Walton.ID); n != 2 {
		t.Errorf("%d events for two changes", n)
	}
	southport := s.Platform(s.Southport)
	for _, c := range []struct {
		what   string
		err    error
		code   problem.Code
		saying string
	}{
		{"a name that two have", s.SetVisibility(s.ctx, "service", "Debt clinic", "STAFF"), problem.Conflict, "Say which by its id"},
		{"a name that nobody has", s.SetVisibility(s.ctx, "service", "Debt", "STAFF"), problem.NotFound, "no such service"},
		{"a name for what has none", s.SetVisibility(s.ctx, "schedule", "Library", "STAFF"), problem.NotFound, "no such schedule"},
		{"another hub's record", s.SetVisibility(southport, "schedule", id, "STAFF"), problem.NotFound, "no such schedule"},
		{"a visibility that there is not", s.SetVisibility(s.ctx, "service", "Choir", "SECRET"), problem.BadUserInput, "PUBLIC, STAFF or RESTRICTED"},
		{"a kind that there is not", s.SetVisibility(s.ctx, "person", "Choir", "STAFF"), problem.BadUserInput, "choose one of"},
	} {
		if !problem.Is(c.err, c.code) || !strings.Contains(c.err.Error(), c.saying) {
			t.Errorf("%s: %v", c.what, c.err)
		}
	}
}
