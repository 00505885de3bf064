package compile

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/paging"
)

// Schema says where the API's objects are kept. What is declared nowhere follows from Ent's graph: a field is the column
// of its name (nhsNumber, nhs_number), or the row that a foreign key of its name points to (need, need_id).
type Schema struct {
	// Tables are Ent's.
	Tables []*schema.Table
	// Within gives the predicate that narrows a table to the viewer's rows, as SQL about @row, @hub and @trust.
	Within func(table string) (string, error)
	// Objects by their name in the API.
	Objects map[string]*Object
	// Values are those that any expression may name, such as @hub: each once for a statement.
	Values map[string]Value
	// Arguments decodes a field's arguments as the executor does, by its object and its name.
	Arguments func(ctx context.Context, object, field string, raw map[string]any) (map[string]any, error)

	tables  map[string]*schema.Table
	shaping map[string]bool // arguments whose presence shapes the statement
}

// An Object is an object type of the API.
type Object struct {
	// Table is where its rows are; empty: it has none, and each of its fields is declared.
	Table string
	// Within narrows its rows instead of Schema.Within.
	Within string
	// Fields are those that Ent's graph does not give.
	Fields map[string]Field

	name string
}

// Value is a parameter of a statement.
type Value struct {
	// Type is Postgres's.
	Type string
	Of   func(ctx context.Context) (any, error)
}

// Param is a parameter that a field takes into its statement; its SQL names it @name.
type Param struct{ Name, Type string }

// Bind gives the values of a field's Params, in their order, from its arguments. With an error the operation is left to
// the executor, which then says what is wrong with them.
type Bind func(ctx context.Context, arguments map[string]any) ([]any, error)

// Field says how a field is read. In its SQL @row is the row of its object, @parent that of the object above, and every
// other @name a Param of the field or a Value of the Schema.
type Field interface {
	write(w *writer, t *text, at place, f *selected) error
}

// Column is the column of the row with another name than the field's.
type Column string

// SQL is an expression over the row: a scalar of the field's type.
type SQL string

// With is a field whose SQL takes parameters.
type With struct {
	Params []Param
	Bind   Bind
	Field  Field
}

// One is the single row of an object that belongs to this one: by a foreign key of this row's, or where On says.
type One struct {
	Object string
	// On is SQL about @row, the one row, and @parent, this one. Empty: by the foreign key Key, a column of this row's.
	On, Key string
}

// Rows say which rows a list or a page has.
type Rows struct {
	Object string
	// From names the rows where they are not simply those of the object's table: SQL in which @row names the row itself.
	From string
	// Where is SQL about @row and @parent.
	Where string
	// Given are further conditions, by the argument with which they hold: where it is null, nothing.
	Given map[string]string
	// Order ends with something unique.
	Order []Key
}

// Key is a part of an order.
type Key struct {
	// By is SQL about @row, such as @row.name; with Kind as its kind in a cursor.
	By   string
	Kind paging.Kind
	Type string
	Desc bool
}

// List is a plain list.
type List struct {
	Rows
	// Limit bounds it: a number or an @name; empty: it is short by its nature.
	Limit string
	Record
}

// Page is a Relay connection: its arguments are first and after, and last and before where the field has them. Their
// values are bound by the page itself.
type Page struct {
	Rows
	// Also are further columns of the rows by their names, as SQL about From: for Edge and First, which name them @row.name.
	Also map[string]string
	// Edge are fields of the edge beside cursor and node, about @row.
	Edge map[string]Field
	// First are fields of the connection that are read off its first row, and null where it has none.
	First map[string]SQL
	// Itself says that From cuts the page: it takes @after1, @after2 … (null for the first page) and @limit.
	Itself bool
	Record
}

// Record says what is recorded of those who are shown.
type Record struct {
	// Shown is SQL about @row: the id of who is shown. Empty: nothing is recorded for each row.
	Shown string
	// If says whether the selection of the rows shows somebody; nil: it does.
	If func(rows Selection) bool
	// Each is told the ids of the rows that are shown.
	Each func(ctx context.Context, ids []uuid.UUID)
	// Once is told that the list was shown at all.
	Once func(ctx context.Context)
}

// Lookup is one row that the field's arguments or the viewer choose.
type Lookup struct {
	Object, From, Where string
	// Order says which it is where several are found; empty: there is one at most.
	Order []Key
	// Free says that the row is sure to be there, so that it is not read where nothing of it is asked for.
	Free bool
	// Missing is what there is no such of, for NOT_FOUND; empty: null.
	Missing string
	// Shown are values of the row, as an SQL array of text, which Record is told with the names of the selected fields.
	Shown  string
	Record func(ctx context.Context, shown []string, fields []string)
}

// Group is an object that has no row of its own.
type Group struct {
	Object string
	// Alone says that it stands beside no other field of the root: it is not of the viewer's one hub.
	Alone bool
	// If and Once are as in Record.
	If   func(s Selection) bool
	Once func(ctx context.Context)
}

// Computed is a field that Go computes from values of its row, after the statement.
type Computed struct {
	// From is SQL over the row: a jsonb or json value.
	From string
	// Write appends the field's JSON to b.
	Write func(ctx context.Context, b []byte, from []byte, f Selected) ([]byte, error)
	// Check looks at the arguments before the statement runs; nil: there are none.
	Check func(arguments map[string]any) error
}

// Selected is a field that is asked for.
type Selected struct {
	Arguments map[string]any
	Selection Selection
}

// New makes a compiler's schema of its declaration, and fails where that names what Ent's graph has not.
func New(s Schema) (*Schema, error) {
	s.tables, s.shaping = map[string]*schema.Table{}, map[string]bool{"after": true, "before": true, "last": true}
	for _, t := range s.Tables {
		s.tables[t.Name] = t
	}
	for name, o := range s.Objects {
		o.name = name
		if o.Table != "" && s.tables[o.Table] == nil {
			return nil, fmt.Errorf("object %s is kept in %s, which is no table", name, o.Table)
		}
		for _, f := range o.Fields {
			if with, ok := f.(With); ok {
				f = with.Field
			}
			if p, ok := f.(Page); ok {
				for argument := range p.Given {
					s.shaping[argument] = true
				}
			}
		}
	}
	return &s, nil
}

func (s *Schema) hasColumn(table, column string) bool {
	t := s.tables[table]
	if t == nil {
		return false
	}
	_, has := t.Column(column)
	return has
}

// pointsTo is the table that a foreign key of a table points to; empty where there is no such key.
func (s *Schema) pointsTo(table, column string) string {
	t := s.tables[table]
	if t == nil {
		return ""
	}
	for _, k := range t.ForeignKeys {
		if k.Columns[0].Name == column {
			return k.RefTable.Name
		}
	}
	return ""
}

// ColumnName is the name of a field as columns are named: nhsNumber, nhs_number.
func ColumnName(field string) string {
	if strings.IndexFunc(field, unicode.IsUpper) < 0 {
		return field
	}
	var b strings.Builder
	for _, r := range field {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
