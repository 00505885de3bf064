package server

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"liferooms.io/liferooms/ent/session"
	"liferooms.io/liferooms/ent/signinattempt"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Chore is work that is done by the clock. Do must be safe to do on every replica.
type Chore struct {
	Name  string
	Every time.Duration
	Do    func(ctx context.Context) error
}

// startChores does each chore at once and then every so often, until the function that it gives is called, which waits
// for those under way.
func (s *Server) startChores() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, c := range s.parts.Chores {
		running.Go(func() { c.keepDoing(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func (c Chore) keepDoing(ctx context.Context) {
	tick := time.NewTicker(c.Every)
	defer tick.Stop()
	for {
		limited, cancel := context.WithTimeout(ctx, c.Every)
		if err := c.Do(limited); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "a chore failed; it is tried again", "chore", c.Name, "error", forLog(err))
		}
		cancel()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// ForgetExpired is the chore that removes sign-ins that have ended or were never finished.
func ForgetExpired(s *store.Store) Chore {
	return Chore{Name: "forget expired sign-ins", Every: 15 * time.Minute, Do: func(ctx context.Context) error {
		_, err := s.LockPlatform(ctx, "forget expired sign-ins", func(ctx context.Context) error {
			hubs, err := s.AllHubs(ctx)
			if err != nil {
				return err
			}
			done := map[string]bool{}
			for _, h := range hubs {
				if done[h.TrustODS] {
					continue
				}
				done[h.TrustODS] = true
				trust := viewer.NewContext(ctx, viewer.ForPlatform(h.TrustID))
				if _, err := s.Client(trust).SignInAttempt.Delete().Where(signinattempt.ExpiresAtLTE(time.Now())).Exec(trust); err != nil {
					return err
				}
				if _, err := s.Client(trust).Session.Delete().Where(session.ExpiresAtLTE(time.Now())).Exec(trust); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}}
}
