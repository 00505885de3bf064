package audit_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestAChangeIsRecordedWithItsTransactionOrNotAtAll(t *testing.T) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	defer log.Close()
	ctx := request.WithID(w.As(t, w.Walton, viewer.Reception), "req-1")
	refused := errors.New("refused")
	change := audit.Event{Action: "person.changed", SubjectType: "Person", SubjectID: uuid.New(), Fields: []string{"phone"}}
	err := w.Store.Tx(ctx, func(ctx context.Context) error { return errors.Join(log.Change(ctx, change), refused) })
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	if n := w.Count(t, "select count(*) from audit_events"); n != 0 {
		t.Errorf("%d events of a transaction that was rolled back", n)
	}
	if err := w.Store.Tx(ctx, func(ctx context.Context) error { return log.Change(ctx, change) }); err != nil {
		t.Fatal(err)
	}
	n := w.Count(t, `select count(*) from audit_events where hub_id = $1 and actor_id = $2 and action = 'person.changed'
		and subject_id = $3 and request_id = 'req-1' and fields = '["phone"]'`, w.Walton.ID, viewer.FromContext(ctx).StaffID, change.SubjectID)
	if n != 1 {
		t.Errorf("%d events that say who changed what, want 1", n)
	}
}

func TestReadsOfManyAreSavedBeforeTheyAreAnswered(t *testing.T) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	defer log.Close()
	readers := []context.Context{w.As(t, w.Walton, viewer.Advisor), w.As(t, w.Southport, viewer.Advisor), w.As(t, w.Elsewhere, viewer.Advisor)}
	w.Statements.Reset()
	const each = 100
	var all sync.WaitGroup
	for _, reader := range readers {
		for range each {
			all.Go(func() {
				ctx := audit.Track(reader)
				subject := uuid.New()
				log.Read(ctx, audit.Event{Action: "person.read", SubjectType: "Person", SubjectID: subject, PersonID: &subject})
				if err := audit.Flushed(ctx); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for i, hub := range []viewer.Hub{w.Walton, w.Southport, w.Elsewhere} {
		n := w.Count(t, "select count(*) from audit_events where action = 'person.read' and hub_id = $1 and actor_id = $2",
			hub.ID, viewer.FromContext(readers[i]).StaffID)
		if n != each {
			t.Errorf("%s has %d reads on record, want %d", hub.Slug, n, each)
		}
	}
	if sent := len(w.Statements.Sent()); sent >= len(readers)*each {
		t.Errorf("%d statements for %d reads: they were not written together", sent, len(readers)*each)
	}
}

func TestAReadThatCannotBeRecordedIsNotAnswered(t *testing.T) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	defer log.Close()
	ctx := audit.Track(context.Background())
	log.Read(ctx, audit.Event{Action: "person.read", SubjectType: "Person"})
	if err := audit.Flushed(ctx); err == nil {
		t.Error("a read by nobody was answered")
	}
	// A hub of another trust in scope: the composite key refuses the row.
	v := *viewer.FromContext(w.As(t, w.Walton, viewer.Advisor))
	v.Hubs = []viewer.Hub{w.Elsewhere}
	ctx = audit.Track(viewer.NewContext(context.Background(), &v))
	log.Read(ctx, audit.Event{Action: "person.read", SubjectType: "Person"})
	if err := audit.Flushed(ctx); err == nil || problem.Of(err).Code != problem.Internal {
		t.Errorf("a read in another trust's hub: %v", err)
	}
}
