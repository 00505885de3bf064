package store

import (
	"fmt"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/entpgx"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// publicRole reads for strangers: it may read the publicTables, as far as their policy "audience" shows their rows, and
// nothing else.
const publicRole = "liferooms_public"

// publicTables are the only ones that a stranger's question may touch.
var publicTables = map[string]bool{
	ent.TypeLocation:          true,
	ent.TypeNeed:              true,
	ent.TypeOrganisation:      true,
	ent.TypeSchedule:          true,
	ent.TypeService:           true,
	ent.TypeServiceAtLocation: true,
	ent.TypeServiceCapacity:   true,
	ent.TypeServiceNeed:       true,
	ent.TypeServiceTerm:       true,
	ent.TypeTaxonomyTerm:      true,
}

var errReadOnly = problem.New(problem.Forbidden, "The public catalogue can only be read. Sign in to change it.")

// publicScope is that of a stranger at one hub. The settings that the policies of tenants read stay empty, and the role
// changes for the length of the transaction.
func publicScope(v *viewer.Viewer) (entpgx.Scope, error) {
	hub, one := v.OneHub()
	if !one {
		return nil, fmt.Errorf("a stranger is at one hub, not at %d", len(v.Hubs))
	}
	return entpgx.Scope{{Name: "role", Value: publicRole}, {Name: "app.public_hub", Value: hub.ID.String()}}, nil
}

// PublicTables names the tables that strangers may read.
func PublicTables() map[string]bool {
	names := map[string]bool{}
	for t := range publicTables {
		names[tables[t].name] = true
	}
	return names
}
