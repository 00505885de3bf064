package secondopinion

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// collector tells which keys an answer has, and in which order, by the specification's own words (CollectFields) and
// apart from the code under test.
type collector struct {
	doc       *ast.QueryDocument
	variables map[string]any
}

func newCollector(o operation) (*collector, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: o.document})
	if err != nil {
		return nil, err
	}
	c := &collector{doc, map[string]any{}}
	for _, v := range doc.Operations[0].VariableDefinitions {
		if v.DefaultValue != nil && v.DefaultValue.Kind == ast.BooleanValue {
			c.variables[v.Variable] = v.DefaultValue.Raw == "true"
		}
	}
	for name, value := range o.variables {
		c.variables[name] = value
	}
	return c, nil
}

// group is the selections behind one key of an object.
type group struct {
	key  string
	sets []ast.SelectionSet
}

func (c *collector) root() []ast.SelectionSet {
	return []ast.SelectionSet{c.doc.Operations[0].SelectionSet}
}

func (c *collector) collect(sets []ast.SelectionSet) []group {
	var groups []group
	spread := map[string]bool{}
	var gather func(set ast.SelectionSet)
	gather = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !c.included(s.Directives) {
					continue
				}
				at := slices.IndexFunc(groups, func(g group) bool { return g.key == s.Alias })
				if at < 0 {
					at = len(groups)
					groups = append(groups, group{key: s.Alias})
				}
				groups[at].sets = append(groups[at].sets, s.SelectionSet)
			case *ast.InlineFragment:
				if c.included(s.Directives) {
					gather(s.SelectionSet)
				}
			case *ast.FragmentSpread:
				if c.included(s.Directives) && !spread[s.Name] {
					spread[s.Name] = true
					gather(c.doc.Fragments.ForName(s.Name).SelectionSet)
				}
			}
		}
	}
	for _, set := range sets {
		gather(set)
	}
	return groups
}

func (c *collector) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		v := d.Arguments.ForName("if").Value
		on := v.Raw == "true"
		if v.Kind == ast.Variable {
			on, _ = c.variables[v.Raw].(bool)
		}
		if on == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// value reads one value of the answer, selected by the sets.
func (c *collector) value(d *json.Decoder, sets []ast.SelectionSet) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('['):
		for d.More() {
			if err := c.value(d, sets); err != nil {
				return err
			}
		}
	case json.Delim('{'):
		for _, g := range c.collect(sets) {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if key != g.key {
				return fmt.Errorf("where the key %q is due the answer has %v", g.key, key)
			}
			if err := c.value(d, g.sets); err != nil {
				return err
			}
		}
		if d.More() {
			return fmt.Errorf("the answer has a key that nothing selects")
		}
	default:
		return nil
	}
	_, err = d.Token()
	return err
}
