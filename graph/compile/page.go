package compile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/internal/paging"
)

func (f Page) write(w *writer, t *text, at place, s *selected) error {
	p := page{Page: f, w: w, field: s, fields: collect(w.variables, s.sets...)}
	return p.write(t, at)
}

// page is a connection under way.
type page struct {
	Page
	w      *writer
	field  *selected
	fields Selection

	inner    place
	rows     string   // the subquery of rows
	columns  []string // its columns
	size     string   // the parameter
	from     bool     // a cursor is given
	backward bool
}

func (p *page) write(t *text, at place) error {
	w := p.w
	given := func(name string) bool { // as the shape of the variables says
		return p.field.Definition.Arguments.ForName(name) != nil && p.field.ArgumentMap(w.variables)[name] != nil
	}
	p.backward = given("last") || given("before")
	p.from = given("after") || given("before")

	kinds := make([]paging.Kind, len(p.Order))
	params := []Param{{"size", "int"}}
	for i, k := range p.Order {
		kinds[i] = k.Kind
		if p.from || p.Itself {
			params = append(params, Param{"after" + strconv.Itoa(i+1), k.Type})
		}
	}
	at.names = w.bind(params, pageValues(kinds, len(params) > 1), at, p.field)
	p.size = w.use(at.names["size"])

	inner := w.below(at, p.Object)
	table, where, err := w.source(p.Rows, at, inner)
	if err != nil {
		return err
	}
	for _, argument := range slices.Sorted(maps.Keys(p.Given)) {
		if given(argument) {
			condition, err := w.fill(p.Given[argument], inner)
			if err != nil {
				return err
			}
			where += " and " + condition
		}
	}
	p.inner, p.rows = inner, w.alias()
	keys, named, err := w.keys(p.Order, inner)
	if err != nil {
		return err
	}
	order, err := w.order(p.Order, inner, p.backward)
	if err != nil {
		return err
	}
	cut := where
	if p.from && !p.Itself {
		after, err := p.after()
		if err != nil {
			return err
		}
		cut += " and " + after
	}
	for _, name := range slices.Sorted(maps.Keys(p.Also)) {
		sql, err := w.fill(p.Also[name], inner)
		if err != nil {
			return err
		}
		keys += ", " + sql + " as " + name
	}
	rows := fmt.Sprintf("(\n  select %s.*%s\n  from %s\n  where %s\n  order by %s limit %s + 1) %s", inner.row, keys, table, cut, order, p.size, inner.row)

	var connection text
	if err := p.connection(&connection, named, table, where); err != nil {
		return err
	}
	if len(p.columns) == 0 { // no row is shown, and yet they are one page: an aggregate says so, by nothing
		connection.expr("left(count(*)::text, 0)")
	}
	t.expr("(\nselect ", connection.String(), "\nfrom (\n  select ", strings.Join(append(p.columns, named...), ", "),
		"\n  from ", rows, inner.from.joins.String(), "\n  order by ", orderBy(named, p.Order), ") ", p.rows, ")")
	return nil
}

// after compares rows as a whole with the cursor, which an index on the keys answers by one range.
func (p *page) after() (string, error) {
	columns, values := make([]string, len(p.Order)), make([]string, len(p.Order))
	for i, k := range p.Order {
		sql, err := p.w.fill(k.By, p.inner)
		if err != nil {
			return "", err
		}
		columns[i], values[i] = sql, p.w.use(p.inner.names["after"+strconv.Itoa(i+1)])
	}
	sign := ">"
	if p.Order[0].Desc != p.backward {
		sign = "<"
	}
	return fmt.Sprintf("(%s) %s (%s)", strings.Join(columns, ", "), sign, strings.Join(values, ", ")), nil
}

// column adds a column to the subquery of rows, and gives those of the page put together.
func (p *page) column(sql, separator string) string {
	p.columns = append(p.columns, sql+" as c"+strconv.Itoa(len(p.columns)+1))
	slice := "[1:" + p.size + "]"
	if p.backward {
		slice = "[greatest(count(*)::int - " + p.size + ", 0) + 1:]"
	}
	return "coalesce(array_to_string((array_agg(" + p.rows + ".c" + strconv.Itoa(len(p.columns)) + "))" + slice + ", '" + separator + "'), '')"
}

func (p *page) connection(t *text, named []string, table, where string) error {
	w := p.w
	var rows []ast.SelectionSet
	t.lit("{")
	for i, f := range p.fields.fields {
		if i > 0 {
			t.lit(",")
		}
		t.lit(`"` + f.Alias + `":`)
		switch f.Name {
		case "__typename":
			t.lit(`"` + f.ObjectDefinition.Name + `"`)
		case "nodes":
			rows = append(rows, f.sets...)
			var node text
			if err := w.object(&node, p.inner, collect(w.variables, f.sets...)); err != nil {
				return err
			}
			t.lit("[")
			t.expr(p.column(node.String(), ","))
			t.lit("]")
		case "edges":
			edge, nodes, err := p.edge(collect(w.variables, f.sets...), named)
			if err != nil {
				return err
			}
			rows = append(rows, nodes...)
			t.lit("[")
			t.expr(p.column(edge, ","))
			t.lit("]")
		case "pageInfo":
			p.info(t, collect(w.variables, f.sets...))
		case "totalCount":
			t.expr("(\nselect count(*) from ", table, "\nwhere ", where, ")::text")
		default:
			first, ok := p.First[f.Name]
			if !ok {
				return &Uncompilable{f.ObjectDefinition.Name + "." + f.Name}
			}
			if err := p.first(t, first, f); err != nil {
				return err
			}
		}
	}
	t.lit("}")
	shown, err := w.shown(p.Record, p.inner, collect(w.variables, rows...))
	if err != nil || shown == "" {
		return err
	}
	t.lit(w.markText(w.tell(p.Each)))
	t.expr(p.column(shown+"::text", ","))
	t.lit("\x02")
	return nil
}

// first writes a value of the first row.
func (p *page) first(t *text, value SQL, f *selected) error {
	sql, err := p.w.fill(string(value), p.inner)
	if err != nil {
		return err
	}
	p.columns = append(p.columns, sql+" as c"+strconv.Itoa(len(p.columns)+1))
	p.w.scalar(t, f.Definition.Type, "(array_agg("+p.rows+".c"+strconv.Itoa(len(p.columns))+"))[1]", true, false)
	return nil
}

func (p *page) edge(fields Selection, named []string) (sql string, nodes []ast.SelectionSet, err error) {
	w := p.w
	var t text
	t.lit("{")
	for i, f := range fields.fields {
		if i > 0 {
			t.lit(",")
		}
		t.lit(`"` + f.Alias + `":`)
		switch f.Name {
		case "__typename":
			t.lit(`"` + f.ObjectDefinition.Name + `"`)
		case "node":
			nodes = append(nodes, f.sets...)
			if err := w.object(&t, p.inner, collect(w.variables, f.sets...)); err != nil {
				return "", nil, err
			}
		case "cursor":
			p.cursor(&t, named)
		default:
			declared, ok := p.Edge[f.Name]
			if !ok {
				return "", nil, &Uncompilable{f.ObjectDefinition.Name + "." + f.Name}
			}
			if err := declared.write(w, &t, p.inner, f); err != nil {
				return "", nil, err
			}
		}
	}
	t.lit("}")
	return t.String(), nodes, nil
}

// cursor writes the keys of a row for Go to make a cursor of: there is one place that knows how cursors are made.
func (p *page) cursor(t *text, keys []string) {
	kinds := make([]paging.Kind, len(p.Order))
	for i, k := range p.Order {
		kinds[i] = k.Kind
	}
	p.w.splices = append(p.w.splices, cursorSplice(kinds))
	t.lit(p.w.markText(len(p.w.splices) - 1))
	for i, k := range p.Order {
		if i > 0 {
			t.lit(string(between))
		}
		switch k.Kind {
		case paging.Time:
			t.expr("(extract(epoch from ", keys[i], ") * 1000000)::bigint::text")
		case paging.Text:
			t.expr("to_json(", keys[i], ")::text")
		default:
			t.expr(keys[i], "::text")
		}
	}
	t.lit("\x02")
}

func (p *page) info(t *text, fields Selection) {
	more := "(count(*) > " + p.size + ")::text"
	first, last := "1", "least(count(*)::int, "+p.size+")"
	if p.backward {
		first, last = "greatest(count(*)::int - "+p.size+", 0) + 1", "count(*)::int"
	}
	t.lit("{")
	for i, f := range fields.fields {
		if i > 0 {
			t.lit(",")
		}
		t.lit(`"` + f.Alias + `":`)
		switch {
		case f.Name == "__typename":
			t.lit(`"PageInfo"`)
		case f.Name == "hasNextPage" && !p.backward, f.Name == "hasPreviousPage" && p.backward:
			t.expr(more)
		case f.Name == "hasNextPage", f.Name == "hasPreviousPage":
			t.lit(strconv.FormatBool(p.from))
		default:
			at := first
			if f.Name == "endCursor" {
				at = last
			}
			keys := make([]string, len(p.Order))
			for i := range keys {
				keys[i] = "(array_agg(" + p.rows + ".k" + strconv.Itoa(i+1) + "))[" + at + "]"
			}
			var c text
			p.cursor(&c, keys)
			t.expr("case when count(*) = 0 then 'null' else ", c.String(), " end")
		}
	}
	t.lit("}")
}
