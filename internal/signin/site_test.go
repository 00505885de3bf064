//go:build !production

package signin

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// named gives hubs host names, and a browser for which every name leads to the app.
func named(t *testing.T) (a *app, b *browser, at func(host string) string) {
	t.Helper()
	a = newApp(t, func(c *Config) { c.PublicScheme = "http" })
	for hub, name := range map[*viewer.Hub]string{&a.world.Walton: "walton.test", &a.world.Elsewhere: "elsewhere.test"} {
		ctx := a.world.Platform(*hub)
		a.world.Store.Client(ctx).Hostname.Create().SetName(name).SetTrustID(viewer.FromContext(ctx).TrustID).SetHubID(hub.ID).ExecX(ctx)
	}
	address := strings.TrimPrefix(a.url, "http://")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	b = a.browser()
	b.Transport = &http.Transport{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		if strings.HasSuffix(to, ".test:"+port) {
			to = address
		}
		return (&net.Dialer{}).DialContext(ctx, network, to)
	}}
	t.Cleanup(b.CloseIdleConnections)
	return a, b, func(host string) string { return "http://" + host + ":" + port }
}

// whoAt is who at another address of the app.
func (b *browser) whoAt(address string, header ...string) (Caller, failure) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", address+"/who", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return decodeWho(b.t, b.do(r))
}

func TestSignInAtAHubsHostName(t *testing.T) {
	a, b, at := named(t)
	h := newHostile(t)
	row := a.addHostile(h)
	login := "/auth/login?" + url.Values{"provider": {row.ID.String()}, "return_to": {"/today"}}.Encode()
	if end := b.get(at("walton.test") + login); end.url.String() != at("walton.test")+"/today" || end.text != "front page" {
		t.Fatalf("the sign-in ended at %s: %s", end.url, end.text)
	}
	eve, failed := b.whoAt(at("walton.test"))
	if eve.hubs() != "walton: RECEPTION" || eve.Viewer.At != "walton" {
		t.Errorf("at the hub's name: %s at %q, %+v", eve.hubs(), eve.Viewer.At, failed)
	}
	// Its cookies are sent to no other name, and no other name is that hub's.
	for _, other := range []string{a.url, at("elsewhere.test"), at("www.walton.test")} {
		if somebody, failed := b.whoAt(other); failed.Code != problem.Unauthenticated {
			t.Errorf("at %s: %s", other, somebody.hubs())
		}
	}
	if out := b.post(at("walton.test")+"/auth/logout", nil, Header, "test"); out.status != http.StatusOK {
		t.Errorf("sign out: %d %s", out.status, out.text)
	}
	if _, failed := b.whoAt(at("walton.test")); failed.Code != problem.Unauthenticated {
		t.Error("still signed in at the hub's name")
	}
	// A token is good at any name; a hub of another trust is not told of.
	token := h.bearer(nil)
	for host, want := range map[string]string{"walton.test": "walton", "elsewhere.test": "", "unknown.test": ""} {
		if caller, failed := b.whoAt(at(host), "Authorization", "Bearer "+token); caller.Viewer == nil || caller.Viewer.At != want {
			t.Errorf("with a token at %s: %+v %+v", host, caller.Viewer, failed)
		}
	}
}

func TestWaysInAtAHubsHostName(t *testing.T) {
	a, b, at := named(t)
	if text := b.get(at("walton.test") + "/auth/providers").text; !strings.Contains(text, "Merseyside") || strings.Contains(text, "Elsewhere") {
		t.Errorf("ways in at Walton: %s", text)
	}
	if text := b.get(a.url + "/auth/providers").text; !strings.Contains(text, "Merseyside") || !strings.Contains(text, "Elsewhere") {
		t.Errorf("ways in at the public address: %s", text)
	}
	other := at("walton.test") + "/auth/login?provider=" + a.providers[a.devURL+"/elsewhere"].String()
	if page := b.get(other); page.status != http.StatusNotFound {
		t.Errorf("another trust's way in at Walton: %d", page.status)
	}
	a.addHostile(newHostile(t)) // a second way in, so that there is a choice
	page := b.get(at("walton.test") + "/auth/login")
	if !strings.Contains(page.text, "<h1>Sign in to Life Rooms walton</h1>") || strings.Contains(page.text, "Elsewhere") {
		t.Errorf("the choice at Walton: %s", page.text)
	}
}

// TestHostsThatAreNotOurs: what a request says of its host is believed of known names only.
func TestHostsThatAreNotOurs(t *testing.T) {
	a, _, at := named(t)
	h := newHostile(t)
	row := a.addHostile(h)
	login := "/auth/login?provider=" + row.ID.String()
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Host = "evil.test" },
		func(r *http.Request) { r.Host = "walton.test:x" },
		func(r *http.Request) { r.Host = "walton.test:99999" },
		func(r *http.Request) { r.Host = "walton.test.evil.test" },
		func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "evil.test") },
		func(r *http.Request) { r.Header.Set("Forwarded", "host=evil.test") },
	} {
		r := httptest.NewRequest("GET", a.url+login, nil)
		change(r)
		w := httptest.NewRecorder()
		a.signIn.Handler().ServeHTTP(w, r)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || to.Query().Get("redirect_uri") != a.url+"/auth/callback" {
			t.Errorf("at %s the provider is told to lead back to %s", r.Host, w.Header().Get("Location"))
		}
	}
	for host, want := range map[string]string{
		strings.TrimPrefix(a.url, "http://"):             "",
		strings.TrimPrefix(at("walton.test"), "http://"): "",
		"WALTON.test":  "",
		"walton.test.": "",
		"evil.test":    a.url + "/people?x=1",
		"":             a.url + "/people?x=1",
	} {
		r := httptest.NewRequest("GET", "/people?x=1", nil)
		r.Host = host
		if to, err := a.signIn.Lost(r); err != nil || to != want {
			t.Errorf("a page at %q is at %q (%v), want %q", host, to, err, want)
		}
	}
	r := httptest.NewRequest("GET", "//other.test/people", nil)
	r.Host = "evil.test"
	if to, err := a.signIn.Lost(r); err != nil || !strings.HasPrefix(to, a.url+"/") || strings.HasPrefix(to, a.url+"//") {
		t.Errorf("led astray to %q (%v)", to, err)
	}
}

func TestAPausedHubSaysSo(t *testing.T) {
	a, b, at := named(t)
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'SUSPENDED' where slug = 'walton'"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.HubsChanged()
	page := b.get(at("walton.test") + "/auth/login")
	if page.status != http.StatusForbidden || !strings.Contains(page.text, "<h1>Life Rooms walton is paused</h1>") || !strings.Contains(page.text, "Nothing is lost") {
		t.Errorf("the sign-in at a paused hub: %d %s", page.status, page.text)
	}
	_, failed := b.who(a.token("fay"))
	failed.want(t, problem.Forbidden, "Life Rooms walton is paused")
	ada, _ := b.who(a.token("ada"))
	if closed, known := ada.Viewer.ClosedHub("walton"); ada.hubs() != "southport: TRUST_ADMIN" || !known || closed.ForGood {
		t.Errorf("ada sees %s, closed %v", ada.hubs(), ada.Viewer.Closed)
	}
	if zoe, _ := b.who(a.token("zoe")); len(zoe.Viewer.Closed) != 0 {
		t.Errorf("zoe of another trust is told of %v", zoe.Viewer.Closed)
	}
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'ARCHIVED' where slug = 'walton'"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.HubsChanged()
	_, failed = b.who(a.token("fay"))
	failed.want(t, problem.Forbidden, "Life Rooms walton has closed")
}

// grantGroup gives a role in a hub to a group, or takes it, as the platform does.
func (a *app) grantGroup(hub viewer.Hub, group string, role viewer.Role, give bool) {
	a.t.Helper()
	ctx := a.world.Platform(hub)
	err := a.world.Store.Tx(ctx, func(ctx context.Context) error {
		if give {
			_, err := a.world.Store.Exec(ctx, `insert into group_grants (id, hub_id, "group", role) values (gen_random_uuid(), $1, $2, $3)`, hub.ID, group, string(role))
			return err
		}
		if _, err := a.world.Store.Exec(ctx, `delete from group_grants where hub_id = $1 and "group" = $2 and role = $3`, hub.ID, group, string(role)); err != nil {
			return err
		}
		return a.signIn.EndGroupSessions(ctx, []string{group})
	})
	if err != nil {
		a.t.Fatal(err)
	}
	if give {
		a.signIn.groupRoles.forget(a.world.Trust) // the second that a new role may take is not what this is about
	}
}

func TestRolesByGroup(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	groups := []string{"walton-desk", "night-shift", "of-no-interest"}
	h.set(func() { h.claims = map[string]any{"groups": groups} })
	a.grantGroup(a.world.Southport, "night-shift", viewer.Manager, true)
	a.grantGroup(a.world.Elsewhere, "night-shift", viewer.Advisor, true) // of another trust: not theirs
	const both = "southport: MANAGER, walton: RECEPTION"

	b, other, token := a.browser(), a.browser(), h.bearer(map[string]any{"groups": groups})
	b.get(a.loginURL(h.server.URL, "/"))
	other.signIn("amir", "/")
	if eve, failed := b.who(""); eve.hubs() != both {
		t.Fatalf("by session: %s %+v", eve.hubs(), failed)
	}
	if eve, failed := b.who(token); eve.hubs() != both {
		t.Fatalf("by token: %s %+v", eve.hubs(), failed)
	}
	if n := a.world.Count(t, `select count(*) from sessions where groups = '["night-shift"]'`); n != 1 {
		t.Error("a session must keep the groups that matter, and no others")
	}
	a.grantGroup(a.world.Walton, "night-shift", viewer.Tutor, true)
	if eve, _ := b.who(""); eve.hubs() != "southport: MANAGER, walton: RECEPTION TUTOR" {
		t.Errorf("one more role of the group: %s", eve.hubs())
	}
	a.grantGroup(a.world.Walton, "night-shift", viewer.Tutor, false)
	if _, failed := b.who(""); failed.Code != problem.Unauthenticated {
		t.Errorf("a role was taken and the session goes on: %+v", failed)
	}
	if eve, _ := b.who(token); eve.hubs() != both {
		t.Errorf("by token, without the role that was taken: %s", eve.hubs())
	}
	if amir, failed := other.who(""); amir.hubs() != "walton: ADVISOR" {
		t.Errorf("amir, who has not the group: %s %+v", amir.hubs(), failed)
	}
	b.get(a.loginURL(h.server.URL, "/"))
	if eve, _ := b.who(""); eve.hubs() != both {
		t.Errorf("signed in again: %s", eve.hubs())
	}
}

// TestGroupsAreAskedForWhereOnlyAHubGivesRoles: a provider without mappings is asked for groups all the same.
func TestGroupsAreAskedForWhereOnlyAHubGivesRoles(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h, func(c *ent.IdentityProviderCreate) { c.SetRoleMappings(nil) })
	h.set(func() {
		h.claims = map[string]any{"groups": nil}
		h.userInfo = map[string]any{"sub": "eve", "groups": []string{"night-shift"}}
	})
	a.grantGroup(a.world.Walton, "night-shift", viewer.Manager, true)
	b := a.browser()
	b.get(a.loginURL(h.server.URL, "/"))
	if eve, failed := b.who(""); eve.hubs() != "walton: MANAGER" {
		t.Errorf("%s %+v", eve.hubs(), failed)
	}
}

func TestEndProviderSessions(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	row := a.addHostile(h)
	b, other := a.browser(), a.browser()
	b.get(a.loginURL(h.server.URL, "/"))
	other.signIn("fay", "/")
	ctx := a.world.Platform(a.world.Walton)
	if err := a.signIn.EndProviderSessions(ctx, row.ID); err != nil {
		t.Fatal(err)
	}
	if _, failed := b.who(""); failed.Code != problem.Unauthenticated {
		t.Error("a session through the provider goes on")
	}
	if fay, _ := other.who(""); fay.hubs() != "walton: RECEPTION" {
		t.Errorf("fay came through another one: %s", fay.hubs())
	}
}
