package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// A mutation answers with the row that it changed. Where the caller asks for more than the row itself, all that is asked
// is read by one compiled statement, in the mutation's own transaction, and goes into the answer as it is. Where it cannot
// be compiled, the row is read again with its edges.

// rowsKey holds the rows that an operation's compiled statements have read.
type rowsKey struct{}

type readRows struct {
	execution *execution
	mu        sync.Mutex
	json      map[any][]byte // by the row, as Ent's pointer
}

func withRows(ctx context.Context, e *execution) context.Context {
	return context.WithValue(ctx, rowsKey{}, &readRows{execution: e, json: map[any][]byte{}})
}

// alreadyRead gives a row's JSON where a compiled statement has read it. The executor asks it for each row of a mutation's
// answer (graph/generate).
func alreadyRead(ctx context.Context, row any) graphql.Marshaler {
	rows, ok := ctx.Value(rowsKey{}).(*readRows)
	if !ok {
		return nil
	}
	rows.mu.Lock()
	defer rows.mu.Unlock()
	json, ok := rows.json[row]
	if !ok {
		return nil
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(json) }) // into the response's own buffer, which does not fail
}

// reading is the statement that reads what a payload asks of its row.
type reading struct {
	rows      *readRows
	plan      *compile.Plan
	variables map[string]any

	id     uuid.UUID // of the row that was read
	run    *compile.Run
	answer []byte
}

// reading compiles what the payload of the mutation being resolved asks of the row in its field; nil where that is no
// more than the row itself, or cannot be compiled.
func (r *Resolver) reading(ctx context.Context, field, object string) *reading {
	rows, ok := ctx.Value(rowsKey{}).(*readRows)
	if !ok {
		return nil
	}
	fc, op := graphql.GetFieldContext(ctx), graphql.GetOperationContext(ctx)
	var asked []ast.SelectionSet
	key, deep := "", false
	for _, f := range fields(fc.Field.Selections, op.Variables) {
		switch {
		case f.Name != field:
			continue
		case key != "" && key != f.Alias:
			return nil // the row twice, each time with other fields
		}
		key = f.Alias
		asked = append(asked, f.SelectionSet)
		deep = deep || selectionOf(f.SelectionSet, op.Variables).deep()
	}
	if !deep {
		return nil
	}
	p, _ := rows.execution.planOf(op, fc.Field.Field, func() (*compile.Plan, error) {
		return rows.execution.schema.CompileRow(object, "@row.id = @changed", asked, op.Variables)
	})
	if p.because != "" {
		return nil
	}
	return &reading{rows: rows, plan: p.Plan, variables: op.Variables}
}

// changedKey holds the id of the row that a reading reads.
type changedKey struct{}

// queue adds the statement to those that change the row.
func (x *reading) queue(ctx context.Context, b *pgx.Batch, id uuid.UUID) error {
	run, err := x.plan.Begin(context.WithValue(ctx, changedKey{}, id), x.variables)
	if err != nil {
		return err
	}
	x.id, x.run, x.answer = id, run, nil
	store.QueueText(b, &x.answer, x.plan.SQL, run.Arguments)
	return nil
}

// read puts the JSON of a row in its place; done is false where the executor must find out what is wrong.
func (x *reading) read(ctx context.Context, s *store.Store, row any, id uuid.UUID) (done bool, err error) {
	if x.answer == nil || x.id != id {
		var b pgx.Batch
		if err := x.queue(ctx, &b, id); err != nil {
			return false, nil // the arguments; the executor says what is wrong with them
		}
		if err := s.Send(ctx, &b); err != nil {
			return false, fmt.Errorf("read what was changed: %w", err)
		}
	}
	json, err := x.run.Finish(ctx, x.answer)
	if errors.Is(err, compile.ErrHole) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what was changed: %w", err)
	}
	x.rows.mu.Lock()
	defer x.rows.mu.Unlock()
	x.rows.json[row] = json
	return true, nil
}

// changed runs a change of a row; what its payload asks of the row is read in the same transaction, in the round trip of its
// commit.
func changed[T any](ctx context.Context, r *Resolver, k kind[T], change func(ctx context.Context) (*T, error)) (*T, error) {
	x := r.reading(ctx, k.field, k.object)
	var row *T
	err := r.Store.Tx(ctx, func(ctx context.Context) (err error) {
		if row, err = change(ctx); err != nil || row == nil || x == nil {
			return err
		}
		var b pgx.Batch
		if x.queue(ctx, &b, k.id(row)) != nil {
			return nil // it cannot be read so, and is read afterwards by the executor, which says why
		}
		return r.Store.Defer(ctx, &b)
	})
	if err != nil {
		return nil, err
	}
	return k.read(ctx, r, row, x)
}

// kind is a kind of row that mutations answer with.
type kind[T any] struct {
	// field of the payload, and object of the API.
	field, object string
	id            func(*T) uuid.UUID
	// again reads a row with what is asked of it, by Ent.
	again func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*T, error)
}

// payload reads what a payload asks of a row that was changed before.
func (k kind[T]) payload(ctx context.Context, r *Resolver, row *T) (*T, error) {
	return k.read(ctx, r, row, r.reading(ctx, k.field, k.object))
}

// read gives the row with what is asked of it: by its reading, unless that was done with the change; or by Ent.
func (k kind[T]) read(ctx context.Context, r *Resolver, row *T, x *reading) (*T, error) {
	if row == nil {
		return nil, nil
	}
	if x != nil {
		if done, err := x.read(ctx, r.Store, row, k.id(row)); done || err != nil {
			return row, err
		}
	}
	s := wanted(ctx).of(k.field)
	if !s.deep() {
		return row, nil
	}
	full, err := k.again(ctx, r, k.id(row), s)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	return full, nil
}

// checkMutationID bounds what a client calls a request that creates.
func checkMutationID(id string) error {
	if n := len([]rune(id)); n < 1 || n > 100 || len(id) > 100 {
		return problem.Field("clientMutationId", "clientMutationId must have 1 to 100 characters, new for each thing that is made.")
	}
	return nil
}
