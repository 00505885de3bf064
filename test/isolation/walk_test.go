package isolation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
	"liferooms.io/liferooms/test/apitest"
)

var schema = graph.NewExecutableSchema(graph.Config{}).Schema()

// aboutOneself are the root fields that name no hub, since they answer about the viewer alone.
var aboutOneself = []string{"viewer", "signOut"}

// TestWalk calls every field and every mutation as each role of Walton, with the ids of a hub of the same trust and of
// another trust. Fields and mutations that are added later are walked with no new line here.
func TestWalk(t *testing.T) {
	w := storetest.New(t)
	api := apitest.New(t, w)
	ours := furnish(t, w, w.Walton)
	foreign := map[string]ids{w.Southport.Slug: furnish(t, w, w.Southport), w.Elsewhere.Slug: furnish(t, w, w.Elsewhere)}
	for _, hub := range []viewer.Hub{w.Southport, w.Elsewhere} {
		before := rowsOf(t, w, hub)
		for _, role := range viewer.Roles {
			walk := walker{t: t, api: api, ctx: asStaff(w, w.Walton, ours["StaffMember"], role), role: role, hub: hub, ours: ours, theirs: foreign[hub.Slug],
				sameTrust: hub.ID == w.Southport.ID}
			t.Run(fmt.Sprintf("%s/%s", hub.Slug, role), func(t *testing.T) {
				walk.t = t
				walk.theirHub()
				walk.theirIDs()
				walk.ourLists()
				walk.mutations()
				walk.subscriptions()
				walk.platform()
			})
		}
		if after := rowsOf(t, w, hub); !maps.Equal(before, after) {
			for table := range after {
				if before[table] != after[table] {
					t.Errorf("rows of %s in %s changed: %q, were %q", hub.Slug, table, after[table], before[table])
				}
			}
		}
	}
}

// TestTheWalkReachesEveryField: each field of each type is selected by the full selection below a root field.
func TestTheWalkReachesEveryField(t *testing.T) {
	all := func(string) bool { return true }
	reached := map[string]bool{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range fieldsOf(root) {
			reached[root.Name+"."+f.Name] = true
			selection(f.Type.Name(), all, nil, reached)
		}
	}
	for name, d := range schema.Types {
		if d.Kind != ast.Object || d.BuiltIn {
			continue
		}
		for _, f := range fieldsOf(d) {
			if !reached[name+"."+f.Name] {
				t.Errorf("%s.%s is not walked", name, f.Name)
			}
		}
	}
}

type walker struct {
	t            *testing.T
	api          *apitest.API
	ctx          context.Context
	role         viewer.Role
	hub          viewer.Hub // the foreign one
	ours, theirs ids
	sameTrust    bool
}

// theirHub asks for everything of the foreign hub by its slug.
func (w walker) theirHub() {
	for _, f := range fieldsOf(schema.Types["Hub"]) {
		q := fmt.Sprintf(`{ hub(slug: %q) { %s } }`, w.hub.Slug, call(w.t, f, w.theirs, nil)+nested(f, w.everything))
		w.want(q, "NOT_FOUND")
	}
}

// theirIDs asks our hub for things of the foreign one, by id. The answer is that of an id which nothing has.
func (w walker) theirIDs() {
	for _, f := range fieldsOf(schema.Types["Hub"]) {
		for _, arg := range idArguments(f.Arguments) {
			if w.trustWide(w.typeOf(f, arg)) {
				continue
			}
			ask := func(id uuid.UUID) apitest.Answer {
				q := fmt.Sprintf(`{ hub(slug: "walton") { %s } }`, call(w.t, f, w.ours, map[string]uuid.UUID{arg: id})+nested(f, w.permitted))
				return w.api.Do(w.ctx, q, nil)
			}
			theirs, nobodys := ask(w.theirs[w.typeOf(f, arg)]), ask(uuid.New())
			if !w.can(f) {
				w.wantCode(f.Name, theirs, "FORBIDDEN")
			} else if !isList(f) {
				w.wantCode(f.Name, theirs, "NOT_FOUND")
			}
			w.same(f.Name, theirs, nobodys)
			w.noLeak(f.Name, theirs)
		}
	}
}

// ourLists reads all that the role may see of our hub: nothing of the foreign one is in it, and something of ours is.
func (w walker) ourLists() {
	var parts []string
	for _, f := range fieldsOf(schema.Types["Hub"]) {
		if w.can(f) && len(idArguments(f.Arguments)) == 0 {
			parts = append(parts, call(w.t, f, w.ours, nil)+nested(f, w.permitted))
		}
	}
	got := w.api.Do(w.ctx, fmt.Sprintf(`{ hub(slug: "walton") { %s } }`, strings.Join(parts, " ")), nil)
	if len(got.Errors) > 0 {
		w.t.Errorf("reading our own hub: %s", got.Raw)
	}
	if !strings.Contains(got.Raw, w.ours["Hub"].String()) {
		w.t.Errorf("reading our own hub shows nothing of it: %.300s", got.Raw)
	}
	if access.Of(w.role).Has(access.PersonRead) && !strings.Contains(got.Raw, "markerwalton") {
		w.t.Errorf("reading our own hub shows none of its people: %.300s", got.Raw)
	}
	w.noLeak("our lists", got)
}

// mutations sends each mutation to the foreign hub, and to our own with one id of the foreign hub at a time.
func (w walker) mutations() {
	for _, f := range fieldsOf(schema.Mutation) {
		if slices.Contains(aboutOneself, f.Name) || ofPlatform(f) {
			continue
		}
		input := schema.Types[f.Arguments[0].Type.Name()]
		send := func(hub string, all ids, swap map[string]uuid.UUID) apitest.Answer {
			q := fmt.Sprintf(`mutation($input: %s) { %s(input: $input) { __typename } }`, f.Arguments[0].Type, f.Name)
			return w.api.Do(w.ctx, q, map[string]any{"input": w.value(input, hub, all, swap)})
		}
		w.wantCode(f.Name+" in "+w.hub.Slug, send(w.hub.Slug, w.theirs, nil), "NOT_FOUND")
		for _, field := range idsOf(input) {
			typ := w.typeOf(f, field.Name)
			if w.trustWide(typ) {
				continue // staff belong to the trust: an administrator may give any of them a role here
			}
			theirs := send("walton", w.ours, map[string]uuid.UUID{field.Name: w.theirs[typ]})
			nobodys := send("walton", w.ours, map[string]uuid.UUID{field.Name: uuid.New()})
			name := fmt.Sprintf("%s with %s of %s", f.Name, field.Name, w.hub.Slug)
			if w.can(f) {
				w.wantCode(name, theirs, "NOT_FOUND")
			} else {
				w.wantCode(name, theirs, "FORBIDDEN")
			}
			w.same(name, theirs, nobodys)
			w.noLeak(name, theirs)
		}
	}
}

func (w walker) subscriptions() {
	for _, f := range fieldsOf(schema.Subscription) {
		q := fmt.Sprintf(`subscription { %s(hub: %q) %s }`, f.Name, w.hub.Slug, nested(f, w.everything))
		w.wantCode(f.Name, w.api.SubscribeOnce(w.ctx, q), "NOT_FOUND")
	}
}

// platform calls what is the platform's alone, which no role of staff may, whatever hub the call names.
func (w walker) platform() {
	for _, f := range fieldsOf(schema.Query) {
		if ofPlatform(f) {
			w.want("{ "+call(w.t, f, w.theirs, nil)+nested(f, w.everything)+" }", "FORBIDDEN")
		}
	}
	for _, f := range fieldsOf(schema.Mutation) {
		if !ofPlatform(f) {
			continue
		}
		got := w.api.Do(w.ctx, fmt.Sprintf(`mutation($input: %s) { %s(input: $input) { __typename } }`, f.Arguments[0].Type, f.Name), map[string]any{
			"input": platformInput(w, f, w.hub.Slug),
		})
		w.wantCode(f.Name, got, "FORBIDDEN")
		w.noLeak(f.Name, got)
	}
}

// platformInput is a valid input of one of the platform's mutations, for a hub.
func platformInput(w walker, f *ast.FieldDefinition, slug string) map[string]any {
	input := w.value(schema.Types[f.Arguments[0].Type.Name()], "", w.theirs, nil)
	for field, value := range map[string]any{"slug": slug, "trust": "ZZ1", "odsCode": "ZZ1"} {
		if _, has := input[field]; has {
			input[field] = value
		}
	}
	return input
}

func ofPlatform(f *ast.FieldDefinition) bool { return strings.HasPrefix(permissionOf(f), "PLATFORM_") }

// TestOperatorWalk calls every field and every mutation as the platform's operator: it is refused all that is not the
// platform's own, whichever hub it names, and what it may see holds nobody's data.
func TestOperatorWalk(t *testing.T) {
	w := storetest.New(t)
	api := apitest.New(t, w)
	ours := furnish(t, w, w.Walton)
	furnish(t, w, w.Southport)
	furnish(t, w, w.Elsewhere)
	operator := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Operator, Name: "Operator"})
	walk := walker{t: t, api: api, ctx: operator, hub: w.Walton, ours: ours, theirs: ours}
	before := rowsOf(t, w, w.Walton)
	walk.theirHub()
	walk.subscriptions()
	var own []string
	for _, f := range fieldsOf(schema.Query) {
		switch {
		case ofPlatform(f):
			own = append(own, f.Name)
		case f.Name != "hub": // which theirHub walks
			walk.want("{ "+call(t, f, ours, nil)+nested(f, walk.everything)+" }", "FORBIDDEN")
		}
	}
	for _, f := range fieldsOf(schema.Mutation) {
		if ofPlatform(f) {
			own = append(own, f.Name)
			continue
		}
		if len(f.Arguments) == 0 {
			walk.want("mutation { "+f.Name+nested(f, walk.everything)+" }", "FORBIDDEN")
			continue
		}
		input := walk.value(schema.Types[f.Arguments[0].Type.Name()], w.Walton.Slug, ours, nil)
		got := api.Do(operator, fmt.Sprintf(`mutation($input: %s) { %s(input: $input) { __typename } }`, f.Arguments[0].Type, f.Name), map[string]any{"input": input})
		walk.wantCode(f.Name, got, "NOT_FOUND")
	}
	if want := []string{"platform", "applyTrust", "applyHub", "archiveHub", "syncCatalogue"}; !slices.Equal(own, want) {
		t.Errorf("the operator may use %v, the walk knows %v", own, want)
	}
	if after := rowsOf(t, w, w.Walton); !maps.Equal(before, after) {
		t.Errorf("the operator changed rows of a hub: %v, were %v", after, before)
	}

	all := "{ " + selection("PlatformHub", walk.everything, nil, map[string]bool{}) + " }"
	trust := "{ " + selection("PlatformTrust", walk.everything, nil, map[string]bool{}) + " }"
	got := api.Do(operator, `{ platform { hub(trust: "ZZ1", slug: "walton") `+all+` trust(odsCode: "ZZ1") `+trust+` } }`, nil)
	for _, part := range []string{ours["Hub"].String(), "Room markerwalton", "Group markerwalton", "markerwalton.example.test", "Need markerwalton"} {
		if len(got.Errors) > 0 || !strings.Contains(got.Raw, part) {
			t.Fatalf("the operator does not read %s: %.800s", part, got.Raw)
		}
	}
	for _, other := range []viewer.Hub{w.Southport, w.Elsewhere} {
		if strings.Contains(got.Raw, marker(other)) {
			t.Errorf("reading Walton shows something of %s: %.800s", other.Slug, got.Raw)
		}
	}
	for _, personal := range []string{"Given", "Family", "0151", "Advisor of", "@example.org", ours["Person"].String(), ours["StaffMember"].String(), ours["Visit"].String()} {
		if strings.Contains(got.Raw, personal) {
			t.Errorf("the operator reads %q of a hub's people: %.500s", personal, got.Raw)
		}
	}
	if got := api.Do(operator, `{ platform { hub(trust: "ZZ2", slug: "walton") `+all+` } }`, nil); holdsData(got.Data) {
		t.Errorf("a hub is read by way of another trust: %.500s", got.Raw)
	}
}

func (w walker) want(query, code string) {
	w.t.Helper()
	got := w.api.Do(w.ctx, query, nil)
	w.wantCode(query, got, code)
	w.noLeak(query, got)
}

// wantCode: that error and nothing else, and no data beside it.
func (w walker) wantCode(what string, got apitest.Answer, code string) {
	w.t.Helper()
	if len(got.Errors) != 1 || got.Errors[0].Extensions.Code != code {
		w.t.Errorf("%.200s: want only %s, got %.500s", what, code, got.Raw)
	}
	if holdsData(got.Data) {
		w.t.Errorf("%.200s: data beside the error: %.500s", what, got.Raw)
	}
}

// holdsData reports whether there is anything but nulls and objects of nulls.
func holdsData(data json.RawMessage) bool {
	var v any
	if len(data) == 0 || json.Unmarshal(data, &v) != nil {
		return false
	}
	var holds func(v any) bool
	holds = func(v any) bool {
		switch v := v.(type) {
		case nil:
			return false
		case map[string]any:
			return slices.ContainsFunc(slices.Collect(maps.Values(v)), holds)
		}
		return true
	}
	return holds(v)
}

func (w walker) same(what string, a, b apitest.Answer) {
	w.t.Helper()
	if a.Comparable() != b.Comparable() {
		w.t.Errorf("%s: the answer tells that the id exists elsewhere:\n%s\n%s", what, a.Raw, b.Raw)
	}
}

func (w walker) noLeak(what string, got apitest.Answer) {
	w.t.Helper()
	if strings.Contains(got.Raw, marker(w.hub)) {
		w.t.Errorf("%.200s: the answer holds text of %s: %.500s", what, w.hub.Slug, got.Raw)
	}
	for typ, id := range w.theirs {
		if !w.trustWide(typ) && strings.Contains(got.Raw, id.String()) {
			w.t.Errorf("%.200s: the answer holds the %s of %s", what, typ, w.hub.Slug)
		}
	}
}

// trustWide tells the types whose rows a hub shares with the others of its trust.
func (w walker) trustWide(typ string) bool {
	return w.sameTrust && (typ == "StaffMember" || typ == "StaffName")
}

func (w walker) can(f *ast.FieldDefinition) bool {
	p := permissionOf(f)
	return p == "" || access.Of(w.role).Has(access.Permission(p))
}

func (w walker) permitted(permission string) bool {
	return permission == "" || access.Of(w.role).Has(access.Permission(permission))
}

func (w walker) everything(string) bool { return true }

// value makes an input object: the hub, ids of all (with swaps), and something valid for whatever else is required.
func (w walker) value(d *ast.Definition, hub string, all ids, swap map[string]uuid.UUID) map[string]any {
	v := map[string]any{}
	for _, f := range d.Fields {
		typ := schema.Types[f.Type.Name()]
		switch {
		case f.Name == "hub":
			v[f.Name] = hub
		case f.Type.Name() == "ID":
			id, swapped := swap[f.Name]
			if !swapped {
				id = all[idType(f.Name)]
			}
			v[f.Name] = id
		case !f.Type.NonNull || f.DefaultValue != nil:
		case f.Type.Elem != nil && len(idsOf(typ)) > 0:
			v[f.Name] = []any{w.value(typ, hub, all, swap)}
		case f.Type.Elem != nil:
			v[f.Name] = []any{}
		case f.Name == "clientMutationId":
			v[f.Name] = uuid.NewString()
		case typ.Kind == ast.Enum:
			v[f.Name] = typ.EnumValues[0].Name
		case typ.Kind == ast.InputObject:
			v[f.Name] = w.value(typ, hub, all, swap)
		default:
			v[f.Name] = scalar(w.t, f.Type.Name())
		}
	}
	return v
}

// idsOf are the fields of an input that are ids, those in its lists among them.
func idsOf(input *ast.Definition) (ids []*ast.FieldDefinition) {
	if input == nil || input.Kind != ast.InputObject {
		return nil
	}
	for _, f := range input.Fields {
		switch {
		case f.Type.Name() == "ID":
			ids = append(ids, f)
		case f.Type.Elem != nil && f.Type.NonNull:
			ids = append(ids, idsOf(schema.Types[f.Type.Name()])...)
		}
	}
	return ids
}

func (w walker) typeOf(f *ast.FieldDefinition, arg string) string {
	if arg == "id" {
		return f.Type.Name()
	}
	typ := idType(arg)
	if _, known := w.ours[typ]; !known {
		w.t.Fatalf("the walk does not know whose id %s.%s is: teach it in furnish", f.Name, arg)
	}
	return typ
}

// idType is the type that an argument such as personId names.
func idType(arg string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(arg, "s"), "Id") // serviceId, serviceIds
	switch name {
	case "id":
		return "Service" // of servicesById
	case "staff":
		return "StaffMember"
	case "grant":
		return "RoleGrant"
	case "link":
		return "LinkCheck"
	case "term":
		return "CatalogueTerm"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
