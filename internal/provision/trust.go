package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/viewer"
)

// Trust is all that is set up of a trust: both what shall be and what is.
type Trust struct {
	ODSCode           string
	Name              string
	SessionHours      int
	IdentityProviders []IdentityProvider // by issuer
	Disclosure        Disclosure
	Retention         Retention
}

// Disclosure is how small numbers are kept from giving people away: counts of people below SuppressBelow are shown as *,
// others are rounded to a multiple of RoundTo.
type Disclosure struct{ SuppressBelow, RoundTo int }

// Retention is for how many years records are kept before they are reviewed.
type Retention struct{ MentalHealthYears, OtherAdultYears, AfterDeathYears int }

// IdentityProvider is a way in for a trust's staff.
type IdentityProvider struct {
	Name         string
	Issuer       string
	ClientID     string
	ClientSecret Secret // what shall be; never what is
	// ClientSecretDigest is of the secret that is stored; nil: none, or none that can be opened.
	ClientSecretDigest *string
	Scopes             []string
	RolesClaim         string
	RoleMappings       []RoleMapping
	Algorithms         []string
	APIClients         []APIClient
	Enabled            bool
}

// Secret is a client secret to be stored. The zero value keeps what is stored.
type Secret struct {
	Given bool
	Value *string // nil: a public client
}

// RoleMapping turns a value of the provider's roles claim into a role.
type RoleMapping struct {
	Value string
	Role  viewer.Role
	Hub   *string // nil: every hub of the trust
}

// APIClient is another app with an OIDC client of its own.
type APIClient struct {
	ClientID    string
	Audience    *string // nil: the client id
	Origins     []string
	FreeQueries bool
}

// Trust reads a trust by its ODS code; nil where there is none.
func (p *Provisioner) Trust(ctx context.Context, ods string) (*Trust, error) {
	id, _, err := p.store.FindHub(ctx, ods, "")
	if err != nil || id == uuid.Nil {
		return nil, err
	}
	ctx = atTrust(ctx, id)
	row, err := p.store.Client(ctx).Trust.Query().Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the trust: %w", err)
	}
	t := &Trust{
		ODSCode: row.OdsCode, Name: row.Name, SessionHours: row.SessionHours,
		Disclosure: Disclosure{row.SuppressBelow, row.RoundTo},
		Retention:  Retention{row.MentalHealthYears, row.OtherAdultYears, row.AfterDeathYears},
	}
	providers, err := p.providers(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range providers {
		t.IdentityProviders = append(t.IdentityProviders, p.provider(ods, row))
	}
	return t, nil
}

func (p *Provisioner) providers(ctx context.Context) ([]*ent.IdentityProvider, error) {
	rows, err := p.store.Client(ctx).IdentityProvider.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read identity providers: %w", err)
	}
	slices.SortFunc(rows, func(a, b *ent.IdentityProvider) int { return strings.Compare(a.Issuer, b.Issuer) })
	return rows, nil
}

func (p *Provisioner) provider(ods string, row *ent.IdentityProvider) IdentityProvider {
	one := IdentityProvider{
		Name: row.Name, Issuer: row.Issuer, ClientID: row.ClientID, Scopes: row.Scopes, RolesClaim: row.RolesClaim,
		Algorithms: row.Algorithms, Enabled: row.Enabled,
	}
	if secret, _, err := p.open(row); err == nil && secret != "" {
		digest := Digest(ods, row.Issuer, row.ClientID, secret)
		one.ClientSecretDigest = &digest
	}
	for _, m := range row.RoleMappings {
		one.RoleMappings = append(one.RoleMappings, RoleMapping{m.Value, viewer.Role(m.Role), orNil(m.Hub)})
	}
	for _, c := range row.APIClients {
		one.APIClients = append(one.APIClients, APIClient{c.ClientID, orNil(c.Audience), c.Origins, c.FreeQueries})
	}
	return one
}

// open gives the secret that is sealed in the row; empty where there is none.
func (p *Provisioner) open(row *ent.IdentityProvider) (secret string, stale bool, err error) {
	if row.ClientSecretSealed == nil {
		return "", false, nil
	}
	return p.config.Keys.Open(*row.ClientSecretSealed, seal.ProviderOwner(row.TrustID, row.Issuer))
}

// Digest tells whether a secret is the one that is stored, without telling the secret.
func Digest(ods, issuer, clientID, secret string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{ods, issuer, clientID, secret}, "\n")))
	return hex.EncodeToString(sum[:])
}

func storedMappings(all []RoleMapping) []schema.RoleMapping {
	kept := make([]schema.RoleMapping, len(all))
	for i, m := range all {
		kept[i] = schema.RoleMapping{Value: m.Value, Role: string(m.Role), Hub: value(m.Hub)}
	}
	return kept
}

func storedClients(all []APIClient) []schema.APIClient {
	kept := make([]schema.APIClient, len(all))
	for i, c := range all {
		kept[i] = schema.APIClient{ClientID: c.ClientID, Audience: value(c.Audience), Origins: c.Origins, FreeQueries: c.FreeQueries}
	}
	return kept
}

func sameClients(a, b []schema.APIClient) bool {
	return slices.EqualFunc(a, b, func(a, b schema.APIClient) bool {
		return a.ClientID == b.ClientID && a.Audience == b.Audience && a.FreeQueries == b.FreeQueries && slices.Equal(a.Origins, b.Origins)
	})
}
