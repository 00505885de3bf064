package platform

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
)

const (
	// attemptTimeout is a little over the longest that the API gives one operation.
	attemptTimeout = 15 * time.Second
	// attempts is how often a request is sent before the reconciler is told: enough to pass over a pod that is going away.
	attempts    = 3
	firstPause  = 200 * time.Millisecond
	maxResponse = 8 << 20 // bytes
)

// Client asks the API at one address. It is safe for concurrent use.
type Client struct {
	// URL is where the API is, for messages.
	URL     string
	graphql graphql.Client
}

// New makes a client of the API at url, such as http://liferooms-api:8080/graphql, that signs each request with the
// token in tokenFile as it is at that moment.
func New(url, tokenFile string) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &Client{URL: url, graphql: graphql.NewClient(url, &http.Client{
		Transport: &signed{tokenFile: tokenFile, next: transport},
		Timeout:   attemptTimeout,
		// The token goes to the address that was told, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})}
}

// signed adds the token to each request and bounds each answer.
type signed struct {
	tokenFile string
	next      http.RoundTripper
}

func (s *signed) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := os.ReadFile(s.tokenFile) // each time: Kubernetes replaces it long before it ends
	if err != nil {
		return nil, &tokenError{err}
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	r.Header.Set("User-Agent", "liferooms-operator")
	response, err := s.next.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxResponse), response.Body}
	}
	return response, err
}

// MakeRequest sends a request, and again where nothing or nobody useful answered: every operation here says what shall
// be, and not what to do, so sending it twice is safe. It makes Client a graphql.Client of the generated functions.
func (c *Client) MakeRequest(ctx context.Context, request *graphql.Request, response *graphql.Response) error {
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, 2*pause {
		err := c.understand(c.graphql.MakeRequest(ctx, request, response))
		if err == nil || attempt == attempts || !err.passing() || ctx.Err() != nil {
			return err.orNil()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause + rand.N(pause)):
		}
		response.Errors = nil
	}
}

// Trust is the trust as it is set up now, nil where there is none.
func (c *Client) Trust(ctx context.Context, odsCode string) (*Trust, error) {
	answer, err := ReadTrust(ctx, c, odsCode)
	if err != nil {
		return nil, fmt.Errorf("read trust %s: %w", odsCode, err)
	}
	return answer.Platform.Trust, nil
}

// Hub is the hub as it is set up now, nil where there is none.
func (c *Client) Hub(ctx context.Context, trust, slug string) (*Hub, error) {
	answer, err := ReadHub(ctx, c, trust, slug)
	if err != nil {
		return nil, fmt.Errorf("read hub %s of trust %s: %w", slug, trust, err)
	}
	return answer.Platform.Hub, nil
}

// ApplyTrust makes the trust what input says, and gives the names of the fields that changed.
func (c *Client) ApplyTrust(ctx context.Context, input ApplyTrustInput) (changed []string, err error) {
	answer, err := SendTrust(ctx, c, input)
	if err == nil {
		err = refused(answer.ApplyTrust.UserErrors)
	}
	if err != nil {
		return nil, fmt.Errorf("apply trust %s: %w", input.OdsCode, err)
	}
	return answer.ApplyTrust.Changed, nil
}

// ApplyHub makes the hub what input says, and gives it as it is then with the names of the fields that changed.
func (c *Client) ApplyHub(ctx context.Context, input ApplyHubInput) (hub *Hub, changed []string, err error) {
	answer, err := SendHub(ctx, c, input)
	if err == nil {
		err = refused(answer.ApplyHub.UserErrors)
	}
	if err == nil && answer.ApplyHub.Hub == nil {
		err = &Error{Kind: Faulty, Message: "The API took the hub and did not say how it is."}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("apply hub %s of trust %s: %w", input.Slug, input.Trust, err)
	}
	return answer.ApplyHub.Hub, answer.ApplyHub.Changed, nil
}

// ArchiveHub ends the hub's work and keeps its data. A hub that is not there is archived enough.
func (c *Client) ArchiveHub(ctx context.Context, trust, slug string) error {
	answer, err := SendArchive(ctx, c, ArchiveHubInput{Trust: trust, Slug: slug})
	if err == nil {
		err = refused(answer.ArchiveHub.UserErrors)
	}
	if err != nil && KindOf(err) != Missing {
		return fmt.Errorf("archive hub %s of trust %s: %w", slug, trust, err)
	}
	return nil
}

// Check asks the API for nothing in particular: an error says why the operator could not work.
func (c *Client) Check(ctx context.Context) error {
	_, err := ReadTrust(ctx, c, "LIFEROOMSCHK") // a code that no organisation has
	switch KindOf(err) {
	case 0:
		return err
	case SignIn:
		return fmt.Errorf("the API does not accept the operator: %w Check --platform-issuer, --platform-audience and --platform-subject of the API", err)
	}
	return fmt.Errorf("the API cannot be used: %w", err)
}
