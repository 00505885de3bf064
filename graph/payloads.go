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

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/frontdesk"
	domain "liferooms.io/liferooms/internal/person"
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

// payload reads a row again where its selection asks for edges: by its reading, unless that was done with the change; or
// by again.
func payload[T any](ctx context.Context, r *Resolver, name string, x *reading, row *T, id func(*T) uuid.UUID, again func(s selection) (*T, error)) (*T, error) {
	if row == nil {
		return nil, nil
	}
	if x != nil {
		done, err := x.read(ctx, r.Store, row, id(row))
		if done || err != nil {
			return row, err
		}
	}
	s := wanted(ctx).of(name)
	if !s.deep() {
		return row, nil
	}
	full, err := again(s)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	return full, nil
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

// changed runs a change of a row and reads what its payload asks, in one transaction.
func changed[T any](ctx context.Context, r *Resolver, change func(ctx context.Context) (*T, error), read func(ctx context.Context, row *T) (*T, error)) (row *T, err error) {
	err = r.Store.Tx(ctx, func(ctx context.Context) (err error) {
		if row, err = change(ctx); err != nil {
			return err
		}
		row, err = read(ctx, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

func (r *Resolver) visitPayload(ctx context.Context, v *ent.Visit) (*ent.Visit, error) {
	return r.visitRead(ctx, v, r.reading(ctx, "visit", "Visit"))
}

func (r *Resolver) visitRead(ctx context.Context, v *ent.Visit, x *reading) (*ent.Visit, error) {
	return payload(ctx, r, "visit", x, v, func(v *ent.Visit) uuid.UUID { return v.ID }, func(s selection) (*ent.Visit, error) {
		q := r.Store.Client(ctx).Visit.Query().Where(visit.ID(v.ID))
		selectVisit(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) conversationPayload(ctx context.Context, c *ent.Conversation) (*ent.Conversation, error) {
	x := r.reading(ctx, "conversation", "Conversation")
	return payload(ctx, r, "conversation", x, c, func(c *ent.Conversation) uuid.UUID { return c.ID }, func(s selection) (*ent.Conversation, error) {
		q := r.Store.Client(ctx).Conversation.Query().Where(conversation.ID(c.ID))
		selectConversation(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) signpostPayload(ctx context.Context, p *ent.Signpost) (*ent.Signpost, error) {
	x := r.reading(ctx, "signpost", "Signpost")
	return payload(ctx, r, "signpost", x, p, func(p *ent.Signpost) uuid.UUID { return p.ID }, func(s selection) (*ent.Signpost, error) {
		q := r.Store.Client(ctx).Signpost.Query().Where(signpost.ID(p.ID))
		selectSignpost(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) personPayload(ctx context.Context, p *ent.Person) (*ent.Person, error) {
	x := r.reading(ctx, "person", "Person")
	return payload(ctx, r, "person", x, p, func(p *ent.Person) uuid.UUID { return p.ID }, func(s selection) (*ent.Person, error) {
		return r.person(ctx, p.ID, s)
	})
}

// arrive records a visit, and reads what its payload asks of it in the same round trip.
func (r *Resolver) arrive(ctx context.Context, a frontdesk.Arrival) (v *ent.Visit, alreadyHere bool, userErrors []*problem.Problem, err error) {
	if err = checkMutationID(a.ClientMutationID); err == nil {
		x := r.reading(ctx, "visit", "Visit")
		if x != nil {
			a.Also = func(ctx context.Context, b *pgx.Batch, visit uuid.UUID) {
				_ = x.queue(ctx, b, visit) // it cannot be read so, and is read afterwards by the executor, which says why
			}
		}
		if v, alreadyHere, err = r.Desk.Arrive(ctx, a); err == nil {
			v, err = r.visitRead(ctx, v, x)
		}
	}
	userErrors, err = problem.Correctable(err)
	return v, alreadyHere, userErrors, err
}

func (r *Resolver) registerPerson(ctx context.Context, input RegisterPersonInput) (*RegisterPersonPayload, error) {
	details := domain.Details{
		GivenName: domain.To(&input.GivenName), FamilyName: domain.To(&input.FamilyName), PreferredName: change(input.PreferredName),
		Pronouns: change(input.Pronouns), DateOfBirth: change(input.DateOfBirth), Phone: change(input.Phone), Email: change(input.Email),
		Postcode: change(input.Postcode), NHSNumber: change(input.NhsNumber), GPPractice: change(input.GpPractice),
		SafeContact: domain.To(&input.SafeContact), SafeContactNote: change(input.SafeContactNote),
	}
	answer := &RegisterPersonPayload{ClientMutationID: &input.ClientMutationID}
	err := checkMutationID(input.ClientMutationID)
	var made *ent.Person
	if err == nil {
		made, err = r.People.Register(ctx, input.ClientMutationID, details, accessNeeds(input.AccessNeeds))
	}
	if answer.UserErrors, err = problem.Correctable(err); err != nil || len(answer.UserErrors) > 0 {
		return answer, err
	}
	if answer.Person, err = r.personPayload(ctx, made); err != nil {
		return nil, err
	}
	s := wanted(ctx)
	if !s.has("possibleDuplicates") {
		return answer, nil
	}
	matches, err := r.People.Duplicates(ctx, details)
	if err != nil {
		return nil, err
	}
	others := matches[:0]
	for _, m := range matches {
		if m.ID != made.ID {
			others = append(others, m)
		}
	}
	answer.PossibleDuplicates, err = r.peopleInOrder(ctx, others, s.of("possibleDuplicates"))
	return answer, err
}

// change carries an input field that may be left out.
func change[T any](o graphql.Omittable[*T]) domain.Change[*T] {
	v, set := o.ValueOK()
	return domain.Change[*T]{Set: set, Value: v}
}

func accessNeeds(inputs []*AccessNeedInput) []domain.AccessNeed {
	needs := make([]domain.AccessNeed, len(inputs))
	for i, n := range inputs {
		needs[i] = domain.AccessNeed{Code: n.Code, Note: n.Note.Value()}
	}
	return needs
}
