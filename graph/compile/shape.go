package compile

import (
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

func microseconds(n int64) time.Time { return time.UnixMicro(n).UTC() }

// Shape finds which variables of an operation shape its statement: those of @skip and @include by their value, and
// those that say where a page begins by whether they are given. The values of all others are parameters.
type Shape struct{ variables []shaping }

type shaping struct {
	name string
	// truth: by its value; else by whether it is given.
	truth bool
}

// MaxShaping is how many variables may shape one operation.
const MaxShaping = 64

// ShapeOf looks at an operation; ok is false where too many variables shape it.
func (s *Schema) ShapeOf(operation *ast.OperationDefinition) (shape Shape, ok bool) {
	seen := map[shaping]bool{}
	fragments := map[string]bool{}
	add := func(v *ast.Value, truth bool) {
		if v == nil || v.Kind != ast.Variable {
			return
		}
		if s := (shaping{v.Raw, truth}); !seen[s] {
			seen[s] = true
			shape.variables = append(shape.variables, s)
		}
	}
	directives := func(all ast.DirectiveList) {
		for _, d := range all {
			if argument := d.Arguments.ForName("if"); argument != nil {
				add(argument.Value, true)
			}
		}
	}
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch f := selection.(type) {
			case *ast.Field:
				directives(f.Directives)
				for _, a := range f.Arguments {
					if s.shaping[a.Name] {
						add(a.Value, false)
					}
				}
				walk(f.SelectionSet)
			case *ast.InlineFragment:
				directives(f.Directives)
				walk(f.SelectionSet)
			case *ast.FragmentSpread:
				directives(f.Directives)
				if !fragments[f.Name] {
					fragments[f.Name] = true
					walk(f.Definition.SelectionSet)
				}
			}
		}
	}
	walk(operation.SelectionSet)
	return shape, len(shape.variables) <= MaxShaping
}

// Of is the shape that variables give, a bit for each that shapes.
func (s Shape) Of(variables map[string]any) uint64 {
	var bits uint64
	for i, v := range s.variables {
		value := variables[v.name]
		if on, _ := value.(bool); v.truth && on || !v.truth && value != nil {
			bits |= 1 << i
		}
	}
	return bits
}
