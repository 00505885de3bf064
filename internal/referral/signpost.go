package referral

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// FollowUpAfter is how many days after a signpost the advisor is asked whether they got there (DOMAIN, journey 3: four weeks).
const FollowUpAfter = 28

const signpostMutationKey = "signpost_hub_id_created_by_id_client_mutation_id"

// Signpost records that the visitor was told of a service, for a need where its code is given. Nothing is sent. A service
// that was given before in the same conversation stays given once. An anonymous visitor cannot be asked later, so there
// is no follow-up.
func (a *Advising) Signpost(ctx context.Context, clientMutationID string, conversationID, serviceID uuid.UUID, code *string) (*ent.Signpost, error) {
	clock, err := a.desk.Clock(ctx)
	if err != nil {
		return nil, err
	}
	me := viewer.FromContext(ctx).StaffID
	var made *ent.Signpost
	err = a.store.Tx(ctx, func(ctx context.Context) error {
		// The conversation's lock makes its signposts come one after the other.
		c, err := a.own(ctx, conversationID)
		if err != nil {
			return err
		}
		client := a.store.Client(ctx)
		made, err = client.Signpost.Query().Where(signpost.Or(
			signpost.And(signpost.ConversationID(c.ID), signpost.ServiceID(serviceID)),
			signpost.And(signpost.CreatedByID(me), signpost.ClientMutationID(clientMutationID)))).First(ctx)
		if !ent.IsNotFound(err) {
			return err
		}
		if c.EndedAt != nil {
			return problem.New(problem.Conflict, "This conversation has ended, so no service can be added to it.")
		}
		s, err := client.Service.Query().Where(service.ID(serviceID)).
			Select(service.FieldID, service.FieldStatus, service.FieldRetiredAt).Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return problem.Missing("service")
		case err != nil:
			return err
		case s.RetiredAt != nil || s.Status != service.StatusActive:
			return problem.Field("serviceId", "This service is not offered at present. Choose another.")
		}
		create := client.Signpost.Create().SetClientMutationID(clientMutationID).SetCreatedByID(me).
			SetConversationID(c.ID).SetNillablePersonID(c.PersonID).SetServiceID(serviceID)
		if code != nil {
			n, err := client.Need.Query().Where(need.Code(*code)).Only(ctx)
			switch {
			case ent.IsNotFound(err):
				return problem.Field("need", "The hub does not offer help with this need. Choose one from the list.")
			case err != nil:
				return err
			}
			create.SetNeedID(n.ID)
		}
		if c.PersonID != nil {
			create.SetFollowUpOn(clock.Day(time.Now()).AddDate(0, 0, FollowUpAfter))
		}
		if made, err = create.Save(ctx); err != nil {
			return err
		}
		return a.log.Change(ctx, audit.Event{Action: "signpost.given", SubjectType: "signpost", SubjectID: made.ID, PersonID: made.PersonID})
	})
	if store.IsUnique(err, signpostMutationKey) {
		made, err = a.store.Client(ctx).Signpost.Query().
			Where(signpost.CreatedByID(me), signpost.ClientMutationID(clientMutationID)).Only(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("signpost: %w", err)
	}
	return made, nil
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
		if err := a.store.Client(ctx).Signpost.DeleteOne(s).Exec(ctx); err != nil {
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
		s, err = a.store.Client(ctx).Signpost.UpdateOne(s).SetOutcome(outcome).SetFollowedUpAt(time.Now()).
			SetFollowedUpByID(viewer.FromContext(ctx).StaffID).Save(ctx)
		if err != nil {
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
