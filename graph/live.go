package graph

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/viewer"
)

// watch records that the viewer has the desk's queue before their eyes, once for as long as they look, and gives a tick
// now and after each change. Whether they may see it was checked when they subscribed; the server ends the context when
// their sign-in ends.
func (r *Resolver) watch(ctx context.Context) (<-chan struct{}, error) {
	h, _ := viewer.FromContext(ctx).OneHub()
	tracked := audit.Track(ctx)
	r.Log.Read(tracked, audit.Event{Action: "desk.read", SubjectType: "hub", SubjectID: h.ID})
	if err := audit.Flushed(tracked); err != nil {
		return nil, err
	}
	ticks, err := r.Store.Subscribe(ctx, frontdesk.Topic)
	if err != nil {
		return nil, fmt.Errorf("subscribe to the queue: %w", err)
	}
	return ticks, nil
}

// live answers a subscription by its plan, now and after each change.
func (e *execution) live(ctx context.Context, op *graphql.OperationContext, p *plan) graphql.ResponseHandler {
	ticks, err := e.resolver.watch(ctx)
	if err != nil {
		return graphql.OneShot(nothing(ctx, op, err))
	}
	ended := false
	return func(ctx context.Context) *graphql.Response {
		if ended {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case _, more := <-ticks:
			if !more {
				return nil
			}
		}
		data, err := e.liveRead(ctx, op, p)
		if err != nil {
			ended = true // the app connects again
			return nothing(ctx, op, err)
		}
		return &graphql.Response{Data: data}
	}
}

// liveLimit bounds one reading for those who watch.
const liveLimit = 10 * time.Second

func (e *execution) liveRead(ctx context.Context, op *graphql.OperationContext, p *plan) ([]byte, error) {
	read := func(ctx context.Context) ([]byte, error) {
		run, err := p.Begin(ctx, op.Variables)
		if err != nil {
			return nil, err
		}
		answer, err := e.resolver.Store.ReadText(ctx, p.SQL, run.Arguments)
		if err != nil {
			return nil, err
		}
		return run.Finish(ctx, answer)
	}
	if !p.Alike("hub", "trust", "today") {
		return read(ctx)
	}
	h, _ := viewer.FromContext(ctx).OneHub()
	return e.screens.read(screen{h.ID, p}, func() ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), liveLimit) // others wait for it too
		defer cancel()
		return read(ctx)
	})
}

// screens lets all who watch the same in one hub share the reading of it: however many they are, a change is read once or
// twice.
type screens struct {
	mu     sync.Mutex
	rounds map[screen]*round
}

// screen is what is watched: the viewers of a hub see the same by the same plan, where it asks for nothing of their own.
type screen struct {
	hub  uuid.UUID
	plan *plan
}

// round is one reading.
type round struct {
	done chan struct{}
	data []byte
	err  error
	next *round // the one after it, for those who came while it was under way: it may have begun before their change
}

func newRound() *round {
	return &round{done: make(chan struct{}), err: errors.New("the reading for all who watch broke off")}
}

func (s *screens) read(what screen, read func() ([]byte, error)) ([]byte, error) {
	s.mu.Lock()
	under, busy := s.rounds[what]
	if busy {
		if under.next == nil {
			under.next = newRound()
			go func(previous, mine *round) {
				<-previous.done
				s.run(what, mine, read)
			}(under, under.next)
		}
		mine := under.next
		s.mu.Unlock()
		<-mine.done
		return mine.data, mine.err
	}
	mine := newRound()
	s.rounds[what] = mine
	s.mu.Unlock()
	s.run(what, mine, read)
	return mine.data, mine.err
}

// run reads in a round; then the next one is under way, where there is one.
func (s *screens) run(what screen, mine *round, read func() ([]byte, error)) {
	defer close(mine.done)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if mine.next != nil {
			s.rounds[what] = mine.next
		} else {
			delete(s.rounds, what)
		}
	}()
	mine.data, mine.err = read()
}
