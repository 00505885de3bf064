package catalogue

import (
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
	// takeLimit bounds how long the records of a source are written.
	takeLimit = 30 * time.Minute
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
	problems   problems
	validators []schema.Validator
}

// sync fetches a source of the viewer's hub and keeps how it went, with done, which ends the job in the same transaction: a
// change of the source after that finds no job in its way, and one before it is not overlooked. Where the source is no
// longer the hub's, its records are retired instead. Again says that it was changed meanwhile, or is not read to its end.
// The error is one of ours; what is wrong with the source is none.
func (s *Sources) sync(ctx context.Context, id uuid.UUID, done func(ctx context.Context) error) (again bool, err error) {
	row, at, err := s.find(ctx, id)
	if err != nil || row == nil {
		return false, err
	}
	began := time.Now()
	r := s.readingOf(row)
	if err := r.hold(at); err != nil {
		return s.settle(at, row, began, "", err, done)
	}
	kept, release := r.keep(at)
	defer release()
	if row.RemovedAt != nil {
		err = s.remove(kept, row, r, done)
		return s.settle(at, row, began, "removed", err, done)
	}
	got, err := s.take(kept, row, r, done)
	result := "synced"
	if got.unchanged {
		result = "unchanged"
	}
	if cause := context.Cause(kept); err != nil && at.Err() == nil && errors.Is(cause, errBusy) {
		err = cause
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
func (s *Sources) take(ctx context.Context, row *ent.CatalogueSource, r *reading, done func(context.Context) error) (got taken, err error) {
	var rows iter.Seq2[openreferral.Row, error]
	switch row.Kind {
	case URL:
		pages, unchanged, err := s.fetch(ctx, s.feedOf(row), r, row.Validators)
		switch {
		case err != nil:
			return taken{}, err
		case unchanged:
			got.unchanged = true
		default:
			got.validators = validatorsOf(pages)
		}
	case Document:
		document, err := s.documentOf(ctx, row)
		if err != nil {
			return taken{}, err
		}
		rows = readDocument(document, row.Format)
	case Hub:
		if rows, err = s.sharedBy(ctx, value(row.FromHub)); err != nil {
			return taken{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, takeLimit)
	defer cancel()
	validators, unchanged := got.validators, got.unchanged
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		got = taken{validators: validators, unchanged: unchanged}
		if _, err := s.store.Exec(ctx, fmt.Sprintf("set local idle_in_transaction_session_timeout = %d", takeLimit.Milliseconds())); err != nil {
			return fmt.Errorf("begin a sync: %w", err)
		}
		if !got.unchanged {
			from := rows
			if row.Kind == URL {
				from = r.rows(ctx)
			}
			if err := s.replace(ctx, row, from, &got); err != nil {
				return err
			}
			if err := r.forget(ctx); err != nil {
				return err
			}
		}
		if err := s.synced(ctx, row, r, &got); err != nil {
			return err
		}
		if row.Kind != Hub && got.summary.Added+got.summary.Changed+got.summary.Retired > 0 {
			if err := s.Follow(ctx); err != nil {
				return err
			}
		}
		return done(ctx)
	})
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = problem.New(problem.BadUserInput, "To take its records lasted longer than %.0f minutes and was stopped. Ask for a smaller feed, or for the services of your area only.", takeLimit.Minutes())
	}
	return got, err
}

// fetch reads a feed into r, or answers that it is as it was.
func (s *Sources) fetch(ctx context.Context, f *feed, r *reading, known []schema.Validator) (pages []schema.PageRead, unchanged bool, err error) {
	if f.address == nil {
		return nil, false, problem.Field("url", "The address of the feed cannot be used. Correct it.")
	}
	until := time.Now().Add(f.limits.turn)
	limited, cancel := context.WithTimeout(ctx, 2*f.limits.turn)
	defer cancel()
	if unchanged, err = f.unchanged(limited, known); err == nil && !unchanged {
		pages, err = f.readInto(limited, r, until)
	}
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = problem.New(problem.BadUserInput, "A page of it took longer than %.0f minutes, and reading was stopped. Ask for shorter pages in its address, as in ?per_page=100, or tell those who run the feed.", f.limits.turn.Minutes())
	}
	return pages, unchanged, err
}

// feedOf is what there is at the address of a source; without an address where that cannot be used.
func (s *Sources) feedOf(row *ent.CatalogueSource) *feed {
	client := s.public
	if row.AllowPrivate && s.config.AllowPrivate {
		client = s.private
	}
	address, _ := url.Parse(value(row.URL))
	return &feed{fetch: &fetch{client: client, limits: s.limits}, format: formats[row.Format], address: address}
}

var formats = map[Format]openreferral.Format{OpenReferral: openreferral.JSON, Outpost: openreferral.Outpost}

func (s *Sources) documentOf(ctx context.Context, row *ent.CatalogueSource) ([]byte, error) {
	stored, err := s.store.Client(ctx).CatalogueSource.Query().Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID)).
		Select(cataloguesource.FieldDocument, cataloguesource.FieldDocumentDigest).Only(ctx)
	if ent.IsNotFound(err) || err == nil && value(stored.DocumentDigest) != value(row.DocumentDigest) {
		return nil, errStale
	}
	if err != nil {
		return nil, fmt.Errorf("read a catalogue source's document: %w", err)
	}
	return *stored.Document, nil
}

// sharedBy is what another hub of the trust shares: what it shows to anybody, since a refuge's address never leaves its
// hub. It is read as strangers read it, and outside any transaction: ctx has none.
func (s *Sources) sharedBy(ctx context.Context, slug string) (iter.Seq2[openreferral.Row, error], error) {
	trust := viewer.FromContext(ctx).TrustID
	all, err := s.store.AllHubs(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(h store.HubRef) bool { return h.TrustID == trust && h.Slug == slug })
	if at < 0 {
		return nil, problem.New(problem.BadUserInput, "The trust has no hub %s. Correct the name, or set that hub up; it is looked for again by itself.", slug)
	}
	other := all[at]
	if other.State != string(hub.StateLive) {
		return nil, problem.New(problem.BadUserInput, "The hub %s is not in use now. Its records stay here; remove the source if they should not.", slug)
	}
	return s.directory.Shared(viewer.NewContext(ctx, viewer.ForPublic(trust, viewer.Hub{ID: other.HubID, Slug: other.Slug}))), nil
}

// replace saves the rows as the whole of the source. A feed or document with nothing to take is a fault of theirs, more
// likely than not: it takes nothing away.
func (s *Sources) replace(ctx context.Context, row *ent.CatalogueSource, rows iter.Seq2[openreferral.Row, error], got *taken) error {
	var err error
	if got.summary, err = s.directory.Replace(ctx, row.Source, got.problems.watch(rows), got.problems.refused); err != nil {
		return err
	}
	return empty(row.Kind, got.summary, &got.problems)
}

// empty says what is wrong with a source of which nothing could be taken.
func empty(kind Kind, summary directory.Summary, found *problems) error {
	switch {
	case kind == Hub || summary.Added+summary.Changed+summary.Unchanged > 0:
		return nil
	case summary.Refused > 0:
		return problem.New(problem.BadUserInput, "None of its %d records could be taken. The first: %s", summary.Refused, found.first())
	}
	return problem.New(problem.BadUserInput, "There is not one record in it. Check that this is the catalogue; to take its records off, remove the source.")
}

// synced keeps that the source was taken, in the transaction that takes it.
func (s *Sources) synced(ctx context.Context, row *ent.CatalogueSource, r *reading, got *taken) error {
	now := time.Now()
	update := s.store.Client(ctx).CatalogueSource.Update().
		Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID), cataloguesource.Revision(row.Revision), cataloguesource.HeldBy(r.me)).
		SetState(Synced).SetTriedAt(now).SetSyncedAt(now).ClearFailingSince().SetFailures(0).
		SetDueAt(now.Add(spread(refreshOf(row))))
	if got.unchanged {
		update.SetMessage(standing(row))
	} else {
		update.SetMessage(advice(got)).SetRowsTaken(got.rows()).SetRowsRefused(got.summary.Refused).
			SetProblems(got.problems.all())
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
	return short(fmt.Sprintf("%d of %d records were refused. The first: %s", got.summary.Refused, got.summary.Rows, got.problems.first()))
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
func (s *Sources) remove(ctx context.Context, row *ent.CatalogueSource, r *reading, done func(context.Context) error) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		retired, err := s.directory.Retire(ctx, row.Source)
		if err != nil {
			return err
		}
		if row.Kind != Hub && retired > 0 {
			if err := s.Follow(ctx); err != nil {
				return err
			}
		}
		n, err := s.store.Client(ctx).CatalogueSource.Delete().
			Where(cataloguesource.HubID(row.HubID), cataloguesource.ID(row.ID), cataloguesource.Revision(row.Revision), cataloguesource.HeldBy(r.me)).Exec(ctx)
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
	case errors.Is(err, errStale), errors.Is(err, errTurn):
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
