//go:build !production

package signin

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

const operatorAccount = "system:serviceaccount:liferooms:liferooms-operator"

// cluster is a cluster's API server as far as its tokens go: it speaks https with a certificate of its own, and tells its
// keys to those only who have a token themselves.
type cluster struct {
	*hostile
	platform Platform
	token    atomic.Pointer[string]
	down     atomic.Bool
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{hostile: newHostile(t)}
	inner := c.server.Config.Handler
	c.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case c.down.Load():
			http.Error(w, "down", http.StatusServiceUnavailable)
		case r.Header.Get("Authorization") != "Bearer "+*c.token.Load():
			http.Error(w, "who are you", http.StatusUnauthorized)
		default:
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(c.server.Close)
	folder := t.TempDir()
	c.platform = Platform{
		Issuer: c.server.URL, Subjects: []string{"system:serviceaccount:liferooms:another", operatorAccount},
		CAFile: filepath.Join(folder, "ca.crt"), TokenFile: filepath.Join(folder, "token"),
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.server.Certificate().Raw})
	if err := os.WriteFile(c.platform.CAFile, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	c.renew("the first")
	return c
}

// renew gives the server's pod another token, as a cluster does every hour.
func (c *cluster) renew(token string) {
	c.t.Helper()
	if err := os.WriteFile(c.platform.TokenFile, []byte(token+"\n"), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.hostile.set(func() { c.token.Store(&token) })
}

func (c *cluster) configure(into *Config) { into.Platform = c.platform }

// account makes a service account's token, over the claims of a good one; nil removes a claim.
func (c *cluster) account(change map[string]any) string {
	claims := map[string]any{"sub": operatorAccount, "aud": []string{"liferooms"}, "azp": nil, "name": nil, "groups": nil}
	for name, value := range change {
		claims[name] = value
	}
	return c.bearer(claims)
}

func TestOperator(t *testing.T) {
	c := newCluster(t)
	a := newApp(t, c.configure)
	b := a.browser()
	for _, key := range []signingKey{rsaKey(t, "rsa"), ecKey(t, "ec")} {
		c.use(key)
		caller, failed := b.who(c.account(nil))
		if caller.Viewer == nil {
			t.Fatalf("the operator is refused: %+v", failed)
		}
		v := caller.Viewer
		if v.Kind != viewer.Operator || v.TrustID != uuid.Nil || v.StaffID != uuid.Nil || len(v.Hubs) != 0 || !caller.FreeQueries || caller.Session {
			t.Errorf("the operator comes in as %+v %+v", caller, v)
		}
	}
	if n := a.world.Count(t, "select count(*) from staff_users"); n != 0 {
		t.Error("the operator was taken for a member of staff")
	}
	_, failed := b.who(c.account(nil), "Origin", a.url)
	failed.want(t, problem.Forbidden, "does not come from a website")

	now := time.Now()
	stranger := newHostile(t)
	a.addHostile(stranger)
	for name, one := range map[string]struct{ token, says string }{
		"for another service":       {c.account(map[string]any{"aud": "https://kubernetes.default.svc"}), "another service"},
		"for nobody":                {c.account(map[string]any{"aud": nil}), "another service"},
		"another account":           {c.account(map[string]any{"sub": "system:serviceaccount:liferooms:default"}), "system:serviceaccount:liferooms:default"},
		"a longer name":             {c.account(map[string]any{"sub": operatorAccount + "-2"}), "not the platform's operator"},
		"another namespace":         {c.account(map[string]any{"sub": "system:serviceaccount:other:liferooms-operator"}), "not the platform's operator"},
		"no account":                {c.account(map[string]any{"sub": nil}), "whose it is"},
		"expired":                   {c.account(map[string]any{"exp": now.Add(-2 * time.Minute).Unix()}), "expired"},
		"without end":               {c.account(map[string]any{"exp": nil}), "when it expires"},
		"not yet":                   {c.account(map[string]any{"nbf": now.Add(time.Hour).Unix()}), "not valid yet"},
		"unsigned":                  {unsigned(c.bearerClaims(map[string]any{"sub": operatorAccount, "aud": "liferooms"})), "signed"},
		"signed by the public key":  {signedWithPublicKey(t, c.key, c.bearerClaims(map[string]any{"sub": operatorAccount, "aud": "liferooms"})), "signed"},
		"signed by somebody else":   {signed(t, ecKey(t, "ec"), c.bearerClaims(map[string]any{"sub": operatorAccount, "aud": "liferooms"})), "signature"},
		"a key that is not there":   {signed(t, ecKey(t, "other"), c.bearerClaims(map[string]any{"sub": operatorAccount, "aud": "liferooms"})), "does not publish"},
		"a trust's sign-in service": {stranger.bearer(map[string]any{"sub": operatorAccount, "aud": "liferooms"}), "another service"},
	} {
		if caller, failed := b.who(one.token); caller.Viewer != nil || failed.Code != problem.Unauthenticated || !strings.Contains(failed.Message, one.says) {
			t.Errorf("%s: %+v %+v, want a refusal that says %q", name, caller.Viewer, failed, one.says)
		}
	}
}

// TestOperatorWhileTheClusterIsAway: an API server that does not answer stops neither the server nor anybody else, and the
// operator comes in when it is back.
func TestOperatorWhileTheClusterIsAway(t *testing.T) {
	c := newCluster(t)
	c.down.Store(true)
	a := newApp(t, c.configure)
	b := a.browser()
	_, failed := b.who(c.account(nil))
	failed.want(t, problem.Limited, "cannot be asked for its keys")
	if fay, failed := b.who(a.token("fay")); fay.hubs() != "walton: RECEPTION" {
		t.Errorf("fay is held up: %+v", failed)
	}
	c.down.Store(false)
	again := func() {
		i := a.signIn.platform.provider.issuer
		i.mu.Lock()
		defer i.mu.Unlock()
		i.retryAt = time.Time{} // the second that it waits is not what this is about
	}
	again()
	if caller, failed := b.who(c.account(nil)); caller.Viewer == nil {
		t.Fatalf("the cluster is back: %+v", failed)
	}
	// The server's own token is renewed, and so is the cluster's key.
	c.renew("the second")
	c.use(ecKey(t, "renewed"))
	if caller, failed := b.who(c.account(nil)); caller.Viewer == nil {
		t.Errorf("after both were renewed: %+v", failed)
	}
}

// TestTheServersTokenGoesNowhereElse: the cluster's answers cannot lead the server's own token astray.
func TestTheServersTokenGoesNowhereElse(t *testing.T) {
	var leaked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			leaked.Store(true)
		}
	}))
	t.Cleanup(elsewhere.Close)
	c := newCluster(t)
	inner := c.server.Config.Handler
	c.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			http.Redirect(w, r, elsewhere.URL+"/keys", http.StatusFound)
			return
		}
		inner.ServeHTTP(w, r)
	})
	a := newApp(t, c.configure)
	_, failed := a.browser().who(c.account(nil))
	failed.want(t, problem.Limited, "cannot be asked for its keys")
	if leaked.Load() {
		t.Error("the server's token was sent where the cluster's answer led")
	}
}

func TestPlatformSettings(t *testing.T) {
	noCertificate := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(noCertificate, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	subjects := []string{operatorAccount}
	for name, c := range map[string]struct {
		platform Platform
		says     string
	}{
		"none":             {Platform{}, ""},
		"good":             {Platform{Issuer: "https://kubernetes.default.svc", Subjects: subjects}, ""},
		"plain":            {Platform{Issuer: "http://kubernetes.default.svc", Subjects: subjects}, "https"},
		"no subject":       {Platform{Issuer: "https://kubernetes.default.svc"}, "system:serviceaccount"},
		"no such file":     {Platform{Issuer: "https://kubernetes.default.svc", Subjects: subjects, CAFile: "/nowhere/ca.crt"}, "certificates"},
		"no certificate":   {Platform{Issuer: "https://kubernetes.default.svc", Subjects: subjects, CAFile: noCertificate}, "holds none"},
		"not even an host": {Platform{Issuer: "kubernetes", Subjects: subjects}, "https"},
	} {
		_, err := New(nil, nil, Config{PublicURL: "https://liferooms.example.org", Platform: c.platform})
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNobodyIsOperatorWithoutSettings: where no issuer is set, the same token is refused.
func TestNobodyIsOperatorWithoutSettings(t *testing.T) {
	c := newCluster(t)
	_, failed := newApp(t).browser().who(c.account(nil))
	failed.want(t, problem.Unauthenticated, "no trust here knows")
}

func TestCheckPlatform(t *testing.T) {
	c := newCluster(t)
	if well, err := CheckPlatform(t.Context(), c.platform); err != nil || !strings.Contains(well, operatorAccount) {
		t.Errorf("a good one: %q, %v", well, err)
	}
	if well, err := CheckPlatform(t.Context(), Platform{}); err != nil || !strings.Contains(well, "may not sign in") {
		t.Errorf("none: %q, %v", well, err)
	}
	wrong := "wrong"
	c.token.Store(&wrong)
	if _, err := CheckPlatform(t.Context(), c.platform); err == nil || !strings.Contains(err.Error(), "issuer, certificates and token") {
		t.Errorf("a cluster that does not know the token: %v", err)
	}
}
