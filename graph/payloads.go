package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/visit"
	domain "liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/problem"
)

// A mutation answers with the row that it changed. Where the caller asks for more than the row itself, it is read again
// with its edges.

// payload reads a row again where its selection asks for edges.
func payload[T any](ctx context.Context, name string, row *T, again func(s selection) (*T, error)) (*T, error) {
	s := wanted(ctx).of(name)
	if row == nil || !s.deep() {
		return row, nil
	}
	full, err := again(s)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	return full, nil
}

func (r *Resolver) visitPayload(ctx context.Context, v *ent.Visit) (*ent.Visit, error) {
	return payload(ctx, "visit", v, func(s selection) (*ent.Visit, error) {
		q := r.Store.Client(ctx).Visit.Query().Where(visit.ID(v.ID))
		selectVisit(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) conversationPayload(ctx context.Context, c *ent.Conversation) (*ent.Conversation, error) {
	return payload(ctx, "conversation", c, func(s selection) (*ent.Conversation, error) {
		q := r.Store.Client(ctx).Conversation.Query().Where(conversation.ID(c.ID))
		selectConversation(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) signpostPayload(ctx context.Context, p *ent.Signpost) (*ent.Signpost, error) {
	return payload(ctx, "signpost", p, func(s selection) (*ent.Signpost, error) {
		q := r.Store.Client(ctx).Signpost.Query().Where(signpost.ID(p.ID))
		selectSignpost(ctx, q, s)
		return q.Only(ctx)
	})
}

func (r *Resolver) personPayload(ctx context.Context, p *ent.Person) (*ent.Person, error) {
	return payload(ctx, "person", p, func(s selection) (*ent.Person, error) {
		return r.person(ctx, p.ID, s)
	})
}

func (r *Resolver) registerPerson(ctx context.Context, input RegisterPersonInput) (*RegisterPersonPayload, error) {
	details := domain.Details{
		GivenName: domain.To(&input.GivenName), FamilyName: domain.To(&input.FamilyName), PreferredName: change(input.PreferredName),
		Pronouns: change(input.Pronouns), DateOfBirth: change(input.DateOfBirth), Phone: change(input.Phone), Email: change(input.Email),
		Postcode: change(input.Postcode), NHSNumber: change(input.NhsNumber), GPPractice: change(input.GpPractice),
		SafeContact: domain.To(&input.SafeContact), SafeContactNote: change(input.SafeContactNote),
	}
	answer := &RegisterPersonPayload{ClientMutationID: &input.ClientMutationID}
	err := checkMutationID(input.ClientMutationID)
	var made *ent.Person
	if err == nil {
		made, err = r.People.Register(ctx, input.ClientMutationID, details, accessNeeds(input.AccessNeeds))
	}
	if answer.UserErrors, err = problem.Correctable(err); err != nil || len(answer.UserErrors) > 0 {
		return answer, err
	}
	if answer.Person, err = r.personPayload(ctx, made); err != nil {
		return nil, err
	}
	s := wanted(ctx)
	if !s.has("possibleDuplicates") {
		return answer, nil
	}
	matches, err := r.People.Duplicates(ctx, details)
	if err != nil {
		return nil, err
	}
	others := matches[:0]
	for _, m := range matches {
		if m.ID != made.ID {
			others = append(others, m)
		}
	}
	answer.PossibleDuplicates, err = r.peopleInOrder(ctx, others, s.of("possibleDuplicates"))
	return answer, err
}

// change carries an input field that may be left out.
func change[T any](o graphql.Omittable[*T]) domain.Change[*T] {
	v, set := o.ValueOK()
	return domain.Change[*T]{Set: set, Value: v}
}

func accessNeeds(inputs []*AccessNeedInput) []domain.AccessNeed {
	needs := make([]domain.AccessNeed, len(inputs))
	for i, n := range inputs {
		needs[i] = domain.AccessNeed{Code: n.Code, Note: n.Note.Value()}
	}
	return needs
}
