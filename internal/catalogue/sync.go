package catalogue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

const (
	// syncLimit bounds the fetch of one source from its beginning to its end.
	syncLimit = 15 * time.Minute
	// firstRetry is how long after the first failure a source is tried again; each further failure doubles it, up to
	// lastRetry and the source's own refresh.
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
)

var (
	// errBusy: another process has the source in hand.
	errBusy = errors.New("the source is being fetched")
	// errStale: the source was changed or removed while it was fetched; what was fetched is not kept.
	errStale = errors.New("the source has changed")
)

// taken is how a fetch went.
type taken struct {
	unchanged  bool
	summary    directory.Summary
	refusal    *openreferral.Refusal // the first
	validators []schema.Validator
}

// sync fetches a source of the viewer's hub and keeps how it went, with done, which ends the job in the same transaction: a
// change of the source after that finds no job in its way, and one before it is not overlooked. Where the source is no
// longer the hub's, its records are retired instead. Again says that it was changed meanwhile. The error is one of ours;
// what is wrong with the source is none.
func (s *Sources) sync(ctx context.Context, id uuid.UUID, done func(ctx context.Context) error) (again bool, err error) {
	row, at, err := s.find(ctx, id)
	if err != nil || row == nil {
		return false, err
	}
	began := time.Now()
	if row.RemovedAt != nil {
		err = s.remove(at, row, done)
		return s.settle(at, row, began, "removed", err, done)
	}
	limited, cancel := context.WithTimeout(at, syncLimit)
	defer cancel()
	got, err := s.take(limited, row, done)
	if err != nil && at.Err() == nil && limited.Err() != nil {
		err = problem.New(problem.BadUserInput, "It took longer than %.0f minutes and was stopped. Ask for a smaller feed, or for the services of your area only.", syncLimit.Minutes())
	}
	result := "synced"
	if got.unchanged {
		result = "unchanged"
	}
	return s.settle(at, row, began, result, err, done)
}

// find reads a source and gives the context of its hub; no source where there is nothing to do for it.
func (s *Sources) find(ctx context.Context, id uuid.UUID) (*ent.CatalogueSource, context.Context, error) {
	of, err := hubOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	// A hub is found only where it is of the viewer's trust.
	h, err := s.store.Client(ctx).Hub.Query().Where(hub.ID(of.ID)).Select(hub.FieldID, hub.FieldSlug, hub.FieldState).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the hub of a catalogue source: %w", err)
	}
	row, err := s.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(of.ID), cataloguesource.ID(id)).
		Select(append(slices.Clone(withoutDocument), cataloguesource.FieldValidators)...).Only(ctx)
	if ent.IsNotFound(err) || err == nil && h.State != hub.StateLive && row.RemovedAt == nil {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read a catalogue source: %w", err)
	}
	v := viewer.FromContext(ctx)
	return row, viewer.NewContext(ctx, viewer.ForPlatform(v.TrustID, viewer.Hub{ID: h.ID, Slug: h.Slug})), nil
}

// take fetches a source and saves its records with how it went, all of it or nothing.
func (s *Sources) take(ctx context.Context, row *ent.CatalogueSource, done func(context.Context) error) (got taken, err error) {
	outside := ctx // where another hub is read
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		got = taken{}
		if err := s.hold(ctx, row.ID); err != nil {
			return err
		}
		switch row.Kind {
		case URL:
			err = s.takeFeed(ctx, row, &got)
		case Document:
			err = s.takeDocument(ctx, row, &got)
		case Hub:
			err = s.takeHub(ctx, outside, row, &got)
		default:
			err = fmt.Errorf("a catalogue source is of kind %q", row.Kind)
		}
		if err != nil {
			return err
		}
		if err := s.synced(ctx, row, &got); err != nil {
			return err
		}
		if row.Kind != Hub && got.summary.Added+got.summary.Changed+got.summary.Retired > 0 {
			if err := s.changed(ctx); err != nil {
				return err
			}
		}
		return done(ctx)
	})
	return got, err
}

// hold lets one process at a time have the source in hand, for as long as the transaction lasts.
func (s *Sources) hold(ctx context.Context, id uuid.UUID) error {
	if _, err := s.store.Exec(ctx, fmt.Sprintf("set local idle_in_transaction_session_timeout = %d", syncLimit.Milliseconds())); err != nil {
		return fmt.Errorf("begin a sync: %w", err)
	}
	held, err := store.Collect(ctx, s.store, pgx.RowTo[bool], "select pg_try_advisory_xact_lock(hashtextextended('catalogue source ' || $1::text, 0))", id)
	if err != nil {
		return fmt.Errorf("begin a sync: %w", err)
	}
	if !held[0] {
		return errBusy
	}
	return nil
}

func (s *Sources) takeFeed(ctx context.Context, row *ent.CatalogueSource, got *taken) error {
	address, err := url.Parse(value(row.URL))
	if err != nil {
		return problem.Field("url", "The address of the feed cannot be used. Correct it.")
	}
	client := s.public
	if row.AllowPrivate && s.config.AllowPrivate {
		client = s.private
	}
	f := &feed{fetch: &fetch{client: client, limits: s.limits}, format: formats[row.Format], address: address}
	if got.unchanged, err = f.unchanged(ctx, row.Validators); err != nil || got.unchanged {
		return err
	}
	if err := s.replace(ctx, row, f.all(ctx), got); err != nil {
		return err
	}
	got.validators = f.validators
	return nil
}

var formats = map[Format]openreferral.Format{OpenReferral: openreferral.JSON, Outpost: openreferral.Outpost}

func (s *Sources) takeDocument(ctx context.Context, row *ent.CatalogueSource, got *taken) error {
	stored, err := s.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID)).
		Select(cataloguesource.FieldDocument, cataloguesource.FieldDocumentDigest).Only(ctx)
	if ent.IsNotFound(err) || err == nil && value(stored.DocumentDigest) != value(row.DocumentDigest) {
		return errStale
	}
	if err != nil {
		return fmt.Errorf("read a catalogue source's document: %w", err)
	}
	return s.replace(ctx, row, openreferral.NewReader(bytes.NewReader(*stored.Document), formats[row.Format]).Rows(), got)
}

// takeHub takes what another hub of the trust shares. The other hub is read in its own scope, outside the transaction.
func (s *Sources) takeHub(ctx, outside context.Context, row *ent.CatalogueSource, got *taken) error {
	trust, slug := viewer.FromContext(ctx).TrustID, value(row.FromHub)
	all, err := s.store.AllHubs(outside)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(h store.HubRef) bool { return h.TrustID == trust && h.Slug == slug })
	if at < 0 {
		return problem.New(problem.BadUserInput, "The trust has no hub %s. Correct the name, or set that hub up; it is looked for again by itself.", slug)
	}
	other := all[at]
	if other.State != string(hub.StateLive) {
		return problem.New(problem.BadUserInput, "The hub %s is not in use now. Its records stay here; remove the source if they should not.", slug)
	}
	there := viewer.NewContext(outside, viewer.ForPlatform(trust, viewer.Hub{ID: other.HubID, Slug: other.Slug}))
	return s.replace(ctx, row, s.directory.Shared(there), got)
}

// replace saves the rows as the whole of the source. A feed or document with nothing to take is a fault of theirs, more
// likely than not: it takes nothing away.
func (s *Sources) replace(ctx context.Context, row *ent.CatalogueSource, rows iter.Seq2[openreferral.Row, error], got *taken) error {
	watched := func(yield func(openreferral.Row, error) bool) {
		for r, err := range rows {
			if got.refusal == nil {
				got.refusal = r.Refused
			}
			if !yield(r, err) {
				return
			}
		}
	}
	var err error
	if got.summary, err = s.directory.Replace(ctx, row.Source, watched, nil); err != nil {
		return err
	}
	switch {
	case row.Kind == Hub || got.rows() > 0:
		return nil
	case got.summary.Refused > 0:
		return problem.New(problem.BadUserInput, "None of its %d records could be taken. The first: %s", got.summary.Refused, refusal(got))
	}
	return problem.New(problem.BadUserInput, "There is not one record in it. Check that this is the catalogue; to take its records off, remove the source.")
}

func refusal(got *taken) string {
	if got.refusal == nil {
		return "it holds a value that cannot be saved."
	}
	return got.refusal.String()
}

// synced keeps that the source was taken, in the transaction that takes it.
func (s *Sources) synced(ctx context.Context, row *ent.CatalogueSource, got *taken) error {
	now := time.Now()
	update := s.store.Client(ctx).CatalogueSource.Update().
		Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID), cataloguesource.Revision(row.Revision)).
		SetState(Synced).SetTriedAt(now).SetSyncedAt(now).ClearFailingSince().SetFailures(0).
		SetDueAt(now.Add(spread(refreshOf(row))))
	if got.unchanged {
		update.SetMessage(standing(row))
	} else {
		update.SetMessage(advice(got)).SetRowsTaken(got.rows()).SetRowsRefused(got.summary.Refused)
		if got.validators == nil {
			update.ClearValidators()
		} else {
			update.SetValidators(got.validators)
		}
	}
	n, err := update.Save(ctx)
	if err != nil {
		return fmt.Errorf("keep how a sync went: %w", err)
	}
	if n == 0 {
		return errStale
	}
	return nil
}

// advice says what to do about records that were refused; nothing where none was.
func advice(got *taken) string {
	if got.summary.Refused == 0 {
		return ""
	}
	return short(fmt.Sprintf("%d of %d records were refused. The first: %s", got.summary.Refused, got.summary.Rows, refusal(got)))
}

// standing is the advice where nothing was read anew.
func standing(row *ent.CatalogueSource) string {
	if row.State == Failed && row.RowsRefused > 0 {
		return fmt.Sprintf("%d records were refused when it was last read.", row.RowsRefused)
	}
	if row.State == Failed {
		return ""
	}
	return row.Message
}

func (t taken) rows() int { return t.summary.Added + t.summary.Changed + t.summary.Unchanged }

func refreshOf(row *ent.CatalogueSource) time.Duration {
	return time.Duration(row.RefreshMinutes) * time.Minute
}

// spread shortens a wait by up to a tenth, so that sources that were set together are not fetched together for ever.
func spread(d time.Duration) time.Duration { return d - rand.N(d/10+1) }

// remove retires the records of a source that is no longer the hub's, and forgets it.
func (s *Sources) remove(ctx context.Context, row *ent.CatalogueSource, done func(context.Context) error) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		if err := s.hold(ctx, row.ID); err != nil {
			return err
		}
		retired, err := s.directory.Retire(ctx, row.Source)
		if err != nil {
			return err
		}
		if row.Kind != Hub && retired > 0 {
			if err := s.changed(ctx); err != nil {
				return err
			}
		}
		n, err := s.store.Client(ctx).CatalogueSource.Delete().
			Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID), cataloguesource.Revision(row.Revision)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("forget a catalogue source: %w", err)
		}
		if n == 0 {
			return errStale
		}
		return done(ctx)
	})
}

// settle counts and logs how a sync went, and keeps a failure with the source.
func (s *Sources) settle(ctx context.Context, row *ent.CatalogueSource, began time.Time, result string, err error, done func(context.Context) error) (again bool, _ error) {
	switch {
	case ctx.Err() != nil || errors.Is(err, errBusy):
		return false, nil // it goes on elsewhere
	case errors.Is(err, errStale):
		return true, nil
	}
	v := viewer.FromContext(ctx)
	h, _ := v.OneHub()
	log := slog.With("trust", v.TrustID, "hub", h.Slug, "source", row.Name, "seconds", time.Since(began).Seconds())
	var known *problem.Problem
	switch {
	case err == nil:
		log.DebugContext(ctx, "a catalogue source is in step", "result", result)
	case errors.As(err, &known):
		result = "failed"
		again, err = s.failed(ctx, row, known.Message, done)
		log.WarnContext(ctx, "a catalogue source failed; its last records stay", "message", known.Message)
	default:
		result = "error"
		log.ErrorContext(ctx, "a catalogue source could not be fetched", "error", store.ForLog(err))
		again, err = s.failed(ctx, row, "Something went wrong on our side, and nothing was changed. It is tried again by itself; "+
			"if it goes on, tell those who run Life Rooms: the log says what it was.", done)
	}
	s.metrics.observe(result, time.Since(began))
	return again, err
}

// failed keeps that a source could not be taken, and why. Its records stay. Changed says that it is another source by now.
func (s *Sources) failed(ctx context.Context, row *ent.CatalogueSource, message string, done func(context.Context) error) (changed bool, err error) {
	now := time.Now()
	wait := min(refreshOf(row), lastRetry, firstRetry<<min(row.Failures, 10))
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		update := s.store.Client(ctx).CatalogueSource.Update().
			Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID), cataloguesource.Revision(row.Revision)).
			SetState(Failed).SetTriedAt(now).AddFailures(1).SetMessage(short(message)).SetDueAt(now.Add(spread(wait)))
		if row.FailingSince == nil {
			update.SetFailingSince(now)
		}
		n, err := update.Save(ctx)
		if err != nil {
			return fmt.Errorf("keep that a sync failed: %w", err)
		}
		if n == 0 {
			return errStale
		}
		return done(ctx)
	})
	if errors.Is(err, errStale) {
		return true, nil
	}
	return false, err
}

// short keeps a message to what its column holds.
func short(message string) string {
	const most = 1000 // bytes
	if len(message) <= most {
		return message
	}
	cut := most - len("…")
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}
