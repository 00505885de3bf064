package graph

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/auditevent"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/internal/paging"
)

func (r *Resolver) auditEvents(ctx context.Context, h *ent.Hub, personID *uuid.UUID, first *int, after *string) (*paging.Connection[*ent.AuditEvent], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).AuditEvent.Query().Where(auditevent.HubID(h.ID))
	if personID != nil {
		q.Where(auditevent.PersonID(*personID))
	}
	return pageFrom(ctx, q, args, listing[*ent.AuditEventQuery, ent.AuditEvent]{
		what: "audit events", load: selectAudit, order: args.Order(true, auditevent.FieldAt, auditevent.FieldID),
		key: func(e *ent.AuditEvent) paging.Key { return paging.Key{e.At, e.ID} },
	})
}

// actors names who did the things of a page of the audit, by one statement.
func (r *Resolver) actors(ctx context.Context, events []*ent.AuditEvent) ([]*AuditActor, error) {
	var ids []uuid.UUID
	for _, e := range events {
		if e.ActorID != nil {
			ids = append(ids, *e.ActorID)
		}
	}
	actors := make([]*AuditActor, len(events))
	if len(ids) == 0 {
		return actors, nil
	}
	staff, err := r.Store.Client(ctx).StaffUser.Query().Where(staffuser.IDIn(ids...)).Select(staffuser.FieldID, staffuser.FieldName).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("name who did it: %w", err)
	}
	byID := make(map[uuid.UUID]*AuditActor, len(staff))
	for _, s := range staff {
		byID[s.ID] = &AuditActor{ID: s.ID, Name: s.Name}
	}
	for i, e := range events {
		if e.ActorID != nil {
			actors[i] = byID[*e.ActorID]
		}
	}
	return actors, nil
}
