package secondopinion

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/viewer"
	"liferooms.io/liferooms/test/apitest"
)

var (
	seed       = flag.Uint64("seed", 20261124, "of the generated operations")
	operations = flag.Int("operations", 20_000, "how many operations to generate; a tenth of it with -short")
	only       = flag.Int("only", -1, "generate and ask this one operation only")
	told       = flag.Int("told", 10, "after how many differences to stop")
)

// Of the operations that are answered without an error, at least this share must be run as one statement: two
// interpretations would agree about anything.
const compiledShare = 0.85

// TestGenerated asks generated operations of both. The n-th operation is the same for the same seed, whatever the others
// are; a difference is told as the smallest operation that still has it.
func TestGenerated(t *testing.T) {
	n := *operations
	if testing.Short() {
		n /= 10
	}
	if *only >= 0 {
		one := tally{because: map[string]int{}, selected: map[string]bool{}}
		newAsker(t).ask(t, &one, *only)
		t.Log(one.String())
		return
	}
	t.Logf("seed %d, %d operations", *seed, n)
	var (
		all  = tally{because: map[string]int{}, selected: map[string]bool{}}
		next atomic.Int64
		work sync.WaitGroup
	)
	worlds := make([]*asker, max(1, min(4, runtime.GOMAXPROCS(0))))
	for i := range worlds {
		worlds[i] = newAsker(t)
	}
	for _, a := range worlds {
		work.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && !all.enough(); i = next.Add(1) - 1 {
				a.ask(t, &all, int(i))
			}
		})
	}
	work.Wait()
	t.Log(all.String())
	if t.Failed() {
		return
	}
	if all.asked != n || all.answered < n/2 {
		t.Errorf("of %d operations %d were asked and %d were answered without an error", n, all.asked, all.answered)
	}
	if all.refused < n/100 {
		t.Errorf("only %d of %d operations were refused: errors are hardly compared", all.refused, n)
	}
	for _, f := range unreached(&all) {
		t.Errorf("no operation selects %s", f)
	}
	if share := float64(all.compiled) / float64(max(1, all.answered)); share < compiledShare {
		t.Errorf("%.2f of what was answered was run as one statement, want %.2f or more", share, compiledShare)
	}
}

// tally counts what became of the operations.
type tally struct {
	mu                                            sync.Mutex
	asked, answered, refused, compiled, different int
	because                                       map[string]int
	selected                                      map[string]bool // Type.field
}

// unreached are the fields of the API's types of answers that no operation selected. What is the platform's operator's alone
// is left to the executor, so that there is no second opinion of it.
func unreached(y *tally) []string {
	var missing []string
	below := map[*ast.Definition]bool{}
	var look func(d *ast.Definition)
	look = func(d *ast.Definition) {
		if d.Kind != ast.Object || below[d] {
			return
		}
		below[d] = true
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") || f == apiSchema.Query.Fields.ForName("platform") {
				continue
			}
			if !y.selected[d.Name+"."+f.Name] {
				missing = append(missing, d.Name+"."+f.Name)
			}
			look(apiSchema.Types[f.Type.Name()])
		}
	}
	look(apiSchema.Query)
	slices.Sort(missing)
	return missing
}

// enough reports whether enough differences were told.
func (y *tally) enough() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.different >= *told
}

func (y *tally) add(o operation, both apitest.Both) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.asked++
	for f := range o.selects {
		y.selected[f] = true
	}
	if len(both.Served.Errors) > 0 {
		y.refused++
		return
	}
	y.answered++
	if both.Run.Result != graph.Interpreted {
		y.compiled++
		return
	}
	y.because[both.Run.Because]++
}

func (y *tally) String() string {
	why := slices.SortedFunc(maps.Keys(y.because), func(a, b string) int { return y.because[b] - y.because[a] })
	for i, w := range why {
		why[i] = fmt.Sprintf("%s %d", w, y.because[w])
	}
	return fmt.Sprintf("%d asked, %d answered without an error, %d of them as one statement; interpreted because of: %s", y.asked, y.answered, y.compiled, strings.Join(why, ", "))
}

// asker is a world and its API.
type asker struct {
	world *world
	api   *apitest.API
	pools map[string]pool
	names []string
}

func newAsker(t *testing.T) *asker {
	t.Helper()
	w := newWorld(t)
	a := &asker{world: w, api: apitest.New(t, w.World), pools: map[string]pool{}, names: slices.Sorted(maps.Keys(w.viewers))}
	for slug, other := range map[string]string{"walton": "southport", "southport": "walton", "elsewhere": "walton"} {
		ctx := w.viewers[map[string]string{"walton": "everything"}[slug]]
		if slug != "walton" {
			ctx = w.viewers[slug]
		}
		a.pools[slug] = pool{ids: w.ids[slug], foreign: w.ids[other], cursors: cursors(t, a.api, ctx, slug), today: w.now}
	}
	return a
}

// cursors are those of the first rows of each list.
func cursors(t *testing.T, api *apitest.API, ctx context.Context, slug string) map[string][]string {
	t.Helper()
	const query = `{ hub(slug: %q) {
		VisitConnection: visits(first: 20) { edges { cursor } }
		PersonConnection: people(search: "sean", first: 20) { edges { cursor node { visits(first: 3) { edges { cursor } } conversations(first: 3) { edges { cursor } } } } }
		SignpostConnection: followUps(dueBy: "2300-01-01", first: 20) { edges { cursor } }
		ServiceConnection: services(first: 20) { edges { cursor } }
		WithWords: services(first: 20, filter: {text: "debt"}) { edges { cursor } }
		WithPlace: services(first: 20, filter: {near: {latitude: 53.4451, longitude: -2.96, metres: 200000}}) { edges { cursor } }
		OrganisationConnection: organisations(first: 20) { edges { cursor } }
		StaffConnection: staff(first: 20) { edges { cursor } }
		AuditEventConnection: auditEvents(first: 20) { edges { cursor } }
		CatalogueTermConnection: catalogueTerms(first: 20) { edges { cursor } }
		Freshness: freshness { unassured(first: 9) { edges { cursor } } withoutCapacity(first: 9) { edges { cursor } } withoutAgreement(first: 9) { edges { cursor } } retired(first: 9) { edges { cursor } } deadLinks(first: 9) { edges { cursor } } movedLinks { edges { cursor } } failedImports { edges { cursor } } }
	} }`
	var answer struct {
		Data struct{ Hub map[string]any }
	}
	told := api.Do(ctx, fmt.Sprintf(query, slug), nil)
	if err := json.Unmarshal([]byte(told.Raw), &answer); err != nil || len(told.Errors) > 0 {
		t.Fatalf("%v: %s", err, told.Raw)
	}
	all := map[string][]string{}
	var gather func(list string, v any)
	gather = func(list string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				gather(list, e)
			}
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				switch key {
				case "cursor":
					all[list] = append(all[list], v[key].(string))
				case "visits":
					gather("VisitConnection", v[key])
				case "conversations":
					gather("ConversationConnection", v[key])
				case "unassured", "retired", "withoutCapacity":
					gather("CatalogueServiceConnection", v[key])
				case "withoutAgreement":
					gather("OrganisationConnection", v[key])
				case "deadLinks", "movedLinks":
					gather("LinkCheckConnection", v[key])
				case "failedImports":
					gather("FailedImportConnection", v[key])
				default:
					gather(list, v[key])
				}
			}
		}
	}
	for list, v := range answer.Data.Hub {
		if strings.HasPrefix(list, "With") {
			list = "ServiceConnection"
		}
		gather(list, v)
	}
	for list := range all {
		slices.Sort(all[list]) // several lists of the answer, in no order, feed one
	}
	if slug == "walton" && len(all) < 8 {
		t.Fatalf("cursors of %v only", slices.Sorted(maps.Keys(all)))
	}
	return all
}

// ask generates the n-th operation and asks it of both.
func (a *asker) ask(t *testing.T, all *tally, n int) {
	o := a.operation(n)
	both := a.both(o)
	all.add(o, both)
	what := both.Difference()
	if what == "" {
		what = orderOf(o, both.Served)
	}
	if what == "" {
		return
	}
	all.mu.Lock()
	all.different++
	all.mu.Unlock()
	smallest := shrink(o, func(o operation) bool {
		both := a.both(o)
		return both.Difference() != "" || orderOf(o, both.Served) != ""
	})
	both = a.both(smallest)
	variables, err := json.Marshal(smallest.variables)
	if err != nil {
		t.Error(err)
	}
	still := both.Difference() + orderOf(smallest, both.Served)
	if still == "" {
		still = "the same operation, asked once more, is answered the same: one of the two does not always answer alike. It was different in this:\n" + what
	}
	t.Errorf("operation %d of seed %d, made small:\nas %s: %s\nvariables: %s\n%s", n, *seed, smallest.viewer, smallest.document, variables, still)
}

func (a *asker) both(o operation) apitest.Both {
	both := a.api.Both(a.world.viewers[o.viewer], o.document, o.variables)
	a.api.Forget()
	return both
}

func (a *asker) operation(n int) operation {
	rng := rand.New(rand.NewPCG(*seed, uint64(n)))
	name := "everything"
	if rng.IntN(2) == 0 {
		name = a.names[rng.IntN(len(a.names))]
	}
	slug, held := "walton", access.Set(nil)
	if v := viewer.FromContext(a.world.viewers[name]); v != nil && len(v.Hubs) > 0 {
		hub := v.Hubs[rng.IntN(len(v.Hubs))]
		slug, held = hub.Slug, access.In(v, hub)
	}
	may := func(permission string) bool { return held == nil || held.Has(access.Permission(permission)) }
	return generate(rng, a.pools[slug], name, slug, may)
}

// orderOf says where the keys of an answer are not in the order of its selections; empty: nowhere. The specification asks
// for it ("Field Collection").
func orderOf(o operation, answer apitest.Answer) string {
	if len(answer.Data) == 0 {
		return ""
	}
	d := json.NewDecoder(bytes.NewReader(answer.Data))
	c, err := newCollector(o)
	if err != nil {
		return "" // refused; there is no data
	}
	if err := c.value(d, c.root()); err != nil {
		return err.Error()
	}
	return ""
}
