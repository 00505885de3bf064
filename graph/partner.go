package graph

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/assurance"
	"liferooms.io/liferooms/ent/partneragreement"
	"liferooms.io/liferooms/ent/partnerlink"
	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/partner"
)

// maxLinks bounds the links of a partner that are listed.
const maxLinks = 20

// What partners and the hub say of an entry, as it is compiled.
var (
	serviceCapacities = compile.List{Rows: compile.Rows{Object: "ServiceCapacity", Where: "@row.service_id = @parent.id", Order: by("unit")}}
	lastAssurance     = compile.One{Object: "Assurance", On: `@row.id = (
		select a.id from assurances a where a.hub_id = @hub and a.service_id = @parent.id order by a.assured_on desc, a.id desc limit 1)`}
	agreementOf = compile.One{Object: "PartnerAgreement", On: "@row.organisation_id = @parent.id"}
	linksOf     = compile.List{Rows: compile.Rows{Object: "PartnerLink", Where: "@row.organisation_id = @parent.id",
		Order: []compile.Key{{By: "@row.created_at", Desc: true}, {By: "@row.id", Desc: true}}}, Limit: strconv.Itoa(maxLinks)}

	capacityFields = map[string]compile.Field{
		"current": compile.SQL("@row.updated_at > now() - interval '" + strconv.Itoa(int(partner.CapacityHolds.Hours())) + " hours'"),
		"staff":   compile.One{Object: "CatalogueEditor", Key: servicecapacity.FieldStaffID},
	}
	assuranceFields = map[string]compile.Field{"staff": compile.One{Object: "CatalogueEditor", Key: assurance.FieldStaffID}}
	agreementFields = map[string]compile.Field{
		"current":   compile.SQL(partner.CurrentSQL),
		"updatedBy": compile.One{Object: "CatalogueEditor", Key: partneragreement.FieldUpdatedByID},
	}
	linkFields = map[string]compile.Field{
		"state":     compile.SQL(partner.LinkStateSQL),
		"createdBy": compile.One{Object: "CatalogueEditor", Key: partnerlink.FieldCreatedByID},
	}
	proposedFields = map[string]compile.Field{"now": compile.SQL(partner.NowSQL)}

	proposedChanges = compile.Page{Rows: compile.Rows{Object: "ProposedChange", Where: "@row.state = 'WAITING'",
		Order: []compile.Key{{By: "@row.created_at", Kind: paging.Time, Type: "timestamptz"}, idKey(false)}}}
)

func (r *Resolver) proposedChanges(ctx context.Context, first *int, after *string) (*paging.Connection[*ent.ProposedChange], error) {
	args, err := paging.Forward(first, after, paging.Time, paging.ID)
	if err != nil {
		return nil, err
	}
	q := r.Store.Client(ctx).ProposedChange.Query().Where(proposedchange.StateEQ(proposedchange.StateWaiting))
	return pageFrom(ctx, q, args, listing[*ent.ProposedChangeQuery, ent.ProposedChange]{
		what: "proposed changes", load: selectProposedChange, order: args.Order(false, proposedchange.FieldCreatedAt, proposedchange.FieldID),
		key: func(c *ent.ProposedChange) paging.Key { return paging.Key{c.CreatedAt, c.ID} },
	})
}

func selectProposedChange(q *ent.ProposedChangeQuery, s selection) {
	q.Select(s.columns(proposedchange.ValidColumn, proposedchange.FieldID, proposedchange.FieldCreatedAt)...)
	if s.has("organisation") {
		q.WithOrganisation(func(q *ent.OrganisationQuery) { selectOrganisation(q, s.of("organisation")) })
	}
	if s.has("service") {
		q.WithService(func(q *ent.ServiceQuery) { selectService(q, s.of("service")) })
	}
	if s.has("schedule") {
		q.WithSchedule(func(*ent.ScheduleQuery) {}) // its summary is made of most of its columns
	}
	if s.has("now") {
		q.Modify(func(s *sql.Selector) {
			row := strings.TrimSuffix(s.C(proposedchange.FieldID), `."id"`)
			s.AppendSelectExprAs(sql.Raw("("+strings.NewReplacer("@row", row, "@hub", row+".hub_id").Replace(partner.NowSQL)+")"), "now")
		})
	}
}

// entryNow is what the entry says now, where selectProposedChange read it.
func entryNow(c *ent.ProposedChange) (*string, error) {
	now, err := c.Value("now")
	if err != nil || now == nil {
		return nil, err
	}
	words, ok := now.(string)
	if !ok {
		return nil, fmt.Errorf("what an entry says is a %T", now)
	}
	return &words, nil
}

func selectAgreement(q *ent.PartnerAgreementQuery, s selection) {
	q.Select(s.columns(partneragreement.ValidColumn, partneragreement.FieldID, partneragreement.FieldOrganisationID, partneragreement.FieldSignedOn, partneragreement.FieldEndsOn)...)
	if s.has("updatedBy") {
		q.WithUpdatedBy(func(q *ent.StaffUserQuery) { selectName(q, s.of("updatedBy")) })
	}
}

func selectLink(q *ent.PartnerLinkQuery, s selection) {
	q.Select(s.columns(partnerlink.ValidColumn, partnerlink.FieldID, partnerlink.FieldOrganisationID, partnerlink.FieldExpiresAt, partnerlink.FieldRevokedAt)...)
	if s.has("createdBy") {
		q.WithCreatedBy(func(q *ent.StaffUserQuery) { selectName(q, s.of("createdBy")) })
	}
}

// selectSaid adds to a partner what was agreed with it, and its links.
func selectSaid(q *ent.OrganisationQuery, s selection) {
	if s.has("agreement") {
		q.WithAgreement(func(q *ent.PartnerAgreementQuery) { selectAgreement(q, s.of("agreement")) })
	}
	if s.has("partnerLinks") {
		q.WithPartnerLinks(func(q *ent.PartnerLinkQuery) {
			selectLink(q, s.of("partnerLinks"))
			q.Modify(paging.PerParent(partnerlink.FieldOrganisationID, maxLinks, true, partnerlink.FieldCreatedAt, partnerlink.FieldID))
		})
	}
}

// selectCare adds to a service who says how much of it there is, and who looked at it last.
func selectCare(q *ent.ServiceQuery, s selection) {
	if s.has("capacities") {
		q.WithCapacities(func(q *ent.ServiceCapacityQuery) {
			rows := s.of("capacities")
			q.Select(rows.columns(servicecapacity.ValidColumn, servicecapacity.FieldID, servicecapacity.FieldServiceID, servicecapacity.FieldUpdatedAt)...).Order(servicecapacity.ByUnit())
			if rows.has("staff") {
				q.WithStaff(func(q *ent.StaffUserQuery) { selectName(q, rows.of("staff")) })
			}
		})
	}
	if s.has("assurance") {
		q.WithAssurances(func(q *ent.AssuranceQuery) {
			row := s.of("assurance")
			q.Select(row.columns(assurance.ValidColumn, assurance.FieldID, assurance.FieldServiceID)...)
			if row.has("staff") {
				q.WithStaff(func(q *ent.StaffUserQuery) { selectName(q, row.of("staff")) })
			}
			q.Modify(paging.PerParent(assurance.FieldServiceID, 1, true, assurance.FieldAssuredOn, assurance.FieldID))
		})
	}
}

// The links that mutations answer with.
var partnerLinks = kind[ent.PartnerLink]{"partnerLink", "PartnerLink", func(l *ent.PartnerLink) uuid.UUID { return l.ID },
	func(ctx context.Context, r *Resolver, id uuid.UUID, s selection) (*ent.PartnerLink, error) {
		q := r.Store.Client(ctx).PartnerLink.Query().Where(partnerlink.ID(id))
		selectLink(q, s)
		return q.Only(ctx)
	}}

// text is a text that may be left out.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
