package referral

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
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
	return a.take(ctx, clientMutationID, func(b *pgx.Batch, me uuid.UUID, now time.Time) picked {
		var next *taken
		// Materialized: a sub-select may be run again for each row that it is joined to, and lock another visitor each time.
		b.Queue(`
			with next as materialized (
				select id from visits where hub_id = $1 and left_at is null and state = 'WAITING'
				  and not exists (select from conversations where hub_id = $1 and advisor_id = $2 and (ended_at is null or created_by_id = $2 and client_mutation_id = $4))
				order by arrived_at, id limit 1 for update skip locked)
			update visits v set state = 'WITH_ADVISOR', advisor_id = $2, called_at = $3
			from next where v.hub_id = $1 and v.id = next.id
			returning v.id, v.person_id`, hubOf(ctx), me, now, clientMutationID).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[taken])
			if len(found) > 0 {
				next = found[0]
			}
			return err
		})
		return func(context.Context) (*taken, error) { return next, nil }
	})
}

// TakeVisit begins a conversation with one visitor out of turn: somebody who waits, or is in and now wants a word.
func (a *Advising) TakeVisit(ctx context.Context, clientMutationID string, id uuid.UUID) (*ent.Conversation, error) {
	return a.take(ctx, clientMutationID, func(b *pgx.Batch, me uuid.UUID, now time.Time) picked {
		v := &taken{VisitID: id}
		var state visit.State // "": there is no such visit
		b.Queue("select person_id, state from visits where hub_id = $1 and id = $2 for update", hubOf(ctx), id).Query(into(&v.PersonID, &state))
		return func(ctx context.Context) (*taken, error) {
			switch state {
			case "":
				return nil, problem.Missing("visit")
			case visit.StateWithAdvisor:
				return nil, problem.New(problem.Conflict, "Another advisor has just taken this visitor.")
			case visit.StateLeft:
				return nil, problem.New(problem.Conflict, "This visitor has left.")
			}
			var b pgx.Batch
			b.Queue("update visits set state = 'WITH_ADVISOR', advisor_id = $3, called_at = $4 where hub_id = $1 and id = $2", hubOf(ctx), id, me, now)
			return v, a.store.Defer(ctx, &b)
		}
	})
}

// taken is the visit of a new conversation.
type taken struct {
	VisitID  uuid.UUID
	PersonID *uuid.UUID
}

// picked tells which visit was picked, in the transaction of its ctx; nil: none.
type picked func(ctx context.Context) (*taken, error)

// mine is a conversation that stands in the way of another: an open one, or the one that the same request made before.
type mine struct {
	ID        uuid.UUID
	StartedAt time.Time
	Same      bool
}

// take begins a conversation in two round trips: what there is, with pick's statements; and all that changes.
func (a *Advising) take(ctx context.Context, clientMutationID string, pick func(b *pgx.Batch, me uuid.UUID, now time.Time) picked) (*ent.Conversation, error) {
	me, hub := viewer.FromContext(ctx).StaffID, hubOf(ctx)
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) error {
		c = nil
		now := time.Now().UTC().Truncate(time.Microsecond)
		var held []mine
		var b pgx.Batch
		// One take of an advisor at a time: two clicks, two tabs.
		b.Queue("select pg_advisory_xact_lock(hashtextextended('advisor ' || $1::text || $2::text, 0))", hub, me)
		b.Queue(`
			select id, started_at, coalesce(created_by_id = $2 and client_mutation_id = $3, false) from conversations
			where hub_id = $1 and advisor_id = $2 and (ended_at is null or created_by_id = $2 and client_mutation_id = $3)`, hub, me, clientMutationID,
		).Query(func(rows pgx.Rows) (err error) {
			held, err = pgx.CollectRows(rows, pgx.RowToStructByPos[mine])
			return err
		})
		which := pick(&b, me, now)
		if err := a.store.Send(ctx, &b); err != nil {
			return err
		}
		for _, m := range held {
			if m.Same {
				var err error
				c, err = a.store.Client(ctx).Conversation.Get(ctx, m.ID)
				return err
			}
		}
		t, err := which(ctx)
		if problem.Is(err, problem.NotFound) {
			return err // what is not there is not there, whatever else stands in the way
		}
		if len(held) > 0 {
			clock, err := a.desk.Clock(ctx)
			if err != nil {
				return err
			}
			return problem.New(problem.Conflict, "You are still in a conversation that began at %s. End it before you take somebody else.",
				held[0].StartedAt.In(clock.Zone).Format("15:04"))
		}
		if err != nil || t == nil {
			return err
		}
		c, err = a.begin(ctx, clientMutationID, t, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("take a visitor: %w", err)
	}
	return c, nil
}

// begin makes the conversation and its record, with the commit.
func (a *Advising) begin(ctx context.Context, clientMutationID string, t *taken, now time.Time) (*ent.Conversation, error) {
	who := viewer.FromContext(ctx)
	c := &ent.Conversation{
		ID: uuid.Must(uuid.NewV7()), HubID: hubOf(ctx), TrustID: who.TrustID, CreatedAt: now, CreatedByID: &who.StaffID, ClientMutationID: &clientMutationID,
		VisitID: t.VisitID, PersonID: t.PersonID, AdvisorID: who.StaffID, StartedAt: now, UpdatedAt: now,
	}
	var b pgx.Batch
	b.Queue(`
		insert into conversations (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, visit_id, person_id, advisor_id, started_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $5, $4, $4)`, c.ID, c.HubID, c.TrustID, now, who.StaffID, clientMutationID, c.VisitID, c.PersonID)
	if err := a.store.Defer(ctx, &b); err != nil {
		return nil, err
	}
	return c, a.changed(ctx, "conversation.started", c)
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
	var wanted []*ent.Need
	if n.Needs != nil {
		if len(*n.Needs) > maxNeeds {
			return nil, problem.Field("needs", "Choose at most %d needs.", maxNeeds)
		}
		var err error
		if wanted, err = a.desk.NeedsWithCodes(ctx, *n.Needs); err != nil {
			return nil, fmt.Errorf("record a conversation: %w", err)
		}
	}
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) (err error) {
		if c, err = a.own(ctx, id); err != nil {
			return err
		}
		var fields []string
		for _, t := range texts {
			was := map[string]*string{conversation.FieldWhatMatters: &c.WhatMatters, conversation.FieldNote: &c.Note, conversation.FieldAgreed: &c.Agreed}[t.column]
			if t.value == nil || *t.value == *was {
				continue
			}
			if c.PersonID == nil {
				return problem.Field(t.field, "This visitor is anonymous, so nothing about them is written down: only needs and services.")
			}
			*was = *t.value
			fields = append(fields, t.column)
		}
		var b pgx.Batch
		if len(fields) > 0 {
			c.UpdatedAt = time.Now().UTC().Truncate(time.Microsecond)
			b.Queue("update conversations set what_matters = $3, note = $4, agreed = $5, updated_at = $6 where hub_id = $1 and id = $2",
				c.HubID, c.ID, c.WhatMatters, c.Note, c.Agreed, c.UpdatedAt)
		}
		if n.Needs != nil {
			changed, err := setNeeds(&b, c, wanted)
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
		if err := a.store.Defer(ctx, &b); err != nil {
			return err
		}
		return a.log.Change(ctx, audit.Event{Action: "conversation.recorded", SubjectType: "conversation", SubjectID: c.ID, PersonID: c.PersonID, Fields: fields})
	})
	if err != nil {
		return nil, fmt.Errorf("record a conversation: %w", err)
	}
	return c, nil
}

// setNeeds makes the needs of a conversation, which own has read, those that are wanted. A need that is no longer
// offered may stay.
func setNeeds(b *pgx.Batch, c *ent.Conversation, wanted []*ent.Need) (changed bool, err error) {
	gone, err := needsOf(c)
	if err != nil {
		return false, err
	}
	var fresh []uuid.UUID
	for _, n := range wanted {
		if i := slices.Index(gone, n.ID); i >= 0 {
			gone = slices.Delete(gone, i, i+1)
			continue
		}
		if !n.Offered {
			return false, problem.Field("needs", "The hub no longer offers help with %s. Choose another need.", strings.ToLower(n.Name))
		}
		fresh = append(fresh, n.ID)
	}
	if len(gone) > 0 {
		b.Queue("delete from conversation_needs where hub_id = $1 and conversation_id = $2 and need_id = any($3)", c.HubID, c.ID, gone)
	}
	for _, id := range fresh {
		b.Queue("insert into conversation_needs (id, hub_id, conversation_id, need_id) values ($1, $2, $3, $4)", uuid.Must(uuid.NewV7()), c.HubID, c.ID, id)
	}
	return len(gone) > 0 || len(fresh) > 0, nil
}

// End ends a conversation; the visitor has left. One that has ended stays as it was.
func (a *Advising) End(ctx context.Context, id uuid.UUID) (*ent.Conversation, error) {
	var c *ent.Conversation
	err := a.store.Tx(ctx, func(ctx context.Context) (err error) {
		if c, err = a.own(ctx, id); err != nil || c.EndedAt != nil {
			return err
		}
		now := time.Now().UTC().Truncate(time.Microsecond)
		c.EndedAt, c.UpdatedAt = &now, now
		var b pgx.Batch
		b.Queue("update conversations set ended_at = $3, updated_at = $3 where hub_id = $1 and id = $2", c.HubID, c.ID, now)
		b.Queue("update visits set state = 'LEFT', left_at = $3 where hub_id = $1 and id = $2 and left_at is null", c.HubID, c.VisitID, now)
		if err := a.store.Defer(ctx, &b); err != nil {
			return err
		}
		return a.changed(ctx, "conversation.ended", c)
	})
	if err != nil {
		return nil, fmt.Errorf("end a conversation: %w", err)
	}
	return c, nil
}

// own reads one of the viewer's own conversations for a change, and the ids of its needs for needsOf.
func (a *Advising) own(ctx context.Context, id uuid.UUID) (*ent.Conversation, error) {
	query := a.store.Client(ctx).Conversation.Query().Where(conversation.ID(id)).ForUpdate()
	query.Modify(func(s *sql.Selector) {
		s.AppendSelectExprAs(sql.Raw(fmt.Sprintf("(select string_agg(n.need_id::text, ' ') from conversation_needs n where n.hub_id = %s and n.conversation_id = %s)",
			s.C(conversation.FieldHubID), s.C(conversation.FieldID))), "had_needs")
	})
	c, err := query.Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing("conversation")
	case err != nil:
		return nil, err
	case c.AdvisorID != viewer.FromContext(ctx).StaffID:
		return nil, errAnothers
	}
	return c, nil
}

var errAnothers = problem.New(problem.Forbidden, "This is another advisor's conversation. Only they write in it.")

// needsOf gives the ids of the needs that a conversation had when own read it.
func needsOf(c *ent.Conversation) ([]uuid.UUID, error) {
	value, err := c.Value("had_needs")
	if err != nil {
		return nil, err
	}
	had, _ := value.(string) // null: none
	var ids []uuid.UUID
	for text := range strings.FieldsSeq(had) {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
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
