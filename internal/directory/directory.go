package directory

import (
	"context"
	"fmt"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Directory is the catalogue of the hub that the viewer of each context works in. It is safe for concurrent use.
type Directory struct {
	store *store.Store
	log   *audit.Log
	// changed, which may be nil, is told of an edit in its transaction.
	changed func(context.Context) error
}

// New makes a directory over the store.
func New(s *store.Store, log *audit.Log) *Directory { return &Directory{store: s, log: log} }

// OnEdit has fn told of each edit by staff, in its transaction, so that hubs which share this one's catalogue follow. It is set
// before the directory is used.
func (d *Directory) OnEdit(fn func(ctx context.Context) error) { d.changed = fn }

// hubOf is the one hub in which the viewer works.
func hubOf(ctx context.Context) (viewer.Hub, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return viewer.Hub{}, fmt.Errorf("the catalogue: nobody is signed in")
	}
	hub, one := v.OneHub()
	if !one {
		return viewer.Hub{}, fmt.Errorf("the catalogue: the viewer sees %d hubs where one is needed", len(v.Hubs))
	}
	return hub, nil
}
