package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/store"
)

// column is how a column of a table gets its value: from the record, else what its source said before where the record is
// partial, else what the table says of it that is empty.
type column struct {
	name, kind string
	empty      string // SQL; "": null
	// value is SQL over g, the record, and (b), the row that is there as its source said it; it overrides all of the above.
	value string
}

// table is a table of the catalogue that records are written to.
type table struct {
	name    string
	columns []column
	// part: its records belong to a service, and go with it.
	part bool
	// given are further fields of its records: what its values are made of.
	given string
	// joins make rows of other tables known to its values.
	joins string
	// parents are the fields of given that name rows of joins: their ids are $5 and so on.
	parents []string
	// unless is SQL over g; records of which it is true are passed over.
	unless string
}

// join finds the row of another table that has the external id, in the same hub and source. Ids are those of the whole batch:
// an index is asked for them at once, which is else read for all that the source ever brought.
func join(table, as, externalID, ids string) string {
	return fmt.Sprintf("left join %s %s on %[2]s.hub_id = $1 and %[2]s.source = $2 and %[2]s.external_id = %[3]s and %[2]s.external_id = any (%[4]s::text[])\n",
		table, as, externalID, ids)
}

// tables are in the order in which they are written: parents before children.
var tables = []table{
	// What stands in for a partner that is not named is made only for services that are not there yet.
	{name: "organisations", given: "wanted_by jsonb", unless: `g.if_missing and not exists (
		  select from jsonb_array_elements_text(g.wanted_by) w(id) where not exists (
		    select from services s where s.hub_id = $1 and s.source = $2 and s.external_id = w.id))`, columns: []column{
		{name: "name", kind: "text"}, {name: "alternate_name", kind: "text"}, {name: "description", kind: "text", empty: "''"},
		{name: "email", kind: "text"}, {name: "url", kind: "text"}, {name: "phone", kind: "text"}, {name: "legal_status", kind: "text"},
		{name: "identifiers", kind: "jsonb"},
	}},
	{name: "locations", columns: []column{
		{name: "name", kind: "text", empty: "''"}, {name: "kind", kind: "text", empty: "'PHYSICAL'"}, {name: "description", kind: "text", empty: "''"},
		{name: "address", kind: "text"}, {name: "city", kind: "text"}, {name: "county", kind: "text"}, {name: "postcode", kind: "text"}, {name: "latitude", kind: "float8"}, {name: "longitude", kind: "float8"},
		{name: "accessibility", kind: "jsonb"},
	}},
	{name: "taxonomy_terms", given: "need_codes jsonb", joins: `left join term_mappings decided on decided.hub_id = $1
		  and decided.taxonomy = coalesce(g.taxonomy, case when g.partial then (b).taxonomy end, '')
		  and decided.term = term_key(coalesce(g.code, case when g.partial then (b).code end), coalesce(g.name, case when g.partial then (b).name end))
		`, columns: []column{
		{name: "taxonomy", kind: "text", empty: "''"}, {name: "code", kind: "text"}, {name: "name", kind: "text"},
		{name: "description", kind: "text", empty: "''"}, {name: "parent_external_id", kind: "text"},
		// What somebody decided holds; else the need that its words meant first.
		{name: "need_id", value: `case when decided.id is not null then decided.need_id else coalesce((b).need_id, (
			select n.id from needs n join jsonb_array_elements_text(g.need_codes) with ordinality as c(code, place)
			  on c.code = replace(lower(n.code), '_', '-')
			where n.hub_id = $1 order by c.place limit 1)) end`},
	}},
	{name: "services", given: "organisation text, assured_date date", parents: []string{"organisation"},
		joins: join("organisations", "named", "g.organisation", "$5") + join("organisations", "none", "'"+unnamed+"'", "'{"+unnamed+"}'"), columns: []column{
			{name: "organisation_id", value: "coalesce(named.merged_into_id, named.id, (b).organisation_id, none.merged_into_id, none.id)"},
			{name: "name", kind: "text"}, {name: "alternate_name", kind: "text"}, {name: "description", kind: "text", empty: "''"},
			{name: "url", kind: "text"}, {name: "email", kind: "text"}, {name: "phone", kind: "text"}, {name: "status", kind: "text", empty: "'ACTIVE'"},
			{name: "eligibility_description", kind: "text", empty: "''"}, {name: "minimum_age", kind: "int"}, {name: "maximum_age", kind: "int"},
			{name: "fees_description", kind: "text", empty: "''"}, {name: "free", kind: "boolean", empty: "false"},
			{name: "application_process", kind: "text", empty: "''"}, {name: "languages", kind: "jsonb"},
			// What was found right here stays so, unless the source says so of a later day.
			{name: "assured_date", value: `greatest(coalesce(g.assured_date, case when g.partial then (b).assured_date end),
			(select max(a.assured_on) from assurances a where a.hub_id = $1 and a.service_id = (kept).id))`},
			{name: "last_modified", kind: "timestamptz"},
			{name: "accreditations", kind: "text", empty: "''"}, {name: "alert", kind: "text", empty: "''"},
			{name: "contacts", kind: "jsonb"}, {name: "cost_options", kind: "jsonb"}, {name: "service_areas", kind: "jsonb"}, {name: "funding", kind: "jsonb"},
		}},
	{name: "service_at_locations", part: true, given: "service text, location text", parents: []string{"service", "location"},
		joins: join("services", "s", "g.service", "$5") + join("locations", "l", "g.location", "$6"), columns: []column{
			{name: "service_id", value: "s.id"},
			{name: "location_id", value: "coalesce(l.merged_into_id, l.id)"},
			{name: "description", kind: "text", empty: "''"},
		}},
	{name: "schedules", part: true, given: "service text, place text", parents: []string{"service", "place"},
		joins: join("services", "s", "g.service", "$5") + join("service_at_locations", "at", "g.place", "$6"), columns: []column{
			{name: "service_id", value: "s.id"},
			{name: "service_at_location_id", value: "at.id"},
			{name: "freq", kind: "text"}, {name: "interval", kind: "int", empty: "1"}, {name: "by_day", kind: "jsonb"}, {name: "by_month_day", kind: "jsonb"},
			{name: "dtstart", kind: "date"}, {name: "until", kind: "date"}, {name: "valid_from", kind: "date"}, {name: "valid_to", kind: "date"},
			{name: "opens_at", kind: "text"}, {name: "closes_at", kind: "text"}, {name: "description", kind: "text", empty: "''"},
			{name: "excluded_dates", kind: "jsonb"}, {name: "extra_dates", kind: "jsonb"},
		}},
}

// upsert is the statement that writes records ($3, a JSON array) of a table for a hub ($1) and a source ($2), and tells of
// those that it wrote. A record of which the source says what it said before is passed over, not even locked: an import may
// take long, and staff edit meanwhile.
//
// What staff hold (local_fields) stays, and what the source says of it is noted there. Which columns they are is read from the row
// as it is when it is written (t): an edit that was committed since the statement began is not lost.
func (t table) upsert() string {
	given := []string{"external_id text", "id uuid", "partial boolean", "if_missing boolean"}
	if t.given != "" {
		given = append(given, t.given)
	}
	var names, values, updates, old []string
	for _, c := range t.columns {
		name := `"` + c.name + `"`
		value := c.value
		if value == "" {
			given = append(given, name+" "+c.kind)
			value = fmt.Sprintf("g.%s, case when g.partial then (b).%[1]s end", name)
			if c.empty != "" {
				value += ", " + c.empty
			}
			value = "coalesce(" + value + ")"
		}
		names, values = append(names, name), append(values, value+" as "+name)
		updates = append(updates, fmt.Sprintf("%s = case when t.local_fields ? '%s' then t.%[1]s else excluded.%[1]s end", name, c.name))
		old = append(old, "(b)."+name)
	}
	list := strings.Join
	unless := t.unless
	if unless == "" {
		unless = "false"
	}
	return `
		with given as materialized (
		  select g.*, kept, case when kept.local_fields is null then kept else jsonb_populate_record(kept, kept.local_fields) end as b
		  from jsonb_to_recordset($3) as g(` + list(given, ", ") + `)
		  ` + join(t.name, "kept", "g.external_id", "$4") + `
		), worked as (
		  select g.external_id, coalesce((kept).id, g.id) as id, kept as before, b, ` + list(values, ", ") + `
		  from given g
		  ` + t.joins + `
		  where ((kept).id is null or g.if_missing is not true) and (` + unless + `) is not true
		), written as (
		  insert into ` + t.name + ` as t (id, hub_id, source, external_id, imported_at, ` + list(names, ", ") + `)
		  select id, $1, $2, external_id, now(), ` + list(names, ", ") + ` from worked
		  where (before).id is null or (b).retired_at is not null or (` + list(old, ", ") + `) is distinct from (` + list(names, ", ") + `)
		  on conflict (hub_id, source, external_id) do update set imported_at = now(), version = t.version + 1,
		    retired_at = case when t.local_fields ? 'retired_at' then t.retired_at end, ` + list(updates, ", ") + `,
		    local_fields = case when t.local_fields is not null then (
		      select jsonb_object_agg(l.key, coalesce(to_jsonb(excluded) -> l.key, l.value)) from jsonb_each(t.local_fields) l) end
		  returning t.external_id, t.xmax = 0 as added, to_jsonb(t) as after
		)
		select external_id, w.added, array(
		  select a.key from jsonb_each(w.after) a
		  where not w.added and a.key not in ('imported_at', 'version', 'local_fields') and not starts_with(a.key, 'hand_') and a.value is distinct from to_jsonb(k.before) -> a.key
		  order by 1)
		from written w join worked k using (external_id)`
}

// upserts are made once: the statements are prepared by their text.
var upserts = func() map[string]string {
	all := map[string]string{}
	for _, t := range tables {
		all[t.name] = t.upsert()
	}
	return all
}()

// What the source no longer has is retired; a record of which staff hold whether it is on offer (retired_at) is left so, and
// what the source says is noted.
const (
	onOffer = `(case when x.local_fields ? 'retired_at' then x.local_fields -> 'retired_at' = 'null' else x.retired_at is null end)`
	retire  = `version = x.version + 1, retired_at = case when x.local_fields ? 'retired_at' then x.retired_at else now() end,
		local_fields = case when x.local_fields ? 'retired_at' then x.local_fields || jsonb_build_object('retired_at', now()) else x.local_fields end`
	// untouched is asked again of the row as it is when it is deleted: an edit may have been committed since the statement began.
	untouched = `x.local_fields is null and x.visibility = 'PUBLIC'`
)

// findServices gives the ids of the services of a batch ($3): what belongs to them is found by these.
const findServices = `select external_id, id from services where hub_id = $1 and source = $2 and external_id = any ($3)`

// What a service that is listed in full no longer lists goes: a place or a time that staff have changed or hidden is retired,
// so that neither is forgotten should it come back. The services are $3 (JSON: see parts), and their ids $4 once more: an
// index is asked for them at once.
const (
	dropSchedules = `with gone as (
		  select x.id, g.service, not (` + untouched + `) as kept
		  from jsonb_to_recordset($3) as g(id uuid, service text, schedules jsonb)
		  join schedules x on x.hub_id = $1 and x.service_id = g.id and x.service_id = any ($4)
		  where x.source = $2 and not coalesce(g.schedules, '[]') ? x.external_id and ` + onOffer + `
		), retired as (
		  update schedules x set ` + retire + ` from gone where x.hub_id = $1 and x.id = gone.id and gone.kept
		), removed as (
		  delete from schedules x using gone where x.hub_id = $1 and x.id = gone.id and not gone.kept and ` + untouched + `
		)
		select service from gone`

	// A place goes with the times that staff added there.
	dropPlaces = `with gone as (
		  select x.id, g.service, not (` + untouched + `)
		    or exists (select from schedules c where c.hub_id = $1 and c.service_at_location_id = x.id) as kept
		  from jsonb_to_recordset($3) as g(id uuid, service text, places jsonb)
		  join service_at_locations x on x.hub_id = $1 and x.service_id = g.id and x.service_id = any ($4)
		  where x.source = $2 and not coalesce(g.places, '[]') ? x.external_id and ` + onOffer + `
		), retired as (
		  update service_at_locations x set ` + retire + ` from gone where x.hub_id = $1 and x.id = gone.id and gone.kept
		), times as (
		  update schedules x set retired_at = now(), version = x.version + 1
		  from gone where x.hub_id = $1 and x.service_at_location_id = gone.id and gone.kept and x.retired_at is null
		), removed as (
		  delete from service_at_locations x using gone where x.hub_id = $1 and x.id = gone.id and not gone.kept and ` + untouched + `
		)
		select service from gone`

	dropTerms = `delete from service_terms x using jsonb_to_recordset($3) as g(id uuid, service text, terms jsonb), taxonomy_terms t
		where x.hub_id = $1 and x.service_id = g.id and x.service_id = any ($4)
		  and t.hub_id = $1 and t.id = x.taxonomy_term_id and t.source = $2 and not coalesce(g.terms, '[]') ? t.external_id
		returning g.service, x.service_id, t.need_id`

	// dropNeeds removes the needs that a service met by a term that is gone, and meets by no other.
	dropNeeds = `with s as (
		  select s.id, g.need from jsonb_to_recordset($2) as g(service uuid, need uuid) join services s on s.hub_id = $1 and s.id = g.service
		  where ` + needsOfSource + ` for share of s)
		delete from service_needs x using s as g
		where x.hub_id = $1 and x.service_id = g.id and x.need_id = g.need and not exists (
		  select from service_terms st join taxonomy_terms t on t.hub_id = st.hub_id and t.id = st.taxonomy_term_id
		  where st.hub_id = $1 and st.service_id = g.id and t.need_id = g.need)`

	missingTerms = `select g.service, g.id, t.id
		from jsonb_to_recordset($3) as g(id uuid, service text, terms jsonb)
		cross join jsonb_array_elements_text(g.terms) as of(term)
		join taxonomy_terms t on t.hub_id = $1 and t.source = $2 and t.external_id = of.term
		where not exists (select from service_terms x where x.hub_id = $1 and x.service_id = g.id and x.service_id = any ($4) and x.taxonomy_term_id = t.id)`

	addTerms = `insert into service_terms (id, hub_id, service_id, taxonomy_term_id)
		select g.id, $1, g.service, g.other from jsonb_to_recordset($2) as g(id uuid, service uuid, other uuid)`

	// missingNeeds are the needs of the terms of a source that some of its services lack: of services by their ids ($3), or of
	// terms by the source's.
	missingNeeds = `select distinct s.external_id, s.id, t.need_id
		from taxonomy_terms t
		join service_terms st on st.hub_id = t.hub_id and st.taxonomy_term_id = t.id
		join services s on s.hub_id = st.hub_id and s.id = st.service_id
		where t.hub_id = $1 and t.source = $2 and t.need_id is not null and ` + needsOfSource + `
		  and not exists (select from service_needs x where x.hub_id = $1 and x.service_id = s.id and x.need_id = t.need_id`
	missingNeedsOfServices = missingNeeds + ` and x.service_id = any ($3)) and st.service_id = any ($3) and s.id = any ($3)`
	missingNeedsOfTerms    = missingNeeds + `) and t.external_id = any ($3)`

	addNeeds = `insert into service_needs (id, hub_id, service_id, need_id)
		select g.id, $1, g.service, g.other from jsonb_to_recordset($2) as g(id uuid, service uuid, other uuid)
		join services s on s.hub_id = $1 and s.id = g.service where ` + needsOfSource + ` for share of s
		on conflict do nothing`

	// needsOfSource: staff have not chosen the needs of the service themselves.
	needsOfSource = `not coalesce(s.local_fields ? 'needs', false)`
)

// importing is one import under way.
type importing struct {
	store   *store.Store
	hub     uuid.UUID
	source  string
	summary Summary
	written map[string]bool // the tables
	told    bool            // somebody wants to know of each row
	whole   bool            // what is not mentioned is retired
	unclear bool            // a row was refused that may have held other records
	refused []RowResult     // the first ones, where the whole is replaced
}

func (i *importing) tables() []string { return slices.Sorted(maps.Keys(i.written)) }

// write puts a batch into the tables, parents first: rows find their parents by external id. It is one round trip for the
// records that stand for themselves, and one for what belongs to services.
func (i *importing) write(ctx context.Context, g *gathering) error {
	if err := i.writeRecords(ctx, g); err != nil {
		return err
	}
	if len(g.serviceID) > 0 {
		if err := i.writeParts(ctx, g); err != nil {
			return err
		}
	}
	if len(g.newlyMeaning) > 0 {
		return i.addNeeds(ctx, g, missingNeedsOfTerms, g.newlyMeaning)
	}
	return nil
}

// writeRecords writes the records that stand for themselves, and learns the ids of services.
func (i *importing) writeRecords(ctx context.Context, g *gathering) error {
	var b pgx.Batch
	for _, t := range tables {
		if !t.part {
			if err := i.queueUpsert(&b, g, t); err != nil {
				return err
			}
		}
	}
	if len(g.serviceID) > 0 {
		b.Queue(findServices, i.hub, i.source, g.serviceID).Query(func(rows pgx.Rows) error {
			var external string
			var id uuid.UUID
			_, err := pgx.ForEachRow(rows, []any{&external, &id}, func() error {
				g.services[external].ID = id
				return nil
			})
			return err
		})
	}
	if b.Len() == 0 {
		return nil
	}
	if err := i.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return nil
}

// writeParts writes what belongs to services, and takes away what those that are listed in full no longer list.
func (i *importing) writeParts(ctx context.Context, g *gathering) error {
	listed, err := i.argsOf(g, func(*parts) bool { return true })
	if err != nil {
		return err
	}
	full, err := i.argsOf(g, func(p *parts) bool { return p.whole })
	if err != nil {
		return err
	}
	counted, err := i.argsOf(g, func(p *parts) bool { return len(p.Capacities) > 0 })
	if err != nil {
		return err
	}
	var b pgx.Batch
	queue := func(statement string, args []any, take func(pgx.Rows) error) {
		if args != nil {
			b.Queue(statement, args...).Query(take)
		}
	}
	for _, t := range tables {
		if t.name == "schedules" {
			queue(dropSchedules, full, i.partsOf(g, "schedules", "schedules"))
		}
		if t.part {
			if err := i.queueUpsert(&b, g, t); err != nil {
				return err
			}
		}
	}
	queue(dropPlaces, full, i.partsOf(g, "service_at_locations", "locations"))
	var gone []map[string]any
	queue(dropTerms, full, func(rows pgx.Rows) error {
		var service string
		var id uuid.UUID
		var need *uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&service, &id, &need}, func() error {
			i.partOf(g, service, "service_terms", "taxonomy_terms")
			if need != nil {
				gone = append(gone, map[string]any{"service": id, "need": *need})
			}
			return nil
		})
		return err
	})
	queue(dropCapacities, full, i.partsOf(g, "service_capacities", "capacities"))
	queue(writeCapacities, counted, i.partsOf(g, "service_capacities", "capacities"))
	var terms []link
	queue(missingTerms, listed, collectLinks(&terms))
	if err := i.store.Send(ctx, &b); err != nil {
		return fmt.Errorf("write what belongs to services: %w", err)
	}
	if len(terms) > 0 {
		if err := i.add(ctx, g, terms, addTerms, "service_terms", "taxonomy_terms"); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		encoded, err := json.Marshal(gone)
		if err != nil {
			return fmt.Errorf("encode needs: %w", err)
		}
		if _, err := i.store.Exec(ctx, dropNeeds, i.hub, string(encoded)); err != nil {
			return fmt.Errorf("remove needs: %w", err)
		}
	}
	return i.addNeeds(ctx, g, missingNeedsOfServices, listed[3])
}

// argsOf are the arguments of a statement about the services of a batch that are wanted; nil where none is.
func (i *importing) argsOf(g *gathering, wanted func(*parts) bool) ([]any, error) {
	var all []*parts
	var ids []uuid.UUID
	for _, external := range g.serviceID {
		if p := g.services[external]; wanted(p) {
			all, ids = append(all, p), append(ids, p.ID)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	encoded, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("encode services: %w", err)
	}
	return []any{i.hub, i.source, string(encoded), ids}, nil
}

// addNeeds adds the needs that services lack of those that the statement finds for the ids.
func (i *importing) addNeeds(ctx context.Context, g *gathering, find string, ids any) error {
	needs, err := store.Collect(ctx, i.store, pgx.RowToStructByPos[link], find, i.hub, i.source, ids)
	if err != nil {
		return fmt.Errorf("find needs: %w", err)
	}
	if len(needs) == 0 {
		return nil
	}
	return i.add(ctx, g, needs, addNeeds, "service_needs", "needs")
}

func (i *importing) queueUpsert(b *pgx.Batch, g *gathering, t table) error {
	name, of := t.name, g.sets[t.name]
	records := of.list()
	if len(records) == 0 {
		return nil
	}
	encoded, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	args := []any{i.hub, i.source, string(encoded), of.ids}
	for _, field := range t.parents {
		args = append(args, idsIn(records, field))
	}
	b.Queue(upserts[name], args...).Query(func(rows pgx.Rows) error {
		var id string
		var added bool
		var columns []string
		_, err := pgx.ForEachRow(rows, []any{&id, &added, &columns}, func() error {
			i.written[name] = true
			if added || len(columns) > 0 { // else staff hold all that the source changed
				g.wrote(name, id, added, columns)
			}
			if name == "taxonomy_terms" && slices.Contains(columns, "need_id") {
				g.newlyMeaning = append(g.newlyMeaning, id)
			}
			return nil
		})
		return err
	})
	return nil
}

// idsIn are the ids that records have in a field, each once.
func idsIn(records []record, field string) []string {
	all := map[string]bool{}
	for _, r := range records {
		if id, _ := r[field].(string); id != "" {
			all[id] = true
		}
	}
	return slices.AppendSeq(make([]string, 0, len(all)), maps.Keys(all))
}

// link joins a service to something else.
type link struct {
	External       string
	Service, Other uuid.UUID
}

func collectLinks(to *[]link) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, pgx.RowToStructByPos[link])
		return err
	}
}

// add makes links, with ids of ours.
func (i *importing) add(ctx context.Context, g *gathering, links []link, statement, table, field string) error {
	made := make([]map[string]any, len(links))
	for n, l := range links {
		made[n] = map[string]any{"id": uuid.Must(uuid.NewV7()), "service": l.Service, "other": l.Other}
		i.partOf(g, l.External, table, field)
	}
	encoded, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("encode %s: %w", table, err)
	}
	if _, err := i.store.Exec(ctx, statement, i.hub, string(encoded)); err != nil {
		return fmt.Errorf("add %s: %w", table, err)
	}
	return nil
}

// partsOf notes the services that got or lost rows of a table.
func (i *importing) partsOf(g *gathering, table, field string) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var service string
		_, err := pgx.ForEachRow(rows, []any{&service}, func() error {
			i.partOf(g, service, table, field)
			return nil
		})
		return err
	}
}

// partOf notes that something of a service changed with a table.
func (i *importing) partOf(g *gathering, service, table, field string) {
	i.written[table] = true
	if p := g.services[service]; p != nil {
		g.mark(p.from, field)
	}
}
