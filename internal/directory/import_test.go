package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// take imports a document and gives what became of its rows.
func (s *shelf) take(t testing.TB, source string, rows iter.Seq2[openreferral.Row, error]) (Summary, []RowResult) {
	t.Helper()
	var results []RowResult
	summary, err := s.Import(s.ctx, source, rows, func(r RowResult) { results = append(results, r) })
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != summary.Rows {
		t.Errorf("%d rows, and %d were told of", summary.Rows, len(results))
	}
	return summary, results
}

func document(text string) iter.Seq2[openreferral.Row, error] {
	return openreferral.NewReader(strings.NewReader(text), openreferral.Auto).Rows()
}

// catalogueTables are those that an import writes.
var catalogueTables = []string{"organisations", "locations", "taxonomy_terms", "services", "service_at_locations", "schedules", "service_terms", "service_needs", "service_capacities"}

// versions gives a mark that changes whenever a row of the catalogue of a hub is added, removed or written again.
func (s *shelf) versions(t testing.TB, hub viewer.Hub) string {
	t.Helper()
	var marks []string
	for _, table := range catalogueTables {
		n := s.Count(t, "select count(*) from "+table+" where hub_id = $1", hub.ID)
		sum := s.Count(t, "select coalesce(sum(hashtext(id::text || xmin::text || ctid::text)::bigint), 0) from "+table+" where hub_id = $1", hub.ID)
		marks = append(marks, fmt.Sprintf("%s %d %d", table, n, sum))
	}
	return strings.Join(marks, "\n")
}

const page = `{"total_items": 2, "contents": [
  {"id": "s1", "name": "Debt clinic", "description": "Help with debts.", "status": "active", "fees": "Free",
   "organization": {"id": "o1", "name": "Walton Advice", "email": "help@example.org", "phones": [{"number": "0151 496 0001"}]},
   "languages": [{"name": "English"}, {"code": "pl"}],
   "capacities": [{"id": "c1", "unit": {"name": "appointments"}, "available": 3, "maximum": 10, "updated": "2026-11-20T09:00:00Z"}],
   "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "10:00", "closes_at": "12:00"}],
   "service_at_locations": [{"id": "a1", "location": {"id": "l1", "name": "Library", "latitude": 53.443, "longitude": -2.962,
      "addresses": [{"address_1": "1 High Street", "city": "Liverpool", "postal_code": "L4 4AA"}]}}],
   "attributes": [{"taxonomy_term": {"id": "t1", "name": "Debt advice", "taxonomy": "Needs"}}, {"taxonomy_term": {"id": "t2", "name": "Gardening"}}]},
  {"id": "s2", "name": "Choir", "description": "Singing.", "status": "active", "organization": {"id": "o2", "name": "Choir Trust"},
   "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "18:00"}]}
]}`

func TestImportAddsThenLeavesAlone(t *testing.T) {
	s := newShelf(t)
	money := s.need(t, "money")
	summary, results := s.take(t, "feed", document(page))
	if diff := cmp.Diff(Summary{Rows: 2, Added: 2}, summary); diff != "" {
		t.Error(diff)
	}
	if r := results[0]; r.Outcome != Added || r.ID != "s1" || r.Index != 1 || r.Line != 2 {
		t.Errorf("%+v", r)
	}
	debt := must(s.client().Service.Query().WithOrganisation().WithNeeds().WithSchedules().WithTaxonomyTerms().
		WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) { q.WithLocation() }).
		Order(ent.Desc("name")).First(s.ctx))(t)
	place := debt.Edges.ServiceAtLocations[0].Edges.Location
	got := []any{debt.Name, debt.Free, debt.Languages, debt.Edges.Organisation.Name, *debt.Edges.Organisation.Phone,
		len(debt.Edges.TaxonomyTerms), debt.Edges.Needs[0].ID, ScheduleSummary(debt.Edges.Schedules[0]), *place.Address, *place.Postcode, *place.Latitude}
	want := []any{"Debt clinic", true, []string{"English", "pl"}, "Walton Advice", "0151 496 0001",
		2, money, "Every Thursday, 10:00 to 12:00", "1 High Street", "L4 4AA", 53.443}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := s.Count(t, "select count(*) from schedules"); n != 2 {
		t.Errorf("both services call their schedule 1; %d schedules", n)
	}

	before := s.versions(t, s.Walton)
	if summary, _ := s.take(t, "feed", document(page)); summary != (Summary{Rows: 2, Unchanged: 2}) {
		t.Errorf("the second time: %+v", summary)
	}
	if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
		t.Errorf("the second import wrote rows: %s", diff)
	}
	events := s.Count(t, "select count(*) from audit_events where action = 'catalogue.imported' and hub_id = $1", s.Walton.ID)
	if events != 2 {
		t.Errorf("%d audit events for two imports", events)
	}
}

func TestImportSaysWhatChanged(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "housing")
	s.take(t, "feed", document(page))
	ids := func() []uuid.UUID {
		return must(s.client().Service.Query().Order(ent.Asc("external_id")).IDs(s.ctx))(t)
	}
	before, text := ids(), page
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{`"Debt clinic"`, `"Debt and money clinic"`, []string{"name"}},
		{`"fees": "Free"`, `"fees": "£2"`, []string{"fees_description", "free"}},
		{`"0151 496 0001"`, `"0151 496 0002"`, []string{"organisation.phone"}},
		{`"closes_at": "12:00"`, `"closes_at": "12:30"`, []string{"schedules"}},
		{`"1 High Street"`, `"2 High Street"`, []string{"locations"}},
		{`"available": 3`, `"available": 2`, []string{"capacities"}},
		{`"name": "Debt advice"`, `"name": "Debt and benefits"`, []string{"taxonomy_terms"}},
		{`{"id": "t2", "name": "Gardening"}`, `{"id": "t3", "name": "Housing"}`, []string{"needs", "taxonomy_terms"}},
		{`"schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "10:00", "closes_at": "12:30"}],`, ``, []string{"schedules"}},
		{`"attributes": [{"taxonomy_term": {"id": "t1", "name": "Debt and benefits", "taxonomy": "Needs"}}, `, `"attributes": [`, []string{"taxonomy_terms"}},
		{`"id": "a1", "location": {"id": "l1"`, `"id": "a2", "location": {"id": "l1"`, []string{"locations"}},
		{`"email": "help@example.org", `, ``, nil}, // of a partner within a service only what is said counts
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("the page has no %s", c.old)
		}
		text = strings.Replace(text, c.old, c.new, 1)
		_, results := s.take(t, "feed", document(text))
		want := Changed
		if c.want == nil {
			want = Unchanged
		}
		if results[0].Outcome != want || results[1].Outcome != Unchanged {
			t.Errorf("%s: %s and %s", c.new, results[0].Outcome, results[1].Outcome)
		}
		if diff := cmp.Diff(c.want, results[0].Fields); diff != "" {
			t.Errorf("%s: %s", c.new, diff)
		}
	}
	if diff := cmp.Diff(before, ids()); diff != "" {
		t.Errorf("services got new ids: %s", diff)
	}
	needs := must(must(s.client().Service.Query().Order(ent.Asc("external_id")).First(s.ctx))(t).QueryNeeds().All(s.ctx))(t)
	if len(needs) != 1 || needs[0].Code != "housing" {
		t.Errorf("the term for money went, and the needs are %v", needs)
	}
	for table, want := range map[string]int{"schedules": 1, "service_at_locations": 1, "service_terms": 1, "locations": 1, "taxonomy_terms": 3} {
		if n := s.Count(t, "select count(*) from "+table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

func TestNeedsChosenByHandStay(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	family := s.need(t, "family")
	s.take(t, "feed", document(page))
	c := s.client()
	for _, term := range must(c.TaxonomyTerm.Query().All(s.ctx))(t) {
		if err := term.Update().SetNeedID(family).Exec(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	choir := must(c.Service.Query().Order(ent.Asc("name")).First(s.ctx))(t)
	if err := c.ServiceNeed.Create().SetServiceID(choir.ID).SetNeedID(family).Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.take(t, "feed", document(page))
	for _, term := range must(c.TaxonomyTerm.Query().All(s.ctx))(t) {
		if *term.NeedID != family {
			t.Errorf("%s means %v again", term.Name, term.NeedID)
		}
	}
	if n := must(choir.QueryNeeds().Count(s.ctx))(t); n != 1 {
		t.Errorf("the choir has %d needs", n)
	}
}

// TestATermComesToMeanANeed: a need that is made later reaches the services that were imported before it.
func TestATermComesToMeanANeed(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(page))
	s.need(t, "money")
	s.take(t, "feed", document(`{"id": "t1", "name": "Debt advice", "taxonomy": "Needs"}`))
	if n := s.Count(t, "select count(*) from service_needs"); n != 1 {
		t.Errorf("%d services meet a need", n)
	}
}

func TestHubsDoNotTouchEachOther(t *testing.T) {
	s := newShelf(t)
	s.take(t, "feed", document(page))
	before := s.versions(t, s.Walton)
	for _, hub := range []viewer.Hub{s.Southport, s.Elsewhere} {
		other := s.in(hub)
		other.need(t, "money")
		if summary, _ := other.take(t, "feed", document(page)); summary.Added != 2 {
			t.Errorf("%s: %+v", hub.Slug, summary)
		}
		if summary, _ := other.take(t, "feed", document(strings.ReplaceAll(page, "Choir", "Band"))); summary.Changed != 1 {
			t.Errorf("%s: %+v", hub.Slug, summary)
		}
	}
	if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
		t.Errorf("Walton's catalogue changed: %s", diff)
	}
	several := s.Platform(s.Walton, s.Southport)
	if _, err := s.Import(several, "feed", document(page), nil); err == nil {
		t.Error("an import into two hubs at once was taken")
	}
	if _, err := s.Import(context.Background(), "feed", document(page), nil); err == nil {
		t.Error("an import by nobody was taken")
	}
}

func TestSourcesAreKeptApart(t *testing.T) {
	s := newShelf(t)
	s.take(t, "one", document(page))
	if summary, _ := s.take(t, "other", document(page)); summary.Added != 2 {
		t.Errorf("%+v", summary)
	}
	for _, bad := range []string{"", " ", "local", "a\nb", strings.Repeat("x", 501)} {
		if _, err := s.Import(s.ctx, bad, document(page), nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("source %.10q: %v", bad, err)
		}
	}
}

func TestACutFileLeavesNothing(t *testing.T) {
	s := newShelf(t)
	for _, cut := range []int{1, 100, len(page) / 2, len(page) - 3} {
		var told int
		_, err := s.Import(s.ctx, "feed", document(page[:cut]), func(RowResult) { told++ })
		if !problem.Is(err, problem.BadUserInput) || !strings.Contains(err.Error(), "Nothing was imported. Line") {
			t.Errorf("cut at %d: %v", cut, err)
		}
		if told > 0 {
			t.Errorf("cut at %d: %d rows were told of", cut, told)
		}
	}
	// Cut after whole batches.
	many := &generated{n: 700}
	whole, err := io.ReadAll(many)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(s.ctx, "feed", openreferral.NewReader(bytes.NewReader(whole[:len(whole)-100]), openreferral.Auto).Rows(), nil); !problem.Is(err, problem.BadUserInput) {
		t.Error(err)
	}
	broken := func(yield func(openreferral.Row, error) bool) {
		for row := range document(page) {
			yield(row, nil)
		}
		yield(openreferral.Row{}, errors.New("the connection was reset"))
	}
	if _, err := s.Import(s.ctx, "feed", broken, nil); err == nil || problem.Of(err).Code != problem.Internal {
		t.Errorf("a broken connection: %v", err)
	}
	for _, table := range append(catalogueTables, "audit_events") {
		if n := s.Count(t, "select count(*) from "+table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

func TestOneBadRowDoesNotLoseTheOthers(t *testing.T) {
	s := newShelf(t)
	rows := func(yield func(openreferral.Row, error) bool) {
		for row := range openreferral.RowsOf([]openreferral.Service{{ID: "1", Name: "Good"}, {ID: "2", Name: "Bad"}, {ID: "", Name: "No id"}, {ID: "4", Name: "Good too"}}) {
			if row.Service != nil && row.Name == "Bad" {
				row.Service.Description = "no\x00text" // which the reader would have cleaned
			}
			if !yield(row, nil) {
				return
			}
		}
	}
	summary, results := s.take(t, "feed", rows)
	if diff := cmp.Diff(Summary{Rows: 4, Added: 2, Refused: 2}, summary); diff != "" {
		t.Error(diff)
	}
	for n, want := range []Outcome{Added, Refused, Refused, Added} {
		if results[n].Outcome != want {
			t.Errorf("row %d was %s", n+1, results[n].Outcome)
		}
		if want == Refused && (results[n].Refused == nil || results[n].Refused.Mend == "") {
			t.Errorf("row %d was refused without a reason: %+v", n+1, results[n].Refused)
		}
	}
	if got := s.found(t, Query{Text: "good"}, 5); len(got) != 2 {
		t.Errorf("found %v", got)
	}
}

func TestAServiceTwiceInOneFile(t *testing.T) {
	s := newShelf(t)
	text := `[
	  {"id": "1", "name": "First", "status": "active", "schedules": [{"freq": "WEEKLY", "byday": "MO"}, {"freq": "WEEKLY", "byday": "TU"}], "organization": {"id": "o", "name": "O", "description": "Long"}},
	  {"id": "1", "name": "Second", "status": "active", "schedules": [{"freq": "WEEKLY", "byday": "WE"}], "organization": {"id": "o", "name": "O"}}]`
	for range 2 {
		s.take(t, "feed", document(text))
		services := must(s.client().Service.Query().WithSchedules().WithOrganisation().All(s.ctx))(t)
		if len(services) != 1 || services[0].Name != "Second" || len(services[0].Edges.Schedules) != 1 || services[0].Edges.Organisation.Description != "Long" {
			t.Errorf("%v", services)
		}
	}
}

// TestSummariesTakeNothingAway: a list shows only part of each service.
func TestSummariesTakeNothingAway(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.take(t, "feed", document(page))
	_, results := s.take(t, "feed", document(`[{"id": "s1", "name": "Debt clinic", "status": "active", "organization_id": "o1"}]`))
	if results[0].Outcome != Unchanged {
		t.Errorf("%+v", results[0])
	}
	_, results = s.take(t, "feed", document(`[{"id": "a9", "service": {"id": "s1", "name": "Debt clinic", "status": "active"}, "location": {"id": "l9", "name": "Town hall"}}]`))
	if diff := cmp.Diff([]string{"locations"}, results[0].Fields); diff != "" {
		t.Error(diff)
	}
	if n := s.Count(t, "select count(*) from service_at_locations"); n != 2 {
		t.Errorf("%d places", n)
	}
}

// TestPublishedExamples takes every example of the standards, twice.
func TestPublishedExamples(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data")
	var files []string
	for _, pattern := range []string{"oruk-3.0/examples/*.json", "hsds-3.1/examples/*.json", "outpost/*.csv"} {
		found, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("the standards' examples are not beside the repository")
	}
	s := newShelf(t)
	s.need(t, "mental-wellbeing")
	for _, file := range files {
		read := func() (Summary, []RowResult) {
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			return s.take(t, filepath.Base(filepath.Dir(filepath.Dir(file)))+" "+filepath.Base(file), openreferral.NewReader(f, openreferral.Auto).Rows())
		}
		summary, results := read()
		if summary.Refused > 0 || summary.Rows == 0 || summary.Added+summary.Ignored == 0 {
			t.Errorf("%s: %+v %+v", file, summary, results)
		}
		before := s.versions(t, s.Walton)
		if summary, results := read(); summary.Added+summary.Changed > 0 {
			t.Errorf("%s, the second time: %+v %+v", file, summary, results)
		}
		if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
			t.Errorf("%s: the second import wrote rows: %s", file, diff)
		}
	}
}

// generated is a long document that is never in memory as a whole.
type generated struct {
	n, at   int
	pending []byte
}

func (g *generated) Read(p []byte) (int, error) {
	for len(g.pending) == 0 {
		switch {
		case g.at > g.n:
			return 0, io.EOF
		case g.at == g.n:
			g.pending = []byte("]")
		default:
			separator := ","
			if g.at == 0 {
				separator = "["
			}
			g.pending = fmt.Appendf(nil, `%s{"id": "%d", "name": "Service %[2]d", "status": "active", "description": "%s",
				"organization": {"id": "o%d", "name": "Partner"}, "schedules": [{"freq": "WEEKLY", "byday": "TH", "opens_at": "10:00"}],
				"attributes": [{"taxonomy_term": {"id": "t%d", "name": "Debt advice"}}]}`, separator, g.at, strings.Repeat("words and words ", 10), g.at/4, g.at%20)
		}
		g.at++
	}
	n := copy(p, g.pending)
	g.pending = g.pending[n:]
	return n, nil
}

func TestALongDocumentStreams(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	const services = 20_000
	var peak uint64
	seen := 0
	rows := func(yield func(openreferral.Row, error) bool) {
		for row, err := range openreferral.NewReader(&generated{n: services}, openreferral.Auto).Rows() {
			if seen++; seen%2000 == 0 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	told := 0
	summary, err := s.Import(s.ctx, "feed", rows, func(RowResult) { told++ })
	if err != nil || summary.Added != services || told != services {
		t.Fatalf("%+v, %d told, %v", summary, told, err)
	}
	if peak > 64<<20 {
		t.Errorf("%d MiB of live memory", peak>>20)
	}
	if n := s.Count(t, "select count(*) from service_needs"); n != services {
		t.Errorf("%d services meet the need", n)
	}
}

// TestABatchReadsNoMoreThanItself: what an import reads of the catalogue grows with its rows, not with the hub.
func TestABatchReadsNoMoreThanItself(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	const services = 3000
	rows := func(n int) iter.Seq2[openreferral.Row, error] {
		return openreferral.NewReader(&generated{n: n}, openreferral.Auto).Rows()
	}
	s.take(t, "feed", rows(services))
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "analyze services, organisations, schedules, taxonomy_terms, service_terms, service_needs"); err != nil {
			t.Fatal(err)
		}
	})
	read := func(n int) map[string]int {
		found := map[string]int{}
		err := s.Store.Tx(s.ctx, func(ctx context.Context) error {
			if summary, err := s.Import(ctx, "feed", rows(n), nil); err != nil || summary.Unchanged != n {
				t.Errorf("%+v %v", summary, err)
			}
			type table struct {
				Name string
				Rows int
			}
			all, err := store.Collect(ctx, s.Store, pgx.RowToStructByPos[table], "select relname, coalesce(idx_tup_fetch, 0) + seq_tup_read from pg_stat_xact_user_tables")
			for _, one := range all {
				found[one.Name] = one.Rows
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	const few = 5
	for table, rows := range read(few) {
		if slices.Contains([]string{"services", "schedules", "service_terms", "service_needs"}, table) && (rows < few || rows > few*20) {
			t.Errorf("%d services read %d rows of %s", few, rows, table)
		}
	}
}

func TestRacedImportsAgree(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	versions := []string{page, strings.ReplaceAll(page, "Choir", "Band"), strings.ReplaceAll(page, `"byday": "TH"`, `"byday": "FR"`)}
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for n := range errs {
		wg.Go(func() { _, errs[n] = s.Import(s.ctx, "feed", document(versions[n%len(versions)]), nil) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"services": 2, "organisations": 2, "schedules": 2, "service_at_locations": 1, "service_terms": 2, "service_needs": 1} {
		if n := s.Count(t, "select count(*) from "+table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
	s.take(t, "feed", document(page))
	before := s.versions(t, s.Walton)
	s.take(t, "feed", document(page))
	if diff := cmp.Diff(before, s.versions(t, s.Walton)); diff != "" {
		t.Error(diff)
	}
}
