package storetest

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Counter counts the batches that a store sends: each is one round trip. Commits and rollbacks are counted apart.
type Counter struct {
	mu      sync.Mutex
	batches []string
	ends    int
}

var _ pgx.BatchTracer = (*Counter)(nil)

// Reset begins again at nothing.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches, c.ends = nil, 0
}

// Sent gives the last statement of each batch sent since Reset, in order; of one that commits, the last before that.
func (c *Counter) Sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.batches...)
}

// Ends is how many transactions of several statements were committed or rolled back since Reset.
func (c *Counter) Ends() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ends
}

func (c *Counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if data.SQL == "commit" || data.SQL == "rollback" {
		c.mu.Lock()
		c.ends++
		c.mu.Unlock()
	}
	return ctx
}

func (c *Counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *Counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	queued := data.Batch.QueuedQueries
	last := queued[len(queued)-1].SQL
	if last == "commit" && len(queued) > 1 {
		last = queued[len(queued)-2].SQL
	}
	c.batches = append(c.batches, last)
	return ctx
}

func (c *Counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (c *Counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
