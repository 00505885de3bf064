package signin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"liferooms.io/liferooms/internal/problem"
)

// issuer is one OpenID Connect server, found when it is first needed. Trusts may share one.
type issuer struct {
	url    string
	http   *http.Client
	flight singleflight.Group

	mu       sync.Mutex
	found    *found
	failures int
	failed   error
	retryAt  time.Time
}

// found is what discovery gave.
type found struct {
	provider *oidc.Provider
	endpoint oauth2.Endpoint
	keys     *keySet
	at       time.Time

	EndSession  string `json:"end_session_endpoint"`
	JWKS        string `json:"jwks_uri"`
	UserInfo    string `json:"userinfo_endpoint"`
	SendsIssuer bool   `json:"authorization_response_iss_parameter_supported"`
}

const (
	answerTime  = 5 * time.Second
	maxAnswer   = 1 << 20 // bytes
	foundFresh  = time.Hour
	longestWait = 30 * time.Second
)

// newClient makes the client by which issuers are asked: what they answer is bounded in time and in size.
func newClient() *http.Client {
	return &http.Client{Timeout: answerTime, Transport: bounded{http.DefaultTransport}}
}

type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = limitedBody{io.LimitReader(response.Body, maxAnswer), response.Body}
	return response, nil
}

type limitedBody struct {
	io.Reader
	io.Closer
}

// discover gives what the issuer says of itself, asking where that is unknown or old. After a failure it waits twice as
// long each time before it asks again, and answers at once in between.
func (i *issuer) discover(ctx context.Context) (*found, error) {
	i.mu.Lock()
	known, failed, wait := i.found, i.failed, time.Now().Before(i.retryAt)
	i.mu.Unlock()
	if known != nil && (wait || time.Since(known.at) < foundFresh) {
		return known, nil
	}
	if wait {
		return nil, failed
	}
	done := i.flight.DoChan("", func() (any, error) { return i.ask(context.WithoutCancel(ctx), known) })
	select {
	case r := <-done:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*found), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (i *issuer) ask(ctx context.Context, known *found) (*found, error) {
	fresh, err := i.fetch(ctx, known)
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		i.failed = fmt.Errorf("issuer %s: %w: %w", i.url, errUnreachable, err)
		i.retryAt = time.Now().Add(min(time.Second<<min(i.failures, 5), longestWait))
		i.failures++
		if i.found != nil {
			return i.found, nil // what it said before still serves
		}
		return nil, i.failed
	}
	i.found, i.failures, i.failed, i.retryAt = fresh, 0, nil, time.Time{}
	return fresh, nil
}

func (i *issuer) fetch(ctx context.Context, known *found) (*found, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.http), i.url)
	if err != nil {
		return nil, err
	}
	f := &found{provider: provider, endpoint: provider.Endpoint(), at: time.Now()}
	if err := provider.Claims(f); err != nil {
		return nil, err
	}
	if known != nil && known.JWKS == f.JWKS {
		f.keys = known.keys
	} else {
		f.keys = newKeySet(f.JWKS, i.http)
	}
	return f, nil
}

// unreachable is the answer while an issuer cannot be reached.
func unreachable(cause error) error {
	return problem.New(problem.Limited, "The sign-in service of your trust cannot be reached. Try again in a minute; if it goes on, tell your IT service desk.").Because(cause)
}
