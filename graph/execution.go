package graph

import (
	"context"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/problem"
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
	// Type.field; or one of the reasons below.
	Because string
}

// Why an operation may be interpreted, beside a field of it.
const (
	// BecauseOff: the compiler is switched off.
	BecauseOff = "off"
	// BecauseArguments: they cannot be used; the executor says why.
	BecauseArguments = "arguments"
	// BecauseHole: something that is always there is missing; the executor says what.
	BecauseHole = "hole"
	// BecauseShape: more variables than a plan can tell apart decide what is selected.
	BecauseShape = "shape"
	// BecauseMutation: of a mutation, only the rows that it answers with are compiled.
	BecauseMutation = "mutation"
)

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
	resolver *Resolver
	off      bool
	tell     func(context.Context, Run)

	schema *compile.Schema
	shapes *lru.Cache[*ast.OperationDefinition, shape]
	plans  *lru.Cache[planKey, *plan]
	// permitted are verdicts of permit.
	permitted *lru.Cache[permitted, struct{}]

	screens screens
}

// plans is how many plans are kept, some 20 KB each: the app's operations have a few shapes each.
const plans = 1000

// planKey is an operation of a document and its shape. The document is the one that the cache of documents holds for its
// text, so the same text is the same operation. Permissions need no part in it: an operation that selects what its viewer
// may not see is refused before, and has no plan for them.
type planKey struct {
	operation *ast.OperationDefinition
	// field is that of a mutation whose row is read; nil: the whole operation.
	field *ast.Field
	shape uint64
}

type shape struct {
	compile.Shape
	ok bool
}

// plan is a compiled operation, or why there is none.
type plan struct {
	*compile.Plan
	because string
}

func newExecution(r *Resolver, options []Option) *execution {
	schema := NewExecutableSchema(Config{Resolvers: r})
	e := &execution{ExecutableSchema: schema, resolver: r, tell: func(context.Context, Run) {},
		screens: screens{rounds: map[screen]*round{}}}
	for _, option := range options {
		option(e)
	}
	var err error
	if e.schema, err = r.declared(schema.(*executableSchema)); err != nil {
		panic(err) // a mistake in the declaration, which every test meets
	}
	if e.shapes, err = lru.New[*ast.OperationDefinition, shape](documents); err != nil {
		panic(err) // a size below one
	}
	if e.plans, err = lru.New[planKey, *plan](plans); err != nil {
		panic(err) // a size below one
	}
	if e.permitted, err = lru.New[permitted, struct{}](verdicts); err != nil {
		panic(err) // a size below one
	}
	return e
}

// Exec implements graphql.ExecutableSchema.
func (e *execution) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	plan, result := e.plan(op)
	if plan.because != "" {
		e.tell(ctx, Run{Interpreted, plan.because})
		next := e.ExecutableSchema.Exec(ctx)
		if op.Operation.Operation != ast.Mutation || e.off {
			return next
		}
		return func(ctx context.Context) *graphql.Response { return next(withRows(ctx, e)) }
	}
	if op.Operation.Operation == ast.Subscription {
		if _, err := plan.Begin(ctx, op.Variables); err != nil {
			e.tell(ctx, Run{Interpreted, BecauseArguments})
			return e.ExecutableSchema.Exec(ctx)
		}
		e.tell(ctx, Run{Result: result})
		return e.live(ctx, op, plan)
	}
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		return e.read(ctx, op, plan, result)
	}
}

// plan gives the plan of an operation.
func (e *execution) plan(op *graphql.OperationContext) (*plan, RunResult) {
	switch {
	case e.off:
		return &plan{because: BecauseOff}, Interpreted
	case op.Operation.Operation == ast.Mutation:
		return &plan{because: BecauseMutation}, Interpreted
	}
	root := "Query"
	if op.Operation.Operation == ast.Subscription {
		root = "Subscription"
	}
	return e.planOf(op, nil, func() (*compile.Plan, error) { return e.schema.Compile(op.Operation, root, op.Variables) })
}

// planOf gives a plan that is known, or compiles it.
func (e *execution) planOf(op *graphql.OperationContext, field *ast.Field, compiled func() (*compile.Plan, error)) (*plan, RunResult) {
	s := e.shapeOf(op.Operation)
	if !s.ok {
		return &plan{because: BecauseShape}, Interpreted
	}
	key := planKey{op.Operation, field, s.Of(op.Variables)}
	if p, known := e.plans.Get(key); known {
		return p, CompiledHit
	}
	p := &plan{}
	var err error
	if p.Plan, err = compiled(); err != nil {
		p.because = reasonOf(err)
	}
	e.plans.Add(key, p)
	return p, CompiledMiss
}

// shapeOf is what of an operation's variables shapes it.
func (e *execution) shapeOf(operation *ast.OperationDefinition) shape {
	s, known := e.shapes.Get(operation)
	if !known {
		s.Shape, s.ok = e.schema.ShapeOf(operation)
		e.shapes.Add(operation, s)
	}
	return s
}

// reasonOf is the field that cannot be compiled.
func reasonOf(err error) string {
	var field *compile.Uncompilable
	if errors.As(err, &field) {
		return field.Field
	}
	return err.Error() // a mistake in the declaration
}

// read answers an operation by its plan.
func (e *execution) read(ctx context.Context, op *graphql.OperationContext, p *plan, result RunResult) *graphql.Response {
	interpret := func(because string) *graphql.Response {
		e.tell(ctx, Run{Interpreted, because})
		return e.ExecutableSchema.Exec(ctx)(ctx)
	}
	run, err := p.Begin(ctx, op.Variables)
	if err != nil {
		return interpret(BecauseArguments)
	}
	answer, err := e.resolver.Store.ReadText(ctx, p.SQL, run.Arguments)
	if err == nil {
		answer, err = run.Finish(ctx, answer)
	}
	switch {
	case errors.Is(err, compile.ErrHole):
		return interpret(BecauseHole)
	case err != nil:
		e.tell(ctx, Run{Result: result})
		return nothing(ctx, op, fmt.Errorf("read: %w", err))
	}
	e.tell(ctx, Run{Result: result})
	response := &graphql.Response{Data: answer}
	for _, m := range run.Missing {
		response.Errors = append(response.Errors, present(ctx, problem.Missing(m.What), m.Path))
	}
	return response
}

// nothing answers an operation whose statement failed: each of its fields is null, and the error is the first one's.
func nothing(ctx context.Context, op *graphql.OperationContext, err error) *graphql.Response {
	data := []byte{'{'}
	var path ast.Path
	for key, field := range compile.Roots(op.Operation, op.Variables) {
		if path == nil {
			path = ast.Path{ast.PathName(key)}
		} else {
			data = append(data, ',')
		}
		if field.Definition.Type.NonNull {
			return &graphql.Response{Data: []byte("null"), Errors: gqlerror.List{present(ctx, err, ast.Path{ast.PathName(key)})}}
		}
		data = append(append(append(data, '"'), key...), `":null`...)
	}
	data = append(data, '}')
	return &graphql.Response{Data: data, Errors: gqlerror.List{present(ctx, err, path)}}
}

// decodeArguments decodes the arguments of fields as the executor does.
func decodeArguments(e *executableSchema) func(ctx context.Context, object, field string, raw map[string]any) (map[string]any, error) {
	ec := newExecutionContext(nil, e, nil)
	decoders := map[string]func(context.Context, map[string]any) (map[string]any, error){
		"Freshness.deadLinks":        ec.field_Freshness_deadLinks_args,
		"Freshness.failedImports":    ec.field_Freshness_failedImports_args,
		"Freshness.movedLinks":       ec.field_Freshness_movedLinks_args,
		"Freshness.retired":          ec.field_Freshness_retired_args,
		"Freshness.unassured":        ec.field_Freshness_unassured_args,
		"Freshness.withoutAgreement": ec.field_Freshness_withoutAgreement_args,
		"Freshness.withoutCapacity":  ec.field_Freshness_withoutCapacity_args,
		"Hub.auditEvents":            ec.field_Hub_auditEvents_args,
		"Hub.catalogueCheck":         ec.field_Hub_catalogueCheck_args,
		"Hub.catalogueSource":        ec.field_Hub_catalogueSource_args,
		"Hub.catalogueTerms":         ec.field_Hub_catalogueTerms_args,
		"Hub.conversation":           ec.field_Hub_conversation_args,
		"Hub.duplicates":             ec.field_Hub_duplicates_args,
		"Hub.editableLocations":      ec.field_Hub_editableLocations_args,
		"Hub.editableOrganisations":  ec.field_Hub_editableOrganisations_args,
		"Hub.editableServices":       ec.field_Hub_editableServices_args,
		"Hub.findStaff":              ec.field_Hub_findStaff_args,
		"Hub.followUps":              ec.field_Hub_followUps_args,
		"Hub.locate":                 ec.field_Hub_locate_args,
		"Hub.location":               ec.field_Hub_location_args,
		"Hub.organisation":           ec.field_Hub_organisation_args,
		"Hub.organisations":          ec.field_Hub_organisations_args,
		"Hub.people":                 ec.field_Hub_people_args,
		"Hub.person":                 ec.field_Hub_person_args,
		"Hub.possibleDuplicates":     ec.field_Hub_possibleDuplicates_args,
		"Hub.proposedChanges":        ec.field_Hub_proposedChanges_args,
		"Hub.service":                ec.field_Hub_service_args,
		"Hub.services":               ec.field_Hub_services_args,
		"Hub.servicesById":           ec.field_Hub_servicesById_args,
		"Hub.staff":                  ec.field_Hub_staff_args,
		"Hub.suggestServices":        ec.field_Hub_suggestServices_args,
		"Hub.visits":                 ec.field_Hub_visits_args,
		"Hub.visitsByWeek":           ec.field_Hub_visitsByWeek_args,
		"Person.conversations":       ec.field_Person_conversations_args,
		"Person.visits":              ec.field_Person_visits_args,
		"Service.nextSessions":       ec.field_Service_nextSessions_args,
	}
	return func(ctx context.Context, object, field string, raw map[string]any) (map[string]any, error) {
		decode := decoders[object+"."+field]
		if decode == nil {
			if len(raw) > 0 { // which would be passed over in silence
				return nil, fmt.Errorf("no decoder of the arguments of %s.%s is listed in decodeArguments", object, field)
			}
			return raw, nil
		}
		return decode(ctx, raw)
	}
}
