package frontdesk

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/conversation"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Topic is what subscribers of the desk's queue listen to: it changed.
const Topic = "desk"

// Desk is the front desk of a hub. Every method works in the one hub of the viewer in ctx.
type Desk struct {
	store  *store.Store
	log    *audit.Log
	clocks clocks

	taxonomies taxonomies
}

// New makes a desk.
func New(s *store.Store, log *audit.Log) *Desk {
	return &Desk{store: s, log: log, clocks: clocks{kept: map[uuid.UUID]keptClock{}}, taxonomies: taxonomies{kept: map[uuid.UUID]keptNeeds{}}}
}

// Arrival is somebody coming in.
type Arrival struct {
	ClientMutationID string
	// PersonID is nil for an anonymous visit.
	PersonID *uuid.UUID
	// Need is the code of what they came about; nil: not said.
	Need *string
	// Wait says that they wait for an advisor.
	Wait bool
	// Also adds statements about the new visit that travel with it, such as the reading of it; nil: none.
	Also func(ctx context.Context, b *pgx.Batch, visit uuid.UUID)
}

const (
	mutationKey   = "visit_hub_id_created_by_id_client_mutation_id"
	oneOpen       = "visit_one_open_per_person"
	personForeign = "hand_visits_person_id"
	needForeign   = "hand_visits_need_id"
)

// Arrive records a visit. Somebody who is here already stays so once: alreadyHere says so, and the visit is the first
// one. The same clientMutationID of the same viewer gives the visit that it made the first time.
func (d *Desk) Arrive(ctx context.Context, a Arrival) (v *ent.Visit, alreadyHere bool, err error) {
	clock, err := d.Clock(ctx)
	if err != nil {
		return nil, false, err
	}
	// The visit that is in the way may end between two statements; then there is room for a new one.
	for range 3 {
		v, err := d.arrive(ctx, a, clock)
		switch {
		case err == nil:
			return v, false, nil
		case store.Violates(err, personForeign):
			return nil, false, problem.Missing("person").Because(err)
		case store.Violates(err, needForeign):
			return nil, false, problem.Field("need", "The hub does not offer help with this need. Choose one from the list.").Because(err)
		case !store.IsUnique(err, mutationKey) && !store.IsUnique(err, oneOpen):
			return nil, false, err
		}
		if v, alreadyHere, err = d.inTheWay(ctx, a); err != nil || v != nil {
			return v, alreadyHere, err
		}
	}
	return nil, false, problem.New(problem.Conflict, "Somebody else changed this visit at the same moment. Look again, and check them in if they are not.")
}

// arrive inserts the visit and its record in one round trip; any constraint that refuses the visit undoes both. A code that the hub does not offer becomes the id of no need, which its foreign key refuses.
func (d *Desk) arrive(ctx context.Context, a Arrival, clock *Clock) (*ent.Visit, error) {
	who := viewer.FromContext(ctx)
	now := time.Now().UTC().Truncate(time.Microsecond)
	v := &ent.Visit{
		ID: uuid.Must(uuid.NewV7()), HubID: hubOf(ctx), TrustID: who.TrustID, CreatedAt: now, ClientMutationID: &a.ClientMutationID,
		PersonID: a.PersonID, State: visit.StatePresent, ArrivedAt: now, ArrivedOn: clock.Day(now),
	}
	if a.Wait {
		v.State = visit.StateWaiting
	}
	if who.StaffID != uuid.Nil {
		v.CreatedByID = &who.StaffID
	}
	var b pgx.Batch
	b.Queue(`
		insert into visits (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, person_id, state, arrived_at, arrived_on, need_id)
		values ($1, $2, $3, $4::timestamptz, $5, $6, $7, $8, $4::timestamptz, $9,
		        case when $10::text is not null then coalesce((select id from needs where hub_id = $2 and code = $10 and offered), $11) end)
		returning need_id`,
		v.ID, v.HubID, v.TrustID, v.CreatedAt, v.CreatedByID, a.ClientMutationID, v.PersonID, string(v.State), v.ArrivedOn, a.Need, uuid.Nil,
	).QueryRow(func(row pgx.Row) error { return row.Scan(&v.NeedID) })
	if err := d.log.Queue(ctx, &b, audit.Event{Action: "visit.checked_in", SubjectType: "visit", SubjectID: v.ID, PersonID: v.PersonID}); err != nil {
		return nil, err
	}
	if a.Also != nil {
		a.Also(ctx, &b, v.ID)
	}
	if err := d.store.Send(ctx, &b); err != nil {
		return nil, fmt.Errorf("check in: %w", err)
	}
	return v, d.store.Notify(ctx, Topic)
}

// inTheWay finds the visit that the same request made before, or the person's open one; nil where there is neither.
func (d *Desk) inTheWay(ctx context.Context, a Arrival) (v *ent.Visit, alreadyHere bool, err error) {
	query := d.store.Client(ctx).Visit.Query
	v, err = query().Where(visit.CreatedByID(viewer.FromContext(ctx).StaffID), visit.ClientMutationID(a.ClientMutationID)).Only(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return v, false, err
	}
	if a.PersonID == nil {
		return nil, false, nil
	}
	v, err = query().Where(visit.PersonID(*a.PersonID), visit.LeftAtIsNil()).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, false, nil
	}
	return v, true, err
}

// UndoLimit is how long a visit may be taken back after it was recorded.
const UndoLimit = 2 * time.Minute

// Undo takes back a visit that the viewer has just recorded, as though it had not been.
func (d *Desk) Undo(ctx context.Context, id uuid.UUID) error {
	return d.store.Tx(ctx, func(ctx context.Context) error {
		v, err := d.lock(ctx, id)
		if err != nil {
			return err
		}
		who := viewer.FromContext(ctx)
		switch {
		case v.CreatedByID == nil || *v.CreatedByID != who.StaffID:
			return problem.New(problem.Conflict, "Only who recorded a visit may take it back. You can say that they have left.")
		case v.State != visit.StateWaiting && v.State != visit.StatePresent:
			return problem.New(problem.Conflict, "They have been called by an advisor or have left, so the visit cannot be taken back.")
		case time.Since(v.CreatedAt) > UndoLimit:
			return problem.New(problem.Conflict, "A visit can be taken back for two minutes. You can say that they have left.")
		}
		if err := d.store.Client(ctx).Visit.DeleteOne(v).Exec(ctx); err != nil {
			return fmt.Errorf("take back a visit: %w", err)
		}
		return d.changed(ctx, "visit.undone", v)
	})
}

// End says that the visitor has left. A visit that has ended stays as it was.
func (d *Desk) End(ctx context.Context, id uuid.UUID) (*ent.Visit, error) {
	var v *ent.Visit
	err := d.store.Tx(ctx, func(ctx context.Context) (err error) {
		if v, err = d.lock(ctx, id); err != nil || v.State == visit.StateLeft {
			return err
		}
		if v.State == visit.StateWithAdvisor {
			return problem.New(problem.Conflict, "They are with an advisor. The visit ends when the advisor ends the conversation.")
		}
		// The row is locked, so what this does is known before it is done, and it can wait for the commit.
		now := time.Now().UTC().Truncate(time.Microsecond)
		v.State, v.LeftAt = visit.StateLeft, &now
		var b pgx.Batch
		b.Queue("update visits set state = $3, left_at = $4 where hub_id = $1 and id = $2", v.HubID, v.ID, string(v.State), now)
		if err := d.store.Defer(ctx, &b); err != nil {
			return fmt.Errorf("end a visit: %w", err)
		}
		return d.changed(ctx, "visit.ended", v)
	})
	return v, err
}

func (d *Desk) lock(ctx context.Context, id uuid.UUID) (*ent.Visit, error) {
	v, err := d.store.Client(ctx).Visit.Query().Where(visit.ID(id)).ForUpdate().Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing("visit")
	case err != nil:
		return nil, fmt.Errorf("read a visit: %w", err)
	}
	return v, nil
}

// changed records the change of a visit and tells the queue's subscribers, in the transaction of ctx.
func (d *Desk) changed(ctx context.Context, action string, v *ent.Visit) error {
	if err := d.log.Change(ctx, audit.Event{Action: action, SubjectType: "visit", SubjectID: v.ID, PersonID: v.PersonID}); err != nil {
		return err
	}
	return d.store.Notify(ctx, Topic)
}

// Open asks for the visits that are open now in a state, first come first.
func (d *Desk) Open(ctx context.Context, state visit.State) *ent.VisitQuery {
	return d.store.Client(ctx).Visit.Query().Where(visit.LeftAtIsNil(), visit.StateEQ(state)).
		Order(visit.ByArrivedAt(), visit.ByID())
}

// Counts are a day's visits so far.
type Counts struct{ Visits, Anonymous, Waiting int }

// Count counts the visits of a day.
func (d *Desk) Count(ctx context.Context, day time.Time) (Counts, error) {
	found, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[Counts], `
		select count(*)::int, count(*) filter (where person_id is null)::int, count(*) filter (where state = 'WAITING')::int
		from visits where hub_id = $1 and arrived_on = $2`, hubOf(ctx), day)
	if err != nil {
		return Counts{}, fmt.Errorf("count the day's visits: %w", err)
	}
	return found[0], nil
}

// WeekCount is how many visits there were in a week about a need; a nil NeedID: about none that was recorded.
type WeekCount struct {
	Monday time.Time
	NeedID *uuid.UUID
	Visits int
}

// maxWeeks bounds a report: three years.
const maxWeeks = 157

// ByWeek counts visits per week, Monday to Sunday, and need, for the weeks that hold the days from and to.
func (d *Desk) ByWeek(ctx context.Context, from, to time.Time) ([]WeekCount, error) {
	from, end, err := Weeks(from, to)
	if err != nil {
		return nil, err
	}
	// Days are counted from a Monday, in whole numbers: date_trunc would make each a time in a zone first.
	counts, err := store.Collect(ctx, d.store, func(row pgx.CollectableRow) (WeekCount, error) {
		var c WeekCount
		var need pgtype.UUID
		if err := row.Scan(&c.Monday, &need, &c.Visits); err != nil {
			return c, err
		}
		if need.Valid {
			c.NeedID = (*uuid.UUID)(&need.Bytes)
		}
		return c, nil
	}, `
		select date '2001-01-01' + 7 * ((arrived_on - date '2001-01-01') / 7) as week, need_id, sum(visits)::int
		from visit_counts where hub_id = $1 and arrived_on >= $2 and arrived_on < $3 and visits > 0
		group by 1, 2 order by 1, 2`, hubOf(ctx), from, end)
	if err != nil {
		return nil, fmt.Errorf("count visits by week: %w", err)
	}
	return counts, nil
}

// Weeks gives the Monday of the week that holds from, and the Monday after the week that holds to, where the report that
// they bound is not too long.
func Weeks(from, to time.Time) (first, end time.Time, err error) {
	first, end = monday(from), monday(to).AddDate(0, 0, 7)
	switch {
	case !first.Before(end):
		err = problem.New(problem.BadUserInput, "The first day must not be after the last.")
	case end.Sub(first) > maxWeeks*7*24*time.Hour:
		err = problem.New(problem.BadUserInput, "Ask for at most three years at once.")
	}
	return first, end, err
}

func monday(day time.Time) time.Time {
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// CloseDay ends what is still open after closing time: visits of those who are in or waiting, as of closing time; and
// after midnight those with an advisor too, with their conversations. It tells how many visits it ended.
func (d *Desk) CloseDay(ctx context.Context, now time.Time) (ended int, err error) {
	clock, err := d.Clock(ctx)
	if err != nil {
		return 0, err
	}
	today := clock.Day(now)
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		ended = 0
		client := d.store.Client(ctx)
		open, err := client.Visit.Query().Where(visit.LeftAtIsNil(), visit.ArrivedOnLTE(today)).
			Order(visit.ByArrivedAt(), visit.ByID()).Limit(1000).
			ForUpdate(sql.WithLockAction(sql.SkipLocked)).All(ctx)
		if err != nil {
			return fmt.Errorf("find open visits: %w", err)
		}
		for _, v := range open {
			left := clock.closing(v.ArrivedOn)
			if v.State == visit.StateWithAdvisor {
				left = clock.midnight(v.ArrivedOn)
			}
			if left.After(now) {
				continue
			}
			if v.ArrivedAt.After(left) { // they came after closing time
				if left = clock.midnight(v.ArrivedOn); left.After(now) {
					continue
				}
			}
			if v.State == visit.StateWithAdvisor {
				if err := client.Conversation.Update().Where(conversation.VisitID(v.ID), conversation.EndedAtIsNil()).SetEndedAt(left).Exec(ctx); err != nil {
					return fmt.Errorf("end a conversation at the end of the day: %w", err)
				}
			}
			if err := client.Visit.UpdateOne(v).SetState(visit.StateLeft).SetLeftAt(left).Exec(ctx); err != nil {
				return fmt.Errorf("end a visit at the end of the day: %w", err)
			}
			ended++
		}
		if ended == 0 {
			return nil
		}
		if err := d.log.Change(ctx, audit.Event{Action: "desk.closed", SubjectType: "hub", SubjectID: hubOf(ctx)}); err != nil {
			return err
		}
		return d.store.Notify(ctx, Topic)
	})
	return ended, err
}
