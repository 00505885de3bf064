package provision

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Sessions is told what changes for those who are signed in.
type Sessions interface {
	// EndGroupSessions ends the sessions of the viewer's trust that hold one of the groups, in the transaction of ctx.
	EndGroupSessions(ctx context.Context, groups []string) error
	// EndProviderSessions ends the sessions of the viewer's trust that came through the provider, in the transaction of ctx.
	EndProviderSessions(ctx context.Context, providerID uuid.UUID) error
	// HubsChanged and ProvidersChanged make the next request see hubs and providers as they are now.
	HubsChanged()
	ProvidersChanged()
}

// Config says what this server allows.
type Config struct {
	// Keys seal client secrets.
	Keys *seal.Keys
	// PlainHTTP lets identity providers be reached by http: for clusters on one's own machine.
	PlainHTTP bool
}

// Provisioner sets trusts and hubs up. It is safe for concurrent use.
type Provisioner struct {
	store    *store.Store
	log      *audit.Log
	sources  *catalogue.Sources
	sessions Sessions
	config   Config
}

// New makes it.
func New(s *store.Store, log *audit.Log, sources *catalogue.Sources, sessions Sessions, c Config) *Provisioner {
	return &Provisioner{store: s, log: log, sources: sources, sessions: sessions, config: c}
}

// atTrust is the platform at work on one trust.
func atTrust(ctx context.Context, trust uuid.UUID) context.Context {
	return viewer.NewContext(ctx, viewer.ForPlatform(trust))
}

// atHub is the platform at work on one hub.
func atHub(ctx context.Context, trust, hub uuid.UUID, slug string) context.Context {
	return viewer.NewContext(ctx, viewer.ForPlatform(trust, viewer.Hub{ID: hub, Slug: slug}))
}

// lock lets changes of one row of trusts or hubs wait for one another. What points to the row does not wait.
func (p *Provisioner) lock(ctx context.Context, table string, id uuid.UUID) error {
	if _, err := p.store.Exec(ctx, "select from "+table+" where id = $1 for no key update", id); err != nil {
		return fmt.Errorf("wait for other changes in %s: %w", table, err)
	}
	return nil
}
