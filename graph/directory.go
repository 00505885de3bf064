package graph

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/directory"
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

// maxSessions bounds a service's next sessions.
const maxSessions = 20

func (r *Resolver) services(ctx context.Context, filter *ServiceFilter, first *int, after *string) (*ServiceConnection, error) {
	s := wanted(ctx)
	query := queryOf(filter)
	query.Explained = s.of("edges").has("reasons")
	clock, err := r.Desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	query.Today = clock.Day(time.Now())
	page, err := r.Directory.Search(ctx, query, first, after, func(q *ent.ServiceQuery) { selectService(q, s.node()) })
	if err != nil {
		return nil, err
	}
	answer := &ServiceConnection{PageInfo: &page.PageInfo, Edges: make([]*ServiceEdge, len(page.Edges)), Nodes: make([]*ent.Service, len(page.Edges))}
	for i, e := range page.Edges {
		answer.Edges[i] = &ServiceEdge{Cursor: e.Cursor, Node: e.Node.Service, DistanceMetres: e.Node.DistanceMetres, Reasons: e.Node.Reasons}
		answer.Nodes[i] = e.Node.Service
		answer.CorrectedText = e.Node.Corrected // the same for all
	}
	return answer, nil
}

// standing finds the record that has the id, or the one that stands for it where that was merged.
func standing[P ~func(*sql.Selector)](ctx context.Context, table string, id uuid.UUID) (P, error) {
	hub, err := hubID(ctx)
	if err != nil {
		return nil, err
	}
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C("id")).WriteString(" = coalesce((select m.merged_into_id from " + table + " m where m.hub_id = ").Arg(hub).
				WriteString(" and m.id = ").Arg(id).WriteString("), ").Arg(id).WriteString(")")
		}))
	}, nil
}

// queryOf is what a filter asks of the directory.
func queryOf(filter *ServiceFilter) directory.Query {
	var query directory.Query
	if filter == nil {
		return query
	}
	if text := filter.Text.Value(); text != nil {
		query.Text = *text
	}
	query.Needs, query.Free, query.Age, query.Capacity = filter.Needs.Value(), filter.Free.Value(), filter.Age.Value(), filter.HasCapacity.Value()
	query.Languages, query.Accessibility = filter.Languages.Value(), filter.Accessibility.Value()
	if from := filter.From.Value(); from != nil {
		query.From = *from
	}
	if to := filter.To.Value(); to != nil {
		query.To = *to
	}
	if day := filter.Day.Value(); day != nil {
		d := weekdays[*day]
		query.Day = &d
	}
	if near := filter.Near.Value(); near != nil {
		query.Near = &directory.Near{Latitude: near.Latitude, Longitude: near.Longitude, Metres: near.Metres}
	}
	return query
}

var weekdays = map[schema.Weekday]time.Weekday{schema.Sunday: time.Sunday, schema.Monday: time.Monday, schema.Tuesday: time.Tuesday,
	schema.Wednesday: time.Wednesday, schema.Thursday: time.Thursday, schema.Friday: time.Friday, schema.Saturday: time.Saturday}
