package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// permissions checks a whole operation before anything of it runs: that somebody is signed in, that the hub which its
// root fields name is one of theirs, and that they hold the permission of every field it selects (@can). A field
// without a directive is denied. What then runs sees that one hub and no other.
//
// What it finds allowed it remembers: for the same operation, shape and roles it is allowed again.
type permissions struct{ execution *execution }

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
} = permissions{}

func (permissions) ExtensionName() string { return "Permissions" }

func (permissions) Validate(graphql.ExecutableSchema) error { return nil }

func (p permissions) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	narrowed, denied := p.execution.permit(ctx, graphql.GetOperationContext(ctx))
	if denied != nil {
		return graphql.OneShot(&graphql.Response{Errors: denied})
	}
	return next(narrowed)
}

// permitted is an operation that a viewer with these roles in its hub may run.
type permitted struct {
	operation *ast.OperationDefinition
	shape     uint64
	// roles are those in the hub that the root fields name, empty where they name none: the platform's are "platform".
	roles string
}

// verdicts is how many are kept.
const verdicts = 5000

// permit gives the context in which the operation may run, or why it may not.
func (e *execution) permit(ctx context.Context, op *graphql.OperationContext) (context.Context, gqlerror.List) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return nil, gqlerror.List{present(ctx, problem.New(problem.Unauthenticated, "You are not signed in. Sign in and try again."), nil)}
	}
	roots := fields(op.Operation.SelectionSet, op.Variables)
	slug, path, err := oneHub(roots, op.Variables)
	if err != nil {
		return nil, gqlerror.List{present(ctx, err, path)}
	}
	shape := e.shapeOf(op.Operation)
	before := permitted{operation: op.Operation, shape: shape.Of(op.Variables)}
	var hub viewer.Hub
	if slug != "" {
		h, ok := v.Hub(slug)
		if !ok {
			return nil, gqlerror.List{present(ctx, problem.Missing("hub"), path)}
		}
		hub, before.roles = h, rolesIn(v, h)
		ctx = viewer.NewContext(context.WithValue(ctx, wholeKey{}, v), v.In(h))
	}
	if shape.ok && e.permitted.Contains(before) {
		return ctx, nil
	}
	if defers(op.Operation.SelectionSet) || slices.ContainsFunc(op.Doc.Fragments, func(f *ast.FragmentDefinition) bool { return defers(f.SelectionSet) }) {
		return nil, gqlerror.List{present(ctx, problem.New(problem.BadUserInput, "An answer comes as a whole: leave out @defer."), nil)}
	}
	walk := walk{ctx: ctx, variables: op.Variables}
	if slug != "" {
		walk.held = access.In(v, hub)
	}
	walk.fields(roots, nil)
	if len(walk.denied) == 0 && shape.ok {
		e.permitted.Add(before, struct{}{})
	}
	return ctx, walk.denied
}

// rolesIn is all of a viewer that access.In looks at.
func rolesIn(v *viewer.Viewer, h viewer.Hub) string {
	if v.Kind == viewer.Platform {
		return "platform"
	}
	var b strings.Builder
	for _, r := range h.Roles {
		b.WriteString(string(r))
		b.WriteByte(' ')
	}
	return b.String()
}

// defers reports whether any part of a selection asks to come later.
func defers(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return defers(s.SelectionSet)
		case *ast.InlineFragment:
			return s.Directives.ForName("defer") != nil || defers(s.SelectionSet)
		case *ast.FragmentSpread:
			return s.Directives.ForName("defer") != nil
		}
		return false
	})
}

// wholeKey holds the viewer as they signed in, beside the one narrowed to a hub.
type wholeKey struct{}

// whole is the context of the viewer as they signed in, for what is about themselves.
func whole(ctx context.Context) context.Context {
	if v, ok := ctx.Value(wholeKey{}).(*viewer.Viewer); ok {
		return viewer.NewContext(ctx, v)
	}
	return ctx
}

// oneHub is the slug that the root fields name. One request works in one hub, so that what runs sees one hub.
func oneHub(roots []*ast.Field, variables map[string]any) (slug string, path ast.Path, err error) {
	for _, f := range roots {
		named, ok := hubArgument(f, variables)
		if !ok {
			continue
		}
		if slug != "" && named != slug {
			return "", at(nil, f), problem.New(problem.BadUserInput, "One request works in one hub. Send a request for each hub.")
		}
		slug, path = named, at(nil, f)
	}
	return slug, path, nil
}

// hubArgument is the slug that a root field names: hub(slug:), queue(hub:) or the hub of a mutation's input.
func hubArgument(f *ast.Field, variables map[string]any) (slug string, ok bool) {
	arguments := f.ArgumentMap(variables)
	for _, name := range []string{"slug", "hub"} {
		if slug, ok = arguments[name].(string); ok {
			return slug, true
		}
	}
	input, _ := arguments["input"].(map[string]any)
	slug, ok = input["hub"].(string)
	return slug, ok
}

// walk looks at every selected field, wherever it stands, and gathers what is denied.
type walk struct {
	ctx       context.Context
	variables map[string]any
	held      access.Set
	denied    gqlerror.List
}

// maxDenied is how many denied fields an answer names.
const maxDenied = 20

func (w *walk) fields(all []*ast.Field, above ast.Path) {
	for _, f := range all {
		if len(w.denied) == maxDenied {
			return
		}
		if err := w.check(f); err != nil {
			w.denied = append(w.denied, present(w.ctx, err, at(above, f)))
			continue
		}
		if len(f.SelectionSet) > 0 && !introspective(f) {
			w.fields(fields(f.SelectionSet, w.variables), at(above, f))
		}
	}
}

func (w *walk) check(f *ast.Field) error {
	if introspective(f) {
		return nil // whether the schema may be asked for is the server's to say; it holds nobody's data
	}
	needed, anyone, ok := requirement(f.Definition)
	switch {
	case !ok:
		return problem.New(problem.Forbidden, "Nobody may see %s.%s.", f.ObjectDefinition.Name, f.Name)
	case anyone || w.held.Has(needed):
		return nil
	}
	return access.Denied(needed)
}

func introspective(f *ast.Field) bool {
	return f.Name == "__typename" || f.Name == "__schema" || f.Name == "__type"
}

// requirement is what the schema asks for a field: a permission, or only that somebody is signed in. ok is false where
// it says nothing.
func requirement(f *ast.FieldDefinition) (needed access.Permission, anyone, ok bool) {
	if f == nil {
		return "", false, false
	}
	if d := f.Directives.ForName("can"); d != nil {
		if do := d.Arguments.ForName("do"); do != nil {
			return access.Permission(do.Value.Raw), false, true
		}
		return "", false, false
	}
	return "", true, f.Directives.ForName("signedIn") != nil
}

func at(above ast.Path, f *ast.Field) ast.Path {
	return append(append(make(ast.Path, 0, len(above)+1), above...), ast.PathName(f.Alias))
}
