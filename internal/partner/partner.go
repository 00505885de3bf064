package partner

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Partners is what is between the hub of the viewer of each context and its partners. It is safe for concurrent use.
type Partners struct {
	store     *store.Store
	log       *audit.Log
	directory *directory.Directory
}

// New makes it over the store. Approved changes are edits of the directory, which imports keep.
func New(s *store.Store, log *audit.Log, d *directory.Directory) *Partners {
	return &Partners{s, log, d}
}

// here is the one hub in which the viewer works, and the viewer.
func here(ctx context.Context) (*viewer.Viewer, viewer.Hub, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return nil, viewer.Hub{}, fmt.Errorf("partners: nobody is asking")
	}
	hub, one := v.OneHub()
	if !one {
		return nil, viewer.Hub{}, fmt.Errorf("partners: the viewer sees %d hubs where one is needed", len(v.Hubs))
	}
	return v, hub, nil
}

// staffOf is the member of staff who asks; nil for the platform.
func staffOf(v *viewer.Viewer) *uuid.UUID {
	if v.StaffID == uuid.Nil {
		return nil
	}
	return &v.StaffID
}

// hold locks the partner's affairs in the hub for the rest of the transaction, so that what is asked and what is decided come
// one after the other.
func (p *Partners) hold(ctx context.Context, hub, organisation uuid.UUID) error {
	_, err := p.store.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('partner ' || $1::text || ' ' || $2::text, 0))", hub.String(), organisation.String())
	return err
}

// offered finds a record that is not retired, and locks it against being retired meanwhile.
func (p *Partners) offered(ctx context.Context, what, table string, hub uuid.UUID, ids []uuid.UUID) error {
	found, err := store.Collect(ctx, p.store, pgx.RowTo[uuid.UUID],
		"select id from "+table+" where hub_id = $1 and id = any($2::uuid[]) and retired_at is null order by id for share", hub, texts(ids))
	if err != nil {
		return fmt.Errorf("find a %s: %w", what, err)
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			return problem.Missing(what)
		}
	}
	return nil
}

// texts writes ids for an array parameter: pgx takes uuid.UUID for text.
func texts(ids []uuid.UUID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = id.String()
	}
	return all
}

// unique are the ids, each once, in an order in which everybody locks them.
func unique(ids []uuid.UUID) []uuid.UUID {
	sorted := slices.Clone(ids)
	slices.SortFunc(sorted, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(sorted)
}
