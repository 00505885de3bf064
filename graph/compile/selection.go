package compile

import (
	"iter"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// selected is a field as it is answered: those of the same response key are one, with their selections together.
type selected struct {
	*ast.Field
	sets []ast.SelectionSet
}

// collect gives the fields of selection sets in the order of their answer, with fragments opened and what @skip and
// @include leave out left out (GraphQL specification, 6.3.2). The API has no interfaces or unions, so every fragment
// applies.
func collect(variables map[string]any, sets ...ast.SelectionSet) Selection {
	c := collector{Selection: Selection{variables: variables, fields: make([]*selected, 0, 16)}}
	for _, set := range sets {
		c.add(set)
	}
	return c.Selection
}

// Roots gives the fields of an operation by their response keys, in the order of the answer.
func Roots(operation *ast.OperationDefinition, variables map[string]any) iter.Seq2[string, *ast.Field] {
	return func(yield func(string, *ast.Field) bool) {
		for _, f := range collect(variables, operation.SelectionSet).fields {
			if !yield(f.Alias, f.Field) {
				return
			}
		}
	}
}

// Selection is what is asked of an object.
type Selection struct {
	variables map[string]any
	fields    []*selected
}

type collector struct {
	Selection
	spread []string
}

func (c *collector) add(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if !included(s.Directives, c.variables) {
				continue
			}
			if same := c.find(s.Alias); same != nil {
				same.sets = append(same.sets, s.SelectionSet)
				continue
			}
			c.fields = append(c.fields, &selected{s, []ast.SelectionSet{s.SelectionSet}})
		case *ast.InlineFragment:
			if included(s.Directives, c.variables) {
				c.add(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if included(s.Directives, c.variables) && !slices.Contains(c.spread, s.Name) {
				c.spread = append(c.spread, s.Name)
				c.add(s.Definition.SelectionSet)
			}
		}
	}
}

func included(directives ast.DirectiveList, variables map[string]any) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		if on, ok := d.ArgumentMap(variables)["if"].(bool); ok && on == (d.Name == "skip") {
			return false
		}
	}
	return true
}

func (s Selection) find(key string) *selected {
	for _, f := range s.fields {
		if f.Alias == key {
			return f
		}
	}
	return nil
}

// Has reports whether a field of the name is asked for.
func (s Selection) Has(name string) bool {
	return slices.ContainsFunc(s.fields, func(f *selected) bool { return f.Name == name })
}

// Each gives the response key and the name of each field, in the order of the answer.
func (s Selection) Each(yield func(key, name string) bool) {
	for _, f := range s.fields {
		if !yield(f.Alias, f.Name) {
			return
		}
	}
}

// Names are the names of the fields, each once; nil where nothing is asked for.
func (s Selection) Names() []string {
	var names []string
	for _, f := range s.fields {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Of is what is asked of the object behind the fields of a name.
func (s Selection) Of(name string) Selection {
	var sets []ast.SelectionSet
	for _, f := range s.fields {
		if f.Name == name {
			sets = append(sets, f.sets...)
		}
	}
	return collect(s.variables, sets...)
}
