package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/access"
	"liferooms.io/liferooms/internal/viewer"
)

// TestEveryFieldSaysWhoMaySeeIt: a field of the schema has exactly one of @can and @signedIn, with a known permission.
func TestEveryFieldSaysWhoMaySeeIt(t *testing.T) {
	schema := graph.NewExecutableSchema(graph.Config{}).Schema()
	seen := 0
	for _, typ := range schema.Types {
		if typ.Kind != ast.Object || typ.BuiltIn {
			continue
		}
		for _, f := range typ.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			seen++
			can := f.Directives.ForNames("can")
			if len(can)+len(f.Directives.ForNames("signedIn")) != 1 {
				t.Errorf("%s.%s says nothing of who may see it, or too much", typ.Name, f.Name)
			}
			for _, d := range can {
				if p := access.Permission(d.Arguments.ForName("do").Value.Raw); !access.Set(access.Permissions).Has(p) {
					t.Errorf("%s.%s asks for %s, which is no permission", typ.Name, f.Name, p)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d fields were looked at", seen)
	}
}

func TestPermissions(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 1)
	id := map[string]any{"id": h.people[0].ID, "yes": true}
	const read, forbidden, missing, bad, unknown = "", "FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "UNAUTHENTICATED"
	person := `query ($id: ID!) { hub(slug: "walton") { person(id: $id) { displayName } } }`
	notes := `query ($id: ID!) { hub(slug: "walton") { person(id: $id) { conversations { nodes { note } } } } }`
	for _, c := range []struct {
		name, query, code, path string
		roles                   []viewer.Role
	}{
		{"reception reads a person", person, read, "", []viewer.Role{viewer.Reception}},
		{"reception reads no notes", notes, forbidden, "hub.person.conversations", []viewer.Role{viewer.Reception}},
		{"an advisor reads notes", notes, read, "", []viewer.Role{viewer.Advisor}},
		{"a tutor reads no person", person, forbidden, "hub.person", []viewer.Role{viewer.Tutor}},
		{"an analyst reads counts", `{ hub(slug: "walton") { visitsByWeek(from: "2025-01-01", to: "2025-01-31") { visits } } }`, read, "", []viewer.Role{viewer.Analyst}},
		{"an analyst reads no names", person, forbidden, "hub.person", []viewer.Role{viewer.Analyst}},
		{"a trust admin reads no client", person, forbidden, "hub.person", []viewer.Role{viewer.TrustAdmin}},
		{"governance reads the audit", `{ hub(slug: "walton") { auditEvents { nodes { action actor { name } } } } }`, read, "", []viewer.Role{viewer.Governance}},
		{"reception reads no audit", `{ hub(slug: "walton") { auditEvents { nodes { action } } } }`, forbidden, "hub.auditEvents", []viewer.Role{viewer.Reception}},
		{"no role", `{ hub(slug: "walton") { name } }`, forbidden, "hub", nil},
		{"an alias hides nothing", `query ($id: ID!) { h: hub(slug: "walton") { p: person(id: $id) { c: conversations { nodes { note } } } } }`, forbidden, "h.p.c", []viewer.Role{viewer.Reception}},
		{"a fragment hides nothing", `query ($id: ID!) { hub(slug: "walton") { ...f } } fragment f on Hub { person(id: $id) { ... on Person { conversations { nodes { note } } } } }`,
			forbidden, "hub.person.conversations", []viewer.Role{viewer.Reception}},
		{"what is left out by a literal needs nothing", `{ hub(slug: "walton") { slug auditEvents @include(if: false) { nodes { action } } } }`, read, "", []viewer.Role{viewer.Reception}},
		{"what is left out by a variable needs nothing", `query ($yes: Boolean!) { hub(slug: "walton") { slug auditEvents @skip(if: $yes) { nodes { action } } } }`, read, "", []viewer.Role{viewer.Reception}},
		{"another hub of the trust", `{ hub(slug: "southport") { name } }`, missing, "hub", []viewer.Role{viewer.Manager}},
		{"another trust's hub", `{ hub(slug: "elsewhere") { name } }`, missing, "hub", []viewer.Role{viewer.Manager}},
		{"no such hub", `{ hub(slug: "nowhere") { name } }`, missing, "hub", []viewer.Role{viewer.Manager}},
		{"two hubs at once", `{ a: hub(slug: "walton") { name } b: hub(slug: "southport") { name } }`, bad, "b", []viewer.Role{viewer.Manager}},
		{"a mutation in another hub", `mutation { recordAnonymousVisit(input: {hub: "southport", clientMutationId: "1"}) { alreadyHere: clientMutationId } }`, missing, "recordAnonymousVisit", []viewer.Role{viewer.Reception}},
		{"a mutation without the role", `mutation { recordAnonymousVisit(input: {hub: "walton", clientMutationId: "1"}) { clientMutationId } }`, forbidden, "recordAnonymousVisit", []viewer.Role{viewer.Tutor}},
		{"a payload shows no more than its reader may see", `mutation ($id: ID!) { checkIn(input: {hub: "walton", clientMutationId: "1", personId: $id}) { visit { conversation { note } } } }`,
			forbidden, "checkIn.visit.conversation", []viewer.Role{viewer.Reception}},
		{"about oneself", `{ viewer { name trust { odsCode } hubs { slug permissions roles } } }`, read, "", []viewer.Role{viewer.Tutor}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := a.As(t, a.Walton, c.roles...)
			a.Statements.Reset()
			got := a.ask(ctx, c.query, id)
			if c.code == read {
				if len(got.Errors) > 0 {
					t.Fatalf("%v", got.Errors)
				}
				return
			}
			if len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != c.code || got.Errors[0].Path.String() != c.path {
				t.Errorf("answers %v (%s), not %s at %s", got.Errors, got.Raw, c.code, c.path)
			}
			if sent := a.Statements.Sent(); len(sent) != 0 || len(got.Data) != 0 {
				t.Errorf("something ran: %v, %v", sent, got.Data)
			}
		})
	}
	if got := a.ask(context.Background(), person, id); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != unknown {
		t.Errorf("nobody signed in: %v", got.Errors)
	}
	others := []string{`{ hub(slug: "southport") { name } }`, `{ hub(slug: "elsewhere") { name } }`, `{ hub(slug: "nowhere") { name } }`}
	ctx := a.As(t, a.Walton, viewer.Manager)
	for _, q := range others {
		if got, want := fmt.Sprint(a.ask(ctx, q).Errors), fmt.Sprint(a.ask(ctx, others[2]).Errors); got != want {
			t.Errorf("the answer tells whether a hub exists: %s, %s", got, want)
		}
	}
}

// TestVerdictsAreOfTheirRoles: that one viewer may run an operation says nothing of the next, nor of what it skips.
func TestVerdictsAreOfTheirRoles(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 1)
	const query = `query ($id: ID!, $skip: Boolean!) { hub(slug: "walton") { person(id: $id) { displayName conversations @skip(if: $skip) { nodes { note } } } } }`
	advisor, reception := a.As(t, a.Walton, viewer.Advisor), a.As(t, a.Walton, viewer.Reception)
	southport := a.As(t, a.Southport, viewer.Advisor)
	for range 2 { // the second time from memory
		for _, c := range []struct {
			ctx  context.Context
			skip bool
			code string
		}{{advisor, false, ""}, {reception, true, ""}, {reception, false, "FORBIDDEN"}, {southport, false, "NOT_FOUND"}, {context.Background(), true, "UNAUTHENTICATED"}} {
			got := a.ask(c.ctx, query, map[string]any{"id": h.people[0].ID, "skip": c.skip})
			if c.code == "" && len(got.Errors) > 0 || c.code != "" && (len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != c.code || len(got.Data) > 0) {
				t.Errorf("skip %v: %v %s, want %q", c.skip, got.Errors, got.Raw, c.code)
			}
		}
	}
}

// TestErrors: what a caller sees of an error is a sentence, a code and the request's id, never SQL or a stack.
func TestErrors(t *testing.T) {
	a := newAPI(t)
	ctx := a.As(t, a.Walton, viewer.Reception, viewer.Advisor)
	long := strings.Repeat("x", 5000)
	for _, c := range []struct{ name, query, code, says string }{
		{"not a document", `{ hub(`, "BAD_USER_INPUT", "Expected"},
		{"no such field", `{ hub(slug: "walton") { nam } }`, "BAD_USER_INPUT", `Cannot query field "nam"`},
		{"a long name", `{ ` + long + ` }`, "BAD_USER_INPUT", "Cannot query field"},
		{"not an id", `{ hub(slug: "walton") { person(id: "7") { id } } }`, "BAD_USER_INPUT", ""},
		{"not a day", `{ hub(slug: "walton") { visits(on: "yesterday") { nodes { id } } } }`, "BAD_USER_INPUT", "YYYY-MM-DD"},
		{"too large a page", `{ hub(slug: "walton") { visits(first: 201) { nodes { id } } } }`, "BAD_USER_INPUT", "1 to 200"},
		{"not a cursor", `{ hub(slug: "walton") { visits(after: "AQ") { nodes { id } } } }`, "BAD_USER_INPUT", "cursor"},
		{"a cursor of another list", `{ hub(slug: "walton") { visits(after: "AXMBeAAA") { nodes { id } } } }`, "BAD_USER_INPUT", "cursor"},
		{"forward and backward", `{ hub(slug: "walton") { visits(first: 1, last: 1) { nodes { id } } } }`, "BAD_USER_INPUT", "not for both"},
		{"a report of a century", `{ hub(slug: "walton") { today { visitCount } } viewer { name } again: hub(slug: "walton") { visits(on: "0001-01-01") { nodes { id } } } }`, "", ""},
		{"no such conversation", `mutation { endConversation(input: {hub: "walton", conversationId: "00000000-0000-7000-8000-000000000000"}) { userErrors { code } } }`, "NOT_FOUND", "conversation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := a.ask(ctx, c.query)
			if c.code == "" {
				if len(got.Errors) > 0 {
					t.Error(got.Errors)
				}
				return
			}
			if len(got.Errors) == 0 {
				t.Fatalf("no error: %s", got.Raw)
			}
			e := got.Errors[0]
			if e.Extensions["code"] != c.code || e.Extensions["requestId"] != "req-1" || !strings.Contains(e.Message, c.says) || len(e.Message) > 400 || strings.Contains(e.Message, "Did you mean") {
				t.Errorf("%q %v", e.Message, e.Extensions)
			}
		})
	}
	// The database fails in the middle: the caller learns nothing of it.
	a.Store.Close()
	got := a.ask(ctx, `{ hub(slug: "walton") { name } }`)
	if len(got.Errors) == 0 || got.Errors[0].Extensions["code"] != "INTERNAL" || strings.Contains(got.Errors[0].Message, "pool") ||
		got.Errors[0].Path.String() != "hub" || got.Raw != `{"hub":null}` {
		t.Errorf("%v %s", got.Errors, got.Raw)
	}
	if got := a.ask(ctx, `{ viewer { email } }`); len(got.Errors) == 0 || got.Errors[0].Path.String() != "viewer" || got.Raw != "null" {
		t.Errorf("%v %s", got.Errors, got.Raw)
	}
}

// TestPages: all pages of a list together are the list, forward and backward, where many rows share a time.
func TestPages(t *testing.T) {
	a := newAPI(t)
	h := a.fill(t, 9)
	for _, size := range []int{1, 2, 5, 13, 27, 200} {
		for _, direction := range [][2]string{{"first", "after"}, {"last", "before"}} {
			var ids []any
			seen := map[any]bool{}
			cursor := ""
			for range 60 {
				data := a.must(t, h.ctx, fmt.Sprintf(`{ hub(slug: "walton") { visits(%s: %d %s) { nodes { id } totalCount
					pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`, direction[0], size, cursor))
				nodes := dig(t, data, "hub", "visits", "nodes").([]any)
				page := make([]any, len(nodes))
				for i, n := range nodes {
					page[i] = dig(t, n, "id")
					if seen[page[i]] {
						t.Fatalf("%s %d repeats a row", direction[0], size)
					}
					seen[page[i]] = true
				}
				if n := dig(t, data, "hub", "visits", "totalCount"); n != 27.0 {
					t.Fatalf("%v in all", n)
				}
				more, end := "hasNextPage", "endCursor"
				if direction[0] == "last" {
					more, end = "hasPreviousPage", "startCursor"
					ids = append(page, ids...)
				} else {
					ids = append(ids, page...)
				}
				if dig(t, data, "hub", "visits", "pageInfo", more) != true {
					break
				}
				cursor = fmt.Sprintf("%s: %q", direction[1], dig(t, data, "hub", "visits", "pageInfo", end))
			}
			if len(ids) != 27 {
				t.Errorf("%s %d: %d rows, not 27", direction[0], size, len(ids))
			}
			whole := dig(t, a.must(t, h.ctx, `{ hub(slug: "walton") { visits(first: 200) { nodes { id } } } }`), "hub", "visits", "nodes").([]any)
			for i := range ids {
				if ids[i] != dig(t, whole[i], "id") {
					t.Fatalf("%s %d: row %d is another than in the whole list", direction[0], size, i)
				}
			}
		}
	}
}
