package compile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"entgo.io/ent/schema/field"
	"github.com/vektah/gqlparser/v2/ast"
)

// Uncompilable is a field that has no place in Ent's graph and no declaration.
type Uncompilable struct {
	// Field is Type.field.
	Field string
}

func (u *Uncompilable) Error() string { return u.Field + " cannot be compiled" }

// writer writes one statement.
type writer struct {
	schema    *Schema
	variables map[string]any // only whether they are there, and those of @skip and @include, may shape the statement
	roots     Selection
	path      ast.Path // of the field that is being written; no further than the first list

	rows    int // how many aliases were given
	params  []source
	values  map[string]*param // of Schema.Values
	binds   []bind
	splices []splice
	once    []once
}

// from is a FROM clause under way: rows that belong to one another join it.
type from struct {
	joins strings.Builder
	rows  map[string]string // aliases by what they are joined for
}

// place is where a field stands.
type place struct {
	from        *from
	object      *Object
	row, parent string
	used        *bool             // whether the row is referred to
	names       map[string]*param // parameters by name
}

// param is a parameter of a field; it is one of the statement's where something refers to it.
type param struct {
	source
	typ, sql string
}

func (w *writer) alias() string {
	w.rows++
	return "t" + strconv.Itoa(w.rows)
}

// use gives a parameter as SQL.
func (w *writer) use(p *param) string {
	if p.sql == "" {
		w.params = append(w.params, p.source)
		p.sql = "$" + strconv.Itoa(len(w.params)) + "::" + p.typ
	}
	return p.sql
}

// fill writes a declared expression: @row, @parent and parameters get their names.
func (w *writer) fill(sql string, at place) (string, error) {
	if !strings.Contains(sql, "@") {
		return sql, nil
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(sql, '@')
		if i < 0 {
			b.WriteString(sql)
			return b.String(), nil
		}
		b.WriteString(sql[:i])
		sql = sql[i+1:]
		end := strings.IndexFunc(sql, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_') })
		if end < 0 {
			end = len(sql)
		}
		name := sql[:end]
		sql = sql[end:]
		switch p := at.names[name]; {
		case name == "row":
			if at.used != nil {
				*at.used = true
			}
			b.WriteString(at.row)
		case name == "parent":
			b.WriteString(at.parent)
		case name == "limit" && at.names["size"] != nil:
			b.WriteString(w.use(at.names["size"]) + " + 1")
		case p != nil:
			b.WriteString(w.use(p))
		case w.values[name] != nil:
			b.WriteString(w.use(w.values[name]))
		default:
			return "", fmt.Errorf("an expression of %s names @%s, which is nothing", at.object.name, name)
		}
	}
}

// within is the predicate of an object's rows, and what else must hold.
func (w *writer) within(at place, also ...string) (string, error) {
	var parts []string
	switch {
	case at.object.Within != "":
		parts = append(parts, at.object.Within)
	case at.object.Table != "":
		scope, err := w.schema.Within(at.object.Table)
		if err != nil {
			return "", err
		}
		parts = append(parts, scope)
	}
	for _, condition := range also {
		if condition != "" {
			parts = append(parts, condition)
		}
	}
	return w.fill(strings.Join(parts, " and "), at)
}

func (w *writer) object(t *text, at place, s Selection) error {
	t.lit("{")
	for i, f := range s.fields {
		if i > 0 {
			t.lit(",")
		}
		t.lit(`"` + f.Alias + `":`)
		depth := len(w.path)
		w.path = append(w.path, ast.PathName(f.Alias))
		if err := w.value(t, at, f); err != nil {
			return err
		}
		w.path = w.path[:depth]
	}
	t.lit("}")
	return nil
}

func (w *writer) value(t *text, at place, f *selected) error {
	if f.Name == "__typename" {
		t.lit(`"` + at.object.name + `"`)
		return nil
	}
	if declared := at.object.Fields[f.Name]; declared != nil {
		return declared.write(w, t, at, f)
	}
	column := ColumnName(f.Name)
	if w.schema.hasColumn(at.object.Table, column) && len(f.SelectionSet) == 0 {
		return Column(column).write(w, t, at, f)
	}
	if w.schema.pointsTo(at.object.Table, column+"_id") != "" && w.schema.Objects[f.Definition.Type.Name()] != nil {
		return One{Object: f.Definition.Type.Name(), Key: column + "_id"}.write(w, t, at, f)
	}
	return &Uncompilable{at.object.name + "." + f.Name}
}

func (c Column) write(w *writer, t *text, at place, f *selected) error {
	column, ok := w.schema.tables[at.object.Table].Column(string(c))
	if !ok {
		return fmt.Errorf("%s.%s is declared as the column %s, which is none", at.object.name, f.Name, c)
	}
	*at.used = true
	w.scalar(t, f.Definition.Type, at.row+"."+string(c), column.Nullable, column.Type == field.TypeEnum)
	return nil
}

func (s SQL) write(w *writer, t *text, at place, f *selected) error {
	sql, err := w.fill(string(s), at)
	if err != nil {
		return err
	}
	w.scalar(t, f.Definition.Type, "("+sql+")", true, false)
	return nil
}

// hole is written where the API promises a value and there is none. The whole operation is then left to the executor,
// which nulls the right parent and says where.
const hole = `E'\x01!\x02'`

// scalar writes a value in the format of the API.
func (w *writer) scalar(t *text, typ *ast.Type, sql string, nullable, enum bool) {
	if typ.Elem != nil { // a list of scalars is kept as jsonb, and an empty one as nothing
		t.expr("coalesce(nullif(", sql, ", 'null')::text, '[]')")
		return
	}
	open, shut, form := "", "", sql+"::text"
	switch name := typ.NamedType; {
	case name == "Int" || name == "Float" || name == "Boolean":
	case name == "DateTime":
		open, shut, form = `"`, `"`, "to_char("+sql+" at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
	case name == "ID" || name == "Date" || enum: // letters, digits and dashes
		open, shut = `"`, `"`
	default:
		form = "to_json(" + sql + ")::text"
	}
	switch {
	case !nullable:
		t.lit(open)
		t.expr(form)
		t.lit(shut)
	default:
		missing := "'null'"
		if typ.NonNull {
			missing = hole
		}
		if open != "" {
			form = `'"' || ` + form + ` || '"'`
		}
		t.expr("coalesce(", form, ", ", missing, ")")
	}
}

func (f With) write(w *writer, t *text, at place, s *selected) error {
	at.names = w.bind(f.Params, f.Bind, at, s)
	return f.Field.write(w, t, at, s)
}

// bind adds the parameters of a field, whose values are known when the statement runs.
func (w *writer) bind(params []Param, values Bind, at place, f *selected) map[string]*param {
	names := make(map[string]*param, len(params)+len(at.names))
	maps.Copy(names, at.names)
	w.binds = append(w.binds, bind{object: at.object.name, field: f.Field, values: values, count: len(params)})
	for i, p := range params {
		names[p.Name] = &param{source: source{bind: len(w.binds), index: i}, typ: p.Type}
	}
	return names
}

func (f Group) write(w *writer, t *text, at place, s *selected) error {
	if f.Alone && slices.ContainsFunc(w.roots.fields, func(other *selected) bool { return other.Name != s.Name }) {
		return &Uncompilable{at.object.name + "." + s.Name}
	}
	inner := collect(w.variables, s.sets...)
	if f.Once != nil && (f.If == nil || f.If(inner)) {
		w.once = append(w.once, f.Once)
	}
	return w.object(t, place{object: w.schema.Objects[f.Object], names: at.names, used: new(bool)}, inner)
}

func (f One) write(w *writer, t *text, at place, s *selected) error {
	object := w.schema.Objects[f.Object]
	*at.used = true
	on := f.On
	if on == "" {
		on = "@row.id = @parent." + f.Key
	}
	row, known := at.from.rows[at.row+" "+on]
	inner := place{from: at.from, object: object, row: row, parent: at.row, used: new(bool), names: at.names}
	if !known {
		inner.row = w.alias()
		at.from.rows[at.row+" "+on] = inner.row
		condition, err := w.within(inner, on)
		if err != nil {
			return err
		}
		fmt.Fprintf(&at.from.joins, "\n  left join %s %s on %s", object.Table, inner.row, condition)
	}
	var one text
	if err := w.object(&one, inner, collect(w.variables, s.sets...)); err != nil {
		return err
	}
	missing := "'null'"
	if s.Definition.Type.NonNull {
		missing = hole
	}
	t.expr("case when ", inner.row, ".id is null then ", missing, " else ", one.String(), " end")
	return nil
}

// below is the place of an object's rows under a FROM clause of their own.
func (w *writer) below(at place, object string) place {
	return place{from: &from{rows: map[string]string{}}, object: w.schema.Objects[object], row: w.alias(), parent: at.row, used: new(bool), names: at.names}
}

// source names the rows of a list or page.
func (w *writer) source(rows Rows, at, inner place) (table, where string, err error) {
	if strings.Contains(rows.Where+rows.From, "@parent") {
		*at.used = true
	}
	table = inner.object.Table + " " + inner.row
	if rows.From != "" {
		if table, err = w.fill(rows.From, inner); err != nil {
			return "", "", err
		}
	}
	where, err = w.within(inner, rows.Where)
	return table, where, err
}

// order gives an ORDER BY; upside down where backward.
func (w *writer) order(keys []Key, at place, backward bool) (string, error) {
	parts := make([]string, len(keys))
	for i, k := range keys {
		sql, err := w.fill(k.By, at)
		if err != nil {
			return "", err
		}
		parts[i] = sql
		if k.Desc != backward {
			parts[i] += " desc"
		}
	}
	return strings.Join(parts, ", "), nil
}

func (f List) write(w *writer, t *text, at place, s *selected) error {
	inner := w.below(at, f.Object)
	table, where, err := w.source(f.Rows, at, inner)
	if err != nil {
		return err
	}
	order, err := w.order(f.Order, inner, false)
	if err != nil {
		return err
	}
	rows := collect(w.variables, s.sets...)
	var row text
	if err := w.object(&row, inner, rows); err != nil {
		return err
	}
	shown, err := w.shown(f.Record, inner, rows)
	if err != nil {
		return err
	}
	if f.Limit != "" {
		limit, err := w.fill(f.Limit, inner)
		if err != nil {
			return err
		}
		keys, named, err := w.keys(f.Order, inner)
		if err != nil {
			return err
		}
		table = fmt.Sprintf("(\n  select %s.*%s\n  from %s\n  where %s\n  order by %s limit %s) %s", inner.row, keys, table, where, order, limit, inner.row)
		where, order = "", orderBy(named, f.Order)
	}
	if where != "" {
		where = "\nwhere " + where
	}
	t.expr("(\nselect '[' || coalesce(string_agg(", row.String(), ", ',' order by ", order, "), '') || ']'")
	if shown != "" {
		t.sql.WriteString(" || " + w.mark(w.tell(f.Each)) + " || coalesce(string_agg(" + shown + "::text, ',' order by " + order + `), '') || E'\x02'`)
	}
	t.sql.WriteString("\nfrom " + table + inner.from.joins.String() + where + ")")
	return nil
}

// keys are the keys of an order as further columns of a subquery, k1, k2, …, and their names outside it.
func (w *writer) keys(order []Key, at place) (columns string, named []string, err error) {
	var b strings.Builder
	for i, k := range order {
		sql, err := w.fill(k.By, at)
		if err != nil {
			return "", nil, err
		}
		name := "k" + strconv.Itoa(i+1)
		b.WriteString(", " + sql + " as " + name)
		named = append(named, at.row+"."+name)
	}
	return b.String(), named, nil
}

func orderBy(named []string, order []Key) string {
	parts := slices.Clone(named)
	for i, k := range order {
		if k.Desc {
			parts[i] += " desc"
		}
	}
	return strings.Join(parts, ", ")
}

// shown is the SQL of who a row shows, empty where nothing of it is recorded.
func (w *writer) shown(r Record, at place, rows Selection) (string, error) {
	if r.If != nil && !r.If(rows) {
		return "", nil
	}
	if r.Once != nil {
		w.once = append(w.once, r.Once)
	}
	if r.Shown == "" {
		return "", nil
	}
	return w.fill(r.Shown, at)
}

func (f Lookup) write(w *writer, t *text, at place, s *selected) error {
	inner := w.below(at, f.Object)
	fields := collect(w.variables, s.sets...)
	var row text
	if err := w.object(&row, inner, fields); err != nil {
		return err
	}
	if f.Record != nil {
		shown, err := w.fill(f.Shown, inner)
		if err != nil {
			return err
		}
		w.splices = append(w.splices, recordSplice(f.Record, fields.Names()))
		row.lit(w.markText(len(w.splices) - 1))
		row.expr("array_to_string(", shown, ", ',', '')")
		row.lit("\x02")
	}
	missing := "'null'"
	if s.Definition.Type.NonNull {
		missing = hole
	}
	if f.Missing != "" {
		w.splices = append(w.splices, missingSplice(f.Missing, slices.Clone(w.path)))
		missing = w.mark(len(w.splices)-1) + ` || E'\x02'`
	}
	if f.Free && !*inner.used {
		t.expr(row.String())
		return nil
	}
	table, where, err := w.source(Rows{Object: f.Object, From: f.From, Where: f.Where}, at, inner)
	if err != nil {
		return err
	}
	if where != "" {
		where = "\nwhere " + where
	}
	order, err := w.order(f.Order, inner, false)
	if err != nil {
		return err
	}
	if order != "" {
		order = " order by " + order
	}
	t.expr("coalesce((\nselect ", row.String(), "\nfrom ", table, inner.from.joins.String(), where, order, " limit 1), ", missing, ")")
	return nil
}

func (f Computed) write(w *writer, t *text, at place, s *selected) error {
	from, err := w.fill(f.From, at)
	if err != nil {
		return err
	}
	if strings.Contains(f.From, "@row") {
		*at.used = true
	}
	bound := 0
	if f.Check != nil {
		w.bind(nil, checked(f.Check), at, s)
		bound = len(w.binds)
	}
	w.splices = append(w.splices, computedSplice(f, collect(w.variables, s.sets...), bound))
	t.lit(w.markText(len(w.splices) - 1))
	t.expr("coalesce((", from, ")::text, 'null')")
	t.lit("\x02")
	return nil
}

// markText begins what Go writes after the statement; \x02 ends it.
func (w *writer) markText(splice int) string { return "\x01" + strconv.Itoa(splice) + ":" }

func (w *writer) mark(splice int) string { return `E'\x01` + strconv.Itoa(splice) + `:'` }
