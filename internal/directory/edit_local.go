package directory

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// LocalField is a field that staff hold against a record's source.
type LocalField struct {
	// Field is what the API calls it; "retired": whether the record is on offer.
	Field string
	// SourceValue is what the source says, as JSON.
	SourceValue string
}

// LocalFields are the fields that staff hold of a record, by name. The needs of a service by its source are given beside: they are those
// of its terms.
func LocalFields(local map[string]json.RawMessage, needs []string) []*LocalField {
	all := []*LocalField{}
	for column, said := range local {
		switch column {
		case whenModified:
			continue
		case needsField:
			said = encoded(append([]string{}, needs...))
		case retiredField:
			said = encoded(!isNull(said))
		}
		var value bytes.Buffer
		if json.Compact(&value, said) != nil {
			continue // no JSON: Postgres keeps none that is not
		}
		all = append(all, &LocalField{APIName(column), value.String()})
	}
	slices.SortFunc(all, func(a, b *LocalField) int { return strings.Compare(a.Field, b.Field) })
	return all
}

// APIName is what the API calls what is held: a column, or whether the record is retired.
func APIName(column string) string {
	if column == retiredField {
		return "retired"
	}
	return fieldName(column)
}

// HeldAs is what a record calls a field that LocalFields names.
func HeldAs(field string) string {
	if field == "retired" {
		return retiredField
	}
	return columnName(field)
}
