package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/merge"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// MergeKind is what kind of record can be folded into another: an organisation, a service or a location.
type MergeKind = merge.Kind

// mergeables are the kinds by what people call them, the table and the SQL function that finds those that look alike.
var mergeables = map[MergeKind]struct{ noun, table, alike string }{
	merge.KindOrganisation: {"organisation", "organisations", "alike_organisations"},
	merge.KindService:      {"service", "services", "alike_services"},
	merge.KindLocation:     {"location", "locations", "alike_locations"},
}

// RecordSummary is what a record of the catalogue is known by: enough to tell it from one that looks the same.
type RecordSummary struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
	// Detail is what else tells it: a service's organisation, a location's address, how to reach an organisation.
	Detail string `json:"detail"`
	// Source is where it comes from, SourceName the same for people.
	Source     string     `json:"source"`
	SourceName string     `json:"sourceName"`
	Visibility Visibility `json:"visibility"`
}

// Pair is two records of a kind that are probably the same.
type Pair struct {
	Kind MergeKind
	// Records are the two, the lower id first.
	Records []*RecordSummary
	// Reasons say in words why, the best first.
	Reasons []string
	// DismissedAt is when somebody said that these are two.
	DismissedAt *time.Time
	rank        float64
}

// Duplicates gives pairs of records of the viewer's hub that are probably the same, the surest first: those that nobody
// dismissed, or those that somebody did. The score is in the migrations; docs/decisions/0065 says why it is as it is.
func (d *Directory) Duplicates(ctx context.Context, kind MergeKind, dismissed bool, first *int, after *string) (*paging.Connection[*Pair], error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	args, err := paging.Forward(first, after, paging.Number, paging.ID, paging.ID)
	if err != nil {
		return nil, err
	}
	from := paging.Key{nil, nil, nil}
	if args.From != nil {
		from = args.From
	}
	pairs, err := store.Collect(ctx, d.store, func(row pgx.CollectableRow) (*Pair, error) {
		p := &Pair{Kind: kind}
		var one, other uuid.UUID
		var records []byte
		if err := row.Scan(&one, &other, &p.rank, &p.Reasons, &p.DismissedAt, &records); err != nil {
			return nil, err
		}
		return p, json.Unmarshal(records, &p.Records)
	}, "select * from likely_duplicates($1, $2, $3, $4, $5, $6, $7)", hub.ID, string(kind), dismissed, from[0], from[1], from[2], args.Limit())
	if err != nil {
		return nil, fmt.Errorf("find duplicates: %w", err)
	}
	return paging.New(args, pairs, func(p *Pair) paging.Key { return paging.Key{p.rank, p.Records[0].ID, p.Records[1].ID} }), nil
}

const dismissalMutationKey = "duplicatedismissal_hub_id_created_by_id_client_mutation_id"

// Dismiss says of two records that look alike that they are two. The pair stays dismissed until one of them changes in what
// is compared.
func (d *Directory) Dismiss(ctx context.Context, clientMutationID string, kind MergeKind, one, other uuid.UUID) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	if one, other, err = inPairOrder(one, other); err != nil {
		return err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		if err := d.both(ctx, hub.ID, kind, one, other); err != nil {
			return err
		}
		likeness, err := store.Collect(ctx, d.store, pgx.RowTo[string],
			"select likeness from "+mergeables[kind].alike+"($1) where one = $2 and other = $3", hub.ID, one, other)
		if err != nil {
			return fmt.Errorf("compare two records: %w", err)
		}
		if len(likeness) == 0 {
			return problem.New(problem.Conflict, "These two no longer look alike, so there is nothing to dismiss.")
		}
		made, err := d.store.Exec(ctx, `
			insert into duplicate_dismissals (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, kind, one, other, likeness, dismissed_at)
			values ($1, $2, $3, now(), $4, $5, $6, $7, $8, $9, now())
			on conflict (hub_id, kind, one, other) do update set likeness = excluded.likeness, dismissed_at = now()
			where duplicate_dismissals.likeness <> excluded.likeness`,
			uuid.Must(uuid.NewV7()), hub.ID, viewer.FromContext(ctx).TrustID, staffOf(ctx), clientMutationID, string(kind), one, other, likeness[0])
		if err != nil || made == 0 { // 0: it was dismissed already
			return err
		}
		return d.log.Change(ctx, audit.Event{Action: "catalogue.duplicate_dismissed", SubjectType: mergeables[kind].noun, SubjectID: one})
	})
	if store.IsUnique(err, dismissalMutationKey) {
		return problem.New(problem.Conflict, "This request was sent before for two other records. Nothing was changed; try again.")
	}
	if err != nil {
		return fmt.Errorf("dismiss a duplicate: %w", err)
	}
	return nil
}

// Recall takes a dismissal back: the pair is listed again where the two still look alike.
func (d *Directory) Recall(ctx context.Context, kind MergeKind, one, other uuid.UUID) error {
	hub, err := hubOf(ctx)
	if err != nil {
		return err
	}
	if one, other, err = inPairOrder(one, other); err != nil {
		return err
	}
	err = d.store.Tx(ctx, func(ctx context.Context) error {
		if err := d.both(ctx, hub.ID, kind, one, other); err != nil {
			return err
		}
		gone, err := d.store.Exec(ctx, "delete from duplicate_dismissals where hub_id = $1 and kind = $2 and one = $3 and other = $4", hub.ID, string(kind), one, other)
		if err != nil || gone == 0 {
			return err
		}
		return d.log.Change(ctx, audit.Event{Action: "catalogue.duplicate_recalled", SubjectType: mergeables[kind].noun, SubjectID: one})
	})
	if err != nil {
		return fmt.Errorf("recall a duplicate: %w", err)
	}
	return nil
}

// both makes sure that two records of a kind are there.
func (d *Directory) both(ctx context.Context, hub uuid.UUID, kind MergeKind, one, other uuid.UUID) error {
	n, err := store.Collect(ctx, d.store, pgx.RowTo[int],
		"select count(*)::int from "+mergeables[kind].table+" where hub_id = $1 and id in ($2, $3)", hub, one, other)
	if err != nil {
		return fmt.Errorf("look for two records: %w", err)
	}
	if n[0] != 2 {
		return problem.Missing(mergeables[kind].noun)
	}
	return nil
}

// inPairOrder puts the lower id first, as Postgres compares them.
func inPairOrder(one, other uuid.UUID) (uuid.UUID, uuid.UUID, error) {
	switch {
	case one == other:
		return one, other, problem.Field("otherId", "Choose two different records.")
	case one.String() > other.String():
		return other, one, nil
	}
	return one, other, nil
}

// staffOf is the member of staff at work; nil: the platform.
func staffOf(ctx context.Context) *uuid.UUID {
	if id := viewer.FromContext(ctx).StaffID; id != uuid.Nil {
		return &id
	}
	return nil
}
