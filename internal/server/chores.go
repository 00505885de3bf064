package server

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/session"
	"liferooms.io/liferooms/ent/signinattempt"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// chore is work that is done by the clock. It must be safe to do on every replica.
type chore struct {
	name  string
	every time.Duration
	do    func(ctx context.Context) error
}

// startChores does each chore at once and then every so often, until the function that it gives is called, which waits
// for those under way.
func (s *Server) startChores() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, c := range s.chores {
		running.Go(func() { c.keepDoing(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func (c chore) keepDoing(ctx context.Context) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, c.every)
		if err := c.do(limited); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "a chore failed; it is tried again", "chore", c.name, "error", store.ForLog(err))
		}
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// forgetExpired removes sessions that have ended and sign-ins that were never finished. One replica does it at a time.
func (s *Server) forgetExpired(ctx context.Context) error {
	from := s.parts.Store
	_, err := from.LockPlatform(ctx, "forget expired sign-ins", func(ctx context.Context) error {
		hubs, err := from.AllHubs(ctx)
		if err != nil {
			return err
		}
		trusts := map[uuid.UUID]bool{}
		for _, h := range hubs {
			if trusts[h.TrustID] {
				continue
			}
			trusts[h.TrustID] = true
			trust := viewer.NewContext(ctx, viewer.ForPlatform(h.TrustID))
			if _, err := from.Client(trust).SignInAttempt.Delete().Where(signinattempt.ExpiresAtLTE(time.Now())).Exec(trust); err != nil {
				return fmt.Errorf("forget sign-ins that were not finished: %w", err)
			}
			if _, err := from.Client(trust).Session.Delete().Where(session.ExpiresAtLTE(time.Now())).Exec(trust); err != nil {
				return fmt.Errorf("forget sessions that have ended: %w", err)
			}
		}
		return nil
	})
	return err
}
