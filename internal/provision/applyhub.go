package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/groupgrant"
	"liferooms.io/liferooms/ent/hostname"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/room"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// HubSpec is the whole of what a hub shall be.
type HubSpec struct {
	Trust string // the ODS code of its trust
	Slug  string
	Hub
	CatalogueSources []catalogue.Source
	Suspended        bool
}

const (
	oneSlug     = "hub_trust_id_slug"
	oneHostname = "hand_hostnames_name"
)

// ApplyHub makes a hub what the spec says, and makes it where there is none. It answers the fields by which the hub was
// changed, by the names of the API. The error joins a *problem.Problem for each thing to mend.
func (p *Provisioner) ApplyHub(ctx context.Context, want HubSpec) (changed []string, err error) {
	if err := want.check(); err != nil {
		return nil, err
	}
	for {
		trust, id, err := p.store.FindHub(ctx, want.Trust, want.Slug)
		if err != nil {
			return nil, err
		}
		if trust == uuid.Nil {
			return nil, problem.Field("trust", "There is no trust %s here yet. Apply the trust first, then its hubs.", want.Trust)
		}
		isNew := id == uuid.Nil
		if isNew {
			id = uuid.Must(uuid.NewV7())
		}
		changed, err := p.applyHub(atHub(ctx, trust, id, want.Slug), id, want, isNew)
		if isNew && store.IsUnique(err, oneSlug) {
			continue // somebody else made it just now, and it never goes away
		}
		if err == nil && len(changed) > 0 {
			p.sessions.HubsChanged()
		}
		return changed, err
	}
}

func (p *Provisioner) applyHub(ctx context.Context, id uuid.UUID, want HubSpec, isNew bool) (changed []string, err error) {
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		changed = nil
		client := p.store.Client(ctx)
		if isNew {
			changed = []string{"state", "name"}
			prefix := strings.ToUpper(want.Slug[:1])
			if err := client.Hub.Create().SetID(id).SetSlug(want.Slug).SetName(want.Name).SetState(want.state()).SetMemberPrefix(prefix).Exec(ctx); err != nil {
				return fmt.Errorf("make the hub: %w", err)
			}
		}
		if err := p.lock(ctx, "hubs", id); err != nil {
			return err
		}
		row, err := client.Hub.Query().Where(hub.ID(id)).Only(ctx)
		if err != nil {
			return fmt.Errorf("read the hub: %w", err)
		}
		have, err := p.settings(ctx, row)
		if err != nil {
			return err
		}
		fields, err := p.writeRow(ctx, row, have, want)
		if err != nil {
			return err
		}
		changed = append(changed, fields...)
		for _, part := range []struct {
			name  string
			same  bool
			write func(ctx context.Context, id uuid.UUID, have, want Hub) error
		}{
			{"hostnames", slices.Equal(have.Hostnames, want.Hostnames), p.writeHostnames},
			{"needs", slices.Equal(have.Needs, want.Needs), p.writeNeeds},
			{"rooms", slices.Equal(have.Rooms, want.Rooms), p.writeRooms},
			{"roleGrants", slices.Equal(have.RoleGrants, want.RoleGrants), p.writeRoleGrants},
		} {
			if part.same {
				continue
			}
			if err := part.write(ctx, id, have, want.Hub); err != nil {
				return err
			}
			changed = append(changed, part.name)
		}
		sources, err := p.sources.Set(ctx, want.CatalogueSources)
		if err != nil {
			return err
		}
		if len(sources) > 0 {
			changed = append(changed, "catalogueSources")
		}
		if len(changed) == 0 {
			return nil
		}
		return p.log.Change(ctx, audit.Event{Action: "hub.applied", SubjectType: ent.TypeHub, SubjectID: id, Fields: changed})
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func (s *HubSpec) state() hub.State {
	if s.Suspended {
		return hub.StateSuspended
	}
	return hub.StateLive
}

// writeRow writes the columns that differ.
func (p *Provisioner) writeRow(ctx context.Context, row *ent.Hub, have Hub, want HubSpec) (changed []string, err error) {
	u := p.store.Client(ctx).Hub.UpdateOneID(row.ID)
	set := func(name string, same bool, write func()) {
		if !same {
			changed = append(changed, name)
			write()
		}
	}
	set("state", row.State == want.state(), func() { u.SetState(want.state()) })
	set("name", have.Name == want.Name, func() { u.SetName(want.Name) })
	set("address", same(have.Address, want.Address), func() { put(want.Address, u.SetAddress, u.ClearAddress) })
	set("postcode", same(have.Postcode, want.Postcode), func() { put(want.Postcode, u.SetPostcode, u.ClearPostcode) })
	set("uprn", same(have.UPRN, want.UPRN), func() { put(want.UPRN, u.SetUprn, u.ClearUprn) })
	set("latitude", same(have.Latitude, want.Latitude), func() { put(want.Latitude, u.SetLatitude, u.ClearLatitude) })
	set("longitude", same(have.Longitude, want.Longitude), func() { put(want.Longitude, u.SetLongitude, u.ClearLongitude) })
	set("timeZone", have.TimeZone == want.TimeZone, func() { u.SetTimeZone(want.TimeZone) })
	set("openingHours", slices.Equal(have.OpeningHours, want.OpeningHours), func() { u.SetOpeningHours(want.OpeningHours) })
	exceptions := stored(want.OpeningExceptions)
	set("openingExceptions", slices.Equal(stored(have.OpeningExceptions), exceptions), func() { u.SetOpeningExceptions(exceptions) })
	brand := same(have.Brand.Name, want.Brand.Name) && same(have.Brand.Colour, want.Brand.Colour) && same(have.Brand.LogoURL, want.Brand.LogoURL)
	set("brand", brand, func() {
		put(want.Brand.Name, u.SetBrandName, u.ClearBrandName)
		put(want.Brand.Colour, u.SetBrandColour, u.ClearBrandColour)
		put(want.Brand.LogoURL, u.SetBrandLogoURL, u.ClearBrandLogoURL)
	})
	set("modules", slices.Equal(have.Modules, want.Modules), func() { u.SetModules(want.Modules) })
	if len(changed) == 0 {
		return nil, nil
	}
	if err := u.Exec(ctx); err != nil {
		return nil, fmt.Errorf("change the hub: %w", err)
	}
	return changed, nil
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// put sets a column, or clears it where the value is nil.
func put[T, U any](value *T, set func(T) U, clear func() U) {
	if value == nil {
		clear()
		return
	}
	set(*value)
}

func (p *Provisioner) writeHostnames(ctx context.Context, id uuid.UUID, have, want Hub) error {
	client := p.store.Client(ctx).Hostname
	if gone := without(have.Hostnames, want.Hostnames); len(gone) > 0 {
		if _, err := client.Delete().Where(hostname.HubID(id), hostname.NameIn(gone...)).Exec(ctx); err != nil {
			return fmt.Errorf("free host names: %w", err)
		}
	}
	for _, name := range without(want.Hostnames, have.Hostnames) {
		err := client.Create().SetName(name).SetTrustID(viewer.FromContext(ctx).TrustID).SetHubID(id).Exec(ctx)
		if store.IsUnique(err, oneHostname) {
			return &problem.Problem{Code: problem.Conflict, Field: "hostnames", Message: fmt.Sprintf("The host name %s is taken. Choose another, or free it where it is used.", name)}
		}
		if err != nil {
			return fmt.Errorf("take a host name: %w", err)
		}
	}
	return nil
}

// writeNeeds offers the needs in their order. One that is left out stays, for what was recorded with it.
func (p *Provisioner) writeNeeds(ctx context.Context, id uuid.UUID, _, want Hub) error {
	client := p.store.Client(ctx).Need
	rows, err := client.Query().Where(need.HubID(id)).All(ctx)
	if err != nil {
		return fmt.Errorf("read needs: %w", err)
	}
	known := map[string]*ent.Need{}
	for _, row := range rows {
		known[row.Code] = row
	}
	for i, n := range want.Needs {
		row := known[n.Code]
		delete(known, n.Code)
		switch {
		case row == nil:
			err = client.Create().SetCode(n.Code).SetName(n.Name).SetPosition(i).Exec(ctx)
		case row.Name != n.Name || row.Position != i || !row.Offered:
			err = client.UpdateOneID(row.ID).SetName(n.Name).SetPosition(i).SetOffered(true).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("offer a need: %w", err)
		}
	}
	for _, row := range known {
		if row.Offered {
			if err := client.UpdateOneID(row.ID).SetOffered(false).Exec(ctx); err != nil {
				return fmt.Errorf("offer a need no longer: %w", err)
			}
		}
	}
	return nil
}

func (p *Provisioner) writeRooms(ctx context.Context, id uuid.UUID, have, want Hub) error {
	client := p.store.Client(ctx).Room
	capacity := map[string]int{}
	for _, r := range have.Rooms {
		capacity[r.Name] = r.Capacity
	}
	for _, r := range want.Rooms {
		var err error
		switch before, known := capacity[r.Name]; {
		case !known:
			err = client.Create().SetName(r.Name).SetCapacity(r.Capacity).Exec(ctx)
		case before != r.Capacity:
			err = client.Update().Where(room.HubID(id), room.Name(r.Name)).SetCapacity(r.Capacity).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("set up a room: %w", err)
		}
		delete(capacity, r.Name)
	}
	for name := range capacity {
		if _, err := client.Delete().Where(room.HubID(id), room.Name(name)).Exec(ctx); err != nil {
			return fmt.Errorf("remove a room: %w", err)
		}
	}
	return nil
}

// writeRoleGrants gives and takes roles by group. Whoever may hold one that is taken signs in again.
func (p *Provisioner) writeRoleGrants(ctx context.Context, id uuid.UUID, have, want Hub) error {
	client := p.store.Client(ctx).GroupGrant
	gone := without(have.RoleGrants, want.RoleGrants)
	for _, g := range gone {
		_, err := client.Delete().Where(groupgrant.HubID(id), groupgrant.Group(g.Group), groupgrant.RoleEQ(groupgrant.Role(g.Role))).Exec(ctx)
		if err != nil {
			return fmt.Errorf("take a group's role: %w", err)
		}
	}
	for _, g := range without(want.RoleGrants, have.RoleGrants) {
		if err := client.Create().SetGroup(g.Group).SetRole(groupgrant.Role(g.Role)).Exec(ctx); err != nil {
			return fmt.Errorf("give a group a role: %w", err)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	var groups []string
	for _, g := range gone {
		groups = append(groups, g.Group)
	}
	return p.sessions.EndGroupSessions(ctx, groups)
}

// without gives what is in all and not in others.
func without[T comparable](all, others []T) []T {
	var rest []T
	for _, one := range all {
		if !slices.Contains(others, one) {
			rest = append(rest, one)
		}
	}
	return rest
}

// ArchiveHub ends a hub's work: nobody may work in it, its host names are free, its data is kept. False where it was
// archived already, or was never made.
func (p *Provisioner) ArchiveHub(ctx context.Context, trust, slug string) (archived bool, err error) {
	trustID, id, err := p.store.FindHub(ctx, trust, slug)
	if err != nil || id == uuid.Nil {
		return false, err
	}
	err = p.store.Tx(atHub(ctx, trustID, id, slug), func(ctx context.Context) error {
		archived = false
		if err := p.lock(ctx, "hubs", id); err != nil {
			return err
		}
		client := p.store.Client(ctx)
		n, err := client.Hub.Update().Where(hub.ID(id), hub.StateNEQ(hub.StateArchived)).SetState(hub.StateArchived).Save(ctx)
		if err != nil {
			return fmt.Errorf("archive the hub: %w", err)
		}
		if n == 0 {
			return nil
		}
		archived = true
		if _, err := client.Hostname.Delete().Where(hostname.HubID(id)).Exec(ctx); err != nil {
			return fmt.Errorf("free host names: %w", err)
		}
		return p.log.Change(ctx, audit.Event{Action: "hub.archived", SubjectType: ent.TypeHub, SubjectID: id})
	})
	if err != nil {
		return false, err
	}
	if archived {
		p.sessions.HubsChanged()
	}
	return archived, nil
}

// SyncCatalogue has a source of the hub fetched now; all of them where none is named. NOT_FOUND where there is no such hub
// or source.
func (p *Provisioner) SyncCatalogue(ctx context.Context, trust, slug, source string) error {
	trustID, id, err := p.store.FindHub(ctx, trust, slug)
	if err != nil {
		return err
	}
	if id == uuid.Nil {
		return problem.Missing("hub")
	}
	return p.sources.Sync(atHub(ctx, trustID, id, slug), source)
}
