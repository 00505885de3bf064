package graph

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/problem"
)

// maxServicesByID is how many services are read at once: a basket and more.
const maxServicesByID = 25

func checkServiceIDs(ids []uuid.UUID) error {
	if len(ids) > maxServicesByID {
		return problem.Field("ids", "Ask for at most %d services at once.", maxServicesByID)
	}
	return nil
}

// Services by their ids, as they are compiled.
var (
	servicesByIDField = compile.With{
		Params: params("ids uuid[]"),
		Bind: func(_ context.Context, a map[string]any) ([]any, error) {
			given, _ := a["ids"].([]uuid.UUID)
			ids := make([]pgtype.UUID, len(given)) // pgx takes uuid.UUID for text
			for i, id := range given {
				ids[i] = pgtype.UUID{Bytes: id, Valid: true}
			}
			return []any{ids}, checkServiceIDs(given)
		},
		Field: compile.List{Rows: compile.Rows{Object: "ServiceById", From: "unnest(@ids) with ordinality @row(id, n)", Order: by("n")}},
	}
	serviceByID = &compile.Object{Fields: map[string]compile.Field{
		"service": compile.One{Object: "Service",
			On: "@row.id = coalesce((select m.merged_into_id from services m where m.hub_id = @hub and m.id = @parent.id), @parent.id)"},
	}}
)

// servicesByIDs reads services in the order of ids; of one that was merged, the one that stands for it.
func (r *Resolver) servicesByIDs(ctx context.Context, ids []uuid.UUID, s selection) ([]*ServiceByID, error) {
	if err := checkServiceIDs(ids); err != nil {
		return nil, err
	}
	merged, err := r.Store.Client(ctx).Service.Query().Where(service.IDIn(ids...), service.MergedIntoIDNotNil()).Select(service.FieldID, service.FieldMergedIntoID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which services were merged: %w", err)
	}
	standsFor := map[uuid.UUID]uuid.UUID{}
	for _, id := range ids {
		standsFor[id] = id
	}
	for _, m := range merged {
		standsFor[m.ID] = *m.MergedIntoID
	}
	wanted := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		wanted[i] = standsFor[id]
	}
	byID, err := r.servicesOf(ctx, wanted, s)
	if err != nil {
		return nil, err
	}
	all := make([]*ServiceByID, len(ids))
	for i := range ids {
		all[i] = &ServiceByID{Service: byID[wanted[i]]}
	}
	return all, nil
}

// servicesOf reads services, by their ids.
func (r *Resolver) servicesOf(ctx context.Context, ids []uuid.UUID, s selection) (map[uuid.UUID]*ent.Service, error) {
	q := r.Store.Client(ctx).Service.Query().Where(service.IDIn(ids...))
	selectService(q, s)
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Service, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID, nil
}
