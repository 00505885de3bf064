package graph_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/viewer"
)

const said = `capacities { unit available maximum description current by staff { name } } assurance { assuredOn by staff { id name } } assuredDate`

// TestPartnersByTheAPI walks what a manager does about a partner, with its link used in between.
func TestPartnersByTheAPI(t *testing.T) {
	a := newAPI(t)
	ctx := a.As(t, a.Walton, viewer.Manager)
	me := a.Store.Client(ctx).StaffUser.GetX(ctx, viewer.FromContext(ctx).StaffID).Name
	s := a.service(t, ctx, "Debt advice")
	log := audit.New(a.Store)
	t.Cleanup(log.Close)
	partners := partner.New(a.Store, log, directory.New(a.Store, log))

	input := func(more map[string]any) map[string]any {
		more["hub"] = "walton"
		return map[string]any{"input": more}
	}
	made := a.must(t, ctx, `mutation($input: CreatePartnerLinkInput!) { createPartnerLink(input: $input) { path partnerLink { id state expiresAt openedAt createdBy { name } } userErrors { message } } }`,
		input(map[string]any{"organisationId": s.OrganisationID, "clientMutationId": uuid.NewString()}))
	path := dig(t, made, "createPartnerLink", "path").(string)
	token, found := strings.CutPrefix(path, "/partner/")
	if !found || len(token) != 43 {
		t.Fatal(path)
	}
	if dig(t, made, "createPartnerLink", "partnerLink", "state") != "OPEN" || dig(t, made, "createPartnerLink", "partnerLink", "createdBy", "name") != me {
		t.Errorf("%v", made)
	}
	link, _, err := partners.Follow(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := partners.Propose(link, partner.Correction{Kind: partner.Service, ID: s.ID, Written: map[string]string{"phone": "0151 496 0001", "minimum_age": "16", "offered": "no"}},
		partner.Correction{Kind: partner.Organisation, ID: s.OrganisationID, Written: map[string]string{"description": "Free advice"}}); err != nil {
		t.Fatal(err)
	}
	list := `{ hub(slug: "walton") { proposedChanges(first: 10) { totalCount pageInfo { hasNextPage } nodes { id field before proposed now state organisation { name agreement { current } } service { name ` + said + ` } schedule { summary } } } } }`
	waiting := a.must(t, ctx, list)
	nodes := dig(t, waiting, "hub", "proposedChanges", "nodes").([]any)
	if len(nodes) != 4 || dig(t, waiting, "hub", "proposedChanges", "totalCount") == 0 {
		t.Fatalf("%v", waiting)
	}
	var ids []any
	var seen []any
	for _, n := range nodes {
		ids, seen = append(ids, dig(t, n, "id")), append(seen, dig(t, n, "now"))
	}
	if !slices.Contains(seen, any("yes")) {
		t.Errorf("what the entry says now: %v", seen)
	}
	approve := `mutation($input: ApproveChangesInput!) { approveChanges(input: $input) { approved userErrors { code field message } } }`
	stale := slices.Clone(seen)
	stale[0] = "Something else"
	if got := a.must(t, ctx, approve, input(map[string]any{"proposedChangeIds": ids, "seen": stale})); dig(t, got, "approveChanges", "userErrors", 0, "code") != "CONFLICT" {
		t.Errorf("%v", got)
	}
	if got := a.must(t, ctx, approve, input(map[string]any{"proposedChangeIds": ids[:3], "seen": seen[:3]})); len(dig(t, got, "approveChanges", "userErrors").([]any)) > 0 {
		t.Errorf("%v", got)
	}
	got := a.must(t, ctx, `mutation($input: RejectChangesInput!) { rejectChanges(input: $input) { rejected userErrors { message } } }`,
		input(map[string]any{"proposedChangeIds": ids[3:], "reason": "No"}))
	if len(dig(t, got, "rejectChanges", "userErrors").([]any)) > 0 {
		t.Errorf("%v", got)
	}

	got = a.must(t, ctx, `mutation { setServiceCapacity(input: {hub: "walton", serviceId: "`+s.ID.String()+`", available: 3, maximum: 10}) { service { id name `+said+` } userErrors { message } } }`)
	if c := dig(t, got, "setServiceCapacity", "service", "capacities", 0); dig(t, c, "unit") != "places" || dig(t, c, "current") != true || dig(t, c, "staff", "name") != me || dig(t, c, "by") != "STAFF" {
		t.Errorf("%v", got)
	}
	got = a.must(t, ctx, `mutation { setServiceCapacity(input: {hub: "walton", serviceId: "`+s.ID.String()+`", available: -1}) { service { name } userErrors { field } } }`)
	if dig(t, got, "setServiceCapacity", "userErrors", 0, "field") != "available" {
		t.Errorf("%v", got)
	}
	got = a.must(t, ctx, `mutation($input: AssureServicesInput!) { assureServices(input: $input) { services { id `+said+` } userErrors { message } } }`,
		input(map[string]any{"serviceIds": []any{s.ID}}))
	if one := dig(t, got, "assureServices", "services", 0); dig(t, one, "assurance", "staff", "name") != me || dig(t, one, "assurance", "assuredOn") != dig(t, one, "assuredDate") {
		t.Errorf("%v", got)
	}
	got = a.must(t, ctx, `mutation { recordAgreement(input: {hub: "walton", organisationId: "`+s.OrganisationID.String()+`", dataProtectionSignedOn: "2026-01-05", signedBy: "Jo Bloggs", responseDays: 5}) { organisation { agreement { current signedOn signedBy responseDays endsOn note updatedBy { name } } } userErrors { message } } }`)
	if dig(t, got, "recordAgreement", "organisation", "agreement", "current") != true || dig(t, got, "recordAgreement", "organisation", "agreement", "updatedBy", "name") != me {
		t.Errorf("%v", got)
	}
	id := dig(t, made, "createPartnerLink", "partnerLink", "id")
	got = a.must(t, ctx, `mutation($input: RevokePartnerLinkInput!) { revokePartnerLink(input: $input) { partnerLink { state revokedAt } userErrors { message } } }`, input(map[string]any{"partnerLinkId": id}))
	if dig(t, got, "revokePartnerLink", "partnerLink", "state") != "REVOKED" {
		t.Errorf("%v", got)
	}

	// Both ways of reading say the same.
	all := `query($id: ID!) { hub(slug: "walton") { proposedChanges { nodes { id } } organisation(id: $id) { name agreement { id current signedOn note updatedAt updatedBy { name } }
		partnerLinks { id state createdAt createdBy { id name } expiresAt openedAt revokedAt } services { name phone minimumAge ` + said + ` } } } }`
	compiled := a.ask(ctx, all, map[string]any{"id": s.OrganisationID})
	interpreted := a.interpreted().ask(ctx, all, map[string]any{"id": s.OrganisationID})
	if compiled.Raw != interpreted.Raw || len(compiled.Errors) > 0 {
		t.Errorf("compiled:    %s\ninterpreted: %s", compiled.Raw, interpreted.Raw)
	}
	// An advisor sees what there is to have, and nothing of links.
	advisor := a.As(t, a.Walton, viewer.Advisor)
	a.must(t, advisor, `{ hub(slug: "walton") { organisations { nodes { agreement { current responseDays } services { `+said+` } } } } }`)
	for _, denied := range []string{`{ hub(slug: "walton") { proposedChanges { nodes { id } } } }`, `{ hub(slug: "walton") { organisations { nodes { partnerLinks { id } } } } }`,
		`{ hub(slug: "walton") { organisations { nodes { agreement { note } } } } }`} {
		if got := a.ask(advisor, denied); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "FORBIDDEN" {
			t.Errorf("%s: %s", denied, got.Raw)
		}
	}
}
