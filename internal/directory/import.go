package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Outcome is what became of a row of an import.
type Outcome string

// The outcomes.
const (
	Added     Outcome = "added"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
	// Ignored rows hold nothing that the catalogue keeps, such as the front page of a feed.
	Ignored Outcome = "ignored"
)

// RowResult says what became of one row, and why.
type RowResult struct {
	Index, Line int // both from 1
	Kind        openreferral.Kind
	ID, Name    string
	Outcome     Outcome
	// Fields are what changed, such as "name", "organisation.phone" or "schedules"; sorted.
	Fields []string
	// Notes say what was changed in the record on the way in.
	Notes []openreferral.Note
	// Refused says why the row was not taken and what to mend; set where Outcome is Refused.
	Refused *openreferral.Refusal
}

// Summary counts the rows of an import, and the records that it retired.
type Summary struct{ Rows, Added, Changed, Unchanged, Refused, Ignored, Retired int }

func (s *Summary) count(o Outcome) {
	s.Rows++
	switch o {
	case Added:
		s.Added++
	case Changed:
		s.Changed++
	case Unchanged:
		s.Unchanged++
	case Refused:
		s.Refused++
	case Ignored:
		s.Ignored++
	}
}

// The bounds of what is worked on at once. A batch is held in memory.
const (
	batchRows  = 200
	batchBytes = 4 << 20
	// maxRefused bounds the refused rows that are told of where the others are not.
	maxRefused = 1000
)

// Import takes the rows of one document into the catalogue of the viewer's hub. Source names the feed; a record is known
// by the source and its id there, and keeps its id here however often it comes.
//
// All rows are one transaction. Where the document cannot be read to its end, nothing at all is saved; a row that cannot
// be taken is refused with a reason, and the others are saved. Records that are as they were are not written again. What
// the document does not mention is left as it is.
//
// Report, which may be nil, is told of every row in the order of the document, once the document has been read to its
// end. It must not use the store. Imports of one source into one hub wait for each other. The memory used does not grow
// with the document. The error is a *problem.Problem where the document or the source is at fault.
func (d *Directory) Import(ctx context.Context, source string, rows iter.Seq2[openreferral.Row, error], report func(RowResult)) (Summary, error) {
	return d.run(ctx, &importing{source: source}, rows, report)
}

// Replace is Import where the rows are the whole of the source: what it no longer mentions is retired. A service is then
// offered no more, and a partner, a place or a term goes with the last of its services; all are kept for what points to
// them, and are back as soon as the source mentions them again. Where a row is refused that may have held other records,
// nothing is retired. Report is told only of rows that were refused, the first 1000 of them.
func (d *Directory) Replace(ctx context.Context, source string, rows iter.Seq2[openreferral.Row, error], report func(RowResult)) (Summary, error) {
	return d.run(ctx, &importing{source: source, whole: true}, rows, report)
}

// Retire retires all records of a source in the viewer's hub, as Replace would where the source mentions nothing, and
// answers how many there were.
func (d *Directory) Retire(ctx context.Context, source string) (int, error) {
	summary, err := d.run(ctx, &importing{source: source, whole: true}, func(func(openreferral.Row, error) bool) {}, nil)
	return summary.Retired, err
}

// run does one import in a transaction.
func (d *Directory) run(ctx context.Context, i *importing, rows iter.Seq2[openreferral.Row, error], report func(RowResult)) (Summary, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return Summary{}, err
	}
	if err := checkSource(i.source); err != nil {
		return Summary{}, err
	}
	i.store, i.hub, i.written = d.store, hub.ID, map[string]bool{}
	i.told = report != nil && !i.whole
	begun := false
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		if begun {
			return problem.New(problem.Conflict, "The catalogue was changed by somebody else in the middle of the import. Nothing was imported; try again.")
		}
		begun = true
		if err := i.begin(ctx); err != nil {
			return err
		}
		if err := i.take(ctx, rows); err != nil {
			return err
		}
		if err := i.settle(ctx); err != nil {
			return err
		}
		// What is taken again and again by the clock is told of when it changes something.
		if !i.whole || len(i.written) > 0 {
			event := audit.Event{Action: "catalogue.imported", SubjectType: "hub", SubjectID: hub.ID, Fields: i.tables()}
			if err := d.log.Change(ctx, event); err != nil {
				return err
			}
		}
		return i.tell(ctx, report)
	})
	if err != nil {
		return Summary{}, fileProblem(err)
	}
	return i.summary, nil
}

func checkSource(source string) error {
	switch {
	case strings.TrimSpace(source) == "":
		return problem.Field("source", "Say which feed or file the catalogue comes from.")
	case len(source) > 500 || strings.ContainsFunc(source, func(r rune) bool { return !unicode.IsPrint(r) }):
		return problem.Field("source", "A source is named in at most 500 plain characters.")
	case source == "local":
		return problem.Field("source", `"local" stands for what staff added themselves. Name the feed or file.`)
	}
	return nil
}

// fileProblem says what is wrong with a document in words for whoever imports it.
func fileProblem(err error) error {
	if file := (*openreferral.FileError)(nil); errors.As(err, &file) {
		return problem.New(problem.BadUserInput, "Nothing was imported. Line %d: %s", file.Line, file.Message).Because(err)
	}
	return fmt.Errorf("import a catalogue: %w", err)
}

// begin waits for other imports of the source into the hub and for decisions on what terms mean, and makes a place for what is to be told of the rows: it must
// not be told before the document's end was seen, nor be held in memory.
func (i *importing) begin(ctx context.Context) error {
	var b pgx.Batch
	// A slow source may take its time, but not for ever.
	b.Queue(`set local statement_timeout = '5min'`)
	b.Queue(`set local idle_in_transaction_session_timeout = '15min'`)
	// Nobody has counted the rows that this transaction adds. Led by what was there before, the planner would go through the
	// hub's whole catalogue for each record; so it goes through it once for each batch at most: statements name the ids of the
	// batch, by which an index gives no more than the batch where the catalogue was counted.
	b.Queue(`set local plan_cache_mode = force_custom_plan`)
	b.Queue(`set local enable_nestloop = off`)
	b.Queue(`set local enable_seqscan = off`)
	b.Queue(`select pg_advisory_xact_lock(hashtextextended('catalogue ' || $1::text || ' ' || $2, 0))`, i.hub, i.source)
	b.Queue("select pg_advisory_xact_lock_shared("+needsLock+")", i.hub)
	b.Queue(`create temp table if not exists imported_rows (place int primary key, result jsonb not null) on commit drop`)
	b.Queue(`create temp table if not exists imported_ids (kind text, external_id text, primary key (kind, external_id)) on commit drop`)
	if err := i.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// An import before this one, in a transaction around both, left its rows.
	var left pgx.Batch
	left.Queue("delete from pg_temp.imported_rows")
	left.Queue("delete from pg_temp.imported_ids")
	if err := i.store.Send(ctx, &left); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return nil
}

// take works through the rows, batch by batch.
func (i *importing) take(ctx context.Context, rows iter.Seq2[openreferral.Row, error]) error {
	batch := make([]openreferral.Row, 0, batchRows)
	for row, err := range rows {
		if err != nil {
			return err
		}
		if len(batch) == batchRows || len(batch) > 0 && row.Offset-batch[0].Offset > batchBytes {
			if err := i.batch(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, row)
	}
	if len(batch) == 0 {
		return nil
	}
	return i.batch(ctx, batch)
}

// batch takes rows together; and one by one where the database refuses them, so that only those at fault are refused.
func (i *importing) batch(ctx context.Context, rows []openreferral.Row) error {
	results, err := i.together(ctx, rows)
	if refusesData(err) {
		results = results[:0]
		for n := range rows {
			one, err := i.together(ctx, rows[n:n+1])
			if refusesData(err) {
				one = []RowResult{refused(rows[n])}
			} else if err != nil {
				return err
			}
			results = append(results, one...)
		}
	} else if err != nil {
		return err
	}
	for _, r := range results {
		i.summary.count(r.Outcome)
		if i.whole && r.Outcome == Refused && len(i.refused) < maxRefused {
			i.refused = append(i.refused, r)
		}
	}
	if err := i.mention(ctx, rows); err != nil {
		return err
	}
	if !i.told {
		return nil
	}
	encoded, err := json.Marshal(results)
	if err != nil {
		return fmt.Errorf("note what became of rows: %w", err)
	}
	_, err = i.store.Exec(ctx, `
		insert into pg_temp.imported_rows (place, result)
		select $1 + n, r from jsonb_array_elements($2) with ordinality as e(r, n)`, i.summary.Rows-len(results), string(encoded))
	if err != nil {
		return fmt.Errorf("note what became of rows: %w", err)
	}
	return nil
}

// together takes rows in a savepoint of their own.
func (i *importing) together(ctx context.Context, rows []openreferral.Row) (results []RowResult, err error) {
	err = i.store.Savepoint(ctx, func(ctx context.Context) error {
		g := gather(rows)
		if err := i.write(ctx, g); err != nil {
			return err
		}
		results = g.results()
		return nil
	})
	return results, err
}

// refusesData reports whether the database refused a value: the row is at fault, not the statement.
func refusesData(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{"22", "23", "54"}, pg.Code[:2])
}

func refused(row openreferral.Row) RowResult {
	r := resultOf(row)
	r.Outcome = Refused
	r.Refused = &openreferral.Refusal{
		Reason: "it holds a value that cannot be saved, or contradicts another record of the catalogue",
		Mend:   "Check the record's ids, texts and dates in its source.",
	}
	return r
}

// tell reports on the rows, which are in the transaction but not in memory.
func (i *importing) tell(ctx context.Context, report func(RowResult)) error {
	for _, r := range i.refused {
		if report != nil {
			report(r)
		}
	}
	if !i.told {
		return nil
	}
	for told := 0; told < i.summary.Rows; {
		page, err := store.Collect(ctx, i.store, pgx.RowTo[[]byte],
			"select result from pg_temp.imported_rows where place > $1 order by place limit 500", told)
		if err != nil {
			return fmt.Errorf("read what became of rows: %w", err)
		}
		if len(page) == 0 {
			return fmt.Errorf("read what became of rows: %d of %d are there", told, i.summary.Rows)
		}
		for _, encoded := range page {
			var r RowResult
			if err := json.Unmarshal(encoded, &r); err != nil {
				return fmt.Errorf("read what became of rows: %w", err)
			}
			report(r)
		}
		told += len(page)
	}
	return nil
}
