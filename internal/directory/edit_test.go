package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// named is a service of the hub.
func (s *shelf) named(t testing.TB, name string) *ent.Service {
	t.Helper()
	return must(s.client().Service.Query().Where(service.Name(name)).WithSchedules().WithServiceAtLocations().WithNeeds().Only(s.ctx))(t)
}

func (s *shelf) service(t testing.TB, id uuid.UUID) *ent.Service {
	t.Helper()
	return must(s.client().Service.Query().Where(service.ID(id)).WithNeeds().Only(s.ctx))(t)
}

// edit changes a record that nobody else changes.
func (s *shelf) edit(t testing.TB, kind Kind, id uuid.UUID, c Changes) []string {
	t.Helper()
	return must(s.Edit(s.ctx, kind, id, 0, c))(t)
}

// heldFields are the fields that staff hold, each with what the source says, and without when it was modified.
func heldFields(local map[string]json.RawMessage) map[string]string {
	all := map[string]string{}
	for field, said := range local {
		if field != whenModified {
			all[field] = string(said)
		}
	}
	return all
}

func TestEditsSurviveImports(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	debt := s.named(t, "Debt clinic")
	got := s.edit(t, KindService, debt.ID, Changes{"name": "Debt help", "phone": "0151 496 0099", "languages": []string{"Welsh"}, "description": "Help with debts.", "minimum_age": 18})
	if diff := cmp.Diff([]string{"languages", "minimum_age", "name", "phone"}, got); diff != "" {
		t.Errorf("what changed: %s", diff)
	}
	check := func(when, description string, want map[string]string) {
		t.Helper()
		now := s.service(t, debt.ID)
		if now.Name != "Debt help" || *now.Phone != "0151 496 0099" || !slices.Equal(now.Languages, []string{"Welsh"}) || *now.MinimumAge != 18 || now.Description != description {
			t.Errorf("%s: %v", when, now)
		}
		if diff := cmp.Diff(want, heldFields(now.LocalFields)); diff != "" {
			t.Errorf("%s, what is held: %s", when, diff)
		}
	}
	check("edited", "Help with debts.", map[string]string{"name": `"Debt clinic"`, "phone": "null", "languages": `["English", "pl"]`, "minimum_age": "null"})

	marks := s.versions(t, s.Walton)
	if got := s.replace(t, "feed", page); got != (Summary{Rows: 2, Unchanged: 2}) || s.versions(t, s.Walton) != marks {
		t.Errorf("the same again is written: %+v", got)
	}
	newer := strings.NewReplacer("Debt clinic", "Debt surgery", "Help with debts.", "Help with any debt.", `"code": "pl"`, `"code": "fa"`).Replace(page)
	if got := s.replace(t, "feed", newer); got != (Summary{Rows: 2, Changed: 1, Unchanged: 1}) {
		t.Errorf("a newer import: %+v", got)
	}
	check("imported", "Help with any debt.", map[string]string{"name": `"Debt surgery"`, "phone": "null", "languages": `["English", "fa"]`, "minimum_age": "null"})
	marks = s.versions(t, s.Walton)
	if s.replace(t, "feed", newer); s.versions(t, s.Walton) != marks {
		t.Error("the newer again is written")
	}
	// Only what is held changes at the source: the note of it is kept true, and nothing is said to have changed.
	newest := strings.ReplaceAll(newer, "Debt surgery", "Debt desk")
	if got := s.replace(t, "feed", newest); got != (Summary{Rows: 2, Unchanged: 2}) {
		t.Errorf("only what is held: %+v", got)
	}
	check("imported again", "Help with any debt.", map[string]string{"name": `"Debt desk"`, "phone": "null", "languages": `["English", "fa"]`, "minimum_age": "null"})
	// A list that names the service in short says nothing of its languages.
	s.take(t, "feed", document(`[{"id": "s1", "name": "Debt desk", "status": "active"}]`))
	check("in short", "Help with any debt.", map[string]string{"name": `"Debt desk"`, "phone": "null", "languages": `["English", "fa"]`, "minimum_age": "null"})

	if got := must(s.UseSource(s.ctx, KindService, debt.ID, 0, "name", "phone"))(t); !slices.Equal(got, []string{"name", "phone"}) {
		t.Errorf("given back: %v", got)
	}
	if now := s.service(t, debt.ID); now.Name != "Debt desk" || now.Phone != nil {
		t.Errorf("given back: %v", now)
	}
	must(s.UseSource(s.ctx, KindService, debt.ID, 0))(t)
	now := s.service(t, debt.ID)
	if now.MinimumAge != nil || !slices.Equal(now.Languages, []string{"English", "fa"}) || now.LocalFields != nil || now.LastModified != nil {
		t.Errorf("all given back: %v", now)
	}
	s.replace(t, "feed", page)
	if now := s.service(t, debt.ID); now.Name != "Debt clinic" {
		t.Errorf("it does not follow its source: %v", now)
	}
}

func TestWhatTheSourceSaysIsNotHeld(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	debt := s.named(t, "Debt clinic")
	s.edit(t, KindService, debt.ID, Changes{"name": "Debt help"})
	if got := s.edit(t, KindService, debt.ID, Changes{"name": "Debt clinic"}); !slices.Equal(got, []string{"name"}) {
		t.Errorf("%v", got)
	}
	if now := s.service(t, debt.ID); now.LocalFields != nil || now.LastModified != nil {
		t.Errorf("held though it is as the source says: %s", now.LocalFields)
	}
	version := s.service(t, debt.ID).Version
	if got := s.edit(t, KindService, debt.ID, Changes{"name": " Debt clinic "}); got != nil || s.service(t, debt.ID).Version != version {
		t.Errorf("nothing changes, and it is saved: %v", got)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'catalogue.edited' and fields = '[\"name\"]'"); n != 2 {
		t.Errorf("%d edits on record, want 2", n)
	}
}

func TestNeedsThatStaffChose(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.replace(t, "feed", page)
	debt, choir := s.named(t, "Debt clinic"), s.named(t, "Choir")
	codes := func(id uuid.UUID) []string {
		var all []string
		for _, n := range s.service(t, id).Edges.Needs {
			all = append(all, n.Code)
		}
		slices.Sort(all)
		return all
	}
	s.edit(t, KindService, debt.ID, Changes{"needs": []string{"isolation"}})
	s.edit(t, KindService, choir.ID, Changes{"needs": []string{"isolation", "isolation"}})
	for range 2 {
		s.replace(t, "feed", strings.ReplaceAll(page, "Singing.", "Singing together."))
		if !slices.Equal(codes(debt.ID), []string{"isolation"}) || !slices.Equal(codes(choir.ID), []string{"isolation"}) {
			t.Errorf("after an import: %v and %v", codes(debt.ID), codes(choir.ID))
		}
		// The term that meant money goes, and comes back.
		s.replace(t, "feed", strings.ReplaceAll(page, `{"taxonomy_term": {"id": "t1", "name": "Debt advice", "taxonomy": "Needs"}}, `, ""))
	}
	s.replace(t, "feed", page)
	must(s.UseSource(s.ctx, KindService, debt.ID, 0, "needs"))(t)
	if got := s.service(t, debt.ID); !slices.Equal(codes(debt.ID), []string{"money"}) || got.LocalFields != nil {
		t.Errorf("given back: %v, %s", codes(debt.ID), got.LocalFields)
	}
	_, err := s.Edit(s.ctx, KindService, debt.ID, 0, Changes{"needs": []string{"gold"}})
	if p := problem.Of(err); p.Code != problem.BadUserInput || p.Field != "needs" {
		t.Errorf("a need that there is not: %v", err)
	}
}

// TestPlacesAndTimesOfStaff: what staff changed or added at a service goes its own way when the source drops what it stands on.
func TestPlacesAndTimesOfStaff(t *testing.T) {
	s := newShelf(t)
	withTimes := strings.ReplaceAll(page, `{"id": "a1", "location"`, `{"id": "a1", "schedules": [{"id": "2", "freq": "WEEKLY", "byday": "FR", "opens_at": "09:00"}], "location"`)
	without := strings.NewReplacer(withTimes[strings.Index(withTimes, `"service_at_locations"`):strings.Index(withTimes, `   "attributes"`)], "").Replace(withTimes)
	s.replace(t, "feed", withTimes)
	debt := s.named(t, "Debt clinic")
	friday := must(s.client().Schedule.Query().Where(schedule.OpensAt("09:00")).Only(s.ctx))(t)
	place := debt.Edges.ServiceAtLocations[0]
	s.edit(t, KindSchedule, friday.ID, Changes{"closes_at": "11:00", "excluded_dates": []string{"2026-12-25"}})
	added := must(s.Add(s.ctx, KindSchedule, "one", Changes{"service_id": debt.ID, "service_at_location_id": place.ID, "freq": "WEEKLY", "by_day": []string{"SA"}, "opens_at": "10:00"}))(t)
	retired := func() string {
		var all []string
		for _, c := range s.client().Schedule.Query().Where(schedule.ServiceID(debt.ID)).Order(ent.Asc("opens_at", "id")).AllX(s.ctx) {
			all = append(all, fmt.Sprintf("%s %t", strings.Join(c.ByDay, ""), c.RetiredAt != nil))
		}
		at := s.client().ServiceAtLocation.GetX(s.ctx, place.ID)
		return strings.Join(append(all, fmt.Sprintf("place %t", at.RetiredAt != nil)), ", ")
	}
	if got, want := retired(), "FR false, TH false, SA false, place false"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	if got := s.replace(t, "feed", without); got.Changed != 1 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
	if got, want := retired(), "FR true, TH false, SA true, place true"; got != want {
		t.Errorf("the place went: %s, want %s", got, want)
	}
	marks := s.versions(t, s.Walton)
	if s.replace(t, "feed", without); s.versions(t, s.Walton) != marks {
		t.Error("the same again is written")
	}
	s.replace(t, "feed", withTimes)
	if got, want := retired(), "FR false, TH false, SA true, place false"; got != want {
		t.Errorf("the place is back: %s, want %s", got, want)
	}
	back := s.client().Schedule.GetX(s.ctx, friday.ID)
	if *back.ClosesAt != "11:00" || !slices.Equal(back.ExcludedDates, []string{"2026-12-25"}) {
		t.Errorf("what staff had changed is forgotten: %v", back)
	}
	if err := s.Restore(s.ctx, KindSchedule, added, 0); err != nil {
		t.Error(err)
	}
	s.replace(t, "feed", withTimes)
	if got, want := retired(), "FR false, TH false, SA false, place false"; got != want {
		t.Errorf("brought back by hand: %s, want %s", got, want)
	}
}

// TestHiddenPlacesAreNotForgotten: what staff hid and the source drops is still hidden when the source has it again.
func TestHiddenPlacesAreNotForgotten(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	place := s.named(t, "Debt clinic").Edges.ServiceAtLocations[0]
	if err := s.SetVisibility(s.ctx, string(KindPlace), place.ID.String(), "RESTRICTED"); err != nil {
		t.Fatal(err)
	}
	without := strings.NewReplacer(page[strings.Index(page, `"service_at_locations"`):strings.Index(page, `   "attributes"`)], "").Replace(page)
	s.replace(t, "feed", without)
	s.replace(t, "feed", page)
	if now := s.client().ServiceAtLocation.Query().OnlyX(s.ctx); now.ID != place.ID || now.Visibility != "RESTRICTED" || now.RetiredAt != nil {
		t.Errorf("%v", now)
	}
}

func TestRetiredByStaff(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	choir := s.named(t, "Choir")
	offered := func() []string { return s.offered(t)["services"] }
	if err := s.Withdraw(s.ctx, KindService, choir.ID, choir.Version); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.replace(t, "feed", strings.ReplaceAll(page, "Singing.", "Singing on."))
		if got := offered(); !slices.Equal(got, []string{"Debt clinic"}) {
			t.Errorf("an import brings back what staff took off: %v", got)
		}
	}
	if err := s.Restore(s.ctx, KindService, choir.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := s.service(t, choir.ID); got.RetiredAt != nil || got.LocalFields != nil {
		t.Errorf("back: %v", got)
	}

	// Gone at its source, kept by staff; then the source's again.
	s.edit(t, KindService, choir.ID, Changes{"phone": "0151 496 0002"})
	debtOnly := page[:strings.Index(page, `,
  {"id": "s2"`)] + "]}"
	s.replace(t, "feed", debtOnly)
	if got := s.service(t, choir.ID); got.RetiredAt == nil || heldFields(got.LocalFields)["phone"] != "null" {
		t.Errorf("an edited service that vanished: %v", got)
	}
	if err := s.Restore(s.ctx, KindService, choir.ID, 0); !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), "organisation is no longer offered") {
		t.Errorf("its partner is retired: %v", err)
	}
	if err := s.Restore(s.ctx, KindOrganisation, choir.OrganisationID, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(s.ctx, KindService, choir.ID, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.replace(t, "feed", debtOnly)
		if got := offered(); !slices.Equal(got, []string{"Choir", "Debt clinic"}) {
			t.Errorf("an import takes away what staff kept: %v", got)
		}
	}
	must(s.UseSource(s.ctx, KindService, choir.ID, 0))(t)
	if got := s.service(t, choir.ID); got.RetiredAt == nil || got.LocalFields != nil {
		t.Errorf("given back to a source that has it no longer: %v", got)
	}
	s.replace(t, "feed", page)
	if got := offered(); !slices.Equal(got, []string{"Choir", "Debt clinic"}) {
		t.Errorf("back at its source: %v", got)
	}
	err := s.Withdraw(s.ctx, KindOrganisation, choir.OrganisationID, 0)
	if !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), "services on offer") {
		t.Errorf("a partner with a service: %v", err)
	}
}

func TestTwoEditors(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	debt := s.named(t, "Debt clinic")
	const editors = 8
	won := make(chan string, editors)
	var all sync.WaitGroup
	for n := range editors {
		all.Go(func() {
			name := fmt.Sprintf("Debt help %d", n)
			_, err := s.Edit(s.ctx, KindService, debt.ID, debt.Version, Changes{"name": name})
			var p *problem.Problem
			switch {
			case err == nil:
				won <- name
			case !errors.As(err, &p) || p.Code != problem.Conflict || p.Field != "version":
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	close(won)
	var names []string
	for name := range won {
		names = append(names, name)
	}
	if len(names) != 1 || s.service(t, debt.ID).Name != names[0] {
		t.Errorf("saved: %v, kept: %s", names, s.service(t, debt.ID).Name)
	}
}

// TestEditsRaceImports: an edit that was told that it is saved is there after the import that ran beside it, and an
// import's news is not lost either.
func TestEditsRaceImports(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.replace(t, "feed", page)
	debt := s.named(t, "Debt clinic")
	for round := range 25 {
		source := strings.NewReplacer("Debt clinic", fmt.Sprintf("Debt clinic %d", round), "Help with debts.", fmt.Sprintf("Help %d.", round)).Replace(page)
		if round%2 == 0 {
			source = strings.ReplaceAll(source, `{"taxonomy_term": {"id": "t1", "name": "Debt advice", "taxonomy": "Needs"}}, `, "")
		}
		must(s.UseSource(s.ctx, KindService, debt.ID, 0))(t)
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := s.Replace(s.ctx, "feed", document(source), nil); err != nil {
				t.Error(err)
			}
		})
		mine := fmt.Sprintf("Ours %d", round)
		both.Go(func() {
			time.Sleep(time.Duration(round) * time.Millisecond)
			if _, err := s.Edit(s.ctx, KindService, debt.ID, 0, Changes{"name": mine, "needs": []string{"isolation"}}); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		now := s.service(t, debt.ID)
		if now.Name != mine || now.Description != fmt.Sprintf("Help %d.", round) || len(now.Edges.Needs) != 1 || now.Edges.Needs[0].Code != "isolation" {
			t.Fatalf("round %d: %v, needs %v", round, now, now.Edges.Needs)
		}
		if got := heldFields(now.LocalFields)["name"]; got != fmt.Sprintf(`"Debt clinic %d"`, round) {
			t.Fatalf("round %d: the source says %s", round, got)
		}
	}
}

// TestALongImportHoldsUpNobody: while a source is read, what it does not change is free to edit, and what it does is
// answered at once.
func TestALongImportHoldsUpNobody(t *testing.T) {
	s := newShelf(t)
	row := func(n int, name string) openreferral.Row {
		for r := range document(fmt.Sprintf(`[{"id": "s%d", "name": %q, "status": "active"}]`, n, name)) {
			r.Index = n + 1
			return r
		}
		panic("no row")
	}
	source := func(name string, end func()) iter.Seq2[openreferral.Row, error] {
		return func(yield func(openreferral.Row, error) bool) {
			for n := range batchRows + 1 { // the last one has the batch before it written
				called := fmt.Sprintf("Service %d", n)
				if n == 1 {
					called = name
				}
				if !yield(row(n, called), nil) {
					return
				}
			}
			end()
		}
	}
	s.take(t, "feed", source("Service 1", func() {}))
	free, taken := s.named(t, "Service 0"), s.named(t, "Service 1")
	reached, goOn, done := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_, err := s.Import(s.ctx, "feed", source("Service the first", func() { close(reached); <-goOn }), nil)
		done <- err
	}()
	<-reached
	if _, err := s.Edit(s.ctx, KindService, free.ID, 0, Changes{"phone": "0151 496 0003"}); err != nil {
		t.Errorf("what the source does not change: %v", err)
	}
	_, err := s.Edit(s.ctx, KindService, taken.ID, 0, Changes{"phone": "0151 496 0004"})
	if !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), "brought up to date") {
		t.Errorf("what the source changes: %v", err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Edit(s.ctx, KindService, taken.ID, 0, Changes{"phone": "0151 496 0004"}); err != nil {
		t.Error(err)
	}
	if a, b := s.service(t, free.ID), s.service(t, taken.ID); *a.Phone != "0151 496 0003" || *b.Phone != "0151 496 0004" || b.Name != "Service the first" {
		t.Errorf("%v, %v", a, b)
	}
}

func TestAddOnce(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	ctx := s.As(t, s.Walton, viewer.Manager)
	partner := must(s.Add(ctx, KindOrganisation, "partner", Changes{"name": "Our own"}))(t)
	made := make(chan uuid.UUID, 8)
	var all sync.WaitGroup
	for range cap(made) {
		all.Go(func() {
			id, err := s.Add(ctx, KindService, "service", Changes{"name": "Tea", "organisation_id": partner, "needs": []string{"money"}, "visibility": "STAFF"})
			if err != nil {
				t.Error(err)
			}
			made <- id
		})
	}
	all.Wait()
	close(made)
	tea := s.named(t, "Tea")
	for id := range made {
		if id != tea.ID {
			t.Errorf("%v and %v", id, tea.ID)
		}
	}
	if tea.Source != Local || tea.Visibility != "STAFF" || len(tea.Edges.Needs) != 1 || tea.LocalFields != nil {
		t.Errorf("%v", tea)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'catalogue.added'"); n != 2 {
		t.Errorf("%d on record, want 2", n)
	}
	other := must(s.Add(s.As(t, s.Walton, viewer.Manager), KindService, "service", Changes{"name": "Coffee", "organisation_id": partner}))(t)
	if other == tea.ID {
		t.Error("another's request of the same name is taken for it")
	}
	s.edit(t, KindService, tea.ID, Changes{"name": "Tea and cake"})
	if got := s.service(t, tea.ID); got.LocalFields != nil {
		t.Errorf("held against no source: %s", got.LocalFields)
	}
	if _, err := s.UseSource(s.ctx, KindService, tea.ID, 0); !problem.Is(err, problem.Conflict) {
		t.Errorf("there is no source: %v", err)
	}
}

func TestEditRefuses(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	debt, choir := s.named(t, "Debt clinic"), s.named(t, "Choir")
	place := debt.Edges.ServiceAtLocations[0]
	there := s.in(s.Southport)
	there.replace(t, "feed", page)
	foreign := there.named(t, "Choir")
	for _, c := range []struct {
		what    string
		kind    Kind
		id      uuid.UUID
		changes Changes
		fields  string
	}{
		{"several at once", KindService, debt.ID, Changes{"name": " ", "email": "nobody", "url": "www.example.org", "minimum_age": 20, "maximum_age": 10}, "email maximumAge name url"},
		{"texts", KindService, debt.ID, Changes{"phone": "none", "status": "OPEN", "visibility": "SECRET", "alert": strings.Repeat("a", 2001)}, "alert phone status visibility"},
		{"lists", KindService, debt.ID, Changes{"languages": []string{""}, "contacts": []map[string]any{{"email": "x"}}, "cost_options": []map[string]any{{"amount": -1}}, "service_areas": []map[string]any{{}}}, "contacts costOptions languages serviceAreas"},
		{"a place", KindLocation, place.LocationID, Changes{"latitude": 500, "postcode": "nowhere"}, "latitude postcode"},
		{"half a point", KindLocation, place.LocationID, Changes{"latitude": nil}, "latitude"},
		{"a time", KindSchedule, debt.Edges.Schedules[0].ID, Changes{"opens_at": "25:00", "interval": 0, "by_day": []string{"XX"}, "extra_dates": []string{"soon"}}, "byDay extraDates interval opensAt"},
		{"a time at another's place", KindSchedule, choir.Edges.Schedules[0].ID, Changes{"service_at_location_id": place.ID}, "serviceAtLocationId"},
		{"no days", KindSchedule, choir.Edges.Schedules[0].ID, Changes{"by_day": nil}, "byDay"},
	} {
		_, err := s.Edit(s.ctx, c.kind, c.id, 0, c.changes)
		problems, rest := problem.Correctable(err)
		var fields []string
		for _, p := range problems {
			fields = append(fields, p.Field)
		}
		if got := strings.Join(fields, " "); rest != nil || got != c.fields {
			t.Errorf("%s: %s, want %s (%v)", c.what, got, c.fields, err)
		}
	}
	for what, err := range map[string]error{
		"another hub's service":  second(s.Edit(s.ctx, KindService, foreign.ID, 0, Changes{"name": "Ours"})),
		"another hub's partner":  second(s.Edit(s.ctx, KindService, debt.ID, 0, Changes{"organisation_id": foreign.OrganisationID})),
		"nobody's partner":       second(s.Edit(s.ctx, KindService, debt.ID, 0, Changes{"organisation_id": uuid.New()})),
		"another hub's, retired": s.Withdraw(s.ctx, KindService, foreign.ID, 0),
		"another hub's, back":    s.Restore(s.ctx, KindService, foreign.ID, 0),
		"another hub's, given":   second(s.UseSource(s.ctx, KindService, foreign.ID, 0)),
	} {
		if !problem.Is(err, problem.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Edit(s.ctx, KindService, debt.ID, 0, Changes{"source": "x"}); err == nil {
		t.Error("a source is edited")
	}
	if _, err := s.Edit(context.Background(), KindService, debt.ID, 0, Changes{"name": "x"}); err == nil {
		t.Error("nobody edits")
	}
}

func second[T any](_ T, err error) error { return err }

func TestExceptionsOfASchedule(t *testing.T) {
	s := newShelf(t)
	s.replace(t, "feed", page)
	choir := s.named(t, "Choir")
	s.edit(t, KindSchedule, choir.Edges.Schedules[0].ID, Changes{"excluded_dates": []string{"2026-12-28", "2026-12-21"}, "extra_dates": []string{"2026-12-23", "2026-12-23"}})
	row := s.client().Schedule.GetX(s.ctx, choir.Edges.Schedules[0].ID)
	if got, want := ScheduleSummary(row), "Every Monday, 18:00, not on 21 December 2026 and 28 December 2026, also on 23 December 2026"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var days []string
	for _, at := range Sessions([]*ent.Schedule{row}, time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC), time.UTC, 4) {
		days = append(days, at.StartsAt.Format("2 Jan 15:04"))
	}
	if want := []string{"14 Dec 18:00", "23 Dec 18:00", "4 Jan 18:00", "11 Jan 18:00"}; !slices.Equal(days, want) {
		t.Errorf("%v, want %v", days, want)
	}
	// Another hub that follows this one has them, too.
	there := s.in(s.Southport)
	must(there.Replace(there.ctx, "hub:walton", s.Shared(s.ctx), nil))(t)
	copied := there.named(t, "Choir").Edges.Schedules[0]
	if diff := cmp.Diff([][]string{row.ExcludedDates, row.ExtraDates}, [][]string{copied.ExcludedDates, copied.ExtraDates}); diff != "" {
		t.Error(diff)
	}
}
