package server

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
)

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	s := newSite(t)
	c := s.bearer("fay")
	for _, one := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 200}, {"GET", "/nothing-of-the-kind.js", 404}, {"POST", "/", 405}, {"GET", "/healthz", 200}, {"GET", "/readyz", 200},
		{"GET", "/graphql", 405}, {"PUT", "/graphql", 405}, {"OPTIONS", "/graphql", 405}, {"POST", "/graphql", 415},
		{"GET", "/auth/providers", 200}, {"GET", "/auth/login?provider=x", 404}, {"GET", "/auth/nothing", 404}, {"GET", "/metrics", 404},
	} {
		t.Run(one.method+" "+one.path, func(t *testing.T) {
			got := c.do(one.method, one.path, nil)
			if got.status != one.status {
				t.Errorf("status %d, want %d: %s", got.status, one.status, got.text)
			}
			if id := got.header.Get("X-Request-Id"); len(id) < 8 {
				t.Errorf("request id %q", id)
			}
			policy := got.header.Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("content security policy %q", policy)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
				}
			}
			if got.header.Get("Permissions-Policy") == "" || got.header.Get("Strict-Transport-Security") != "" {
				t.Errorf("permissions %q, transport %q (no https here)", got.header.Get("Permissions-Policy"), got.header.Get("Strict-Transport-Security"))
			}
		})
	}
	secure, _ := s.run(s.world.Store, listen(t), func(c *Config) { c.PublicURL = "https://liferooms.example.org" })
	w := httptest.NewRecorder()
	secure.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if got := w.Header().Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=31536000") {
		t.Errorf("behind https the transport policy is %q", got)
	}
}

func TestRequestIDs(t *testing.T) {
	c := newSite(t).bearer("fay")
	const given = "0123abcd-trace.7"
	got := c.ask("{ nothing }", nil, "X-Request-Id", given)
	if got.header.Get("X-Request-Id") != given || got.answer(t).Errors[0].Extensions.RequestID != given {
		t.Errorf("a well-formed id came back as %q and in %s", got.header.Get("X-Request-Id"), got.text)
	}
	for _, bad := range []string{"short", "with space 123", strings.Repeat("x", 200), "<script>alert(1)</script>"} {
		if id := c.get("/healthz", "X-Request-Id", bad).header.Get("X-Request-Id"); id == bad || len(id) != 36 {
			t.Errorf("the id %q was answered by %q", bad, id)
		}
	}
}

func TestAnotherWebsiteCannotActInSomebodysName(t *testing.T) {
	s := newSite(t)
	b := s.browser("fay")
	if got := b.ask("{ viewer { name } }", nil); !strings.Contains(got.text, "Fay Brennan") {
		t.Fatalf("signed in: %d %s", got.status, got.text)
	}
	for name, one := range map[string]struct {
		status int
		header []string
	}{
		"without the custom header": {http.StatusForbidden, []string{signin.Header, ""}},
		"from another site":         {http.StatusForbidden, []string{"Sec-Fetch-Site", "cross-site"}},
		"with another origin":       {http.StatusForbidden, []string{"Origin", "https://evil.example"}},
		"as plain text":             {http.StatusUnsupportedMediaType, []string{"Content-Type", "text/plain"}},
		"as a form":                 {http.StatusUnsupportedMediaType, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"as a file upload":          {http.StatusUnsupportedMediaType, []string{"Content-Type", "multipart/form-data; boundary=x"}},
		"without a content type":    {http.StatusUnsupportedMediaType, []string{"Content-Type", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.ask("{ viewer { name } }", nil, one.header...)
			if got.status != one.status || strings.Contains(got.text, "Fay") || got.code(t) == "" {
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
}

func TestAnotherAppMayCallFromItsOwnWebsiteOnly(t *testing.T) {
	s := newSite(t)
	stranger := &caller{t, s.url, nil, http.DefaultClient}
	preflight := func(origin string) reply {
		return stranger.do("OPTIONS", "/graphql", nil, "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,content-type")
	}
	allowed := preflight(otherApp)
	if allowed.status != http.StatusNoContent || allowed.header.Get("Access-Control-Allow-Origin") != otherApp ||
		!strings.Contains(strings.ToLower(allowed.header.Get("Access-Control-Allow-Headers")), "authorization") {
		t.Errorf("preflight of the other app: %d %v", allowed.status, allowed.header)
	}
	if got := allowed.header.Get("Access-Control-Allow-Credentials"); got != "" {
		t.Errorf("cookies of the other app are allowed: %q", got)
	}
	if got := preflight("https://evil.example").header; got.Get("Access-Control-Allow-Origin") != "" || got.Get("Access-Control-Allow-Headers") != "" {
		t.Errorf("preflight of a stranger: %v", got)
	}
	// The terminal's token is not the other app's: allowed by no origin.
	got := s.bearer("fay").ask("{ viewer { name } }", nil, "Origin", otherApp)
	if got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != otherApp || !strings.Contains(got.header.Get("Vary"), "Origin") {
		t.Errorf("another client's token from the other app: %d %v %s", got.status, got.header, got.text)
	}
}

func TestTrustedDocumentsOnly(t *testing.T) {
	s := newSite(t, func(c *Config) { c.TrustedDocuments = true })
	b := s.browser("fay")
	if got := b.send(`{"documentId":"sha256:viewer"}`); !strings.Contains(got.text, "Fay Brennan") {
		t.Errorf("a trusted document: %d %s", got.status, got.text)
	}
	if got := b.send(`{"documentId":"sha256:other"}`); got.code(t) != "NOT_FOUND" || !strings.Contains(got.text, "load the page again") {
		t.Errorf("an unknown document: %s", got.text)
	}
	if got := b.ask("{ viewer { name } }", nil); got.code(t) != "FORBIDDEN" {
		t.Errorf("a free query of the staff app: %s", got.text)
	}
	if got := b.send(`{"documentId":"sha256:viewer","query":"{ viewer { name } }"}`); got.code(t) != "BAD_USER_INPUT" {
		t.Errorf("both: %s", got.text)
	}
	free := s.bearer("fay")
	if got := free.ask("{ viewer { name } }", nil); got.code(t) != "" {
		t.Errorf("a client with free queries: %s", got.text)
	}
	for _, query := range []string{"{ __schema { queryType { name } } }", `{ __type(name: "Person") { name } }`} {
		if got := free.ask(query, nil); got.code(t) != "FORBIDDEN" || strings.Contains(got.text, `"Person"`) {
			t.Errorf("introspection: %s", got.text)
		}
	}
}

func TestIntrospectionInDevelopment(t *testing.T) {
	c := newSite(t, func(c *Config) { c.Introspection = true }).bearer("fay")
	got := c.ask("{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }", nil)
	if !strings.Contains(got.text, `"checkIn"`) {
		t.Errorf("%d %.300s", got.status, got.text)
	}
}

func TestRateOfOneViewer(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Rate, c.Burst = 0.001, 3 })
	fay := s.bearer("fay")
	for i := range 3 {
		if got := fay.ask("{ viewer { name } }", nil); got.status != http.StatusOK {
			t.Fatalf("request %d: %d %s", i, got.status, got.text)
		}
	}
	got := fay.ask("{ viewer { name } }", nil)
	if got.status != http.StatusTooManyRequests || got.code(t) != "LIMITED" || got.header.Get("Retry-After") == "" {
		t.Errorf("the fourth: %d %v %s", got.status, got.header, got.text)
	}
	if got := s.bearer("amir").ask("{ viewer { name } }", nil); got.status != http.StatusOK {
		t.Errorf("somebody else: %d %s", got.status, got.text)
	}
	metrics := httptest.NewRecorder()
	s.server.Metrics().ServeHTTP(metrics, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{"liferooms_rate_limited_total 1", `liferooms_operations_total{code="OK",operation="other"} 4`, `liferooms_runs_total{because="",result="miss"} 1`,
		`liferooms_runs_total{because="",result="hit"} 3`, "liferooms_db_connections ", "go_build_info"} {
		if !strings.Contains(metrics.Body.String(), want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
}

func TestStreamTellsOfAChangeOnAnotherReplica(t *testing.T) {
	s := newSite(t)
	person := s.person("Doreen", "Lathom")
	elsewhere, err := store.Open(context.Background(), store.Config{URL: s.world.AppURL, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	second := listen(t)
	_, stop := s.run(elsewhere, second)
	defer func() { _ = stop() }() // its error is the test's at the end

	response, lines := s.browser("fay").events(`{"documentId":"sha256:queue"}`)
	if got := response.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Fatalf("content type %q", got)
	}
	next(t, lines, `"waiting":[]`)
	there := s.bearer("fay")
	there.url = "http://" + second.Addr().String()
	got := there.ask(`mutation ($p: ID!) { checkIn(input: {hub: "walton", clientMutationId: "1", personId: $p}) { visit { id } userErrors { message } } }`,
		map[string]any{"p": person})
	if got.code(t) != "" {
		t.Fatal(got.text)
	}
	next(t, lines, `"waiting":[{"id":"`)
}

func TestStreamEndsWithItsSession(t *testing.T) {
	s := newSite(t)
	b := s.browser("fay")
	_, lines := b.events(`{"documentId":"sha256:queue"}`)
	next(t, lines, `"waiting":[]`)
	got := b.ask("mutation { signOut { providerSignOutUrl } }", nil)
	if got.code(t) != "" || !strings.Contains(got.text, "http") {
		t.Fatalf("sign out: %s", got.text)
	}
	if got := b.ask("{ viewer { name } }", nil); got.status != http.StatusUnauthorized || got.code(t) != "UNAUTHENTICATED" {
		t.Errorf("after signing out: %d %s", got.status, got.text)
	}
	if got := s.bearer("fay").ask(`mutation { recordAnonymousVisit(input: {hub: "walton", clientMutationId: "1"}) { visit { id } } }`, nil); got.code(t) != "" {
		t.Fatal(got.text)
	}
	next(t, lines, `UNAUTHENTICATED`)
	next(t, lines, "event: complete")
}

func TestStreamsAreNotForOthers(t *testing.T) {
	s := newSite(t)
	_, lines := s.bearer("fay").events(`{"query":"subscription { queue(hub: \"southport\") { waiting { id } } }"}`)
	next(t, lines, "NOT_FOUND")
	next(t, lines, "event: complete")
	_, lines = s.bearer("tia").events(`{"documentId":"sha256:queue"}`)
	next(t, lines, "FORBIDDEN")
	if got := s.bearer("fay").send(`{"documentId":"sha256:queue"}`); got.code(t) != "BAD_USER_INPUT" || !strings.Contains(got.text, "text/event-stream") {
		t.Errorf("a subscription without a stream: %s", got.text)
	}
}

// held keeps every read of the visits waiting until release is called.
func (s *site) held(t *testing.T) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.world.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(context.Background(), "begin; lock table visits in access exclusive mode"); err != nil {
		t.Fatal(err)
	}
	done := false
	release = func() {
		if !done {
			done = true
			_ = conn.Close(context.Background()) // rolls back
		}
	}
	t.Cleanup(release)
	return release
}

const countVisits = `{ hub(slug: "walton") { today { visitCount } } }`

func TestSlowOperationIsStopped(t *testing.T) {
	s := newSite(t, func(c *Config) { c.OperationTimeout = 300 * time.Millisecond })
	release := s.held(t)
	c := s.bearer("fay")
	got := c.ask(countVisits, nil)
	if got.code(t) != "LIMITED" || !strings.Contains(got.text, "took too long") {
		t.Errorf("%d %s", got.status, got.text)
	}
	release()
	if got := c.ask(countVisits, nil); got.code(t) != "" {
		t.Errorf("afterwards: %s", got.text)
	}
}

func TestDrainFinishesWhatIsUnderWay(t *testing.T) {
	s := newSite(t, func(c *Config) { c.DrainDelay = 300 * time.Millisecond })
	c := s.bearer("fay")
	_, lines := c.events(`{"documentId":"sha256:queue"}`)
	next(t, lines, `"waiting":[]`)
	release := s.held(t)
	answered := make(chan reply, 1)
	go func() { answered <- c.ask(countVisits, nil) }()
	eventually(t, "the operation waits in the database", func() bool {
		return s.world.Count(t, "select count(*) from pg_locks where not granted and relation = 'visits'::regclass") > 0
	})
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	eventually(t, "it is no longer ready", func() bool {
		response, err := http.Get(s.url + "/readyz")
		if err != nil {
			return true
		}
		response.Body.Close()
		return response.StatusCode == http.StatusServiceUnavailable
	})
	next(t, lines, "event: complete")
	select {
	case err := <-ended:
		t.Fatalf("it ended (%v) before the operation under way", err)
	default:
	}
	release()
	if got := <-answered; got.status != http.StatusOK || got.code(t) != "" {
		t.Errorf("the operation under way: %d %s", got.status, got.text)
	}
	if err := <-ended; err != nil {
		t.Errorf("drain: %v", err)
	}
	if _, err := http.Get(s.url + "/healthz"); err == nil {
		t.Error("it still answers")
	}
}

func TestReadyAsksTheDatabase(t *testing.T) {
	s := newSite(t)
	other, err := store.Open(context.Background(), store.Config{URL: s.world.AppURL, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	replica, _ := s.run(other, listen(t))
	other.Close()
	w := httptest.NewRecorder()
	replica.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("without its database: %d", w.Code)
	}
}

func TestLongAnswersAreCompressed(t *testing.T) {
	s := newSite(t)
	raw := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	r, err := http.NewRequest("GET", s.url+"/app.js", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "br, gzip;q=0.8")
	response, err := raw.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("headers: %v", response.Header)
	}
	unpacked, err := gzip.NewReader(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil || string(text) != strings.Repeat("let x = 1;\n", 2000) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	r.Header.Set("Accept-Encoding", "gzip;q=0")
	plain, err := raw.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Body.Close()
	if plain.Header.Get("Content-Encoding") != "" || plain.ContentLength != 22000 {
		t.Errorf("refused gzip, got %v", plain.Header)
	}
}

func TestDocumentsThatTheAPIDoesNotFit(t *testing.T) {
	schema := newSite(t) // any
	for name, text := range map[string]string{
		"broken":        "query {",
		"unknown field": "query Old { viewer { shoeSize } }",
		"too much":      fmt.Sprintf("query Wide { %s }", strings.Repeat(`hub(slug: "walton") { people(search: "a", first: 200) { nodes { visits(first: 200) { nodes { id } } } } } `, 1)),
	} {
		_, err := New(Config{PublicURL: schema.url}, Parts{Store: schema.world.Store, Log: schema.server.parts.Log, SignIn: schema.server.parts.SignIn,
			App: http.NotFoundHandler(), Documents: map[string]string{"x": text}})
		if err == nil || !strings.Contains(err.Error(), "do not fit") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
