package isolation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
)

func fieldsOf(d *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(d.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

func permissionOf(f *ast.FieldDefinition) string {
	if can := f.Directives.ForName("can"); can != nil {
		return can.Arguments.ForName("do").Value.Raw
	}
	return ""
}

func isList(f *ast.FieldDefinition) bool {
	return f.Type.Elem != nil || strings.HasSuffix(f.Type.Name(), "Connection")
}

func idArguments(args ast.ArgumentDefinitionList) []string {
	var names []string
	for _, a := range args {
		if a.Type.Name() == "ID" {
			names = append(names, a.Name)
		}
	}
	return names
}

// call writes a field with its arguments: ids (of all, or swapped), and something valid for whatever else is required.
func call(t *testing.T, f *ast.FieldDefinition, all ids, swap map[string]uuid.UUID) string {
	var args []string
	for _, a := range f.Arguments {
		switch {
		case a.Type.Name() == "ID":
			id, swapped := swap[a.Name]
			if !swapped && !a.Type.NonNull {
				continue
			}
			if !swapped {
				typ := f.Type.Name()
				if a.Name != "id" {
					typ = idType(a.Name)
				}
				id = all[typ]
			}
			args = append(args, fmt.Sprintf("%s: %q", a.Name, id))
		case a.Type.NonNull && a.DefaultValue == nil:
			args = append(args, a.Name+": "+literal(t, a.Type))
		}
	}
	if len(args) == 0 {
		return f.Name
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

func literal(t *testing.T, typ *ast.Type) string {
	d := schema.Types[typ.Name()]
	if d.Kind == ast.InputObject {
		var fields []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil {
				fields = append(fields, f.Name+": "+literal(t, f.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	if d.Kind == ast.Enum {
		return d.EnumValues[0].Name
	}
	return fmt.Sprintf("%#v", scalar(t, typ.Name()))
}

// scalar is a value that is valid wherever the scalar is asked for. Searches look for the word that is in every row.
func scalar(t *testing.T, name string) any {
	switch name {
	case "String":
		return "marker"
	case "Int":
		return 1
	case "Float":
		return 53.44
	case "Boolean":
		return true
	case "Date":
		return "2026-01-05"
	}
	t.Fatalf("the walk has no value for %s", name)
	return nil
}

// nested is the selection below a field, empty for a scalar.
func nested(f *ast.FieldDefinition, may func(permission string) bool) string {
	s := selection(f.Type.Name(), may, nil, map[string]bool{})
	if s == "" {
		return ""
	}
	return " { " + s + " }"
}

// selection selects every field of a type that may be seen, and so on below; a type is not entered twice on one path.
func selection(typ string, may func(permission string) bool, path []string, reached map[string]bool) string {
	d := schema.Types[typ]
	if d.Kind != ast.Object {
		return ""
	}
	if slices.Contains(path, typ) {
		return "__typename"
	}
	parts := []string{"__typename"}
	for _, f := range fieldsOf(d) {
		if !may(permissionOf(f)) || len(idArguments(f.Arguments)) > 0 && len(path) > 0 {
			continue
		}
		reached[typ+"."+f.Name] = true
		below := selection(f.Type.Name(), may, append(slices.Clone(path), typ), reached)
		if len(f.Arguments) > 0 && slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
			continue
		}
		if below != "" {
			below = " { " + below + " }"
		}
		parts = append(parts, f.Name+below)
	}
	return strings.Join(parts, " ")
}
