package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/internal/audit"
	domain "liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/problem"
)

var people = kind[ent.Person]{"person", "Person", func(p *ent.Person) uuid.UUID { return p.ID },
	func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.Person, error) {
		return r.person(ctx, id, s)
	}}

func (r *Resolver) person(ctx context.Context, id uuid.UUID, s selection) (*ent.Person, error) {
	q := r.Store.Client(ctx).Person.Query().Where(person.ID(id))
	selectPerson(ctx, q, s, false)
	p, err := q.Only(ctx)
	if p, err = found("person", p, err); err != nil {
		return nil, err
	}
	for _, page := range s.pages("visits") {
		if !page.rows.has("need") {
			continue
		}
		visits, err := p.NamedVisits(key(page.args))
		if err != nil {
			return nil, fmt.Errorf("read a person's visits: %w", err)
		}
		if err := r.Desk.NameNeeds(ctx, visits); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// peopleOf reads the people of matches, and records that each was shown.
func (r *Resolver) peopleOf(ctx context.Context, matches []domain.Match, s selection) (map[uuid.UUID]*ent.Person, error) {
	if len(matches) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(matches))
	for i, m := range matches {
		ids[i] = m.ID
	}
	q := r.Store.Client(ctx).Person.Query().Where(person.IDIn(ids...))
	selectPerson(ctx, q, s, true)
	people, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the people found: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Person, len(people))
	for _, p := range people {
		byID[p.ID] = p
		r.Log.Read(ctx, audit.Event{Action: "person.listed", SubjectType: "person", SubjectID: p.ID, PersonID: &p.ID})
	}
	return byID, nil
}

// duplicatesOf is whom possible duplicates are looked for of.
func duplicatesOf(of PossibleDuplicatesInput) domain.Details {
	return domain.Details{
		GivenName: domain.To(&of.GivenName), FamilyName: domain.To(&of.FamilyName), DateOfBirth: change(of.DateOfBirth),
		Phone: change(of.Phone), NHSNumber: change(of.NhsNumber),
	}
}

func (r *Resolver) peopleInOrder(ctx context.Context, matches []domain.Match, s selection) ([]*ent.Person, error) {
	people, err := r.peopleOf(ctx, matches, s)
	if err != nil {
		return nil, err
	}
	var ordered []*ent.Person
	for _, m := range matches {
		if p := people[m.ID]; p != nil {
			ordered = append(ordered, p)
		}
	}
	return ordered, nil
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
	if answer.Person, err = people.payload(ctx, r, made); err != nil {
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
