package graph

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/paging"
)

var signposts = kind[ent.Signpost]{"signpost", "Signpost", func(p *ent.Signpost) uuid.UUID { return p.ID },
	func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Signpost, error) {
		q := r.Store.Client(ctx).Signpost.Query().Where(signpost.ID(id))
		selectSignpost(ctx, q, s)
		return q.Only(ctx)
	}}

var conversations = kind[ent.Conversation]{"conversation", "Conversation", func(c *ent.Conversation) uuid.UUID { return c.ID },
	func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Conversation, error) {
		q := r.Store.Client(ctx).Conversation.Query().Where(conversation.ID(id))
		selectConversation(ctx, q, s)
		return q.Only(ctx)
	}}

func (r *Resolver) conversation(ctx context.Context, s selection, which ...predicate.Conversation) (*ent.Conversation, error) {
	q := r.Store.Client(ctx).Conversation.Query().Where(which...)
	selectConversation(ctx, q, s)
	q.Modify(func(s *sql.Selector) { s.AppendSelect(s.C(conversation.FieldPersonID)) })
	// Where several are open it is the one that began last.
	c, err := q.Order(conversation.ByStartedAt(sql.OrderDesc()), conversation.ByID(sql.OrderDesc())).First(ctx)
	if c, err = found("conversation", c, err); err != nil {
		return nil, err
	}
	r.Log.Read(ctx, audit.Event{Action: "conversation.read", SubjectType: "conversation", SubjectID: c.ID, PersonID: c.PersonID, Fields: s.names})
	return c, nil
}

func (r *Resolver) followUps(ctx context.Context, dueBy *time.Time, first *int, after *string) (*paging.Connection[*ent.Signpost], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	if dueBy == nil {
		clock, err := r.Desk.Clock(ctx)
		if err != nil {
			return nil, err
		}
		today := clock.Day(time.Now())
		dueBy = &today
	}
	q := r.Store.Client(ctx).Signpost.Query().Where(signpost.FollowedUpAtIsNil(), signpost.FollowUpOnLTE(*dueBy))
	page, err := pageFrom(ctx, q, args, listing[*ent.SignpostQuery, ent.Signpost]{
		what: "follow-ups", order: args.Order(false, signpost.FieldFollowUpOn, signpost.FieldID),
		load: func(q *ent.SignpostQuery, s selection) { selectSignpost(ctx, q, s) },
		key:  func(s *ent.Signpost) paging.Key { return paging.Key{*s.FollowUpOn, s.ID} },
	})
	if err != nil {
		return nil, err
	}
	shown := map[uuid.UUID]bool{}
	for _, s := range page.Nodes() {
		if p := s.Person(); p != nil && !shown[p.ID] {
			shown[p.ID] = true
			r.Log.Read(ctx, audit.Event{Action: "person.listed", SubjectType: "person", SubjectID: p.ID, PersonID: &p.ID})
		}
	}
	return page, nil
}
