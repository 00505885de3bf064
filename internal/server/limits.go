package server

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/problem"
)

// The limits of one operation. The app's own documents are held to them when the server starts.
const (
	maxBody       = 1 << 20 // bytes
	maxApply      = 8 << 20 // bytes of the operator's requests, which carry catalogues
	maxQuery      = 64 << 10
	maxTokens     = 4_000
	maxDepth      = 12
	maxAliases    = 30
	maxRootFields = 10
	// maxCost bounds how many fields may be answered: each field counts one, times the page it is asked for in.
	maxCost = 20_000

	defaultPage = 25 // as internal/paging
	largestPage = 200
	// plainList is what a list without first or last counts as: such lists are short by their nature.
	plainList = 5
	tooMuch   = 1 << 40 // where counting stops, far above every limit
)

// size is what an operation asks for, fragments included as often as they are spread.
type size struct {
	depth, aliases, cost, roots int
	introspects                 bool
}

// measure sizes an operation. A fragment is measured once, however often it is spread: a few lines of fragments that
// spread one another would otherwise take for ever.
func measure(operation *ast.OperationDefinition, variables map[string]any) size {
	m := measurer{variables: variables, fragments: map[*ast.FragmentDefinition]size{}}
	return m.selection(operation.SelectionSet)
}

type measurer struct {
	variables map[string]any
	fragments map[*ast.FragmentDefinition]size
}

func (m *measurer) selection(set ast.SelectionSet) size {
	var whole size
	for _, selected := range set {
		var part size
		switch s := selected.(type) {
		case *ast.Field:
			part = m.field(s)
		case *ast.InlineFragment:
			part = m.selection(s.SelectionSet)
		case *ast.FragmentSpread:
			part = m.fragment(s.Definition)
		}
		whole = size{
			depth:       max(whole.depth, part.depth),
			aliases:     min(whole.aliases+part.aliases, tooMuch),
			cost:        min(whole.cost+part.cost, tooMuch),
			roots:       min(whole.roots+part.roots, tooMuch),
			introspects: whole.introspects || part.introspects,
		}
	}
	return whole
}

func (m *measurer) fragment(f *ast.FragmentDefinition) size {
	if f == nil {
		return size{}
	}
	if known, ok := m.fragments[f]; ok {
		return known
	}
	found := m.selection(f.SelectionSet)
	m.fragments[f] = found
	return found
}

func (m *measurer) field(f *ast.Field) size {
	inner := size{}
	if f.Name == "__schema" || f.Name == "__type" {
		// What a schema says of itself is small, deep and fixed; the parser's own rule bounds it.
		inner.introspects = true
	} else {
		inner = m.selection(f.SelectionSet)
	}
	inner.depth++
	inner.roots = 1
	if f.Alias != f.Name {
		inner.aliases++
	}
	inner.cost = min(1+m.times(f)*inner.cost, tooMuch)
	return inner
}

// times is how often what is under a field may be answered.
func (m *measurer) times(f *ast.Field) int {
	if f.Definition == nil {
		return 1
	}
	page, paged := 0, false
	for _, name := range []string{"first", "last"} {
		if f.Definition.Arguments.ForName(name) == nil {
			continue
		}
		paged = true
		if n, given := m.number(f.Arguments.ForName(name)); given {
			page = max(page, n)
		}
	}
	switch {
	case paged && page <= 0:
		return defaultPage
	case paged:
		return min(page, largestPage)
	case f.Definition.Type.Elem != nil && f.Name != "nodes" && f.Name != "edges": // the page's size is counted above them
		return plainList
	}
	return 1
}

func (m *measurer) number(argument *ast.Argument) (int, bool) {
	if argument == nil || argument.Value == nil {
		return 0, false
	}
	value, err := argument.Value.Value(m.variables)
	if err != nil {
		return largestPage, true
	}
	switch n := value.(type) {
	case int64:
		return int(min(n, tooMuch)), true
	case int:
		return n, true
	case float64:
		return int(min(n, tooMuch)), true
	case json.Number:
		whole, err := n.Int64()
		return int(min(whole, tooMuch)), err == nil
	}
	return 0, false
}

// refusal says which limit an operation breaks and what to do, nil where it breaks none.
func (s size) refusal(introspection bool) *problem.Problem {
	switch {
	case s.introspects && !introspection:
		return problem.New(problem.Forbidden, "The schema is not given out here. It is schema.graphql in the source.")
	case s.roots > maxRootFields:
		return problem.New(problem.Limited, "The operation asks for %s at its top: at most %d. Send several requests.", counted(s.roots, "field"), maxRootFields)
	case s.depth > maxDepth:
		return problem.New(problem.Limited, "The operation is %d levels deep: at most %d. Ask for less at once.", s.depth, maxDepth)
	case s.aliases > maxAliases:
		return problem.New(problem.Limited, "The operation uses %s: at most %d. Send several requests.", counted(s.aliases, "alias"), maxAliases)
	case s.cost > maxCost:
		return problem.New(problem.Limited, "The operation may answer with too much (it counts as %s: at most %d). Ask for fewer fields, or for smaller pages by \"first\".",
			counted(s.cost, "field"), maxCost)
	}
	return nil
}

func counted(n int, what string) string {
	if n >= tooMuch {
		return "countless " + what + "s"
	}
	plural := what + "s"
	if strings.HasSuffix(what, "s") {
		plural = what + "es"
	}
	return problem.New("", "%d %s", n, plural).Message
}

// limits holds every operation that is not a trusted document to the limits; those were measured when the server started.
type limits struct{ introspection bool }

var _ interface {
	graphql.OperationContextMutator
	graphql.HandlerExtension
} = limits{}

func (limits) ExtensionName() string                     { return "Limits" }
func (limits) Validate(_ graphql.ExecutableSchema) error { return nil }
func (l limits) MutateOperationContext(ctx context.Context, operation *graphql.OperationContext) *gqlerror.Error {
	operation.DisableIntrospection = !l.introspection
	if trusted(ctx) {
		return nil
	}
	if refused := measure(operation.Operation, operation.Variables).refusal(l.introspection); refused != nil {
		return gqlerror.Wrap(refused)
	}
	return nil
}

type trustedKey struct{}

func withTrusted(ctx context.Context) context.Context {
	return context.WithValue(ctx, trustedKey{}, true)
}

func trusted(ctx context.Context) bool { return ctx.Value(trustedKey{}) != nil }
