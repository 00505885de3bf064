package referral

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// FollowUpAfter is how many days after a signpost the advisor is asked whether they got there (DOMAIN, journey 3: four weeks).
const FollowUpAfter = 28

// Signpost records that the visitor was told of a service, for a need where its code is given. Nothing is sent. A service
// that was given before in the same conversation stays given once. An anonymous visitor cannot be asked later, so there
// is no follow-up.
func (a *Advising) Signpost(ctx context.Context, clientMutationID string, conversationID, serviceID uuid.UUID, code *string) (*ent.Signpost, error) {
	clock, err := a.desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	who := viewer.FromContext(ctx)
	var made *ent.Signpost
	err = a.store.Tx(ctx, func(ctx context.Context) error {
		on, err := a.signpostOn(ctx, clientMutationID, conversationID, serviceID, code)
		if err != nil {
			return err
		}
		if on.Before != nil {
			made, err = a.store.Client(ctx).Signpost.Get(ctx, *on.Before)
			return err
		}
		switch {
		case on.EndedAt != nil:
			return problem.New(problem.Conflict, "This conversation has ended, so no service can be added to it.")
		case on.Offered == nil:
			return problem.Missing("service")
		case !*on.Offered:
			return problem.Field("serviceId", "This service is not offered at present. Choose another.")
		case code != nil && on.Need == nil:
			return problem.Field("need", "The hub does not offer help with this need. Choose one from the list.")
		}
		now := time.Now().UTC().Truncate(time.Microsecond)
		made = &ent.Signpost{
			ID: uuid.Must(uuid.NewV7()), HubID: hubOf(ctx), TrustID: who.TrustID, CreatedAt: now, CreatedByID: &who.StaffID, ClientMutationID: &clientMutationID,
			ConversationID: conversationID, PersonID: on.PersonID, ServiceID: serviceID, NeedID: on.Need, GivenAt: now,
		}
		if on.PersonID != nil {
			day := clock.Day(now).AddDate(0, 0, FollowUpAfter)
			made.FollowUpOn = &day
		}
		var b pgx.Batch
		b.Queue(`
			insert into signposts (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, conversation_id, person_id, service_id, need_id, given_at, follow_up_on)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $4, $11)`,
			made.ID, made.HubID, made.TrustID, now, who.StaffID, clientMutationID, made.ConversationID, made.PersonID, made.ServiceID, made.NeedID, made.FollowUpOn)
		if err := a.store.Defer(ctx, &b); err != nil {
			return err
		}
		return a.log.Change(ctx, audit.Event{Action: "signpost.given", SubjectType: "signpost", SubjectID: made.ID, PersonID: made.PersonID})
	})
	if err != nil {
		return nil, fmt.Errorf("signpost: %w", err)
	}
	return made, nil
}

// ground is what a new signpost stands on.
type ground struct {
	PersonID *uuid.UUID
	EndedAt  *time.Time
	// Before is the signpost that was made for the same service or by the same request.
	Before *uuid.UUID
	// Offered says whether the service is; nil: there is no such service.
	Offered *bool
	// Need has the code that was given; nil: none has.
	Need *uuid.UUID
}

// signpostOn reads it, of one of the viewer's own conversations, whose lock makes its signposts come one after the other.
func (a *Advising) signpostOn(ctx context.Context, clientMutationID string, conversationID, serviceID uuid.UUID, code *string) (*ground, error) {
	me, hub := viewer.FromContext(ctx).StaffID, hubOf(ctx)
	var advisor *uuid.UUID
	on := &ground{}
	var b pgx.Batch
	b.Queue("select advisor_id, person_id, ended_at from conversations where hub_id = $1 and id = $2 for update", hub, conversationID).Query(into(&advisor, &on.PersonID, &on.EndedAt))
	// A statement of its own: it must see what was done while the first one waited.
	b.Queue(`
		select (select id from signposts where hub_id = $1 and (conversation_id = $2 and service_id = $3 or created_by_id = $4 and client_mutation_id = $5) limit 1),
		       (select retired_at is null and status = 'ACTIVE' from services where hub_id = $1 and id = $3),
		       (select id from needs where hub_id = $1 and code = $6)`,
		hub, conversationID, serviceID, me, clientMutationID, code).Query(into(&on.Before, &on.Offered, &on.Need))
	switch err := a.store.Send(ctx, &b); {
	case err != nil:
		return nil, err
	case advisor == nil:
		return nil, problem.Missing("conversation")
	case *advisor != me:
		return nil, errAnothers
	}
	return on, nil
}

// into scans a row, where there is one.
func into(dest ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, dest, func() error { return nil })
		return err
	}
}

// Remove takes back a signpost while its conversation is open.
func (a *Advising) Remove(ctx context.Context, id uuid.UUID) error {
	err := a.store.Tx(ctx, func(ctx context.Context) error {
		s, err := a.signpost(ctx, id)
		if err != nil {
			return err
		}
		c, err := a.own(ctx, s.ConversationID)
		switch {
		case err != nil:
			return err
		case c.EndedAt != nil:
			return problem.New(problem.Conflict, "The conversation has ended, so what was given in it stays on record.")
		}
		var b pgx.Batch
		b.Queue("delete from signposts where hub_id = $1 and id = $2", s.HubID, s.ID)
		if err := a.store.Defer(ctx, &b); err != nil {
			return err
		}
		return a.log.Change(ctx, audit.Event{Action: "signpost.removed", SubjectType: "signpost", SubjectID: id, PersonID: s.PersonID})
	})
	if err != nil {
		return fmt.Errorf("remove a signpost: %w", err)
	}
	return nil
}

// FollowUp records what the person answered when any advisor of the hub asked whether they got there. A later answer
// replaces an earlier one.
func (a *Advising) FollowUp(ctx context.Context, id uuid.UUID, outcome signpost.Outcome) (*ent.Signpost, error) {
	var s *ent.Signpost
	err := a.store.Tx(ctx, func(ctx context.Context) (err error) {
		if s, err = a.signpost(ctx, id); err != nil {
			return err
		}
		switch {
		case s.PersonID == nil:
			return problem.New(problem.Conflict, "This signpost was given to an anonymous visitor, who cannot be asked.")
		case s.Outcome != nil && *s.Outcome == outcome:
			return nil
		}
		now, me := time.Now().UTC().Truncate(time.Microsecond), viewer.FromContext(ctx).StaffID
		s.Outcome, s.FollowedUpAt, s.FollowedUpByID = &outcome, &now, &me
		var b pgx.Batch
		b.Queue("update signposts set outcome = $3, followed_up_at = $4, followed_up_by_id = $5 where hub_id = $1 and id = $2", s.HubID, s.ID, string(outcome), now, me)
		if err := a.store.Defer(ctx, &b); err != nil {
			return err
		}
		return a.log.Change(ctx, audit.Event{Action: "signpost.followed_up", SubjectType: "signpost", SubjectID: id, PersonID: s.PersonID, Fields: []string{"outcome"}})
	})
	if err != nil {
		return nil, fmt.Errorf("record a follow-up: %w", err)
	}
	return s, nil
}

func (a *Advising) signpost(ctx context.Context, id uuid.UUID) (*ent.Signpost, error) {
	s, err := a.store.Client(ctx).Signpost.Query().Where(signpost.ID(id)).ForUpdate().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, problem.Missing("signpost")
	}
	return s, err
}
