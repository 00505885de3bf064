package signin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Header must be on every unsafe request that comes with a session, with any value: another site's page cannot send it.
const Header = "X-Liferooms-Client"

// Config says where the app is reached and where its secrets are.
type Config struct {
	// PublicURL is how browsers reach the app, such as https://liferooms.example.org: a scheme and a host, no path.
	// Plain http is taken for this machine only (localhost, 127.0.0.1, ::1), or where PublicScheme is http.
	PublicURL string
	// PublicScheme is how browsers reach the hubs that have host names of their own: https, or http for a cluster on one's
	// own machine. Empty: https.
	PublicScheme string
	// SecretsDir holds a file for each client secret that is not in the database, named as the provider's settings name it.
	SecretsDir string
	// Keys open the client secrets that are in the database.
	Keys *seal.Keys
	// Platform says how the platform's operator signs in.
	Platform Platform
}

// SignIn signs people in and out and tells who is asking.
type SignIn struct {
	store  *store.Store
	log    *audit.Log
	config Config
	// publicHost is the host of PublicURL, with its port where it has one.
	publicHost string
	origin     *http.CrossOriginProtection
	platform   *platform // nil: no operator may sign in

	providers  *providers
	hubs       hubs
	groupRoles groupRoles
	staff      *people
	sessions   *sessions
	tokens     *lru.Cache[digest, *token]
	verifying  singleflight.Group
	// starts bounds the rows that people who never finish signing in can make.
	starts *rate.Limiter
}

// maxTokens bounds the verified bearer tokens that are remembered.
const maxTokens = 10_000

// New makes a SignIn. It asks no provider anything: an unreachable one is met when somebody signs in through it.
func New(s *store.Store, log *audit.Log, c Config) (*SignIn, error) {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("public URL %q: want a scheme and a host, such as https://liferooms.example.org", c.PublicURL)
	}
	u.Host = strings.ToLower(u.Host)
	c.PublicURL = u.Scheme + "://" + u.Host
	switch c.PublicScheme {
	case "":
		c.PublicScheme = "https"
	case "https", "http":
	default:
		return nil, fmt.Errorf("public scheme %q: want https, or http for a cluster on your own machine", c.PublicScheme)
	}
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && (isThisMachine(u.Hostname()) || c.PublicScheme == "http"):
	default:
		return nil, fmt.Errorf("public URL %q: must begin with https, so that nobody on the way can read a session; for a cluster on your own machine set the public scheme to http", c.PublicURL)
	}
	operator, err := newPlatform(c.Platform)
	if err != nil {
		return nil, err
	}
	tokens, err := lru.New[digest, *token](maxTokens)
	if err != nil {
		return nil, err
	}
	origin := http.NewCrossOriginProtection()
	if err := origin.AddTrustedOrigin(c.PublicURL); err != nil {
		return nil, fmt.Errorf("public URL %q: %w", c.PublicURL, err)
	}
	return &SignIn{
		store:      s,
		log:        log,
		config:     c,
		publicHost: u.Host,
		origin:     origin,
		platform:   operator,
		providers:  newProviders(s),
		hubs:       hubs{store: s},
		groupRoles: groupRoles{store: s},
		staff:      newPeople(s),
		sessions:   newSessions(s),
		tokens:     tokens,
		starts:     rate.NewLimiter(20, 200),
	}, nil
}

func isThisMachine(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// Caller is who is asking and by which way they came.
type Caller struct {
	// Viewer sees every live hub in which the caller holds a role, by slug.
	Viewer *viewer.Viewer
	// Session: the request came with the staff app's cookie, so that Header is required where it is unsafe.
	Session bool
	// FreeQueries: the client may send documents that are not registered.
	FreeQueries bool
}

// Authenticate tells who sends the request. The error is a problem: UNAUTHENTICATED where the caller must sign in (again)
// or send another token, FORBIDDEN where they are known but may not come in, LIMITED where their provider is unreachable.
func (s *SignIn) Authenticate(r *http.Request) (*Caller, error) {
	if len(r.Header.Values("Authorization")) > 0 {
		return s.byToken(r)
	}
	return s.bySession(r)
}

func (s *SignIn) byToken(r *http.Request) (*Caller, error) {
	raw, err := bearer(r)
	if err != nil {
		return nil, err
	}
	if s.platform.issued(raw) {
		return s.platform.authenticate(r, raw)
	}
	t, err := s.verified(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	at, err := s.at(r)
	if err != nil {
		return nil, err
	}
	if origin := r.Header.Get("Origin"); origin != "" && !t.mayComeFrom(origin) && origin != s.config.PublicURL && origin != at.url {
		return nil, problem.New(problem.Forbidden, "This token's application may not be used from this website. Ask your administrator to add the website to the application's origins.")
	}
	v, err := s.viewer(r.Context(), t.identity)
	if err != nil {
		return nil, err
	}
	v.ClientID = t.client.ClientID
	v.At = at.slugFor(v)
	return &Caller{Viewer: v, FreeQueries: t.client.FreeQueries}, nil
}

func (s *SignIn) bySession(r *http.Request) (*Caller, error) {
	if err := s.origin.Check(r); err != nil {
		return nil, crossSite(err)
	}
	at, err := s.at(r)
	if err != nil {
		return nil, err
	}
	session, err := s.session(r, at)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return nil, problem.New(problem.Unauthenticated, "You are not signed in, or your sign-in has ended. Sign in to go on.")
	}
	p, err := s.providers.byID(r.Context(), session.IdentityProviderID)
	if err != nil {
		return nil, err
	}
	if p == nil || p.TrustID != session.TrustID {
		return nil, problem.New(problem.Unauthenticated, "The way you signed in is no longer in use. Sign in again.")
	}
	v, err := s.viewer(r.Context(), identity{session.TrustID, session.StaffUserID, session.ClaimRoles, session.Groups})
	if err != nil {
		return nil, err
	}
	v.ClientID = p.ClientID
	v.At = at.slugFor(v)
	return &Caller{Viewer: v, Session: true}, nil
}

func crossSite(cause error) error {
	return problem.New(problem.Forbidden, "This request came from another website and was refused. Use Life Rooms in its own tab.").Because(cause)
}

// AllowsOrigin reports whether a page of the origin may call the API at all: some client of some trust names it. A
// preflight says no more than that; Authenticate then holds the origin to the token's own client.
func (s *SignIn) AllowsOrigin(ctx context.Context, origin string) bool {
	known, err := s.providers.current(ctx)
	return err == nil && known.origins[origin]
}

// EndSessions signs a member of staff out everywhere and makes their roles be read anew. Call it in the transaction
// that takes a role away or closes their account: the sessions end with its commit. This process sees it at once, other
// replicas within memory (one second).
func (s *SignIn) EndSessions(ctx context.Context, staffID ID) error {
	s.staff.forget(staffID)
	s.sessions.forget(staffID)
	return s.sessions.delete(ctx, staffID)
}

// memory is how long what was read from the database about a session or a member of staff may be used.
const memory = time.Second
