package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
)

// What would become of a record.
const (
	WouldAdd     = "ADDED"
	WouldChange  = "CHANGED"
	WouldRetire  = "RETIRED"
	WouldRestore = "RESTORED"
)

// Kinds of record in a preview, in the order in which they are shown.
const (
	PreviewService      = "SERVICE"
	PreviewOrganisation = "ORGANISATION"
	PreviewLocation     = "LOCATION"
	PreviewTerm         = "TERM"
)

var previewKinds = []string{PreviewService, PreviewOrganisation, PreviewLocation, PreviewTerm}

// Preview is what would become of the catalogue.
type Preview struct {
	Summary     Summary
	Counts      []PreviewCount
	Differences []Difference // the first, services before what belongs to them
}

// PreviewCount is how many records of one kind would be added, changed, retired and brought back.
type PreviewCount struct {
	Kind                              string
	Added, Changed, Retired, Restored int
}

// Difference is what would become of one record.
type Difference struct {
	Kind, What, Name string
	Fields           []PreviewField
}

// PreviewField is one field before and after, as a person reads it.
type PreviewField struct{ Field, Before, After string }

// MaxDifferences bounds the differences that are listed; all are counted.
const MaxDifferences = 200

// maxShown bounds what is shown of a field, in characters.
const maxShown = 300

// errOnlyAsked undoes what was only tried.
var errOnlyAsked = errors.New("only asked")

// Preview answers what Replace (whole) or Import would do with the rows, and does none of it. The catalogue is looked at
// before and after, in a transaction that is undone: so what is told is what would happen, local edits and what is retired
// included. It must not be called within a transaction. Report is as that of Replace or Import.
func (d *Directory) Preview(ctx context.Context, source string, rows iter.Seq2[openreferral.Row, error], whole bool, report func(RowResult)) (Preview, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return Preview{}, err
	}
	var p Preview
	err = d.store.Tx(ctx, func(ctx context.Context) (err error) {
		if _, err := d.store.Exec(ctx, previewBefore, hub.ID, source); err != nil {
			return fmt.Errorf("look at the catalogue: %w", err)
		}
		if p.Summary, err = d.run(ctx, &importing{source: source, whole: whole}, rows, report); err != nil {
			return err
		}
		if err := d.compare(ctx, hub.ID, source, &p); err != nil {
			return err
		}
		return errOnlyAsked
	})
	if !errors.Is(err, errOnlyAsked) {
		return Preview{}, err
	}
	return p, nil
}

// previewed is SQL for the records of a source ($2) in a hub ($1), as they are compared: what belongs to a service is a
// part of it.
const previewed = `
	select 'SERVICE' as kind, s.external_id, s.name, s.retired_at is not null as retired,
	  to_jsonb(s) - '` + unlisted + `'::text[] || jsonb_build_object(
	    'organisation', (select o.name from organisations o where o.hub_id = s.hub_id and o.id = s.organisation_id),
	    'needs', (select jsonb_agg(n.name order by n.name) from service_needs x join needs n on n.hub_id = x.hub_id and n.id = x.need_id where x.hub_id = s.hub_id and x.service_id = s.id),
	    'locations', (select jsonb_agg(concat_ws(', ', nullif(l.name, ''), l.address, l.postcode) order by a.external_id) from service_at_locations a join locations l on l.hub_id = a.hub_id and l.id = a.location_id where a.hub_id = s.hub_id and a.service_id = s.id),
	    'schedules', (select jsonb_agg(to_jsonb(c) - '` + unlisted + `'::text[] - 'service_id' - 'service_at_location_id' order by c.external_id) from schedules c where c.hub_id = s.hub_id and c.service_id = s.id and c.retired_at is null),
	    'capacities', (select jsonb_agg(concat(c.available, ' of ' || c.maximum, ' ', c.unit, ' free at ', to_char(c.updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ' UTC', ', ' || nullif(c.description, '')) order by c.unit) from service_capacities c where c.hub_id = s.hub_id and c.service_id = s.id)) as record
	from services s where s.hub_id = $1 and s.source = $2
	union all
	select 'ORGANISATION', o.external_id, o.name, o.retired_at is not null, to_jsonb(o) - '` + unlisted + `'::text[]
	from organisations o where o.hub_id = $1 and o.source = $2
	union all
	select 'LOCATION', l.external_id, coalesce(nullif(l.name, ''), l.address, l.external_id), l.retired_at is not null, to_jsonb(l) - '` + unlisted + `'::text[]
	from locations l where l.hub_id = $1 and l.source = $2
	union all
	select 'TERM', t.external_id, t.name, t.retired_at is not null,
	  to_jsonb(t) - '` + unlisted + `'::text[] || jsonb_build_object('need', (select n.name from needs n where n.hub_id = t.hub_id and n.id = t.need_id))
	from taxonomy_terms t where t.hub_id = $1 and t.source = $2`

// unlisted are the columns of which nobody asks: ids, and what the catalogue keeps for itself.
const unlisted = `{id,hub_id,source,external_id,imported_at,retired_at,last_modified,organisation_id,need_id,version,local_fields,visibility,merged_into_id,needs_chosen}`

const previewBefore = `create temp table previewed_before on commit drop as ` + previewed

const previewAfter = `create temp table previewed_differences on commit drop as
	select coalesce(a.kind, b.kind) as kind, coalesce(a.external_id, b.external_id) as external_id, coalesce(a.name, b.name) as name, b.record as before, a.record as after,
	  case when b.kind is null then 'ADDED' when a.retired and not b.retired then 'RETIRED' when b.retired and not a.retired then 'RESTORED' else 'CHANGED' end as what
	from (` + previewed + `) a full join previewed_before b on b.kind = a.kind and b.external_id = a.external_id
	where b.kind is null or a.retired is distinct from b.retired or (a.record is distinct from b.record and not a.retired)`

// compare tells what differs from what was there before.
func (d *Directory) compare(ctx context.Context, hub uuid.UUID, source string, p *Preview) error {
	var b pgx.Batch
	// The import's ways of planning are not for these.
	b.Queue("set local enable_nestloop = on")
	b.Queue("set local enable_seqscan = on")
	b.Queue("analyze pg_temp.previewed_before")
	b.Queue(previewAfter, hub, source)
	if err := d.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("compare the catalogue: %w", err)
	}
	type count struct {
		Kind, What string
		N          int
	}
	counts, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[count], "select kind, what, count(*) from pg_temp.previewed_differences group by 1, 2")
	if err != nil {
		return fmt.Errorf("count differences: %w", err)
	}
	for _, kind := range previewKinds {
		of := PreviewCount{Kind: kind}
		for _, c := range counts {
			if c.Kind != kind {
				continue
			}
			switch c.What {
			case WouldAdd:
				of.Added = c.N
			case WouldChange:
				of.Changed = c.N
			case WouldRetire:
				of.Retired = c.N
			case WouldRestore:
				of.Restored = c.N
			}
		}
		p.Counts = append(p.Counts, of)
	}
	type difference struct {
		Kind, What, Name string
		Before, After    []byte
	}
	// What is retired is what nobody must miss, and what is added needs the least of an eye.
	found, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[difference], `
		select kind, what, name, before, after from pg_temp.previewed_differences
		order by array_position('{SERVICE,ORGANISATION,LOCATION,TERM}', kind), array_position('{RETIRED,RESTORED,CHANGED,ADDED}', what), name, external_id limit $1`, MaxDifferences)
	if err != nil {
		return fmt.Errorf("list differences: %w", err)
	}
	for _, f := range found {
		one := Difference{Kind: f.Kind, What: f.What, Name: f.Name}
		if f.What == WouldChange || f.What == WouldRestore {
			if one.Fields, err = changesOf(f.Before, f.After); err != nil {
				return err
			}
		}
		p.Differences = append(p.Differences, one)
	}
	return nil
}

func changesOf(before, after []byte) ([]PreviewField, error) {
	var was, is map[string]json.RawMessage
	for raw, to := range map[*[]byte]*map[string]json.RawMessage{&before: &was, &after: &is} {
		if err := json.Unmarshal(*raw, to); err != nil {
			return nil, fmt.Errorf("compare a record: %w", err)
		}
	}
	var all []PreviewField
	for field, value := range is {
		if strings.HasPrefix(field, "hand_") {
			continue
		}
		if b, a := shown(field, was[field]), shown(field, value); b != a {
			all = append(all, PreviewField{Field: field, Before: b, After: a})
		}
	}
	slices.SortFunc(all, func(a, b PreviewField) int { return strings.Compare(a.Field, b.Field) })
	return all, nil
}

// shown is a value as a person reads it; nothing where there is none.
func shown(field string, raw json.RawMessage) string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return ""
	}
	text := valueInWords(value)
	if field == "schedules" {
		var rows []json.RawMessage
		if json.Unmarshal(raw, &rows) != nil {
			return ""
		}
		times := make([]string, len(rows))
		for i, row := range rows {
			times[i] = scheduleInWords(row)
		}
		text = strings.Join(times, "; ")
	}
	if long := []rune(text); len(long) > maxShown {
		text = string(long[:maxShown-1]) + "…"
	}
	return text
}

func scheduleInWords(raw json.RawMessage) string {
	c, err := scheduleOf(raw)
	if err != nil {
		return ""
	}
	return ScheduleSummary(c)
}

// scheduleOf is a schedule as Postgres writes it in JSON, whose days are no times.
func scheduleOf(raw json.RawMessage) (*ent.Schedule, error) {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, err
	}
	for _, day := range []string{"dtstart", "until", "valid_from", "valid_to"} {
		if text, ok := fields[day].(string); ok {
			fields[day] = text + "T00:00:00Z"
		}
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	c := &ent.Schedule{}
	return c, json.Unmarshal(encoded, c)
}

func valueInWords(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []any:
		each := make([]string, len(v))
		for i, one := range v {
			each[i] = valueInWords(one)
		}
		return strings.Join(each, "; ")
	case map[string]any:
		var each []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text := valueInWords(v[key]); text != "" {
				each = append(each, text)
			}
		}
		return strings.Join(each, ", ")
	}
	return fmt.Sprint(value)
}
