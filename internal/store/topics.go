package store

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
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
	done sync.WaitGroup

	untold chan struct{} // holds one where there is news

	mu          sync.Mutex
	news        map[string]bool // topics that changed and were not told of yet
	subscribers map[string]map[chan struct{}]struct{}
}

func newTopics(pool *pgxpool.Pool) *topics {
	ctx, stop := context.WithCancel(context.Background())
	t := &topics{pool: pool, stop: stop, untold: make(chan struct{}, 1), news: map[string]bool{}, subscribers: map[string]map[chan struct{}]struct{}{}}
	t.done.Go(func() { t.run(ctx) })
	t.done.Go(func() { t.tell(ctx) })
	return t
}

func (t *topics) close() {
	t.stop()
	t.done.Wait()
}

func (t *topics) run(ctx context.Context) {
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

// changed leaves news of a topic to be told.
func (t *topics) changed(topic string) {
	t.mu.Lock()
	t.news[topic] = true
	t.mu.Unlock()
	signal(t.untold)
}

// tellLimit bounds one telling.
const tellLimit = 5 * time.Second

// tell tells every replica of the news as they come, those of a moment together; at the end, of what is left.
func (t *topics) tell(ctx context.Context) {
	for {
		select {
		case <-t.untold:
		case <-ctx.Done():
			if err := t.tellAll(ctx); err != nil {
				slog.WarnContext(ctx, "the last live updates were not told", "error", err)
			}
			return
		}
		if err := t.tellAll(ctx); err != nil {
			slog.WarnContext(ctx, "live updates cannot be told; trying again", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(reconnectAfter):
			}
			signal(t.untold)
		}
	}
}

func (t *topics) tellAll(ctx context.Context) error {
	t.mu.Lock()
	news := slices.Sorted(maps.Keys(t.news))
	clear(t.news)
	t.mu.Unlock()
	if len(news) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellLimit)
	defer cancel()
	var b pgx.Batch
	b.Queue("select set_config('synchronous_commit', 'off', true)") // there is nothing to keep
	b.Queue("select pg_notify($1, topic) from unnest($2::text[]) topic", channel, news)
	if err := t.pool.SendBatch(ctx, &b).Close(); err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, topic := range news {
			t.news[topic] = true
		}
		return err
	}
	return nil
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

// Notify tells the subscribers of a topic in the viewer's hub, on every replica, that something changed: once the
// transaction of ctx has committed, or at once outside one. It waits for nobody.
//
// It is no part of the transaction. A transaction that notifies holds a lock of the whole database while it is written to
// disk, so that all who change anything at any desk would commit one after the other.
func (s *Store) Notify(ctx context.Context, topic string) error {
	h, err := oneHub(ctx)
	if err != nil {
		return fmt.Errorf("notify %s: %w", topic, err)
	}
	topic += " " + h.ID.String()
	if t := s.transactionOf(ctx); t != nil {
		t.notify(topic)
		return nil
	}
	s.topics.changed(topic)
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
