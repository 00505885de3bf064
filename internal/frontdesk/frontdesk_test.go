package frontdesk_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func desk(t testing.TB) (*storetest.World, *frontdesk.Desk) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	return w, frontdesk.New(w.Store, log)
}

func person(w *storetest.World, ctx context.Context, number string) *ent.Person {
	return w.Store.Client(ctx).Person.Create().SetMemberNumber(number).SetGivenName("A").SaveX(ctx)
}

// TestArriveAtOnce: one person checked in by twenty at the same moment is here once.
func TestArriveAtOnce(t *testing.T) {
	w, d := desk(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	p := person(w, ctx, "M1")
	var all sync.WaitGroup
	visits, already, errs := make([]*ent.Visit, 20), make([]bool, 20), make([]error, 20)
	for i := range visits {
		all.Go(func() {
			visits[i], already[i], errs[i] = d.Arrive(ctx, frontdesk.Arrival{ClientMutationID: fmt.Sprint(i), PersonID: &p.ID, Wait: true})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	first := 0
	for i, v := range visits {
		if v.ID != visits[0].ID {
			t.Errorf("two visits, %s and %s", v.ID, visits[0].ID)
		}
		if !already[i] {
			first++
		}
	}
	if n := w.Count(t, `select count(*) from visits`); first != 1 || n != 1 {
		t.Errorf("%d came first and %d visits are saved", first, n)
	}
	if n := w.Count(t, `select count(*) from audit_events where action = 'visit.checked_in'`); n != 1 {
		t.Errorf("%d check-ins are on record", n)
	}
}

func TestUndo(t *testing.T) {
	w, d := desk(t)
	ctx, other := w.As(t, w.Walton, viewer.Reception), w.As(t, w.Walton, viewer.Reception)
	v, _, err := d.Arrive(ctx, frontdesk.Arrival{ClientMutationID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Undo(other, v.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("by another: %v", err)
	}
	if err := d.Undo(w.As(t, w.Southport, viewer.Reception), v.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("from another hub: %v", err)
	}
	if err := d.Undo(ctx, v.ID); err != nil {
		t.Error(err)
	}
	if n := w.Count(t, `select count(*) from visits`); n != 0 {
		t.Errorf("%d visits are left", n)
	}
	old := time.Now().Add(-frontdesk.UndoLimit - time.Second)
	late := w.Store.Client(ctx).Visit.Create().SetCreatedAt(old).SetCreatedByID(viewer.FromContext(ctx).StaffID).SetArrivedOn(old).SetState(visit.StatePresent).SaveX(ctx)
	if err := d.Undo(ctx, late.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("too late: %v", err)
	}
	if ended, err := d.End(ctx, late.ID); err != nil || ended.State != visit.StateLeft || ended.LeftAt == nil {
		t.Errorf("ended: %v, %v", ended, err)
	}
}

// TestOpeningExceptions: a day of its own goes before the week, for what Today shows and for when the day is closed.
func TestOpeningExceptions(t *testing.T) {
	w, d := desk(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	w.Store.Client(ctx).Hub.Update().Where(hub.ID(w.Walton.ID)).
		SetOpeningHours([]schema.OpeningHours{{Day: schema.Wednesday, Opens: "09:00", Closes: "17:00"}, {Day: schema.Thursday, Opens: "09:00", Closes: "17:00"}}).
		SetOpeningExceptions([]schema.OpeningException{
			{Date: "2025-12-24", Opens: "10:00", Closes: "12:30", Note: "Christmas Eve"}, {Date: "2025-12-25"},
			{Date: "2025-12-28", Opens: "13:00", Closes: "15:00"},
		}).ExecX(ctx)
	clock, err := d.Clock(ctx)
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2025, 12, n, 0, 0, 0, 0, time.UTC) }
	for n, want := range map[int]string{17: "09:00-17:00", 24: "10:00-12:30", 25: "closed", 27: "closed", 28: "13:00-15:00", 31: "09:00-17:00"} {
		got := "closed"
		if opens, closes, open := clock.Open(day(n)); open {
			got = opens + "-" + closes
		}
		if got != want {
			t.Errorf("%d December: %s, want %s", n, got, want)
		}
	}
	visits := map[int]*ent.Visit{}
	for _, n := range []int{24, 25} {
		visits[n] = w.Store.Client(ctx).Visit.Create().SetArrivedAt(day(n).Add(11 * time.Hour)).SetArrivedOn(day(n)).SetState(visit.StatePresent).SaveX(ctx)
	}
	if ended, err := d.CloseDay(w.Platform(w.Walton), day(26)); err != nil || ended != 2 {
		t.Fatalf("%d visits ended: %v", ended, err)
	}
	for n, left := range map[int]time.Time{24: day(24).Add(12*time.Hour + 30*time.Minute), 25: day(26)} {
		if got := w.Store.Client(ctx).Visit.GetX(ctx, visits[n].ID).LeftAt; got == nil || !got.Equal(left) {
			t.Errorf("the visit of %d December ended at %v, want %v", n, got, left)
		}
	}
}

func TestCloseDay(t *testing.T) {
	w, d := desk(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	w.Store.Client(ctx).Hub.Update().Where(hub.ID(w.Walton.ID)).SetOpeningHours([]schema.OpeningHours{{Day: "MONDAY", Opens: "09:00", Closes: "17:00"}}).ExecX(ctx)
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	// A Monday in summer: five o'clock in London is four in UTC.
	at := func(day, hour, minute int) time.Time { return time.Date(2025, 7, day, hour, minute, 0, 0, london) }
	add := func(arrived time.Time, state visit.State) *ent.Visit {
		create := w.Store.Client(ctx).Visit.Create().SetArrivedAt(arrived).SetArrivedOn(time.Date(2025, 7, arrived.Day(), 0, 0, 0, 0, time.UTC)).SetState(state)
		if state == visit.StateWithAdvisor {
			create.SetAdvisorID(viewer.FromContext(ctx).StaffID).SetCalledAt(arrived)
		}
		return create.SaveX(ctx)
	}
	waiting, with, late, closed := add(at(7, 10, 0), visit.StateWaiting), add(at(7, 16, 30), visit.StateWithAdvisor), add(at(7, 18, 0), visit.StatePresent), add(at(6, 12, 0), visit.StatePresent)
	platform := w.Platform(w.Walton)
	for _, step := range []struct {
		now  time.Time
		left map[*ent.Visit]time.Time
	}{
		{at(7, 16, 59), map[*ent.Visit]time.Time{closed: at(7, 0, 0)}}, // Sunday is closed: the end of the day
		{at(7, 17, 0), map[*ent.Visit]time.Time{waiting: at(7, 17, 0)}},
		{at(7, 23, 59), nil},
		{at(8, 0, 0), map[*ent.Visit]time.Time{with: at(8, 0, 0), late: at(8, 0, 0)}},
		{at(9, 0, 0), nil},
	} {
		ended, err := d.CloseDay(platform, step.now)
		if err != nil || ended != len(step.left) {
			t.Errorf("at %s: %d visits end, not %d (%v)", step.now, ended, len(step.left), err)
		}
		for v, want := range step.left {
			if got := w.Store.Client(ctx).Visit.GetX(ctx, v.ID); got.LeftAt == nil || !got.LeftAt.Equal(want) {
				t.Errorf("at %s a visit ends %v, not %s", step.now, got.LeftAt, want)
			}
		}
	}
	if err := d.CloseDays(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestByWeek(t *testing.T) {
	w, d := desk(t)
	ctx := w.As(t, w.Walton, viewer.Manager)
	need := w.Store.Client(ctx).Need.Create().SetCode("money").SetName("Money").SaveX(ctx)
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	for _, on := range []string{"2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06"} { // a Sunday, a Monday, its Sunday, the next Monday
		w.Store.Client(ctx).Visit.Create().SetArrivedOn(day(on)).SetNeedID(need.ID).SetState(visit.StatePresent).SaveX(ctx)
	}
	w.Store.Client(ctx).Visit.Create().SetArrivedOn(day("2025-01-01")).SetState(visit.StatePresent).SaveX(ctx)
	counts, err := d.ByWeek(ctx, day("2025-01-01"), day("2025-01-05"))
	if err != nil || len(counts) != 2 || counts[0].Visits != 2 || !counts[0].Monday.Equal(day("2024-12-30")) || counts[1].NeedID != nil || counts[1].Visits != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	for _, bad := range [][2]string{{"2025-02-01", "2025-01-01"}, {"2000-01-01", "2025-01-01"}} {
		if _, err := d.ByWeek(ctx, day(bad[0]), day(bad[1])); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// TestCountsFollowTheVisits: arrivals and undone visits of many desks at once, and a need put right, leave the counts as
// an independent count of the visits has them.
func TestCountsFollowTheVisits(t *testing.T) {
	w, d := desk(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	client := w.Store.Client(ctx)
	money := client.Need.Create().SetCode("money").SetName("Money").SaveX(ctx)
	work := client.Need.Create().SetCode("work").SetName("Work").SaveX(ctx)
	needs := []*string{&money.Code, &work.Code, nil}
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			v, _, err := d.Arrive(ctx, frontdesk.Arrival{ClientMutationID: fmt.Sprint(i), Need: needs[i%3]})
			if err == nil && i%4 == 0 {
				err = d.Undo(ctx, v.ID)
			}
			if err == nil && i%4 == 1 {
				err = client.Visit.UpdateOneID(v.ID).SetNeedID(work.ID).Exec(ctx)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := w.Count(t, `select count(*) from visits`); n != 45 {
		t.Fatalf("%d visits, want 45", n)
	}
	if n := w.Count(t, `
		select count(*) from (select hub_id, arrived_on, need_id, count(*) as visits from visits group by 1, 2, 3) counted
		full join (select * from visit_counts where visits <> 0) kept
		  on (kept.hub_id, kept.arrived_on) = (counted.hub_id, counted.arrived_on) and kept.need_id is not distinct from counted.need_id
		where kept.visits is distinct from counted.visits`); n != 0 {
		t.Errorf("%d counts differ from the visits", n)
	}
}
