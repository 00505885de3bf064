package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store/storetest"
)

// API is the API over the database of one World.
type API struct {
	t       testing.TB
	handler *handler.Server
	asked   int
}

// New makes the API over w.
func New(t testing.TB, w *storetest.World) *API {
	t.Helper()
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	signIn, err := signin.New(w.Store, log, signin.Config{PublicURL: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	signOut := func(context.Context) (string, error) { return "", nil } // needs a browser's session, which has none here
	sources, err := catalogue.New(w.Store, directory.New(w.Store, log), catalogue.Config{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseKeys("dGhpcyBpcyBhIGtleSBmb3IgdGVzdHMgYW5kIG5vIG8=")
	if err != nil {
		t.Fatal(err)
	}
	s := graph.NewServer(graph.New(w.Store, log, signIn, sources, provision.Config{Keys: keys}, signOut))
	s.AddTransport(transport.SSE{})
	s.AddTransport(transport.POST{})
	return &API{t: t, handler: s}
}

// Answer is what the API says to one request.
type Answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Path       []any  `json:"path"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
	// Raw is the answer as it came.
	Raw string `json:"-"`
}

var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

// Comparable is the answer without the request's id: equal for two requests that were told the same.
func (a Answer) Comparable() string { return requestID.ReplaceAllString(a.Raw, `"requestId":""`) }

// Do asks as the viewer of ctx.
func (a *API) Do(ctx context.Context, query string, variables map[string]any) Answer {
	a.t.Helper()
	return a.decode(a.send(ctx, "application/json", query, variables))
}

// SubscribeOnce begins a subscription and gives its first event.
func (a *API) SubscribeOnce(ctx context.Context, query string) Answer {
	a.t.Helper()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	body := a.send(ctx, "text/event-stream", query, nil)
	_, event, found := strings.Cut(body, "data: ")
	if !found {
		a.t.Fatalf("no event: %s", body)
	}
	event, _, _ = strings.Cut(event, "\n")
	return a.decode(event)
}

func (a *API) send(ctx context.Context, accept, query string, variables map[string]any) string {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	a.asked++
	ctx = request.WithID(ctx, fmt.Sprint("test-", a.asked))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("content-type", "application/json")
	r.Header.Set("accept", accept)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Body.String()
}

func (a *API) decode(raw string) Answer {
	a.t.Helper()
	answer := Answer{Raw: raw}
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		a.t.Fatalf("the answer is no JSON: %v: %s", err, raw)
	}
	return answer
}
