package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// tracker knows which batches hold the reads of one request.
type tracker struct {
	mu      sync.Mutex
	batches []*batch
	err     error
}

type trackerKey struct{}

// Track makes a context in which Flushed waits for what Read recorded.
func Track(ctx context.Context) context.Context {
	return context.WithValue(ctx, trackerKey{}, &tracker{})
}

// orphan takes the reads of contexts that nobody tracks, such as those of a command.
var orphan = &tracker{}

func trackerOf(ctx context.Context) *tracker {
	if t, ok := ctx.Value(trackerKey{}).(*tracker); ok {
		return t
	}
	return orphan
}

func (t *tracker) add(b *batch) {
	if t == orphan {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.batches, b) {
		t.batches = append(t.batches, b)
	}
}

func (t *tracker) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = errors.Join(t.err, err)
}

// Flushed waits until every read recorded in ctx (see Track) is saved, and fails where one could not be.
func Flushed(ctx context.Context) error {
	t := trackerOf(ctx)
	t.mu.Lock()
	batches, err := t.batches, t.err
	t.batches = nil
	t.mu.Unlock()
	for _, b := range batches {
		select {
		case <-b.written:
			err = errors.Join(err, b.err)
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
	return err
}
