package signin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// ID is the key of a row.
type ID = uuid.UUID

// identity is a member of staff with the roles and groups that their sign-in or token gave.
type identity struct {
	trustID ID
	staffID ID
	roles   []schema.ClaimRole
	groups  []string
}

// viewer puts together who is asking: roles of the sign-in, roles given in the app, and roles that hubs give to groups.
func (s *SignIn) viewer(ctx context.Context, who identity) (*viewer.Viewer, error) {
	all, err := s.hubs.of(ctx, who.trustID)
	if err != nil {
		return nil, err
	}
	person, err := s.staff.get(ctx, who.trustID, who.staffID, all)
	if err != nil {
		return nil, err
	}
	byGroup, err := s.groupRoles.of(ctx, who.trustID, all)
	if err != nil {
		return nil, err
	}
	if person.disabled {
		return nil, accountClosed()
	}
	at := person.placesOf(who, all, byGroup)
	v := &viewer.Viewer{Kind: viewer.Staff, TrustID: who.trustID, StaffID: who.staffID, Name: person.name, Hubs: at.open, Closed: at.closed}
	if len(v.Hubs) == 0 && len(v.Closed) > 0 {
		return nil, access.Closed(v.Closed[0])
	}
	if len(v.Hubs) == 0 {
		return nil, problem.New(problem.Forbidden, "You are signed in, but you have no role in any hub of your trust yet. Ask your hub manager or trust administrator to give you one.")
	}
	return v, nil
}

// places are the hubs in which somebody has a role, and what they were worked out from.
type places struct {
	open   []viewer.Hub
	closed []viewer.Closed

	who     identity
	all     []store.HubRef
	byGroup []groupRole
}

// placesOf works out where somebody has which roles: once for as long as what it is made of is remembered, since it goes
// through all hubs of the trust.
func (p *person) placesOf(who identity, all []store.HubRef, byGroup []groupRole) *places {
	last := p.last.Load()
	if last != nil && one(last.who.roles, who.roles) && one(last.who.groups, who.groups) && one(last.all, all) && one(last.byGroup, byGroup) {
		return last
	}
	at := &places{who: who, all: all, byGroup: byGroup}
	for _, h := range all {
		roles := rolesIn(h, who, p.grants, byGroup)
		switch state := hub.State(h.State); {
		case len(roles) == 0:
		case state == hub.StateLive:
			at.open = append(at.open, viewer.Hub{ID: h.HubID, Slug: h.Slug, Roles: roles})
		default:
			at.closed = append(at.closed, viewer.Closed{Slug: h.Slug, Name: h.Name, ForGood: state == hub.StateArchived})
		}
	}
	p.last.Store(at)
	return at
}

// one reports whether two slices are one and the same: what is remembered is replaced whole and never changed.
func one[T any](a, b []T) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

func accountClosed() error {
	return problem.New(problem.Forbidden, "Your account in Life Rooms has been closed. Ask your trust administrator if you need it again.")
}

// rolesIn lists the roles held in the hub, in the order of viewer.Roles.
func rolesIn(h store.HubRef, who identity, granted []grant, toGroups []groupRole) []viewer.Role {
	var roles []viewer.Role
	for _, role := range viewer.Roles {
		byClaim := slices.ContainsFunc(who.roles, func(c schema.ClaimRole) bool {
			return viewer.Role(c.Role) == role && (c.Hub == "" || c.Hub == h.Slug)
		})
		byGrant := slices.ContainsFunc(granted, func(g grant) bool {
			return g.role == role && (g.hubID == nil || *g.hubID == h.HubID)
		})
		byGroup := slices.ContainsFunc(toGroups, func(g groupRole) bool {
			return g.role == role && g.hubID == h.HubID && slices.Contains(who.groups, g.group)
		})
		if byClaim || byGrant || byGroup {
			roles = append(roles, role)
		}
	}
	return roles
}

// people remembers members of staff and the roles given to them in the app.
type people struct {
	store *store.Store
	known *lru.Cache[ID, *person]
	left  tombstones
}

type person struct {
	name     string
	disabled bool
	grants   []grant
	at       time.Time
	last     atomic.Pointer[places]
}

type grant struct {
	role  viewer.Role
	hubID *ID
}

const maxPeople = 20_000

func newPeople(s *store.Store) *people {
	known, _ := lru.New[ID, *person](maxPeople) // fails for a size below one only
	return &people{store: s, known: known}
}

// get reads somebody's name and the roles given to them in the open hubs.
func (p *people) get(ctx context.Context, trustID, staffID ID, open []store.HubRef) (*person, error) {
	if one, ok := p.known.Get(staffID); ok && time.Since(one.at) < memory && !p.left.has(staffID) {
		return one, nil
	}
	one := &person{at: time.Now()} // before the reading: what changes meanwhile must not be remembered for longer
	type row struct {
		Name     string
		Disabled bool
		Role     *string
		HubID    *ID
	}
	rows, err := store.Collect(forTrust(ctx, trustID, open...), p.store, pgx.RowToStructByPos[row], `
		select s.name, s.disabled_at is not null, g.role, g.hub_id
		from staff_users s
		left join role_grants g on g.trust_id = s.trust_id and g.staff_user_id = s.id
		where s.trust_id = $1 and s.id = $2`, trustID, staffID)
	if err != nil {
		return nil, fmt.Errorf("read member of staff: %w", err)
	}
	if len(rows) == 0 {
		return nil, accountClosed()
	}
	for _, r := range rows {
		one.name, one.disabled = r.Name, r.Disabled
		if r.Role != nil {
			one.grants = append(one.grants, grant{viewer.Role(*r.Role), r.HubID})
		}
	}
	p.known.Add(staffID, one)
	return one, nil
}

func (p *people) forget(staffID ID) {
	p.left.add(staffID)
	p.known.Remove(staffID)
}

// tombstones marks staff about whom nothing may be remembered for a while: their roles change in a transaction that has
// not yet committed, and what is read until then is what was before.
type tombstones struct {
	mu    sync.Mutex
	until map[ID]time.Time
}

// longestChange is more than a transaction that takes a role away may last.
const longestChange = 10 * time.Second

func (t *tombstones) add(id ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until == nil {
		t.until = map[ID]time.Time{}
	}
	now := time.Now()
	for other, until := range t.until {
		if now.After(until) {
			delete(t.until, other)
		}
	}
	t.until[id] = now.Add(longestChange)
}

func (t *tombstones) has(id ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.until[id])
}

// hubs remembers the hubs of every trust in which somebody works or has worked, by slug, those that are open first.
type hubs struct {
	store   *store.Store
	mu      sync.Mutex
	at      time.Time
	byTrust map[ID][]store.HubRef
	byHost  map[string]store.HubRef
}

// hubsFresh is how long a hub that opens or is suspended takes to be noticed.
const hubsFresh = 5 * time.Second

func (h *hubs) of(ctx context.Context, trustID ID) ([]store.HubRef, error) {
	h.mu.Lock()
	defer h.mu.Unlock() // while one asks, the others would only ask the same
	if err := h.refresh(ctx); err != nil {
		return nil, err
	}
	return h.byTrust[trustID], nil
}

// named gives the hub that is reached by a host name.
func (h *hubs) named(ctx context.Context, hostname string) (store.HubRef, bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.refresh(ctx); err != nil {
		return store.HubRef{}, false, err
	}
	ref, known := h.byHost[hostname]
	return ref, known, nil
}

// states are those of hubs that staff know of, in the order in which they are told of them.
var states = []hub.State{hub.StateLive, hub.StateSuspended, hub.StateArchived}

func (h *hubs) refresh(ctx context.Context) error {
	if time.Since(h.at) < hubsFresh {
		return nil
	}
	at := time.Now()
	all, err := h.store.AllHubs(ctx)
	if err != nil {
		return fmt.Errorf("list hubs: %w", err)
	}
	rank := func(ref store.HubRef) int { return slices.Index(states, hub.State(ref.State)) }
	slices.SortFunc(all, func(a, b store.HubRef) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Slug, b.Slug))
	})
	byTrust, byHost := map[ID][]store.HubRef{}, map[string]store.HubRef{}
	for _, ref := range all {
		if rank(ref) < 0 {
			continue
		}
		byTrust[ref.TrustID] = append(byTrust[ref.TrustID], ref)
		for _, name := range ref.Hostnames {
			byHost[name] = ref
		}
	}
	h.at, h.byTrust, h.byHost = at, byTrust, byHost
	return nil
}

// HubsChanged makes the next request see hubs as they are now; without it they are seen within hubsFresh.
func (s *SignIn) HubsChanged() {
	s.hubs.mu.Lock()
	defer s.hubs.mu.Unlock()
	s.hubs.at = time.Time{}
}

// forTrust is a context in which the platform works on one trust, and on those of its hubs that are given.
func forTrust(ctx context.Context, trustID ID, open ...store.HubRef) context.Context {
	hubs := make([]viewer.Hub, 0, len(open))
	for _, h := range open {
		hubs = append(hubs, viewer.Hub{ID: h.HubID, Slug: h.Slug})
	}
	return viewer.NewContext(ctx, viewer.ForPlatform(trustID, hubs...))
}

// arrive makes or refreshes the StaffUser of somebody who signed in; many first sign-ins at once make one.
func (s *SignIn) arrive(ctx context.Context, p *provider, c *claims) (ID, error) {
	var email *string
	if c.Email != "" && len(c.Email) <= 320 {
		email = &c.Email
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	type row struct {
		ID     ID
		Closed bool
	}
	rows, err := store.Collect(forTrust(ctx, p.TrustID), s.store, pgx.RowToStructByPos[row], `
		insert into staff_users (id, trust_id, issuer, subject, name, email, created_at, last_signed_in_at)
		values ($1, $2, $3, $4, $5, $6, now(), now())
		on conflict (trust_id, issuer, subject)
		do update set name = excluded.name, email = excluded.email, last_signed_in_at = excluded.last_signed_in_at
		returning id, disabled_at is not null`, id, p.TrustID, p.Issuer, c.Subject, c.displayName(), email)
	switch {
	case err != nil:
		return uuid.Nil, fmt.Errorf("keep member of staff: %w", err)
	case rows[0].Closed:
		return uuid.Nil, accountClosed()
	}
	return rows[0].ID, nil
}
