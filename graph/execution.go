package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// How an operation was run.
const (
	// CompiledHit: as one statement, whose plan was known.
	CompiledHit RunResult = "hit"
	// CompiledMiss: as one statement, which was compiled for it.
	CompiledMiss RunResult = "miss"
	// Interpreted: by gqlgen's executor over Ent, field by field.
	Interpreted RunResult = "fallback"
)

// RunResult is one of the above.
type RunResult string

// Run tells how one operation was run.
type Run struct {
	Result RunResult
	// Because says why an operation was interpreted, in few and bounded words: the field that cannot be compiled, as
	// Type.field; "arguments" where they cannot be used, which the executor then says; "off"; "subscription".
	Because string
}

// Option changes how operations run.
type Option func(*execution)

// WithoutCompiler leaves every operation to gqlgen's executor over Ent: the second opinion on what is compiled.
func WithoutCompiler() Option { return func(e *execution) { e.off = true } }

// OnRun tells fn how each operation was run, before it is answered.
func OnRun(fn func(context.Context, Run)) Option { return func(e *execution) { e.tell = fn } }

// execution runs operations that were parsed, validated and permitted: as one statement where it can, else by gqlgen's
// executor.
type execution struct {
	graphql.ExecutableSchema
	off  bool
	tell func(context.Context, Run)
}

func newExecution(r *Resolver, options []Option) *execution {
	e := &execution{ExecutableSchema: NewExecutableSchema(Config{Resolvers: r}), tell: func(context.Context, Run) {}}
	for _, option := range options {
		option(e)
	}
	return e
}

// Exec implements graphql.ExecutableSchema.
func (e *execution) Exec(ctx context.Context) graphql.ResponseHandler {
	e.tell(ctx, Run{Interpreted, "off"})
	return e.ExecutableSchema.Exec(ctx)
}
