package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// corrected gives what a text finds, and what was looked for instead.
func (s *shelf) corrected(t *testing.T, text string) (names []string, words string) {
	t.Helper()
	for _, h := range must(s.Search(s.ctx, Query{Text: text}, nil, nil, nil))(t).Nodes() {
		names = append(names, h.Service.Name)
		if h.Corrected != nil {
			words = *h.Corrected
		}
	}
	return names, words
}

func TestMisspeltWordsArePutRight(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Debt advice", description: "Help with benefits and budgeting."},
		offer{name: "Debt line", partner: "Nasturtium Collective"},
		offer{name: "Deft hands", description: "Pottery."},
		offer{name: "Community choir"},
		offer{name: "Women’s group", description: "Bereavement and counselling."},
	)
	for _, c := range []struct {
		text, words string
		want        []string
	}{
		{"debt", "", []string{"Debt advice", "Debt line"}},
		{"debt advise", "debt advice", []string{"Debt advice"}},            // another letter
		{"dbet", "debt", []string{"Debt advice", "Debt line"}},             // two swapped
		{"debbt", "debt", []string{"Debt advice", "Debt line"}},            // one too many
		{"det", "debt", []string{"Debt advice", "Debt line"}},              // one too few: debt, which more have than deft
		{"communty chior", "community choir", []string{"Community choir"}}, // both
		{"budjeting", "budgeting", []string{"Debt advice"}},                // a word of the text
		{"nasturtum", "nasturtium", []string{"Debt line"}},                 // of a partner's name
		{"bereevment", "bereavement", []string{"Women’s group"}},           // two letters wrong
		{"BENIFITS", "benefits", []string{"Debt advice"}},                  // in capitals
		{"dbet adv", "debt adv", []string{"Debt advice"}},                  // and the last unfinished
		{"dbet -advice", "debt -advice", []string{"Debt line"}},            // what is excluded stays so
		{"the dbet", "the debt", []string{"Debt advice", "Debt line"}},     //
		{`"dbet"`, "", nil},                     // quotes mean just these
		{"pottery", "", []string{"Deft hands"}}, //
		{"zzqxzz", "", nil},                     //
		{"dbet zzqxzz", "", nil},                // put right, and still nothing
		{"l4 4aa dbet1", "", nil},               // no words
		{"dbet 🙂", "debt 🙂", []string{"Debt advice", "Debt line"}}, //
		{"dbet'); drop table services; --", "", nil},               //
		{strings.Repeat("dbet ", 3), "debt debt debt", []string{"Debt advice", "Debt line"}},
	} {
		names, words := s.corrected(t, c.text)
		slices.Sort(names)
		if diff := cmp.Diff(c.want, names); diff != "" || words != c.words {
			t.Errorf("%q is put right as %q, want %q: %s", c.text, words, c.words, diff)
		}
	}
	for _, odd := range []string{"🙂🙂🙂", "%%%", "the of and", strings.Repeat("qxz ", 60), strings.Repeat("x", 5000), "\\", "'dbet", "dbet & | ! :*", "ß", "İstanbul dbet", "e\u0301\u0301"} {
		s.corrected(t, odd) // is no error
		must(s.Suggest(s.ctx, odd, nil))(t)
	}
}

func TestPagesOfPutRightWordsHaveNoGaps(t *testing.T) {
	s := newShelf(t)
	for i := range 7 {
		s.put(t, offer{name: fmt.Sprint("Choir ", i)})
	}
	whole := s.found(t, Query{Text: "choyr"}, 25)
	if paged := s.found(t, Query{Text: "choyr"}, 2); len(whole) != 7 || cmp.Diff(whole, paged) != "" {
		t.Errorf("%v, by pages %v", whole, paged)
	}
}

// TestWordsOfWhatIsGoneAreNotBelieved: words stay where services went, and nothing is put right by them.
func TestWordsOfWhatIsGoneAreNotBelieved(t *testing.T) {
	s := newShelf(t)
	s.put(t, offer{name: "Calligraphy"}, offer{name: "Xylophones", status: service.StatusInactive}, offer{name: "Archery", gone: true}, offer{name: "Chess"})
	if err := s.client().Service.Update().Where(service.Name("Calligraphy")).SetName("Knitting").Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"caligraphy", "xylofones", "archerry"} {
		if names, words := s.corrected(t, text); names != nil || words != "" {
			t.Errorf("%s: %v by %q", text, names, words)
		}
	}
	if names, words := s.corrected(t, "kniting"); cmp.Diff([]string{"Knitting"}, names) != "" || words != "knitting" {
		t.Errorf("the new name: %v by %q", names, words)
	}
}

func labels(all []*Suggestion) []string {
	names := []string{}
	for _, s := range all {
		names = append(names, string(s.Kind)+" "+s.Label)
	}
	return names
}

func TestNamesAreSuggested(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Debt advice", partner: "Walton Advice", needs: []string{"Debt"}},
		offer{name: "Help with debt", partner: "Debtline"},
		offer{name: "Memory Café", partner: "Age Well"},
		offer{name: "Debt, closed", status: service.StatusInactive},
		offer{name: "Debt, gone", gone: true},
		offer{name: "Indebted", partner: "Choirs & more"},
	)
	for text, want := range map[string][]string{
		"deb":       {"NEED Debt", "SERVICE Debt advice", "ORGANISATION Debtline", "SERVICE Help with debt"},
		"DEBT":      {"NEED Debt", "SERVICE Debt advice", "ORGANISATION Debtline", "SERVICE Help with debt"},
		"adv deb":   {"SERVICE Debt advice"},
		"cafe":      {"SERVICE Memory Café"},
		"caf":       {"SERVICE Memory Café"},
		"memry":     {"SERVICE Memory Café"},
		"dbet adv":  {"SERVICE Debt advice"},
		"chiors":    {"ORGANISATION Choirs & more"},
		"wal":       {"ORGANISATION Walton Advice"},
		"zzqxzz":    {},
		"":          {},
		"%":         {},
		"'; drop--": {},
	} {
		if diff := cmp.Diff(want, labels(must(s.Suggest(s.ctx, text, nil))(t))); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	one := 1
	if got := must(s.Suggest(s.ctx, "debt adv", &one))(t); len(got) != 1 || *got[0].OrganisationName != "Walton Advice" || got[0].Code != nil || got[0].ID == uuid.Nil {
		t.Errorf("%+v", got[0])
	}
	if got := must(s.Suggest(s.ctx, "debt", &one))(t); len(got) != 1 || *got[0].Code != "Debt" || got[0].OrganisationName != nil {
		t.Errorf("%+v", got[0])
	}
	for _, n := range []int{0, -1, 21} {
		if _, err := s.Suggest(s.ctx, "debt", &n); err == nil {
			t.Errorf("first: %d", n)
		}
	}
}

// TestWordsAndNamesStayInTheirHub: neither is put right nor suggested by another hub's.
func TestWordsAndNamesStayInTheirHub(t *testing.T) {
	s := newShelf(t)
	for _, hub := range []viewer.Hub{s.Southport, s.Elsewhere} {
		s.in(hub).put(t, offer{name: "Calligraphy", partner: "Inkwell", needs: []string{"Inks"}, languages: []string{"pl"}})
	}
	s.put(t, offer{name: "Chess"})
	for _, text := range []string{"caligraphy", "calligraphy"} {
		if names, words := s.corrected(t, text); names != nil || words != "" {
			t.Errorf("%s: %v by %q", text, names, words)
		}
	}
	for _, text := range []string{"call", "caligraphy", "ink"} {
		if got := must(s.Suggest(s.ctx, text, nil))(t); len(got) > 0 {
			t.Errorf("%s: %v", text, labels(got))
		}
	}
	if got := must(s.Languages(s.ctx))(t); len(got) > 0 {
		t.Errorf("languages: %v", got)
	}
	for _, hub := range []any{s.Southport.ID, s.Elsewhere.ID, nil} {
		if n := must(store.Collect(s.ctx, s.Store, pgx.RowTo[int], "select count(*) from suggest_services($1, 'call', 8)", hub))(t); n[0] != 0 {
			t.Errorf("Walton asks for hub %v and is suggested %d", hub, n[0])
		}
	}
	if n := must(store.Collect(s.ctx, s.Store, pgx.RowTo[int], "select count(*) from catalogue_words where word = 'calligraphy'"))(t); n[0] != 0 {
		t.Errorf("Walton reads %d words of others", n[0])
	}
	if _, err := store.Collect(s.ctx, s.Store, pgx.RowTo[string], "select corrected_words($1, 'caligraphy', '', false)", s.Southport.ID); err == nil {
		t.Error("the app's role puts words right by itself")
	}
}

// TestNothingHiddenPutsStrangersWordsRight: what is hidden, by itself or by its partner, is not told by a match, a
// correction, a language, a reason, or by what is missing.
func TestNothingHiddenPutsStrangersWordsRight(t *testing.T) {
	s := newShelf(t)
	s.put(t,
		offer{name: "Refuge xylophones", description: "Calligraphy.", hidden: true, languages: []string{"Tagalog"}, assured: 1},
		offer{name: "Hidden by its partner", partner: "Quixotic Trust", description: "Zeppelins."},
		offer{name: "Xylophone", description: "The public one."},
	)
	s.client().Organisation.Update().Where(organisation.Name("Quixotic Trust")).SetVisibility(organisation.VisibilityRestricted).ExecX(s.ctx)
	stranger := viewer.NewContext(context.Background(), viewer.ForPublic(s.Trust, s.Walton))
	find := func(q PublicQuery) Found {
		t.Helper()
		q.Explained = true
		return must(s.PublicServices(stranger, q, 0, 20))(t)
	}
	for _, text := range []string{"calligraphy", "caligraphy", "refuge", "refuje", "quixotic", "quixottic", "zeppelins", "zepelins", "hidden", "hiden"} {
		if f := find(PublicQuery{Text: text}); f.Total != 0 || f.Corrected != nil {
			t.Errorf("%s finds %d services, by %v", text, f.Total, f.Corrected)
		}
		if names, _ := s.corrected(t, text); len(names) != 1 {
			t.Errorf("staff find %v by %s", names, text)
		}
	}
	// The hidden name has the word that is nearer; strangers are put right by the public one.
	if f := find(PublicQuery{Text: "xylofone"}); f.Total != 1 || f.Corrected == nil || *f.Corrected != "xylophone" || f.Facts[0].Words != "xylophone" || f.Facts[0].In != "name" {
		t.Errorf("%+v", f)
	}
	if choices := must(s.PublicChoices(stranger))(t); len(choices.Languages) != 0 || choices.Places {
		t.Errorf("%+v", choices)
	}
	if f := find(PublicQuery{Languages: []string{"Tagalog"}}); f.Total != 0 {
		t.Errorf("%d services in Tagalog", f.Total)
	}
	// The functions of staff answer strangers nothing, and those of strangers nobody else's hub.
	for _, ask := range []string{
		"select count(*) from find_services($1, 'xylophone', '', '', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, 10)",
		"select count(*) from suggest_services($1, 'xylo', 8)", "select count(*) from catalogue_words where hub_id = $1", "select corrected_words($1, 'xylofone', '', false)",
	} {
		if _, err := store.Collect(stranger, s.Store, pgx.RowTo[any], ask, s.Walton.ID); err == nil {
			t.Errorf("a stranger runs %s", ask)
		}
	}
	if n := must(store.Collect(stranger, s.Store, pgx.RowTo[int], "select count(*) from public_search($1, 'xylophone', '', '')", s.Southport.ID))(t); n[0] != 0 {
		t.Errorf("a stranger of Walton finds %d in Southport", n[0])
	}
	facts := must(store.Collect(stranger, s.Store, pgx.RowTo[*string],
		"select service_facts($1, s.id, '', '', '', null, null, null, null, null, null, null, null, null, current_date)::text from unnest($2::uuid[]) s (id)", s.Walton.ID,
		s.client().Service.Query().Where(service.NameNEQ("Xylophone")).IDsX(s.ctx)))(t)
	if len(facts) != 2 || facts[0] != nil || facts[1] != nil {
		t.Errorf("a stranger is told of hidden services: %v", facts)
	}
}

// TestWordsComeInAtOnceWithoutWaiting: two transactions with the same new words in other orders do not wait for each other.
func TestWordsComeInAtOnceWithoutWaiting(t *testing.T) {
	s := newShelf(t)
	var ready, both sync.WaitGroup
	ready.Add(2)
	for i := range 2 {
		both.Go(func() {
			err := s.Store.Tx(s.ctx, func(ctx context.Context) error {
				in := &shelf{World: s.World, Directory: s.Directory, ctx: ctx}
				names := []string{"Calligraphy", "Xylophones"}
				in.put(t, offer{name: names[i]})
				ready.Done()
				ready.Wait() // each has one of the words, uncommitted
				in.put(t, offer{name: names[1-i]})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	for _, text := range []string{"caligraphy", "xylofones"} {
		if names, _ := s.corrected(t, text); len(names) != 2 {
			t.Errorf("%s: %v", text, names)
		}
	}
}

// TestSearchesReadIndexesOfTheirHub: what the functions ask is answered by an index that begins with the hub.
func TestSearchesReadIndexesOfTheirHub(t *testing.T) {
	s := newShelf(t)
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		for _, hub := range []viewer.Hub{s.Walton, s.Southport} {
			if _, err := conn.Exec(ctx, `
				insert into organisations (id, hub_id, source, external_id, imported_at, name)
				select gen_random_uuid(), '`+hub.ID.String()+`', 'bulk', n::text, now(), 'Partner ' || left(translate(md5(n::text), '0123456789', 'ghijklmnop'), 12) from generate_series(1, 3000) n;
				insert into services (id, hub_id, source, external_id, imported_at, organisation_id, name)
				select gen_random_uuid(), hub_id, source, external_id, now(), id, 'Service ' || name from organisations where hub_id = '`+hub.ID.String()+`';`); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := conn.Exec(ctx, "analyze services, organisations, catalogue_words"); err != nil {
			t.Fatal(err)
		}
		for index, ask := range map[string]string{
			"hand_services_search":       "select from services s where s.hub_id = $1 and s.hand_search @@ to_tsquery('life_rooms', 'debt')",
			"hand_services_label":        "select from services s where s.hub_id = $1 and s.hand_label like '% debts%'",
			"hand_organisations_label":   "select from organisations o where o.hub_id = $1 and o.hand_label like '% debts%'",
			"hand_catalogue_words_alike": "select from catalogue_words w where w.hub_id = $1 and (w.hand_near && one_letter_less('dbet') or w.word % 'dbet')",
			"catalogueword_hub_id_word":  "select from catalogue_words w where w.hub_id = $1 and w.word = 'debt'",
		} {
			plan := strings.Join(must(pgx.CollectRows(must(conn.Query(ctx, "explain "+ask, s.Walton.ID))(t), pgx.RowTo[string]))(t), "\n")
			if !strings.Contains(plan, index) || !strings.Contains(plan, "Index Cond: ((hub_id = ") {
				t.Errorf("%s does not answer by the hub:\n%s", index, plan)
			}
		}
	})
}
