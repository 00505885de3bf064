package partner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// MaxDecided is how many changes are decided at once.
const MaxDecided = 200

// record is what a change is about.
type record struct {
	kind Kind
	id   uuid.UUID
}

func recordOf(c *ent.ProposedChange) record {
	switch {
	case c.ScheduleID != nil:
		return record{Schedule, *c.ScheduleID}
	case c.ServiceID != nil:
		return record{Service, *c.ServiceID}
	}
	return record{Organisation, c.OrganisationID}
}

// Approve makes changes that partners asked for: all of them or, where one cannot be made, none. Seen, which may be nil,
// is what the entry said of each, in the order of ids, when whoever approves looked at it; where it says something else by
// now, nothing is approved, and they are told to look again. Who approves the same twice has approved it once.
func (p *Partners) Approve(ctx context.Context, ids []uuid.UUID, seen []string) error {
	if seen != nil && len(seen) != len(ids) {
		return problem.Field("seen", "Say of each change what the entry said, in the same order.")
	}
	saw := map[uuid.UUID]string{}
	for i, text := range seen {
		saw[ids[i]] = text
	}
	return p.decide(ctx, ids, proposedchange.StateApproved, "", func(ctx context.Context, hub uuid.UUID, changes []*ent.ProposedChange) error {
		columns := map[record]directory.Changes{}
		for _, c := range changes {
			r := recordOf(c)
			now, err := p.now(ctx, hub, r, c.Field)
			if err != nil {
				return err
			}
			if text, looked := saw[c.ID]; looked && text != now {
				return problem.New(problem.Conflict, "The entry was changed while you looked at it. Look at what it says now, then decide again.")
			}
			f, known := fieldOf(r.kind, c.Field)
			if !known {
				return fmt.Errorf("a change of a %s is about its %s, which partners do not correct", r.kind, c.Field)
			}
			if columns[r] == nil {
				columns[r] = directory.Changes{}
			}
			name, value := f.column(c.Proposed)
			columns[r][name] = value
		}
		records := slices.SortedFunc(maps.Keys(columns), func(a, b record) int {
			return strings.Compare(string(a.kind)+a.id.String(), string(b.kind)+b.id.String())
		})
		for _, r := range records {
			if _, err := p.directory.Edit(ctx, directory.Kind(r.kind), r.id, 0, columns[r]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reject turns changes down, with a reason for whoever asks later. Where one cannot be, none is.
func (p *Partners) Reject(ctx context.Context, ids []uuid.UUID, reason string) error {
	switch reason = strings.TrimSpace(reason); {
	case reason == "":
		return problem.Field("reason", "Say why, for whoever asks later.")
	case len(reason) > 1000:
		return problem.Field("reason", "Say why in at most 1,000 characters.")
	}
	return p.decide(ctx, ids, proposedchange.StateRejected, reason, func(context.Context, uuid.UUID, []*ent.ProposedChange) error { return nil })
}

// decide locks changes that wait, has them done, and notes the decision.
func (p *Partners) decide(ctx context.Context, ids []uuid.UUID, to proposedchange.State, reason string,
	do func(ctx context.Context, hub uuid.UUID, changes []*ent.ProposedChange) error) error {
	v, hub, err := here(ctx)
	switch ids = unique(ids); {
	case err != nil:
		return err
	case len(ids) == 0 || len(ids) > MaxDecided:
		return problem.Field("proposedChangeIds", "Choose from 1 to %d changes.", MaxDecided)
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		all, err := p.store.Client(ctx).ProposedChange.Query().Where(proposedchange.IDIn(ids...)).Order(proposedchange.ByID()).ForUpdate().All(ctx)
		switch {
		case err != nil:
			return err
		case len(all) < len(ids):
			return problem.Missing("change")
		}
		var waiting []*ent.ProposedChange
		for _, c := range all {
			switch c.State {
			case proposedchange.StateWaiting:
				waiting = append(waiting, c)
			case to: // sent twice
			case proposedchange.StateReplaced:
				return problem.New(problem.Conflict, "The partner has written again meanwhile. Look at what it asks for now.")
			default:
				return problem.New(problem.Conflict, "Somebody has decided about this change meanwhile. Load the list again.")
			}
		}
		if err := do(ctx, hub.ID, waiting); err != nil {
			return err
		}
		for _, c := range waiting {
			if err := p.store.Client(ctx).ProposedChange.UpdateOne(c).SetState(to).SetDecidedAt(time.Now()).SetNillableDecidedByID(staffOf(v)).SetReason(reason).Exec(ctx); err != nil {
				return err
			}
			r := recordOf(c)
			e := audit.Event{Action: "proposed_change." + strings.ToLower(string(to)), SubjectType: string(r.kind), SubjectID: r.id, Fields: []string{c.Field}}
			if err := p.log.Change(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("decide on proposed changes: %w", err)
	}
	return nil
}

// now is what the entry says of a field, as a text; it locks the record, so that an import or another editor waits. An import
// that is under way is not waited for.
func (p *Partners) now(ctx context.Context, hub uuid.UUID, r record, field string) (string, error) {
	f, known := fieldOf(r.kind, field)
	if !known {
		return "", fmt.Errorf("a %s has no field %s that partners correct", r.kind, field)
	}
	if _, err := p.store.Exec(ctx, "set local lock_timeout = '3s'"); err != nil {
		return "", err
	}
	found, err := store.Collect(ctx, p.store, pgx.RowTo[string],
		"select "+f.sql("x")+" from "+r.kind.table()+" x where hub_id = $1 and id = $2 and retired_at is null for no key update", hub, r.id)
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "55P03": // lock_not_available
		return "", problem.New(problem.Conflict, "The catalogue is being brought up to date from a source, and this entry with it. Nothing was decided; try again in a few minutes.").Because(err)
	case err != nil:
		return "", fmt.Errorf("read what a %s says: %w", r.kind, err)
	case len(found) == 0:
		return "", problem.New(problem.Conflict, "What this change is about is no longer in the catalogue. Reject the change.")
	}
	return found[0], nil
}
