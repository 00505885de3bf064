package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// council and charity are two feeds that carry the same service: the charity's own has one more time and another phone.
const (
	council = `{"contents": [{"id": "c1", "name": "Debt clinic", "description": "As the council says.", "status": "active", "email": "council@example.org",
	  "organization": {"id": "co", "name": "Walton Advice", "phones": [{"number": "0151 496 0001"}]},
	  "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "10:00", "closes_at": "12:00"}],
	  "service_at_locations": [{"id": "ca", "location": {"id": "cl", "name": "Library", "latitude": 53.443, "longitude": -2.962,
	    "addresses": [{"address_1": "1 High Street", "city": "Liverpool", "postal_code": "L4 4AA"}]}}]}]}`
	charity = `{"contents": [{"id": "h1", "name": "Debt Clinic", "description": "As we say ourselves.", "status": "active", "phones": [{"number": "0151 496 0002"}],
	  "organization": {"id": "ho", "name": "Walton Advice Ltd", "phones": [{"number": "+44 151 496 0001"}]},
	  "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "10:00", "closes_at": "12:00"},
	    {"id": "2", "freq": "WEEKLY", "byday": "MO", "opens_at": "18:00", "closes_at": "19:00"}],
	  "service_at_locations": [{"id": "ha", "location": {"id": "hl", "name": "Walton Library", "latitude": 53.4431, "longitude": -2.9621,
	    "addresses": [{"address_1": "1 high street,", "city": "Liverpool", "postal_code": "L44AA"}]}}],
	  "attributes": [{"taxonomy_term": {"id": "t1", "name": "Debt advice", "taxonomy": "Needs"}}]}]}`
)

// twoFeeds is a shelf with both feeds, at work as a member of staff.
func twoFeeds(t *testing.T) *shelf {
	t.Helper()
	s := newShelf(t)
	s.need(t, "money")
	s.replace(t, "council", council)
	s.replace(t, "charity", charity)
	return s
}

func (s *shelf) onlyOf(t testing.TB, source string) *ent.Service {
	t.Helper()
	return must(s.client().Service.Query().Where(service.Source(source)).Only(s.ctx))(t)
}

func (s *shelf) merging(t testing.TB, kind MergeKind, keep, fold uuid.UUID, take ...string) Merging {
	t.Helper()
	c := must(s.Compare(s.ctx, kind, keep, fold))(t)
	return Merging{Kind: kind, Keep: keep, Fold: fold, Take: take, Seen: c.Seen}
}

func (s *shelf) merge(t testing.TB, kind MergeKind, keep, fold uuid.UUID, take ...string) uuid.UUID {
	t.Helper()
	return must(s.Merge(s.ctx, uuid.NewString(), s.merging(t, kind, keep, fold, take...)))(t)
}

// pairs are the likely duplicates of a kind as "name | name: reasons".
func (s *shelf) pairs(t testing.TB, kind MergeKind, dismissed bool) []string {
	t.Helper()
	page := must(s.Duplicates(s.ctx, kind, dismissed, nil, nil))(t)
	var all []string
	for _, p := range page.Nodes() {
		names := []string{p.Records[0].Name, p.Records[1].Name}
		slices.Sort(names)
		all = append(all, strings.Join(names, " | ")+": "+strings.Join(p.Reasons, ", "))
	}
	return all
}

func TestTwoFeedsWithOneServiceAreDuplicates(t *testing.T) {
	s := twoFeeds(t)
	for kind, want := range map[MergeKind]string{
		merge.KindOrganisation: "Walton Advice | Walton Advice Ltd: same name, same phone, services at the same postcode",
		merge.KindService:      "Debt Clinic | Debt clinic: same name, organisations of the same name, same place",
		merge.KindLocation:     "Library | Walton Library: same address, same postcode, within 30 metres, names alike",
	} {
		if diff := cmp.Diff([]string{want}, s.pairs(t, kind, false)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	if got := s.in(s.Southport).pairs(t, merge.KindService, false); got != nil {
		t.Errorf("another hub sees %v", got)
	}
}

// TestWhatIsAlikeAndWhatIsNot holds the score to cases.
func TestWhatIsAlikeAndWhatIsNot(t *testing.T) {
	s := newShelf(t)
	n := 0
	org := func(name string, edit func(*ent.OrganisationCreate)) *ent.Organisation {
		n++
		c := s.client().Organisation.Create().SetSource("feed").SetExternalID(fmt.Sprint(n)).SetName(name)
		if edit != nil {
			edit(c)
		}
		return c.SaveX(s.ctx)
	}
	for _, c := range []struct{ name, phone, email, url string }{
		{"Alpha", "", "", ""}, {"Beta", "0151 496 0003", "", ""}, {"Gamma", "0151 496 0003", "", ""}, // a phone alone is no sign
		{"Delta Dance", "", "d@example.org", "https://delta.example.org/x"}, {"Delta Dancing", "", "D@example.org", "http://www.delta.example.org"},
	} {
		org(c.name, func(o *ent.OrganisationCreate) {
			if c.phone != "" {
				o.SetPhone(c.phone)
			}
			if c.email != "" {
				o.SetEmail(c.email).SetURL(c.url)
			}
		})
	}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		for name, number := range map[string]string{"Old Name": "1234567", "Entirely New": "01234567"} {
			n++
			if _, err := conn.Exec(ctx, `insert into organisations (id, hub_id, source, external_id, imported_at, name, description, visibility, version, identifiers)
				values (gen_random_uuid(), $1, 'feed', $2, now(), $3, '', 'PUBLIC', 1, jsonb_build_array(jsonb_build_object('identifier_scheme', 'GB-CHC', 'identifier', $4::text)))`,
				s.Walton.ID, fmt.Sprint(n), name, number); err != nil {
				t.Fatal(err)
			}
		}
	})
	want := []string{"Delta Dance | Delta Dancing: names almost the same, same email, same website", "Entirely New | Old Name: same charity number"}
	if diff := cmp.Diff(want, s.pairs(t, merge.KindOrganisation, false)); diff != "" {
		t.Error(diff)
	}

	// One organisation that does the same at two places, with one phone for all, does two things.
	one := org("Coffee People", nil)
	for i, postcode := range []string{"L4 4AA", "L20 1AA"} {
		place := s.client().Location.Create().SetSource("feed").SetExternalID(fmt.Sprint("p", i)).SetName("Hall").SetAddress("1 High Street").SetPostcode(postcode).SaveX(s.ctx)
		made := s.client().Service.Create().SetSource("feed").SetExternalID(fmt.Sprint("s", i)).SetOrganisationID(one.ID).SetName("Coffee morning").SetPhone("0151 496 0009").SaveX(s.ctx)
		s.client().ServiceAtLocation.Create().SetSource("feed").SetExternalID(fmt.Sprint("a", i)).SetServiceID(made.ID).SetLocationID(place.ID).ExecX(s.ctx)
	}
	if got := s.pairs(t, merge.KindService, false); got != nil {
		t.Errorf("one service at each of two places: %v", got)
	}
	if got := s.pairs(t, merge.KindLocation, false); got != nil {
		t.Errorf("the same street in two towns: %v", got)
	}
}

func TestADismissedPairStaysSoUntilOneChanges(t *testing.T) {
	s := twoFeeds(t)
	a, b := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	for range 2 {
		if err := s.Dismiss(s.ctx, "d1", merge.KindService, b.ID, a.ID); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.pairs(t, merge.KindService, false); got != nil {
		t.Errorf("still listed: %v", got)
	}
	if got := s.pairs(t, merge.KindService, true); len(got) != 1 {
		t.Errorf("dismissed: %v", got)
	}
	s.replace(t, "charity", strings.Replace(charity, "As we say ourselves.", "As we say now.", 1))
	if got := s.pairs(t, merge.KindService, false); got != nil {
		t.Errorf("a change of the description is no new sign: %v", got)
	}
	s.replace(t, "charity", strings.Replace(charity, `"Debt Clinic"`, `"Debt clinics"`, 1))
	if got := s.pairs(t, merge.KindService, false); len(got) != 1 {
		t.Errorf("a new name: %v", got)
	}
	s.replace(t, "charity", charity)
	if err := s.Recall(s.ctx, merge.KindService, a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.pairs(t, merge.KindService, false); len(got) != 1 {
		t.Errorf("recalled: %v", got)
	}
}

// catalogue is all that a stranger or an advisor could see of the hub's catalogue, and who points to what.
func (s *shelf) catalogue(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for table, columns := range map[string]string{
		"organisations":        "id, name, description, phone, email, visibility, retired_at is null, merged_into_id, source, local_fields",
		"services":             "id, organisation_id, name, description, phone, email, visibility, retired_at is null, merged_into_id, source, local_fields",
		"locations":            "id, name, address, visibility, retired_at is null, merged_into_id, source, local_fields",
		"service_at_locations": "id, service_id, location_id", "schedules": "id, service_id, service_at_location_id, by_day", "service_needs": "service_id, need_id",
		"service_terms": "service_id, taxonomy_term_id", "signposts": "id, service_id",
	} {
		rows, err := store.Collect(s.ctx, s.Store, pgx.RowTo[string], "select row("+columns+")::text from "+table+" where hub_id = $1 order by 1", s.Walton.ID)
		if err != nil {
			t.Fatal(err)
		}
		all[table] = rows
	}
	return all
}

// signpost tells a visitor of a service.
func (s *shelf) signpost(t testing.TB, to uuid.UUID) *ent.Signpost {
	t.Helper()
	ctx := s.As(t, s.Walton, viewer.Advisor)
	c, me, now := s.Store.Client(ctx), viewer.FromContext(ctx).StaffID, time.Now()
	v := c.Visit.Create().SetState(visit.StateWithAdvisor).SetArrivedOn(now).SetAdvisorID(me).SetCalledAt(now).SaveX(ctx)
	conversation := c.Conversation.Create().SetVisitID(v.ID).SetAdvisorID(me).SaveX(ctx)
	return c.Signpost.Create().SetConversationID(conversation.ID).SetServiceID(to).SaveX(ctx)
}

func TestMergeFoldsAndUndoRestores(t *testing.T) {
	s := twoFeeds(t)
	keep, fold := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	told := s.signpost(t, fold.ID)
	before := s.catalogue(t)
	id := s.merge(t, merge.KindService, keep.ID, fold.ID, "description", "phone")

	got := must(s.client().Service.Query().Where(service.ID(keep.ID)).WithSchedules().WithServiceAtLocations().WithNeeds().WithTaxonomyTerms().Only(s.ctx))(t)
	if got.Description != "As we say ourselves." || *got.Phone != "0151 496 0002" || *got.Email != "council@example.org" || got.Name != "Debt clinic" {
		t.Errorf("kept: %+v", got)
	}
	var days []string
	for _, c := range got.Edges.Schedules {
		days = append(days, c.ByDay...)
	}
	slices.Sort(days)
	// Thursday is in both feeds; the place is, too, but it is one of its own until the locations are merged.
	if !slices.Equal(days, []string{"MO", "TH"}) || len(got.Edges.ServiceAtLocations) != 2 || len(got.Edges.TaxonomyTerms) != 1 {
		t.Errorf("kept: days %v, %d places, %d terms", days, len(got.Edges.ServiceAtLocations), len(got.Edges.TaxonomyTerms))
	}
	if moved := s.client().Signpost.GetX(s.ctx, told.ID); moved.ServiceID != keep.ID {
		t.Error("the signpost points to the folded service")
	}
	away := s.client().Service.GetX(s.ctx, fold.ID)
	if away.RetiredAt == nil || away.MergedIntoID == nil || *away.MergedIntoID != keep.ID || away.Description != "As we say ourselves." {
		t.Errorf("folded: %+v", away)
	}
	if found := must(s.Search(s.ctx, Query{Text: "debt"}, nil, nil, nil))(t); len(found.Edges) != 1 || found.Edges[0].Node.Service.ID != keep.ID {
		t.Errorf("search finds %d", len(found.Edges))
	}
	if got := s.pairs(t, merge.KindService, false); got != nil {
		t.Errorf("still duplicates: %v", got)
	}

	m := must(s.Merged(s.ctx, id))(t)
	if diff := cmp.Diff([]string{"description", "phone"}, m.Taken); diff != "" || m.Kept.ID != keep.ID || m.Folded.ID != fold.ID || m.Obstacle != nil {
		t.Errorf("on record: %+v %s", m, diff)
	}
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, s.catalogue(t)); diff != "" {
		t.Errorf("undone, the catalogue is otherwise than before:\n%s", diff)
	}
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Errorf("undone twice: %v", err)
	}
	if m := must(s.Merged(s.ctx, id))(t); m.UndoneAt == nil || len(m.Remained) > 0 {
		t.Errorf("undone: %+v", m)
	}
	for action, want := range map[string]int{"catalogue.merged": 1, "catalogue.merged_away": 1, "catalogue.merge_undone": 1} {
		if n := s.Count(t, "select count(*) from audit_events where action = $1", action); n != want {
			t.Errorf("%d events %s, want %d", n, action, want)
		}
	}
}

// TestTheWholeOfTwoFeedsIsMergedImportedAndUndone merges locations, organisations and services, imports both feeds again, and undoes all.
func TestTheWholeOfTwoFeedsIsMergedImportedAndUndone(t *testing.T) {
	s := twoFeeds(t)
	before := s.catalogue(t)
	places := map[string]uuid.UUID{}
	for _, l := range s.client().Location.Query().AllX(s.ctx) {
		places[l.Source] = l.ID
	}
	partners := map[string]uuid.UUID{}
	for _, o := range s.client().Organisation.Query().AllX(s.ctx) {
		partners[o.Source] = o.ID
	}
	keep, fold := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	merges := []uuid.UUID{
		s.merge(t, merge.KindLocation, places["council"], places["charity"]),
		s.merge(t, merge.KindOrganisation, partners["council"], partners["charity"], "name"),
		s.merge(t, merge.KindService, keep.ID, fold.ID, "phone"),
	}
	check := func(when string) {
		t.Helper()
		got := must(s.client().Service.Query().Where(service.ID(keep.ID)).WithSchedules().WithServiceAtLocations().WithOrganisation().Only(s.ctx))(t)
		if len(got.Edges.Schedules) != 2 || len(got.Edges.ServiceAtLocations) != 1 || got.Edges.Organisation.Name != "Walton Advice Ltd" || *got.Phone != "0151 496 0002" {
			t.Errorf("%s: %d times, %d places, %s, %v", when, len(got.Edges.Schedules), len(got.Edges.ServiceAtLocations), got.Edges.Organisation.Name, got.Phone)
		}
		want := map[string][]string{"services": {"Debt clinic"}, "organisations": {"Walton Advice Ltd"}, "locations": {"Library"}, "taxonomy_terms": {"Debt advice"}}
		if diff := cmp.Diff(want, s.offered(t)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	check("merged")
	for _, feed := range [][2]string{{"council", council}, {"charity", charity}} {
		marks := s.versions(t, s.Walton)
		if got := s.replace(t, feed[0], feed[1]); got.Changed+got.Added+got.Retired != 0 {
			t.Errorf("%s as it was: %+v", feed[0], got)
		}
		if s.versions(t, s.Walton) != marks {
			t.Errorf("%s as it was was written again", feed[0])
		}
	}
	check("imported again")
	s.replace(t, "charity", strings.NewReplacer("As we say ourselves.", "As we say now.", `"Walton Advice Ltd"`, `"Walton Advice Limited"`).Replace(charity))
	s.replace(t, "council", strings.Replace(council, "As the council says.", "As the council says now.", 1))
	check("changed at both sources")
	if got := s.client().Service.GetX(s.ctx, keep.ID).Description; got != "As the council says now." {
		t.Errorf("the kept service does not follow its own source: %q", got)
	}
	m := must(s.Merged(s.ctx, merges[2]))(t)
	if len(m.OtherSays) != 1 || *m.OtherSays[0] != (FieldChange{"description", "As we say ourselves.", "As we say now."}) {
		t.Errorf("the other source now says %v", m.OtherSays)
	}

	s.replace(t, "charity", charity)
	s.replace(t, "council", council)
	for _, id := range slices.Backward(merges) {
		if err := s.UndoMerge(s.ctx, id); err != nil {
			t.Fatal(err)
		}
		if m := must(s.Merged(s.ctx, id))(t); len(m.Remained) > 0 {
			t.Errorf("remained: %v", m.Remained)
		}
	}
	if diff := cmp.Diff(before, s.catalogue(t)); diff != "" {
		t.Errorf("undone, the catalogue is otherwise than before:\n%s", diff)
	}
}

func TestUndoFollowsTheSourcesWhereTheyMovedOn(t *testing.T) {
	s := twoFeeds(t)
	keep, fold := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	id := s.merge(t, merge.KindService, keep.ID, fold.ID, "description", "phone")
	s.replace(t, "council", strings.Replace(council, "As the council says.", "As the council says now.", 1))
	s.replace(t, "charity", `{"contents": []}`) // a feed without a record takes nothing away
	s.replace(t, "charity", strings.Replace(charity, `"h1"`, `"h2"`, 1))
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
	back := s.client().Service.GetX(s.ctx, keep.ID)
	if back.Description != "As the council says now." || back.Phone != nil || back.LocalFields != nil {
		t.Errorf("kept: %q %v %v", back.Description, back.Phone, back.LocalFields)
	}
	if gone := s.client().Service.GetX(s.ctx, fold.ID); gone.RetiredAt == nil || gone.MergedIntoID != nil {
		t.Errorf("its source no longer has it: %v %v", gone.RetiredAt, gone.MergedIntoID)
	}
}

func TestUndoLeavesWhatCameBetween(t *testing.T) {
	s := twoFeeds(t)
	keep, fold := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	old := s.signpost(t, fold.ID)
	id := s.merge(t, merge.KindService, keep.ID, fold.ID, "phone")
	later := s.signpost(t, fold.ID) // by an old link: it goes to the kept one
	if later = s.client().Signpost.GetX(s.ctx, later.ID); later.ServiceID != keep.ID {
		t.Error("a later signpost points to the folded service")
	}
	if _, err := s.Edit(s.ctx, KindService, keep.ID, 0, Changes{"phone": "0151 496 0099"}); err != nil {
		t.Fatal(err)
	}
	var added *ent.ServiceAtLocation
	for _, a := range s.client().ServiceAtLocation.Query().AllX(s.ctx) {
		if a.ServiceID == keep.ID && a.Source == Local {
			added = a
		}
	}
	if _, err := s.Add(s.ctx, KindSchedule, "new", Changes{"service_id": keep.ID, "service_at_location_id": added.ID, "freq": "WEEKLY", "by_day": []string{"FR"}, "opens_at": "09:00"}); err != nil {
		t.Fatal(err)
	}
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
	m := must(s.Merged(s.ctx, id))(t)
	want := []string{"The phone was changed since the merge, and stays as it is.", "1 of the places that the merge added were used or changed since, and stay with the kept record."}
	if diff := cmp.Diff(want, m.Remained); diff != "" {
		t.Error(diff)
	}
	if got := s.client().Service.GetX(s.ctx, keep.ID); *got.Phone != "0151 496 0099" {
		t.Errorf("the edit is lost: %v", *got.Phone)
	}
	if a, b := s.client().Signpost.GetX(s.ctx, old.ID), s.client().Signpost.GetX(s.ctx, later.ID); a.ServiceID != fold.ID || b.ServiceID != keep.ID {
		t.Error("the old signpost goes back, and the new one stays")
	}
}

// TestWhatCannotMoveStays: a conversation in which both were given keeps both.
func TestWhatCannotMoveStays(t *testing.T) {
	s := twoFeeds(t)
	keep, fold := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	given := s.signpost(t, keep.ID)
	both := s.client().Signpost.Create().SetConversationID(given.ConversationID).SetServiceID(fold.ID).SaveX(s.ctx)
	m := must(s.Merged(s.ctx, s.merge(t, merge.KindService, keep.ID, fold.ID)))(t)
	if len(m.Stayed) != 1 || *m.Stayed[0] != (MergePart{"signposts", 1}) {
		t.Errorf("stayed: %+v", m.Stayed)
	}
	if n := s.client().Signpost.Query().Where(signpost.ID(both.ID), signpost.ServiceID(fold.ID)).CountX(s.ctx); n != 1 {
		t.Error("the second signpost is gone")
	}
}

// TestTheStricterVisibilityWins: nothing that was hidden can be seen by way of a merge, whatever is kept and taken.
func TestTheStricterVisibilityWins(t *testing.T) {
	all := []Visibility{organisation.VisibilityPublic, organisation.VisibilityStaff, organisation.VisibilityRestricted}
	s := newShelf(t)
	for i, keep := range all {
		for j, fold := range all {
			for _, kind := range []MergeKind{merge.KindOrganisation, merge.KindService, merge.KindLocation} {
				name := fmt.Sprintf("%s %s into %s", kind, fold, keep)
				want := all[max(i, j)]
				a, b := s.aRecord(t, kind, keep), s.aRecord(t, kind, fold)
				c := must(s.Compare(s.ctx, kind, a, b))(t)
				if c.Visibility != want || c.Hides != (want != keep) || c.Stricter != (j > i) {
					t.Errorf("%s: the comparison says %s, hides %v, stricter %v", name, c.Visibility, c.Hides, c.Stricter)
				}
				id := s.merge(t, kind, a, b, "name")
				if got := s.visibility(t, kind, a); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
				if err := s.UndoMerge(s.ctx, id); err != nil {
					t.Fatal(err)
				}
				if a, b := s.visibility(t, kind, a), s.visibility(t, kind, b); a != keep || b != fold {
					t.Errorf("%s, undone: %s and %s", name, a, b)
				}
			}
		}
	}
	// A public service of a hidden organisation is hidden, and stays so beneath another.
	hidden, open := s.aRecord(t, merge.KindOrganisation, organisation.VisibilityRestricted), s.aRecord(t, merge.KindOrganisation, organisation.VisibilityPublic)
	under := func(o uuid.UUID) uuid.UUID {
		return s.client().Service.Create().SetSource("x").SetExternalID(uuid.NewString()).SetName("Safe house").SetOrganisationID(o).SaveX(s.ctx).ID
	}
	a, b := under(open), under(hidden)
	s.merge(t, merge.KindService, a, b)
	if got := s.visibility(t, merge.KindService, a); got != organisation.VisibilityRestricted {
		t.Errorf("a service of a restricted organisation came out %s", got)
	}
	a, b = under(hidden), under(open)
	s.merge(t, merge.KindService, a, b, "organisation")
	if got := s.visibility(t, merge.KindService, a); got != organisation.VisibilityRestricted {
		t.Errorf("a service that left its restricted organisation came out %s", got)
	}
	// Where something taken was edited since, undoing must not show it.
	a, b = s.aRecord(t, merge.KindOrganisation, organisation.VisibilityPublic), s.aRecord(t, merge.KindOrganisation, organisation.VisibilityRestricted)
	id := s.merge(t, merge.KindOrganisation, a, b, "name")
	if _, err := s.Edit(s.ctx, KindOrganisation, a, 0, Changes{"name": "Hidden name, edited"}); err != nil {
		t.Fatal(err)
	}
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
	if got := s.visibility(t, merge.KindOrganisation, a); got != organisation.VisibilityRestricted {
		t.Errorf("an edited hidden name came out %s", got)
	}
}

// aRecord makes a record of a kind.
func (s *shelf) aRecord(t testing.TB, kind MergeKind, v Visibility) uuid.UUID {
	t.Helper()
	c, key := s.client(), uuid.NewString()
	switch kind {
	case merge.KindOrganisation:
		return c.Organisation.Create().SetSource("x").SetExternalID(key).SetName("Name " + key).SetVisibility(v).SaveX(s.ctx).ID
	case merge.KindLocation:
		return c.Location.Create().SetSource("x").SetExternalID(key).SetName("Name " + key).SetVisibility(location.Visibility(v)).SaveX(s.ctx).ID
	}
	o := c.Organisation.Create().SetSource("x").SetExternalID(key).SetName("Of " + key).SaveX(s.ctx).ID
	return c.Service.Create().SetSource("x").SetExternalID(key).SetOrganisationID(o).SetName("Name " + key).SetVisibility(service.Visibility(v)).SaveX(s.ctx).ID
}

func (s *shelf) visibility(t testing.TB, kind MergeKind, id uuid.UUID) Visibility {
	t.Helper()
	return Visibility(must(store.Collect(s.ctx, s.Store, pgx.RowTo[string], "select visibility from "+mergeables[kind].table+" where hub_id = $1 and id = $2", s.Walton.ID, id))(t)[0])
}

func TestMergesThatCannotBe(t *testing.T) {
	s := twoFeeds(t)
	a, b := s.onlyOf(t, "council"), s.onlyOf(t, "charity")
	good := s.merging(t, merge.KindService, a.ID, b.ID)
	refused := func(m Merging, code problem.Code, words string) {
		t.Helper()
		_, err := s.Merge(s.ctx, uuid.NewString(), m)
		if !problem.Is(err, code) || !strings.Contains(err.Error(), words) {
			t.Errorf("%+v: %v, want %s with %q", m, err, code, words)
		}
	}
	with := func(change func(*Merging)) Merging { m := good; change(&m); return m }
	refused(with(func(m *Merging) { m.Fold = m.Keep }), problem.BadUserInput, "two different")
	refused(with(func(m *Merging) { m.Take = []string{"hub_id"} }), problem.BadUserInput, "hub_id")
	refused(with(func(m *Merging) { m.Fold = uuid.New() }), problem.NotFound, "service")
	refused(with(func(m *Merging) { m.Seen = "old" }), problem.Conflict, "changed since you looked")
	s.replace(t, "charity", strings.Replace(charity, "As we say", "As they say", 1))
	refused(good, problem.Conflict, "changed since you looked")
	id := s.merge(t, merge.KindService, a.ID, b.ID)
	refused(with(func(m *Merging) { m.Keep, m.Fold = b.ID, a.ID }), problem.Conflict, "itself merged")
	refused(good, problem.Conflict, "merged already")

	// A chain: the third stands for both, and is undone first.
	c := s.client().Service.Create().SetSource("x").SetExternalID("1").SetOrganisationID(a.OrganisationID).SetName("Debt clinic").SaveX(s.ctx)
	second := s.merge(t, merge.KindService, c.ID, a.ID)
	if got := s.client().Service.GetX(s.ctx, b.ID); *got.MergedIntoID != c.ID {
		t.Error("what was folded into a folded record does not lead to the one that stands")
	}
	if err := s.UndoMerge(s.ctx, id); !problem.Is(err, problem.Conflict) {
		t.Errorf("the first of a chain is undone: %v", err)
	}
	if m := must(s.Merged(s.ctx, id))(t); m.Obstacle == nil {
		t.Error("the history does not say that it cannot be undone")
	}
	for _, m := range []uuid.UUID{second, id} {
		if err := s.UndoMerge(s.ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.client().Service.GetX(s.ctx, b.ID); got.MergedIntoID != nil || got.RetiredAt != nil {
		t.Error("the chain is undone, and its first is not back")
	}
}

// TestMergesThatCross: of two that fold each other, one stands; the same request sent many times at once takes effect once.
func TestMergesThatCross(t *testing.T) {
	s := twoFeeds(t)
	a, b := s.onlyOf(t, "council").ID, s.onlyOf(t, "charity").ID
	for round := range 5 {
		into, from := s.merging(t, merge.KindService, a, b, "phone"), s.merging(t, merge.KindService, b, a, "phone")
		var wait sync.WaitGroup
		ids, errs := make([]uuid.UUID, 8), make([]error, 8)
		for i := range 8 {
			wait.Go(func() {
				m, key := into, fmt.Sprint("into ", round)
				if i%2 == 1 {
					m, key = from, fmt.Sprint("from ", round)
				}
				ids[i], errs[i] = s.Merge(s.ctx, key, m)
			})
		}
		wait.Wait()
		var won uuid.UUID
		for i, err := range errs {
			switch {
			case err == nil && won == uuid.Nil:
				won = ids[i]
			case err == nil && ids[i] != won:
				t.Errorf("two merges stand: %s and %s", won, ids[i])
			case err != nil && !problem.Is(err, problem.Conflict):
				t.Errorf("%v", err)
			}
		}
		if n := s.Count(t, "select count(*) from services where merged_into_id is not null"); won == uuid.Nil || n != 1 {
			t.Fatalf("%d services are folded, by %s", n, won)
		}
		for range 2 {
			var undoing sync.WaitGroup
			for range 3 {
				undoing.Go(func() {
					if err := s.UndoMerge(s.ctx, won); err != nil {
						t.Error(err)
					}
				})
			}
			undoing.Wait()
		}
	}
	if n := s.Count(t, "select count(*) from merges where undone_at is null"); n != 0 {
		t.Errorf("%d merges stand", n)
	}
}

// TestMergeDuringAnImport: a merge waits for an import of either source, or says that there is one; an import that comes meanwhile
// brings nothing back.
func TestMergeDuringAnImport(t *testing.T) {
	s := twoFeeds(t)
	a, b := s.onlyOf(t, "council").ID, s.onlyOf(t, "charity").ID
	m := s.merging(t, merge.KindService, a, b, "phone")
	started, finish := make(chan struct{}), make(chan struct{})
	imported := make(chan error, 1)
	go func() {
		_, err := s.Replace(s.ctx, "charity", func(yield func(openreferral.Row, error) bool) {
			for row, err := range document(charity) {
				if !yield(row, err) {
					return
				}
			}
			close(started)
			<-finish
		}, nil)
		imported <- err
	}()
	<-started
	_, err := s.Merge(s.ctx, "m1", m)
	if !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), "import") {
		t.Errorf("merged in the middle of an import: %v", err)
	}
	go func() { time.Sleep(time.Second); close(finish) }()
	id := must(s.Merge(s.ctx, "m1", m))(t)
	if err := <-imported; err != nil {
		t.Error(err)
	}
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() { s.replace(t, "charity", charity) })
		wait.Go(func() { s.replace(t, "council", council) })
		wait.Go(func() {
			if _, err := s.Merge(s.ctx, "m1", m); err != nil && !problem.Is(err, problem.Conflict) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := s.client().Service.GetX(s.ctx, b); got.RetiredAt == nil || *got.MergedIntoID != a {
		t.Error("an import brought a folded service back")
	}
	if err := s.UndoMerge(s.ctx, id); err != nil {
		t.Fatal(err)
	}
}

// TestFoldedRecordsStayAway: whatever is written to a folded record, the database keeps it retired and nothing new points to it.
func TestFoldedRecordsStayAway(t *testing.T) {
	s := twoFeeds(t)
	a, b := s.onlyOf(t, "council").ID, s.onlyOf(t, "charity").ID
	s.merge(t, merge.KindService, a, b)
	s.client().Service.UpdateOneID(b).ClearRetiredAt().ExecX(s.ctx)
	if got := s.client().Service.GetX(s.ctx, b); got.RetiredAt == nil {
		t.Error("a folded service is offered")
	}
	if err := s.client().Service.UpdateOneID(a).SetMergedIntoID(a).Exec(s.ctx); err == nil {
		t.Error("a service is folded into itself")
	}
	other := s.in(s.Southport)
	foreign := other.client().Organisation.Create().SetSource("x").SetExternalID("1").SetName("Foreign").SaveX(other.ctx)
	mine := s.client().Organisation.Query().FirstX(s.ctx)
	if err := s.client().Organisation.UpdateOneID(mine.ID).SetMergedIntoID(foreign.ID).SetRetiredAt(time.Now()).Exec(s.ctx); err == nil {
		t.Error("an organisation is folded into one of another hub")
	}
	if _, err := s.Compare(s.ctx, merge.KindOrganisation, mine.ID, foreign.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("another hub's record is compared: %v", err)
	}
}

func TestDuplicatesPageByKey(t *testing.T) {
	s := newShelf(t)
	for i := range 12 {
		s.client().Organisation.Create().SetSource("x").SetExternalID(fmt.Sprint(i)).SetName(fmt.Sprintf("Twin %c", 'A'+i/2)).SaveX(s.ctx)
	}
	size, seen := 4, map[string]bool{}
	var after *string
	for range 3 {
		page := must(s.Duplicates(s.ctx, merge.KindOrganisation, false, &size, after))(t)
		for _, p := range page.Nodes() {
			seen[p.Records[0].ID.String()+p.Records[1].ID.String()] = true
		}
		if after = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
			break
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d pairs on all pages, want 6", len(seen))
	}
	encoded, _ := json.Marshal(seen)
	if strings.Contains(string(encoded), s.Southport.ID.String()) {
		t.Error("a pair of another hub")
	}
}

// TestDuplicatesOfALargeCatalogue: the catalogue is gone through while somebody waits, and not each record for each other one.
func TestDuplicatesOfALargeCatalogue(t *testing.T) {
	s := newShelf(t)
	fill := func(hub uuid.UUID, n int) {
		s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			for _, statement := range []string{
				`insert into organisations (id, hub_id, source, external_id, imported_at, name, description, visibility, version, phone)
				 select gen_random_uuid(), $1, 'big', i::text, now(), 'Partner ' || md5(i::text), '', 'PUBLIC', 1, '0151 ' || (4000000 + i) from generate_series(1, $2 / 5) i`,
				`insert into locations (id, hub_id, source, external_id, imported_at, name, kind, description, visibility, version, address, postcode, latitude, longitude)
				 select gen_random_uuid(), $1, 'big', i::text, now(), 'Hall ' || md5(i::text), 'PHYSICAL', '', 'PUBLIC', 1, i || ' High Street', 'L' || i % 40 || ' ' || i % 10 || 'AA', 53 + i / 10000.0, -2.9
				 from generate_series(1, $2 / 5) i`,
				`insert into services (id, hub_id, source, external_id, imported_at, organisation_id, name, description, status, eligibility_description, fees_description, free,
				   application_process, accreditations, alert, visibility, version)
				 select gen_random_uuid(), $1, 'big', i::text, now(), o.id, case when i % 100 = 0 then 'Twin ' || i / 200 else md5(i::text) end || ' group', '', 'ACTIVE', '', '', true, '', '', '', 'PUBLIC', 1
				 from generate_series(1, $2) i join organisations o on o.hub_id = $1 and o.external_id = (1 + i / 200)::text`,
				`insert into service_at_locations (id, hub_id, source, external_id, imported_at, service_id, location_id, description, visibility, version)
				 select gen_random_uuid(), $1, 'big', x.external_id, now(), x.id, l.id, '', 'PUBLIC', 1
				 from services x join locations l on l.hub_id = $1 and l.external_id = (1 + x.external_id::int / 200)::text where x.hub_id = $1`,
			} {
				arguments := []any{hub, n}
				if !strings.Contains(statement, "$2") {
					arguments = arguments[:1]
				}
				if _, err := conn.Exec(ctx, statement, arguments...); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := conn.Exec(ctx, "analyze"); err != nil {
				t.Fatal(err)
			}
		})
	}
	fill(s.Walton.ID, 4_000)
	size := 200
	for kind := range mergeables {
		began := time.Now()
		found := must(s.Duplicates(s.ctx, kind, false, &size, nil))(t)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: took %s", kind, took)
		}
		if want := 19; kind == merge.KindService && len(found.Edges) != want {
			t.Errorf("%d pairs of services, want %d", len(found.Edges), want)
		}
	}
}

func TestPricesAreComparedAsPeopleSayThem(t *testing.T) {
	row := snapshot{"cost_options": json.RawMessage(`[{"option": "Standard", "amount": 10, "currency": "GBP", "amount_description": "for the course"}, {"option": "Over 60s", "amount": 0}, {"amount": 2.5, "currency": "EUR"}]`)}
	if got, want := one("costOptions").words(row), "Standard, £10, for the course; Over 60s; 2.50 EUR"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
