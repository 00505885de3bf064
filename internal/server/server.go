package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/cors"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/feed"
	"liferooms.io/liferooms/internal/findsupport"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/partnerpage"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/signin"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Config says how the server behaves. The zero value of a limit is its default.
type Config struct {
	// PublicURL is how browsers reach the app.
	PublicURL string
	// TrustedDocuments: only the app's own documents run, but for clients that are allowed free queries.
	TrustedDocuments bool
	// Introspection gives the schema out. For development.
	Introspection bool
	// Rate is how many operations a viewer may send in a second, and Burst how many at once; a Rate below 0: no limit.
	Rate  float64
	Burst int
	// Strangers bounds who reads the public feeds and pages.
	Strangers gate.Config
	// OperationTimeout bounds one operation; streams have no end.
	OperationTimeout time.Duration
	// DrainDelay is how long the server goes on taking requests after it said that it is no longer ready, so that whoever
	// sends them has heard of it; answers then also end their connections. DrainTimeout is how long it then waits for those under way.
	DrainDelay, DrainTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = 100
	}
	if c.Burst == 0 {
		c.Burst = 200
	}
	if c.OperationTimeout == 0 {
		c.OperationTimeout = 10 * time.Second
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 20 * time.Second
	}
	return c
}

// Parts are what the server stands on.
type Parts struct {
	Store  *store.Store
	Log    *audit.Log
	SignIn *signin.SignIn
	// Sources are the catalogue sources of hubs, which are kept in step while the server runs (nil: none are), and
	// Provision says what the platform's operator may set up.
	Sources   *catalogue.Sources
	Provision provision.Config
	// App is the staff app, and Documents the operations that it sends, by hash.
	App       http.Handler
	Documents map[string]string
}

// Server is the API and the app over HTTP.
type Server struct {
	config  Config
	parts   Parts
	https   bool
	metrics *metrics
	streams *streams
	chores  []chore
	handler http.Handler
	drained atomic.Bool
}

// New makes a server. It fails where the app's documents and the API do not fit one another.
func New(c Config, p Parts) (*Server, error) {
	c = c.withDefaults()
	s := &Server{config: c, parts: p, https: strings.HasPrefix(c.PublicURL, "https://"), streams: newStreams()}
	s.metrics = newMetrics(p.Store, s.streams)
	if p.Sources != nil {
		s.metrics.registry.MustRegister(p.Sources.Collectors()...)
	}
	resolver := graph.New(p.Store, p.Log, p.SignIn, p.Sources, p.Provision, s.signOut)
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: resolver}).Schema()
	known, err := newDocuments(schema, p.Documents, c.TrustedDocuments)
	if err != nil {
		return nil, fmt.Errorf("the app and the API do not fit one another: %w", err)
	}
	s.chores = []chore{
		{"close the day", time.Minute, resolver.Desk.CloseDays},
		{"forget expired sign-ins", 15 * time.Minute, s.forgetExpired},
	}
	api := graph.NewServer(resolver, graph.OnRun(s.metrics.countRun))
	api.SetParserTokenLimit(maxTokens)
	api.Use(limits{c.Introspection})
	api.Use(narrowed{})
	api.AddTransport(&endpoint{
		signIn: p.SignIn, documents: known, rates: newRates(c.Rate, c.Burst),
		metrics: s.metrics, streams: s.streams, timeout: c.OperationTimeout,
	})
	s.handler = s.edge(s.routes(api))
	return s, nil
}

// narrowed notes the one hub of an operation for the log; it comes after the permissions, which narrow the viewer.
type narrowed struct{}

func (narrowed) ExtensionName() string                     { return "Narrowed" }
func (narrowed) Validate(_ graphql.ExecutableSchema) error { return nil }

func (narrowed) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if h, one := viewer.FromContext(ctx).OneHub(); one {
		entryOf(ctx).hub = h.Slug
	}
	return next(ctx)
}

func (s *Server) routes(api http.Handler) http.Handler {
	otherSites := cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return s.parts.SignIn.AllowsOrigin(r.Context(), origin), nil
		},
		AllowedMethods: []string{http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Accept", requestIDHeader, signin.Header},
		ExposedHeaders: []string{requestIDHeader, "Retry-After"},
		MaxAge:         600, // seconds
	})
	mux := http.NewServeMux()
	mux.Handle("POST /graphql", otherSites.Handler(compressed(api)))
	mux.Handle("OPTIONS /graphql", otherSites.Handler(http.HandlerFunc(wrongMethod)))
	mux.HandleFunc("/graphql", wrongMethod)
	mux.Handle("/auth/", s.atHome(http.MaxBytesHandler(s.parts.SignIn.Handler(), 64<<10)))
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", s.ready)
	strangers, catalogues := gate.New(s.parts.Store, s.config.Strangers), directory.New(s.parts.Store, s.parts.Log)
	mux.Handle(feed.Prefix, compressed(feed.New(s.parts.Store, catalogues, strangers)))
	mux.Handle(findsupport.Prefix, compressed(findsupport.New(s.parts.Store, catalogues, strangers, s.config.PublicURL)))
	mux.Handle(partnerpage.Prefix, s.atHome(compressed(partnerpage.New(partner.New(s.parts.Store, s.parts.Log, catalogues), strangers))))
	mux.Handle("/", s.atHome(compressed(readOnly(s.parts.App))))
	return mux
}

// atHome shows pages under the app's own names only: its public address and the host names of hubs. Whoever comes by
// another name is led to the public address.
func (s *Server) atHome(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := s.parts.SignIn.Lost(r)
		switch {
		case err != nil:
			p := problem.Of(err)
			slog.ErrorContext(r.Context(), "cannot tell whose host name a request came by", "error", store.ForLog(err))
			refuse(w, r, signin.Status(p.Code), p)
		case to == "":
			pages.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			w.Header().Set("Cache-Control", "no-store") // the name may be a hub's tomorrow
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		default:
			refuse(w, r, http.StatusMisdirectedRequest, problem.New(problem.BadUserInput, "Life Rooms is not reached by this name. Use its own address."))
		}
	})
}

// readOnly keeps the app's files and pages to reading.
func readOnly(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			refuse(w, r, http.StatusMethodNotAllowed, problem.New(problem.BadUserInput, "Nothing is sent here. The API is at POST /graphql."))
			return
		}
		app.ServeHTTP(w, r)
	})
}

func wrongMethod(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "POST")
	refuse(w, r, http.StatusMethodNotAllowed, problem.New(problem.BadUserInput, "Send the operation by POST."))
}

func alive(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "alive") }

// ready says whether to send requests here: the database answers, and the server is not about to stop.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch {
	case s.drained.Load():
		say(w, http.StatusServiceUnavailable, "stopping")
	case s.parts.Store.Ping(ctx) != nil:
		say(w, http.StatusServiceUnavailable, "the database does not answer")
	default:
		say(w, http.StatusOK, "ready")
	}
}

func say(w http.ResponseWriter, status int, what string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(what + "\n")) // the caller has gone: nobody to tell
}

// Handler is the server without its listeners and its clock.
func (s *Server) Handler() http.Handler { return s.handler }

// Metrics is for a listener of its own, which only the monitoring can reach.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", s.ready)
	return mux
}

// The limits of one connection. An answer must leave within writeLimit; streams give each event its own time.
const (
	headerLimit = 10 * time.Second
	readLimit   = 20 * time.Second
	writeLimit  = 40 * time.Second
	idleLimit   = 120 * time.Second
	maxHeaders  = 64 << 10 // bytes: an Authorization header may be 16 KiB
)

func newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerLimit, ReadTimeout: readLimit, WriteTimeout: writeLimit, IdleTimeout: idleLimit,
		MaxHeaderBytes: maxHeaders, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

// Run serves the app on the listeners, and the metrics where theirs is not nil, until ctx ends; then it drains: it says
// that it is not ready, ends the streams, and waits for what is under way. It closes the listeners.
func (s *Server) Run(ctx context.Context, app []net.Listener, metrics net.Listener) (err error) {
	if s.parts.Sources != nil {
		stop, failed := s.parts.Sources.Start(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	public, internal := newHTTPServer(s.handler), newHTTPServer(s.Metrics())
	public.RegisterOnShutdown(s.streams.drain)
	failed := make(chan error, len(app)+1)
	serve := func(server *http.Server, l net.Listener) {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve at %s: %w", l.Addr(), err)
		}
	}
	for _, l := range app {
		go serve(public, l)
	}
	if metrics != nil {
		go serve(internal, metrics)
	}
	stopChores := s.startChores()
	defer stopChores()

	var failure error
	select {
	case failure = <-failed:
	case <-ctx.Done():
		s.drained.Store(true)
		slog.InfoContext(ctx, "draining", "streams", s.streams.count())
		time.Sleep(s.config.DrainDelay)
	}
	s.drained.Store(true)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.DrainTimeout)
	defer cancel()
	if err := public.Shutdown(limit); err != nil {
		failure = errors.Join(failure, fmt.Errorf("some requests did not end within %s: %w", s.config.DrainTimeout, err), public.Close())
	}
	return errors.Join(failure, internal.Close())
}
