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
}

// New makes a directory over the store.
func New(s *store.Store, log *audit.Log) *Directory { return &Directory{store: s, log: log} }

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
