package isolation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/assurance"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/groupgrant"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/ent/rolegrant"
	entschema "liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// marker is in every text of a hub's rows, so that a single word of it in an answer gives a leak away.
func marker(hub viewer.Hub) string { return "marker" + hub.Slug }

// ids are one row of each kind in a hub, by the API's type.
type ids map[string]uuid.UUID

// furnish gives a hub one row or more of everything. A type of the API whose ids the walk needs and that is not here
// fails the walk.
func furnish(t *testing.T, w *storetest.World, hub viewer.Hub) ids {
	t.Helper()
	ctx, m := w.As(t, hub, viewer.Advisor, viewer.Reception), marker(hub)
	c := w.Store.Client(ctx)
	advisor := viewer.FromContext(ctx).StaffID
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Staff belong to their trust, whose administrators find them by name: what they are called is no secret of a hub.
	name := "Advisor of " + m
	if hub.ID == w.Southport.ID {
		name = "Advisor of Southport"
	}
	must(c.StaffUser.UpdateOneID(advisor).SetName(name).SetEmail(hub.Slug + "@example.org").Exec(ctx))
	need := c.Need.Create().SetCode("need-" + m).SetName("Need " + m).SaveX(ctx)
	organisation := c.Organisation.Create().SetSource("local").SetExternalID("o1").SetName("Partner " + m).SetDescription(m).SetURL("https://" + m + ".example.org").SaveX(ctx)
	service := c.Service.Create().SetSource("local").SetExternalID("s1").SetOrganisationID(organisation.ID).SetName("Service " + m).SetDescription(m).SaveX(ctx)
	c.ServiceNeed.Create().SetServiceID(service.ID).SetNeedID(need.ID).ExecX(ctx)
	location := c.Location.Create().SetSource("local").SetExternalID("l1").SetName("Place " + m).SetAddress(m).SetLatitude(53.44).SetLongitude(-2.97).SaveX(ctx)
	place := c.ServiceAtLocation.Create().SetSource("local").SetExternalID("a1").SetServiceID(service.ID).SetLocationID(location.ID).SetDescription(m).SaveX(ctx)
	schedule := c.Schedule.Create().SetSource("local").SetExternalID("d1").SetServiceID(service.ID).SetFreq("WEEKLY").SetByDay([]string{"TH"}).SetOpensAt("10:00").SetClosesAt("12:00").SetDescription(m).SaveX(ctx)
	c.ServiceCapacity.Create().SetServiceID(service.ID).SetUnit("places " + m).SetAvailable(3).SetDescription(m).SetUpdatedAt(time.Now()).SetBy(servicecapacity.ByStaff).SetStaffID(advisor).ExecX(ctx)
	c.Assurance.Create().SetServiceID(service.ID).SetAssuredOn(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)).SetBy(assurance.ByStaff).SetStaffID(advisor).ExecX(ctx)
	agreement := c.PartnerAgreement.Create().SetOrganisationID(organisation.ID).SetSignedBy(m).SetNote(m).SetUpdatedAt(time.Now()).SetUpdatedByID(advisor).SaveX(ctx)
	link := c.PartnerLink.Create().SetOrganisationID(organisation.ID).SetCreatedByID(advisor).SetTokenHash(bytes.Repeat([]byte(hub.Slug[:1]), 32)).
		SetExpiresAt(time.Now().AddDate(0, 0, 30)).SaveX(ctx)
	proposed := c.ProposedChange.Create().SetOrganisationID(organisation.ID).SetServiceID(service.ID).SetPartnerLinkID(link.ID).SetField("phone").SetProposed(m).SaveX(ctx)
	dead := c.LinkCheck.Create().SetURL("https://" + m + ".example.org").SetState(linkcheck.StateDead).SetMessage(m).SetFailingSince(time.Now()).SetCheckedAt(time.Now()).SaveX(ctx)
	c.LinkCheck.Create().SetURL("https://" + m + ".example.org/old").SetState(linkcheck.StateMoved).SetMovedTo("https://" + m + ".example.org/new").SetCheckedAt(time.Now()).ExecX(ctx)
	failed := c.CatalogueSource.Create().SetSource(m).SetName(m).SetKind(cataloguesource.KindURL).SetURL("https://" + m + ".example.org/feed").SetState(cataloguesource.StateFailed).
		SetFailingSince(time.Now()).SetMessage(m).SetDueAt(time.Now().Add(time.Hour)).SaveX(ctx)
	term := c.TaxonomyTerm.Create().SetSource("local").SetExternalID("t1").SetTaxonomy("Terms " + m).SetName("Term " + m).SetNeedID(need.ID).SaveX(ctx)
	c.ServiceTerm.Create().SetServiceID(service.ID).SetTaxonomyTermID(term.ID).ExecX(ctx)
	c.TermMapping.Create().SetTaxonomy("Terms " + m).SetTerm("term " + m).SetNeedID(need.ID).ExecX(ctx)
	person := c.Person.Create().SetMemberNumber(m + "-1").SetGivenName("Given " + m).SetFamilyName("Family " + m).SetPhone("0151 496 0000").SetEmail(m + "@example.org").SaveX(ctx)
	access := c.AccessNeed.Create().SetPersonID(person.ID).SetCode(accessneed.CodeBSLInterpreter).SetNote(m).SaveX(ctx)
	c.Room.Create().SetName("Room " + m).SetCapacity(9).ExecX(ctx)
	c.GroupGrant.Create().SetGroup("Group " + m).SetRole(groupgrant.RoleTutor).ExecX(ctx)
	source := c.CatalogueSource.Create().SetSource("feed").SetName("feed").SetKind("URL").SetURL("https://" + m + ".example.org/services").SetByStaff(true).
		SetProblems([]entschema.SourceProblem{{Row: 1, Name: m, Message: m}}).SetDueAt(time.Now().Add(time.Hour)).SaveX(ctx)
	check := c.CatalogueCheck.Create().SetSourceID(source.ID).SetSource("feed").SetName("feed").SetKind("URL").SetState("DONE").SetFileName(m).
		SetResult(&entschema.CheckResult{Rows: 1, Differences: []entschema.Difference{{Kind: "SERVICE", What: "ADDED", Name: m}}}).SaveX(ctx)
	c.CataloguePart.Create().SetCheckID(check.ID).SetRevision(0).SetPlace(1).SetRows(1).SetContent([]byte(m)).ExecX(ctx)
	platform := w.Platform(hub)
	w.Store.Client(platform).Hostname.Create().SetName(m + ".example.test").SetTrustID(viewer.FromContext(platform).TrustID).SetHubID(hub.ID).ExecX(platform)
	now := time.Now().UTC()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	met := c.Visit.Create().SetPersonID(person.ID).SetNeedID(need.ID).SetState(visit.StateWithAdvisor).SetArrivedAt(now).SetArrivedOn(today).SetCalledAt(now).SetAdvisorID(advisor).SetCreatedByID(advisor).SaveX(ctx)
	conversation := c.Conversation.Create().SetVisitID(met.ID).SetPersonID(person.ID).SetAdvisorID(advisor).SetWhatMatters(m).SetNote(m).SetAgreed(m).SaveX(ctx)
	c.ConversationNeed.Create().SetConversationID(conversation.ID).SetNeedID(need.ID).ExecX(ctx)
	signpost := c.Signpost.Create().SetConversationID(conversation.ID).SetPersonID(person.ID).SetServiceID(service.ID).SetNeedID(need.ID).SetFollowUpOn(today.AddDate(0, 0, -1)).SaveX(ctx)
	c.Visit.Create().SetState(visit.StateWaiting).SetArrivedAt(now).SetArrivedOn(today).ExecX(ctx)
	grant := c.RoleGrant.Create().SetStaffUserID(advisor).SetHubID(hub.ID).SetRole(rolegrant.RoleAdvisor).SaveX(ctx)
	event := c.AuditEvent.Create().SetHubID(hub.ID).SetActorID(advisor).SetAction("person.read").SetSubjectType("Person").SetSubjectID(person.ID).SetPersonID(person.ID).SetRequestID(m).SaveX(ctx)
	// Two organisations that look alike, and two of which one was folded into the other.
	twin := c.Organisation.Create().SetSource("local").SetExternalID("o2").SetName("Partner " + m).SetDescription(m).SaveX(ctx)
	kept := c.Organisation.Create().SetSource("local").SetExternalID("o3").SetName("Kept " + m).SaveX(ctx)
	folded := c.Organisation.Create().SetSource("local").SetExternalID("o4").SetName("Folded " + m).SetMergedIntoID(kept.ID).SetRetiredAt(now).SaveX(ctx)
	row := map[string]json.RawMessage{"name": json.RawMessage(`"Folded ` + m + `"`)}
	merge := c.Merge.Create().SetKind("ORGANISATION").SetKept(kept.ID).SetFolded(folded.ID).SetKeptBefore(row).SetKeptAfter(row).SetFoldedBefore(row).SaveX(ctx)
	apart := []uuid.UUID{kept.ID, twin.ID}
	slices.SortFunc(apart, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	c.DuplicateDismissal.Create().SetKind("ORGANISATION").SetOne(apart[0]).SetOther(apart[1]).SetLikeness(m).ExecX(ctx)
	return ids{
		"Keep": organisation.ID, "Fold": twin.ID, "One": organisation.ID, "Other": twin.ID, "Merge": merge.ID, "CatalogueRecord": folded.ID,
		"Need": need.ID, "Organisation": organisation.ID, "Service": service.ID, "Location": location.ID, "Schedule": schedule.ID, "ServiceAtLocation": place.ID,
		"Record": organisation.ID, // of the first kind that a mutation of any kind names
		"Person": person.ID, "AccessNeed": access.ID, "Visit": met.ID, "Conversation": conversation.ID, "Signpost": signpost.ID,
		"PartnerAgreement": agreement.ID, "PartnerLink": link.ID, "ProposedChange": proposed.ID,
		"StaffMember": advisor, "StaffName": advisor, "RoleGrant": grant.ID, "AuditEvent": event.ID, "Hub": hub.ID,
		"LinkCheck": dead.ID, "FailedImport": failed.ID, "CatalogueTerm": term.ID,
		"CatalogueSource": source.ID, "Source": source.ID, "CatalogueCheck": check.ID, "Check": check.ID,
	}
}

// rowsOf digests every row of a hub, table by table, as the owner of the database sees them.
func rowsOf(t *testing.T, w *storetest.World, hub viewer.Hub) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, table := range tablesWithHub(t, w) {
		column := "hub_id"
		if table == "hubs" {
			column = "id"
		}
		digests[table] = one[string](t, w, fmt.Sprintf("select count(*) || ' ' || coalesce(md5(string_agg(r::text, chr(10) order by r.id)), '') from %s r where r.%s = $1", table, column), hub.ID)
	}
	return digests
}

func tablesWithHub(t *testing.T, w *storetest.World) []string {
	t.Helper()
	return one[[]string](t, w, `select array_agg(distinct table_name::text) || '{hubs}' from information_schema.columns
		where table_schema = 'public' and column_name = 'hub_id' and table_name in (select tablename from pg_tables where schemaname = 'public')`)
}

func one[T any](t *testing.T, w *storetest.World, sql string, args ...any) (value T) {
	t.Helper()
	w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if err := conn.QueryRow(ctx, sql, args...).Scan(&value); err != nil {
			t.Fatal(err)
		}
	})
	return value
}

// asStaff is somebody whom furnish made, in one role: what they work on is open to them, so that nothing is refused for
// another reason than its hub.
func asStaff(w *storetest.World, hub viewer.Hub, id uuid.UUID, role viewer.Role) context.Context {
	hub.Roles = []viewer.Role{role}
	return viewer.NewContext(context.Background(), &viewer.Viewer{Kind: viewer.Staff, TrustID: w.Trust, StaffID: id, Name: string(role), Hubs: []viewer.Hub{hub}})
}
