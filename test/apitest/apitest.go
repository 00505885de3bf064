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
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store/storetest"
)

// API is the API over the database of one World. It is not safe for concurrent use.
type API struct {
	t       testing.TB
	handler *handler.Server
	name    string   // begins each request's id
	second  *opinion // nil: nobody is asked for one
	asked   int
	run     graph.Run
}

// New makes the API over w as it is served. Each read is asked a second time of gqlgen's executor over Ent, and the test
// fails where the two do not answer, or record in the audit, the same.
func New(t testing.TB, w *storetest.World) *API {
	t.Helper()
	a := open(t, w)
	a.second = newOpinion(t, w)
	return a
}

// Interpreted makes the API over w with nothing compiled: gqlgen's executor over Ent runs every operation.
func Interpreted(t testing.TB, w *storetest.World) *API {
	t.Helper()
	return open(t, w, graph.WithoutCompiler())
}

func open(t testing.TB, w *storetest.World, options ...graph.Option) *API {
	t.Helper()
	a := &API{t: t, name: "test"}
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	signIn, err := signin.New(w.Store, log, signin.Config{PublicURL: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	signOut := func(context.Context) (string, error) { return "", nil } // needs a browser's session, which has none here
	sources, err := catalogue.New(w.Store, directory.New(w.Store, log), catalogue.Config{Also: []catalogue.Work{freshness.NewChecker(w.Store, freshness.Config{}).Work()}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseKeys("dGhpcyBpcyBhIGtleSBmb3IgdGVzdHMgYW5kIG5vIG8=")
	if err != nil {
		t.Fatal(err)
	}
	options = append(options, graph.OnRun(func(_ context.Context, r graph.Run) { a.run = r }))
	a.handler = graph.NewServer(graph.New(w.Store, log, signIn, sources, provision.Config{Keys: keys}, signOut), options...)
	a.handler.AddTransport(transport.SSE{})
	a.handler.AddTransport(transport.POST{})
	return a
}

// Answer is what the API says to one request.
type Answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Path       []any  `json:"path"`
		Extensions struct {
			Code  string `json:"code"`
			Field string `json:"field"`
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
	if a.second == nil || !reads(query) {
		return a.once(ctx, query, variables)
	}
	both := a.Both(ctx, query, variables)
	if d := both.Difference(); d != "" {
		a.t.Errorf("two opinions of\n%s\nwith %v: %s", query, variables, d)
	}
	return both.Served
}

func (a *API) once(ctx context.Context, query string, variables map[string]any) Answer {
	a.t.Helper()
	a.run = graph.Run{}
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
	ctx = request.WithID(ctx, a.requestID())
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("content-type", "application/json")
	r.Header.Set("accept", accept)
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Body.String()
}

func (a *API) requestID() string { return fmt.Sprint(a.name, "-", a.asked) }

func (a *API) decode(raw string) Answer {
	a.t.Helper()
	answer := Answer{Raw: raw}
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		a.t.Fatalf("the answer is no JSON: %v: %s", err, raw)
	}
	return answer
}
