package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Event is one thing that somebody read or did. Who, when, where and in which request is added from the context.
type Event struct {
	// Action is thing.verb, such as person.read or visit.checked_in.
	Action      string
	SubjectType string
	SubjectID   uuid.UUID
	// PersonID is whose record it concerns, where it concerns somebody's.
	PersonID *uuid.UUID
	// Fields names what changed, never the values.
	Fields []string
}

// row is an event with all that is recorded of it, as the statement below takes it.
type row struct {
	ID          uuid.UUID  `json:"id"`
	TrustID     uuid.UUID  `json:"trust_id"`
	HubID       *uuid.UUID `json:"hub_id"`
	At          time.Time  `json:"at"`
	ActorID     *uuid.UUID `json:"actor_id"`
	Action      string     `json:"action"`
	SubjectType string     `json:"subject_type"`
	SubjectID   *uuid.UUID `json:"subject_id"`
	PersonID    *uuid.UUID `json:"person_id"`
	RequestID   string     `json:"request_id"`
	Fields      []string   `json:"fields"`
}

const insert = `
	insert into audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id, fields)
	select id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id, fields
	from jsonb_to_recordset($1) as r(id uuid, trust_id uuid, hub_id uuid, at timestamptz, actor_id uuid, action text,
	                                 subject_type text, subject_id uuid, person_id uuid, request_id text, fields jsonb)`

// Log writes events. It is safe for concurrent use.
type Log struct {
	store   *store.Store
	mu      sync.Mutex
	pending map[uuid.UUID]*batch // by trust
	wake    chan struct{}
	stop    context.CancelFunc
	done    chan struct{}
}

// batch is events of one trust that are written together.
type batch struct {
	rows    []row
	hubs    map[uuid.UUID]viewer.Hub
	written chan struct{}
	err     error
}

// New starts a log over the store. Close it before the store.
func New(s *store.Store) *Log {
	ctx, stop := context.WithCancel(context.Background())
	l := &Log{store: s, pending: map[uuid.UUID]*batch{}, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go l.run(ctx)
	return l
}

// Close writes what is pending and stops.
func (l *Log) Close() {
	l.stop()
	<-l.done
}

// Change records a change, in the transaction of ctx: both are saved or neither.
func (l *Log) Change(ctx context.Context, e Event) error {
	var b pgx.Batch
	if err := l.Queue(ctx, &b, e); err != nil {
		return err
	}
	if err := l.store.Defer(ctx, &b); err != nil {
		return fmt.Errorf("record audit event %s: %w", e.Action, err)
	}
	return nil
}

// Queue is Change for statements that are sent together: the record travels in the round trip of what it records.
func (l *Log) Queue(ctx context.Context, b *pgx.Batch, e Event) error {
	r, err := rowOf(ctx, e)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal([]row{r})
	if err != nil {
		return fmt.Errorf("encode audit event %s: %w", e.Action, err)
	}
	b.Queue(insert, encoded)
	return nil
}

// Read records that something was read, outside a transaction. What an operation reads is written when it has read
// everything (see Flushed), so that no part of it sees the record of another: an operation that reads the audit itself
// would else show sometimes more and sometimes less.
func (l *Log) Read(ctx context.Context, e Event) {
	t := trackerOf(ctx)
	r, err := rowOf(ctx, e)
	if err != nil {
		t.fail(err)
		return
	}
	one := read{l, r, viewer.FromContext(ctx).Hubs}
	if t == orphan {
		one.write()
		return
	}
	t.add(one)
}

// read is an event on its way to the log.
type read struct {
	log  *Log
	row  row
	hubs []viewer.Hub
}

// write adds the event to those of its trust that are written next: events of many requests are written together.
func (r read) write() *batch {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.pending[r.row.TrustID]
	if b == nil {
		b = &batch{hubs: map[uuid.UUID]viewer.Hub{}, written: make(chan struct{})}
		l.pending[r.row.TrustID] = b
	}
	b.rows = append(b.rows, r.row)
	for _, hub := range r.hubs {
		b.hubs[hub.ID] = hub
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return b
}

func rowOf(ctx context.Context, e Event) (row, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return row{}, fmt.Errorf("audit event %s: nobody is signed in", e.Action)
	}
	r := row{
		ID: uuid.Must(uuid.NewV7()), TrustID: v.TrustID, At: time.Now().UTC(), Action: e.Action, SubjectType: e.SubjectType,
		PersonID: e.PersonID, RequestID: request.ID(ctx), Fields: e.Fields,
	}
	if h, one := v.OneHub(); one {
		r.HubID = &h.ID
	}
	if v.StaffID != uuid.Nil {
		r.ActorID = &v.StaffID
	}
	if e.SubjectID != uuid.Nil {
		r.SubjectID = &e.SubjectID
	}
	return r, nil
}

func (l *Log) run(ctx context.Context) {
	defer close(l.done)
	for {
		select {
		case <-l.wake:
			l.flush()
		case <-ctx.Done():
			l.flush()
			return
		}
	}
}

// writeLimit bounds how long answers wait for the record of what they show.
const writeLimit = 10 * time.Second

// flush writes all that is pending. While it does, the next batch gathers: the busier, the larger.
func (l *Log) flush() {
	l.mu.Lock()
	pending := l.pending
	l.pending = map[uuid.UUID]*batch{}
	l.mu.Unlock()
	for trust, b := range pending {
		b.err = l.write(trust, b)
		close(b.written)
	}
}

func (l *Log) write(trust uuid.UUID, b *batch) error {
	hubs := make([]viewer.Hub, 0, len(b.hubs))
	for _, h := range b.hubs {
		hubs = append(hubs, h)
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
	defer cancel()
	encoded, err := json.Marshal(b.rows)
	if err != nil {
		return fmt.Errorf("encode %d audit events: %w", len(b.rows), err)
	}
	if _, err := l.store.Exec(viewer.NewContext(ctx, viewer.ForPlatform(trust, hubs...)), insert, encoded); err != nil {
		return fmt.Errorf("record %d audit events: %w", len(b.rows), err)
	}
	return nil
}
