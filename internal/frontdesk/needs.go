package frontdesk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/problem"
)

// needsAge is how long a hub's needs are kept: a renamed need is seen by every replica within it.
const needsAge = 5 * time.Second

// taxonomies keeps each hub's needs, a dozen rows that every list of visits names. There are as many as hubs.
type taxonomies struct {
	mu   sync.Mutex
	kept map[uuid.UUID]keptNeeds
}

type keptNeeds struct {
	byID  map[uuid.UUID]*ent.Need
	until time.Time
}

// Needs are the needs of the viewer's hub by id, offered or not, at most five seconds old. They are shared: do not change
// them.
func (d *Desk) Needs(ctx context.Context) (map[uuid.UUID]*ent.Need, error) {
	id := hubOf(ctx)
	if id == uuid.Nil { // what is kept is one hub's, or it would be shown to another
		return nil, errors.New("read the hub's needs: the viewer works in no one hub")
	}
	d.taxonomies.mu.Lock()
	kept := d.taxonomies.kept[id]
	d.taxonomies.mu.Unlock()
	if kept.byID != nil && time.Now().Before(kept.until) {
		return kept.byID, nil
	}
	all, err := d.store.Client(ctx).Need.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the hub's needs: %w", err)
	}
	byID := make(map[uuid.UUID]*ent.Need, len(all))
	for _, n := range all {
		byID[n.ID] = n
	}
	d.taxonomies.mu.Lock()
	d.taxonomies.kept[id] = keptNeeds{byID, time.Now().Add(needsAge)}
	d.taxonomies.mu.Unlock()
	return byID, nil
}

// NameNeeds gives visits their needs from those that are kept; where a need is newer than they are, they are read again.
func (d *Desk) NameNeeds(ctx context.Context, visits []*ent.Visit) error {
	for range 2 {
		needs, err := d.Needs(ctx)
		if err != nil {
			return err
		}
		unknown := false
		for _, v := range visits {
			if v.NeedID != nil {
				v.Edges.Need = needs[*v.NeedID]
				unknown = unknown || v.Edges.Need == nil
			}
		}
		if !unknown {
			return nil
		}
		d.taxonomies.forget(hubOf(ctx))
	}
	return errors.New("name the needs of visits: a visit has a need that its hub has not")
}

// NeedsWithCodes gives the needs of the viewer's hub that have the codes, offered or not, each once. A code that the hub has
// not is a problem of the field "needs".
func (d *Desk) NeedsWithCodes(ctx context.Context, codes []string) ([]*ent.Need, error) {
	for range 2 {
		needs, err := d.Needs(ctx)
		if err != nil {
			return nil, err
		}
		byCode := make(map[string]*ent.Need, len(needs))
		for _, n := range needs {
			byCode[n.Code] = n
		}
		var wanted []*ent.Need
		unknown := false
		for _, code := range codes {
			n := byCode[code]
			unknown = unknown || n == nil
			if n != nil && !slices.Contains(wanted, n) {
				wanted = append(wanted, n)
			}
		}
		if !unknown {
			return wanted, nil
		}
		d.taxonomies.forget(hubOf(ctx)) // it may be newer than what is kept
	}
	return nil, problem.Field("needs", "The hub does not offer help with one of these needs. Choose from the list.")
}

func (t *taxonomies) forget(hub uuid.UUID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.kept, hub)
}
