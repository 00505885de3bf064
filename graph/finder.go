package graph

import (
	"context"

	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/directory"
)

// locateField is where a postcode is: the point of the whole one where it is known, since its text is the greater.
var locateField = compile.With{
	Params: params("whole text, outward text"),
	Bind: func(_ context.Context, a map[string]any) ([]any, error) {
		whole, outward := directory.Parts(a["postcode"].(string))
		return []any{whole, outward}, nil
	},
	Field: compile.Lookup{Object: "Point", From: directory.PointsSQL + " @row", Order: []compile.Key{{By: "@row.postcode", Desc: true}}},
}
