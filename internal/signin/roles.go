package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// groups reads the values of the roles claim, which give roles by the provider's mapping and by what hubs grant to groups;
// matter says whether either gives any. Where the provider says that there are too many groups to list, or where ask is set
// and it lists none, it is asked at its userinfo endpoint; too many groups that cannot be looked up are refused, for "no
// groups" would be a guess.
func (p *provider) groups(ctx context.Context, c *claims, accessToken string, ask, matter bool) ([]string, error) {
	values, listed := c.values(p.RolesClaim)
	overage := !listed && c.overage(p.RolesClaim)
	if listed || !matter || !overage && !ask {
		return values, nil
	}
	info, err := p.userInfo(ctx, c.Subject, accessToken)
	if err == nil {
		values, listed = info.values(p.RolesClaim)
	}
	switch {
	case listed:
		return values, nil
	case overage:
		return nil, problem.New(problem.Forbidden, "Your trust's sign-in service could not list your groups because you are in too many, so your roles are not known. Ask your IT service desk to send Life Rooms only the groups that are assigned to it.").Because(err)
	case err != nil:
		return nil, unreachable(err)
	}
	return nil, nil
}

// userInfo asks the issuer for more claims. Where the issuer has no such endpoint there are none.
func (p *provider) userInfo(ctx context.Context, subject, accessToken string) (*claims, error) {
	known, err := p.issuer.discover(ctx)
	if err != nil {
		return nil, err
	}
	c := &claims{}
	if known.UserInfo == "" || accessToken == "" {
		return c, nil
	}
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: accessToken, TokenType: "Bearer"})
	info, err := known.provider.UserInfo(oidc.ClientContext(ctx, p.issuer.http), source)
	var network *url.Error
	switch {
	case errors.As(err, &network):
		return c, fmt.Errorf("ask for user info: %w", err)
	case err != nil: // its text holds what was answered, which may be about the person
		return c, errors.New("ask for user info: refused, or not answered with claims")
	}
	if info.Subject != subject {
		return c, errors.New("user info is about somebody else")
	}
	return c, info.Claims(&c.all)
}

// values gives the values of a claim that is an array or a text of words; false where the claim is absent.
func (c *claims) values(name string) ([]string, bool) {
	raw, ok := c.all[name]
	if !ok || string(raw) == "null" {
		return nil, false
	}
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list, true
	}
	var words string
	if json.Unmarshal(raw, &words) == nil {
		return strings.Fields(words), true
	}
	return nil, true
}

// overage reports whether the claim was left out because it is too long. Entra ID says so by a distributed claim
// (_claim_names), or by hasgroups where tokens travel in URLs.
func (c *claims) overage(name string) bool {
	var elsewhere map[string]json.RawMessage
	if json.Unmarshal(c.all["_claim_names"], &elsewhere) == nil && elsewhere[name] != nil {
		return true
	}
	has := strings.Trim(string(c.all["hasgroups"]), `"`)
	return name == "groups" && has != "" && has != "false" && has != "null"
}

func (p *provider) mapped(values []string) []schema.ClaimRole {
	var roles []schema.ClaimRole
	for _, m := range p.RoleMappings {
		role := schema.ClaimRole{Role: m.Role, Hub: m.Hub}
		if viewer.Role(m.Role).Valid() && slices.Contains(values, m.Value) && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// groupRole is a role that a hub gives to whoever has the group.
type groupRole struct {
	hubID ID
	group string
	role  viewer.Role
}

// groupRoles remembers, by trust, the roles that its hubs give to groups.
type groupRoles struct {
	store  *store.Store
	flight singleflight.Group
	mu     sync.Mutex
	kept   map[ID]keptGroupRoles
}

type keptGroupRoles struct {
	all []groupRole
	at  time.Time
}

// of gives the roles that the hubs give to groups.
func (g *groupRoles) of(ctx context.Context, trustID ID, hubs []store.HubRef) ([]groupRole, error) {
	g.mu.Lock()
	kept, known := g.kept[trustID]
	g.mu.Unlock()
	if known && time.Since(kept.at) < memory {
		return kept.all, nil
	}
	done := g.flight.DoChan(trustID.String(), func() (any, error) {
		at := time.Now() // before the reading: what changes meanwhile must not be remembered for longer
		ids := make([]ID, len(hubs))
		for i, h := range hubs {
			ids[i] = h.HubID
		}
		all, err := store.Collect(forTrust(context.WithoutCancel(ctx), trustID, hubs...), g.store, func(row pgx.CollectableRow) (one groupRole, err error) {
			return one, row.Scan(&one.hubID, &one.group, &one.role)
		}, `select hub_id, "group", role from group_grants where hub_id = any($1)`, ids)
		if err != nil {
			return nil, fmt.Errorf("read roles by group: %w", err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.kept == nil {
			g.kept = map[ID]keptGroupRoles{}
		}
		g.kept[trustID] = keptGroupRoles{all, at}
		return all, nil
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.([]groupRole), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *groupRoles) forget(trustID ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.kept, trustID)
}

// granted are those of the groups to which a hub gives a role.
func granted(groups []string, roles []groupRole) []string {
	var known []string
	for _, group := range groups {
		if !slices.Contains(known, group) && slices.ContainsFunc(roles, func(r groupRole) bool { return r.group == group }) {
			known = append(known, group)
		}
	}
	return known
}
