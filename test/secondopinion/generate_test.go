package secondopinion

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph"
)

var apiSchema = graph.NewExecutableSchema(graph.Config{}).Schema()

// operation is one read, and who asks it.
type operation struct {
	viewer    string
	document  string
	variables map[string]any
	// selects are the fields selected, as Type.field.
	selects map[string]bool
}

// pool is what arguments are taken from.
type pool struct {
	ids map[string][]uuid.UUID
	// foreign are ids of another hub.
	foreign map[string][]uuid.UUID
	// cursors are some of each list of the API, by its type.
	cursors map[string][]string
	today   time.Time
}

// generator writes one operation.
type generator struct {
	rng  *rand.Rand
	pool pool
	may  func(permission string) bool
	slug string
	// left is how many more fields the operation may have.
	left int

	declared  []string
	variables map[string]any
	fragments []string
	// keys are the response keys used so far, by type: a key means one field with the same arguments throughout, so that
	// selections of the same object can be merged.
	keys    map[string]string
	selects map[string]bool
}

func generate(rng *rand.Rand, p pool, viewer, slug string, may func(permission string) bool) operation {
	g := &generator{rng: rng, pool: p, may: may, slug: slug, left: 6 + rng.IntN(30), variables: map[string]any{}, keys: map[string]string{}, selects: map[string]bool{}}
	body := g.selection(apiSchema.Query, 6)
	document := body
	if len(g.declared) > 0 || g.chance(.3) {
		declared := ""
		if len(g.declared) > 0 {
			declared = "(" + strings.Join(g.declared, ", ") + ")"
		}
		document = "query " + []string{"", "Named"}[rng.IntN(2)] + declared + " " + body
	}
	return operation{viewer, document + strings.Join(g.fragments, ""), g.variables, g.selects}
}

func (g *generator) chance(p float64) bool { return g.rng.Float64() < p }

func pick[T any](g *generator, all ...T) T { return all[g.rng.IntN(len(all))] }

// selection writes a selection set of a type, at most so deep.
func (g *generator) selection(d *ast.Definition, deep int) string {
	var parts []string
	fields := g.choose(d, deep)
	for len(fields) > 0 {
		n := 1 + g.rng.IntN(len(fields))
		var some []string
		for _, f := range fields[:n] {
			some = append(some, g.field(d, f, deep))
			if g.chance(.05) { // once more, under another name or merged with the first
				some = append(some, g.field(d, f, deep))
			}
		}
		parts = append(parts, g.wrapped(d, strings.Join(some, " ")))
		fields = fields[n:]
	}
	return "{ " + strings.Join(parts, " ") + " }"
}

// choose takes some fields of a type: mostly such as the viewer may see.
func (g *generator) choose(d *ast.Definition, deep int) []*ast.FieldDefinition {
	var open, all []*ast.FieldDefinition
	for _, f := range d.Fields {
		if strings.HasPrefix(f.Name, "__") || deep < 2 && apiSchema.Types[f.Type.Name()].Kind == ast.Object {
			continue
		}
		all = append(all, f)
		if can := f.Directives.ForName("can"); can == nil || g.may(can.Arguments.ForName("do").Value.Raw) {
			open = append(open, f)
		}
	}
	from := open
	if len(open) == 0 || g.chance(.004) {
		from = all
	}
	if d == apiSchema.Query { // the hub, sometimes twice; seldom the viewer, who is not compiled
		hub := d.Fields.ForName("hub")
		from = pick(g, []*ast.FieldDefinition{hub}, []*ast.FieldDefinition{hub}, []*ast.FieldDefinition{hub, hub})
		if g.chance(.08) {
			from = append(from, d.Fields.ForName("viewer"))
		}
	}
	var chosen []*ast.FieldDefinition
	for _, n := range g.rng.Perm(len(from)) {
		if len(chosen) > 0 && (g.left <= 0 || g.chance(.35) && d != apiSchema.Query) {
			break
		}
		g.left--
		chosen = append(chosen, from[n])
	}
	if g.chance(.1) || len(chosen) == 0 {
		chosen = append(chosen, &ast.FieldDefinition{Name: "__typename", Type: ast.NonNullNamedType("String", nil)})
	}
	return chosen
}

// wrapped puts some selections into a fragment, or leaves them as they are.
func (g *generator) wrapped(d *ast.Definition, selections string) string {
	switch {
	case g.chance(.08):
		return "..." + pick(g, "", " on "+d.Name) + g.directives(.5) + " { " + selections + " }"
	case g.chance(.08):
		name := "F" + strconv.Itoa(len(g.fragments)+1)
		g.fragments = append(g.fragments, fmt.Sprintf(" fragment %s on %s { %s }", name, d.Name, selections))
		spread := "..." + name + g.directives(.3)
		if g.chance(.1) {
			spread += " ..." + name
		}
		return spread
	}
	return selections
}

func (g *generator) directives(p float64) string {
	if !g.chance(p) {
		return ""
	}
	value := pick(g, "true", "false")
	if g.chance(.5) {
		value = g.variable("Boolean!", value, value == "true", false)
	}
	return " @" + pick(g, "skip", "include") + "(if: " + value + ")"
}

func (g *generator) field(d *ast.Definition, f *ast.FieldDefinition, deep int) string {
	g.selects[d.Name+"."+f.Name] = true
	arguments := g.arguments(d, f)
	meaning := f.Name + arguments
	key := f.Name
	if g.chance(.15) {
		key = pick(g, "a", "b", "id", "name", f.Name+"2", "node", "_"+f.Name, "Z")
	}
	for n := 2; ; n++ {
		used, known := g.keys[d.Name+"."+key]
		if !known || used == meaning {
			break
		}
		key = f.Name + "_" + strconv.Itoa(n)
	}
	g.keys[d.Name+"."+key] = meaning
	text := meaning
	if key != f.Name {
		text = key + ": " + meaning
	}
	text += g.directives(.06)
	if below := apiSchema.Types[f.Type.Name()]; below.Kind == ast.Object {
		text += " " + g.selection(below, deep-1)
	}
	return text
}

func (g *generator) arguments(d *ast.Definition, f *ast.FieldDefinition) string {
	var all []string
	for _, a := range f.Arguments {
		required := a.Type.NonNull && a.DefaultValue == nil
		// Backward paging is asked for alone, mostly.
		if !required && (!g.chance(.45) || (a.Name == "last" || a.Name == "before") && len(all) > 1 && !g.chance(.1)) {
			continue
		}
		literal, value := g.value(d, f, a.Name, a.Type, 0)
		all = append(all, a.Name+": "+g.maybeVariable(a.Type, literal, value, a.DefaultValue != nil))
	}
	if len(all) == 0 {
		return ""
	}
	return "(" + strings.Join(all, ", ") + ")"
}

// maybeVariable moves a value into a variable, or leaves it where it is.
func (g *generator) maybeVariable(typ *ast.Type, literal string, value any, hasDefault bool) string {
	if !g.chance(.35) {
		return literal
	}
	declared := typ.String()
	if hasDefault && typ.NonNull && value != nil && g.chance(.5) {
		declared = strings.TrimSuffix(declared, "!")
	}
	return g.variable(declared, literal, value, !typ.NonNull)
}

// variable declares a variable and gives its name. It may come from its default, and where it may be null it may also be
// left out.
func (g *generator) variable(typ, literal string, value any, nullable bool) string {
	name := "$v" + strconv.Itoa(len(g.declared)+1)
	declaration := name + ": " + typ
	switch {
	case value != nil && !strings.Contains(literal, "$") && g.chance(.15):
		declaration += " = " + literal
	case nullable && g.chance(.1):
	default:
		g.variables[name[1:]] = value
	}
	g.declared = append(g.declared, declaration)
	return name
}

// value makes a value of an input type, as a literal and as a variable's.
func (g *generator) value(d *ast.Definition, f *ast.FieldDefinition, name string, typ *ast.Type, depth int) (literal string, value any) {
	if !typ.NonNull && g.chance(.06) {
		return "null", nil
	}
	if typ.Elem != nil {
		literals, values := []string{}, []any{}
		for range g.rng.IntN(4) {
			l, v := g.value(d, f, name, typ.Elem, depth)
			literals, values = append(literals, l), append(values, v)
		}
		return "[" + strings.Join(literals, ", ") + "]", values
	}
	definition := apiSchema.Types[typ.Name()]
	switch definition.Kind {
	case ast.Enum:
		v := definition.EnumValues[g.rng.IntN(len(definition.EnumValues))].Name
		return v, v
	case ast.InputObject:
		var literals []string
		values := map[string]any{}
		for _, field := range definition.Fields {
			if field.Type.NonNull && field.DefaultValue == nil || g.chance(.3) {
				l, v := g.value(d, f, field.Name, field.Type, depth+1)
				literals = append(literals, field.Name+": "+l)
				values[field.Name] = v
			}
		}
		return "{" + strings.Join(literals, ", ") + "}", values
	}
	value = g.scalar(d, f, name, typ.Name())
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // scalars are texts, numbers and truth values
	}
	return string(encoded), value
}

// scalar makes a value that is right most of the time.
func (g *generator) scalar(d *ast.Definition, f *ast.FieldDefinition, name, typ string) any {
	switch typ {
	case "ID":
		of := f.Type.Name()
		switch name {
		case "personId":
			of = "Person"
		case "ids":
			of = "Service"
		}
		if all := g.pool.ids[of]; len(all) > 0 && g.chance(.9) {
			return all[g.rng.IntN(len(all))].String()
		}
		if all := g.pool.foreign[of]; len(all) > 0 && g.chance(.5) {
			return all[0].String()
		}
		return pick(g, "0190aaaa-0000-7000-8000-000000000000", "not an id", "")
	case "Int":
		if name == "metres" {
			return pick(g, 1, 5000, 200_000, 0, -1)
		}
		if g.chance(.04) {
			return pick(g, 0, -1, 201, 1_000_000)
		}
		return pick(g, 1, 2, 3, 5, 20)
	case "Float":
		return pick(g, 53.4451, -2.96, 0.0, 90.0, 1e3)
	case "Boolean":
		return pick(g, true, false)
	case "Date":
		if g.chance(.03) {
			return pick(g, "2026-02-30", "yesterday", "")
		}
		return pick(g, "1890-01-01", "2200-12-31", "2026-01-05", "2000-02-29", g.pool.today.Format(time.DateOnly), g.pool.today.AddDate(0, 0, -3).Format(time.DateOnly))
	case "String":
		return g.text(d, f, name)
	}
	panic("the generator makes no " + typ)
}

func (g *generator) text(d *ast.Definition, f *ast.FieldDefinition, name string) string {
	switch name {
	case "slug":
		if g.chance(.02) {
			return pick(g, "walton", "southport", "elsewhere", "nowhere", "")
		}
		return g.slug
	case "after", "before":
		if all := g.pool.cursors[f.Type.Name()]; len(all) > 0 && g.chance(.9) {
			return all[g.rng.IntN(len(all))]
		}
		kinds := slices.Sorted(maps.Keys(g.pool.cursors))
		if len(kinds) > 0 && g.chance(.7) {
			return g.pool.cursors[kinds[g.rng.IntN(len(kinds))]][0]
		}
		return pick(g, "", "nonsense", "AQ")
	case "needs":
		return pick(g, "need-0", "need-1", "need-2", "no such need")
	case "nhsNumber":
		return pick(g, "9990000018", "999 000 0018", "1")
	case "phone":
		return pick(g, "0151 496 0000", "+441514960000", "x")
	case "text":
		return pick(g, "debt", "advice", "Same name", "debt advice money", "dbet advise", "adv", "", "%", "日本語", "it's", "'", "long")
	case "from":
		return pick(g, "09:00", "10:30", "00:00", "noon", "")
	case "to":
		return pick(g, "11:00", "10:30", "23:59", "24:00")
	case "languages":
		return pick(g, "English", "pl", "BSL", "no such language", "")
	}
	return pick(g, "Sean", "Seán O'Brien", "obrien", "sea", "M101", "0151 496 0000", "9990000018", "2000-02-29", "1 Jan 1890", "a", "", "%_%", "👩🏽‍🦯 cane", `"`, `\`, "日本語", "say hello")
}
