package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// Merged is a merge on record.
type Merged struct {
	ID           uuid.UUID
	Kind         MergeKind
	Kept, Folded *RecordSummary
	// Taken are the fields whose value came from the folded record.
	Taken    []string
	MergedAt time.Time
	// MergedBy is nil for the platform, UndoneBy also for a merge that stands.
	MergedBy, UndoneBy *string
	UndoneAt           *time.Time
	// Moved is what went to the kept record or was added to it, Stayed what could not.
	Moved, Stayed []*MergePart
	// Remained says what undoing it left as it was.
	Remained []string
	// OtherSays is what the source of the folded record has changed in it since the merge.
	OtherSays []*FieldChange
	// KeptRetired: the kept record's own source no longer offers it.
	KeptRetired bool
	// Obstacle says why it cannot be undone now; nil: it can, or is.
	Obstacle *string
}

// FieldChange is a field that has another value than before.
type FieldChange struct{ Name, Was, Now string }

const mergesQuery = `
	select m.id, m.kind, m.taken, m.created_at, m.undone_at, m.moved, m.stayed, m.added, m.remained, m.folded_before,
	  record_summary($1, m.kind, m.kept), record_summary($1, m.kind, m.folded),
	  (select u.name from staff_users u where u.trust_id = m.trust_id and u.id = m.created_by_id),
	  (select u.name from staff_users u where u.trust_id = m.trust_id and u.id = m.undone_by_id),
	  coalesce(
	    (select to_jsonb(o) from organisations o where m.kind = 'ORGANISATION' and o.hub_id = $1 and o.id = m.kept),
	    (select to_jsonb(s) - 'hand_search' from services s where m.kind = 'SERVICE' and s.hub_id = $1 and s.id = m.kept),
	    (select to_jsonb(l) from locations l where m.kind = 'LOCATION' and l.hub_id = $1 and l.id = m.kept)),
	  coalesce(
	    (select to_jsonb(o) from organisations o where m.kind = 'ORGANISATION' and o.hub_id = $1 and o.id = m.folded),
	    (select to_jsonb(s) - 'hand_search' || jsonb_build_object('organisation_name', o.name)
	     from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id where m.kind = 'SERVICE' and s.hub_id = $1 and s.id = m.folded),
	    (select to_jsonb(l) from locations l where m.kind = 'LOCATION' and l.hub_id = $1 and l.id = m.folded))
	from merges m where m.hub_id = $1 `

// Merges gives the merges of the viewer's hub, the latest first, with those that were undone.
func (d *Directory) Merges(ctx context.Context, first *int, after *string) (*paging.Connection[*Merged], error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	from := paging.Key{nil, nil}
	if args.From != nil {
		from = args.From
	}
	rows, err := store.Collect(ctx, d.store, scanMerged, mergesQuery+`
		and ($2::timestamptz is null or (m.created_at, m.id) < ($2, $3)) order by m.created_at desc, m.id desc limit $4`, hub.ID, from[0], from[1], args.Limit())
	if err != nil {
		return nil, fmt.Errorf("list merges: %w", err)
	}
	return paging.New(args, rows, func(m *Merged) paging.Key { return paging.Key{m.MergedAt, m.ID} }), nil
}

// Merged gives one merge of the viewer's hub.
func (d *Directory) Merged(ctx context.Context, id uuid.UUID) (*Merged, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := store.Collect(ctx, d.store, scanMerged, mergesQuery+" and m.id = $2", hub.ID, id)
	if err != nil {
		return nil, fmt.Errorf("read a merge: %w", err)
	}
	if len(rows) == 0 {
		return nil, problem.Missing("merge")
	}
	return rows[0], nil
}

func scanMerged(row pgx.CollectableRow) (*Merged, error) {
	m := &Merged{}
	var moved, stayed, added []schema.Pointing
	var before, kept, folded snapshot
	targets := []any{&m.Taken, &moved, &stayed, &added, &m.Remained, &before, &m.Kept, &m.Folded, &kept, &folded}
	raw := make([][]byte, len(targets))
	var kind string
	if err := row.Scan(&m.ID, &kind, &raw[0], &m.MergedAt, &m.UndoneAt, &raw[1], &raw[2], &raw[3], &raw[4], &raw[5], &raw[6], &raw[7],
		&m.MergedBy, &m.UndoneBy, &raw[8], &raw[9]); err != nil {
		return nil, err
	}
	for i, target := range targets {
		if raw[i] == nil {
			continue
		}
		if err := json.Unmarshal(raw[i], target); err != nil {
			return nil, fmt.Errorf("read a merge: %w", err)
		}
	}
	m.Kind = MergeKind(kind)
	m.Moved, m.Stayed = partsOf(append(moved, added...)), partsOf(stayed)
	if m.UndoneAt != nil {
		return m, nil
	}
	m.KeptRetired = kept.text("retired_at") != "" && kept.text("merged_into_id") == ""
	if kept.text("merged_into_id") != "" {
		obstacle := "The record that was kept has itself been merged into another one since. Undo that merge first."
		m.Obstacle = &obstacle
	}
	for _, f := range mergeFields[m.Kind] {
		if f.name != "organisation" && !f.same(before, folded) {
			m.OtherSays = append(m.OtherSays, &FieldChange{f.name, f.words(before), f.words(folded)})
		}
	}
	return m, nil
}

func partsOf(pointing []schema.Pointing) []*MergePart {
	var parts []*MergePart
	byName := map[string]*MergePart{}
	for _, p := range pointing {
		what := partName(p.Table, p.Column)
		if byName[what] == nil {
			byName[what] = &MergePart{What: what}
			parts = append(parts, byName[what])
		}
		byName[what].Count += len(p.IDs)
	}
	return parts
}

// PublicSuccessor gives, to a stranger, the service that stands for one which was merged into it; nil where there is none, or
// either is hidden.
func (d *Directory) PublicSuccessor(ctx context.Context, service uuid.UUID) (*uuid.UUID, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	found, err := store.Collect(ctx, d.store, pgx.RowTo[*uuid.UUID], "select merged_publicly($1, $2)", hub.ID, service)
	if err != nil {
		return nil, fmt.Errorf("find what a service was merged into: %w", err)
	}
	return found[0], nil
}
