//go:build !production

package devprovider

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"
)

// Config says where the provider is and which apps it serves. URLs have no slash at their end.
type Config struct {
	// BaseURL is how browsers and the server reach the provider, such as http://localhost:8081.
	BaseURL string
	// StaffAppURL is where the staff app runs, such as http://localhost:8080.
	StaffAppURL string
	// StaffAppSecret makes the staff app's client a confidential one; empty: it is public.
	StaffAppSecret string
	// OtherAppURL is where another single-page app runs, such as http://localhost:3000; empty: none does.
	OtherAppURL string
	// KeyFile keeps the signing key, so that tokens and sessions outlive a restart; empty: they do not.
	KeyFile string
}

// Provider is the running sign-in service of both demo trusts.
type Provider struct {
	config  Config
	handler http.Handler
	issuers []*issuer
}

// issuer is the OIDC server of one trust.
type issuer struct {
	url     string
	name    string
	path    string
	storage *storage
	op      *op.Provider
}

// New makes the provider. It listens nowhere by itself: serve its Handler at the base URL.
func New(c Config) (*Provider, error) {
	if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Path != "" {
		return nil, fmt.Errorf("base URL %q of the demo sign-in: want a scheme, a host and a port only, such as http://localhost:8081", c.BaseURL)
	}
	signing, err := loadKey(c.KeyFile)
	if err != nil {
		return nil, err
	}
	p := &Provider{config: c}
	mux := http.NewServeMux()
	for _, i := range issuers {
		served, err := newIssuer(c, i.trust, i.name, i.path, signing)
		if err != nil {
			return nil, fmt.Errorf("start issuer %s: %w", i.path, err)
		}
		p.issuers = append(p.issuers, served)
		mux.HandleFunc("GET "+i.path+"/sign-in", served.choose)
		mux.HandleFunc("POST "+i.path+"/sign-in", served.chosen)
		mux.Handle(i.path+"/", http.StripPrefix(i.path, served.op))
	}
	mux.HandleFunc("GET /{$}", p.overview)
	mux.HandleFunc("GET /style.css", stylesheet)
	mux.HandleFunc("POST /dev/token", p.mint)
	p.handler = http.MaxBytesHandler(mux, 64<<10)
	return p, nil
}

// Handler serves both issuers and the page of demo staff.
func (p *Provider) Handler() http.Handler { return p.handler }

// IdentityProviders gives the settings by which the app trusts this provider.
func (p *Provider) IdentityProviders() []Settings {
	return IdentityProviders(p.config.BaseURL, p.config.OtherAppURL)
}

func newIssuer(c Config, trust, name, path string, signing key) (*issuer, error) {
	i := &issuer{url: c.BaseURL + path, name: name, path: path}
	i.storage = &storage{
		trust:    trust,
		key:      signing,
		clients:  map[string]*client{},
		requests: map[string]*request{},
		codes:    map[string]string{},
	}
	login := func(id string) string { return i.url + "/sign-in?request=" + url.QueryEscape(id) }
	clients := []*client{
		{id: StaffAppClient, secret: c.StaffAppSecret, grant: oidc.GrantTypeCode, loginURL: login,
			redirects: []string{c.StaffAppURL + "/auth/callback"}, afterLogout: []string{c.StaffAppURL + "/"}},
		{id: KioskClient, secret: KioskSecret, grant: oidc.GrantTypeClientCredentials, loginURL: login, audience: []string{Audience}},
		{id: TerminalClient, loginURL: login, audience: []string{Audience}},
	}
	if c.OtherAppURL != "" {
		clients = append(clients, &client{id: OtherAppClient, grant: oidc.GrantTypeCode, loginURL: login, audience: []string{Audience},
			redirects: []string{c.OtherAppURL + "/callback"}, afterLogout: []string{c.OtherAppURL + "/"}})
	}
	for _, one := range clients {
		i.storage.clients[one.id] = one
	}
	config := &op.Config{
		DefaultLogoutRedirectURI: c.BaseURL + "/",
		CodeMethodS256:           true,
		SupportedUILocales:       []language.Tag{language.BritishEnglish},
		SupportedScopes:          []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, "groups"},
		SupportedClaims:          []string{"sub", "iss", "aud", "exp", "iat", "nonce", "name", "email", "groups"},
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	var err error
	i.op, err = op.NewProvider(config, i.storage, op.StaticIssuer(i.url), op.WithAllowInsecure())
	return i, err
}

// Token mints an access token of the terminal's client for one of the demo staff, for use with curl.
func (p *Provider) Token(ctx context.Context, login string) (string, error) {
	for _, i := range p.issuers {
		if _, ok := userOf(i.storage.trust, login); ok {
			terminal := i.storage.clients[TerminalClient]
			asked := &request{asked: &oidc.AuthRequest{ClientID: terminal.id}, audience: terminal.audience, subject: login, at: time.Now()}
			token, err := op.CreateJWT(ctx, i.url, asked, time.Now().Add(tokenLife), rand.Text(), terminal, i.storage)
			if err != nil {
				return "", fmt.Errorf("sign token: %w", err)
			}
			return token, nil
		}
	}
	return "", fmt.Errorf("there is nobody called %q among the demo staff; there are: %s", login, logins())
}

func logins() string {
	var names []string
	for _, u := range Users {
		names = append(names, u.Login)
	}
	return strings.Join(names, ", ")
}

// mint answers POST /dev/token {"user":"fay"} with {"access_token":"…"}. Only this machine may ask, and no web page:
// a page cannot send application/json to another origin without a preflight, which this never grants.
func (p *Provider) mint(w http.ResponseWriter, r *http.Request) {
	if !fromHere(r) {
		answer(w, http.StatusForbidden, map[string]string{"error": "Tokens are minted for this machine only."})
		return
	}
	var asked struct{ User string }
	if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": `Send {"user":"fay"} as application/json.`})
		return
	}
	token, err := p.Token(r.Context(), asked.User)
	if err != nil {
		answer(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]string{"access_token": token, "token_type": "Bearer"})
}

// fromHere looks at the name asked for as well as at the address, so that a web page whose name was pointed at this
// machine is refused too.
func fromHere(r *http.Request) bool {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !net.ParseIP(from).IsLoopback() || r.Header.Get("Origin") != "" {
		return false
	}
	host := (&url.URL{Host: r.Host}).Hostname()
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller has gone: nobody to tell
}
