package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// leaks are words that an answer to bad input must not hold: of Go, of SQL, of Postgres, and of what was sent.
var leaks = regexp.MustCompile(`(?i)goroutine|\.go:\d|runtime error|panic|select .* from|insert into|sqlstate|pgx|pq:|syntax error at or near|persons|hub_id|secret-of-the-caller`)

// checkRefusal holds an answer to what every refusal must be.
func checkRefusal(t *testing.T, got reply, code, part string) {
	t.Helper()
	a := got.answer(t)
	if len(a.Errors) == 0 {
		t.Fatalf("it was taken: %d %.300s", got.status, got.text)
	}
	e := a.Errors[0]
	if e.Extensions.Code != code {
		t.Errorf("code %q, want %q: %.300s", e.Extensions.Code, code, got.text)
	}
	if !strings.Contains(e.Message, part) {
		t.Errorf("the message does not say %q: %q", part, e.Message)
	}
	if id := e.Extensions.RequestID; id == "" || id != got.header.Get("X-Request-Id") {
		t.Errorf("request id %q in the answer, %q in the header", id, got.header.Get("X-Request-Id"))
	}
	if leak := leaks.FindString(got.text); leak != "" {
		t.Errorf("the answer holds %q: %.500s", leak, got.text)
	}
	if len(got.text) > 20_000 {
		t.Errorf("the answer is %d bytes long", len(got.text))
	}
}

func TestBadBodies(t *testing.T) {
	s := newSite(t)
	c := s.bearer("fay")
	for name, one := range map[string]struct {
		body         string
		status       int
		code, saying string
	}{
		"nothing":                 {"", 400, "BAD_USER_INPUT", "empty"},
		"cut off":                 {`{"query":"{ viewer { name } }", "variables": {"secret-of-the-caller": `, 400, "BAD_USER_INPUT", "ends in the middle"},
		"not JSON":                {`secret-of-the-caller`, 400, "BAD_USER_INPUT", "not JSON"},
		"single quotes":           {`{'query':'{ viewer { name } }'}`, 400, "BAD_USER_INPUT", "not JSON"},
		"a text":                  {`"secret-of-the-caller"`, 400, "BAD_USER_INPUT", "JSON object"},
		"null":                    {`null`, 200, "BAD_USER_INPUT", "names no operation"},
		"a batch":                 {`[{"query":"{ viewer { name } }"}]`, 400, "BAD_USER_INPUT", "one operation"},
		"two objects":             {`{"query":"{ viewer { name } }"}{"query":"secret-of-the-caller"}`, 400, "BAD_USER_INPUT", "one operation"},
		"query of a wrong type":   {`{"query":{"secret-of-the-caller":1}}`, 400, "BAD_USER_INPUT", `"query" must be a text`},
		"variables as a list":     {`{"query":"{ viewer { name } }","variables":[1]}`, 400, "BAD_USER_INPUT", `"variables" must be an object`},
		"operation name a number": {`{"query":"{ viewer { name } }","operationName":7}`, 400, "BAD_USER_INPUT", `"operationName" must be a text`},
		"no query":                {`{}`, 200, "BAD_USER_INPUT", "names no operation"},
		"an unknown operation":    {`{"query":"query A { viewer { name } }","operationName":"B"}`, 200, "BAD_USER_INPUT", "B"},
		"deeply nested JSON":      {`{"query":"{ viewer { name } }","variables":{"x":` + strings.Repeat("[", 20_000) + `}}`, 400, "BAD_USER_INPUT", "JSON"},
		"10 MB":                   {`{"query":"{ viewer { name } }","variables":{"x":"` + strings.Repeat("secret-of-the-caller", 500_000) + `"}}`, 413, "LIMITED", "at most 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.send(one.body)
			if got.status != one.status {
				t.Errorf("status %d, want %d", got.status, one.status)
			}
			checkRefusal(t, got, one.code, one.saying)
		})
	}
	t.Run("10 MB of unknown length", func(t *testing.T) {
		var large bytes.Buffer
		large.WriteString(`{"query":"`)
		large.WriteString(strings.Repeat(" ", 10<<20))
		got := c.do("POST", "/graphql", struct{ *bytes.Buffer }{&large}, "Content-Type", "application/json")
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", got.status)
		}
		checkRefusal(t, got, "LIMITED", "at most 1 MiB")
	})
	t.Run("an answer that nobody knows", func(t *testing.T) {
		got := c.send(`{"query":"{ viewer { name } }"}`, "Accept", "image/png")
		if got.status != http.StatusNotAcceptable {
			t.Errorf("status %d", got.status)
		}
		checkRefusal(t, got, "BAD_USER_INPUT", "Accept application/graphql-response+json")
	})
	stillServes(t, c)
}

func stillServes(t *testing.T, c *caller) {
	t.Helper()
	if got := c.ask("{ viewer { name } }", nil); got.status != 200 || !strings.Contains(got.text, "Fay Brennan") {
		t.Errorf("the server no longer serves: %d %s", got.status, got.text)
	}
}

func TestBadDocuments(t *testing.T) {
	s := newSite(t)
	c := s.bearer("fay")
	nested := strings.Repeat(`person(id: "0198b6a0-0000-7000-8000-000000000000") { openVisit { `, 1)
	deep := `{ hub(slug: "walton") { ` + nested + strings.Repeat("person { openVisit { ", 8) + "id" + strings.Repeat(" } }", 8) + " } } } }"
	var aliases, roots, spreads strings.Builder
	for i := range 100 {
		fmt.Fprintf(&aliases, "a%d: name ", i)
		fmt.Fprintf(&roots, "r%d: viewer { name } ", i)
	}
	spreads.WriteString("query { viewer { ...f0 } } ")
	for i := range 200 {
		fmt.Fprintf(&spreads, "fragment f%d on Viewer { ...f%d ...f%d } ", i, i+1, i+1)
	}
	spreads.WriteString("fragment f200 on Viewer { name }")
	for name, one := range map[string]struct{ query, code, saying string }{
		"half a query":               {"{ viewer { name ", "BAD_USER_INPUT", "Expected"},
		"an unclosed text":           {`{ hub(slug: "walton`, "BAD_USER_INPUT", "Unexpected"},
		"an unknown field":           {"{ viewer { nhsNumber } }", "BAD_USER_INPUT", "nhsNumber"},
		"no suggestion":              {"{ viewer { nam } }", "BAD_USER_INPUT", "nam"},
		"control characters":         {"{ viewer \x00 { name } }", "BAD_USER_INPUT", ""},
		"an operation in a fragment": {"fragment F on Viewer { name }", "BAD_USER_INPUT", "no operation"},
		"a circle of fragments":      {"{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }", "BAD_USER_INPUT", ""},
		"over-deep":                  {deep, "LIMITED", "levels deep"},
		"brackets only":              {strings.Repeat("{a", 30_000), "LIMITED", "too large"},
		"over-wide":                  {"{ " + roots.String() + " }", "LIMITED", "at its top"},
		"aliased":                    {"{ viewer { " + aliases.String() + " } }", "LIMITED", "aliases"},
		"over-long":                  {"{ viewer { name } } #" + strings.Repeat("x", 100_000), "LIMITED", "too long"},
		"many tokens":                {"{ viewer { " + strings.Repeat("name ", 9_000) + " } }", "LIMITED", "too large"},
		"fragments that multiply":    {spreads.String(), "LIMITED", ""},
		"pages of pages": {`{ hub(slug: "walton") { people(search: "a", first: 200) { nodes { visits(first: 200) { nodes { id state arrivedAt } } } } } }`,
			"LIMITED", "smaller pages"},
		"a value of a wrong type":     {`{ hub(slug: 7) { name } }`, "BAD_USER_INPUT", "String"},
		"an id that is none":          {`{ hub(slug: "walton") { person(id: "7 or 1=1; drop table persons") { id } } }`, "BAD_USER_INPUT", ""},
		"a mutation without an input": {`mutation { checkIn { visit { id } } }`, "BAD_USER_INPUT", "input"},
		"a directive nobody knows":    {`{ viewer @steal { name } }`, "BAD_USER_INPUT", "steal"},
		"an introspection":            {`{ __schema { types { name } } }`, "FORBIDDEN", "not given out"},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.ask(one.query, nil)
			if got.status != http.StatusOK {
				t.Errorf("status %d", got.status)
			}
			if strings.Contains(got.text, "Did you mean") {
				t.Errorf("it guesses: %s", got.text)
			}
			if name == "an id that is none" {
				got.text = strings.ReplaceAll(got.text, "persons", "") // its own words may come back
			}
			checkRefusal(t, got, one.code, one.saying)
		})
	}
	for name, one := range map[string]struct {
		value any
		ok    bool
	}{"a whole number": {3, true}, "a fraction": {3.5, false}, "a huge number": {json.Number("1e400"), false}, "words": {"three", false}, "none": {0, false}} {
		t.Run("a page of "+name, func(t *testing.T) {
			got := c.ask(`query ($n: Int) { hub(slug: "walton") { people(search: "sean", first: $n) { nodes { id } } } }`, map[string]any{"n": one.value})
			if one.ok {
				if got.code(t) != "" {
					t.Errorf("%s", got.text)
				}
				return
			}
			checkRefusal(t, got, "BAD_USER_INPUT", "")
		})
	}
	stillServes(t, c)
}

const register = `mutation ($input: RegisterPersonInput!) { registerPerson(input: $input) {
	person { id givenName familyName dateOfBirth nhsNumber } userErrors { code field message } } }`

// TestBadValues sends what people type wrong, or paste, to a form.
func TestBadValues(t *testing.T) {
	s := newSite(t)
	c := s.bearer("fay")
	people := func() int { return s.world.Count(t, "select count(*) from persons") }
	send := func(t *testing.T, set map[string]any) (reply, []struct{ Code, Field, Message string }, *struct{ GivenName, FamilyName string }) {
		t.Helper()
		input := map[string]any{"hub": "walton", "clientMutationId": t.Name(), "givenName": "Doreen", "familyName": "Lathom"}
		for name, value := range set {
			input[name] = value
		}
		got := c.ask(register, map[string]any{"input": input})
		var data struct {
			RegisterPerson struct {
				Person     *struct{ GivenName, FamilyName string }
				UserErrors []struct{ Code, Field, Message string }
			}
		}
		if a := got.answer(t); len(a.Errors) == 0 {
			if err := json.Unmarshal(a.Data, &data); err != nil {
				t.Fatal(err)
			}
		}
		return got, data.RegisterPerson.UserErrors, data.RegisterPerson.Person
	}
	for name, one := range map[string]struct {
		field string
		value any
	}{
		"a control character":              {"givenName", "Dor\x00een"},
		"an escape sequence":               {"familyName", "Lat\x1b[31mham"},
		"a mark that turns text around":    {"givenName", "Dor\u202eeen"},
		"an isolate of direction":          {"familyName", "\u2066Lathom\u2069"},
		"half a surrogate":                 {"givenName", json.RawMessage(`"Dor\ud83deen"`)},
		"no name at all":                   {"givenName", "  "},
		"a name of a thousand letters":     {"givenName", strings.Repeat("x", 1000)},
		"born in 1890":                     {"dateOfBirth", "1890-05-01"},
		"born in 2200":                     {"dateOfBirth", "2200-05-01"},
		"an NHS number's wrong check":      {"nhsNumber", "999 123 4567"},
		"an NHS number of ten equal":       {"nhsNumber", "1111111111"},
		"an NHS number too short":          {"nhsNumber", "99912345"},
		"a phone number of letters":        {"phone", "ring me"},
		"an e-mail address that is none":   {"email", "doreen at home"},
		"a postcode that is none":          {"postcode", "NOWHERE"},
		"a need for access said too often": {"accessNeeds", []any{map[string]any{"code": "STEP_FREE", "note": strings.Repeat("y", 5000)}}},
	} {
		t.Run(name, func(t *testing.T) {
			before := people()
			got, problems, person := send(t, map[string]any{one.field: one.value})
			if person != nil || len(problems) == 0 {
				t.Fatalf("it was taken: %s", got.text)
			}
			if p := problems[0]; p.Code != "BAD_USER_INPUT" || !strings.HasPrefix(p.Field, one.field) || len(p.Message) < 20 {
				t.Errorf("told %+v", p)
			}
			if got.header.Get("X-Request-Id") == "" || leaks.MatchString(got.text) {
				t.Errorf("%s", got.text)
			}
			if people() != before {
				t.Error("something was saved")
			}
		})
	}
	for name, set := range map[string]map[string]any{
		"a day that is none":      {"dateOfBirth": "2001-02-30"},
		"a yes for a name":        {"givenName": true},
		"a number for a name":     {"givenName": 7},
		"a number for a day":      {"dateOfBirth": 19840312},
		"an object for a name":    {"givenName": map[string]any{"first": "Doreen"}},
		"a code nobody knows":     {"safeContact": "CARRIER_PIGEON"},
		"a field nobody knows":    {"shoeSize": 43},
		"a name that is missing":  {"givenName": nil},
		"an array for a day":      {"dateOfBirth": []any{"2001-01-01"}},
		"a hub of another's":      {"hub": "elsewhere"},
		"a hub that is not there": {"hub": "'; drop table persons; --"},
	} {
		t.Run(name, func(t *testing.T) {
			before := people()
			got, _, _ := send(t, set)
			code := "BAD_USER_INPUT"
			if strings.HasPrefix(name, "a hub") {
				code = "NOT_FOUND"
			}
			checkRefusal(t, got, code, "")
			if people() != before {
				t.Error("something was saved")
			}
		})
	}
	for name, want := range map[string]string{
		"emoji": "Zoë 🌻", "a family of joined emoji": "👩‍👩‍👧", "composed from parts": "Zoé", "Arabic": "فاطمة", "an apostrophe": "O’Neill", "quotes": `Rob"); drop`,
	} {
		t.Run(name, func(t *testing.T) {
			typed := want
			if name == "composed from parts" {
				typed = "Zoe\u0301"
			}
			got, problems, person := send(t, map[string]any{"givenName": typed})
			if person == nil || person.GivenName != want {
				t.Errorf("%v, want %q: %s", person, want, got.text)
			}
			if len(problems) > 0 {
				t.Errorf("told %v", problems)
			}
		})
	}
	stillServes(t, c)
}

// TestFaultOfOurs breaks the database under the server: whoever asks learns that it is not their fault, and no more.
func TestFaultOfOurs(t *testing.T) {
	s := newSite(t)
	c := s.bearer("fay")
	rename := func(sql string) {
		t.Helper()
		s.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		})
	}
	rename("alter table visits rename to visits_away")
	got := c.ask(countVisits, nil)
	checkRefusal(t, got, "INTERNAL", "report the request id")
	if strings.Contains(got.text, "relation") || strings.Contains(got.text, "does not exist") {
		t.Errorf("the answer tells of the database: %s", got.text)
	}
	rename("alter table visits_away rename to visits")
	if got := c.ask(countVisits, nil); got.code(t) != "" {
		t.Errorf("afterwards: %s", got.text)
	}
	stillServes(t, c)
}
