package store

import (
	"fmt"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/entpgx"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// partnerRole reads and writes for whoever has a partner's link: it may read the columns that are granted to it of that
// partner's own rows, add what the partner says of them, and nothing else.
const partnerRole = "liferooms_partner"

// errPartner: Ent reads whole rows, and a partner may see some of their columns.
var errPartner = problem.New(problem.Forbidden, "A partner's link shows that partner's entry and nothing else.")

// partnerScope is that of a partner's link. As for a stranger, the settings that the policies of tenants read stay empty,
// and the role changes for the length of the transaction.
func partnerScope(v *viewer.Viewer) (entpgx.Scope, error) {
	hub, one := v.OneHub()
	if !one || v.OrganisationID == uuid.Nil || v.LinkID == uuid.Nil {
		return nil, fmt.Errorf("a partner's link is at one hub and of one organisation, not at %d", len(v.Hubs))
	}
	return entpgx.Scope{
		{Name: "role", Value: partnerRole},
		{Name: "app.partner_hub", Value: hub.ID.String()},
		{Name: "app.partner_organisation", Value: v.OrganisationID.String()},
		{Name: "app.partner_link", Value: v.LinkID.String()},
	}, nil
}
