package directory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Local is the source of records that staff added.
const Local = "local"

// Kind is a kind of record that staff edit.
type Kind string

// The kinds.
const (
	KindOrganisation Kind = "organisation"
	KindService      Kind = "service"
	KindLocation     Kind = "location"
	KindPlace        Kind = "service-at-location"
	KindSchedule     Kind = "schedule"
)

// Changes are new values of a record's fields, by their columns, as JSON has them: text, numbers, booleans, days as
// 2006-01-02, lists. Nil empties a field. The needs of a service are "needs": their codes.
type Changes map[string]any

// Fields that are no columns of their own, or no source's.
const (
	needsField   = "needs"
	retiredField = "retired_at"
	hiddenField  = "visibility"
	whenModified = "last_modified"
)

// Add makes a record that has no source but the viewer's hub. Sent twice with one request's id by the same member of staff it
// is made once: the second time the first one's id is the answer.
func (d *Directory) Add(ctx context.Context, kind Kind, request string, c Changes) (uuid.UUID, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	of, err := editableOf(kind)
	if err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	// A record is known by its source and its id there: what staff added, by who asked for it and by which request.
	known := viewer.FromContext(ctx).StaffID.String() + "/" + request
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		found, err := store.Collect(ctx, d.store, pgx.RowTo[uuid.UUID],
			"select id from "+of.table+" where hub_id = $1 and source = $2 and external_id = $3", hub.ID, Local, known)
		if err != nil {
			return fmt.Errorf("find what was added: %w", err)
		}
		if len(found) == 1 {
			id = found[0]
			return nil
		}
		row := &held{kind: kind, id: id, source: Local, added: true, values: of.blank()}
		news, err := d.checked(ctx, hub.ID, of, row, c)
		if err != nil {
			return err
		}
		needs, hasNeeds := news[needsField]
		delete(news, needsField)
		if kind == KindService {
			news[whenModified] = encoded(time.Now().UTC())
		}
		columns := slices.Sorted(maps.Keys(news))
		list := `"` + strings.Join(columns, `", "`) + `"`
		added, err := d.store.Exec(ctx, `
			insert into `+of.table+` (id, hub_id, source, external_id, imported_at, `+list+`)
			select $2, $1, $3, $4, now(), `+list+` from jsonb_populate_record(null::`+of.table+`, $5)
			on conflict (hub_id, source, external_id) do nothing`, hub.ID, id, Local, known, string(encoded(news)))
		if err != nil {
			return fmt.Errorf("add a %s: %w", kind, err)
		}
		if added == 0 { // the same request, sent twice at once
			found, err := store.Collect(ctx, d.store, pgx.RowTo[uuid.UUID],
				"select id from "+of.table+" where hub_id = $1 and source = $2 and external_id = $3", hub.ID, Local, known)
			if err != nil || len(found) != 1 {
				return fmt.Errorf("find what was added at the same time: %d rows, %w", len(found), err)
			}
			id = found[0]
			return nil
		}
		if hasNeeds {
			if err := d.setNeeds(ctx, hub.ID, id, needs); err != nil {
				return err
			}
		}
		return d.edited(ctx, audit.Event{Action: "catalogue.added", SubjectType: of.subject, SubjectID: id, Fields: columns})
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, nil
}

// Edit changes fields of a record of the viewer's hub, and says which. What then differs from what the record's source says is held: imports
// keep it, and note what the source says. What is given as the source has it is the source's again. Version is the one that
// the editor saw; where the record has changed since, nothing is saved and the error is a Conflict. Version 0 takes the
// record as it is.
func (d *Directory) Edit(ctx context.Context, kind Kind, id uuid.UUID, version int, c Changes) (changed []string, err error) {
	return d.revise(ctx, kind, id, version, "catalogue.edited", func(ctx context.Context, hub uuid.UUID, of editable, row *held) (map[string]json.RawMessage, error) {
		return d.checked(ctx, hub, of, row, c)
	})
}

// UseSource gives fields back to the record's source, all that are held where none are named: they are as it says, and follow it.
func (d *Directory) UseSource(ctx context.Context, kind Kind, id uuid.UUID, version int, fields ...string) (changed []string, err error) {
	return d.revise(ctx, kind, id, version, "catalogue.reverted", func(ctx context.Context, hub uuid.UUID, of editable, row *held) (map[string]json.RawMessage, error) {
		if row.source == Local {
			return nil, problem.New(problem.Conflict, "Staff added this record: it has no source whose words could be used.")
		}
		if len(fields) == 0 {
			fields = slices.Collect(maps.Keys(row.local))
		}
		news := map[string]json.RawMessage{}
		for _, f := range fields {
			said, isHeld := row.local[f]
			if !isHeld {
				continue // it is the source's already
			}
			if f == needsField {
				var err error
				if said, err = d.neededBySource(ctx, hub, id); err != nil {
					return nil, err
				}
			}
			news[f] = said
		}
		if err := d.standing(ctx, hub, of, row, news); err != nil {
			return nil, err
		}
		return news, nil
	})
}

// Withdraw takes a record off offer, whatever its source says, and keeps it for what points to it.
func (d *Directory) Withdraw(ctx context.Context, kind Kind, id uuid.UUID, version int) error {
	_, err := d.revise(ctx, kind, id, version, "catalogue.retired", func(ctx context.Context, hub uuid.UUID, of editable, row *held) (map[string]json.RawMessage, error) {
		if !isNull(row.values[retiredField]) {
			return nil, nil
		}
		news := map[string]json.RawMessage{retiredField: encoded(time.Now().UTC())}
		return news, d.standing(ctx, hub, of, row, news)
	})
	return err
}

// Restore offers a record again, though its source may have it no longer.
func (d *Directory) Restore(ctx context.Context, kind Kind, id uuid.UUID, version int) error {
	_, err := d.revise(ctx, kind, id, version, "catalogue.restored", func(ctx context.Context, hub uuid.UUID, of editable, row *held) (map[string]json.RawMessage, error) {
		news := map[string]json.RawMessage{retiredField: encoded(nil)}
		return news, d.standing(ctx, hub, of, row, news)
	})
	return err
}

// held is a record that is being edited, locked.
type held struct {
	kind    Kind
	id      uuid.UUID
	source  string
	version int
	added   bool
	// local are the fields that staff hold, with what the source says.
	local  map[string]json.RawMessage
	values map[string]json.RawMessage
}

// revise changes a record under its lock: by the new values that change gives.
func (d *Directory) revise(ctx context.Context, kind Kind, id uuid.UUID, version int, action string,
	change func(ctx context.Context, hub uuid.UUID, of editable, row *held) (map[string]json.RawMessage, error)) (changed []string, err error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	of, err := editableOf(kind)
	if err != nil {
		return nil, err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		row, err := d.lock(ctx, hub.ID, of, kind, id)
		if err != nil {
			return err
		}
		news, err := change(ctx, hub.ID, of, row)
		if err != nil {
			return err
		}
		if changed, err = d.write(ctx, hub.ID, of, row, version, news); err != nil || len(changed) == 0 {
			return err
		}
		return d.edited(ctx, audit.Event{Action: action, SubjectType: of.subject, SubjectID: id, Fields: changed})
	})
	return changed, err
}

// lock reads a record and holds it until the transaction ends. An import that is under way holds what it has written until its end,
// which may be minutes: an editor is told so and does not wait.
func (d *Directory) lock(ctx context.Context, hub uuid.UUID, of editable, kind Kind, id uuid.UUID) (*held, error) {
	if _, err := d.store.Exec(ctx, "set local lock_timeout = '3s'"); err != nil {
		return nil, fmt.Errorf("bound the wait for a %s: %w", kind, err)
	}
	found, err := store.Collect(ctx, d.store, pgx.RowTo[[]byte],
		"select to_jsonb(x) from "+of.table+" x where x.hub_id = $1 and x.id = $2 for no key update", hub, id)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "55P03" {
		return nil, problem.New(problem.Conflict, "The catalogue is being brought up to date from a source, and this record with it. Nothing was saved; save again in a few minutes.").Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("read a %s: %w", kind, err)
	}
	if len(found) == 0 {
		return nil, problem.Missing(of.what)
	}
	row := &held{kind: kind, id: id}
	if err := json.Unmarshal(found[0], &row.values); err != nil {
		return nil, fmt.Errorf("read a %s: %w", kind, err)
	}
	for column, into := range map[string]any{"source": &row.source, "version": &row.version, "local_fields": &row.local} {
		if err := json.Unmarshal(row.values[column], into); err != nil {
			return nil, fmt.Errorf("read the %s of a %s: %w", column, kind, err)
		}
	}
	if row.local == nil {
		row.local = map[string]json.RawMessage{}
	}
	if kind == KindService {
		needs, err := store.Collect(ctx, d.store, pgx.RowTo[string],
			"select n.code from service_needs x join needs n on n.hub_id = x.hub_id and n.id = x.need_id where x.hub_id = $1 and x.service_id = $2 order by n.code", hub, id)
		if err != nil {
			return nil, fmt.Errorf("read a service's needs: %w", err)
		}
		row.values[needsField] = encoded(needs)
	}
	return row, nil
}

// write saves new values of a record, and notes what is held against its source. It gives the fields of which the value or the
// holder changed.
func (d *Directory) write(ctx context.Context, hub uuid.UUID, of editable, row *held, version int, news map[string]json.RawMessage) ([]string, error) {
	var changed []string
	set := map[string]json.RawMessage{}
	for _, field := range slices.Sorted(maps.Keys(news)) {
		value, was := news[field], row.values[field]
		differs := !same(value, was)
		if differs {
			set[field] = value
		}
		_, wasHeld := row.local[field]
		if differs || wasHeld {
			if err := d.note(ctx, hub, row, field, value); err != nil {
				return nil, err
			}
		}
		if _, isHeld := row.local[field]; differs || wasHeld != isHeld {
			changed = append(changed, field)
		}
	}
	if len(changed) == 0 {
		return nil, nil // it is so already, perhaps by the same request sent twice
	}
	if version != 0 && version != row.version {
		return nil, &problem.Problem{Code: problem.Conflict, Field: "version",
			Message: "This was changed by somebody else, or by its source, since you opened it. Nothing was saved. Look at what is there now, and save again."}
	}
	if row.kind == KindService { // what the feed says of when it changed
		d.noteModified(row, set)
	}
	needs, newNeeds := set[needsField]
	delete(set, needsField)
	set["local_fields"] = encoded(nil)
	if len(row.local) > 0 {
		set["local_fields"] = encoded(row.local)
	}
	columns := slices.Sorted(maps.Keys(set))
	list := strings.Join(columns, `", "`)
	_, err := d.store.Exec(ctx, `update `+of.table+` x set version = x.version + 1, ("`+list+`") =
		(select n."`+strings.Join(columns, `", n."`)+`" from jsonb_populate_record(x, $3) n) where x.hub_id = $1 and x.id = $2`, hub, row.id, string(encoded(set)))
	if err != nil {
		return nil, fmt.Errorf("save a %s: %w", row.kind, err)
	}
	if newNeeds {
		if err := d.setNeeds(ctx, hub, row.id, needs); err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// note holds a field against the record's source, or lets it go where the source says the same.
func (d *Directory) note(ctx context.Context, hub uuid.UUID, row *held, field string, value json.RawMessage) (err error) {
	if row.source == Local || field == hiddenField {
		return nil
	}
	said, isHeld := row.local[field]
	if !isHeld {
		said = row.values[field]
	}
	kept := said
	if field == needsField { // the source's are those of its terms, whenever somebody asks
		if said, err = d.neededBySource(ctx, hub, row.id); err != nil {
			return err
		}
		kept = encoded(nil)
	}
	if same(said, value) {
		delete(row.local, field)
	} else {
		row.local[field] = kept
	}
	return nil
}

// noteModified dates a service that differs from its source by the edit, and one that no longer does by the source.
func (d *Directory) noteModified(row *held, set map[string]json.RawMessage) {
	said, isHeld := row.local[whenModified]
	delete(row.local, whenModified)
	switch {
	case row.source == Local:
		set[whenModified] = encoded(time.Now().UTC())
	case len(row.local) > 0:
		if !isHeld {
			said = row.values[whenModified]
		}
		row.local[whenModified] = said
		set[whenModified] = encoded(time.Now().UTC())
	case isHeld:
		set[whenModified] = said
	}
}

// edited puts a change on record.
func (d *Directory) edited(ctx context.Context, e audit.Event) error {
	if d.changed != nil {
		if err := d.changed(ctx); err != nil {
			return err
		}
	}
	return d.log.Change(ctx, e)
}

// neededBySource are the codes of the needs that a service's terms mean.
func (d *Directory) neededBySource(ctx context.Context, hub, service uuid.UUID) (json.RawMessage, error) {
	codes, err := store.Collect(ctx, d.store, pgx.RowTo[string], `
		select distinct n.code from service_terms st
		join taxonomy_terms t on t.hub_id = st.hub_id and t.id = st.taxonomy_term_id
		join needs n on n.hub_id = t.hub_id and n.id = t.need_id
		where st.hub_id = $1 and st.service_id = $2 order by 1`, hub, service)
	if err != nil {
		return nil, fmt.Errorf("read the needs of a service's terms: %w", err)
	}
	return encoded(codes), nil
}

// setNeeds makes the needs of a service those of the codes, which are checked.
func (d *Directory) setNeeds(ctx context.Context, hub, service uuid.UUID, codes json.RawMessage) error {
	var wanted []string
	if err := json.Unmarshal(codes, &wanted); err != nil {
		return fmt.Errorf("read the needs to set: %w", err)
	}
	links := make([]map[string]any, len(wanted))
	for i, code := range wanted {
		links[i] = map[string]any{"id": uuid.Must(uuid.NewV7()), "code": code}
	}
	var b pgx.Batch
	b.Queue(`delete from service_needs x using needs n
		where x.hub_id = $1 and x.service_id = $2 and n.hub_id = $1 and n.id = x.need_id and not n.code = any ($3)`, hub, service, wanted)
	b.Queue(`insert into service_needs (id, hub_id, service_id, need_id)
		select g.id, $1, $2, n.id from jsonb_to_recordset($3) as g(id uuid, code text) join needs n on n.hub_id = $1 and n.code = g.code
		on conflict do nothing`, hub, service, string(encoded(links)))
	if err := d.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("set a service's needs: %w", err)
	}
	return nil
}

// encoded is a value as JSON; whatever is given here can be.
func encoded(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func isNull(v json.RawMessage) bool { return len(v) == 0 || bytes.Equal(v, []byte("null")) }

// same compares two values. A list of nothing is none.
func same(a, b json.RawMessage) bool {
	read := func(raw json.RawMessage) any {
		var v any
		if isNull(raw) || json.Unmarshal(raw, &v) != nil {
			return nil
		}
		if list, isList := v.([]any); isList && len(list) == 0 {
			return nil
		}
		return v
	}
	return reflect.DeepEqual(read(a), read(b))
}
