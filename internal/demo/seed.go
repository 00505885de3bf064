package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/identityprovider"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Provider is a sign-in service of a demo trust.
type Provider struct {
	// Trust is the ODS code.
	Trust        string
	Name         string
	Issuer       string
	ClientID     string
	Scopes       []string
	RolesClaim   string
	RoleMappings []schema.RoleMapping
	APIClients   []schema.APIClient
}

// Seed makes the demo trusts with their hubs, and gives each hub that is empty its needs, catalogue, people and past, told
// as of now. What is there already stays as it is; only a sign-in service that has moved is followed. Hubs are seeded
// whole or not at all, so that a seed that was interrupted can be run again.
func Seed(ctx context.Context, s *store.Store, log *audit.Log, providers []Provider, now time.Time) error {
	held, err := s.LockPlatform(ctx, "demo seed", func(ctx context.Context) error {
		existing, err := s.AllHubs(ctx)
		if err != nil {
			return err
		}
		for _, t := range trusts {
			sower := sower{store: s, log: log, trust: t, now: now}
			if err := sower.sow(ctx, existing, providers); err != nil {
				return fmt.Errorf("seed %s: %w", t.name, err)
			}
		}
		return nil
	})
	if err == nil && !held {
		return errors.New("another process is seeding this database: wait until it has finished")
	}
	return err
}

// sower seeds one trust.
type sower struct {
	store *store.Store
	log   *audit.Log
	trust trust
	now   time.Time

	id     uuid.UUID
	hubs   []viewer.Hub
	issuer string
}

func (s *sower) sow(ctx context.Context, existing []store.HubRef, providers []Provider) error {
	s.identify(existing)
	for _, p := range providers {
		if p.Trust == s.trust.ods {
			s.issuer = p.Issuer
		}
	}
	whole := viewer.NewContext(ctx, viewer.ForPlatform(s.id, s.hubs...))
	err := s.store.Tx(whole, func(ctx context.Context) error {
		if err := s.makeTrust(ctx, existing); err != nil {
			return err
		}
		for _, p := range providers {
			if p.Trust == s.trust.ods {
				if err := s.keepProvider(ctx, p); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, h := range s.trust.hubs {
		if err := s.sowHub(viewer.NewContext(ctx, viewer.ForPlatform(s.id, s.hubs[i])), h); err != nil {
			return fmt.Errorf("hub %s: %w", h.slug, err)
		}
	}
	return nil
}

// identify finds the ids of what is there and makes those of what is not.
func (s *sower) identify(existing []store.HubRef) {
	s.id = uuid.MustParse(id("trust", s.trust.ods))
	s.issuer = "https://sign-in.example.org/" + s.trust.ods
	for _, h := range existing {
		if h.TrustODS == s.trust.ods {
			s.id = h.TrustID
		}
	}
	for _, h := range s.trust.hubs {
		hub := viewer.Hub{ID: uuid.MustParse(id("hub", s.trust.ods, h.slug)), Slug: h.slug}
		for _, e := range existing {
			if e.TrustODS == s.trust.ods && e.Slug == h.slug {
				hub.ID = e.HubID
			}
		}
		s.hubs = append(s.hubs, hub)
	}
}

func (s *sower) makeTrust(ctx context.Context, existing []store.HubRef) error {
	client := s.store.Client(ctx)
	known := map[uuid.UUID]bool{}
	for _, e := range existing {
		known[e.TrustID], known[e.HubID] = true, true
	}
	if !known[s.id] {
		if err := client.Trust.Create().SetID(s.id).SetOdsCode(s.trust.ods).SetName(s.trust.name).Exec(ctx); err != nil {
			return fmt.Errorf("make the trust: %w", err)
		}
	}
	for i, h := range s.trust.hubs {
		if known[s.hubs[i].ID] {
			continue
		}
		err := client.Hub.Create().SetID(s.hubs[i].ID).SetSlug(h.slug).SetName(h.name).SetMemberPrefix(h.prefix).
			SetAddress(h.address).SetPostcode(h.postcode).SetLatitude(h.latitude).SetLongitude(h.longitude).SetOpeningHours(h.hours).Exec(ctx)
		if err != nil {
			return fmt.Errorf("make the hub %s: %w", h.slug, err)
		}
	}
	return nil
}

// keepProvider makes the sign-in service, or follows it to where it is now: the demo's own moves with its port, and its
// staff are the same people.
func (s *sower) keepProvider(ctx context.Context, p Provider) error {
	client := s.store.Client(ctx)
	known, err := client.IdentityProvider.Query().Where(identityprovider.Name(p.Name)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		err := client.IdentityProvider.Create().SetName(p.Name).SetIssuer(p.Issuer).SetClientID(p.ClientID).SetScopes(p.Scopes).
			SetRolesClaim(p.RolesClaim).SetRoleMappings(p.RoleMappings).SetAPIClients(p.APIClients).Exec(ctx)
		if err != nil {
			return fmt.Errorf("make the sign-in service: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("find the sign-in service: %w", err)
	}
	if known.Issuer != p.Issuer {
		for _, table := range []string{"identity_providers", "staff_users"} {
			if _, err := s.store.Exec(ctx, "update "+table+" set issuer = $3 where trust_id = $1 and issuer = $2", s.id, known.Issuer, p.Issuer); err != nil {
				return fmt.Errorf("follow the sign-in service in %s: %w", table, err)
			}
		}
	}
	err = client.IdentityProvider.UpdateOneID(known.ID).SetClientID(p.ClientID).SetScopes(p.Scopes).
		SetRolesClaim(p.RolesClaim).SetRoleMappings(p.RoleMappings).SetAPIClients(p.APIClients).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the sign-in service: %w", err)
	}
	return nil
}

// sowHub fills an empty hub, in one transaction.
func (s *sower) sowHub(ctx context.Context, h site) error {
	return s.store.Tx(ctx, func(ctx context.Context) error {
		seeded, err := s.store.Client(ctx).Need.Query().Exist(ctx)
		if err != nil || seeded {
			return err
		}
		if err := s.sowNeeds(ctx); err != nil {
			return fmt.Errorf("needs: %w", err)
		}
		if services := Catalogue(h.slug); len(services) > 0 {
			if err := s.sowCatalogue(ctx, h.slug, services); err != nil {
				return fmt.Errorf("catalogue: %w", err)
			}
		}
		if h.people == 0 {
			return nil
		}
		reception, err := s.staff(ctx, h.reception)
		if err != nil {
			return err
		}
		advisor, err := s.staff(ctx, h.advisor)
		if err != nil {
			return err
		}
		people, err := s.sowPeople(ctx, h, reception)
		if err != nil {
			return fmt.Errorf("people: %w", err)
		}
		past, err := s.newPast(ctx, h, people, reception, advisor)
		if err != nil {
			return fmt.Errorf("visits: %w", err)
		}
		if err := past.tell(); err != nil {
			return fmt.Errorf("visits: %w", err)
		}
		return past.save(ctx, s.store.Client(ctx))
	})
}

func (s *sower) sowNeeds(ctx context.Context) error {
	client := s.store.Client(ctx)
	all := make([]*ent.NeedCreate, len(Needs))
	for i, n := range Needs {
		all[i] = client.Need.Create().SetCode(n.Code).SetName(n.Name).SetPosition(i)
	}
	return client.Need.CreateBulk(all...).Exec(ctx)
}

// source is where the demo's catalogue says that it comes from.
const source = "demo"

func (s *sower) sowCatalogue(ctx context.Context, hub string, services []openreferral.Service) error {
	if err := s.sowSource(ctx, source, services); err != nil {
		return err
	}
	if hub == Walton {
		if err := s.sowSource(ctx, councilSource, Council()); err != nil {
			return err
		}
		err := s.store.Client(ctx).Service.Update().Where(service.Source(councilSource), service.Name(councilStaffOnly)).SetVisibility(service.VisibilityStaff).Exec(ctx)
		if err != nil {
			return fmt.Errorf("keep a service for staff: %w", err)
		}
	}
	err := s.store.Client(ctx).Location.Update().Where(location.Name(refuge)).SetVisibility(location.VisibilityRestricted).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hide the refuge's address: %w", err)
	}
	return nil
}

// sowSource imports services under a source.
func (s *sower) sowSource(ctx context.Context, source string, services []openreferral.Service) error {
	summary, err := directory.New(s.store, s.log).Import(ctx, source, openreferral.RowsOf(services), nil)
	if err != nil {
		return err
	}
	if summary.Refused > 0 {
		return fmt.Errorf("the importer refused %d of the demo's own records", summary.Refused)
	}
	return nil
}

// staff finds a member of the trust's staff by their sign-in, or makes them.
func (s *sower) staff(ctx context.Context, m member) (uuid.UUID, error) {
	client := s.store.Client(ctx).StaffUser
	known, err := client.Query().Where(staffuser.Issuer(s.issuer), staffuser.Subject(m.subject)).Only(ctx)
	if ent.IsNotFound(err) {
		known, err = client.Create().SetIssuer(s.issuer).SetSubject(m.subject).SetName(m.name).SetEmail(m.email).Save(ctx)
	}
	if err != nil {
		return uuid.Nil, fmt.Errorf("staff %s: %w", m.subject, err)
	}
	return known.ID, nil
}

// needsByCode are the hub's needs.
func needsByCode(ctx context.Context, client *ent.Client) (map[string]uuid.UUID, error) {
	all, err := client.Need.Query().Where(need.Offered(true)).All(ctx)
	if err != nil {
		return nil, err
	}
	codes := make(map[string]uuid.UUID, len(all))
	for _, n := range all {
		codes[n.Code] = n.ID
	}
	return codes, nil
}
