package referral

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/conversationneed"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/text"
	"liferooms.io/liferooms/internal/viewer"
)

// Advising is the work of a hub's advisors. Every method works in the one hub of the viewer in ctx, as that viewer.
type Advising struct {
	store *store.Store
	log   *audit.Log
	desk  *frontdesk.Desk
}

// New makes it.
func New(s *store.Store, log *audit.Log, desk *frontdesk.Desk) *Advising {
	return &Advising{store: s, log: log, desk: desk}
}

// TakeNext begins a conversation with who has waited longest; nil where nobody waits. Two advisors never take the same
// person. An advisor has one conversation at a time: while one is open this is a Conflict, so that nobody is left open
// and forgotten. The same clientMutationID of the same advisor gives the conversation that it began the first time.
func (a *Advising) TakeNext(ctx context.Context, clientMutationID string) (*ent.Conversation, error) {
	return a.take(ctx, clientMutationID, func(ctx context.Context, me uuid.UUID, now time.Time) (*taken, error) {
		// Materialized: a sub-select may be run again for each row that it is joined to, and lock another visitor each time.
		next, err := store.Collect(ctx, a.store, pgx.RowToAddrOfStructByPos[taken], `
			with next as materialized (
				select id from visits where hub_id = $1 and left_at is null and state = 'WAITING'
				order by arrived_at, id limit 1 for update skip locked)
			update visits v set state = 'WITH_ADVISOR', advisor_id = $2, called_at = $3
			from next where v.hub_id = $1 and v.id = next.id
			returning v.id, v.person_id`, hubOf(ctx), me, now)
		if err != nil || len(next) == 0 {
			return nil, err
		}
		return next[0], nil
	})
}

// TakeVisit begins a conversation with one visitor out of turn: somebody who waits, or is in and now wants a word.
func (a *Advising) TakeVisit(ctx context.Context, clientMutationID string, id uuid.UUID) (*ent.Conversation, error) {
	return a.take(ctx, clientMutationID, func(ctx context.Context, me uuid.UUID, now time.Time) (*taken, error) {
		v, err := a.store.Client(ctx).Visit.Query().Where(visit.ID(id)).ForUpdate().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return nil, problem.Missing("visit")
		case err != nil:
			return nil, err
		case v.State == visit.StateWithAdvisor:
			return nil, problem.New(problem.Conflict, "Another advisor has just taken this visitor.")
		case v.State == visit.StateLeft:
			return nil, problem.New(problem.Conflict, "This visitor has left.")
		}
		err = a.store.Client(ctx).Visit.UpdateOne(v).SetState(visit.StateWithAdvisor).SetAdvisorID(me).SetCalledAt(now).Exec(ctx)
		return &taken{VisitID: v.ID, PersonID: v.PersonID}, err
	})
}

// taken is the visit of a new conversation.
type taken struct {
	VisitID  uuid.UUID
	PersonID *uuid.UUID
}

func (a *Advising) take(ctx context.Context, clientMutationID string, pick func(ctx context.Context, me uuid.UUID, now time.Time) (*taken, error)) (*ent.Conversation, error) {
	me := viewer.FromContext(ctx).StaffID
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) error {
		c = nil
		// One take of an advisor at a time: two clicks, two tabs.
		if _, err := a.store.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('advisor ' || $1::text || $2::text, 0))`, hubOf(ctx), me); err != nil {
			return err
		}
		mine, err := a.store.Client(ctx).Conversation.Query().Where(conversation.AdvisorID(me), conversation.Or(
			conversation.EndedAtIsNil(), conversation.And(conversation.CreatedByID(me), conversation.ClientMutationID(clientMutationID)))).All(ctx)
		if err != nil {
			return err
		}
		for _, m := range mine {
			if m.ClientMutationID != nil && *m.ClientMutationID == clientMutationID {
				c = m
				return nil
			}
		}
		now := time.Now()
		t, err := pick(ctx, me, now)
		if problem.Is(err, problem.NotFound) {
			return err // what is not there is not there, whatever else stands in the way
		}
		if len(mine) > 0 {
			clock, err := a.desk.Clock(ctx)
			if err != nil {
				return err
			}
			return problem.New(problem.Conflict, "You are still in a conversation that began at %s. End it before you take somebody else.",
				mine[0].StartedAt.In(clock.Zone).Format("15:04"))
		}
		if err != nil || t == nil {
			return err
		}
		c, err = a.store.Client(ctx).Conversation.Create().SetClientMutationID(clientMutationID).SetCreatedByID(me).
			SetVisitID(t.VisitID).SetNillablePersonID(t.PersonID).SetAdvisorID(me).SetStartedAt(now).Save(ctx)
		if err != nil {
			return err
		}
		return a.changed(ctx, "conversation.started", c)
	})
	if err != nil {
		return nil, fmt.Errorf("take a visitor: %w", err)
	}
	return c, nil
}

// Notes are what is written of a conversation. What is nil is left as it is.
type Notes struct {
	// Needs are codes; they replace those recorded.
	Needs                     *[]string
	WhatMatters, Note, Agreed *string
}

// maxText is the most bytes of each text of a conversation; maxNeeds the most needs.
const (
	maxText  = 10000
	maxNeeds = 50
)

// Record saves notes. Only its advisor writes a conversation, after its end too.
func (a *Advising) Record(ctx context.Context, id uuid.UUID, n Notes) (*ent.Conversation, error) {
	texts := []struct {
		field, label, column string
		value                *string
	}{
		{"whatMatters", "What matters to them", conversation.FieldWhatMatters, n.WhatMatters},
		{"note", "The note", conversation.FieldNote, n.Note},
		{"agreed", "What was agreed", conversation.FieldAgreed, n.Agreed},
	}
	for i, t := range texts {
		if t.value == nil {
			continue
		}
		tidy, err := text.Block(t.field, t.label, *t.value, maxText)
		if err != nil {
			return nil, err
		}
		texts[i].value = &tidy
	}
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) (err error) {
		if c, err = a.own(ctx, id); err != nil {
			return err
		}
		update := a.store.Client(ctx).Conversation.UpdateOne(c)
		was := map[string]string{conversation.FieldWhatMatters: c.WhatMatters, conversation.FieldNote: c.Note, conversation.FieldAgreed: c.Agreed}
		var fields []string
		for _, t := range texts {
			if t.value == nil || *t.value == was[t.column] {
				continue
			}
			if c.PersonID == nil {
				return problem.Field(t.field, "This visitor is anonymous, so nothing about them is written down: only needs and services.")
			}
			if err := update.Mutation().SetField(t.column, *t.value); err != nil {
				return err
			}
			fields = append(fields, t.column)
		}
		if len(fields) > 0 {
			if c, err = update.Save(ctx); err != nil {
				return err
			}
		}
		if n.Needs != nil {
			changed, err := a.setNeeds(ctx, c.ID, *n.Needs)
			if err != nil {
				return err
			}
			if changed {
				fields = append(fields, "needs")
			}
		}
		if len(fields) == 0 {
			return nil
		}
		return a.log.Change(ctx, audit.Event{Action: "conversation.recorded", SubjectType: "conversation", SubjectID: c.ID, PersonID: c.PersonID, Fields: fields})
	})
	if err != nil {
		return nil, fmt.Errorf("record a conversation: %w", err)
	}
	return c, nil
}

// setNeeds makes the needs of a conversation those with the codes. A need that is no longer offered may stay.
func (a *Advising) setNeeds(ctx context.Context, id uuid.UUID, codes []string) (changed bool, err error) {
	if len(codes) > maxNeeds {
		return false, problem.Field("needs", "Choose at most %d needs.", maxNeeds)
	}
	client := a.store.Client(ctx)
	had, err := client.ConversationNeed.Query().Where(conversationneed.ConversationID(id)).WithNeed().All(ctx)
	if err != nil {
		return false, err
	}
	wanted, err := client.Need.Query().Where(need.CodeIn(codes...)).All(ctx)
	if err != nil {
		return false, err
	}
	for _, code := range codes {
		if !slices.ContainsFunc(wanted, func(n *ent.Need) bool { return n.Code == code }) {
			return false, problem.Field("needs", "The hub does not offer help with one of these needs. Choose from the list.")
		}
	}
	var gone []uuid.UUID
	for _, h := range had {
		if i := slices.IndexFunc(wanted, func(n *ent.Need) bool { return n.ID == h.NeedID }); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
		} else {
			gone = append(gone, h.ID)
		}
	}
	creates := make([]*ent.ConversationNeedCreate, len(wanted))
	for i, n := range wanted {
		if !n.Offered {
			return false, problem.Field("needs", "The hub no longer offers help with %s. Choose another need.", strings.ToLower(n.Name))
		}
		creates[i] = client.ConversationNeed.Create().SetConversationID(id).SetNeedID(n.ID)
	}
	if len(gone) > 0 {
		if _, err := client.ConversationNeed.Delete().Where(conversationneed.IDIn(gone...)).Exec(ctx); err != nil {
			return false, err
		}
	}
	if len(creates) > 0 {
		if err := client.ConversationNeed.CreateBulk(creates...).Exec(ctx); err != nil {
			return false, err
		}
	}
	return len(gone) > 0 || len(creates) > 0, nil
}

// End ends a conversation; the visitor has left. One that has ended stays as it was.
func (a *Advising) End(ctx context.Context, id uuid.UUID) (*ent.Conversation, error) {
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) (err error) {
		if c, err = a.own(ctx, id); err != nil || c.EndedAt != nil {
			return err
		}
		now := time.Now()
		if c, err = a.store.Client(ctx).Conversation.UpdateOne(c).SetEndedAt(now).Save(ctx); err != nil {
			return err
		}
		err = a.store.Client(ctx).Visit.Update().Where(visit.ID(c.VisitID), visit.LeftAtIsNil()).
			SetState(visit.StateLeft).SetLeftAt(now).Exec(ctx)
		if err != nil {
			return err
		}
		return a.changed(ctx, "conversation.ended", c)
	})
	if err != nil {
		return nil, fmt.Errorf("end a conversation: %w", err)
	}
	return c, nil
}

// own reads one of the viewer's own conversations for a change.
func (a *Advising) own(ctx context.Context, id uuid.UUID) (*ent.Conversation, error) {
	c, err := a.store.Client(ctx).Conversation.Query().Where(conversation.ID(id)).ForUpdate().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing("conversation")
	case err != nil:
		return nil, err
	case c.AdvisorID != viewer.FromContext(ctx).StaffID:
		return nil, problem.New(problem.Forbidden, "This is another advisor's conversation. Only they write in it.")
	}
	return c, nil
}

func (a *Advising) changed(ctx context.Context, action string, c *ent.Conversation) error {
	err := a.log.Change(ctx, audit.Event{Action: action, SubjectType: "conversation", SubjectID: c.ID, PersonID: c.PersonID})
	if err != nil {
		return err
	}
	return a.store.Notify(ctx, frontdesk.Topic)
}

// hubOf is the hub that the viewer works in; no hub at all where there is none, and then nothing is found.
func hubOf(ctx context.Context) uuid.UUID {
	h, _ := viewer.FromContext(ctx).OneHub()
	return h.ID
}
