package person

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Registry is the people of a hub. Every method works in the one hub of the viewer in ctx.
type Registry struct {
	store *store.Store
	log   *audit.Log
}

// New makes a registry.
func New(s *store.Store, log *audit.Log) *Registry { return &Registry{store: s, log: log} }

// mutationKey is the index by which the same request, sent twice, finds what it made.
const mutationKey = "person_hub_id_created_by_id_client_mutation_id"

// Register makes a record. The same clientMutationID of the same viewer gives the record that it made the first time.
// What is wrong with the details comes back as joined problems, one for each field. Somebody who may be known already is
// registered all the same: Duplicates tells.
func (r *Registry) Register(ctx context.Context, clientMutationID string, d Details, needs []AccessNeed) (*ent.Person, error) {
	if !d.GivenName.Set {
		d.GivenName = To[*string](nil)
	}
	if err := d.tidy(time.Now()); err != nil {
		return nil, err
	}
	needs, err := tidyNeeds(needs)
	if err != nil {
		return nil, err
	}
	var made *ent.Person
	err = r.store.Tx(ctx, func(ctx context.Context) error {
		number, err := r.nextMemberNumber(ctx)
		if err != nil {
			return err
		}
		create := r.store.Client(ctx).Person.Create().SetMemberNumber(number).SetClientMutationID(clientMutationID)
		if maker := viewer.FromContext(ctx).StaffID; maker != uuid.Nil {
			create.SetCreatedByID(maker)
		}
		d.apply(create.Mutation())
		if made, err = create.Save(ctx); err != nil {
			return fmt.Errorf("register a person: %w", err)
		}
		if err := r.addNeeds(ctx, made.ID, needs); err != nil {
			return err
		}
		return r.log.Change(ctx, audit.Event{Action: "person.registered", SubjectType: "person", SubjectID: made.ID, PersonID: &made.ID})
	})
	if store.IsUnique(err, mutationKey) {
		return r.madeBy(ctx, clientMutationID)
	}
	return made, err
}

// madeBy is the record that an earlier sending of the same request made.
func (r *Registry) madeBy(ctx context.Context, clientMutationID string) (*ent.Person, error) {
	p, err := r.store.Client(ctx).Person.Query().
		Where(person.CreatedByID(viewer.FromContext(ctx).StaffID), person.ClientMutationID(clientMutationID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the person registered before: %w", err)
	}
	return p, nil
}

// nextMemberNumber gives the number after the hub's highest, one registration at a time. The highest is read, not
// counted apart, so that records that came by another way (an import) are counted too.
func (r *Registry) nextMemberNumber(ctx context.Context) (string, error) {
	hub := hubOf(ctx)
	var number string
	var b pgx.Batch
	b.Queue(`select pg_advisory_xact_lock(hashtextextended('member_number ' || $1::text, 0))`, hub)
	b.Queue(`
		select h.member_prefix || lpad((1 + coalesce((
			select max(substring(p.member_number from '\d{1,15}$')::bigint) from persons p where p.hub_id = $1), 0))::text, 4, '0')
		from hubs h where h.id = $1`, hub).QueryRow(func(row pgx.Row) error { return row.Scan(&number) })
	if err := r.store.Send(ctx, &b); err != nil {
		return "", fmt.Errorf("give a member number: %w", err)
	}
	return number, nil
}

// Update changes what is set in d and records which fields became different.
func (r *Registry) Update(ctx context.Context, id uuid.UUID, d Details) (*ent.Person, error) {
	if err := d.tidy(time.Now()); err != nil {
		return nil, err
	}
	var p *ent.Person
	err := r.store.Tx(ctx, func(ctx context.Context) (err error) {
		if p, err = r.lock(ctx, id); err != nil {
			return err
		}
		fields := d.changed(p)
		if len(fields) == 0 {
			return nil
		}
		update := r.store.Client(ctx).Person.UpdateOne(p)
		d.apply(update.Mutation())
		if p, err = update.Save(ctx); err != nil {
			return fmt.Errorf("change a person: %w", err)
		}
		return r.log.Change(ctx, audit.Event{Action: "person.changed", SubjectType: "person", SubjectID: id, PersonID: &id, Fields: fields})
	})
	return p, err
}

// SetAccessNeeds makes the person's access needs those given; one that stays keeps the day when it was recorded.
func (r *Registry) SetAccessNeeds(ctx context.Context, id uuid.UUID, needs []AccessNeed) (*ent.Person, error) {
	needs, err := tidyNeeds(needs)
	if err != nil {
		return nil, err
	}
	var p *ent.Person
	err = r.store.Tx(ctx, func(ctx context.Context) error {
		if p, err = r.lock(ctx, id); err != nil {
			return err
		}
		before, err := r.store.Client(ctx).AccessNeed.Query().Where(accessneed.PersonID(id)).All(ctx)
		if err != nil {
			return fmt.Errorf("read access needs: %w", err)
		}
		was := map[accessneed.Code]*ent.AccessNeed{}
		for _, n := range before {
			was[n.Code] = n
		}
		var added []AccessNeed
		changed := false
		for _, n := range needs {
			old, had := was[n.Code]
			delete(was, n.Code)
			switch {
			case !had:
				added = append(added, n)
			case deref(old.Note) != deref(n.Note):
				changed = true
				update := r.store.Client(ctx).AccessNeed.UpdateOne(old)
				write(To(n.Note), func(s string) { update.SetNote(s) }, func() { update.ClearNote() })
				if err := update.Exec(ctx); err != nil {
					return fmt.Errorf("change an access need: %w", err)
				}
			}
		}
		gone := make([]uuid.UUID, 0, len(was))
		for _, n := range was {
			gone = append(gone, n.ID)
		}
		if len(gone) > 0 {
			if _, err := r.store.Client(ctx).AccessNeed.Delete().Where(accessneed.IDIn(gone...)).Exec(ctx); err != nil {
				return fmt.Errorf("remove access needs: %w", err)
			}
		}
		if err := r.addNeeds(ctx, id, added); err != nil {
			return err
		}
		if !changed && len(gone) == 0 && len(added) == 0 {
			return nil
		}
		return r.log.Change(ctx, audit.Event{Action: "person.changed", SubjectType: "person", SubjectID: id, PersonID: &id, Fields: []string{"access_needs"}})
	})
	return p, err
}

func (r *Registry) addNeeds(ctx context.Context, id uuid.UUID, needs []AccessNeed) error {
	if len(needs) == 0 {
		return nil
	}
	client := r.store.Client(ctx)
	creates := make([]*ent.AccessNeedCreate, len(needs))
	for i, n := range needs {
		creates[i] = client.AccessNeed.Create().SetPersonID(id).SetCode(n.Code).SetNillableNote(n.Note)
	}
	if err := client.AccessNeed.CreateBulk(creates...).Exec(ctx); err != nil {
		return fmt.Errorf("record access needs: %w", err)
	}
	return nil
}

// lock reads a record for a change: changes of one record come one after the other.
func (r *Registry) lock(ctx context.Context, id uuid.UUID) (*ent.Person, error) {
	p, err := r.store.Client(ctx).Person.Query().Where(person.ID(id)).ForUpdate().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing("person")
	case err != nil:
		return nil, fmt.Errorf("read a person: %w", err)
	}
	return p, nil
}

// Age is somebody's whole years on a day. Somebody born on 29 February is a year older on 1 March of other years, as
// the law of England has it.
func Age(born, on time.Time) int {
	years := on.Year() - born.Year()
	if on.Month() < born.Month() || on.Month() == born.Month() && on.Day() < born.Day() {
		years--
	}
	return years
}

// hubOf is the hub that the viewer works in; no hub at all where there is none, and then nothing is found.
func hubOf(ctx context.Context) uuid.UUID {
	if v := viewer.FromContext(ctx); v != nil {
		h, _ := v.OneHub()
		return h.ID
	}
	return uuid.Nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
