package graph

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguecheck"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/problem"
)

// A source of a hub's catalogue and a check of one, as compiled reads have them: their problems and differences are lists in
// a column.
var (
	compiledSource = &compile.Object{Table: cataloguesource.Table, Fields: map[string]compile.Field{
		"reading":  compile.SQL("coalesce(@row.held_until > now(), false)"),
		"problems": itemsOf("SourceProblem", "@parent.problems"),
	}}
	compiledCheck = &compile.Object{Table: cataloguecheck.Table, Fields: map[string]compile.Field{
		"rows":        compile.SQL("coalesce((@row.result->>'rows')::int, 0)"),
		"refused":     compile.SQL("coalesce((@row.result->>'refused')::int, 0)"),
		"counts":      itemsOf("DifferenceCount", "@parent.result->'counts'"),
		"differences": itemsOf("CatalogueDifference", "@parent.result->'differences'"),
		"problems":    itemsOf("SourceProblem", "@parent.result->'problems'"),
	}}
	compiledProblem = &compile.Object{Fields: map[string]compile.Field{
		"row": itemNumber("row"), "line": itemNumber("line"), "kind": itemText("kind"), "externalId": itemText("id"), "name": itemText("name"),
		"field": itemText("field"), "message": itemText("message"), "mend": itemText("mend"),
	}}
	compiledCount = &compile.Object{Fields: map[string]compile.Field{
		"kind": itemText("kind"), "added": itemNumber("added"), "changed": itemNumber("changed"), "retired": itemNumber("retired"), "restored": itemNumber("restored"),
	}}
	compiledDifference = &compile.Object{Fields: map[string]compile.Field{
		"kind": itemText("kind"), "what": itemText("what"), "name": itemText("name"), "fields": itemsOf("FieldDifference", "@parent.item->'fields'"),
	}}
	compiledFieldDifference = &compile.Object{Fields: map[string]compile.Field{"field": itemText("field"), "before": itemText("before"), "after": itemText("after")}}

	compiledSources = compile.List{Rows: compile.Rows{Object: "CatalogueSource", Where: "@row.removed_at is null", Order: by("name", "id")}}
	oneSource       = compile.With{Params: params("id uuid"), Bind: argument("id"),
		Field: compile.Lookup{Object: "CatalogueSource", Missing: "catalogue source", Where: "@row.id = @id and @row.removed_at is null"}}
)

// itemsOf are the items of a list in JSON, as objects.
func itemsOf(object, list string) compile.Field {
	return compile.List{Rows: compile.Rows{Object: object, Order: by("n"),
		From: "jsonb_array_elements(coalesce(nullif(" + list + ", 'null'), '[]')) with ordinality @row(item, n)"}}
}

func itemText(key string) compile.Field {
	return compile.SQL("coalesce(@row.item->>'" + key + "', '')")
}

func itemNumber(key string) compile.Field {
	return compile.SQL("coalesce((@row.item->>'" + key + "')::int, 0)")
}

func (r *Resolver) catalogueSources(ctx context.Context, s selection) ([]*ent.CatalogueSource, error) {
	rows, err := r.Store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.RemovedAtIsNil()).
		Order(cataloguesource.ByName(), cataloguesource.ByID()).Select(sourceColumns(s)...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list catalogue sources: %w", err)
	}
	return rows, nil
}

func (r *Resolver) catalogueSource(ctx context.Context, id uuid.UUID, s selection) (*ent.CatalogueSource, error) {
	row, err := r.Store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.ID(id), cataloguesource.RemovedAtIsNil()).Select(sourceColumns(s)...).Only(ctx)
	return found("catalogue source", row, err)
}

// sourceColumns are those that a selection needs; a document is never one.
func sourceColumns(s selection) []string {
	return s.columns(cataloguesource.ValidColumn, cataloguesource.FieldID, cataloguesource.FieldHeldUntil)
}

func (r *Resolver) catalogueCheck(ctx context.Context, id uuid.UUID, s selection) (*ent.CatalogueCheck, error) {
	row, err := r.Store.Client(ctx).CatalogueCheck.Query().Where(cataloguecheck.ID(id)).
		Select(s.columns(cataloguecheck.ValidColumn, cataloguecheck.FieldID, cataloguecheck.FieldResult)...).Only(ctx)
	return found("check", row, err)
}

func (r *Resolver) checkCatalogueSource(ctx context.Context, input CheckCatalogueSourceInput) (*CheckCatalogueSourcePayload, error) {
	payload := &CheckCatalogueSourcePayload{ClientMutationID: &input.ClientMutationID}
	asked, err := proposalOf(input)
	var made *ent.CatalogueCheck
	if err == nil {
		made, err = r.Sources.Check(ctx, input.ClientMutationID, asked)
	}
	if payload.UserErrors, err = problem.Correctable(err); err != nil || made == nil {
		return payload, err
	}
	payload.Check, err = r.catalogueCheck(ctx, made.ID, wanted(ctx).of("check"))
	return payload, err
}

func proposalOf(input CheckCatalogueSourceInput) (catalogue.Proposal, error) {
	p := catalogue.Proposal{Source: input.SourceID.Value()}
	if err := checkMutationID(input.ClientMutationID); err != nil {
		return p, err
	}
	for from, to := range map[*string]*string{input.Name.Value(): &p.Name, input.URL.Value(): &p.URL, input.FileName.Value(): &p.FileName} {
		if from != nil {
			*to = *from
		}
	}
	if minutes := input.RefreshMinutes.Value(); minutes != nil {
		// What is out of bounds is told of as that, not by what is left of it in nanoseconds.
		p.Refresh = time.Duration(min(max(*minutes, 1), 1<<20)) * time.Minute
	}
	if encoded := input.Document.Value(); encoded != nil {
		document, err := base64.StdEncoding.DecodeString(*encoded)
		if err != nil || len(document) == 0 {
			return p, problem.Field("document", "The file did not arrive whole, or is empty. Choose it again.")
		}
		p.Document = document
	}
	return p, nil
}

// resultOf is what a check found; nothing yet.
func resultOf(c *ent.CatalogueCheck) schema.CheckResult {
	if c.Result == nil {
		return schema.CheckResult{}
	}
	return *c.Result
}

func pointers[T any](all []T) []*T {
	to := make([]*T, len(all))
	for i := range all {
		to[i] = &all[i]
	}
	return to
}
