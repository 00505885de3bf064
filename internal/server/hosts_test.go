package server

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/viewer"
)

// TestNamesThatAreNotOurs: pages are shown under the app's own names; the API and the probes answer by any, since the
// operator and the cluster come by names from within.
func TestNamesThatAreNotOurs(t *testing.T) {
	s := newSite(t)
	ctx := s.platform()
	s.world.Store.Client(ctx).Hostname.Create().SetName("walton.test").SetTrustID(viewer.FromContext(ctx).TrustID).SetHubID(s.world.Walton.ID).ExecX(ctx)
	token := "Bearer " + s.token("fay")
	for _, c := range []struct {
		method, host, path string
		status             int
		to                 string
	}{
		{"GET", "evil.test", "/walton?x=1", 307, s.url + "/walton?x=1"},
		{"HEAD", "evil.test", "/", 307, s.url + "/"},
		{"GET", "evil.test", "/auth/login", 307, s.url + "/auth/login"},
		{"POST", "evil.test", "/auth/logout", 421, ""},
		{"GET", "walton.test", "/", 200, ""},
		{"GET", "WALTON.test:8443", "/", 200, ""},
		{"GET", "walton.test.evil.test", "/", 307, s.url + "/"},
		{"GET", "liferooms-api:8080", "/healthz", 200, ""},
		{"GET", "10.244.0.7:8080", "/readyz", 200, ""},
		{"POST", "liferooms-api:8080", "/graphql", 200, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(`{"documentId":"sha256:viewer"}`))
		r.Host = c.host
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", token)
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Location") != c.to {
			t.Errorf("%s %s at %s: %d to %q, want %d to %q: %s", c.method, c.path, c.host, w.Code, w.Header().Get("Location"), c.status, c.to, w.Body)
		}
	}
}

// TestStreamEndsWhenItsHubIsPaused, and says why; then the hub says so to whoever asks for it.
func TestStreamEndsWhenItsHubIsPaused(t *testing.T) {
	s := newSite(t)
	b := s.browser("ada") // who has another hub, and so may still come in
	desk := s.browser("fay")
	_, lines := desk.events(`{"documentId":"sha256:queue"}`)
	next(t, lines, `"waiting":[]`)
	s.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'SUSPENDED' where slug = 'walton'"); err != nil {
			t.Fatal(err)
		}
	})
	s.server.parts.SignIn.HubsChanged()
	if err := s.world.Store.Notify(s.platform(), frontdesk.Topic); err != nil {
		t.Fatal(err)
	}
	if line := next(t, lines, "FORBIDDEN"); !strings.Contains(line, "Life Rooms walton is paused") {
		t.Errorf("the stream ends with %s", line)
	}
	next(t, lines, "event: complete")
	got := b.ask(`{ hub(slug: "walton") { name } }`, nil)
	if got.code(t) != "FORBIDDEN" || !strings.Contains(got.text, "Life Rooms walton is paused") {
		t.Errorf("asked for the paused hub: %s", got.text)
	}
	if got := b.ask(`{ viewer { hubs { slug } closedHubs { slug name } } }`, nil); !strings.Contains(got.text, `"hubs":[{"slug":"southport"}],"closedHubs":[{"slug":"walton","name":"Life Rooms walton"}]`) {
		t.Errorf("who has two hubs: %s", got.text)
	}
	if got := s.bearer("zoe").ask(`{ hub(slug: "walton") { name } }`, nil); got.code(t) != "NOT_FOUND" {
		t.Errorf("somebody without a role there is told of it: %s", got.text)
	}
}
