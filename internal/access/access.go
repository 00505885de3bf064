package access

import (
	"slices"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// Permission is what a field of the API asks for, by the directive @can(do:).
type Permission string

// The permissions. A permission is held in a hub, by way of a role in that hub; those of the platform are held in none.
const (
	HubRead           Permission = "HUB_READ"
	DeskRead          Permission = "DESK_READ"
	DeskWrite         Permission = "DESK_WRITE"
	PersonRead        Permission = "PERSON_READ"
	PersonWrite       Permission = "PERSON_WRITE"
	ConversationRead  Permission = "CONVERSATION_READ"
	ConversationWrite Permission = "CONVERSATION_WRITE"
	CatalogueRead     Permission = "CATALOGUE_READ"
	CatalogueWrite    Permission = "CATALOGUE_WRITE"
	ReportRead        Permission = "REPORT_READ"
	StaffRead         Permission = "STAFF_READ"
	StaffWrite        Permission = "STAFF_WRITE"
	AuditRead         Permission = "AUDIT_READ"
	PlatformRead      Permission = "PLATFORM_READ"
	PlatformWrite     Permission = "PLATFORM_WRITE"
)

// Permissions lists every permission.
var Permissions = []Permission{HubRead, DeskRead, DeskWrite, PersonRead, PersonWrite, ConversationRead, ConversationWrite,
	CatalogueRead, CatalogueWrite, ReportRead, StaffRead, StaffWrite, AuditRead, PlatformRead, PlatformWrite}

// granted is the table of roles: what each role may do in a hub where it is held. What is not here is denied.
// It follows the domain's table of roles: reception sees names, access needs, safe contact and today's visits, and no
// notes; a trust admin sees settings, roles, directory and audit, and no client notes; an analyst sees no names.
var granted = map[viewer.Role][]Permission{
	viewer.Reception:     {HubRead, DeskRead, DeskWrite, PersonRead, PersonWrite, CatalogueRead},
	viewer.Advisor:       {HubRead, DeskRead, DeskWrite, PersonRead, PersonWrite, ConversationRead, ConversationWrite, CatalogueRead},
	viewer.Tutor:         {HubRead, CatalogueRead},
	viewer.VolunteerLead: {HubRead, CatalogueRead},
	viewer.Manager:       {HubRead, DeskRead, DeskWrite, PersonRead, PersonWrite, ConversationRead, CatalogueRead, CatalogueWrite, ReportRead, StaffRead},
	viewer.Safeguarding:  {HubRead, CatalogueRead},
	viewer.Analyst:       {HubRead, CatalogueRead, ReportRead},
	viewer.TrustAdmin:    {HubRead, CatalogueRead, CatalogueWrite, ReportRead, StaffRead, StaffWrite, AuditRead},
	viewer.Governance:    {HubRead, AuditRead},
}

// Set is the permissions held in one hub, in the order of Permissions.
type Set []Permission

// Has reports whether the set holds p.
func (s Set) Has(p Permission) bool { return slices.Contains(s, p) }

// operator is what the platform's operator may do, and no role of staff.
var operator = Set{PlatformRead, PlatformWrite}

// Outside gives what the viewer may do in no hub at all: only the platform's operator may do anything there.
func Outside(v *viewer.Viewer) Set {
	if v.Kind == viewer.Operator {
		return operator
	}
	return nil
}

// In gives what the viewer may do in the hub. The platform may do everything in the hubs it is at work on.
func In(v *viewer.Viewer, h viewer.Hub) Set {
	if v.Kind == viewer.Platform {
		return Permissions
	}
	return Of(h.Roles...)
}

// Of gives what the roles allow together.
func Of(roles ...viewer.Role) Set {
	var set Set
	for _, p := range Permissions {
		for _, r := range roles {
			if slices.Contains(granted[r], p) {
				set = append(set, p)
				break
			}
		}
	}
	return set
}

// Denied is the answer to somebody who lacks a permission: it says who to ask.
func Denied(p Permission) *problem.Problem {
	if slices.Contains(operator, p) {
		return problem.New(problem.Forbidden, "Only the platform's own operator may do this (%s). Trusts and hubs are set up by their resources.", p)
	}
	return problem.New(problem.Forbidden, "Your role in this hub does not allow this (%s). Ask your hub manager or trust administrator if you need it.", p)
}

// Closed is the answer to somebody whose hub is closed: it is still theirs to know of, so they are told.
func Closed(c viewer.Closed) *problem.Problem {
	if c.ForGood {
		return problem.New(problem.Forbidden, "%s has closed in Life Rooms. Its records are kept; ask your trust administrator if you need one of them.", c.Name)
	}
	return problem.New(problem.Forbidden, "%s is paused in Life Rooms just now. Nothing is lost. Ask your trust administrator when it opens again.", c.Name)
}
