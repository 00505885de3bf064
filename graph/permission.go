package graph

import (
	"context"
	"slices"

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
// The platform's operator has no hub. It holds the platform's permissions outside all of them, and no other; what is for
// whoever is signed in is about staff, and not for it.
type permissions struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationInterceptor
} = permissions{}

func (permissions) ExtensionName() string { return "Permissions" }

func (permissions) Validate(graphql.ExecutableSchema) error { return nil }

func (permissions) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	narrowed, denied := permit(ctx, graphql.GetOperationContext(ctx))
	if denied != nil {
		return graphql.OneShot(&graphql.Response{Errors: denied})
	}
	return next(narrowed)
}

// permit gives the context in which the operation may run, or why it may not.
func permit(ctx context.Context, op *graphql.OperationContext) (context.Context, gqlerror.List) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return nil, gqlerror.List{present(ctx, problem.New(problem.Unauthenticated, "You are not signed in. Sign in and try again."), nil)}
	}
	if defers(op.Operation.SelectionSet) || slices.ContainsFunc(op.Doc.Fragments, func(f *ast.FragmentDefinition) bool { return defers(f.SelectionSet) }) {
		return nil, gqlerror.List{present(ctx, problem.New(problem.BadUserInput, "An answer comes as a whole: leave out @defer."), nil)}
	}
	roots := fields(op.Operation.SelectionSet, op.Variables)
	slug, path, err := oneHub(roots, op.Variables)
	if err != nil {
		return nil, gqlerror.List{present(ctx, err, path)}
	}
	held := access.Outside(v)
	if slug != "" {
		h, ok := v.Hub(slug)
		if closed, theirs := v.ClosedHub(slug); !ok && theirs {
			return nil, gqlerror.List{present(ctx, access.Closed(closed), path)}
		}
		if !ok {
			return nil, gqlerror.List{present(ctx, problem.Missing("hub"), path)}
		}
		held = access.In(v, h)
		ctx = viewer.NewContext(context.WithValue(ctx, wholeKey{}, v), v.In(h))
	}
	walk := walk{ctx: ctx, variables: op.Variables, held: held, operator: v.Kind == viewer.Operator}
	walk.fields(roots, nil)
	return ctx, walk.denied
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
	operator  bool
	denied    gqlerror.List
}

// maxDenied is how many denied fields an answer names.
const maxDenied = 20

func (w *walk) fields(all []*ast.Field, above ast.Path) {
	for _, f := range all {
		if len(w.denied) == maxDenied {
			return
		}
		if err := w.check(f, len(above) == 0); err != nil {
			w.denied = append(w.denied, present(w.ctx, err, at(above, f)))
			continue
		}
		if len(f.SelectionSet) > 0 && !introspective(f) {
			w.fields(fields(f.SelectionSet, w.variables), at(above, f))
		}
	}
}

func (w *walk) check(f *ast.Field, root bool) error {
	if introspective(f) {
		return nil // whether the schema may be asked for is the server's to say; it holds nobody's data
	}
	needed, anyone, ok := requirement(f.Definition)
	switch {
	case !ok:
		return problem.New(problem.Forbidden, "Nobody may see %s.%s.", f.ObjectDefinition.Name, f.Name)
	case anyone && root && w.operator:
		return problem.New(problem.Forbidden, "%s is for staff. The platform's operator may ask for what is the platform's alone.", f.Name)
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
