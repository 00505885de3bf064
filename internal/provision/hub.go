package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/groupgrant"
	"liferooms.io/liferooms/ent/hostname"
	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/room"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/viewer"
)

// Hub is what is set up of a hub beside its catalogue: both what shall be and what is.
type Hub struct {
	Name              string
	Address           *string
	Postcode          *string
	UPRN              *string
	Latitude          *float64
	Longitude         *float64
	TimeZone          string
	OpeningHours      []schema.OpeningHours // by day
	OpeningExceptions []OpeningException    // by date
	Hostnames         []string              // by name
	Brand             Brand
	Needs             []Need // those offered, in order
	Modules           []schema.Module
	Rooms             []Room      // by name
	RoleGrants        []GroupRole // by group, then by role
}

// OpeningException is a day on which the hub's week does not hold; without Opens and Closes it is closed.
type OpeningException struct {
	Date          time.Time // midnight UTC
	Opens, Closes *string   // HH:MM in the hub's time zone
	Note          *string
}

// Brand is how a hub shows itself; nil: the neutral way.
type Brand struct{ Name, Colour, LogoURL *string }

// Need is one of the hub's taxonomy.
type Need struct{ Code, Name string }

// Room is a bookable space for so many people.
type Room struct {
	Name     string
	Capacity int
}

// GroupRole gives a role in the hub to whoever has the group in their provider's roles claim.
type GroupRole struct {
	Group string
	Role  viewer.Role
}

// HubState is a hub as it is set up now, and how it is.
type HubState struct {
	Hub
	ID    uuid.UUID
	Trust string // its ODS code
	Slug  string
	State hub.State
	// CatalogueSources are without their documents, by name.
	CatalogueSources []*ent.CatalogueSource
	// CatalogueSyncedAt is the oldest of the sources' last successes; nil: one never succeeded, or there is none.
	CatalogueSyncedAt *time.Time
	// OrganisationCount and ServiceCount leave out what is retired.
	OrganisationCount int
	ServiceCount      int
}

// Hub reads a hub by the ODS code of its trust and its slug; nil where there is none.
func (p *Provisioner) Hub(ctx context.Context, trust, slug string) (*HubState, error) {
	trustID, id, err := p.store.FindHub(ctx, trust, slug)
	if err != nil || id == uuid.Nil {
		return nil, err
	}
	ctx = atHub(ctx, trustID, id, slug)
	state := &HubState{ID: id, Trust: trust, Slug: slug}
	client := p.store.Client(ctx)
	row, err := client.Hub.Query().Where(hub.ID(id)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the hub: %w", err)
	}
	state.State = row.State
	if state.Hub, err = p.settings(ctx, row); err != nil {
		return nil, err
	}
	if state.CatalogueSources, err = p.sources.List(ctx); err != nil {
		return nil, err
	}
	state.CatalogueSyncedAt = oldestSuccess(state.CatalogueSources)
	if state.OrganisationCount, err = client.Organisation.Query().Where(organisation.HubID(id), organisation.RetiredAtIsNil()).Count(ctx); err != nil {
		return nil, fmt.Errorf("count partners: %w", err)
	}
	if state.ServiceCount, err = client.Service.Query().Where(service.HubID(id), service.RetiredAtIsNil()).Count(ctx); err != nil {
		return nil, fmt.Errorf("count services: %w", err)
	}
	return state, nil
}

func oldestSuccess(sources []*ent.CatalogueSource) *time.Time {
	var oldest *time.Time
	for _, s := range sources {
		if s.SyncedAt == nil {
			return nil
		}
		if oldest == nil || s.SyncedAt.Before(*oldest) {
			oldest = s.SyncedAt
		}
	}
	return oldest
}

// settings reads what is set up of the hub beside its row.
func (p *Provisioner) settings(ctx context.Context, row *ent.Hub) (Hub, error) {
	h := Hub{
		Name: row.Name, Address: row.Address, Postcode: row.Postcode, UPRN: row.Uprn, Latitude: row.Latitude, Longitude: row.Longitude,
		TimeZone: row.TimeZone, OpeningHours: row.OpeningHours, Modules: row.Modules,
		Brand: Brand{Name: row.BrandName, Colour: row.BrandColour, LogoURL: row.BrandLogoURL},
	}
	for _, e := range row.OpeningExceptions {
		read, err := fromStored(e)
		if err != nil {
			return h, err
		}
		h.OpeningExceptions = append(h.OpeningExceptions, read)
	}
	client := p.store.Client(ctx)
	names, err := client.Hostname.Query().Where(hostname.HubID(row.ID)).Order(hostname.ByName()).All(ctx)
	if err != nil {
		return h, fmt.Errorf("read host names: %w", err)
	}
	for _, n := range names {
		h.Hostnames = append(h.Hostnames, n.Name)
	}
	needs, err := client.Need.Query().Where(need.HubID(row.ID), need.Offered(true)).Order(need.ByPosition(), need.ByID()).All(ctx)
	if err != nil {
		return h, fmt.Errorf("read needs: %w", err)
	}
	for _, n := range needs {
		h.Needs = append(h.Needs, Need{n.Code, n.Name})
	}
	rooms, err := client.Room.Query().Where(room.HubID(row.ID)).All(ctx)
	if err != nil {
		return h, fmt.Errorf("read rooms: %w", err)
	}
	for _, r := range rooms {
		h.Rooms = append(h.Rooms, Room{r.Name, r.Capacity})
	}
	grants, err := client.GroupGrant.Query().Where(groupgrant.HubID(row.ID)).All(ctx)
	if err != nil {
		return h, fmt.Errorf("read roles by group: %w", err)
	}
	for _, g := range grants {
		h.RoleGrants = append(h.RoleGrants, GroupRole{g.Group, viewer.Role(g.Role)})
	}
	h.sort()
	return h, nil
}

// sort puts in order what has none of its own, so that two settings can be compared; the caller's lists stay as they are.
// The database's own order of text depends on its locale.
func (h *Hub) sort() {
	h.OpeningHours, h.OpeningExceptions = slices.Clone(h.OpeningHours), slices.Clone(h.OpeningExceptions)
	h.Hostnames, h.Modules = slices.Clone(h.Hostnames), slices.Compact(slices.Sorted(slices.Values(h.Modules)))
	h.Rooms, h.RoleGrants = slices.Clone(h.Rooms), slices.Clone(h.RoleGrants)
	slices.SortFunc(h.OpeningHours, func(a, b schema.OpeningHours) int {
		return cmp.Compare(slices.Index(schema.Weekdays, a.Day), slices.Index(schema.Weekdays, b.Day))
	})
	slices.SortFunc(h.OpeningExceptions, func(a, b OpeningException) int { return a.Date.Compare(b.Date) })
	slices.Sort(h.Hostnames)
	slices.SortFunc(h.Modules, func(a, b schema.Module) int {
		return cmp.Compare(slices.Index(schema.Modules, a), slices.Index(schema.Modules, b))
	})
	slices.SortFunc(h.Rooms, func(a, b Room) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(h.RoleGrants, func(a, b GroupRole) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Role, b.Role))
	})
}

func fromStored(e schema.OpeningException) (OpeningException, error) {
	day, err := time.Parse(time.DateOnly, e.Date)
	if err != nil {
		return OpeningException{}, fmt.Errorf("read an opening exception: %w", err)
	}
	return OpeningException{Date: day, Opens: orNil(e.Opens), Closes: orNil(e.Closes), Note: orNil(e.Note)}, nil
}

func stored(all []OpeningException) []schema.OpeningException {
	kept := make([]schema.OpeningException, len(all))
	for i, e := range all {
		kept[i] = schema.OpeningException{Date: e.Date.Format(time.DateOnly), Opens: value(e.Opens), Closes: value(e.Closes), Note: value(e.Note)}
	}
	return kept
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
