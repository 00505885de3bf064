package signin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// Platform says how the platform's operator signs in: by a token that the cluster in which both run has issued to its
// service account. The zero value lets no operator in.
type Platform struct {
	// Issuer is the cluster's, as its tokens name it.
	Issuer string
	// Audience is what a token must be made out to. Empty: liferooms.
	Audience string
	// Subjects are the service accounts that may come in, each as system:serviceaccount:NAMESPACE:NAME.
	Subjects []string
	// CAFile holds the certificates by which the cluster's API server is known; empty: those of this machine. TokenFile holds
	// the token with which it is asked for its keys, read again each time, since the cluster renews it; empty: it is asked
	// without one.
	CAFile, TokenFile string
}

// platform verifies tokens of the platform's operator. A nil one knows none.
type platform struct {
	Platform
	provider *provider
}

// newPlatform asks the cluster nothing: where it cannot be reached, the operator is told so when it comes, and nobody else
// is held up.
func newPlatform(c Platform) (*platform, error) {
	if c.Issuer == "" {
		return nil, nil
	}
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isThisMachine(u.Hostname())) {
		return nil, fmt.Errorf("platform issuer %q: want the address that the cluster's tokens name, beginning with https", c.Issuer)
	}
	if len(c.Subjects) == 0 {
		return nil, errors.New("the platform's issuer is set but no subject: give the operator's service account, as system:serviceaccount:NAMESPACE:NAME")
	}
	if c.Audience == "" {
		c.Audience = "liferooms"
	}
	client := newClient()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("certificates of the platform's issuer: %w", err)
		}
		known := x509.NewCertPool()
		if !known.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificates of the platform's issuer: %s holds none", c.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: known, MinVersion: tls.VersionTLS12}
	}
	client.Transport = bounded{withToken{c.TokenFile, transport}}
	// The token goes to the issuer and to the address of its keys, and nowhere else.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	one := &provider{IdentityProvider: &ent.IdentityProvider{Issuer: c.Issuer}, issuer: &issuer{url: c.Issuer, http: client}}
	return &platform{c, one}, nil
}

// CheckPlatform tells how the operator signs in, having asked its cluster for the keys; the error says what to mend.
func CheckPlatform(ctx context.Context, c Platform) (string, error) {
	p, err := newPlatform(c)
	if err != nil {
		return "", err
	}
	if p == nil {
		return "may not sign in; it takes --platform-issuer", nil
	}
	known, err := p.provider.issuer.discover(ctx)
	if err == nil {
		err = known.keys.fetch(ctx, time.Time{})
	}
	if err != nil {
		return "", fmt.Errorf("%w; look at the platform's issuer, certificates and token", err)
	}
	return strings.Join(p.Subjects, ", ") + " by " + p.Issuer, nil
}

// withToken sends the token of a file along.
type withToken struct {
	file string
	next http.RoundTripper
}

func (t withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.file == "" || r.URL.Scheme != "https" && !isThisMachine(r.URL.Hostname()) {
		return t.next.RoundTrip(r)
	}
	text, err := os.ReadFile(t.file)
	if err != nil {
		return nil, fmt.Errorf("read the token for the platform's issuer: %w", err)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(text)))
	return t.next.RoundTrip(r)
}

// issued reports whether a token says that it comes from the platform's issuer; nothing of it is believed yet.
func (p *platform) issued(raw string) bool {
	if p == nil {
		return false
	}
	unsigned, err := jwt.ParseSigned(raw, anyAlgorithm)
	if err != nil {
		return false
	}
	var c jwt.Claims
	return unsigned.UnsafeClaimsWithoutVerification(&c) == nil && c.Issuer == p.Issuer
}

// authenticate lets the operator in, as a viewer that may do nothing but set up trusts and hubs.
func (p *platform) authenticate(r *http.Request, raw string) (*Caller, error) {
	if r.Header.Get("Origin") != "" {
		return nil, problem.New(problem.Forbidden, "The platform's operator does not come from a website.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*answerTime)
	defer cancel()
	c, err := p.provider.verify(ctx, raw)
	if problem.Is(err, problem.Limited) {
		return nil, problem.New(problem.Limited, "The cluster that issued the token cannot be asked for its keys. Try again in a minute; if it goes on, look at the issuer, the certificates and the token that the server was started with.").Because(err)
	}
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(c.Audience, p.Audience):
		return nil, badToken("it was made out to another service than %q", p.Audience)
	case !slices.Contains(p.Subjects, c.Subject):
		return nil, badToken("%q is not the platform's operator here", shownSubject(c.Subject))
	}
	return &Caller{Viewer: &viewer.Viewer{Kind: viewer.Operator, Name: "Operator", ClientID: c.Subject}, FreeQueries: true}, nil
}

// shownSubject tells somebody with a good token what it says: the longest name of a service account, and no more.
func shownSubject(s string) string { return cut(s, 22+63+1+253) }
