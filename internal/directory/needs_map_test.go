package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// meets tells which needs each service meets, as "Debt clinic: money".
func (s *shelf) meets(t testing.TB) []string {
	t.Helper()
	all, err := store.Collect(s.ctx, s.Store, pgx.RowTo[string], `
		select s.name || ': ' || coalesce(string_agg(n.code, ', ' order by n.code), '') from services s
		left join service_needs x on x.service_id = s.id left join needs n on n.id = x.need_id group by s.id, s.name order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s *shelf) want(t testing.TB, when string, services ...string) {
	t.Helper()
	if got := s.meets(t); !slices.Equal(got, services) {
		t.Errorf("%s: %q, want %q", when, got, services)
	}
}

// term is the id of a term of that name.
func (s *shelf) term(t testing.TB, name string) uuid.UUID {
	t.Helper()
	page, err := s.Terms(s.ctx, TermFilter{Text: name}, nil, nil, false)
	if err != nil || len(page.Edges) != 1 {
		t.Fatalf("%d terms are called %s: %v", len(page.Edges), name, err)
	}
	return page.Edges[0].Node.ID
}

func (s *shelf) decide(t testing.TB, name string, decision Decision, need string) (changed int, term *Term) {
	t.Helper()
	changed, terms, err := s.MapTerms(s.ctx, []TermDecision{{s.term(t, name), decision, need}}, false)
	if err != nil {
		t.Fatal(err)
	}
	return changed, terms[0]
}

func TestMapTerms(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.need(t, "physical-wellbeing")
	s.take(t, "feed", document(page))
	// Another source has the same term under another id and in other letters.
	s.take(t, "other", document(strings.NewReplacer(`"s1"`, `"x1"`, "Debt clinic", "Allotment", `"t2", "name": "Gardening"`, `"t9", "name": "gardening"`, `"s2"`, `"x2"`, "Choir\"", "Band\"").Replace(page)))
	s.want(t, "as it came in", "Allotment: money", "Band: ", "Choir: ", "Debt clinic: money")

	if n, term := s.decide(t, "gardening", MeansNeed, "isolation"); n != 2 || term.Meaning != Chosen || term.ServiceCount != 2 {
		t.Errorf("%d services changed, %+v", n, term)
	}
	s.want(t, "gardening is for company", "Allotment: isolation, money", "Band: ", "Choir: ", "Debt clinic: isolation, money")
	if n, _ := s.decide(t, "gardening", MeansNeed, "isolation"); n != 0 {
		t.Errorf("the same again changes %d services", n)
	}
	if n, _ := s.decide(t, "gardening", MeansNeed, "physical-wellbeing"); n != 2 {
		t.Errorf("another need changes %d services", n)
	}
	s.want(t, "gardening is exercise", "Allotment: money, physical-wellbeing", "Band: ", "Choir: ", "Debt clinic: money, physical-wellbeing")
	// What two terms say, goes with neither alone.
	if n, _ := s.decide(t, "gardening", MeansNeed, "money"); n != 2 {
		t.Errorf("%d services changed", n)
	}
	if n, _ := s.decide(t, "debt advice", MeansNotOurs, ""); n != 0 {
		t.Errorf("%d services changed though another term says the same", n)
	}
	s.want(t, "gardening is for money", "Allotment: money", "Band: ", "Choir: ", "Debt clinic: money")
	if n, term := s.decide(t, "gardening", Undecided, ""); n != 2 || term.Meaning != Unknown {
		t.Errorf("%d services changed, %+v", n, term)
	}
	s.want(t, "nobody says", "Allotment: ", "Band: ", "Choir: ", "Debt clinic: ")
	if n, term := s.decide(t, "debt advice", Undecided, ""); n != 2 || term.Meaning != Assumed {
		t.Errorf("%d services changed, %+v", n, term)
	}
	s.want(t, "the words say", "Allotment: money", "Band: ", "Choir: ", "Debt clinic: money")

	// A decision holds for what comes in later, from whichever source, and against what the words say.
	s.decide(t, "debt advice", MeansNotOurs, "")
	s.decide(t, "gardening", MeansNeed, "isolation")
	s.take(t, "third", document(strings.NewReplacer(`"s1"`, `"y1"`, "Debt clinic", "Third", `"s2"`, `"y2"`, "Choir\"", "Fourth\"").Replace(page)))
	s.take(t, "feed", document(page))
	s.want(t, "after imports", "Allotment: isolation", "Band: ", "Choir: ", "Debt clinic: isolation", "Fourth: ", "Third: isolation")
}

func TestAPreviewChangesNothing(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.take(t, "feed", document(page))
	before := s.versions(t, s.Walton)
	events := s.Count(t, "select count(*) from audit_events")
	n, terms, err := s.MapTerms(s.ctx, []TermDecision{{s.term(t, "gardening"), MeansNeed, "isolation"}, {s.term(t, "debt"), MeansNotOurs, ""}}, true)
	if err != nil || n != 1 || terms != nil {
		t.Errorf("%d, %v, %v", n, terms, err)
	}
	if s.versions(t, s.Walton) != before || s.Count(t, "select count(*) from term_mappings") != 0 || s.Count(t, "select count(*) from audit_events") != events {
		t.Error("it left something")
	}
}

// TestChosenNeedsStay: what somebody chose for a service is theirs.
func TestChosenNeedsStay(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.take(t, "feed", document(page))
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, `update services set local_fields = '{"needs": []}' where external_id = 's1'`); err != nil {
			t.Fatal(err)
		}
	})
	if n, _ := s.decide(t, "gardening", MeansNeed, "isolation"); n != 0 {
		t.Errorf("%d services changed", n)
	}
	if n, _ := s.decide(t, "debt", MeansNotOurs, ""); n != 0 {
		t.Errorf("%d services changed", n)
	}
	s.want(t, "chosen", "Choir: ", "Debt clinic: money")
}

func TestDecisionsThatCannotBe(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.take(t, "feed", document(page))
	s.take(t, "other", document(strings.ReplaceAll(page, `"t2"`, `"t9"`)))
	gardening := s.term(t, "gardening")
	var twin uuid.UUID
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if err := conn.QueryRow(ctx, "select id from taxonomy_terms where name = 'Gardening' and id <> $1", gardening).Scan(&twin); err != nil {
			t.Fatal(err)
		}
	})
	south := s.in(s.Southport)
	for name, c := range map[string]struct {
		at        *shelf
		decisions []TermDecision
		code      problem.Code
	}{
		"none":                         {s, nil, problem.BadUserInput},
		"too many":                     {s, make([]TermDecision, maxDecisions+1), problem.BadUserInput},
		"a term twice":                 {s, []TermDecision{{gardening, MeansNotOurs, ""}, {gardening, Undecided, ""}}, problem.BadUserInput},
		"a term twice by another name": {s, []TermDecision{{gardening, MeansNotOurs, ""}, {twin, Undecided, ""}}, problem.BadUserInput},
		"a need that is none":          {s, []TermDecision{{gardening, MeansNeed, "flying"}}, problem.BadUserInput},
		"no need":                      {s, []TermDecision{{gardening, MeansNeed, ""}}, problem.BadUserInput},
		"both":                         {s, []TermDecision{{gardening, MeansNotOurs, "money"}}, problem.BadUserInput},
		"a term that is none":          {s, []TermDecision{{uuid.New(), MeansNotOurs, ""}}, problem.NotFound},
		"another hub's term":           {south, []TermDecision{{gardening, MeansNotOurs, ""}}, problem.NotFound},
	} {
		if _, _, err := c.at.MapTerms(c.at.ctx, c.decisions, false); !problem.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := s.Count(t, "select count(*) from term_mappings"); n != 0 {
		t.Errorf("%d decisions were kept", n)
	}
}

// TestADecisionWaitsForAnImport, and says so where that takes too long; then the two agree.
func TestADecisionWaitsForAnImport(t *testing.T) {
	s := newShelf(t)
	s.need(t, "money")
	s.need(t, "isolation")
	s.take(t, "feed", document(page))
	gardening := s.term(t, "gardening")
	reading, finish := make(chan bool), make(chan bool)
	slow := func(yield func(openreferral.Row, error) bool) {
		close(reading)
		<-finish
		for row, err := range document(strings.ReplaceAll(page, `"t2", "name": "Gardening"`, `"t7", "name": "Gardening"`)) {
			if !yield(row, err) {
				return
			}
		}
	}
	done := make(chan error)
	go func() {
		_, err := s.Import(s.ctx, "slow", slow, nil)
		done <- err
	}()
	<-reading
	decided := make(chan error)
	go func() {
		_, _, err := s.MapTerms(s.ctx, []TermDecision{{gardening, MeansNeed, "isolation"}}, false)
		decided <- err
	}()
	select {
	case err := <-decided:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	close(finish)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := <-decided; err != nil {
		t.Fatal(err)
	}
	s.want(t, "after both", "Choir: ", "Choir: ", "Debt clinic: isolation, money", "Debt clinic: isolation, money")

	held := make(chan bool)
	release := make(chan bool)
	go func() {
		_, err := s.Import(s.ctx, "slower", func(func(openreferral.Row, error) bool) { close(held); <-release }, nil)
		done <- err
	}()
	<-held
	if _, _, err := s.MapTerms(s.ctx, []TermDecision{{gardening, Undecided, ""}}, false); !problem.Is(err, problem.Conflict) {
		t.Errorf("an import that goes on and on: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestDecisionsAndImportsRace: however they come to pass one another, what services meet is what the decisions say.
func TestDecisionsAndImportsRace(t *testing.T) {
	s := newShelf(t)
	for _, code := range []string{"money", "isolation", "physical-wellbeing"} {
		s.need(t, code)
	}
	feed := func(source string) iter.Seq2[openreferral.Row, error] {
		var services []map[string]any
		for i := range 30 {
			services = append(services, map[string]any{"id": fmt.Sprint(source, i), "name": fmt.Sprint("Service ", i), "organization": map[string]any{"id": "o", "name": "Partner"},
				"attributes": []any{map[string]any{"taxonomy_term": map[string]any{"id": fmt.Sprint("t", i%3), "name": fmt.Sprint("Thing ", i%3)}}}})
		}
		text, err := json.Marshal(map[string]any{"contents": services})
		if err != nil {
			t.Fatal(err)
		}
		return document(string(text))
	}
	s.take(t, "first", feed("first"))
	terms := []uuid.UUID{s.term(t, "Thing 0"), s.term(t, "Thing 1"), s.term(t, "Thing 2")}
	manager := s.As(t, s.Walton, viewer.Manager)
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for round := range 3 {
				if _, err := s.Import(s.ctx, fmt.Sprint("source", n), feed(fmt.Sprint(n, "-", round, "-")), nil); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for round := range 6 {
				decision := TermDecision{terms[(n+round)%3], MeansNeed, []string{"money", "isolation", "physical-wellbeing"}[round%3]}
				if round%4 == 3 {
					decision.Decision, decision.Need = MeansNotOurs, ""
				}
				if _, _, err := s.MapTerms(manager, []TermDecision{decision}, false); err != nil && !problem.Is(err, problem.Conflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := s.Count(t, `
		with said as (
		  select st.service_id, m.need_id from service_terms st join taxonomy_terms t on t.id = st.taxonomy_term_id
		  join term_mappings m on m.taxonomy = t.taxonomy and m.term = term_key(t.code, t.name) where m.need_id is not null
		), met as (select service_id, need_id from service_needs)
		select count(*) from ((table said except table met) union all (table met except table said)) wrong`); n != 0 {
		t.Errorf("%d needs of services are not what the decisions say", n)
	}
	if n := s.Count(t, "select count(*) from taxonomy_terms t join term_mappings m on m.taxonomy = t.taxonomy and m.term = term_key(t.code, t.name) where t.need_id is distinct from m.need_id"); n != 0 {
		t.Errorf("%d terms mean something else than was decided", n)
	}
	if s.Count(t, "select count(*) from service_needs") == 0 || s.Count(t, "select count(*) from term_mappings") != 3 {
		t.Error("nothing was decided")
	}
}
