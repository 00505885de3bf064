package catalogue

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
)

const (
	// heldFor is for how long a source is in one process's hands without a word of it; then the process is taken for dead.
	heldFor = 90 * time.Second
	// partRows and partBytes bound a part, which is held in memory.
	partRows  = 200
	partBytes = 1 << 20
	// readingLimit is how long a feed may take from its first page to its last: after that it is no longer one catalogue.
	readingLimit = 6 * time.Hour
)

// reading is the reading of one source, or for one check. What was read is kept in parts, so that who comes after a process
// that died, or a feed that broke off, goes on from there.
type reading struct {
	store  *store.Store
	table  string // whose row says who has it in hand
	column string // by which parts belong to it
	hub    uuid.UUID
	id     uuid.UUID
	me     uuid.UUID
	// revision is that of the source as it is read; 0 for a check, which never changes.
	revision int
	held     time.Duration

	parts int // how many are kept
}

func (s *Sources) readingOf(source *ent.CatalogueSource) *reading {
	return &reading{store: s.store, table: "catalogue_sources", column: "source_id", hub: source.HubID, id: source.ID,
		me: uuid.Must(uuid.NewV7()), revision: source.Revision, held: heldFor}
}

// hold takes it in hand, or answers errBusy.
func (r *reading) hold(ctx context.Context) error {
	n, err := r.store.Exec(ctx, `update `+r.table+` set held_by = $3, held_until = now() + $4
		where hub_id = $1 and id = $2 and (held_until is null or held_until < now())`, r.hub, r.id, r.me, r.held)
	if err != nil {
		return fmt.Errorf("begin to read a catalogue source: %w", err)
	}
	if n == 0 {
		return errBusy
	}
	return nil
}

// keep says again and again that somebody is at work. The context ends, with errBusy as its cause, where it is in other
// hands by now. Release lets go of it.
func (r *reading) keep(ctx context.Context) (kept context.Context, release func()) {
	kept, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(r.held / 4)
		defer tick.Stop()
		for {
			select {
			case <-kept.Done():
				return
			case <-tick.C:
			}
			n, err := r.store.Exec(kept, `update `+r.table+` set held_until = now() + $4 where hub_id = $1 and id = $2 and held_by = $3`,
				r.hub, r.id, r.me, r.held)
			if err == nil && n == 0 {
				cancel(errBusy)
			}
		}
	}()
	return kept, func() {
		cancel(context.Canceled)
		<-ended
		at, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		_, err := r.store.Exec(at, `update `+r.table+` set held_by = null, held_until = null where hub_id = $1 and id = $2 and held_by = $3`, r.hub, r.id, r.me)
		if err != nil {
			slog.WarnContext(at, "a catalogue source is not let go of; another process takes it later", "error", store.ForLog(err))
		}
	}
}

// pages are the pages that are kept, in order. Parts of a page that broke off are dropped.
func (r *reading) pages(ctx context.Context) ([]schema.PageRead, time.Time, error) {
	type part struct {
		Place int
		Page  []byte
		Read  time.Time
	}
	parts, err := store.Collect(ctx, r.store, pgx.RowToStructByPos[part],
		`select place, page, read_at from catalogue_parts where hub_id = $1 and `+r.column+` = $2 and revision = $3 order by place`, r.hub, r.id, r.revision)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("find what was read of a source: %w", err)
	}
	var all []schema.PageRead
	r.parts = 0
	for _, p := range parts {
		if p.Page == nil {
			continue
		}
		var page schema.PageRead
		if err := json.Unmarshal(p.Page, &page); err != nil {
			return nil, time.Time{}, r.forget(ctx)
		}
		all, r.parts = append(all, page), p.Place
	}
	if len(all) == 0 {
		return nil, time.Time{}, r.forget(ctx)
	}
	_, err = r.store.Exec(ctx, `delete from catalogue_parts where hub_id = $1 and `+r.column+` = $2 and (place > $3 or revision <> $4)`, r.hub, r.id, r.parts, r.revision)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("drop a page that broke off: %w", err)
	}
	return all, parts[0].Read, nil
}

// forget drops what was read.
func (r *reading) forget(ctx context.Context) error {
	r.parts = 0
	if _, err := r.store.Exec(ctx, `delete from catalogue_parts where hub_id = $1 and `+r.column+` = $2`, r.hub, r.id); err != nil {
		return fmt.Errorf("drop what was read of a source: %w", err)
	}
	return nil
}

// add keeps a part, and how far the reading is where a page ends with it. It answers errStale where the source has changed,
// and errBusy where it is in other hands.
func (r *reading) add(ctx context.Context, rows int, content []byte, page *schema.PageRead) error {
	var encoded []byte
	if page != nil {
		var err error
		if encoded, err = json.Marshal(page); err != nil {
			return fmt.Errorf("encode a page: %w", err)
		}
	}
	revision := "0::bigint"
	if r.column == "source_id" {
		revision = "revision"
	}
	// One statement: no transaction is open while a feed is waited for.
	found, err := store.Collect(ctx, r.store, pgx.RowTo[int], `
		with mine as (
		  update `+r.table+` set held_until = now() + $5::interval,
		    pages_read = coalesce(($9::jsonb ->> 'number')::int, pages_read), pages_total = coalesce(($9::jsonb ->> 'totalPages')::int, pages_total)
		  where hub_id = $1 and id = $2 and held_by = $3
		  returning `+revision+` as revision
		), kept as (
		  insert into catalogue_parts (id, hub_id, `+r.column+`, revision, place, rows, content, page, read_at)
		  select $10, $1, $2, $4::bigint, $6, $7, $8, $9, now() from mine where revision = $4::bigint
		)
		select revision from mine`,
		r.hub, r.id, r.me, r.revision, r.held, r.parts+1, rows, content, encoded, uuid.Must(uuid.NewV7()))
	switch {
	case err != nil:
		return fmt.Errorf("keep what was read of a source: %w", err)
	case len(found) == 0:
		return errBusy
	case found[0] != r.revision:
		return errStale
	}
	r.parts++
	return nil
}

// rows yields what is kept, in order, a part in memory at a time.
func (r *reading) rows(ctx context.Context) iter.Seq2[openreferral.Row, error] {
	return func(yield func(openreferral.Row, error) bool) {
		index, offset := 0, int64(0)
		for place := 1; place <= r.parts; place++ {
			content, err := store.Collect(ctx, r.store, pgx.RowTo[[]byte],
				`select content from catalogue_parts where hub_id = $1 and `+r.column+` = $2 and place = $3 and revision = $4`, r.hub, r.id, place, r.revision)
			if err != nil {
				yield(openreferral.Row{}, fmt.Errorf("read what was kept of a source: %w", err))
				return
			}
			if len(content) == 0 {
				yield(openreferral.Row{}, errStale)
				return
			}
			unpacked, err := gzip.NewReader(bytes.NewReader(content[0]))
			if err != nil {
				yield(openreferral.Row{}, fmt.Errorf("unpack what was kept of a source: %w", err))
				return
			}
			lines := json.NewDecoder(unpacked)
			for {
				var row openreferral.Row
				err := lines.Decode(&row)
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					yield(openreferral.Row{}, fmt.Errorf("unpack what was kept of a source: %w", err))
					return
				}
				index++
				row.Index, row.Offset = index, offset+lines.InputOffset()
				if !yield(row, nil) {
					return
				}
			}
			offset += lines.InputOffset()
		}
	}
}

// packer puts rows into parts of a reading.
type packer struct {
	of    *reading
	into  bytes.Buffer
	pack  *gzip.Writer
	rows  int
	bytes int
}

func newPacker(of *reading) *packer {
	p := &packer{of: of}
	p.pack = gzip.NewWriter(&p.into)
	return p
}

func (p *packer) put(ctx context.Context, row openreferral.Row) error {
	line, err := json.Marshal(row)
	if err != nil {
		return fmt.Errorf("encode a record: %w", err)
	}
	if p.rows == partRows || p.rows > 0 && p.bytes+len(line) > partBytes {
		if err := p.flush(ctx, nil); err != nil {
			return err
		}
	}
	p.rows++
	p.bytes += len(line) + 1
	if _, err = p.pack.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("pack a record: %w", err)
	}
	return nil
}

// flush keeps what was put; page is what ends with it.
func (p *packer) flush(ctx context.Context, page *schema.PageRead) error {
	if err := p.pack.Close(); err != nil {
		return fmt.Errorf("pack records: %w", err)
	}
	err := p.of.add(ctx, p.rows, p.into.Bytes(), page)
	p.into.Reset()
	p.pack.Reset(&p.into)
	p.rows, p.bytes = 0, 0
	return err
}
