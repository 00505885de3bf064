package staff

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/predicate"
	"liferooms.io/liferooms/ent/rolegrant"
	"liferooms.io/liferooms/ent/staffuser"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Sessions ends what somebody is signed in with.
type Sessions interface {
	// EndSessions ends every session of the member of staff, in the transaction of ctx where there is one.
	EndSessions(ctx context.Context, staffID uuid.UUID) error
}

// Roles are the roles held in a hub. Every method works in the one hub of the viewer in ctx.
type Roles struct {
	store    *store.Store
	log      *audit.Log
	sessions Sessions
}

// New makes it.
func New(s *store.Store, log *audit.Log, sessions Sessions) *Roles {
	return &Roles{store: s, log: log, sessions: sessions}
}

const oneGrant = "hand_role_grants_once"

// Grant gives a role in the hub. A role that is held already stays held once.
func (r *Roles) Grant(ctx context.Context, clientMutationID string, staffID uuid.UUID, role viewer.Role) (*ent.RoleGrant, error) {
	hub, me := hubOf(ctx), viewer.FromContext(ctx).StaffID
	held := func(ctx context.Context) (*ent.RoleGrant, error) {
		return r.store.Client(ctx).RoleGrant.Query().
			Where(rolegrant.StaffUserID(staffID), rolegrant.HubID(hub), rolegrant.RoleEQ(rolegrant.Role(role))).Only(ctx)
	}
	var grant *ent.RoleGrant
	err := r.store.Tx(ctx, func(ctx context.Context) error {
		known, err := r.store.Client(ctx).StaffUser.Query().Where(staffuser.ID(staffID), staffuser.DisabledAtIsNil()).Exist(ctx)
		switch {
		case err != nil:
			return err
		case !known:
			return problem.Missing("member of staff")
		}
		if grant, err = held(ctx); !ent.IsNotFound(err) {
			return err
		}
		create := r.store.Client(ctx).RoleGrant.Create().SetStaffUserID(staffID).SetHubID(hub).
			SetRole(rolegrant.Role(role)).SetClientMutationID(clientMutationID)
		if me != uuid.Nil {
			create.SetGrantedByID(me)
		}
		if grant, err = create.Save(ctx); err != nil {
			return err
		}
		return r.log.Change(ctx, audit.Event{Action: "role.granted", SubjectType: "staff", SubjectID: staffID, Fields: []string{string(role)}})
	})
	if store.IsUnique(err, oneGrant) {
		grant, err = held(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("grant a role: %w", err)
	}
	return grant, nil
}

// Revoke takes a role of the hub away and ends the sessions of who held it, so that nothing goes on under the old role.
func (r *Roles) Revoke(ctx context.Context, grantID uuid.UUID) error {
	err := r.store.Tx(ctx, func(ctx context.Context) error {
		grant, err := r.store.Client(ctx).RoleGrant.Query().Where(rolegrant.ID(grantID)).ForUpdate().Only(ctx)
		switch {
		case ent.IsNotFound(err):
			return problem.Missing("role")
		case err != nil:
			return err
		case grant.HubID == nil:
			return problem.New(problem.Conflict, "This role is held in every hub of the trust, so it cannot be taken away in one.")
		case grant.StaffUserID == viewer.FromContext(ctx).StaffID && grant.Role == rolegrant.RoleTrustAdmin:
			return problem.New(problem.Conflict, "You cannot take away your own administrator role. Ask another administrator.")
		}
		if err := r.store.Client(ctx).RoleGrant.DeleteOne(grant).Exec(ctx); err != nil {
			return err
		}
		if err := r.sessions.EndSessions(ctx, grant.StaffUserID); err != nil {
			return err
		}
		return r.log.Change(ctx, audit.Event{Action: "role.revoked", SubjectType: "staff", SubjectID: grant.StaffUserID, Fields: []string{string(grant.Role)}})
	})
	if err != nil {
		return fmt.Errorf("revoke a role: %w", err)
	}
	return nil
}

// Holders asks for the staff who were given a role in the hub, or in every hub of the trust.
func (r *Roles) Holders(ctx context.Context) *ent.StaffUserQuery {
	return r.store.Client(ctx).StaffUser.Query().Where(staffuser.HasGrantsWith(Here(ctx)))
}

// MaxFound bounds a search for staff.
const MaxFound = 20

// Find asks for staff of the whole trust by a part of their name; nil for fewer than two letters.
func (r *Roles) Find(ctx context.Context, name string) *ent.StaffUserQuery {
	name, ok := searchable(name)
	if !ok {
		return nil
	}
	return r.store.Client(ctx).StaffUser.Query().Where(staffuser.NameContainsFold(name), staffuser.DisabledAtIsNil()).
		Order(staffuser.ByName(), staffuser.ByID()).Limit(MaxFound)
}

// searchable is a name as it is searched by; ok is false for fewer than two letters.
func searchable(name string) (trimmed string, ok bool) {
	trimmed = strings.TrimSpace(name)
	return trimmed, utf8.RuneCountInString(trimmed) >= 2
}

// NamePattern is the pattern by which Find matches names, for ILIKE; nil, which matches none, for fewer than two letters.
func NamePattern(name string) *string {
	name, ok := searchable(name)
	if !ok {
		return nil
	}
	pattern := "%" + likeLiteral.Replace(name) + "%"
	return &pattern
}

var likeLiteral = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// Here narrows grants to those that count in the hub.
func Here(ctx context.Context) predicate.RoleGrant {
	return rolegrant.Or(rolegrant.HubID(hubOf(ctx)), rolegrant.HubIDIsNil())
}

func hubOf(ctx context.Context) uuid.UUID {
	h, _ := viewer.FromContext(ctx).OneHub()
	return h.ID
}
