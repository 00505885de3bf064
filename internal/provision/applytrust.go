package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

const oneCode = "trusts_ods_code_key"

// ApplyTrust makes a trust what the input says, and makes it where there is none. It answers the fields by which the trust
// was changed, by the names of the API. The error joins a *problem.Problem for each thing to mend.
func (p *Provisioner) ApplyTrust(ctx context.Context, want Trust) (changed []string, err error) {
	if err := p.checkTrust(&want); err != nil {
		return nil, err
	}
	for {
		id, _, err := p.store.FindHub(ctx, want.ODSCode, "")
		if err != nil {
			return nil, err
		}
		isNew := id == uuid.Nil
		if isNew {
			id = uuid.Must(uuid.NewV7())
		}
		changed, err := p.applyTrust(atTrust(ctx, id), id, want, isNew)
		if isNew && store.IsUnique(err, oneCode) {
			continue // somebody else made it just now, and it never goes away
		}
		if err == nil && len(changed) > 0 {
			p.sessions.ProvidersChanged()
		}
		return changed, err
	}
}

func (p *Provisioner) applyTrust(ctx context.Context, id uuid.UUID, want Trust, isNew bool) (changed []string, err error) {
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		changed = nil
		client := p.store.Client(ctx)
		if isNew {
			changed = []string{"odsCode", "name"}
			if err := client.Trust.Create().SetID(id).SetOdsCode(want.ODSCode).SetName(want.Name).Exec(ctx); err != nil {
				return fmt.Errorf("make the trust: %w", err)
			}
		}
		if err := p.lock(ctx, "trusts", id); err != nil {
			return err
		}
		row, err := client.Trust.Query().Only(ctx)
		if err != nil {
			return fmt.Errorf("read the trust: %w", err)
		}
		u := client.Trust.UpdateOneID(id)
		write := false
		set := func(name string, same bool, apply func()) {
			if !same {
				changed, write = append(changed, name), true
				apply()
			}
		}
		set("name", row.Name == want.Name, func() { u.SetName(want.Name) })
		set("sessionHours", row.SessionHours == want.SessionHours, func() { u.SetSessionHours(want.SessionHours) })
		set("disclosure", Disclosure{row.SuppressBelow, row.RoundTo} == want.Disclosure, func() {
			u.SetSuppressBelow(want.Disclosure.SuppressBelow).SetRoundTo(want.Disclosure.RoundTo)
		})
		set("retention", Retention{row.MentalHealthYears, row.OtherAdultYears, row.AfterDeathYears} == want.Retention, func() {
			u.SetMentalHealthYears(want.Retention.MentalHealthYears).SetOtherAdultYears(want.Retention.OtherAdultYears).
				SetAfterDeathYears(want.Retention.AfterDeathYears)
		})
		if write {
			if err := u.Exec(ctx); err != nil {
				return fmt.Errorf("change the trust: %w", err)
			}
		}
		differs, err := p.writeProviders(ctx, want.IdentityProviders)
		if err != nil {
			return err
		}
		if differs {
			changed = append(changed, "identityProviders")
		}
		if len(changed) == 0 {
			return nil
		}
		return p.log.Change(ctx, audit.Event{Action: "trust.applied", SubjectType: ent.TypeTrust, SubjectID: id, Fields: changed})
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// writeProviders makes the trust's providers those that are wanted. One that is left out is disabled: staff who came
// through it stay known by its issuer.
func (p *Provisioner) writeProviders(ctx context.Context, want []IdentityProvider) (changed bool, err error) {
	rows, err := p.providers(ctx)
	if err != nil {
		return false, err
	}
	known := map[string]*ent.IdentityProvider{}
	for _, row := range rows {
		known[row.Issuer] = row
	}
	for i, w := range want {
		row := known[w.Issuer]
		delete(known, w.Issuer)
		differs, err := p.writeProvider(ctx, row, w, fmt.Sprintf("identityProviders.%d.clientSecret", i))
		if err != nil {
			return false, err
		}
		changed = changed || differs
	}
	for _, row := range rows {
		if known[row.Issuer] == nil || !row.Enabled {
			continue
		}
		if err := p.store.Client(ctx).IdentityProvider.UpdateOneID(row.ID).SetEnabled(false).Exec(ctx); err != nil {
			return false, fmt.Errorf("disable an identity provider: %w", err)
		}
		if err := p.sessions.EndProviderSessions(ctx, row.ID); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}

func (p *Provisioner) writeProvider(ctx context.Context, row *ent.IdentityProvider, want IdentityProvider, secretField string) (changed bool, err error) {
	client := p.store.Client(ctx).IdentityProvider
	mappings, clients := storedMappings(want.RoleMappings), storedClients(want.APIClients)
	sealed, reseal, err := p.secretFor(ctx, row, want, secretField)
	if err != nil {
		return false, err
	}
	if row == nil {
		create := client.Create().SetName(want.Name).SetIssuer(want.Issuer).SetClientID(want.ClientID).SetNillableClientSecretSealed(sealed).
			SetScopes(want.Scopes).SetRolesClaim(want.RolesClaim).SetRoleMappings(mappings).SetAlgorithms(want.Algorithms).
			SetAPIClients(clients).SetEnabled(want.Enabled)
		if err := create.Exec(ctx); err != nil {
			return false, fmt.Errorf("make an identity provider: %w", err)
		}
		return true, nil
	}
	same := row.Name == want.Name && row.ClientID == want.ClientID && slices.Equal(row.Scopes, want.Scopes) && row.RolesClaim == want.RolesClaim &&
		slices.Equal(row.RoleMappings, mappings) && slices.Equal(row.Algorithms, want.Algorithms) && sameClients(row.APIClients, clients) &&
		row.Enabled == want.Enabled
	if same && !reseal {
		return false, nil
	}
	u := client.UpdateOneID(row.ID).SetName(want.Name).SetClientID(want.ClientID).SetScopes(want.Scopes).SetRolesClaim(want.RolesClaim).
		SetRoleMappings(mappings).SetAlgorithms(want.Algorithms).SetAPIClients(clients).SetEnabled(want.Enabled)
	if reseal {
		u.ClearClientSecretRef()
		put(sealed, u.SetClientSecretSealed, u.ClearClientSecretSealed)
	}
	if err := u.Exec(ctx); err != nil {
		return false, fmt.Errorf("change an identity provider: %w", err)
	}
	// A session holds the roles that it began with: where one may have gone, people sign in again.
	lost := row.RolesClaim != want.RolesClaim || len(without(row.RoleMappings, mappings)) > 0
	if lost || row.Enabled && !want.Enabled {
		return true, p.sessions.EndProviderSessions(ctx, row.ID)
	}
	return true, nil
}

// secretFor gives the sealed secret of a provider as it is to be, and whether that is to be written. What an older key
// sealed is sealed anew, so that after a change of keys the old one can go.
func (p *Provisioner) secretFor(ctx context.Context, row *ent.IdentityProvider, want IdentityProvider, field string) (sealed *string, write bool, err error) {
	var before string
	var stale, unread bool
	if row != nil {
		before, stale, err = p.open(row)
		unread = err != nil
	}
	secret := want.ClientSecret
	switch {
	case !secret.Given && (!stale || unread): // as it is
		return nil, false, nil
	case !secret.Given:
		secret.Value = &before
	case secret.Value == nil || *secret.Value == "":
		return nil, row != nil && (row.ClientSecretSealed != nil || row.ClientSecretRef != nil), nil
	case row != nil && !unread && !stale && before == *secret.Value:
		return nil, false, nil
	}
	text, err := p.config.Keys.Seal(*secret.Value, seal.ProviderOwner(viewer.FromContext(ctx).TrustID, want.Issuer))
	if errors.Is(err, seal.ErrNoKey) {
		return nil, false, problem.Field(field, "This server cannot keep secrets yet. Start it with --secret-key-file, a file with 32 random bytes in base64; or leave the secret out and name a file for it.").Because(err)
	}
	if err != nil {
		return nil, false, fmt.Errorf("seal a client secret: %w", err)
	}
	return &text, true, nil
}
