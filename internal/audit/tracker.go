package audit

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// tracker holds what one request has read so far.
type tracker struct {
	mu    sync.Mutex
	reads []read
	err   error
}

type trackerKey struct{}

// Track makes a context in which what Read records waits for Flushed.
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

func (t *tracker) add(r read) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads = append(t.reads, r)
}

func (t *tracker) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = errors.Join(t.err, err)
}

// Flushed writes what was read in ctx (see Track), waits until it is saved, and fails where it could not be. The answer to
// a request must wait for it, so that nothing is shown whose reading is not on record.
func Flushed(ctx context.Context) error {
	t := trackerOf(ctx)
	t.mu.Lock()
	reads, err := t.reads, t.err
	t.reads = nil
	t.mu.Unlock()
	var batches []*batch
	for _, r := range reads {
		if b := r.write(); !slices.Contains(batches, b) {
			batches = append(batches, b)
		}
	}
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
