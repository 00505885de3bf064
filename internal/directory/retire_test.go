package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
)

func (s *shelf) replace(t testing.TB, source, text string) Summary {
	t.Helper()
	summary, err := s.Replace(s.ctx, source, document(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// offered names what is on offer in the hub, by table.
func (s *shelf) offered(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range []string{"services", "organisations", "locations", "taxonomy_terms"} {
		names, err := store.Collect(s.ctx, s.Store, pgx.RowTo[string], "select name from "+table+" where retired_at is null order by name")
		if err != nil {
			t.Fatal(err)
		}
		all[table] = names
	}
	return all
}

const choirOnly = `{"contents": [{"id": "s2", "name": "Choir", "description": "Singing.", "status": "active",
  "organization": {"id": "o2", "name": "Choir Trust"}, "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "18:00"}]}]}`

func TestReplaceRetiresWhatVanished(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.take(t, "other", document(page))
	s.replace(t, "feed", page)
	before := s.offered(t)
	ids := s.Count(t, "select sum(hashtext(id::text)::bigint) from services where source = 'feed'")

	if got, want := s.replace(t, "feed", choirOnly), (Summary{Rows: 1, Unchanged: 1, Retired: 5}); got != want {
		t.Errorf("%+v, want %+v: a service, its partner, place and two terms", got, want)
	}
	want := map[string][]string{ // the other source has everything still
		"services": {"Choir", "Choir", "Debt clinic"}, "organisations": {"Choir Trust", "Choir Trust", "Walton Advice"},
		"locations": {"Library"}, "taxonomy_terms": {"Debt advice", "Gardening"},
	}
	if diff := cmp.Diff(want, s.offered(t)); diff != "" {
		t.Error(diff)
	}
	if n := s.Count(t, "select count(*) from services where source = 'feed' and name = 'Debt clinic' and description <> '' and retired_at is not null"); n != 1 {
		t.Error("what was retired is not kept as it was")
	}
	marks := s.versions(t, s.Walton)
	events := s.Count(t, "select count(*) from audit_events where action = 'catalogue.imported'")
	if got, want := s.replace(t, "feed", choirOnly), (Summary{Rows: 1, Unchanged: 1}); got != want {
		t.Errorf("again: %+v, want %+v", got, want)
	}
	if diff := cmp.Diff(marks, s.versions(t, s.Walton)); diff != "" {
		t.Errorf("the same again was written again:\n%s", diff)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'catalogue.imported'"); n != events {
		t.Errorf("the same again was told of: %d events, want %d", n, events)
	}

	s.replace(t, "feed", page)
	if diff := cmp.Diff(before, s.offered(t)); diff != "" {
		t.Errorf("back again:\n%s", diff)
	}
	if s.Count(t, "select sum(hashtext(id::text)::bigint) from services where source = 'feed'") != ids {
		t.Error("what came back has other ids")
	}
	if n := s.Count(t, "select count(*) from service_needs n join services s on s.id = n.service_id where s.source = 'feed'"); n != 1 {
		t.Errorf("%d services meet the need, want 1", n)
	}
}

// TestReplaceBringsBackWhatAServiceHas: a list of summaries names no partner and no place.
func TestReplaceBringsBackWhatAServiceHas(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	before := s.offered(t)
	s.replace(t, "feed", `[{"id": "s9", "name": "Chess", "status": "active"}]`)
	if got := s.offered(t)["organisations"]; !slices.Equal(got, []string{"Partner not named by its source"}) {
		t.Errorf("partners: %v", got)
	}
	s.replace(t, "feed", `[{"id": "s1", "name": "Debt clinic", "status": "active"}, {"id": "s2", "name": "Choir", "status": "active", "organization_id": "o2"}]`)
	if diff := cmp.Diff(before, s.offered(t)); diff != "" {
		t.Error(diff)
	}
	s.replace(t, "feed", `[{"id": "s9", "name": "Chess", "status": "active"}]`)
	if got := s.offered(t)["organisations"]; !slices.Equal(got, []string{"Partner not named by its source"}) {
		t.Errorf("a partner that stands in is not back: %v", got)
	}
}

func TestReplaceKeepsWhatIsRefused(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	got := s.replace(t, "feed", `[{"id": "s1", "name": ""}, {"id": "s2", "name": "Choir", "status": "active"}]`)
	if want := (Summary{Rows: 2, Unchanged: 1, Refused: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := s.offered(t)["services"]; !slices.Equal(got, []string{"Choir", "Debt clinic"}) {
		t.Errorf("services: %v", got)
	}
	for _, unclear := range []string{`7`, `{"id": "o1", "name": "", "services": [{"id": "s1", "name": "Debt clinic"}], "organization_identifiers": []}`} {
		if got := s.replace(t, "feed", `[`+unclear+`, {"id": "s2", "name": "Choir", "status": "active"}]`); got.Retired != 0 || got.Refused != 1 {
			t.Errorf("%s may have held others: %+v", unclear, got)
		}
	}
}

func TestReplaceThatBreaksRetiresNothing(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	marks := s.versions(t, s.Walton)
	broken := errors.New("the line went dead")
	_, err := s.Replace(s.ctx, "feed", func(yield func(openreferral.Row, error) bool) {
		for row := range document(choirOnly) {
			if !yield(row, nil) {
				return
			}
		}
		yield(openreferral.Row{}, broken)
	}, nil)
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if s.versions(t, s.Walton) != marks {
		t.Error("something was written")
	}
}

func TestRetireTakesASourceOff(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	s.take(t, "other", document(page))
	s.in(s.Southport).replace(t, "feed", page)
	if n, err := s.Retire(s.ctx, "feed"); n != 7 || err != nil {
		t.Errorf("%d retired, want 2 services, 2 partners, a place and 2 terms: %v", n, err)
	}
	if n, err := s.Retire(s.ctx, "feed"); n != 0 || err != nil {
		t.Errorf("again, %d: %v", n, err)
	}
	for _, hub := range []*shelf{s, s.in(s.Southport)} {
		if got := hub.offered(t)["services"]; !slices.Equal(got, []string{"Choir", "Debt clinic"}) {
			t.Errorf("services: %v", got)
		}
	}
}

// TestSharedIsTheCatalogue: what a hub shares, taken by another, is the same catalogue there.
func TestSharedIsTheCatalogue(t *testing.T) {
	s := newShelf(t)
	money := s.need(t, "money")
	s.replace(t, "feed", page)
	s.replace(t, "old", `[{"id": "s8", "name": "Over", "status": "active"}]`)
	if _, err := s.Retire(s.ctx, "old"); err != nil {
		t.Fatal(err)
	}
	s.replace(t, "hub:elsewhere", `[{"id": "s7", "name": "Theirs", "status": "active"}]`)
	s.replace(t, "shut", `[{"id": "s6", "name": "Shut", "status": "defunct"}]`)
	// A need that somebody chose by hand goes along.
	choir := s.client().Service.Query().Where(service.Name("Choir")).OnlyX(s.ctx)
	s.client().ServiceNeed.Create().SetServiceID(choir.ID).SetNeedID(money).ExecX(s.ctx)

	there := s.in(s.Southport)
	there.need(t, "money")
	summary, err := there.Replace(there.ctx, "hub:walton", s.Shared(s.ctx), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Summary{Rows: 2, Added: 2}); summary != want {
		t.Errorf("%+v, want %+v", summary, want)
	}
	if got := there.offered(t); !slices.Equal(got["services"], []string{"Choir", "Debt clinic"}) || !slices.Equal(got["organisations"], []string{"Choir Trust", "Walton Advice"}) ||
		!slices.Equal(got["locations"], []string{"Library"}) {
		t.Errorf("%v", got)
	}
	// All columns of the standard, the places and the times are the same; ids are not.
	const ours = "'{id,hub_id,source,external_id,imported_at,retired_at,organisation_id,service_id,service_at_location_id,hand_search}'::text[]"
	for _, of := range []string{
		"services x where x.name in ('Choir', 'Debt clinic')", "organisations x where x.name in ('Choir Trust', 'Walton Advice')",
		"locations x where x.name = 'Library'", "schedules x join services s on s.id = x.service_id where s.name in ('Choir', 'Debt clinic')",
		"service_capacities x join services s on s.id = x.service_id where s.name = 'Debt clinic'",
	} {
		sql := "select string_agg((to_jsonb(x) - " + ours + ")::text, ';' order by (to_jsonb(x) - " + ours + ")::text) from " + of + " and x.hub_id = $1"
		here, err := store.Collect(s.ctx, s.Store, pgx.RowTo[string], sql, s.Walton.ID)
		if err != nil {
			t.Fatal(err)
		}
		copied, err := store.Collect(there.ctx, s.Store, pgx.RowTo[string], sql, s.Southport.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(here, copied); diff != "" {
			t.Error(diff)
		}
	}
	if n := s.Count(t, "select count(*) from service_needs where hub_id = $1", s.Southport.ID); n != 2 {
		t.Errorf("%d services meet the need there, want 2", n)
	}
	if n := s.Count(t, "select count(*) from services a join services b on a.id = b.id where a.hub_id <> b.hub_id"); n != 0 {
		t.Errorf("%d ids are the same in both hubs", n)
	}
	// Nothing goes round in circles.
	back, err := s.Replace(s.ctx, "hub:southport", there.Shared(there.ctx), nil)
	if err != nil || back.Rows != 0 {
		t.Errorf("came back: %+v, %v", back, err)
	}
}

// TestSharedComesInPages: more than one page, each service once and in order.
func TestSharedComesInPages(t *testing.T) {
	s := newShelf(t)
	const many = 2*sharePage + 1
	var b strings.Builder
	for i := range many {
		fmt.Fprintf(&b, `%s{"id": "s%d", "name": "Service %d", "status": "active", "organization": {"id": "o1", "name": "Partner"}}`, map[bool]string{true: "[", false: ","}[i == 0], i, i)
	}
	s.replace(t, "feed", b.String()+"]")
	last, n := "", 0
	for row, err := range s.Shared(s.ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; row.Index != n || row.ID <= last || row.Refused != nil {
			t.Fatalf("row %d is %d, %s after %s, %v", n, row.Index, row.ID, last, row.Refused)
		}
		last = row.ID
	}
	if n != many {
		t.Errorf("%d services, want %d", n, many)
	}
}
