package graph

import (
	"context"
	"fmt"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
)

var visits = kind[ent.Visit]{"visit", "Visit", func(v *ent.Visit) uuid.UUID { return v.ID },
	func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Visit, error) {
		q := r.Store.Client(ctx).Visit.Query().Where(visit.ID(id))
		selectVisit(ctx, q, s)
		return q.Only(ctx)
	}}

// maxQueue bounds each of the queue's lists.
const maxQueue = 200

func visitKey(v *ent.Visit) paging.Key { return paging.Key{v.ArrivedAt, v.ID} }

func (r *Resolver) queue(ctx context.Context, s selection) (*Queue, error) {
	q := &Queue{}
	for _, list := range []struct {
		name  string
		state visit.State
		into  *[]*ent.Visit
	}{{"waiting", visit.StateWaiting, &q.Waiting}, {"withAdvisor", visit.StateWithAdvisor, &q.WithAdvisor}} {
		if !s.has(list.name) {
			continue
		}
		query := r.Desk.Open(ctx, list.state).Limit(maxQueue)
		selectVisit(ctx, query, s.of(list.name))
		visits, err := query.All(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the queue: %w", err)
		}
		*list.into = visits
	}
	return q, nil
}

// liveQueue sends the queue now and again after each change.
func (r *Resolver) liveQueue(ctx context.Context) (<-chan *Queue, error) {
	s := selectionOf(graphql.GetFieldContext(ctx).Field.Selections, graphql.GetOperationContext(ctx).Variables)
	ticks, err := r.watch(ctx)
	if err != nil {
		return nil, err
	}
	queues := make(chan *Queue)
	go func() {
		defer close(queues)
		for range ticks {
			q, err := r.queue(ctx, s)
			if err != nil {
				graphql.AddError(ctx, err)
				return // the app connects again
			}
			select {
			case queues <- q:
			case <-ctx.Done():
				return
			}
		}
	}()
	return queues, nil
}

func (r *Resolver) visitsOn(ctx context.Context, h *ent.Hub, on *time.Time, first *int, after *string, last *int, before *string) (*paging.Connection[*ent.Visit], error) {
	args, err := paging.Both(first, after, last, before, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	if on == nil {
		clock, err := r.Desk.Clock(ctx)
		if err != nil {
			return nil, err
		}
		today := clock.Day(time.Now())
		on = &today
	}
	s := wanted(ctx)
	q := r.Store.Client(ctx).Visit.Query().Where(visit.ArrivedOn(*on))
	total := 0
	if s.has("totalCount") {
		if total, err = q.Clone().Count(ctx); err != nil {
			return nil, fmt.Errorf("count visits: %w", err)
		}
	}
	rows := s.node()
	if rows.has("person") {
		r.Log.Read(ctx, audit.Event{Action: "desk.read", SubjectType: "hub", SubjectID: h.ID})
	}
	selectVisit(ctx, q.Limit(args.Limit()), rows.without("need"))
	q.Select(visit.FieldNeedID)
	q.Modify(args.Order(true, visit.FieldArrivedAt, visit.FieldID))
	visits, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list visits: %w", err)
	}
	if rows.has("need") {
		if err := r.Desk.NameNeeds(ctx, visits); err != nil {
			return nil, err
		}
	}
	page := paging.New(args, visits, visitKey)
	page.TotalCount = total
	return page, nil
}

func (r *Resolver) visitsByWeek(ctx context.Context, from, to time.Time) ([]*WeekCount, error) {
	counts, err := r.Desk.ByWeek(ctx, from, to)
	if err != nil {
		return nil, err
	}
	var needs map[uuid.UUID]*ent.Need
	if s := wanted(ctx); s.has("need") && len(counts) > 0 {
		if needs, err = r.Desk.Needs(ctx); err != nil {
			return nil, err
		}
	}
	rows := make([]WeekCount, len(counts))
	weeks := make([]*WeekCount, len(counts))
	for i, c := range counts {
		rows[i] = WeekCount{Week: c.Monday, Visits: c.Visits}
		if c.NeedID != nil {
			rows[i].Need = needs[*c.NeedID]
		}
		weeks[i] = &rows[i]
	}
	return weeks, nil
}

// arrive records a visit, and reads what its payload asks of it in the same round trip.
func (r *Resolver) arrive(ctx context.Context, a frontdesk.Arrival) (v *ent.Visit, alreadyHere bool, userErrors []*problem.Problem, err error) {
	if err = checkMutationID(a.ClientMutationID); err == nil {
		x := r.reading(ctx, "visit", "Visit")
		if x != nil {
			a.Also = func(ctx context.Context, b *pgx.Batch, visit uuid.UUID) {
				_ = x.queue(ctx, b, visit) // it cannot be read so, and is read afterwards by the executor, which says why
			}
		}
		if v, alreadyHere, err = r.Desk.Arrive(ctx, a); err == nil {
			v, err = visits.read(ctx, r, v, x)
		}
	}
	userErrors, err = problem.Correctable(err)
	return v, alreadyHere, userErrors, err
}
