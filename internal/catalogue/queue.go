package catalogue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	// lookEvery is how often due sources are looked for, over all hubs. A job that was lost comes back by it, too.
	lookEvery = 30 * time.Second
	// lookAtMost bounds what is enqueued by one look; what is left is due for longer at the next.
	lookAtMost = 500
	// lostAfter is when a job may be that of a process that was killed.
	lostAfter = 2 * time.Minute
	// stopLimit bounds the wait for jobs that were told to stop.
	stopLimit = 10 * time.Second
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

// lookJob enqueues the sources that are due.
type lookJob struct{}

func (lookJob) Kind() string { return "catalogue_look" }

func (lookJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: underWay}}
}

// followJob has the hubs that have another one as a source fetch it anew, since its catalogue has changed.
type followJob struct {
	Trust uuid.UUID `json:"trust"`
	Hub   uuid.UUID `json:"hub"`
}

func (followJob) Kind() string { return "catalogue_follow" }

func (followJob) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 5} }

func newQueue(s *Sources) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &syncWorker{sources: s})
	river.AddWorker(workers, &checkWorker{sources: s})
	river.AddWorker(workers, river.WorkFunc(s.look))
	river.AddWorker(workers, river.WorkFunc(s.follow))
	queues := map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: s.workers()}}
	periodic := []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(lookEvery),
		func() (river.JobArgs, *river.InsertOpts) { return lookJob{}, nil }, &river.PeriodicJobOpts{RunOnStart: true})}
	for _, w := range s.config.Also {
		queues[w.Queue] = river.QueueConfig{MaxWorkers: w.AtOnce}
		w.Workers(workers)
		periodic = append(periodic, w.Periodic...)
	}
	return river.NewClient(s.store.QueueDriver(), &river.Config{
		Schema: store.QueueSchema,
		// A second's delay matters to nobody, and a connection that listens would be held by every replica.
		PollOnly:                    true,
		Queues:                      queues,
		Workers:                     workers,
		PeriodicJobs:                periodic,
		RescueStuckJobsAfter:        lostAfter,
		CompletedJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		ReindexerIndexNames:         []string{}, // the app's role owns no index
		Logger:                      slog.New(warnings{slog.Default().Handler()}),
	})
}

// Work is what the queue does beside the sources: of another package, in a queue of its own.
type Work struct {
	// Queue is its name, and AtOnce how much of it one process does at once.
	Queue  string
	AtOnce int
	// Workers adds those who do it.
	Workers func(*river.Workers)
	// Periodic is what is done by the clock.
	Periodic []*river.PeriodicJob
	// Collectors are its metrics.
	Collectors []prometheus.Collector
}

// Enqueue has a job done once the transaction of ctx commits: one of ours, or of Config.Also.
func (s *Sources) Enqueue(ctx context.Context, job river.JobArgs) error {
	err := s.store.Lend(ctx, func(tx pgx.Tx) error {
		_, err := s.queue.InsertTx(ctx, tx, job, nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind(), err)
	}
	return nil
}

// workers is how many sources one process fetches at once: each holds a connection while it takes what it read, and one that
// is another hub two. Most of the pool is left to people.
func (s *Sources) workers() int { return max(1, min(4, int(s.store.Stat().MaxConns())/4)) }

// Start has this process fetch sources, together with every other that does, until ctx ends or stop is called: what is under
// way is then cancelled, and other processes go on with it. Stop waits for it.
func (s *Sources) Start(ctx context.Context) (stop func() error, err error) {
	if err := s.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("start the job queue: %w", err)
	}
	stop = sync.OnceValue(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
		defer cancel()
		if err := s.queue.StopAndCancel(ctx); err != nil {
			return fmt.Errorf("stop the job queue: %w", err)
		}
		return nil
	})
	context.AfterFunc(ctx, func() { _ = stop() }) // whoever calls stop hears of its error
	return stop, nil
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

// Follow has the hubs that have the viewer's hub as a source fetch it anew once the transaction of ctx commits: its catalogue
// has changed, and something in it may have been hidden.
func (s *Sources) Follow(ctx context.Context) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	return s.Enqueue(ctx, followJob{viewer.FromContext(ctx).TrustID, hub.ID})
}

// follow makes the sources of a trust's hubs due that are the hub of the job.
func (s *Sources) follow(ctx context.Context, job *river.Job[followJob]) error {
	all, err := s.store.AllHubs(ctx)
	if err != nil {
		return logged(ctx, err)
	}
	var slug string
	var others []viewer.Hub
	for _, h := range all {
		switch {
		case h.HubID == job.Args.Hub && h.TrustID == job.Args.Trust:
			slug = h.Slug
		case h.TrustID == job.Args.Trust:
			others = append(others, viewer.Hub{ID: h.HubID, Slug: h.Slug})
		}
	}
	if slug == "" || len(others) == 0 {
		return nil
	}
	at := viewer.NewContext(ctx, viewer.ForPlatform(job.Args.Trust, others...))
	return logged(ctx, s.store.Tx(at, func(ctx context.Context) error {
		sources := s.store.Client(ctx).CatalogueSource
		of := []predicate.CatalogueSource{cataloguesource.KindEQ(Hub), cataloguesource.FromHub(slug), cataloguesource.RemovedAtIsNil()}
		rows, err := sources.Query().Where(of...).Select(cataloguesource.FieldID, cataloguesource.FieldHubID).All(ctx)
		if err != nil || len(rows) == 0 {
			return err
		}
		// A fetch that is under way may have read what was there before: it is one of an older revision now.
		if err := sources.Update().Where(of...).SetDueAt(time.Now()).AddRevision(1).Exec(ctx); err != nil {
			return err
		}
		jobs := make([]river.InsertManyParams, len(rows))
		for i, row := range rows {
			jobs[i] = river.InsertManyParams{Args: syncJob{job.Args.Trust, row.HubID, row.ID}}
		}
		return s.store.Lend(ctx, func(tx pgx.Tx) error {
			_, err := s.queue.InsertManyTx(ctx, tx, jobs)
			return err
		})
	}))
}

// look enqueues what is due, and has jobs given up whose process was killed: they would be in the way for ever.
func (s *Sources) look(ctx context.Context, _ *river.Job[lookJob]) error {
	due, err := s.store.DueCatalogueSources(ctx, lookAtMost)
	if err != nil || len(due) == 0 {
		return logged(ctx, err)
	}
	jobs := make([]river.InsertManyParams, len(due))
	for i, d := range due {
		jobs[i] = river.InsertManyParams{Args: syncJob{d.TrustID, d.HubID, d.SourceID}}
	}
	found, err := s.queue.InsertMany(ctx, jobs)
	if err != nil {
		return logged(ctx, err)
	}
	for i, f := range found {
		if f.Job.State != rivertype.JobStateRunning || f.Job.AttemptedAt == nil || time.Since(*f.Job.AttemptedAt) < lostAfter {
			continue
		}
		if err := s.giveUp(ctx, due[i], f.Job.ID); err != nil {
			return logged(ctx, err)
		}
	}
	return nil
}

// giveUp cancels a job that nobody works on: whoever does holds its source. The queue then lets go of it.
func (s *Sources) giveUp(ctx context.Context, of store.SourceRef, job int64) error {
	at := viewer.NewContext(ctx, viewer.ForPlatform(of.TrustID, viewer.Hub{ID: of.HubID}))
	held, err := store.Collect(at, s.store, pgx.RowTo[bool], "select held_until > now() from catalogue_sources where hub_id = $1 and id = $2 and held_until is not null", of.HubID, of.SourceID)
	if err == nil && len(held) == 1 && held[0] {
		return nil
	}
	if err == nil {
		_, err = s.queue.JobCancel(ctx, job)
	}
	if err != nil && !errors.Is(err, rivertype.ErrNotFound) {
		return fmt.Errorf("give up a job that was lost: %w", err)
	}
	return nil
}

// syncWorker works on sync jobs.
type syncWorker struct {
	river.WorkerDefaults[syncJob]
	sources *Sources
}

// Timeout is none: a sync bounds itself, and says so.
func (*syncWorker) Timeout(*river.Job[syncJob]) time.Duration { return -1 }

// Work fetches one source. What is wrong with a source is kept with it and is no error of the job.
func (w *syncWorker) Work(ctx context.Context, job *river.Job[syncJob]) error {
	at := viewer.NewContext(ctx, viewer.ForPlatform(job.Args.Trust, viewer.Hub{ID: job.Args.Hub}))
	again, err := w.sources.sync(at, job.Args.Source, completing(w.sources, job))
	if again || ctx.Err() != nil { // changed meanwhile; or this process stops, and another goes on
		return river.JobSnooze(0)
	}
	return logged(ctx, err)
}

// completing ends a job in the transaction of the context that it is given.
func completing[T river.JobArgs](s *Sources, job *river.Job[T]) func(context.Context) error {
	return func(ctx context.Context) error {
		return s.store.Lend(ctx, func(tx pgx.Tx) error {
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
			if errors.Is(err, rivertype.ErrNotFound) { // given up, but here it is
				return nil
			}
			return err
		})
	}
}

// logged logs an error of a job, and gives it without what the database repeats of values: it is kept with the job.
func logged(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	slog.ErrorContext(ctx, "a job of the catalogue failed; it is tried again", "error", store.ForLog(err))
	return errors.New(store.ForLog(err))
}

// warnings passes on what is worth a look of what the queue logs.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}
