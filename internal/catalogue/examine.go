package catalogue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguecheck"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// checkJob finds out what would become of a hub's catalogue.
type checkJob struct {
	Trust uuid.UUID `json:"trust"`
	Hub   uuid.UUID `json:"hub"`
	Check uuid.UUID `json:"check"`
}

func (checkJob) Kind() string { return "catalogue_check" }

func (checkJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 5, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: underWay}}
}

// checkWorker works on checks.
type checkWorker struct {
	river.WorkerDefaults[checkJob]
	sources *Sources
}

// Timeout is none: a check bounds itself, and says so.
func (*checkWorker) Timeout(*river.Job[checkJob]) time.Duration { return -1 }

// busyWait is after how long a check is looked at again that another process has in hand, or had when it died.
const busyWait = 30 * time.Second

func (w *checkWorker) Work(ctx context.Context, job *river.Job[checkJob]) error {
	at := viewer.NewContext(ctx, viewer.ForPlatform(job.Args.Trust, viewer.Hub{ID: job.Args.Hub}))
	err := w.sources.examine(at, job.Args.Check, completing(w.sources, job))
	switch {
	case ctx.Err() != nil, errors.Is(err, errTurn):
		return river.JobSnooze(0)
	case errors.Is(err, errBusy):
		return river.JobSnooze(busyWait)
	}
	return logged(ctx, err)
}

// examine finds out what would become of the catalogue, and keeps the answer with done.
func (s *Sources) examine(ctx context.Context, id uuid.UUID, done func(context.Context) error) error {
	of, err := hubOf(ctx)
	if err != nil {
		return err
	}
	c, err := s.store.Client(ctx).CatalogueCheck.Query().Where(cataloguecheck.HubID(of.ID), cataloguecheck.ID(id)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && c.State != cataloguecheck.StatePending {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read a check: %w", err)
	}
	r := &reading{store: s.store, table: "catalogue_checks", column: "check_id", hub: of.ID, id: c.ID, me: uuid.Must(uuid.NewV7()), held: heldFor}
	if err := r.hold(ctx); err != nil {
		return err
	}
	kept, release := r.keep(ctx)
	defer release()
	var found problems
	limited, cancel := context.WithTimeout(kept, 2*takeLimit)
	defer cancel()
	p, err := s.previewOf(limited, c, r, &found)
	if cause := context.Cause(kept); err != nil && errors.Is(cause, errBusy) {
		err = cause
	}
	var known *problem.Problem
	message := ""
	switch {
	case err == nil:
	case ctx.Err() != nil, errors.Is(err, errBusy), errors.Is(err, errTurn):
		return err
	case errors.As(err, &known):
		message = known.Message
	case errors.Is(err, errStale):
		message = "The source was changed while it was looked at. Check again."
	default:
		slog.ErrorContext(ctx, "a catalogue source could not be checked", "error", store.ForLog(err))
		message = "Something went wrong on our side, and nothing was changed. Check again; if it goes on, tell those who run Life Rooms: the log says what it was."
	}
	return s.examined(ctx, r, p, &found, message, done)
}

// previewOf reads what is to be checked and compares.
func (s *Sources) previewOf(ctx context.Context, c *ent.CatalogueCheck, r *reading, found *problems) (p directory.Preview, err error) {
	source := &ent.CatalogueSource{ID: uuid.Nil, HubID: c.HubID, Source: c.Source, Kind: cataloguesource.Kind(c.Kind), Format: cataloguesource.Format(c.Format), URL: c.URL}
	if c.SourceID != nil && c.URL == nil && len(content(c.Document)) == 0 { // as it is
		source, err = s.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(c.HubID), cataloguesource.ID(*c.SourceID)).Only(ctx)
		if ent.IsNotFound(err) {
			return p, errStale
		}
		if err != nil {
			return p, fmt.Errorf("read a catalogue source: %w", err)
		}
		c.Document = source.Document
	}
	var rows iter.Seq2[openreferral.Row, error]
	switch source.Kind {
	case URL:
		if _, _, err := s.fetch(ctx, s.feedOf(source), r, nil); err != nil {
			return p, err
		}
		rows = r.rows(ctx)
	case Document:
		if len(content(c.Document)) == 0 {
			return p, errStale
		}
		rows = readDocument(content(c.Document), source.Format)
	case Hub:
		if rows, err = s.sharedBy(ctx, value(source.FromHub)); err != nil {
			return p, err
		}
	}
	p, err = s.directory.Preview(ctx, source.Source, found.watch(rows), true, found.refused)
	if err != nil {
		return p, err
	}
	return p, empty(source.Kind, p.Summary, found)
}

// content is what a column of bytes holds; Ent gives one that is null as a pointer to nothing.
func content(column *[]byte) []byte {
	if column == nil {
		return nil
	}
	return *column
}

// examined keeps the answer; message is why there is none.
func (s *Sources) examined(ctx context.Context, r *reading, p directory.Preview, found *problems, message string, done func(context.Context) error) error {
	state := cataloguecheck.StateDone
	if message != "" {
		state = cataloguecheck.StateFailed
	}
	result := &schema.CheckResult{
		Rows: p.Summary.Rows, Added: p.Summary.Added, Changed: p.Summary.Changed, Unchanged: p.Summary.Unchanged, Refused: p.Summary.Refused,
		Problems: found.all(),
	}
	for _, c := range p.Counts {
		result.Counts = append(result.Counts, schema.DifferenceCount(c))
	}
	for _, d := range p.Differences {
		one := schema.Difference{Kind: d.Kind, What: d.What, Name: d.Name}
		for _, f := range d.Fields {
			one.Fields = append(one.Fields, schema.FieldChange(f))
		}
		result.Differences = append(result.Differences, one)
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		n, err := s.store.Client(ctx).CatalogueCheck.Update().
			Where(cataloguecheck.HubID(r.hub), cataloguecheck.ID(r.id), cataloguecheck.HeldBy(r.me), cataloguecheck.StateEQ(cataloguecheck.StatePending)).
			SetState(state).SetMessage(short(message)).SetFinishedAt(time.Now()).SetResult(result).Save(ctx)
		if err != nil {
			return fmt.Errorf("keep what a check found: %w", err)
		}
		if n == 0 {
			return errBusy
		}
		if err := r.forget(ctx); err != nil {
			return err
		}
		return done(ctx)
	})
}

// maxUnpacked bounds a document when it is unpacked.
const maxUnpacked = 64 << 20

// readDocument yields the records of a document.
func readDocument(document []byte, format Format) iter.Seq2[openreferral.Row, error] {
	return openreferral.NewReader(bytes.NewReader(document), formats[format]).AtMost(maxUnpacked).Rows()
}

// formatOf tells how a document is written by its content.
func formatOf(document []byte) Format {
	if format, err := openreferral.Recognise(bytes.NewReader(document)); err == nil && format == openreferral.Outpost {
		return Outpost
	}
	return OpenReferral
}
