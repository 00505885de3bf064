package compile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/paging"
)

// A schema of rooms and their chairs.
var api = gqlparser.MustLoadSchema(&ast.Source{Input: `
	type Query { rooms(first: Int, after: String): RoomConnection! room(id: ID!): Room secret: String }
	type RoomConnection { nodes: [Room!]! edges: [RoomEdge!]! pageInfo: PageInfo! }
	type RoomEdge { cursor: String! node: Room! }
	type PageInfo { hasNextPage: Boolean! endCursor: String }
	type Room { id: ID! name: String! openedAt: DateTime chairs: [Chair!]! shout: String! }
	type Chair { id: ID! room: Room! }
	scalar DateTime`})

var (
	rooms = &schema.Table{Name: "rooms", Columns: []*schema.Column{{Name: "id", Type: field.TypeUUID}, {Name: "name", Type: field.TypeString},
		{Name: "opened_at", Type: field.TypeTime, Nullable: true}}}
	chairs = &schema.Table{Name: "chairs", Columns: []*schema.Column{{Name: "id", Type: field.TypeUUID}, {Name: "room_id", Type: field.TypeUUID}},
		ForeignKeys: []*schema.ForeignKey{{Columns: []*schema.Column{{Name: "room_id"}}, RefTable: rooms}}}
)

func declared(room map[string]compile.Field) compile.Schema {
	return compile.Schema{
		Tables: []*schema.Table{rooms, chairs}, Within: func(string) (string, error) { return "@row.hub_id = @hub", nil },
		Values:    map[string]compile.Value{"hub": {Type: "uuid", Of: func(context.Context) (any, error) { return "the hub", nil }}},
		Arguments: func(_ context.Context, _, _ string, raw map[string]any) (map[string]any, error) { return raw, nil },
		Objects: map[string]*compile.Object{
			"Query": {Fields: map[string]compile.Field{
				"rooms": compile.Page{Rows: compile.Rows{Object: "Room", Order: []compile.Key{
					{By: "@row.name", Kind: paging.Text, Type: "text"}, {By: "@row.id", Kind: paging.ID, Type: "uuid"}}}},
				"room": compile.With{Params: []compile.Param{{Name: "id", Type: "uuid"}}, Field: compile.Lookup{Object: "Room", Where: "@row.id = @id", Missing: "room"},
					Bind: func(_ context.Context, a map[string]any) ([]any, error) { return []any{a["id"]}, nil }},
			}},
			"Room": {Table: "rooms", Fields: room}, "Chair": {Table: "chairs"},
		},
	}
}

var roomFields = map[string]compile.Field{
	"chairs": compile.List{Rows: compile.Rows{Object: "Chair", Where: "@row.room_id = @parent.id", Order: []compile.Key{{By: "@row.id"}}}},
	"shout": compile.Computed{From: "to_json(@row.name)", Write: func(_ context.Context, b, from []byte, _ compile.Selected) ([]byte, error) {
		return append(b, strings.ToUpper(string(from))...), nil
	}},
}

func plan(t *testing.T, s *compile.Schema, document string, variables map[string]any) *compile.Plan {
	t.Helper()
	p, err := s.Compile(operation(t, document), "Query", variables)
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return p
}

func operation(t *testing.T, document string) *ast.OperationDefinition {
	t.Helper()
	doc, err := gqlparser.LoadQueryWithRules(api, document, rules.NewDefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	return doc.Operations[0]
}

func newSchema(t *testing.T) *compile.Schema {
	t.Helper()
	s, err := compile.New(declared(roomFields))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMarks: what Go writes stands where the statement left its mark; anything else in the place of a mark is an error.
func TestMarks(t *testing.T) {
	id := uuid.MustParse("0192bc1d-c2c0-7229-af89-2e8ca85d7c01")
	name := "Wide \"Sky\" \u2603"
	s := newSchema(t)
	p := plan(t, s, `{ room(id: "0192bc1d-c2c0-7229-af89-2e8ca85d7c01") { shout } rooms(first: 1) { pageInfo { endCursor } } }`, nil)
	begin := func() *compile.Run {
		run, err := p.Begin(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	keys := strings.ReplaceAll(fmt.Sprintf("%q", name), "☃", `\u2603`) + "\x03" + id.String()
	run := begin()
	got, err := run.Finish(context.Background(), []byte("{\"room\":{\"shout\":\x010:\"sky\"\x02},\"c\":\x012:"+keys+"\x02}"))
	if want := `{"room":{"shout":"SKY"},"c":"` + (paging.Key{name, id}).Cursor() + `"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	run = begin()
	if got, err = run.Finish(context.Background(), []byte("{\"room\":\x011:\x02}")); err != nil || string(got) != `{"room":null}` || len(run.Missing) != 1 ||
		run.Missing[0].What != "room" || run.Missing[0].Path.String() != "room" {
		t.Errorf("a missing room: %s, %v, %+v", got, err, run.Missing)
	}
	if _, err = begin().Finish(context.Background(), []byte("{\"room\":\x010:\"a\"\x02,\"x\":\x01!\x02}")); !errors.Is(err, compile.ErrHole) {
		t.Errorf("a hole: %v", err)
	}
	for _, broken := range []string{"\x010:", "\x019:\x02", "\x01x\x02", "\x01-1:\x02", "\x012:\x02", "\x012:\"a\"\x02", "\x012:\"a\"\x03b\x02",
		"\x012:" + keys + "\x03\"a\"\x02"} {
		if got, err := begin().Finish(context.Background(), []byte(broken)); err == nil || errors.Is(err, compile.ErrHole) {
			t.Errorf("%q gives %q, %v", broken, got, err)
		}
	}
}

// TestDeclarations: what a declaration names must be there, and what is declared nowhere cannot be compiled.
func TestDeclarations(t *testing.T) {
	d := declared(nil)
	d.Objects["Room"].Table = "sheds"
	if _, err := compile.New(d); err == nil || !strings.Contains(err.Error(), "sheds") {
		t.Errorf("an object in no table: %v", err)
	}
	for name, f := range map[string]compile.Field{
		"@colour":       compile.SQL("@colour"),
		"no column":     compile.Column("colour"),
		"cannot be com": nil,
	} {
		s, err := compile.New(declared(map[string]compile.Field{"shout": f}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Compile(operation(t, `{ rooms { nodes { shout } } }`), "Query", nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var u *compile.Uncompilable
	_, err := newSchema(t).Compile(operation(t, `{ secret }`), "Query", nil)
	if !errors.As(err, &u) || u.Field != "Query.secret" {
		t.Errorf("a field that is declared nowhere: %v", err)
	}
}

// TestShape: operations whose statements differ have different shapes, and values that are parameters shape nothing.
func TestShape(t *testing.T) {
	s := newSchema(t)
	const document = `query ($after: String, $first: Int, $with: Boolean = true) { rooms(first: $first, after: $after) {
			nodes { id ...more @include(if: $with) } pageInfo { endCursor } } }
		fragment more on Room { name openedAt chairs { id room { name } } }`
	op := operation(t, document)
	shape, ok := s.ShapeOf(op)
	if !ok {
		t.Fatal("the shape is too large")
	}
	seen := map[uint64]string{}
	for _, with := range []bool{true, false} {
		for _, after := range []any{nil, "a", "b"} {
			for _, first := range []any{nil, 1, 100} {
				variables := map[string]any{"with": with, "after": after, "first": first}
				sql := plan(t, s, document, variables).SQL
				bits := shape.Of(variables)
				if other, known := seen[bits]; known && other != sql {
					t.Errorf("%v: one shape, two statements", variables)
				}
				seen[bits] = sql
			}
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d shapes, want 4", len(seen))
	}
	var many strings.Builder
	many.WriteString("query (")
	for i := range compile.MaxShaping + 1 {
		fmt.Fprintf(&many, "$v%d: Boolean! ", i)
	}
	many.WriteString(") {")
	for i := range compile.MaxShaping + 1 {
		fmt.Fprintf(&many, " a%d: secret @skip(if: $v%d)", i, i)
	}
	many.WriteString(" }")
	if _, ok := s.ShapeOf(operation(t, many.String())); ok {
		t.Error("more variables than bits are taken for a shape")
	}
}
