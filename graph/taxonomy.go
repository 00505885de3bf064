package graph

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/paging"
)

func termFilter(filter *CatalogueTermFilter) directory.TermFilter {
	var f directory.TermFilter
	if filter == nil {
		return f
	}
	if text := filter.Text.Value(); text != nil {
		f.Text = *text
	}
	if meaning := filter.Meaning.Value(); meaning != nil {
		f.Meaning = *meaning
	}
	return f
}

var catalogueTermsField = compile.With{
	Params: params("words text, meaning text"),
	Bind: func(_ context.Context, a map[string]any) ([]any, error) {
		filter, _ := a["filter"].(*CatalogueTermFilter)
		return termFilter(filter).Arguments()
	},
	Field: compile.Page{Rows: compile.Rows{Object: "CatalogueTerm", From: directory.TermsSQL + " @row", Where: directory.TermFilterSQL,
		Order: []compile.Key{{By: "@row.rank", Kind: paging.Whole, Type: "bigint"}, {By: "@row.scarcity", Kind: paging.Whole, Type: "bigint"},
			{By: "@row.name", Kind: paging.Text, Type: "text"}, {By: "@row.id", Kind: paging.ID, Type: "uuid"}}}},
}

var termFields = map[string]compile.Field{
	"id": compile.SQL("@row.id"), "taxonomy": compile.SQL("@row.taxonomy"), "code": compile.SQL("@row.code"), "name": compile.SQL("@row.name"),
	"meaning": compile.SQL("@row.meaning"), "serviceCount": compile.SQL("@row.service_count"),
	"need": compile.One{Object: "Need", On: "@row.id = @parent.need_id"},
}

// needsOfTerms reads the needs that terms mean, by one statement.
func (r *Resolver) needsOfTerms(ctx context.Context, terms []*directory.Term) ([]*ent.Need, error) {
	var ids []uuid.UUID
	for _, t := range terms {
		if t.NeedID != nil {
			ids = append(ids, *t.NeedID)
		}
	}
	needs := make([]*ent.Need, len(terms))
	if len(ids) == 0 {
		return needs, nil
	}
	q := r.Store.Client(ctx).Need.Query().Where(need.IDIn(ids...))
	selectNeed(q, wanted(ctx))
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the needs of terms: %w", err)
	}
	byID := map[uuid.UUID]*ent.Need{}
	for _, n := range rows {
		byID[n.ID] = n
	}
	for i, t := range terms {
		if t.NeedID != nil {
			needs[i] = byID[*t.NeedID]
		}
	}
	return needs, nil
}

func termDecisions(inputs []*TermDecisionInput) []directory.TermDecision {
	all := make([]directory.TermDecision, len(inputs))
	for i, in := range inputs {
		all[i] = directory.TermDecision{Term: in.TermID, Decision: in.Decision}
		if code := in.Need.Value(); code != nil {
			all[i].Need = *code
		}
	}
	return all
}
