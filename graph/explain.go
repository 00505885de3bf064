package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/store"
)

// Explanation is how an operation is run.
type Explanation struct {
	// Operation is its name, empty where it has none.
	Operation string
	// SQL is its statement; empty where it is interpreted.
	SQL string
	// Because says why it is interpreted.
	Because string

	execution *execution
	context   *graphql.OperationContext
	plan      *compile.Plan
}

// Explain says how the operations of a document are run, the way the variables shape them.
func Explain(r *Resolver, document string, variables map[string]any) ([]*Explanation, error) {
	e := newExecution(r, nil)
	doc, invalid := gqlparser.LoadQueryWithRules(e.Schema(), document, rules.NewDefaultRules())
	if invalid != nil {
		return nil, fmt.Errorf("the document does not fit the API: %w", invalid)
	}
	var all []*Explanation
	for _, operation := range doc.Operations {
		op := &graphql.OperationContext{Doc: doc, Operation: operation, Variables: variables}
		if coerced, err := validator.VariableValues(e.Schema(), operation, variables); err == nil {
			op.Variables = coerced // else some are missing, and Run says so
		}
		p, _ := e.plan(op)
		x := &Explanation{Operation: operation.Name, Because: p.because, execution: e, context: op, plan: p.Plan}
		if x.plan != nil {
			x.SQL = x.plan.SQL
		}
		all = append(all, x)
	}
	return all, nil
}

// Run runs the statement within EXPLAIN ANALYZE, as the viewer of ctx, and gives Postgres's plan line by line. It fails
// where the viewer may not read what the operation asks for.
func (x *Explanation) Run(ctx context.Context, s *store.Store) ([]string, error) {
	ctx, denied := x.execution.permit(ctx, x.context)
	if len(denied) > 0 {
		return nil, denied
	}
	run, err := x.plan.Begin(ctx, x.context.Variables)
	if err != nil {
		return nil, fmt.Errorf("the variables cannot be used: %w", err)
	}
	// The first run reads what Postgres keeps for each connection of the tables and indexes; the second is as in service.
	var lines []string
	for range 2 {
		if lines, err = store.Collect(ctx, s, pgx.RowTo[string], "explain (analyze, costs off, timing off) "+x.SQL, run.Arguments...); err != nil {
			return nil, fmt.Errorf("explain: %w", err)
		}
	}
	return lines, nil
}

// Compile compiles the operation anew, to see how long that takes.
func (x *Explanation) Compile() error {
	x.execution.plans.Purge()
	p, _ := x.execution.plan(x.context)
	if p.because != "" {
		return fmt.Errorf("not compiled: %s", p.because)
	}
	return nil
}
