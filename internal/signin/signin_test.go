//go:build !production

package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2/clientcredentials"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/rolegrant"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/devprovider"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// app is the sign-in served over HTTP, with the dev provider for both trusts and an address that says who is asking.
type app struct {
	t       *testing.T
	world   *storetest.World
	signIn  *SignIn
	url     string
	secrets string
	dev     *devprovider.Provider
	devURL  string
	// ids of the providers by issuer
	providers map[string]ID
}

func newApp(t *testing.T, configure ...func(*Config)) *app {
	t.Helper()
	a := &app{t: t, world: storetest.New(t), secrets: t.TempDir(), providers: map[string]ID{}}
	server := httptest.NewUnstartedServer(nil)
	a.url = "http://" + server.Listener.Addr().String()

	devServer := httptest.NewUnstartedServer(nil)
	a.devURL = "http://" + devServer.Listener.Addr().String()
	var err error
	a.dev, err = devprovider.New(devprovider.Config{BaseURL: a.devURL, StaffAppURL: a.url, OtherAppURL: "http://localhost:3000"})
	if err != nil {
		t.Fatal(err)
	}
	devServer.Config.Handler = a.dev.Handler()
	devServer.Start()
	t.Cleanup(devServer.Close)
	for _, set := range a.dev.IdentityProviders() {
		trust, hub := a.world.Trust, a.world.Walton
		if set.Trust == devprovider.Elsewhere {
			trust, hub = a.world.OtherTrust, a.world.Elsewhere
		}
		a.addProvider(trust, hub, func(c *ent.IdentityProviderCreate) {
			c.SetName(set.Name).SetIssuer(set.Issuer).SetClientID(set.ClientID).SetScopes(set.Scopes).
				SetRolesClaim(set.RolesClaim).SetRoleMappings(set.RoleMappings).SetAPIClients(set.APIClients)
		})
	}

	log := audit.New(a.world.Store)
	t.Cleanup(log.Close)
	config := Config{PublicURL: a.url, SecretsDir: a.secrets}
	for _, change := range configure {
		change(&config)
	}
	a.signIn, err = New(a.world.Store, log, config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", a.signIn.Handler())
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.signIn.Authenticate(r)
		if err != nil {
			answerProblem(w, r, err)
			return
		}
		answer(w, http.StatusOK, caller)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "front page") })
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(request.WithID(r.Context(), "request-7")))
	})
	server.Start()
	t.Cleanup(server.Close)
	return a
}

func (a *app) addProvider(trust ID, hub viewer.Hub, fill func(*ent.IdentityProviderCreate)) *ent.IdentityProvider {
	a.t.Helper()
	ctx := viewer.NewContext(context.Background(), viewer.ForPlatform(trust, hub))
	create := a.world.Store.Client(ctx).IdentityProvider.Create()
	fill(create)
	row, err := create.Save(ctx)
	if err != nil {
		a.t.Fatal(err)
	}
	a.providers[row.Issuer] = row.ID
	if a.signIn != nil {
		a.signIn.providers.loaded.Store(nil)
	}
	return row
}

// addHostile makes the issuer a provider of the first trust, whose group walton-desk is reception at Walton.
func (a *app) addHostile(h *hostile, fill ...func(*ent.IdentityProviderCreate)) *ent.IdentityProvider {
	a.t.Helper()
	return a.addProvider(a.world.Trust, a.world.Walton, func(c *ent.IdentityProviderCreate) {
		c.SetName("Hostile").SetIssuer(h.server.URL).SetClientID("staff-app").
			SetRoleMappings([]schema.RoleMapping{{Value: "walton-desk", Role: "RECEPTION", Hub: "walton"}}).
			SetAPIClients([]schema.APIClient{{ClientID: "other-app", Audience: "the-api", Origins: []string{"https://other.example"}, FreeQueries: true}})
		for _, f := range fill {
			f(c)
		}
	})
}

// browser is one browser: it has cookies and follows redirects.
type browser struct {
	t   *testing.T
	app *app
	*http.Client
}

func (a *app) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	return &browser{a.t, a, &http.Client{Jar: jar}}
}

type result struct {
	status int
	url    *url.URL
	header http.Header
	text   string
}

func (b *browser) do(r *http.Request) result {
	b.t.Helper()
	response, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return result{response.StatusCode, response.Request.URL, response.Header, string(text)}
}

func (b *browser) get(address string) result {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(address string, form url.Values, header ...string) result {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "POST", address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

func (a *app) loginURL(issuer, returnTo string) string {
	return a.url + "/auth/login?" + url.Values{"provider": {a.providers[issuer].String()}, "return_to": {returnTo}}.Encode()
}

// signIn walks through the dev provider's page as the user and gives the page where the browser ends up.
func (b *browser) signIn(user, returnTo string) result {
	b.t.Helper()
	issuer := b.app.devURL + "/mersey"
	if user == "zoe" {
		issuer = b.app.devURL + "/elsewhere"
	}
	chooser := b.get(b.app.loginURL(issuer, returnTo))
	return b.post(issuer+"/sign-in", url.Values{"request": {chooser.url.Query().Get("request")}, "user": {user}})
}

// who asks who is asking, with the browser's cookie or a bearer token.
func (b *browser) who(bearer string, header ...string) (Caller, failure) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", b.app.url+"/who", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return decodeWho(b.t, b.do(r))
}

func decodeWho(t *testing.T, answered result) (Caller, failure) {
	t.Helper()
	var caller Caller
	var failed struct{ Error failure }
	into := any(&caller)
	if answered.status != http.StatusOK {
		into = &failed
	}
	if err := json.Unmarshal([]byte(answered.text), into); err != nil {
		t.Fatalf("%s: %v", answered.text, err)
	}
	return caller, failed.Error
}

type failure struct {
	Code    problem.Code
	Message string
}

// hubs writes what a viewer may do where, such as "walton: RECEPTION".
func (c Caller) hubs() string {
	if c.Viewer == nil {
		return "nobody"
	}
	var parts []string
	for _, h := range c.Viewer.Hubs {
		var roles []string
		for _, r := range h.Roles {
			roles = append(roles, string(r))
		}
		parts = append(parts, h.Slug+": "+strings.Join(roles, " "))
	}
	return strings.Join(parts, ", ")
}

func (f failure) want(t *testing.T, code problem.Code, part string) {
	t.Helper()
	if f.Code != code || !strings.Contains(f.Message, part) {
		t.Errorf("got %s %q, want %s with %q", f.Code, f.Message, code, part)
	}
}

// wantPage checks that a page for people says why, gives the request id and a way on, and that no session began.
func (b *browser) wantPage(page result, status int, part string) {
	b.t.Helper()
	if page.status != status || !strings.Contains(page.text, part) {
		b.t.Errorf("got %d, want %d with %q:\n%s", page.status, status, part, page.text)
	}
	for _, want := range []string{`<html lang="en-GB">`, "<h1>You are not signed in</h1>", `href="/"`, "request-7"} {
		if !strings.Contains(page.text, want) {
			b.t.Errorf("the page lacks %s:\n%s", want, page.text)
		}
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		b.t.Errorf("policy %q", policy)
	}
	if _, failed := b.who(""); failed.Code != problem.Unauthenticated {
		b.t.Errorf("after a failed sign-in: %+v", failed)
	}
}

func (a *app) token(user string) string {
	a.t.Helper()
	token, err := a.dev.Token(context.Background(), user)
	if err != nil {
		a.t.Fatal(err)
	}
	return token
}

func TestSignInAndOut(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	_, failed := b.who("")
	failed.want(t, problem.Unauthenticated, "Sign in to go on")

	end := b.signIn("fay", "/hubs/walton?tab=today")
	if end.status != 200 || end.url.RequestURI() != "/hubs/walton?tab=today" || end.url.Host != strings.TrimPrefix(a.url, "http://") {
		t.Fatalf("signed in to %s: %d %s", end.url, end.status, end.text)
	}
	caller, _ := b.who("")
	if caller.hubs() != "walton: RECEPTION" || caller.Viewer.Name != "Fay Brennan" || caller.Viewer.TrustID != a.world.Trust ||
		!caller.Session || caller.FreeQueries || caller.Viewer.ClientID != devprovider.StaffAppClient {
		t.Errorf("fay is %+v", caller)
	}
	if n := a.world.Count(t, "select count(*) from audit_events where action = 'staff.signed_in' and hub_id is null and actor_id = $1 and subject_id = $1 and request_id = 'request-7'", caller.Viewer.StaffID); n != 1 {
		t.Errorf("%d audit events of the sign-in", n)
	}

	refused := b.post(a.url+"/auth/logout", nil)
	if refused.status != http.StatusForbidden || !strings.Contains(refused.text, Header) {
		t.Errorf("sign-out without the header: %d %s", refused.status, refused.text)
	}
	crossed := b.post(a.url+"/auth/logout", nil, Header, "staff-app", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	if crossed.status != http.StatusForbidden {
		t.Errorf("sign-out from another site: %d %s", crossed.status, crossed.text)
	}
	out := b.post(a.url+"/auth/logout", nil, Header, "staff-app")
	var answered struct{ ProviderSignOutURL string }
	if err := json.Unmarshal([]byte(out.text), &answered); err != nil || out.status != 200 {
		t.Fatalf("%d %s: %v", out.status, out.text, err)
	}
	if _, failed := b.who(""); failed.Code != problem.Unauthenticated {
		t.Errorf("after the sign-out: %+v", failed)
	}
	if back := b.get(answered.ProviderSignOutURL); back.url.String() != a.url+"/" || back.text != "front page" {
		t.Errorf("the provider's sign-out %s leads to %s", answered.ProviderSignOutURL, back.url)
	}
	if n := a.world.Count(t, "select count(*) from audit_events where action = 'staff.signed_out'"); n != 1 {
		t.Errorf("%d audit events of the sign-out", n)
	}
	if again := b.post(a.url+"/auth/logout", nil, Header, "staff-app"); again.status != 200 || strings.TrimSpace(again.text) != `{"providerSignOutUrl":null}` {
		t.Errorf("a second sign-out: %d %s", again.status, again.text)
	}
}

func TestCookiesAndSecretsAtRest(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	b.signIn("fay", "/")
	home, _ := url.Parse(a.url)
	var value string
	for _, c := range b.Jar.Cookies(home) {
		if c.Name == "liferooms" {
			value = c.Value
		}
	}
	if len(value) < 43 {
		t.Fatalf("session cookie %q", value)
	}
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		var text string
		if err := conn.QueryRow(ctx, "select to_jsonb(s)::text from sessions s").Scan(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, value) {
			t.Error("the session's token is in the database")
		}
	})
	if n := a.world.Count(t, "select count(*) from sign_in_attempts"); n != 0 {
		t.Errorf("%d sign-ins are still under way", n)
	}

	secure := site{url: "https://liferooms.example.org"}
	recorder := httptest.NewRecorder()
	secure.setCookie(recorder, sessionCookie, "x", 60)
	set := recorder.Header().Get("Set-Cookie")
	for _, want := range []string{"__Host-liferooms=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("over https the cookie lacks %s: %s", want, set)
		}
	}
	if strings.Contains(set, "Domain") {
		t.Errorf("the cookie names a domain: %s", set)
	}
}

func TestPublicURL(t *testing.T) {
	for address, good := range map[string]bool{
		"https://liferooms.example.org": true, "https://liferooms.example.org/": true, "http://localhost:8080": true,
		"http://liferooms.example.org": false, "liferooms.example.org": false, "https://liferooms.example.org/app": false, "": false,
	} {
		if _, err := New(nil, nil, Config{PublicURL: address}); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestEachSeesTheirOwnHubs(t *testing.T) {
	a := newApp(t)
	for user, want := range map[string]string{
		"fay":  "walton: RECEPTION",
		"amir": "walton: ADVISOR",
		"tia":  "walton: TUTOR",
		"mo":   "walton: MANAGER",
		"ada":  "southport: TRUST_ADMIN, walton: TRUST_ADMIN",
		"sol":  "southport: RECEPTION",
		"zoe":  "elsewhere: RECEPTION",
	} {
		bearing, failed := a.browser().who(a.token(user))
		if bearing.hubs() != want || bearing.Session || !bearing.FreeQueries {
			t.Errorf("%s by token: %s %+v, want %s", user, bearing.hubs(), failed, want)
		}
		b := a.browser()
		b.signIn(user, "/")
		if signedIn, failed := b.who(""); signedIn.hubs() != want || signedIn.Viewer.StaffID != bearing.Viewer.StaffID {
			t.Errorf("%s by session: %s %+v, want %s", user, signedIn.hubs(), failed, want)
		}
	}
	zoe, _ := a.browser().who(a.token("zoe"))
	if zoe.Viewer.TrustID != a.world.OtherTrust {
		t.Error("zoe is not of the other trust")
	}
}

func TestOnlyLiveHubsAreSeen(t *testing.T) {
	a := newApp(t)
	if ada, _ := a.browser().who(a.token("ada")); len(ada.Viewer.Hubs) != 2 {
		t.Fatalf("ada: %s", ada.hubs())
	}
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'SUSPENDED' where slug = 'southport'"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.HubsChanged()
	if ada, _ := a.browser().who(a.token("ada")); ada.hubs() != "walton: TRUST_ADMIN" {
		t.Errorf("ada: %s", ada.hubs())
	}
	_, failed := a.browser().who(a.token("sol"))
	failed.want(t, problem.Forbidden, "Life Rooms southport is paused")
}

func TestWithoutARoleNobodyComesIn(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	h.set(func() { h.claims["groups"] = []string{"something-else", "WALTON-DESK", "walton-desk "} })
	b := a.browser()
	if end := b.get(a.loginURL(h.server.URL, "/")); end.text != "front page" {
		t.Fatalf("%d %s", end.status, end.text)
	}
	_, failed := b.who("")
	failed.want(t, problem.Forbidden, "You are signed in, but you have no role in any hub of your trust yet. Ask")
	if out := b.post(a.url+"/auth/logout", nil, Header, "1"); out.status != 200 {
		t.Errorf("they cannot sign out: %d %s", out.status, out.text)
	}
}

func TestRolesInOneText(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	caller, failed := a.browser().who(h.bearer(map[string]any{"groups": "openid walton-desk"}))
	if caller.hubs() != "walton: RECEPTION" {
		t.Errorf("%s %+v", caller.hubs(), failed)
	}
}

func (a *app) grant(staffID ID, role viewer.Role, hub *viewer.Hub) {
	a.t.Helper()
	ctx := a.world.Platform(a.world.Walton, a.world.Southport)
	create := a.world.Store.Client(ctx).RoleGrant.Create().SetStaffUserID(staffID).SetRole(rolegrant.Role(role))
	if hub != nil {
		create.SetHubID(hub.ID)
	}
	if err := create.Exec(ctx); err != nil {
		a.t.Fatal(err)
	}
}

// revoke takes the role away as internal/staff does: with the sessions, in one transaction.
func (a *app) revoke(staffID ID) {
	a.t.Helper()
	ctx := a.world.Platform(a.world.Walton, a.world.Southport)
	err := a.world.Store.Tx(ctx, func(ctx context.Context) error {
		if _, err := a.world.Store.Client(ctx).RoleGrant.Delete().Where(rolegrant.StaffUserID(staffID)).Exec(ctx); err != nil {
			return err
		}
		return a.signIn.EndSessions(ctx, staffID)
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestRoleRemovalEndsTheSessionsAtOnce(t *testing.T) {
	a := newApp(t)
	desk, phone, other := a.browser(), a.browser(), a.browser()
	desk.signIn("fay", "/")
	phone.signIn("fay", "/")
	other.signIn("amir", "/")
	fay, _ := desk.who("")
	a.grant(fay.Viewer.StaffID, viewer.Manager, &a.world.Southport)
	a.signIn.staff.known.Purge() // the second that a new role may take is not what this is about
	if fay, _ := desk.who(""); fay.hubs() != "southport: MANAGER, walton: RECEPTION" {
		t.Fatalf("fay with a grant: %s", fay.hubs())
	}
	a.revoke(fay.Viewer.StaffID)
	for name, b := range map[string]*browser{"desk": desk, "phone": phone} {
		if _, failed := b.who(""); failed.Code != problem.Unauthenticated {
			t.Errorf("at the %s fay is still signed in", name)
		}
	}
	if amir, failed := other.who(""); amir.hubs() != "walton: ADVISOR" {
		t.Errorf("amir: %s %+v", amir.hubs(), failed)
	}
	desk.signIn("fay", "/")
	if fay, _ := desk.who(""); fay.hubs() != "walton: RECEPTION" {
		t.Errorf("fay without the grant: %s", fay.hubs())
	}
}

func TestRevokedGrantOfABearer(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	token := h.bearer(map[string]any{"groups": []string{}})
	_, failed := a.browser().who(token)
	failed.want(t, problem.Forbidden, "no role in any hub")
	var staffID ID
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if err := conn.QueryRow(ctx, "select id from staff_users where subject = 'eve' and issuer = $1", h.server.URL).Scan(&staffID); err != nil {
			t.Fatal(err)
		}
	})
	a.grant(staffID, viewer.Analyst, nil)
	a.signIn.staff.known.Purge()
	if eve, failed := a.browser().who(token); eve.hubs() != "southport: ANALYST, walton: ANALYST" {
		t.Fatalf("with a grant for every hub: %s %+v", eve.hubs(), failed)
	}
	a.revoke(staffID)
	_, failed = a.browser().who(token)
	failed.want(t, problem.Forbidden, "no role in any hub")
}

func TestClosedAccount(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	b.signIn("fay", "/")
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update staff_users set disabled_at = now()"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.staff.known.Purge()
	_, failed := b.who("")
	failed.want(t, problem.Forbidden, "has been closed")
	_, failed = b.who(a.token("fay"))
	failed.want(t, problem.Forbidden, "has been closed")
	again := a.browser()
	again.wantPage(again.signIn("fay", "/"), http.StatusForbidden, "has been closed")
}

func TestExpiredSession(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	b.signIn("fay", "/")
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		var hours float64
		if err := conn.QueryRow(ctx, "select extract(epoch from expires_at - created_at) / 3600 from sessions").Scan(&hours); err != nil {
			t.Fatal(err)
		}
		if hours < 9.99 || hours > 10.01 {
			t.Errorf("the session lasts %v hours, the trust says 10", hours)
		}
		if _, err := conn.Exec(ctx, "update sessions set expires_at = now()"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.sessions.known.Purge()
	_, failed := b.who("")
	failed.want(t, problem.Unauthenticated, "has ended")
}

func TestDisabledProviderEndsItsSessionsAndTokens(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	b.signIn("fay", "/")
	token := a.token("fay")
	if _, failed := b.who(token); failed.Code != "" {
		t.Fatal(failed)
	}
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update identity_providers set enabled = false where issuer = $1", a.devURL+"/mersey"); err != nil {
			t.Fatal(err)
		}
	})
	a.signIn.providers.loaded.Store(nil)
	_, failed := b.who("")
	failed.want(t, problem.Unauthenticated, "no longer in use")
	_, failed = b.who(token)
	failed.want(t, problem.Unauthenticated, "no trust here knows")
}

func TestUnreachableProvider(t *testing.T) {
	a := newApp(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	h := newHostile(t)
	alive := h.server.URL
	h.server.URL = "http://" + address // what it says of itself
	a.addHostile(h)

	b := a.browser()
	b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusServiceUnavailable, "The sign-in service of your trust cannot be reached.")
	_, failed := b.who(h.bearer(nil))
	failed.want(t, problem.Limited, "cannot be reached")
	if fay, failed := b.who(a.token("fay")); fay.hubs() != "walton: RECEPTION" {
		t.Errorf("others are not served: %+v", failed)
	}

	// It comes up: sign-in works without a restart.
	target, _ := url.Parse(alive)
	listener, err = net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host, r.RequestURI = target.Scheme, target.Host, ""
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		for name, values := range response.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	})}
	go func() { _ = proxy.Serve(listener) }()
	t.Cleanup(func() { proxy.Close() })
	eventually(t, "the provider is found again", func() bool {
		return b.get(a.loginURL(h.server.URL, "/")).text == "front page"
	})
	if eve, failed := b.who(""); eve.hubs() != "walton: RECEPTION" {
		t.Errorf("eve: %+v", failed)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came about that %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestProvidersKeysUnreachable(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	h.set(func() { h.metadata["jwks_uri"] = "http://127.0.0.1:1/keys" })
	_, failed := a.browser().who(h.bearer(nil))
	failed.want(t, problem.Limited, "cannot be reached")
}

// wrong is a way in which a token is wrong: changed claims, or another signature.
type wrong struct {
	change map[string]any
	sign   func(map[string]any) string
	want   string
}

// badTokens are ways in which a token can be wrong, with what the answer says. They are given the claims of a good one.
func badTokens(t *testing.T, h *hostile) map[string]wrong {
	t.Helper()
	stranger := rsaKey(t, "stranger")
	impostor := rsaKey(t, "first") // another key by the same name
	past, future := time.Now().Add(-2*time.Minute).Unix(), time.Now().Add(2*time.Minute).Unix()
	return map[string]wrong{
		"wrong audience":        {change: map[string]any{"aud": "somebody-else"}, want: "made out to another"},
		"expired":               {change: map[string]any{"exp": past}, want: "has expired"},
		"without an expiry":     {change: map[string]any{"exp": nil}, want: "does not say when it expires"},
		"not valid yet":         {change: map[string]any{"nbf": future}, want: "not valid yet"},
		"issued in the future":  {change: map[string]any{"iat": future}, want: "issued in the future"},
		"without a subject":     {change: map[string]any{"sub": nil}, want: "does not say whose it is"},
		"unknown key":           {sign: func(c map[string]any) string { return signed(t, stranger, c) }, want: "a key that the sign-in service does not publish"},
		"key of the same name":  {sign: func(c map[string]any) string { return signed(t, impostor, c) }, want: "its signature"},
		"alg none":              {sign: unsigned, want: "signed in a way"},
		"HS256 with public key": {sign: func(c map[string]any) string { return signedWithPublicKey(t, h.key, c) }, want: "signed in a way"},
		"algorithm not allowed": {sign: func(c map[string]any) string {
			k := h.key
			k.algorithm = "RS512"
			return signed(t, k, c)
		}, want: "signed in a way"},
		"changed after signing": {sign: func(c map[string]any) string {
			parts, other := strings.Split(signed(t, h.key, c), "."), map[string]any{}
			for name, value := range c {
				other[name] = value
			}
			other["sub"] = "mallory"
			parts[1] = strings.Split(unsigned(other), ".")[1]
			return strings.Join(parts, ".")
		}, want: "its signature"},
	}
}

func TestBadIDTokens(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	bad := badTokens(t, h)
	bad["wrong nonce"] = wrong{change: map[string]any{"nonce": "another"}, want: "belongs to another sign-in"}
	bad["without a nonce"] = wrong{change: map[string]any{"nonce": nil}, want: "belongs to another sign-in"}
	bad["another party"] = wrong{change: map[string]any{"azp": "somebody-else"}, want: "made out to another"}
	bad["two audiences, no party"] = wrong{change: map[string]any{"aud": []string{"staff-app", "x"}}, want: "made out to another"}
	bad["another issuer"] = wrong{change: map[string]any{"iss": a.devURL + "/mersey"}, want: "its issuer"}
	bad["of another access token"] = wrong{change: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, want: "access token"}
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			h.set(func() { h.claims, h.sign = c.change, c.sign })
			b := a.browser()
			b.t = t
			b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusUnauthorized, c.want)
		})
	}
	if n := a.world.Count(t, "select count(*) from staff_users"); n != 0 {
		t.Errorf("%d members of staff were made by bad tokens", n)
	}
	h.set(func() { h.claims, h.sign = nil, nil })
	b := a.browser()
	b.get(a.loginURL(h.server.URL, "/"))
	if eve, failed := b.who(""); eve.hubs() != "walton: RECEPTION" {
		t.Errorf("a good token: %+v", failed)
	}
}

func TestBadBearerTokens(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	for name, c := range badTokens(t, h) {
		t.Run(name, func(t *testing.T) {
			token := h.bearer(c.change)
			if c.sign != nil {
				token = c.sign(h.bearerClaims(c.change))
			}
			_, failed := a.browser().who(token)
			failed.want(t, problem.Unauthenticated, c.want)
		})
	}
	for name, c := range map[string]struct{ token, want string }{
		"of the staff app":     {h.bearer(map[string]any{"azp": "staff-app", "aud": []string{"the-api", "staff-app"}}), "not one that your trust lets in"},
		"of nobody's app":      {h.bearer(map[string]any{"azp": nil}), "not one that your trust lets in"},
		"of an unknown issuer": {h.bearer(map[string]any{"iss": "https://unknown.example"}), "no trust here knows"},
		"without an issuer":    {h.bearer(map[string]any{"iss": nil}), "no trust here knows"},
		"of another's issuer":  {h.bearer(map[string]any{"iss": a.devURL + "/mersey"}), "does not publish"},
		"not a token":          {"abc", "not a token"},
		"too long":             {strings.Repeat("a", maxToken+1), "one token"},
	} {
		_, failed := a.browser().who(c.token)
		if t.Run(name, func(t *testing.T) { failed.want(t, problem.Unauthenticated, c.want) }); failed.Code == "" {
			t.Errorf("%s was let in", name)
		}
	}
	if n := a.world.Count(t, "select count(*) from staff_users"); n != 0 {
		t.Errorf("%d members of staff were made by bad tokens", n)
	}
	for name, header := range map[string]string{"basic": "Basic ZmF5OmZheQ==", "nothing": "Bearer ", "a scheme only": "Bearer"} {
		_, failed := a.browser().who("", "Authorization", header)
		if failed.Code != problem.Unauthenticated {
			t.Errorf("%s: %+v", name, failed)
		}
	}
	if eve, failed := a.browser().who(h.bearer(nil)); eve.hubs() != "walton: RECEPTION" || eve.Viewer.ClientID != "other-app" {
		t.Errorf("a good token: %+v %+v", eve, failed)
	}
}

func TestLeewayOfOneMinute(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	now := time.Now()
	for name, change := range map[string]map[string]any{
		"just expired":     {"exp": now.Add(-20 * time.Second).Unix()},
		"almost valid":     {"nbf": now.Add(20 * time.Second).Unix()},
		"a clock ahead":    {"iat": now.Add(20 * time.Second).Unix()},
		"audiences beside": {"aud": []string{"x", "the-api"}},
	} {
		if eve, failed := a.browser().who(h.bearer(change)); eve.hubs() != "walton: RECEPTION" {
			t.Errorf("%s: %+v", name, failed)
		}
	}
}

func TestExpiredTokenIsForgotten(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	token := h.bearer(nil)
	if _, failed := a.browser().who(token); failed.Code != "" {
		t.Fatal(failed)
	}
	for _, sum := range a.signIn.tokens.Keys() {
		held, _ := a.signIn.tokens.Peek(sum)
		held.expires = time.Now()
	}
	h.use(rsaKey(t, "second")) // so that verifying anew is seen to fail
	a.signIn.providers.loaded.Load().issuers[h.server.URL].found.keys.at = time.Now().Add(-keysStale)
	_, failed := a.browser().who(token)
	failed.want(t, problem.Unauthenticated, "does not publish")
}

func TestKeyRotation(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	before := h.bearer(nil)
	if _, failed := a.browser().who(before); failed.Code != "" {
		t.Fatal(failed)
	}
	h.use(ecKey(t, "second"))
	if eve, failed := a.browser().who(h.bearer(nil)); eve.hubs() != "walton: RECEPTION" {
		t.Errorf("after the rotation: %+v", failed)
	}
	b := a.browser()
	b.get(a.loginURL(h.server.URL, "/"))
	if eve, failed := b.who(""); eve.hubs() != "walton: RECEPTION" {
		t.Errorf("signing in after the rotation: %+v", failed)
	}
	a.signIn.tokens.Purge()
	_, failed := a.browser().who(before)
	failed.want(t, problem.Unauthenticated, "does not publish")
}

func TestKeysAreNotFetchedForEveryUnknownKey(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	if _, failed := a.browser().who(h.bearer(nil)); failed.Code != "" {
		t.Fatal(failed)
	}
	forged := rsaKey(t, "")
	tokens := make(chan string)
	refusals := make(chan problem.Code, 1000)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for token := range tokens {
				r := httptest.NewRequest("POST", "/graphql", nil)
				r.Header.Set("Authorization", "Bearer "+token)
				_, err := a.signIn.Authenticate(r)
				refusals <- problem.Of(err).Code
			}
		})
	}
	begun := time.Now()
	for i := range 1000 {
		forged.id = fmt.Sprint("unknown-", i)
		tokens <- signed(t, forged, h.bearerClaims(nil))
	}
	close(tokens)
	group.Wait()
	close(refusals)
	for code := range refusals {
		if code != problem.Unauthenticated {
			t.Fatalf("a forged token: %q", code)
		}
	}
	allowed := refetchBurst + int(time.Since(begun)/refetchEvery) + 1
	if n := h.times("/keys"); n > allowed {
		t.Errorf("1,000 tokens with unknown keys made %d requests for keys, more than %d", n, allowed)
	}
	if n := h.times("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("discovered %d times", n)
	}
	if _, failed := a.browser().who(h.bearer(nil)); failed.Code != "" {
		t.Errorf("a good token meanwhile: %+v", failed)
	}
}

// stopAtCallback follows redirects up to the callback and gives its address.
func (b *browser) stopAtCallback(start string) string {
	b.t.Helper()
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/auth/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { b.CheckRedirect = nil }()
	page := b.get(start)
	if page.header.Get("Location") == "" {
		b.t.Fatalf("no callback: %d %s", page.status, page.text)
	}
	return page.header.Get("Location")
}

func TestStateReplay(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	b := a.browser()
	callback := b.stopAtCallback(a.loginURL(h.server.URL, "/"))
	if end := b.get(callback); end.text != "front page" {
		t.Fatalf("%d %s", end.status, end.text)
	}
	b.post(a.url+"/auth/logout", nil, Header, "1")
	b.wantPage(b.get(callback), http.StatusBadRequest, "was finished already")
	if n := h.times("/token"); n != 1 {
		t.Errorf("the code was sent %d times", n)
	}
}

func TestStateOfAnotherBrowser(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	mine, victim := a.browser(), a.browser()
	callback := mine.stopAtCallback(a.loginURL(h.server.URL, "/"))
	victim.wantPage(victim.get(callback), http.StatusBadRequest, "not begun in this browser")
	victim.stopAtCallback(a.loginURL(h.server.URL, "/")) // now it has a cookie of its own
	victim.wantPage(victim.get(callback), http.StatusBadRequest, "not begun in this browser")
	if n := h.times("/token"); n != 0 {
		t.Errorf("the code was sent %d times", n)
	}
	if end := mine.get(callback); end.text != "front page" {
		t.Errorf("the browser that began it: %d %s", end.status, end.text)
	}
}

func TestTwoTabs(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	b := a.browser()
	first := b.stopAtCallback(a.loginURL(h.server.URL, "/first"))
	second := b.stopAtCallback(a.loginURL(h.server.URL, "/second"))
	for want, callback := range map[string]string{"/first": first, "/second": second} {
		if end := b.get(callback); end.url.Path != want {
			t.Errorf("%d %s, want %s", end.status, end.url, want)
		}
	}
	if n := a.world.Count(t, "select count(*) from sessions"); n != 1 {
		t.Errorf("one browser has %d sessions", n)
	}
}

func TestExpiredAttempt(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	b := a.browser()
	callback := b.stopAtCallback(a.loginURL(h.server.URL, "/"))
	a.world.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update sign_in_attempts set expires_at = now()"); err != nil {
			t.Fatal(err)
		}
	})
	b.wantPage(b.get(callback), http.StatusBadRequest, "longer than ten minutes")
	b.stopAtCallback(a.loginURL(h.server.URL, "/"))
	if n := a.world.Count(t, "select count(*) from sign_in_attempts"); n != 1 {
		t.Errorf("%d attempts, the expired one included", n)
	}
}

func TestIssuerOfTheAnswer(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	h.set(func() { h.redirect = map[string]string{"iss": a.devURL + "/mersey"} })
	b := a.browser()
	b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusBadRequest, "another sign-in service than the one you chose")

	h.set(func() { h.redirect = map[string]string{"iss": h.server.URL} })
	if end := b.get(a.loginURL(h.server.URL, "/")); end.text != "front page" {
		t.Errorf("the right issuer: %d %s", end.status, end.text)
	}

	required := newHostile(t)
	required.metadata["authorization_response_iss_parameter_supported"] = true
	a.addHostile(required)
	other := a.browser()
	other.wantPage(other.get(a.loginURL(required.server.URL, "/")), http.StatusBadRequest, "another sign-in service than the one you chose")
	if n := required.times("/token") + h.times("/token"); n != 1 {
		t.Errorf("codes were sent %d times", n)
	}
}

func TestRefusalByTheProvider(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	b := a.browser()
	for code, want := range map[string]string{
		"access_denied":             "was cancelled",
		"temporarily_unavailable":   "(temporarily_unavailable)",
		"<script>alert(1)</script>": "cannot be read",
	} {
		h.set(func() { h.redirect = map[string]string{"error": code, "error_description": "<b>hello</b>", "code": ""} })
		page := b.get(a.loginURL(h.server.URL, "/"))
		if !strings.Contains(page.text, want) || strings.Contains(page.text, "hello") || strings.Contains(page.text, "script") {
			t.Errorf("%s: %s", code, page.text)
		}
	}
	h.set(func() { h.redirect = map[string]string{"code": "made-up"} })
	b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusForbidden, "did not confirm the sign-in")
}

func TestGroupOverage(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	distributed := map[string]any{
		"groups":         nil,
		"_claim_names":   map[string]string{"groups": "src1"},
		"_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "https://graph.example/groups"}},
	}
	marked := map[string]any{"groups": nil, "hasgroups": true}
	for name, change := range map[string]map[string]any{"distributed claim": distributed, "hasgroups": marked} {
		t.Run(name+", denied", func(t *testing.T) {
			h.set(func() { h.claims, h.userInfo = change, nil })
			b := a.browser()
			b.t = t
			b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusForbidden, "could not list your groups because you are in too many")
			_, failed := b.who(h.bearer(change))
			failed.want(t, problem.Forbidden, "could not list your groups because you are in too many")

			h.set(func() { h.userInfo = map[string]any{"sub": "eve"} }) // an answer without the claim
			b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusForbidden, "could not list your groups")
			h.set(func() { h.userInfo = map[string]any{"sub": "mallory", "groups": []string{"walton-desk"}} })
			b.wantPage(b.get(a.loginURL(h.server.URL, "/")), http.StatusForbidden, "could not list your groups")
		})
		t.Run(name+", looked up", func(t *testing.T) {
			h.set(func() {
				h.claims, h.userInfo = change, map[string]any{"sub": "eve", "groups": []string{"many", "walton-desk"}}
			})
			b := a.browser()
			b.t = t
			b.get(a.loginURL(h.server.URL, "/"))
			if eve, failed := b.who(""); eve.hubs() != "walton: RECEPTION" {
				t.Errorf("by session: %+v", failed)
			}
			if eve, failed := b.who(h.bearer(change)); eve.hubs() != "walton: RECEPTION" {
				t.Errorf("by token: %+v", failed)
			}
		})
	}
}

func TestOpenRedirects(t *testing.T) {
	for to, want := range map[string]string{
		"/":                              "/",
		"/hubs/walton?tab=a&b=c#d":       "/hubs/walton?tab=a&b=c#d",
		"/search?q=https://example.org/": "/search?q=https://example.org/",
		"":                               "/",
		"https://evil.example/":          "/",
		"//evil.example/":                "/",
		"///evil.example/":               "/",
		`/\evil.example/`:                "/",
		`\\evil.example/`:                "/",
		"/\t/evil.example/":              "/",
		"/\n/evil.example/":              "/",
		"\t//evil.example/":              "/",
		" //evil.example/":               "/",
		"/%2f/evil.example":              "/",
		"javascript:alert(1)":            "/",
		"evil.example":                   "/",
		"/auth/login":                    "/",
		"/%zz":                           "/",
		"/" + strings.Repeat("a", 1000):  "/",
	} {
		if got := localPath(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
	a := newApp(t)
	b := a.browser()
	if end := b.signIn("fay", "https://evil.example/"); end.url.String() != a.url+"/" {
		t.Errorf("the sign-in leads to %s", end.url)
	}
}

func TestManyFirstSignInsAtOnce(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	var group sync.WaitGroup
	results := make(chan string, 40)
	for range 20 {
		group.Go(func() {
			b := a.browser()
			b.get(a.loginURL(h.server.URL, "/"))
			caller, failed := b.who("")
			results <- fmt.Sprint(caller.hubs(), failed)
		})
		group.Go(func() {
			caller, failed := a.browser().who(h.bearer(map[string]any{"jti": uuid.NewString()}))
			results <- fmt.Sprint(caller.hubs(), failed)
		})
	}
	group.Wait()
	close(results)
	for result := range results {
		if result != "walton: RECEPTION{ }" {
			t.Error(result)
		}
	}
	if n := a.world.Count(t, "select count(*) from staff_users where subject = 'eve'"); n != 1 {
		t.Errorf("%d members of staff for one subject", n)
	}
	if n := a.world.Count(t, "select count(*) from sessions"); n != 20 {
		t.Errorf("%d sessions of 20 browsers", n)
	}
}

func TestOriginsOfOtherApps(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	for origin, want := range map[string]bool{
		"https://other.example": true, "http://localhost:3000": true, "https://evil.example": false, "null": false, "": false,
		"https://other.example.evil.example": false, "http://other.example": false,
	} {
		if got := a.signIn.AllowsOrigin(t.Context(), origin); got != want {
			t.Errorf("origin %q: %v", origin, got)
		}
	}
	b := a.browser()
	for origin, want := range map[string]problem.Code{
		"https://other.example": "", a.url: "",
		"http://localhost:3000": problem.Forbidden, // of another client
		"https://evil.example":  problem.Forbidden,
		"null":                  problem.Forbidden,
	} {
		if _, failed := b.who(h.bearer(nil), "Origin", origin); failed.Code != want {
			t.Errorf("a token from %s: %+v, want %q", origin, failed, want)
		}
	}
}

func TestSessionFromAnotherSite(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	b.signIn("fay", "/")
	home, _ := url.Parse(a.url)
	r := httptest.NewRequest("POST", a.url+"/graphql", nil)
	for _, c := range b.Jar.Cookies(home) {
		r.AddCookie(c)
	}
	if _, err := a.signIn.Authenticate(r); err != nil {
		t.Errorf("a program with the cookie: %v", err)
	}
	r.Header.Set("Origin", "https://evil.example")
	if _, err := a.signIn.Authenticate(r); !problem.Is(err, problem.Forbidden) {
		t.Errorf("another site with the cookie: %v", err)
	}
}

func TestServiceComesInByItsOwnClient(t *testing.T) {
	a := newApp(t)
	config := clientcredentials.Config{ClientID: devprovider.KioskClient, ClientSecret: devprovider.KioskSecret, TokenURL: a.devURL + "/mersey/oauth/token"}
	token, err := config.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kiosk, failed := a.browser().who(token.AccessToken)
	if kiosk.hubs() != "walton: RECEPTION" || kiosk.Viewer.ClientID != devprovider.KioskClient || kiosk.FreeQueries {
		t.Errorf("%+v %+v", kiosk, failed)
	}
}

func TestTwoTrustsAtOneIssuer(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	a.addHostile(h)
	a.addProvider(a.world.OtherTrust, a.world.Elsewhere, func(c *ent.IdentityProviderCreate) {
		c.SetName("Shared").SetIssuer(h.server.URL).SetClientID("their-staff-app").
			SetRoleMappings([]schema.RoleMapping{{Value: "walton-desk", Role: "MANAGER"}}).
			SetAPIClients([]schema.APIClient{{ClientID: "their-app", Audience: "the-api"}})
	})
	b := a.browser()
	if ours, failed := b.who(h.bearer(nil)); ours.hubs() != "walton: RECEPTION" {
		t.Errorf("our client: %s %+v", ours.hubs(), failed)
	}
	if theirs, failed := b.who(h.bearer(map[string]any{"azp": "their-app"})); theirs.hubs() != "elsewhere: MANAGER" {
		t.Errorf("their client: %s %+v", theirs.hubs(), failed)
	}
}

func TestClientSecret(t *testing.T) {
	a, h := newApp(t), newHostile(t)
	h.set(func() { h.secret = "s3cret" })
	a.addHostile(h, func(c *ent.IdentityProviderCreate) { c.SetClientSecretRef("trust-secret") })
	b := a.browser()
	page := b.get(a.loginURL(h.server.URL, "/"))
	b.wantPage(page, http.StatusInternalServerError, "Something went wrong on our side")
	if strings.Contains(page.text, a.secrets) {
		t.Errorf("the page shows a path: %s", page.text)
	}
	if err := os.WriteFile(filepath.Join(a.secrets, "trust-secret"), []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if end := b.get(a.loginURL(h.server.URL, "/")); end.text != "front page" {
		t.Errorf("with the secret: %d %s", end.status, end.text)
	}
	for _, ref := range []string{"../trust-secret", "/etc/passwd", "a/b", ".."} {
		p := &provider{IdentityProvider: &ent.IdentityProvider{ClientSecretRef: &ref}}
		if _, err := p.secret(nil, a.secrets); err == nil {
			t.Errorf("%s was read", ref)
		}
	}
}

func TestWaysIn(t *testing.T) {
	a := newApp(t)
	b := a.browser()
	var ways []wayIn
	if err := json.Unmarshal([]byte(b.get(a.url+"/auth/providers").text), &ways); err != nil {
		t.Fatal(err)
	}
	want := []wayIn{
		{a.providers[a.devURL+"/elsewhere"], "Elsewhere demo sign-in", "Elsewhere Demo Trust"},
		{a.providers[a.devURL+"/mersey"], "Merseyside demo sign-in", "Merseyside Demo Trust"},
	}
	if !slices.Equal(ways, want) {
		t.Errorf("%+v", ways)
	}
	page := b.get(a.url + "/auth/login?return_to=/here")
	links := regexp.MustCompile(`href="(/auth/login[^"]+)"`).FindAllStringSubmatch(page.text, -1)
	if page.status != 200 || len(links) != 2 || !strings.Contains(page.text, "Merseyside Demo Trust") {
		t.Fatalf("%d %s", page.status, page.text)
	}
	if chooser := b.get(a.url + strings.ReplaceAll(links[1][1], "&amp;", "&")); !strings.Contains(chooser.text, "Fay Brennan") {
		t.Errorf("the choice leads to %s: %s", chooser.url, chooser.text)
	}
	for _, id := range []string{"abc", uuid.NewString()} {
		b.wantPage(b.get(a.url+"/auth/login?provider="+id), http.StatusNotFound, "There is no such sign-in service here")
	}
	b.wantPage(b.get(a.url+"/auth/callback"), http.StatusBadRequest, "not begun in this browser")
}
