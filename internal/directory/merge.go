package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// maxMoved bounds what one merge moves, and so what is kept to undo it.
const maxMoved = 10_000

// Merging says what to fold into what.
type Merging struct {
	Kind       MergeKind
	Keep, Fold uuid.UUID
	// Take names the fields whose value comes from the record that is folded.
	Take []string
	// Seen is that of the Comparison that the choice was made by.
	Seen string
}

const mergeMutationKey = "merge_hub_id_created_by_id_client_mutation_id"

// Merge folds one record of the viewer's hub into another of its kind and answers with the merge's id. What pointed to the
// folded record points to the kept one; the kept service gets the places, times, needs and terms that it has not. The folded
// record stays with all that its source says of it, retired, and its id leads to the kept one. The kept record is shown to
// as few people as the stricter of the two was. The same request sent twice takes effect once.
func (d *Directory) Merge(ctx context.Context, clientMutationID string, m Merging) (id uuid.UUID, err error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	earlier := func(ctx context.Context) (bool, error) {
		found, err := store.Collect(ctx, d.store, pgx.RowTo[uuid.UUID],
			"select id from merges where hub_id = $1 and created_by_id is not distinct from $2 and client_mutation_id = $3", hub.ID, staffOf(ctx), clientMutationID)
		if len(found) > 0 {
			id = found[0]
		}
		return len(found) > 0, err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		rows, err := d.lockBoth(ctx, hub.ID, m.Kind, m.Keep, m.Fold)
		if err != nil {
			return err
		}
		if done, err := earlier(ctx); done || err != nil {
			return err
		}
		id, err = d.merge(ctx, hub.ID, clientMutationID, m, rows[0], rows[1])
		return err
	})
	if store.IsUnique(err, mergeMutationKey) {
		_, err = earlier(ctx)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("merge two records: %w", err)
	}
	return id, nil
}

// lockBoth takes both records and the right to change what their sources bring: imports of these wait, and where one is under way
// the merge does not. Rows are locked in the order of their ids, so that two merges that cross wait and do not block
// each other.
func (d *Directory) lockBoth(ctx context.Context, hub uuid.UUID, kind MergeKind, keep, fold uuid.UUID) ([2]snapshot, error) {
	var rows [2]snapshot
	if _, err := d.store.Exec(ctx, "set local lock_timeout = '5s'"); err != nil {
		return rows, err
	}
	var sources []string
	for i, id := range []uuid.UUID{keep, fold} {
		r, err := d.record(ctx, hub, kind, id, "")
		if err != nil {
			return rows, err
		}
		rows[i] = r
		if source := r.text("source"); source != "local" {
			sources = append(sources, source)
		}
	}
	if keep == fold {
		return rows, problem.Field("foldId", "Choose two different records.")
	}
	slices.Sort(sources)
	order := []int{0, 1}
	if keep.String() > fold.String() {
		order = []int{1, 0}
	}
	err := func() error {
		for _, source := range slices.Compact(sources) {
			if err := d.lockSource(ctx, hub, source); err != nil {
				return err
			}
		}
		for _, i := range order {
			r, err := d.record(ctx, hub, kind, rows[i].id("id"), " for update of x")
			if err != nil {
				return err
			}
			rows[i] = r
		}
		return nil
	}()
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "55P03" {
		return rows, problem.New(problem.Conflict, "One of the two is being changed just now, by an import or by somebody else. Nothing was merged; try again in a minute.").Because(err)
	}
	return rows, err
}

// lockSource waits for an import of a source, and has the next one wait: see importing.begin.
func (d *Directory) lockSource(ctx context.Context, hub uuid.UUID, source string) error {
	_, err := d.store.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('catalogue ' || $1::text || ' ' || $2, 0))`, hub, source)
	return err
}

// merge folds one locked record into another.
func (d *Directory) merge(ctx context.Context, hub uuid.UUID, clientMutationID string, m Merging, keep, fold snapshot) (uuid.UUID, error) {
	switch {
	case fold.text("merged_into_id") != "":
		return uuid.Nil, problem.New(problem.Conflict, "The other record was merged already. Look at the history of merges.")
	case keep.text("merged_into_id") != "":
		return uuid.Nil, problem.New(problem.Conflict, "The record to keep was itself merged into another one in the meantime. Look at both again.")
	case keep.text("retired_at") != "":
		return uuid.Nil, problem.New(problem.Conflict, "The record to keep is no longer offered. Keep the other one.")
	case m.Seen != seen(m.Kind, keep, fold):
		return uuid.Nil, problem.New(problem.Conflict, "One of the two has changed since you looked. Look at both again, then merge.")
	}
	taken, err := takenFields(m.Kind, m.Take)
	if err != nil {
		return uuid.Nil, err
	}

	made := snapshot{} // what the kept record is changed to
	hides := fold.effective()
	for _, f := range taken {
		for _, c := range f.columns {
			made[c] = fold[c]
		}
		if f.name == "organisation" { // what the kept record's own organisation hid stays hidden beneath another
			hides = stricter(hides, keep.effective())
		}
	}
	made["visibility"] = quoted(string(stricter(keep.visibility(), hides)))
	kept := holding(keep, made)
	id := uuid.Must(uuid.NewV7())
	if err := d.set(ctx, hub, m.Kind, m.Keep, kept); err != nil {
		if store.Violates(err, "") {
			return uuid.Nil, problem.Field("take", "These values do not go together. Look at the ages, and choose both from one record.").Because(err)
		}
		return uuid.Nil, err
	}

	moved, stayed, err := d.moveAll(ctx, hub, m.Kind, m.Fold, m.Keep)
	if err != nil {
		return uuid.Nil, err
	}
	var added []schema.Pointing
	if m.Kind == merge.KindService {
		if added, err = d.addParts(ctx, hub, id, m.Fold, m.Keep); err != nil {
			return uuid.Nil, err
		}
	}
	away := holding(fold, snapshot{"merged_into_id": quoted(m.Keep.String()), "retired_at": quoted(time.Now().UTC().Format(time.RFC3339Nano))})
	if err := d.set(ctx, hub, m.Kind, m.Fold, away); err != nil {
		return uuid.Nil, err
	}

	after, err := d.record(ctx, hub, m.Kind, m.Keep, "")
	if err != nil {
		return uuid.Nil, err
	}
	names := make([]string, len(taken))
	for i, f := range taken {
		names[i] = f.name
	}
	err = d.store.Client(ctx).Merge.Create().SetID(id).SetClientMutationID(clientMutationID).SetNillableCreatedByID(staffOf(ctx)).
		SetKind(m.Kind).SetKept(m.Keep).SetFolded(m.Fold).SetTaken(names).SetKeptBefore(keep).SetKeptAfter(after).SetFoldedBefore(fold).
		SetMoved(moved).SetStayed(stayed).SetAdded(added).Exec(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	noun := mergeables[m.Kind].noun
	if err := d.log.Change(ctx, audit.Event{Action: "catalogue.merged", SubjectType: noun, SubjectID: m.Keep, Fields: append(names, "visibility")}); err != nil {
		return uuid.Nil, err
	}
	return id, d.log.Change(ctx, audit.Event{Action: "catalogue.merged_away", SubjectType: noun, SubjectID: m.Fold, Fields: []string{"merged_into_id"}})
}

// takenFields are the fields of the names, each once.
func takenFields(kind MergeKind, names []string) ([]mergeField, error) {
	var taken []mergeField
	for _, name := range names {
		i := slices.IndexFunc(mergeFields[kind], func(f mergeField) bool { return f.name == name })
		if i < 0 {
			return nil, problem.Field("take", "A %s has no %.60q to choose.", mergeables[kind].noun, name)
		}
		if !slices.ContainsFunc(taken, func(f mergeField) bool { return f.name == name }) {
			taken = append(taken, mergeFields[kind][i])
		}
	}
	return taken, nil
}

func quoted(s string) json.RawMessage {
	encoded, _ := json.Marshal(s) // a string
	return encoded
}

// holding adds to a change of a record that its source must not take it back: see the editor's local_fields.
func holding(before, change snapshot) snapshot {
	made := maps.Clone(change)
	fields := snapshot{}
	_ = json.Unmarshal(before["local_fields"], &fields) // null is none
	if fields == nil {
		fields = snapshot{}
	}
	for c := range change {
		if _, already := fields[c]; !already && c != "visibility" && c != "merged_into_id" && before.text("source") != "local" {
			fields[c] = before[c]
		}
	}
	if _, has := before["local_fields"]; has && len(fields) > 0 {
		made["local_fields"], _ = json.Marshal(fields) // JSON already
	}
	return made
}

// set writes columns of a record.
func (d *Directory) set(ctx context.Context, hub uuid.UUID, kind MergeKind, id uuid.UUID, change snapshot) error {
	var columns, values []string
	for _, c := range slices.Sorted(maps.Keys(change)) {
		name := pgx.Identifier{c}.Sanitize()
		columns, values = append(columns, name), append(values, "r."+name)
	}
	encoded, err := json.Marshal(change)
	if err != nil {
		return fmt.Errorf("write a %s: %w", mergeables[kind].noun, err)
	}
	table := mergeables[kind].table
	_, err = d.store.Exec(ctx, fmt.Sprintf("update %s x set (version, %s) = (select x.version + 1, %s from jsonb_populate_record(null::%[1]s, $3) r) where x.hub_id = $1 and x.id = $2",
		table, strings.Join(columns, ", "), strings.Join(values, ", ")), hub, id, string(encoded))
	if err != nil {
		return fmt.Errorf("write a %s: %w", mergeables[kind].noun, err)
	}
	return nil
}

// ownParts are the tables of a service's own parts. Its source writes them, so they stay with it, and the kept service gets what it
// has not: see addParts.
var ownParts = []string{"schedules", "service_at_locations", "service_needs", "service_terms"}

// pointers are the columns by which rows point to records of a kind.
func (d *Directory) pointers(ctx context.Context, kind MergeKind) ([]schema.Pointing, error) {
	pointers, err := store.Collect(ctx, d.store, func(row pgx.CollectableRow) (p schema.Pointing, err error) {
		return p, row.Scan(&p.Table, &p.Column)
	}, "select * from pointers_to($1)", mergeables[kind].table)
	if err != nil {
		return nil, fmt.Errorf("find what points to a %s: %w", mergeables[kind].noun, err)
	}
	return pointers, nil
}

// moveAll makes what points to one record point to another.
func (d *Directory) moveAll(ctx context.Context, hub uuid.UUID, kind MergeKind, from, to uuid.UUID) (moved, stayed []schema.Pointing, err error) {
	pointers, err := d.pointers(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	total := 0
	for _, p := range pointers {
		if kind == merge.KindService && slices.Contains(ownParts, p.Table) {
			continue
		}
		went, remained, err := d.move(ctx, hub, p, from, to)
		if err != nil {
			return nil, nil, err
		}
		if total += len(went) + len(remained); total > maxMoved {
			return nil, nil, problem.New(problem.Conflict, "More than %d things hang on the record to merge. Keep that one and merge the other into it.", maxMoved)
		}
		if len(went) > 0 {
			moved = append(moved, schema.Pointing{Table: p.Table, Column: p.Column, IDs: went})
		}
		if len(remained) > 0 {
			stayed = append(stayed, schema.Pointing{Table: p.Table, Column: p.Column, IDs: remained})
		}
	}
	return moved, stayed, nil
}

// move makes rows that point to one record point to another: those of p, or all where it names none.
func (d *Directory) move(ctx context.Context, hub uuid.UUID, p schema.Pointing, from, to uuid.UUID) (moved, stayed []uuid.UUID, err error) {
	var only any
	if p.IDs != nil {
		only = idTexts(p.IDs)
	}
	type both struct{ Moved, Stayed []uuid.UUID }
	rows, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[both], "select * from move_pointers($1, $2, $3, $4, $5, $6::text[]::uuid[])", hub, p.Table, p.Column, from, to, only)
	if err != nil {
		return nil, nil, fmt.Errorf("move %s: %w", p.Table, err)
	}
	return rows[0].Moved, rows[0].Stayed, nil
}

func idTexts(ids []uuid.UUID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return texts
}

// The parts of a service ($2) that another ($3) has not, for addParts: each row's id, and the JSON that makes the other's row of it.
const (
	missingPlaces = `
		select a.id, to_jsonb(a) from service_at_locations a
		where a.hub_id = $1 and a.service_id = $2 and a.retired_at is null and not exists (
		  select from service_at_locations b where b.hub_id = $1 and b.service_id = $3 and b.location_id = a.location_id and b.retired_at is null)
		order by a.id`
	// A time is there where the rule is and the place is the same, or one of the two says of no place.
	missingTimes = `
		select c.id, to_jsonb(c) || jsonb_build_object('location_id', a.location_id)
		from schedules c left join service_at_locations a on a.hub_id = $1 and a.id = c.service_at_location_id
		where c.hub_id = $1 and c.service_id = $2 and c.retired_at is null and (a.id is null or a.retired_at is null) and not exists (
		  select from schedules k left join service_at_locations b on b.hub_id = $1 and b.id = k.service_at_location_id
		  where k.hub_id = $1 and k.service_id = $3 and k.retired_at is null
		    and (k.freq, k.interval, k.by_day, k.by_month_day, k.opens_at, k.closes_at) is not distinct from (c.freq, c.interval, c.by_day, c.by_month_day, c.opens_at, c.closes_at)
		    and (c.freq is not null or k.dtstart is not distinct from c.dtstart)
		    and coalesce(a.location_id = b.location_id, true))
		order by c.id`
	placesOf     = `select id, location_id from service_at_locations where hub_id = $1 and service_id = $2 and retired_at is null`
	missingLinks = `select x.id, to_jsonb(x) from %[1]s x where x.hub_id = $1 and x.service_id = $2 and not exists (
		  select from %[1]s y where y.hub_id = $1 and y.service_id = $3 and y.%[2]s = x.%[2]s) order by x.id`
)

// addParts gives a service the places, times, needs and terms that another has and it has not. They are staff's own from here on:
// no import takes them away.
func (d *Directory) addParts(ctx context.Context, hub, mergeID, from, to uuid.UUID) ([]schema.Pointing, error) {
	var added []schema.Pointing
	add := func(table, query string, shape func(snapshot) snapshot) error {
		type part struct {
			ID  uuid.UUID
			Row []byte
		}
		parts, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[part], query, hub, from, to)
		if err != nil {
			return fmt.Errorf("find %s to add: %w", table, err)
		}
		var ids []uuid.UUID
		made := make([]snapshot, len(parts))
		for i, p := range parts {
			r := snapshot{}
			if err := json.Unmarshal(p.Row, &r); err != nil {
				return fmt.Errorf("read %s to add: %w", table, err)
			}
			id := uuid.Must(uuid.NewV7())
			ids = append(ids, id)
			r["id"], r["service_id"] = quoted(id.String()), quoted(to.String())
			made[i] = shape(r)
			if _, imported := r["source"]; imported {
				r["source"], r["external_id"] = quoted("local"), quoted(fmt.Sprintf("merge:%s:%s", mergeID, p.ID))
				r["local_fields"], r["version"] = json.RawMessage("null"), json.RawMessage("1")
			}
		}
		if len(made) == 0 {
			return nil
		}
		encoded, err := json.Marshal(made)
		if err != nil {
			return fmt.Errorf("encode %s: %w", table, err)
		}
		var columns []string
		for _, c := range slices.Sorted(maps.Keys(made[0])) {
			columns = append(columns, pgx.Identifier{c}.Sanitize())
		}
		if _, err := d.store.Exec(ctx, fmt.Sprintf("insert into %s (%s) select %[2]s from jsonb_populate_recordset(null::%[1]s, $1)", table, strings.Join(columns, ", ")), string(encoded)); err != nil {
			return fmt.Errorf("add %s: %w", table, err)
		}
		added = append(added, schema.Pointing{Table: table, Column: "service_id", IDs: ids})
		return nil
	}
	itself := func(r snapshot) snapshot { return r }
	if err := add("service_at_locations", missingPlaces, itself); err != nil {
		return nil, err
	}
	places := map[uuid.UUID]uuid.UUID{} // of the kept service, by their location
	var place, location uuid.UUID
	rows, err := store.Collect(ctx, d.store, func(row pgx.CollectableRow) ([2]uuid.UUID, error) {
		err := row.Scan(&place, &location)
		return [2]uuid.UUID{place, location}, err
	}, placesOf, hub, to)
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	for _, r := range rows {
		places[r[1]] = r[0]
	}
	err = add("schedules", missingTimes, func(r snapshot) snapshot {
		if at, held := places[r.id("location_id")]; held {
			r["service_at_location_id"] = quoted(at.String())
		}
		delete(r, "location_id")
		return r
	})
	if err != nil {
		return nil, err
	}
	for _, link := range [][2]string{{"service_needs", "need_id"}, {"service_terms", "taxonomy_term_id"}} {
		if err := add(link[0], fmt.Sprintf(missingLinks, link[0], link[1]), itself); err != nil {
			return nil, err
		}
	}
	return added, nil
}

// UndoMerge restores both records of a merge: what was taken from the folded one is given back where nobody changed it since,
// and what moved goes back where it still is where it went. What is new stays with the kept record. What had to be left is
// said in words, by the merge itself. An undone merge stays undone.
func (d *Directory) UndoMerge(ctx context.Context, id uuid.UUID) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		m, err := d.store.Client(ctx).Merge.Query().Where(merge.ID(id)).ForUpdate().All(ctx)
		switch {
		case err != nil:
			return err
		case len(m) == 0:
			return problem.Missing("merge")
		case m[0].UndoneAt != nil:
			return nil
		}
		rows, err := d.lockBoth(ctx, hub.ID, m[0].Kind, m[0].Kept, m[0].Folded)
		if err != nil {
			return err
		}
		if rows[0].text("merged_into_id") != "" {
			return problem.New(problem.Conflict, "The record that was kept has itself been merged into another one since. Undo that merge first.")
		}
		remained, err := d.undo(ctx, hub.ID, &undoing{
			kind: m[0].Kind, kept: m[0].Kept, folded: m[0].Folded, taken: m[0].Taken, keptBefore: m[0].KeptBefore, keptAfter: m[0].KeptAfter, foldedBefore: m[0].FoldedBefore,
			moved: m[0].Moved, added: m[0].Added,
		}, rows[0], rows[1])
		if err != nil {
			return err
		}
		if err := m[0].Update().SetUndoneAt(time.Now()).SetNillableUndoneByID(staffOf(ctx)).SetRemained(remained).Exec(ctx); err != nil {
			return err
		}
		return d.log.Change(ctx, audit.Event{Action: "catalogue.merge_undone", SubjectType: mergeables[m[0].Kind].noun, SubjectID: m[0].Folded, Fields: m[0].Taken})
	})
	if err != nil {
		return fmt.Errorf("undo a merge: %w", err)
	}
	return nil
}

// undoing is a merge that is being undone.
type undoing struct {
	kind                                MergeKind
	kept, folded                        uuid.UUID
	taken                               []string
	keptBefore, keptAfter, foldedBefore snapshot
	moved, added                        []schema.Pointing
}

func (d *Directory) undo(ctx context.Context, hub uuid.UUID, m *undoing, kept, folded snapshot) (remained []string, err error) {
	back := snapshot{"merged_into_id": json.RawMessage("null"), "retired_at": m.foldedBefore["retired_at"]}
	if err := d.set(ctx, hub, m.kind, m.folded, releasing(folded, m.foldedBefore, back)); err != nil {
		return nil, err
	}

	// The kept record: what was taken is given back where it is as the merge left it.
	restored := snapshot{}
	fields, err := takenFields(m.kind, m.taken)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		if !f.same(kept, m.keptAfter) {
			remained = append(remained, fmt.Sprintf("%s was changed since the merge, and stays as it is.", sentence(f.name)))
			continue
		}
		for _, c := range f.columns {
			restored[c] = m.keptBefore[c]
		}
	}
	switch {
	case kept.visibility() == m.keptBefore.visibility():
	case kept.visibility() != m.keptAfter.visibility():
		remained = append(remained, "Who may see the kept record was changed since the merge, and stays so.")
	case len(remained) > 0:
		remained = append(remained, "The kept record may still hold something of the other, so it stays hidden from those who may not see that one.")
	default:
		restored["visibility"] = m.keptBefore["visibility"]
	}
	if len(restored) > 0 {
		if err := d.set(ctx, hub, m.kind, m.kept, releasing(kept, m.keptBefore, restored)); err != nil {
			if store.Violates(err, "") {
				return nil, problem.New(problem.Conflict, "What the kept record held before the merge no longer fits what was changed since. Look at its ages first.").Because(err)
			}
			return nil, err
		}
	}

	for _, p := range slices.Backward(m.moved) {
		went, _, err := d.move(ctx, hub, p, m.kept, m.folded)
		if err != nil {
			return nil, err
		}
		if n := len(p.IDs) - len(went); n > 0 {
			remained = append(remained, fmt.Sprintf("%d of %d %s had gone elsewhere since, and stay there.", n, len(p.IDs), partName(p.Table, p.Column)))
		}
	}
	for _, p := range slices.Backward(m.added) {
		n, err := d.removeAdded(ctx, hub, p)
		if err != nil {
			return nil, err
		}
		if n < len(p.IDs) {
			remained = append(remained, fmt.Sprintf("%d of the %s that the merge added were used or changed since, and stay with the kept record.", len(p.IDs)-n, partName(p.Table, p.Column)))
		}
	}
	return remained, nil
}

// removeAdded removes the rows that a merge added, and tells how many are gone. A row that something else points to stays.
func (d *Directory) removeAdded(ctx context.Context, hub uuid.UUID, p schema.Pointing) (gone int, err error) {
	for _, id := range p.IDs {
		err := d.store.Savepoint(ctx, func(ctx context.Context) error {
			_, err := d.store.Exec(ctx, "delete from "+pgx.Identifier{p.Table}.Sanitize()+" where hub_id = $1 and id = $2", hub, id)
			return err
		})
		switch {
		case store.Violates(err, ""):
		case err != nil:
			return 0, fmt.Errorf("remove %s: %w", p.Table, err)
		default:
			gone++
		}
	}
	return gone, nil
}

// releasing adds to a change of a record that its source is followed again in what the merge held against it. Where the source
// says something else by now, that is what the record gets.
func releasing(now, before, change snapshot) snapshot {
	made := maps.Clone(change)
	fields, earlier := snapshot{}, snapshot{}
	_ = json.Unmarshal(now["local_fields"], &fields)     // null is none
	_ = json.Unmarshal(before["local_fields"], &earlier) // null is none
	for c := range change {
		says, held := fields[c]
		if _, already := earlier[c]; !held || already {
			continue
		}
		made[c] = says
		delete(fields, c)
	}
	if _, has := now["local_fields"]; has {
		made["local_fields"] = json.RawMessage("null")
		if len(fields) > 0 {
			made["local_fields"], _ = json.Marshal(fields) // JSON already
		}
	}
	return made
}

// sentence begins a sentence with the name of a field: "The alternate name".
func sentence(field string) string {
	var words strings.Builder
	words.WriteString("The ")
	for _, r := range field {
		if r >= 'A' && r <= 'Z' {
			words.WriteByte(' ')
			r += 'a' - 'A'
		}
		words.WriteRune(r)
	}
	return words.String()
}
