package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/viewer"
)

// interpreted are the operations of the app that do not run as one statement, and why. Of the mutations, the rows that they
// answer with are read by one: see TestPayloadsAreCompiled. A comparison of two records and the history of merges are put into words in
// Go, for a page that one manager opens now and then.
var interpreted = map[string]string{
	"ApproveChanges":       graph.BecauseMutation,
	"AssureServices":       graph.BecauseMutation,
	"CheckIn":              graph.BecauseMutation,
	"CheckLinkAgain":       graph.BecauseMutation,
	"CheckSource":          graph.BecauseMutation,
	"CreatePartnerLink":    graph.BecauseMutation,
	"DismissDuplicate":     graph.BecauseMutation,
	"EndConversation":      graph.BecauseMutation,
	"EndVisit":             graph.BecauseMutation,
	"GrantRole":            graph.BecauseMutation,
	"MapTerms":             graph.BecauseMutation,
	"MergeRecords":         graph.BecauseMutation,
	"Merges":               "Hub.merges",
	"RecordAgreement":      graph.BecauseMutation,
	"RecordAnonymousVisit": graph.BecauseMutation,
	"RecordComparison":     "Hub.recordComparison",
	"RecordConversation":   graph.BecauseMutation,
	"RecordFollowUp":       graph.BecauseMutation,
	"RegisterPerson":       graph.BecauseMutation,
	"RejectChanges":        graph.BecauseMutation,
	"RemoveSignpost":       graph.BecauseMutation,
	"RemoveSource":         graph.BecauseMutation,
	"RestoreDuplicate":     graph.BecauseMutation,
	"RestoreRecord":        graph.BecauseMutation,
	"RetireRecord":         graph.BecauseMutation,
	"RevokePartnerLink":    graph.BecauseMutation,
	"RevokeRole":           graph.BecauseMutation,
	"SaveLocation":         graph.BecauseMutation,
	"SaveOrganisation":     graph.BecauseMutation,
	"SavePlace":            graph.BecauseMutation,
	"SaveSchedule":         graph.BecauseMutation,
	"SaveService":          graph.BecauseMutation,
	"SaveSource":           graph.BecauseMutation,
	"SetAccessNeeds":       graph.BecauseMutation,
	"SetServiceCapacity":   graph.BecauseMutation,
	"SetVisibility":        graph.BecauseMutation,
	"Signpost":             graph.BecauseMutation,
	"SyncSource":           graph.BecauseMutation,
	"TakeNext":             graph.BecauseMutation,
	"TakeVisit":            graph.BecauseMutation,
	"UndoMerge":            graph.BecauseMutation,
	"UndoVisit":            graph.BecauseMutation,
	"UpdatePerson":         graph.BecauseMutation,
	"UseSource":            graph.BecauseMutation,
}

// TestAppsOperationsCompile: what the staff app asks for runs as one statement, but for the operations above.
func TestAppsOperationsCompile(t *testing.T) {
	got := map[string]string{}
	for _, document := range appsDocuments(t) {
		all, err := graph.Explain(&graph.Resolver{}, document, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if x.Because != "" {
				got[x.Operation] = x.Because
			}
		}
	}
	if diff := cmp.Diff(interpreted, got); diff != "" {
		t.Errorf("the operations that are not compiled (-want +got):\n%s", diff)
	}
}

func appsDocuments(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../web/src/gql/persisted-documents.json")
	if err != nil {
		t.Fatal(err)
	}
	var documents map[string]string
	if err := json.Unmarshal(text, &documents); err != nil {
		t.Fatal(err)
	}
	return documents
}

// asked are reads of every field of the schema that has one, with the ways in which lists are asked for.
var asked = []string{
	`{ viewer { id name email trust { name odsCode } hubs { slug name timeZone brandColour roles permissions __typename } __typename } }`,
	`{ viewer { openedAt closedHubs { slug name message __typename } hubs { brandName brandLogoUrl modules } } }`,
	`{ v: viewer { name } hub(slug: "walton") { id } }`,
	`{ hub(slug: "walton") { id slug name state timeZone address postcode latitude longitude openingHours { day opens closes } needs { id code name offered } __typename } }`,
	`{ a: hub(slug: "walton") { slug } b: hub(slug: "walton") { n: name needs { code } } }`,
	`{ hub(slug: "walton") { today { date opens closes visitCount anonymousCount waitingCount } queue { waiting { ...v } withAdvisor { ...v } } } }
		fragment v on Visit { id state arrivedAt arrivedOn calledAt leftAt anonymous person { id displayName } need { code } advisor { name } conversation { id } }`,
	`{ hub(slug: "walton") { visits(first: 4) { edges { cursor node { id person { displayName accessNeeds { id code note recordedAt } openVisit { id } } } } nodes { id need { name } }
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } } }`,
	`{ hub(slug: "walton") { visits(last: 4) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } none: visits(on: "1999-12-31") { nodes { id } pageInfo { startCursor hasNextPage } totalCount } } }`,
	`query ($first: Int = 2, $skip: Boolean = true) { hub(slug: "walton") { visits(first: $first) { nodes { id @skip(if: $skip) state @include(if: $skip) } } } }`,
	`query ($id: ID!) { hub(slug: "walton") { person(id: $id) { id memberNumber givenName familyName preferredName displayName pronouns dateOfBirth age phone email postcode nhsNumber gpPractice
		safeContact safeContactNote createdAt updatedAt accessNeeds { code } openVisit { id state } } } }`,
	`query ($id: ID!) { hub(slug: "walton") { person(id: $id) { a: visits(first: 1) { nodes { id need { code } conversation { note needs { code } signposts { id } visit { id } person { id } } } pageInfo { endCursor } totalCount }
		b: visits(first: 2) { nodes { state } } conversations(first: 1) { nodes { id startedAt endedAt whatMatters note agreed advisor { name } } pageInfo { hasNextPage endCursor } } } } }`,
	`{ hub(slug: "walton") { person(id: "00000000-0000-7000-8000-000000000000") { id } needs { code } } }`,
	`{ hub(slug: "walton") { people(search: "given family1") { edges { cursor node { id displayName } } pageInfo { hasNextPage startCursor endCursor } } nobody: people(search: "g") { nodes { id } pageInfo { hasNextPage } } } }`,
	`{ hub(slug: "walton") { possibleDuplicates(of: {givenName: "Given", familyName: "Family1"}) { id displayName } none: possibleDuplicates(of: {givenName: "Xyz"}) { id } } }`,
	`{ hub(slug: "walton") { conversation(id: "00000000-0000-7000-8000-000000000000") { id } myConversation { id } } }`,
	`{ hub(slug: "walton") { followUps(dueBy: "2100-01-01") { edges { cursor } nodes { id person { displayName } service { name organisation { name } } need { code } givenAt followUpOn outcome followedUpAt } pageInfo { endCursor } } } }`,
	`{ hub(slug: "walton") { services(first: 3) { edges { cursor distanceMetres node { id name description url email phone status eligibilityDescription minimumAge maximumAge feesDescription free
		applicationProcess languages assuredDate retired organisation { name } needs { code } locations { id name address city postcode latitude longitude accessibility }
		schedules { id summary description } nextSessions { startsAt endsAt __typename } few: nextSessions(first: 1) { s: startsAt } } } pageInfo { hasNextPage endCursor } } } }`,
	`{ hub(slug: "walton") { services(filter: {text: "advice", near: {latitude: 53.4, longitude: -2.9, metres: 20000}, free: true, day: THURSDAY, needs: ["money"]}) { edges { distanceMetres node { name } } } } }`,
	`{ hub(slug: "walton") { services(filter: {near: {latitude: 153.4, longitude: -2.9}}) { nodes { id } } } }`,
	`{ hub(slug: "walton") { services(filter: {text: "advise", near: {latitude: 53.4, longitude: -2.9, metres: 20000}, day: THURSDAY, from: "09:00", to: "11:00", needs: ["money"], age: 30,
		languages: ["English"], accessibility: [STEP_FREE, HEARING_LOOP], hasCapacity: false}) { correctedText edges { reasons node { name } } pageInfo { endCursor } } } }`,
	`{ hub(slug: "walton") { a: services(filter: {text: "debt adv"}, first: 1) { correctedText } b: services(filter: {text: "zzqxzz"}) { correctedText edges { reasons } }
		c: services(filter: {from: "noon"}) { nodes { id } } } }`,
	`{ hub(slug: "walton") { d: services(filter: {to: "09:00", from: "10:00"}) { nodes { id } } } }`,
	`{ hub(slug: "walton") { services(filter: {age: -1}) { nodes { id } } } }`,
	`{ hub(slug: "walton") { suggestServices(text: "deb") { kind label id code organisationName __typename } mny: suggestServices(text: "mony", first: 2) { kind label code } none: suggestServices(text: "&") { id } catalogueLanguages } }`,
	`{ hub(slug: "walton") { suggestServices(text: "deb", first: 21) { id } } }`,
	`{ hub(slug: "walton") { services { nodes { nextSessions(first: 21) { startsAt } } } } }`,
	`{ hub(slug: "walton") { organisations(first: 1) { nodes { id name description email url phone services { id name } } pageInfo { hasNextPage endCursor } totalCount } } }`,
	`{ hub(slug: "walton") { duplicates(kind: SERVICE, first: 1) { edges { cursor node { kind } } nodes { reasons dismissedAt records { id name detail sourceName visibility __typename } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
		dismissed: duplicates(kind: ORGANISATION, dismissed: true) { nodes { kind } } places: duplicates(kind: LOCATION) { pageInfo { endCursor } } } }`,
	`query ($service: ID!) { hub(slug: "walton") { servicesById(ids: [$service, "00000000-0000-7000-8000-000000000000", $service]) { service { id name places { id } nextSessions { startsAt } } __typename } none: servicesById(ids: []) { service { id } } } }`,
	`{ hub(slug: "walton") { service(id: "00000000-0000-7000-8000-000000000000") { id } organisation(id: "00000000-0000-7000-8000-000000000000") { id } } }`,
	`{ hub(slug: "walton") { visitsByWeek(from: "2020-01-01", to: "2022-12-31") { week visits need { code name } } } }`,
	`{ hub(slug: "walton") { staff { edges { cursor node { id name email lastSignedInAt grants { id role createdAt } } } pageInfo { endCursor } } findStaff(search: "Staff") { name grants { role } } none: findStaff(search: "m") { id } } }`,
	`{ hub(slug: "walton") { auditEvents(first: 3) { nodes { id at actor { id name } action subjectType subjectId personId requestId fields } pageInfo { hasNextPage endCursor } } } }`,
	`query ($id: ID!) { hub(slug: "walton") { auditEvents(personId: $id, first: 2) { nodes { id action } pageInfo { hasNextPage } } } }`,
}

// TestCompiledAnswersAsInterpreted: a read is answered the same by its statement and field by field.
func TestCompiledAnswersAsInterpreted(t *testing.T) {
	var run graph.Run
	a := newAPI(t, graph.OnRun(func(_ context.Context, r graph.Run) { run = r }))
	h := a.fill(t, 5)
	ctx := a.As(t, a.Walton, viewer.Roles...)
	c := a.Store.Client(ctx)
	s := a.service(t, h.ctx, "Debt \"advice\" \u0007\b\f\\ 😀 </script>")
	c.ServiceNeed.Create().SetServiceID(s.ID).SetNeedID(h.needs[1].ID).ExecX(ctx)
	c.Schedule.Create().SetServiceID(s.ID).SetFreq("WEEKLY").SetByDay([]string{"TH"}).SetOpensAt("10:00").SetClosesAt("12:00").SetSource("local").SetExternalID("1").ExecX(ctx)
	l := c.Location.Create().SetName("Place").SetLatitude(53.4123456789).SetLongitude(-2.95).SetAccessibility([]string{"step-free", "loop"}).SetSource("local").SetExternalID("1").SaveX(ctx)
	c.ServiceAtLocation.Create().SetServiceID(s.ID).SetLocationID(l.ID).SetSource("local").SetExternalID("1").ExecX(ctx)
	a.service(t, h.ctx, "Same again")
	twin := c.Organisation.Create().SetName("Partner of Same again").SetSource("local").SetExternalID("twin").SaveX(ctx)
	for i := range 2 {
		c.Service.Create().SetName("Same again").SetOrganisationID(twin.ID).SetSource("local").SetExternalID(fmt.Sprint("twin", i)).ExecX(ctx)
	}
	id := map[string]any{"id": h.people[0].ID, "service": s.ID}
	for _, query := range asked {
		want := a.interpreted().ask(ctx, query, id)
		recorded := a.recorded(t)
		got := a.ask(ctx, query, id)
		if diff := cmp.Diff(recorded, a.recorded(t)); diff != "" {
			t.Errorf("%s\nrecords otherwise what it shows (-interpreted +compiled):\n%s", query, diff)
		}
		if diff := cmp.Diff(sorted(want.Errors), sorted(got.Errors)); diff != "" {
			t.Errorf("%s\nother errors (-interpreted +compiled):\n%s", query, diff)
		}
		if diff := cmp.Diff(want.Data, got.Data); diff != "" {
			t.Errorf("%s\nanswers otherwise (-interpreted +compiled):\n%s", query, diff)
		}
		if run.Result == graph.Interpreted && run.Because != graph.BecauseArguments && run.Because != "Query.viewer" {
			t.Errorf("%s\nis not compiled because of %s", query, run.Because)
		}
	}
}

// TestPayloadsAreCompiled: what a mutation shows of its row is read by one statement in its own transaction, and is what
// the executor shows. Each is sent twice, first to be compiled, and changes nothing the second time.
func TestPayloadsAreCompiled(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 2)
	s := a.service(t, h.ctx, "Debt advice")
	a.must(t, h.ctx, `mutation ($p: ID!) { checkIn(input: {hub: "walton", clientMutationId: "1", personId: $p}) { alreadyHere } }`, map[string]any{"p": h.people[0].ID})
	taken := a.must(t, h.ctx, `mutation { takeNext(input: {hub: "walton", clientMutationId: "t1"}) { conversation { id visit { id } } } }`)
	ids := map[string]any{"p": h.people[0].ID, "q": h.people[1].ID, "s": s.ID, "c": dig(t, taken, "takeNext", "conversation", "id")}
	given := a.must(t, h.ctx, `mutation ($c: ID!, $s: ID!) { signpost(input: {hub: "walton", clientMutationId: "s1", conversationId: $c, serviceId: $s}) { signpost { id } } }`, ids)
	ids["g"] = dig(t, given, "signpost", "signpost", "id")
	const conversation = `conversation { id advisor { name } needs { code } person { displayName age accessNeeds { code } } visit { state person { id } } signposts { service { name nextSessions { startsAt } } } } userErrors { code }`
	for _, mutation := range []string{
		`mutation ($q: ID!) { checkIn(input: {hub: "walton", clientMutationId: "x", personId: $q, need: "money"}) { visit { id need { code } person { displayName } } alreadyHere } }`,
		`mutation { takeNext(input: {hub: "walton", clientMutationId: "t1"}) { ` + conversation + ` } }`,
		`mutation ($c: ID!, $s: ID!) { signpost(input: {hub: "walton", clientMutationId: "s1", conversationId: $c, serviceId: $s}) { signpost { id service { name organisation { name } } person { id } } userErrors { code } } }`,
		`mutation ($g: ID!) { recordFollowUp(input: {hub: "walton", signpostId: $g, outcome: GOT_THERE}) { signpost { outcome service { name } } userErrors { code } } }`,
		`mutation ($c: ID!) { recordConversation(input: {hub: "walton", conversationId: $c, needs: ["money"], note: "Said \"no\"."}) { ` + conversation + ` } }`,
		`mutation ($c: ID!) { endConversation(input: {hub: "walton", conversationId: $c}) { ` + conversation + ` } }`,
		`mutation ($p: ID!) { updatePerson(input: {hub: "walton", personId: $p, pronouns: "they"}) { person { pronouns visits(first: 1) { nodes { id } pageInfo { endCursor } } accessNeeds { code } } userErrors { code } } }`,
		`mutation ($p: ID!) { setAccessNeeds(input: {hub: "walton", personId: $p, accessNeeds: [{code: BRAILLE}]}) { person { accessNeeds { code note } } userErrors { code } } }`,
		`mutation { registerPerson(input: {hub: "walton", clientMutationId: "r", givenName: "New"}) { person { givenName accessNeeds { code } openVisit { id } } userErrors { code } } }`,
	} {
		a.Statements.Reset()
		compiled := a.ask(h.ctx, mutation, ids)
		if sent := strings.Join(a.Statements.Sent(), "\n"); strings.Count(sent, "select coalesce((\nselect '{") != 1 {
			t.Errorf("%s\nsends\n%s", mutation, sent)
		}
		interpreted := a.interpreted().ask(h.ctx, mutation, ids)
		if diff := cmp.Diff(interpreted.Raw, compiled.Raw); diff != "" || len(compiled.Errors)+len(interpreted.Errors) > 0 {
			t.Errorf("%s\nanswers otherwise (-interpreted +compiled):\n%s\n%v %v", mutation, diff, interpreted.Errors, compiled.Errors)
		}
	}
}

// recorded gives what was recorded since it was last asked, in no order.
func (a *api) recorded(t testing.TB) (events []string) {
	t.Helper()
	a.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		rows, err := conn.Query(ctx, `select concat_ws(' ', action, subject_type, subject_id, person_id, hub_id, actor_id, fields) from audit_events where at > $1 order by 1`, a.seen)
		if err == nil {
			events, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err == nil {
			err = conn.QueryRow(ctx, "select coalesce(max(at), now()) from audit_events").Scan(&a.seen)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	return events
}

// sorted gives errors in one order: the executor runs fields side by side.
func sorted(errors gqlerror.List) []string {
	var all []string
	for _, e := range errors {
		all = append(all, fmt.Sprint(e, e.Extensions))
	}
	slices.Sort(all)
	return all
}

// TestManyScreensAreOneReading: those who watch the desk of a hub share the reading of it, and each sees every change.
func TestManyScreensAreOneReading(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 1)
	const screens = 40
	const watched = `subscription { queue(hub: "walton") { waiting { id person { displayName } need { code } } } }`
	next := make([]func() string, screens)
	for i := range next {
		next[i] = a.watch(t, a.As(t, a.Walton, viewer.Reception), watched)
	}
	for i := range next {
		if first := next[i](); first != `{"queue":{"waiting":[]}}` {
			t.Fatalf("screen %d begins with %s", i, first)
		}
	}
	a.Statements.Reset()
	var watching sync.WaitGroup
	for i := range next {
		watching.Go(func() {
			if got := next[i](); !strings.Contains(got, `"displayName":"Given Family0"`) {
				t.Errorf("screen %d shows %s after the change", i, got)
			}
		})
	}
	a.must(t, h.ctx, `mutation ($p: ID!) { checkIn(input: {hub: "walton", clientMutationId: "1", personId: $p}) { alreadyHere } }`, map[string]any{"p": h.people[0].ID})
	watching.Wait()
	readings := 0
	for _, s := range a.Statements.Sent() {
		if strings.Contains(s, `'{"queue":`) {
			readings++
		}
	}
	if readings < 1 || readings > screens/2 {
		t.Errorf("%d screens cost %d readings", screens, readings)
	}
}

// watch subscribes and gives what waits for the next answer.
func (a *api) watch(t testing.TB, ctx context.Context, subscription string) func() string {
	t.Helper()
	ctx, stop := context.WithTimeout(graphql.StartOperationTrace(ctx), time.Minute)
	t.Cleanup(stop)
	op, errs := a.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: subscription})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	next, ctx := a.exec.DispatchOperation(ctx, op)
	return func() string {
		response := next(ctx)
		if response == nil || len(response.Errors) > 0 {
			t.Errorf("the subscription ends with %+v", response)
			return ""
		}
		return string(response.Data)
	}
}
