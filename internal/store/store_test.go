package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestOpenRefusesWhoCouldStepOverTheWalls(t *testing.T) {
	w := storetest.New(t)
	superuser := strings.Replace(w.OwnerURL, store.OwnerRole, "postgres", 1)
	for role, url := range map[string]string{"owns tables": w.OwnerURL, "may bypass": superuser} {
		_, err := store.Open(context.Background(), store.Config{URL: url})
		if err == nil || !strings.Contains(err.Error(), role) {
			t.Errorf("open as one who %s: %v", role, err)
		}
	}
}

func TestOpenRefusesADatabaseThatIsNotMigrated(t *testing.T) {
	db := storetest.Empty(t)
	w := context.Background()
	if err := execAsOwner(w, db.URL(store.OwnerRole), "delete from hand_migrations"); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(w, store.Config{URL: db.URL(store.ServerRole)})
	if err == nil || !strings.Contains(err.Error(), "liferooms migrate") {
		t.Errorf("open: %v", err)
	}
}

func TestNobodySeesNothing(t *testing.T) {
	w := storetest.New(t)
	ctx := context.Background()
	if _, err := w.Store.Client(ctx).Person.Query().All(ctx); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("query without a viewer: %v", err)
	}
	if err := w.Store.Client(ctx).Need.Create().SetCode("x").SetName("X").Exec(ctx); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("mutation without a viewer: %v", err)
	}
	if _, err := w.Store.Exec(ctx, "select 1"); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("raw SQL without a viewer: %v", err)
	}
}

func TestTxJoinsCommitsAndRollsBack(t *testing.T) {
	w := storetest.New(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	refused := errors.New("refused")
	err := w.Store.Tx(ctx, func(ctx context.Context) error {
		w.Store.Client(ctx).Need.Create().SetCode("money").SetName("Money").ExecX(ctx)
		return w.Store.Tx(ctx, func(ctx context.Context) error {
			w.Store.Client(ctx).Need.Create().SetCode("work").SetName("Work").ExecX(ctx)
			return refused
		})
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if n := w.Count(t, "select count(*) from needs"); n != 0 {
		t.Errorf("%d needs after a rollback", n)
	}
	err = w.Store.Tx(ctx, func(ctx context.Context) error {
		w.Store.Client(ctx).Need.Create().SetCode("money").SetName("Money").ExecX(ctx)
		inner := w.Store.Savepoint(ctx, func(ctx context.Context) error {
			return w.Store.Client(ctx).Need.Create().SetCode("money").SetName("Again").Exec(ctx)
		})
		if !store.IsUnique(inner, "need_hub_id_code") {
			t.Errorf("the same code twice: %v", inner)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := w.Count(t, "select count(*) from needs"); n != 1 {
		t.Errorf("%d needs after a savepoint, want 1", n)
	}
}

func TestSubscribersOfOneHubHearOfItsCommitsOnly(t *testing.T) {
	w := storetest.New(t)
	other, err := store.Open(context.Background(), store.Config{URL: w.AppURL, MaxConns: 4}) // another replica
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithCancel(w.As(t, w.Walton, viewer.Reception))
	defer cancel()
	ticks, err := other.Subscribe(ctx, "desk")
	if err != nil {
		t.Fatal(err)
	}
	wait := func(what string) {
		t.Helper()
		select {
		case <-ticks:
		case <-time.After(20 * time.Second):
			t.Fatalf("no tick: %s", what)
		}
	}
	wait("the first")
	// The listener connects in its own time, and ticks when it has.
	notify := func(ctx context.Context) {
		t.Helper()
		if err := w.Store.Tx(ctx, func(ctx context.Context) error { return w.Store.Notify(ctx, "desk") }); err != nil {
			t.Fatal(err)
		}
	}
	notify(ctx)
	wait("after a commit on another replica")
	cancel()
	for range ticks { // closed in the end, or this never returns
	}
}

// TestWhatIsUndoneIsNoNews: news left by a transaction that rolls back would go out before that of a later one.
func TestWhatIsUndoneIsNoNews(t *testing.T) {
	w := storetest.New(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	undone, err := w.Store.Subscribe(ctx, "undone")
	if err != nil {
		t.Fatal(err)
	}
	done, err := w.Store.Subscribe(ctx, "done")
	if err != nil {
		t.Fatal(err)
	}
	tell := func(topic string, err error) error {
		return w.Store.Tx(ctx, func(ctx context.Context) error { return errors.Join(w.Store.Notify(ctx, topic), err) })
	}
	wait := func(ticks <-chan struct{}, what string) {
		t.Helper()
		select {
		case <-ticks:
		case <-time.After(20 * time.Second):
			t.Fatalf("no tick: %s", what)
		}
	}
	wait(undone, "the first")
	wait(done, "the first")
	// The listener ticks once more for everybody when it has connected: by the second of two it has, and is heard in order.
	for range 2 {
		if err := tell("done", nil); err != nil {
			t.Fatal(err)
		}
		wait(done, "after a commit")
	}
	select {
	case <-undone: // as the listener connected
	default:
	}
	for range 3 {
		refused := errors.New("refused")
		if err := tell("undone", refused); !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if err := tell("done", nil); err != nil {
			t.Fatal(err)
		}
		wait(done, "after a commit")
	}
	select {
	case <-undone:
		t.Error("a change that was undone was told")
	default:
	}
}

func TestSomebodyInSouthportDoesNotReachWalton(t *testing.T) {
	w := storetest.New(t)
	walton, southport := w.As(t, w.Walton, viewer.Advisor), w.As(t, w.Southport, viewer.Advisor)
	sean := w.Store.Client(walton).Person.Create().SetGivenName("Sean").SetMemberNumber("W1").SaveX(walton)

	c := w.Store.Client(southport)
	if n := c.Person.Query().CountX(southport); n != 0 {
		t.Errorf("Southport counts %d people of Walton", n)
	}
	if err := c.Person.UpdateOneID(sean.ID).SetGivenName("X").Exec(southport); err == nil {
		t.Error("Southport renamed somebody of Walton")
	}
	if n := c.Person.Delete().ExecX(southport); n != 0 {
		t.Errorf("Southport deleted %d people of Walton", n)
	}
	// An edge to another hub's row: the composite key refuses it.
	err := c.Visit.Create().SetPersonID(sean.ID).SetState(visit.StateWaiting).SetArrivedOn(time.Now()).Exec(southport)
	if !store.Violates(err, "hand_visits_person_id") {
		t.Errorf("a visit in Southport of somebody of Walton: %v", err)
	}
	if err := c.Need.Create().SetHubID(w.Walton.ID).SetCode("x").SetName("X").Exec(southport); !problem.Is(err, problem.NotFound) {
		t.Errorf("a need put into Walton: %v", err)
	}
	// Past Ent, row-level security holds by itself.
	for _, sql := range []string{
		"update persons set given_name = 'X' where hub_id = $1", "delete from persons where hub_id = $1",
		"update persons set hub_id = hub_id where hub_id = $1",
	} {
		if n, err := w.Store.Exec(southport, sql, w.Walton.ID); err != nil || n != 0 {
			t.Errorf("%s: %d rows, %v", sql, n, err)
		}
	}
	if _, err := w.Store.Exec(southport, "insert into needs (id, hub_id, code, name) values ($1, $2, 'x', 'X')", uuid.New(), w.Walton.ID); err == nil {
		t.Error("raw SQL put a need into Walton")
	}
	if name := w.Store.Client(walton).Person.GetX(walton, sean.ID).GivenName; name != "Sean" {
		t.Errorf("the person of Walton is now called %q", name)
	}
}

func TestAuditRowsNeverChange(t *testing.T) {
	w := storetest.New(t)
	ctx := w.As(t, w.Walton, viewer.Advisor)
	w.Store.Client(ctx).AuditEvent.Create().SetHubID(w.Walton.ID).SetAction("person.read").SetSubjectType("Person").ExecX(ctx)
	for _, sql := range []string{"update audit_events set action = 'x'", "delete from audit_events", "truncate audit_events"} {
		if _, err := w.Store.Exec(ctx, sql); err == nil {
			t.Errorf("the app's role: %s went through", sql)
		}
		if err := execAsOwner(context.Background(), w.OwnerURL, sql); err == nil {
			t.Errorf("the owner: %s went through", sql)
		}
	}
	if n := w.Count(t, "select count(*) from audit_events where action = 'person.read'"); n != 1 {
		t.Errorf("%d audit rows, want 1", n)
	}
}

func TestMigrateTwiceAndAtOnce(t *testing.T) {
	db := storetest.Empty(t)
	errs := make(chan error, 4)
	for range 4 {
		go func() {
			applied, err := store.Migrate(context.Background(), db.URL(store.OwnerRole))
			if err == nil && len(applied) > 0 {
				err = errors.New("applied again: " + strings.Join(applied, ", "))
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
