package store

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/entpgx"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// A level says to whom a table's rows belong.
type level int

const (
	platformLevel level = iota + 1
	trustLevel          // rows carry trust_id; where they carry hub_id too, they belong to that hub within the trust
	hubLevel            // rows carry hub_id
)

type table struct {
	name string
	level
}

// tables is the one list: a new table joins it, or nothing can be done with the table.
var tables = map[string]table{
	ent.TypeSignInAttempt:      {"sign_in_attempts", platformLevel},
	ent.TypeHostname:           {"hostnames", platformLevel},
	ent.TypeTrust:              {"trusts", trustLevel}, // its own id is the scope
	ent.TypeHub:                {"hubs", trustLevel},   // and its own id is the hub
	ent.TypeIdentityProvider:   {"identity_providers", trustLevel},
	ent.TypeStaffUser:          {"staff_users", trustLevel},
	ent.TypeRoleGrant:          {"role_grants", trustLevel},
	ent.TypeSession:            {"sessions", trustLevel},
	ent.TypeAuditEvent:         {"audit_events", trustLevel},
	ent.TypeAccessNeed:         {"access_needs", hubLevel},
	ent.TypeAssurance:          {"assurances", hubLevel},
	ent.TypeCatalogueCheck:     {"catalogue_checks", hubLevel},
	ent.TypeCataloguePart:      {"catalogue_parts", hubLevel},
	ent.TypeCatalogueSource:    {"catalogue_sources", hubLevel},
	ent.TypeCatalogueWord:      {"catalogue_words", hubLevel},
	ent.TypeConversation:       {"conversations", hubLevel},
	ent.TypeConversationNeed:   {"conversation_needs", hubLevel},
	ent.TypeDuplicateDismissal: {"duplicate_dismissals", hubLevel},
	ent.TypeGroupGrant:         {"group_grants", hubLevel},
	ent.TypeLinkCheck:          {"link_checks", hubLevel},
	ent.TypeLocation:           {"locations", hubLevel},
	ent.TypeMerge:              {"merges", hubLevel},
	ent.TypeNeed:               {"needs", hubLevel},
	ent.TypeOrganisation:       {"organisations", hubLevel},
	ent.TypePartnerAgreement:   {"partner_agreements", hubLevel},
	ent.TypePartnerLink:        {"partner_links", hubLevel},
	ent.TypePerson:             {"persons", hubLevel},
	ent.TypeProposedChange:     {"proposed_changes", hubLevel},
	ent.TypeRoom:               {"rooms", hubLevel},
	ent.TypeSchedule:           {"schedules", hubLevel},
	ent.TypeService:            {"services", hubLevel},
	ent.TypeServiceAtLocation:  {"service_at_locations", hubLevel},
	ent.TypeServiceCapacity:    {"service_capacities", hubLevel},
	ent.TypeServiceNeed:        {"service_needs", hubLevel},
	ent.TypeServiceTerm:        {"service_terms", hubLevel},
	ent.TypeSignpost:           {"signposts", hubLevel},
	ent.TypeTaxonomyTerm:       {"taxonomy_terms", hubLevel},
	ent.TypeTermMapping:        {"term_mappings", hubLevel},
	ent.TypeVisit:              {"visits", hubLevel},
	ent.TypeVisitCount:         {"visit_counts", hubLevel},
}

// trustRowsOfHubs are the tables at trustLevel whose rows may belong to one hub, by the column named.
var trustRowsOfHubs = map[string]string{
	ent.TypeHub:        "id",
	ent.TypeRoleGrant:  "hub_id",
	ent.TypeAuditEvent: "hub_id",
}

var errNobody = problem.New(problem.Unauthenticated, "You are not signed in. Sign in and try again.")

// scopeOf is what the viewer of the context may touch, for the policies of row-level security.
func scopeOf(ctx context.Context) (entpgx.Scope, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return nil, errNobody
	}
	switch v.Kind {
	case viewer.Public:
		return publicScope(v)
	case viewer.Partner:
		return partnerScope(v)
	}
	return entpgx.Scope{{Name: "app.trust", Value: v.TrustID.String()}, {Name: "app.hubs", Value: hubArray(v.Hubs)}}, nil
}

// hubArray writes the ids as a Postgres array literal.
func hubArray(hubs []viewer.Hub) string {
	if len(hubs) == 1 {
		return "{" + hubs[0].ID.String() + "}"
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, h := range hubs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(h.ID.String())
	}
	b.WriteByte('}')
	return b.String()
}

func hubIDs(v *viewer.Viewer) []any {
	ids := make([]any, len(v.Hubs))
	for i, h := range v.Hubs {
		ids[i] = h.ID
	}
	return ids
}

func sees(v *viewer.Viewer, hub uuid.UUID) bool {
	_, ok := v.HubByID(hub)
	return ok
}

// Tables names every table with its level: platform, trust or hub.
func Tables() map[string]string {
	names := map[level]string{platformLevel: "platform", trustLevel: "trust", hubLevel: "hub"}
	levels := make(map[string]string, len(tables))
	for _, t := range tables {
		levels[t.name] = names[t.level]
	}
	return levels
}
