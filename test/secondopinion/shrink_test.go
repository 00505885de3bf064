package secondopinion

import (
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// shrink makes an operation smaller for as long as it still fails, and gives the smallest.
func shrink(o operation, fails func(operation) bool) operation {
	for again := true; again; {
		again = false
		for n := 0; ; n++ {
			smaller, more := without(o, n)
			if !more {
				break
			}
			if smaller.size() < o.size() && fails(smaller) {
				o, again = smaller, true
				n--
			}
		}
	}
	return o
}

// size is how much there is to read, however it is set out.
func (o operation) size() int {
	return len(strings.Join(strings.Fields(o.document), ""))
}

// without is the operation without its n-th removable part; false: it has fewer.
func without(o operation, n int) (operation, bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: o.document})
	if err != nil {
		return o, false
	}
	r := &remover{n: n}
	for _, op := range doc.Operations {
		op.SelectionSet = r.selections(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		f.SelectionSet = r.selections(f.SelectionSet)
	}
	r.inline(doc)
	if r.n >= 0 {
		return o, false
	}
	used := map[string]bool{}
	variables := map[string]bool{}
	for _, op := range doc.Operations {
		reach(doc, op.SelectionSet, used, variables)
		op.VariableDefinitions = slices.DeleteFunc(op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !variables[v.Variable] })
	}
	doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return !used[f.Name] })
	kept := maps.Clone(o.variables)
	maps.DeleteFunc(kept, func(name string, _ any) bool { return !variables[name] })
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithCompacted()).FormatQueryDocument(doc)
	return operation{viewer: o.viewer, document: text.String(), variables: kept}, true
}

// remover counts removable parts and removes the one at which n reaches nothing.
type remover struct{ n int }

func (r *remover) now() bool {
	r.n--
	return r.n == -1
}

func (r *remover) selections(set ast.SelectionSet) ast.SelectionSet {
	var kept ast.SelectionSet
	for _, s := range set {
		if len(set) > 1 && r.now() {
			continue
		}
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias != s.Name && r.now() {
				s.Alias = s.Name
			}
			s.Directives = r.directives(s.Directives)
			s.Arguments = slices.DeleteFunc(s.Arguments, func(*ast.Argument) bool { return r.now() })
			s.SelectionSet = r.selections(s.SelectionSet)
		case *ast.InlineFragment:
			if r.now() {
				kept = append(kept, s.SelectionSet...)
				continue
			}
			s.Directives = r.directives(s.Directives)
			s.SelectionSet = r.selections(s.SelectionSet)
		case *ast.FragmentSpread:
			s.Directives = r.directives(s.Directives)
		}
		kept = append(kept, s)
	}
	return kept
}

func (r *remover) directives(all ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(all, func(*ast.Directive) bool { return r.now() })
}

// inline puts the selections of one fragment where it is spread.
func (r *remover) inline(doc *ast.QueryDocument) {
	for _, f := range doc.Fragments {
		if !r.now() {
			continue
		}
		for _, op := range doc.Operations {
			op.SelectionSet = spread(op.SelectionSet, f)
		}
		for _, other := range doc.Fragments {
			other.SelectionSet = spread(other.SelectionSet, f)
		}
	}
}

func spread(set ast.SelectionSet, f *ast.FragmentDefinition) ast.SelectionSet {
	var all ast.SelectionSet
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			s.SelectionSet = spread(s.SelectionSet, f)
		case *ast.InlineFragment:
			s.SelectionSet = spread(s.SelectionSet, f)
		case *ast.FragmentSpread:
			if s.Name == f.Name && len(s.Directives) == 0 {
				all = append(all, f.SelectionSet...)
				continue
			}
		}
		all = append(all, s)
	}
	return all
}

// reach marks the fragments and variables that a selection uses.
func reach(doc *ast.QueryDocument, set ast.SelectionSet, fragments, variables map[string]bool) {
	directives := func(all ast.DirectiveList) {
		for _, d := range all {
			for _, a := range d.Arguments {
				mark(a.Value, variables)
			}
		}
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			directives(s.Directives)
			for _, a := range s.Arguments {
				mark(a.Value, variables)
			}
			reach(doc, s.SelectionSet, fragments, variables)
		case *ast.InlineFragment:
			directives(s.Directives)
			reach(doc, s.SelectionSet, fragments, variables)
		case *ast.FragmentSpread:
			directives(s.Directives)
			if f := doc.Fragments.ForName(s.Name); f != nil && !fragments[s.Name] {
				fragments[s.Name] = true
				reach(doc, f.SelectionSet, fragments, variables)
			}
		}
	}
}

func mark(v *ast.Value, variables map[string]bool) {
	if v.Kind == ast.Variable {
		variables[v.Raw] = true
	}
	for _, c := range v.Children {
		mark(c.Value, variables)
	}
}
