package store

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// channel is the one Postgres channel; a notification's payload is a topic with its hub.
const channel = "liferooms"

// reconnectAfter is how long the listener waits before it connects again.
const reconnectAfter = time.Second

// topics hands the notifications of Postgres to subscribers: one listening connection serves a whole process.
type topics struct {
	pool *pgxpool.Pool
	stop context.CancelFunc
	done chan struct{}

	mu          sync.Mutex
	subscribers map[string]map[chan struct{}]struct{}
}

func newTopics(pool *pgxpool.Pool) *topics {
	ctx, stop := context.WithCancel(context.Background())
	t := &topics{pool: pool, stop: stop, done: make(chan struct{}), subscribers: map[string]map[chan struct{}]struct{}{}}
	go t.run(ctx)
	return t
}

func (t *topics) close() {
	t.stop()
	<-t.done
}

func (t *topics) run(ctx context.Context) {
	defer close(t.done)
	for ctx.Err() == nil {
		if err := t.listen(ctx); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "live updates are interrupted; connecting again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(reconnectAfter):
		}
	}
}

// listen takes a connection out of the pool for good: LISTEN belongs to a session, so behind a transaction-mode pooler
// the URL of Config must reach Postgres itself for live updates.
func (t *topics) listen(ctx context.Context) error {
	pooled, err := t.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack()
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	t.wakeAll() // what happened while nobody listened is unknown
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		t.wake(n.Payload)
	}
}

func (t *topics) wake(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.subscribers[topic] {
		signal(c)
	}
}

func (t *topics) wakeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, subscribers := range t.subscribers {
		for c := range subscribers {
			signal(c)
		}
	}
}

// signal never blocks: a subscriber that is busy has one tick waiting, and one is enough.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (t *topics) subscribe(ctx context.Context, topic string) <-chan struct{} {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.subscribers[topic] == nil {
		t.subscribers[topic] = map[chan struct{}]struct{}{}
	}
	t.subscribers[topic][c] = struct{}{}
	context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.subscribers[topic], c)
		if len(t.subscribers[topic]) == 0 {
			delete(t.subscribers, topic)
		}
		close(c)
	})
	return c
}

// Notify tells the subscribers of a topic in the viewer's hub, on every replica, that something changed: when the
// transaction of ctx commits, or at once outside one.
func (s *Store) Notify(ctx context.Context, topic string) error {
	var b pgx.Batch
	if err := s.QueueNotify(ctx, &b, topic); err != nil {
		return err
	}
	if err := s.Defer(ctx, &b); err != nil {
		return fmt.Errorf("notify %s: %w", topic, err)
	}
	return nil
}

// QueueNotify is Notify for statements that are sent together.
func (s *Store) QueueNotify(ctx context.Context, b *pgx.Batch, topic string) error {
	h, err := oneHub(ctx)
	if err != nil {
		return err
	}
	b.Queue("select pg_notify($1, $2)", channel, topic+" "+h.ID.String())
	return nil
}

// Subscribe gives a tick now, and again after each change of the topic in the viewer's hub, until ctx ends; the channel
// is then closed. Ticks that pile up become one.
func (s *Store) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	h, err := oneHub(ctx)
	if err != nil {
		return nil, err
	}
	return s.topics.subscribe(ctx, topic+" "+h.ID.String()), nil
}
