package graph

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

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

	plan      *compile.Plan
	variables map[string]any
}

// Explain says how the operations of a document are run. Variables that are missing and required are taken as given.
func Explain(r *Resolver, document string, variables map[string]any) ([]*Explanation, error) {
	e := newExecution(r, nil)
	doc, invalid := gqlparser.LoadQuery(e.Schema(), document)
	if invalid != nil {
		return nil, invalid
	}
	var all []*Explanation
	for _, operation := range doc.Operations {
		x := &Explanation{Operation: operation.Name, variables: variables}
		if coerced, err := validator.VariableValues(e.Schema(), operation, variables); err == nil {
			x.variables = coerced
		}
		switch plan, err := e.schema.Compile(operation, "Query", x.variables); {
		case operation.Operation != ast.Query:
			x.Because = BecauseKind
		case err != nil:
			x.Because = reasonOf(err)
		default:
			x.SQL, x.plan = plan.SQL, plan
		}
		all = append(all, x)
	}
	return all, nil
}

// Run runs the statement within EXPLAIN, as the viewer of ctx, and gives Postgres's plan line by line.
func (x *Explanation) Run(ctx context.Context, s *store.Store) ([]string, error) {
	run, err := x.plan.Begin(ctx, x.variables)
	if err != nil {
		return nil, fmt.Errorf("the variables cannot be used: %w", err)
	}
	return store.Collect(ctx, s, pgx.RowTo[string], "explain (analyze, buffers, costs off, settings) "+x.SQL, run.Arguments...)
}
