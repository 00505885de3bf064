package graph

import (
	"context"
	"time"

	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/provision"
)

func (r *Resolver) applyTrust(ctx context.Context, input ApplyTrustInput) (*ApplyTrustPayload, error) {
	want := provision.Trust{
		ODSCode: input.OdsCode, Name: input.Name, SessionHours: input.SessionHours,
		Disclosure: *input.Disclosure, Retention: *input.Retention,
	}
	for _, p := range input.IdentityProviders {
		want.IdentityProviders = append(want.IdentityProviders, provision.IdentityProvider{
			Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: provision.Secret{Given: p.ClientSecret.IsSet(), Value: p.ClientSecret.Value()},
			Scopes: p.Scopes, RolesClaim: p.RolesClaim, RoleMappings: each(p.RoleMappings), Algorithms: p.Algorithms, APIClients: each(p.APIClients),
			Enabled: p.Enabled,
		})
	}
	changed, err := r.Provisioner.ApplyTrust(ctx, want)
	answer := &ApplyTrustPayload{ClientMutationID: input.ClientMutationID.Value(), Changed: list(changed)}
	if answer.UserErrors, err = problem.Correctable(err); err != nil || len(answer.UserErrors) > 0 {
		return answer, err
	}
	answer.Trust, err = r.Provisioner.Trust(ctx, want.ODSCode)
	return answer, err
}

func (r *Resolver) applyHub(ctx context.Context, input ApplyHubInput) (*ApplyHubPayload, error) {
	want := provision.HubSpec{
		Trust: input.Trust, Slug: input.Slug, Suspended: input.Suspended,
		Hub: provision.Hub{
			Name: input.Name, Address: input.Address.Value(), Postcode: input.Postcode.Value(), UPRN: input.Uprn.Value(),
			Latitude: input.Latitude.Value(), Longitude: input.Longitude.Value(), TimeZone: input.TimeZone,
			OpeningHours: each(input.OpeningHours), OpeningExceptions: each(input.OpeningExceptions), Hostnames: input.Hostnames,
			Brand: *input.Brand, Needs: each(input.Needs), Modules: input.Modules, Rooms: each(input.Rooms), RoleGrants: each(input.RoleGrants),
		},
	}
	for _, s := range input.CatalogueSources {
		source := catalogue.Source{
			Name: s.Name, Kind: s.Kind, Format: s.Format, Refresh: time.Duration(s.RefreshMinutes) * time.Minute, AllowPrivate: s.AllowPrivateAddresses,
		}
		if url := s.URL.Value(); url != nil {
			source.URL = *url
		}
		if document := s.Document.Value(); document != nil {
			source.Document = []byte(*document)
		}
		if hub := s.Hub.Value(); hub != nil {
			source.Hub = *hub
		}
		want.CatalogueSources = append(want.CatalogueSources, source)
	}
	changed, err := r.Provisioner.ApplyHub(ctx, want)
	answer := &ApplyHubPayload{ClientMutationID: input.ClientMutationID.Value(), Changed: list(changed)}
	if answer.UserErrors, err = problem.Correctable(err); err != nil || len(answer.UserErrors) > 0 {
		return answer, err
	}
	answer.Hub, err = r.Provisioner.Hub(ctx, input.Trust, input.Slug)
	return answer, err
}

// each gives the values of a list of inputs.
func each[T any](all []*T) []T {
	values := make([]T, len(all))
	for i, one := range all {
		values[i] = *one
	}
	return values
}

// list is never null.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
