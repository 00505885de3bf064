package graph

import (
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph/compile"
)

// fields gives the fields that a selection set asks for, with fragments opened and what @skip and @include leave out
// left out. The API has no interfaces or unions, so every fragment applies.
func fields(set ast.SelectionSet, variables map[string]any) []*ast.Field {
	var all []*ast.Field
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if included(s.Directives, variables) {
				all = append(all, s)
			}
		case *ast.InlineFragment:
			if included(s.Directives, variables) {
				all = append(all, fields(s.SelectionSet, variables)...)
			}
		case *ast.FragmentSpread:
			if included(s.Directives, variables) {
				all = append(all, fields(s.Definition.SelectionSet, variables)...)
			}
		}
	}
	return all
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

// selection is what an operation asks of one object, with the fields of the same name together: they are loaded once,
// whatever their aliases.
type selection struct {
	variables map[string]any
	names     []string
	byName    map[string][]*ast.Field
}

func selectionOf(set ast.SelectionSet, variables map[string]any) selection {
	s := selection{variables: variables, byName: map[string][]*ast.Field{}}
	for _, f := range fields(set, variables) {
		if s.byName[f.Name] == nil {
			s.names = append(s.names, f.Name)
		}
		s.byName[f.Name] = append(s.byName[f.Name], f)
	}
	return s
}

// here is what is asked of the object that the field being resolved gives.
func here(fc *graphql.FieldContext, op *graphql.OperationContext) selection {
	return selectionOf(fc.Field.Selections, op.Variables)
}

func (s selection) has(name string) bool { return len(s.byName[name]) > 0 }

// of is what is asked of the object behind the fields of a name.
func (s selection) of(name string) selection {
	var set ast.SelectionSet
	for _, f := range s.byName[name] {
		set = append(set, f.SelectionSet...)
	}
	return selectionOf(set, s.variables)
}

// without is the selection but for the fields of a name, which are answered in another way.
func (s selection) without(name string) selection {
	rest := selection{variables: s.variables, byName: maps.Clone(s.byName)}
	delete(rest.byName, name)
	for _, n := range s.names {
		if n != name {
			rest.names = append(rest.names, n)
		}
	}
	return rest
}

// node is what is asked of each row of a page.
func (s selection) node() selection {
	var set ast.SelectionSet
	for _, f := range s.byName["nodes"] {
		set = append(set, f.SelectionSet...)
	}
	for _, edge := range s.byName["edges"] {
		for _, f := range fields(edge.SelectionSet, s.variables) {
			if f.Name == "node" {
				set = append(set, f.SelectionSet...)
			}
		}
	}
	return selectionOf(set, s.variables)
}

// derived are the columns behind fields that no column is named after.
var derived = map[string][]string{
	"displayName":  {"given_name", "preferred_name", "family_name"},
	"age":          {"date_of_birth"},
	"anonymous":    {"person_id"},
	"retired":      {"retired_at"},
	"summary":      {"freq", "interval", "by_day", "by_month_day", "dtstart", "until", "valid_from", "valid_to", "opens_at", "closes_at", "description", "excluded_dates", "extra_dates"},
	"actor":        {"actor_id"},
	"organisation": {"organisation_id"},
}

// columns are those that the selected fields need, beside the keys that are always read; each once.
func (s selection) columns(valid func(string) bool, always ...string) []string {
	columns := append(make([]string, 0, len(s.names)+len(always)+2), always...)
	add := func(c string) {
		if valid(c) && !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	for _, name := range s.names {
		if needed, ok := derived[name]; ok {
			for _, c := range needed {
				add(c)
			}
			continue
		}
		add(compile.ColumnName(name))
	}
	return columns
}

// deep reports whether more than the row's own columns is asked for.
func (s selection) deep() bool {
	for _, all := range s.byName {
		if len(all[0].SelectionSet) > 0 {
			return true
		}
	}
	return false
}

// beyond reports whether a column other than those known is asked for.
func (s selection) beyond(valid func(string) bool, known ...string) bool {
	return slices.ContainsFunc(s.columns(valid), func(c string) bool { return !slices.Contains(known, c) })
}
