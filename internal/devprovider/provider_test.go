//go:build !production

package devprovider

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"liferooms.io/liferooms/ent/schema"
)

const (
	staffApp = "http://localhost:8080"
	otherApp = "http://localhost:3000"
)

// serve runs a provider on a port of its own.
func serve(t *testing.T, keyFile string) (*Provider, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	p, err := New(Config{BaseURL: base, StaffAppURL: staffApp, OtherAppURL: otherApp, KeyFile: keyFile})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = p.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return p, base
}

// browser follows redirects within the provider and stops at the app's address.
func browser() *http.Client {
	return &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), staffApp) || strings.HasPrefix(r.URL.String(), otherApp) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func body(t *testing.T, r *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// signIn walks the code flow as the user and returns the tokens and what the callback was given.
func signIn(t *testing.T, issuer, client, redirect, user string) (*oidc.Provider, *oauth2.Token) {
	t.Helper()
	ctx := t.Context()
	found, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: client, Endpoint: found.Endpoint(), RedirectURL: redirect, Scopes: []string{"openid", "profile", "email", "groups"}}
	verifier := oauth2.GenerateVerifier()
	web := browser()
	response, err := web.Get(config.AuthCodeURL("the-state", oidc.Nonce("the-nonce"), oauth2.S256ChallengeOption(verifier)))
	text := body(t, response, err)
	for _, want := range []string{`<html lang="en-GB">`, "<h1>", `<button name="user" value="` + user + `">`} {
		if !strings.Contains(text, want) {
			t.Fatalf("the page lacks %s:\n%s", want, text)
		}
	}
	request := response.Request.URL.Query().Get("request")
	response, err = web.PostForm(issuer+"/sign-in", url.Values{"request": {request}, "user": {user}})
	body(t, response, err)
	back, err := response.Location()
	if err != nil {
		t.Fatalf("no redirect to the app: %s", response.Status)
	}
	if back.Query().Get("state") != "the-state" {
		t.Fatalf("state: %s", back)
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code worked twice")
	}
	return found, token
}

func TestCodeFlowOfTheStaffApp(t *testing.T) {
	_, base := serve(t, "")
	found, token := signIn(t, base+"/mersey", StaffAppClient, staffApp+"/auth/callback", "fay")
	id, err := found.Verifier(&oidc.Config{ClientID: StaffAppClient}).Verify(t.Context(), token.Extra("id_token").(string))
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Name, Email string
		Groups      []string
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Subject != "fay" || id.Nonce != "the-nonce" || claims.Name != "Fay Brennan" ||
		claims.Email != "fay@mersey.example.org" || !slices.Equal(claims.Groups, []string{"liferooms-walton-reception"}) {
		t.Errorf("id token of fay: subject %q, nonce %q, %+v", id.Subject, id.Nonce, claims)
	}
	info, err := found.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != "fay" {
		t.Errorf("userinfo: %v, %v", info, err)
	}
}

func TestTheOtherAppGetsTokensForTheAPI(t *testing.T) {
	_, base := serve(t, "")
	found, token := signIn(t, base+"/elsewhere", OtherAppClient, otherApp+"/callback", "zoe")
	access, err := found.Verifier(&oidc.Config{ClientID: Audience}).Verify(t.Context(), token.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		ClientID string `json:"client_id"`
	}
	if err := access.Claims(&claims); err != nil || claims.ClientID != OtherAppClient {
		t.Errorf("client_id %q, %v", claims.ClientID, err)
	}
}

func TestPKCEIsRequired(t *testing.T) {
	_, base := serve(t, "")
	found, err := oidc.NewProvider(t.Context(), base+"/mersey")
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: StaffAppClient, Endpoint: found.Endpoint(), RedirectURL: staffApp + "/auth/callback", Scopes: []string{"openid"}}
	response, err := browser().Get(config.AuthCodeURL("s"))
	body(t, response, err)
	back, err := response.Location()
	if err != nil || back.Query().Get("error") != "invalid_request" {
		t.Errorf("without PKCE: %s, %v, %v", response.Status, back, err)
	}
}

func TestNobodySignsInAtAnotherTrust(t *testing.T) {
	p, _ := serve(t, "")
	mersey := p.issuers[0]
	made, err := mersey.storage.CreateAuthRequest(t.Context(), &zitadel.AuthRequest{
		ClientID: StaffAppClient, CodeChallenge: "challenge", CodeChallengeMethod: zitadel.CodeChallengeMethodS256}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := mersey.storage.signIn(made.GetID(), "zoe"); err == nil {
		t.Error("zoe signed in at Mersey")
	}
}

func TestServiceSignsInByItsSecret(t *testing.T) {
	_, base := serve(t, "")
	found, err := oidc.NewProvider(t.Context(), base+"/mersey")
	if err != nil {
		t.Fatal(err)
	}
	config := clientcredentials.Config{ClientID: KioskClient, ClientSecret: KioskSecret, TokenURL: found.Endpoint().TokenURL}
	token, err := config.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := found.Verifier(&oidc.Config{ClientID: Audience}).Verify(t.Context(), token.AccessToken); err != nil {
		t.Error(err)
	}
	config.ClientSecret = "wrong"
	if _, err := config.Token(t.Context()); err == nil {
		t.Error("a wrong secret was taken")
	}
}

func TestMintedTokens(t *testing.T) {
	_, base := serve(t, "")
	post := func(host, origin, kind, content string) (int, map[string]string) {
		request, err := http.NewRequestWithContext(t.Context(), "POST", base+"/dev/token", strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			request.Host = host
		}
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		request.Header.Set("Content-Type", kind)
		response, err := http.DefaultClient.Do(request)
		text := body(t, response, err)
		var answered map[string]string
		if err := json.Unmarshal([]byte(text), &answered); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return response.StatusCode, answered
	}

	status, answered := post("", "", "application/json", `{"user":"zoe"}`)
	if status != 200 {
		t.Fatalf("%d %v", status, answered)
	}
	elsewhere, err := oidc.NewProvider(t.Context(), base+"/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	if token, err := elsewhere.Verifier(&oidc.Config{ClientID: Audience}).Verify(t.Context(), answered["access_token"]); err != nil || token.Subject != "zoe" {
		t.Errorf("zoe's token: %v, %v", token, err)
	}

	for name, c := range map[string]struct {
		host, origin, kind, content string
		want                        int
	}{
		"a web page":            {"", "http://evil.example", "application/json", `{"user":"fay"}`, 403},
		"a name pointed here":   {"evil.example", "", "application/json", `{"user":"fay"}`, 403},
		"a form":                {"", "", "text/plain", `{"user":"fay"}`, 400},
		"not JSON":              {"", "", "application/json", `user=fay`, 400},
		"somebody not on staff": {"", "", "application/json", `{"user":"eve"}`, 404},
	} {
		if status, answered := post(c.host, c.origin, c.kind, c.content); status != c.want || answered["access_token"] != "" {
			t.Errorf("%s: %d %v, want %d", name, status, answered, c.want)
		}
	}
}

func TestKeyOutlivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.pem")
	first, err := loadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if first.id != again.id || !first.private.Equal(again.private) {
		t.Error("another key after a restart")
	}
	if other, err := loadKey(""); err != nil || other.id == first.id {
		t.Errorf("without a file: %v, the same key: %v", err, other.id == first.id)
	}
}

func TestSignOutGoesBackToTheApp(t *testing.T) {
	_, base := serve(t, "")
	end := func(to string) *http.Response {
		response, err := browser().Get(base + "/mersey/end_session?" + url.Values{
			"client_id": {StaffAppClient}, "post_logout_redirect_uri": {to}}.Encode())
		body(t, response, err)
		return response
	}
	if back, err := end(staffApp + "/").Location(); err != nil || back.String() != staffApp+"/" {
		t.Errorf("%v, %v", back, err)
	}
	if response := end("http://evil.example/"); response.StatusCode != http.StatusBadRequest {
		t.Errorf("an address that is not registered: %s", response.Status)
	}
}

func TestSettingsCoverEveryDemoUser(t *testing.T) {
	settings := IdentityProviders("http://localhost:8081", otherApp)
	for _, u := range Users {
		i := slices.IndexFunc(settings, func(s Settings) bool { return s.Trust == u.Trust })
		for _, group := range u.Groups {
			if i < 0 || !slices.ContainsFunc(settings[i].RoleMappings, func(m schema.RoleMapping) bool { return m.Value == group }) {
				t.Errorf("%s: no mapping for %s", u.Login, group)
			}
		}
		if !strings.HasSuffix(u.Email, ".example.org") {
			t.Errorf("%s: %s could be somebody's address", u.Login, u.Email)
		}
	}
}

func TestOverviewListsEverybody(t *testing.T) {
	_, base := serve(t, "")
	response, err := http.Get(base + "/")
	text := body(t, response, err)
	for _, u := range Users {
		if !strings.Contains(text, u.Name) || !strings.Contains(text, u.Does) {
			t.Errorf("%s is missing", u.Name)
		}
	}
	if _, err := New(Config{BaseURL: "localhost"}); err == nil {
		t.Error("a base URL without a scheme was taken")
	}
}
