package graph_test

import (
	"slices"
	"strings"
	"testing"

	"liferooms.io/liferooms/internal/viewer"
)

// operations are those in hot use. Each is one statement however many rows there are; the record of what was read is a
// further one, shared by the requests of a moment.
var operations = []struct{ name, query string }{
	{"person", `query ($id: ID!) { hub(slug: "walton") { person(id: $id) { displayName accessNeeds { code }
		visits(first: 20) { nodes { arrivedAt state need { name } advisor { name } conversation { whatMatters needs { name } } }
			pageInfo { hasNextPage endCursor } } } } }`},
	{"list", `{ hub(slug: "walton") { visits(first: 50) { nodes { arrivedAt state person { displayName accessNeeds { code } }
		need { name } advisor { name } } pageInfo { hasNextPage } } } }`},
	{"week", `{ hub(slug: "walton") { visitsByWeek(from: "2025-01-01", to: "2025-12-31") { week visits need { code name } } } }`},
	{"search", `{ hub(slug: "walton") { services(filter: {text: "advice"}) { nodes { name organisation { name } needs { code }
		locations { postcode } nextSessions { startsAt } } pageInfo { endCursor } } } }`},
	{"people", `{ hub(slug: "walton") { people(search: "given") { nodes { displayName openVisit { arrivedAt }
		visits(first: 2) { nodes { need { name } } } conversations(first: 1) { nodes { needs { name } } } } } } }`},
	{"queue", `{ hub(slug: "walton") { queue { waiting { person { displayName accessNeeds { code } } need { name } } } } }`},
}

func TestAReadIsOneStatement(t *testing.T) {
	for _, people := range []int{3, 30} {
		a := newAPI(t)
		h := a.fill(t, people)
		id := map[string]any{"id": h.people[0].ID}
		for _, op := range operations {
			a.must(t, h.ctx, op.query, id) // the hub's clock is kept from here on
			a.Statements.Reset()
			a.must(t, h.ctx, op.query, id)
			var sent []string
			for _, s := range a.Statements.Sent() {
				if !strings.Contains(s, "insert into audit_events") {
					sent = append(sent, s)
				}
			}
			if len(sent) != 1 {
				t.Errorf("%s of %d people sends %d statements:\n%s", op.name, people, len(sent), strings.Join(sent, "\n"))
			}
		}
	}
}

func TestCheckIn(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 1)
	const checkIn = `mutation ($p: ID!, $m: String!, $n: String) { checkIn(input: {hub: "walton", clientMutationId: $m, personId: $p, need: $n}) {
		alreadyHere visit { id state need { code } person { displayName } } userErrors { code field message } } }`
	person := h.people[0].ID
	first := a.must(t, h.ctx, checkIn, map[string]any{"p": person, "m": "1", "n": "money"})
	if dig(t, first, "checkIn", "alreadyHere") != false || dig(t, first, "checkIn", "visit", "need", "code") != "money" || dig(t, first, "checkIn", "visit", "state") != "WAITING" {
		t.Errorf("first check-in: %v", first)
	}
	if again := a.must(t, h.ctx, checkIn, map[string]any{"p": person, "m": "1", "n": "money"}); dig(t, again, "checkIn", "alreadyHere") != false ||
		dig(t, again, "checkIn", "visit", "id") != dig(t, first, "checkIn", "visit", "id") {
		t.Errorf("the same request answers otherwise: %v", again)
	}
	if second := a.must(t, h.ctx, checkIn, map[string]any{"p": person, "m": "2"}); dig(t, second, "checkIn", "alreadyHere") != true ||
		dig(t, second, "checkIn", "visit", "id") != dig(t, first, "checkIn", "visit", "id") {
		t.Errorf("a second check-in: %v", second)
	}
	other := a.fillOther(t)
	if got := a.ask(h.ctx, checkIn, map[string]any{"p": other, "m": "3"}); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "NOT_FOUND" {
		t.Errorf("somebody of another hub: %v %v", got.Data, got.Errors)
	}
	a.Statements.Reset()
	a.must(t, h.ctx, `mutation { recordAnonymousVisit(input: {hub: "walton", clientMutationId: "9", need: "housing"}) { visit { id anonymous need { name } advisor { name } } userErrors { message } } }`)
	if sent, ends := a.roundTrips(), a.Statements.Ends(); len(sent) != 1 || ends != 0 {
		t.Errorf("a visit takes %d round trips and %d commits, want one in all: %v", len(sent), ends, sent)
	}
	a.Statements.Reset()
	a.must(t, h.ctx, `mutation ($v: ID!) { endVisit(input: {hub: "walton", visitId: $v}) { visit { state person { displayName } } userErrors { code } } }`,
		map[string]any{"v": dig(t, first, "checkIn", "visit", "id")})
	// The lock; and the change, its record and what is shown with the commit.
	if sent, ends := a.roundTrips(), a.Statements.Ends(); len(sent) != 2 || ends != 0 {
		t.Errorf("to end a visit takes %d round trips and %d commits, want two in all: %v", len(sent), ends, sent)
	}
	bad := a.must(t, h.ctx, `mutation { recordAnonymousVisit(input: {hub: "walton", clientMutationId: "10", need: "nothing"}) { visit { id } userErrors { field } } }`)
	if dig(t, bad, "recordAnonymousVisit", "userErrors", 0, "field") != "need" {
		t.Errorf("an unknown need: %v", bad)
	}
}

// roundTrips are those that a request waited for: the news of a change is told after it.
func (a *api) roundTrips() []string {
	return slices.DeleteFunc(a.Statements.Sent(), func(s string) bool { return strings.Contains(s, "pg_notify") })
}

// fillOther gives somebody of Southport.
func (a *api) fillOther(t testing.TB) any {
	ctx := a.As(t, a.Southport, viewer.Reception)
	return a.Store.Client(ctx).Person.Create().SetMemberNumber("S1").SetGivenName("Sol").SaveX(ctx).ID
}

func TestAdvisorsJourney(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 1)
	s := a.service(t, h.ctx, "Debt advice")
	a.must(t, h.ctx, `mutation ($p: ID!) { checkIn(input: {hub: "walton", clientMutationId: "1", personId: $p}) { alreadyHere } }`, map[string]any{"p": h.people[0].ID})
	const take = `mutation { takeNext(input: {hub: "walton", clientMutationId: "t1"}) { conversation { id person { displayName } visit { state } needs { code } } userErrors { code message } } }`
	a.must(t, h.ctx, `{ hub(slug: "walton") { today { visitCount } } }`) // the hub's clock and needs are kept from here on
	a.Statements.Reset()
	taken := a.must(t, h.ctx, take)
	if sent, ends := a.roundTrips(), a.Statements.Ends(); len(sent) > 2 || ends != 0 {
		t.Errorf("to take a visitor takes %d round trips and %d commits, want two in all:\n%s", len(sent), ends, strings.Join(sent, "\n"))
	}
	id := dig(t, taken, "takeNext", "conversation", "id")
	if dig(t, taken, "takeNext", "conversation", "visit", "state") != "WITH_ADVISOR" {
		t.Errorf("taken: %v", taken)
	}
	if again := a.must(t, h.ctx, take); dig(t, again, "takeNext", "conversation", "id") != id {
		t.Errorf("taken again: %v", again)
	}
	if busy := a.must(t, h.ctx, strings.Replace(take, `"t1"`, `"t2"`, 1)); dig(t, busy, "takeNext", "userErrors", 0, "code") != "CONFLICT" {
		t.Errorf("taken while busy: %v", busy)
	}
	c := map[string]any{"c": id, "s": s.ID}
	// What is saved while somebody talks is two round trips: what there is; and the change, its record and what is shown with
	// the commit.
	twoTrips := func(what string) {
		t.Helper()
		if sent, ends := a.roundTrips(), a.Statements.Ends(); len(sent) > 2 || ends != 0 {
			t.Errorf("to %s takes %d round trips and %d commits, want two in all:\n%s", what, len(sent), ends, strings.Join(sent, "\n"))
		}
		a.Statements.Reset()
	}
	a.must(t, h.ctx, `mutation ($c: ID!) { recordConversation(input: {hub: "walton", conversationId: $c, needs: ["money", "isolation"], note: "Listened.\nAgreed."}) {
		conversation { note needs { code } } userErrors { message } } }`, c)
	a.Statements.Reset()
	recorded := a.must(t, h.ctx, `mutation ($c: ID!) { recordConversation(input: {hub: "walton", conversationId: $c, needs: ["housing", "isolation"], note: "More.", agreed: "That."}) {
		conversation { note needs { code } } userErrors { message } } }`, c)
	twoTrips("record")
	if dig(t, recorded, "recordConversation", "conversation", "needs", 1, "code") != "isolation" {
		t.Errorf("recorded: %v", recorded)
	}
	given := a.must(t, h.ctx, `mutation ($c: ID!, $s: ID!) { signpost(input: {hub: "walton", clientMutationId: "s1", conversationId: $c, serviceId: $s, need: "money"}) {
		signpost { id followUpOn service { name organisation { name } } need { code } } userErrors { message } } }`, c)
	twoTrips("give a service")
	if dig(t, given, "signpost", "signpost", "service", "name") != "Debt advice" || dig(t, given, "signpost", "signpost", "followUpOn") == nil {
		t.Errorf("signposted: %v", given)
	}
	ended := a.must(t, h.ctx, `mutation ($c: ID!) { endConversation(input: {hub: "walton", conversationId: $c}) { conversation { endedAt visit { state } signposts { id } } userErrors { message } } }`, c)
	twoTrips("end")
	if dig(t, ended, "endConversation", "conversation", "visit", "state") != "LEFT" {
		t.Errorf("ended: %v", ended)
	}
	due := a.must(t, h.ctx, `{ hub(slug: "walton") { followUps(dueBy: "2100-01-01") { nodes { id person { displayName } service { name } } } } }`)
	if dig(t, due, "hub", "followUps", "nodes", 0, "id") != dig(t, given, "signpost", "signpost", "id") {
		t.Errorf("due: %v", due)
	}
	c["g"] = dig(t, given, "signpost", "signpost", "id")
	a.Statements.Reset()
	followed := a.must(t, h.ctx, `mutation ($g: ID!) { recordFollowUp(input: {hub: "walton", signpostId: $g, outcome: GOT_THERE}) { signpost { outcome person { displayName } } userErrors { message } } }`, c)
	twoTrips("record a follow-up")
	if dig(t, followed, "recordFollowUp", "signpost", "outcome") != "GOT_THERE" {
		t.Errorf("followed up: %v", followed)
	}
	if n := a.Count(t, `select count(*) from audit_events where action in ('visit.checked_in', 'conversation.started', 'conversation.recorded', 'signpost.given', 'conversation.ended') and person_id is not null`); n != 6 {
		t.Errorf("%d changes are on record, not 6", n)
	}
}
