package catalogue

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// underWay are the states in which there is one job for a source.
var underWay = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
}

// syncJob fetches a source. It says ids only: what the source is, is read within its hub.
type syncJob struct {
	Trust  uuid.UUID `json:"trust"`
	Hub    uuid.UUID `json:"hub"`
	Source uuid.UUID `json:"source"`
}

func (syncJob) Kind() string { return "catalogue_sync" }

// InsertOpts: one job for a source at a time. A source that fails is due again later; nothing else is tried twice.
func (syncJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: underWay}}
}

func newQueue(s *store.Store) (*river.Client[pgx.Tx], error) {
	return river.NewClient(s.QueueDriver(), &river.Config{Schema: store.QueueSchema, Logger: slog.Default()})
}

// enqueue has sources of the viewer's hub fetched once the transaction of ctx commits. A source for which a job is there
// already is left to it.
func (s *Sources) enqueue(ctx context.Context, sources []uuid.UUID) error {
	if len(sources) == 0 {
		return nil
	}
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	trust := viewer.FromContext(ctx).TrustID
	jobs := make([]river.InsertManyParams, len(sources))
	for i, id := range sources {
		jobs[i] = river.InsertManyParams{Args: syncJob{trust, hub.ID, id}}
	}
	err = s.store.Lend(ctx, func(tx pgx.Tx) error {
		_, err := s.queue.InsertManyTx(ctx, tx, jobs)
		return err
	})
	if err != nil {
		return fmt.Errorf("enqueue catalogue sources: %w", err)
	}
	return nil
}
