package signin

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store"
)

// provider is a way in for one trust: its settings and the issuer behind them. It is made anew when the settings change.
type provider struct {
	*ent.IdentityProvider
	trust  *ent.Trust
	issuer *issuer
}

// providers knows the enabled providers of every trust.
type providers struct {
	store *store.Store
	http  *http.Client
	// misses bounds how often an id or issuer that nobody knows makes the settings be read again.
	misses *rate.Limiter
	flight singleflight.Group
	loaded atomic.Pointer[providerList]
	// expired: what is loaded is known to be old.
	expired atomic.Bool
}

type providerList struct {
	at       time.Time
	all      []*provider // by name
	byID     map[ID]*provider
	byIssuer map[string][]*provider
	issuers  map[string]*issuer
	origins  map[string]bool
}

// settingsFresh is how long settings serve before they are read again.
const settingsFresh = 10 * time.Second

func newProviders(s *store.Store) *providers {
	return &providers{store: s, http: newClient(), misses: rate.NewLimiter(rate.Every(2*time.Second), 3)}
}

// current gives the providers as they are, or were within settingsFresh.
func (p *providers) current(ctx context.Context) (*providerList, error) {
	if list := p.loaded.Load(); list != nil && time.Since(list.at) < settingsFresh && !p.expired.Load() {
		return list, nil
	}
	return p.load(ctx)
}

func (p *providers) load(ctx context.Context) (*providerList, error) {
	done := p.flight.DoChan("", func() (any, error) {
		p.expired.Store(false)
		rows, err := p.store.AllProviders(context.WithoutCancel(ctx))
		if err != nil {
			return nil, fmt.Errorf("load identity providers: %w", err)
		}
		trusts, err := p.trusts(context.WithoutCancel(ctx), rows)
		if err != nil {
			return nil, err
		}
		list := p.list(rows, trusts, p.loaded.Load())
		p.loaded.Store(list)
		return list, nil
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*providerList), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *providers) trusts(ctx context.Context, rows []*ent.IdentityProvider) (map[ID]*ent.Trust, error) {
	trusts := map[ID]*ent.Trust{}
	for _, row := range rows {
		if trusts[row.TrustID] != nil {
			continue
		}
		trust, err := p.store.Client(ctx).Trust.Query().Only(forTrust(ctx, row.TrustID))
		if err != nil {
			return nil, fmt.Errorf("load trust: %w", err)
		}
		trusts[row.TrustID] = trust
	}
	return trusts, nil
}

// list keeps issuers and unchanged providers of the list before, with all that they found out.
func (p *providers) list(rows []*ent.IdentityProvider, trusts map[ID]*ent.Trust, before *providerList) *providerList {
	if before == nil {
		before = &providerList{}
	}
	list := &providerList{
		at:       time.Now(),
		byID:     map[ID]*provider{},
		byIssuer: map[string][]*provider{},
		issuers:  map[string]*issuer{},
		origins:  map[string]bool{},
	}
	for _, row := range rows {
		if list.issuers[row.Issuer] == nil {
			list.issuers[row.Issuer] = before.issuers[row.Issuer]
		}
		if list.issuers[row.Issuer] == nil {
			list.issuers[row.Issuer] = &issuer{url: row.Issuer, http: p.http}
		}
		one := before.byID[row.ID]
		if trust := trusts[row.TrustID]; one == nil || !sameSettings(one.IdentityProvider, row) || one.trust.Name != trust.Name || one.trust.SessionHours != trust.SessionHours {
			one = &provider{IdentityProvider: row, trust: trust, issuer: list.issuers[row.Issuer]}
		}
		list.all = append(list.all, one)
		list.byID[row.ID] = one
		list.byIssuer[row.Issuer] = append(list.byIssuer[row.Issuer], one)
		for _, client := range row.APIClients {
			for _, origin := range client.Origins {
				list.origins[origin] = true
			}
		}
	}
	slices.SortFunc(list.all, func(a, b *provider) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func sameSettings(a, b *ent.IdentityProvider) bool {
	return a.TrustID == b.TrustID && a.Name == b.Name && a.Issuer == b.Issuer && a.ClientID == b.ClientID &&
		reflect.DeepEqual(a.ClientSecretRef, b.ClientSecretRef) && reflect.DeepEqual(a.ClientSecretSealed, b.ClientSecretSealed) && slices.Equal(a.Scopes, b.Scopes) &&
		a.RolesClaim == b.RolesClaim && slices.Equal(a.RoleMappings, b.RoleMappings) &&
		slices.Equal(a.Algorithms, b.Algorithms) && reflect.DeepEqual(a.APIClients, b.APIClients)
}

// ProvidersChanged makes the next request see the providers as they are now; without it they are seen within settingsFresh.
func (s *SignIn) ProvidersChanged() { s.providers.expired.Store(true) }

// byID finds a provider, nil where there is none or it is not enabled.
func (p *providers) byID(ctx context.Context, id ID) (*provider, error) {
	list, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	if list.byID[id] == nil && p.misses.Allow() {
		if list, err = p.load(ctx); err != nil {
			return nil, err
		}
	}
	return list.byID[id], nil
}

// byIssuer finds the providers of an issuer: one per trust.
func (p *providers) byIssuer(ctx context.Context, url string) ([]*provider, error) {
	list, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	if list.byIssuer[url] == nil && p.misses.Allow() {
		if list, err = p.load(ctx); err != nil {
			return nil, err
		}
	}
	return list.byIssuer[url], nil
}

var usualAlgorithms = []string{"RS256", "PS256", "ES256"}

// algorithms is the allow-list for tokens of the provider.
func (p *provider) algorithms() []string {
	if len(p.Algorithms) == 0 {
		return usualAlgorithms
	}
	var allowed []string
	for _, a := range p.Algorithms {
		if slices.Contains(schema.SigningAlgorithms, a) {
			allowed = append(allowed, a)
		}
	}
	return allowed
}

// secret gives the client secret; empty where the client is public.
func (p *provider) secret(keys *seal.Keys, dir string) (string, error) {
	if p.ClientSecretSealed != nil {
		secret, _, err := keys.Open(*p.ClientSecretSealed, seal.ProviderOwner(p.TrustID, p.Issuer))
		if err != nil {
			return "", fmt.Errorf("client secret of provider %s: %w", p.ID, err)
		}
		return secret, nil
	}
	if p.ClientSecretRef == nil || *p.ClientSecretRef == "" {
		return "", nil
	}
	ref := *p.ClientSecretRef
	if !filepath.IsLocal(ref) || filepath.Base(ref) != ref {
		return "", fmt.Errorf("client secret of provider %s: its name must be the name of a file in the secrets folder", p.ID)
	}
	text, err := os.ReadFile(filepath.Join(dir, ref))
	if err != nil {
		return "", fmt.Errorf("client secret of provider %s: %w", p.ID, err)
	}
	return strings.TrimSpace(string(text)), nil
}
