package compile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/internal/paging"
)

// Plan is a compiled operation: the statement, and what Go does before and after it. It is safe for concurrent use.
type Plan struct {
	// SQL answers with one row of one text: the operation's data, with marks where Go has something to write.
	SQL string

	schema  *Schema
	params  []source
	binds   []bind
	splices []splice
	once    []once
}

// source says where a parameter's value comes from: a Value of the schema, or a bind (counted from 1).
type source struct {
	name        string
	value       func(ctx context.Context) (any, error)
	bind, index int
}

// bind is a field with parameters.
type bind struct {
	object string
	field  *ast.Field
	values Bind
	count  int
}

type once func(ctx context.Context)

// splice is what Go does where a mark stands: it appends to b what belongs there.
type splice func(ctx context.Context, r *Run, b, payload []byte) ([]byte, error)

// mark begins what Go replaces, "\x01number:payload\x02"; several values of a payload have a sign between them. None of the
// signs can be part of JSON, whose texts escape them.
const (
	mark    = '\x01'
	endMark = '\x02'
	between = '\x03'
)

// ErrHole says that a value which the API promises is not there.
var ErrHole = errors.New("a required value is missing")

// Missing is a row that was asked for and is not there.
type Missing struct {
	What string
	Path ast.Path
}

// Run is one use of a plan.
type Run struct {
	plan      *Plan
	Arguments []any // of the statement
	// Missing are the rows that were asked for and are not there, after Finish.
	Missing []Missing

	decoded []map[string]any // by bind
}

// Compile writes the plan of an operation for the given variables: any of the same Shape may use it. It fails with an
// *Uncompilable.
func (s *Schema) Compile(operation *ast.OperationDefinition, root string, variables map[string]any) (*Plan, error) {
	w := s.writer(variables)
	object := s.Objects[root]
	if object == nil {
		return nil, &Uncompilable{root}
	}
	var t text
	at := place{from: &from{rows: map[string]string{}}, object: object, used: new(bool)}
	w.roots = collect(variables, operation.SelectionSet)
	if err := w.object(&t, at, w.roots); err != nil {
		return nil, err
	}
	return w.plan(&t), nil
}

// CompileRow writes the plan of what is asked of one row of an object; where is SQL about @row.
func (s *Schema) CompileRow(object, where string, asked []ast.SelectionSet, variables map[string]any) (*Plan, error) {
	w := s.writer(variables)
	field := &ast.Field{Name: object, Definition: &ast.FieldDefinition{Type: ast.NonNullNamedType(object, nil)}}
	var t text
	err := Lookup{Object: object, Where: where}.write(w, &t, place{object: s.Objects[object], used: new(bool)}, &selected{field, asked})
	if err != nil {
		return nil, err
	}
	return w.plan(&t), nil
}

func (s *Schema) writer(variables map[string]any) *writer {
	w := &writer{schema: s, variables: variables, values: make(map[string]*param, len(s.Values))}
	for name, v := range s.Values {
		w.values[name] = &param{source: source{name: name, value: v.Of}, typ: v.Type}
	}
	return w
}

func (w *writer) plan(t *text) *Plan {
	return &Plan{SQL: "select " + t.String(), schema: w.schema, params: w.params, binds: w.binds, splices: w.splices, once: w.once}
}

// Alike reports whether everybody with the same values of the names is answered the same: the statement takes no others,
// and nothing of an operation's variables.
func (p *Plan) Alike(names ...string) bool {
	return len(p.binds) == 0 && !slices.ContainsFunc(p.params, func(s source) bool { return !slices.Contains(names, s.name) })
}

// Begin gives the arguments of the statement. With an error the operation is the executor's to refuse.
func (p *Plan) Begin(ctx context.Context, variables map[string]any) (*Run, error) {
	r := &Run{plan: p, Arguments: make([]any, len(p.params)), decoded: make([]map[string]any, len(p.binds))}
	values := make([][]any, len(p.binds))
	for i, b := range p.binds {
		arguments, err := p.schema.Arguments(ctx, b.object, b.field.Name, b.field.ArgumentMap(variables))
		if err != nil {
			return nil, err
		}
		r.decoded[i] = arguments
		if values[i], err = b.values(ctx, arguments); err != nil {
			return nil, err
		}
		if len(values[i]) != b.count {
			return nil, fmt.Errorf("%s.%s binds %d values for %d parameters", b.object, b.field.Name, len(values[i]), b.count)
		}
	}
	for i, s := range p.params {
		if s.bind > 0 {
			r.Arguments[i] = values[s.bind-1][s.index]
			continue
		}
		value, err := s.value(ctx)
		if err != nil {
			return nil, err
		}
		r.Arguments[i] = value
	}
	return r, nil
}

// Finish makes the operation's data of what the statement answered, and records what it shows. It fails with ErrHole
// where the executor must find out what is missing.
func (r *Run) Finish(ctx context.Context, answer []byte) ([]byte, error) {
	if bytes.IndexByte(answer, mark) >= 0 {
		var err error
		if answer, err = r.splice(ctx, answer); err != nil {
			return nil, err
		}
	}
	for _, record := range r.plan.once {
		record(ctx)
	}
	return answer, nil
}

func (r *Run) splice(ctx context.Context, answer []byte) ([]byte, error) {
	if bytes.Contains(answer, []byte("\x01!\x02")) {
		return nil, ErrHole
	}
	b := make([]byte, 0, len(answer)+512)
	for {
		at := bytes.IndexByte(answer, mark)
		if at < 0 {
			return append(b, answer...), nil
		}
		b = append(b, answer[:at]...)
		answer = answer[at+1:]
		end := bytes.IndexByte(answer, endMark)
		if end < 0 {
			return nil, errors.New("a mark without an end in the answer of a compiled statement")
		}
		number, payload, found := bytes.Cut(answer[:end], []byte(":"))
		n, err := strconv.Atoi(string(number))
		if err != nil || !found || n < 0 || n >= len(r.plan.splices) {
			return nil, errors.New("an unknown mark in the answer of a compiled statement")
		}
		if b, err = r.plan.splices[n](ctx, r, b, payload); err != nil {
			return nil, err
		}
		answer = answer[end+1:]
	}
}

func missingSplice(what string, path ast.Path) splice {
	return func(_ context.Context, r *Run, b, _ []byte) ([]byte, error) {
		r.Missing = append(r.Missing, Missing{what, path})
		return append(b, "null"...), nil
	}
}

func recordSplice(record func(ctx context.Context, shown, fields []string), fields []string) splice {
	return func(ctx context.Context, _ *Run, b, payload []byte) ([]byte, error) {
		var shown []string
		for part := range bytes.SplitSeq(payload, []byte(",")) {
			shown = append(shown, string(part))
		}
		record(ctx, shown, fields)
		return b, nil
	}
}

// tell adds the splice that tells of the rows shown.
func (w *writer) tell(each func(ctx context.Context, ids []uuid.UUID)) int {
	w.splices = append(w.splices, func(ctx context.Context, _ *Run, b, payload []byte) ([]byte, error) {
		var ids []uuid.UUID
		for part := range bytes.SplitSeq(payload, []byte(",")) {
			if len(part) == 0 {
				continue
			}
			id, err := uuid.ParseBytes(part)
			if err != nil {
				return nil, fmt.Errorf("read who is shown: %w", err)
			}
			ids = append(ids, id)
		}
		each(ctx, ids)
		return b, nil
	})
	return len(w.splices) - 1
}

func computedSplice(f Computed, selection Selection, bound int) splice {
	return func(ctx context.Context, r *Run, b, payload []byte) ([]byte, error) {
		field := Selected{Selection: selection}
		if bound > 0 {
			field.Arguments = r.decoded[bound-1]
		}
		return f.Write(ctx, b, payload, field)
	}
}

func checked(check func(arguments map[string]any) error) Bind {
	return func(_ context.Context, arguments map[string]any) ([]any, error) { return nil, check(arguments) }
}

// cursorSplice makes a cursor of the keys that a row gave.
func cursorSplice(kinds []paging.Kind) splice {
	return func(_ context.Context, _ *Run, b, payload []byte) ([]byte, error) {
		key := make(paging.Key, 0, len(kinds))
		for raw := range bytes.SplitSeq(payload, []byte{between}) {
			if len(key) == len(kinds) {
				return nil, fmt.Errorf("read the keys of a cursor: more values than the %d keys", len(kinds))
			}
			value, err := keyOf(kinds[len(key)], raw)
			if err != nil {
				return nil, fmt.Errorf("read the keys of a cursor: %w", err)
			}
			key = append(key, value)
		}
		if len(key) != len(kinds) {
			return nil, fmt.Errorf("read the keys of a cursor: %d values for %d keys", len(key), len(kinds))
		}
		b = append(b, '"')
		b = append(b, key.Cursor()...)
		return append(b, '"'), nil
	}
}

func keyOf(kind paging.Kind, raw json.RawMessage) (any, error) {
	switch kind {
	case paging.ID:
		return uuid.ParseBytes(raw)
	case paging.Time:
		micros, err := strconv.ParseInt(string(raw), 10, 64)
		return microseconds(micros), err
	case paging.Whole:
		return strconv.ParseInt(string(raw), 10, 64)
	case paging.Number:
		return strconv.ParseFloat(string(raw), 64)
	default:
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
}

// pageValues are the size of a page and, where the statement takes them, the keys that it begins after.
func pageValues(kinds []paging.Kind, withKeys bool) Bind {
	return func(_ context.Context, arguments map[string]any) ([]any, error) {
		number := func(name string) *int { n, _ := arguments[name].(*int); return n }
		cursor := func(name string) *string { s, _ := arguments[name].(*string); return s }
		page, err := paging.Both(number("first"), cursor("after"), number("last"), cursor("before"), kinds...)
		if err != nil {
			return nil, err
		}
		values := []any{page.Size}
		if !withKeys {
			return values, nil
		}
		if page.From == nil {
			return append(values, make([]any, len(kinds))...), nil
		}
		return append(values, page.From...), nil
	}
}
