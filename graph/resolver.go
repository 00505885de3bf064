package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/referral"
	"liferooms.io/liferooms/internal/staff"
	"liferooms.io/liferooms/internal/store"
)

// Resolver is what the API stands on.
type Resolver struct {
	Store     *store.Store
	Log       *audit.Log
	People    *person.Registry
	Desk      *frontdesk.Desk
	Advising  *referral.Advising
	Roles     *staff.Roles
	Directory *directory.Directory
	Partners  *partner.Partners
	Links     *freshness.Links
	// Sources are the catalogue sources of hubs, as staff look after them.
	Sources *catalogue.Manager
	// Provisioner sets trusts and hubs up.
	Provisioner *provision.Provisioner
	// SignOut ends the sign-in of the request in ctx and gives the page where the provider signs out too; empty where it
	// has none.
	SignOut func(ctx context.Context) (providerURL string, err error)
}

// Sessions is told what changes for those who are signed in.
type Sessions interface {
	staff.Sessions
	provision.Sessions
}

// New makes a resolver over a store.
func New(s *store.Store, log *audit.Log, sessions Sessions, sources *catalogue.Sources, platform provision.Config, signOut func(context.Context) (string, error)) *Resolver {
	desk, partners := frontdesk.New(s, log), directory.New(s, log)
	partners.OnEdit(sources.Follow)
	return &Resolver{
		Store: s, Log: log, People: person.New(s, log), Desk: desk, Advising: referral.New(s, log, desk),
		Roles: staff.New(s, log, sessions), Directory: partners, SignOut: signOut,
		Partners:    partner.New(s, log, partners),
		Links:       freshness.NewLinks(s, sources),
		Sources:     catalogue.NewManager(sources, s, log),
		Provisioner: provision.New(s, log, sources, sessions, platform),
	}
}

// NewServer makes the HTTP handler of the API with its permissions, errors and audit. Transports, limits and trusted
// documents are the caller's to add. Each request's context must hold the viewer (none: every operation answers
// UNAUTHENTICATED) and the request's id.
func NewServer(r *Resolver, options ...Option) *handler.Server {
	e := newExecution(r, options)
	s := handler.New(e)
	configure(s, e)
	s.SetDisableSuggestion(true)
	return s
}

// NewExecutor is NewServer without HTTP.
func NewExecutor(r *Resolver, options ...Option) *executor.Executor {
	e := newExecution(r, options)
	x := executor.New(e)
	configure(x, e)
	x.SetDisableSuggestion(true)
	return x
}

// documents is how many parsed and validated documents are kept: more than an app has.
const documents = 1000

func configure(s interface {
	SetErrorPresenter(graphql.ErrorPresenterFunc)
	SetRecoverFunc(graphql.RecoverFunc)
	SetQueryCache(graphql.Cache[*ast.QueryDocument])
	Use(graphql.HandlerExtension)
	AroundResponses(graphql.ResponseMiddleware)
}, e *execution) {
	s.SetErrorPresenter(Present)
	s.SetRecoverFunc(recovered)
	s.SetQueryCache(lru.New[*ast.QueryDocument](documents))
	s.Use(permissions{e})
	s.AroundResponses(audited)
}

// audited holds each answer back until the record of what it shows is saved: nothing is shown whose reading is not on
// record.
func audited(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	ctx = audit.Track(ctx)
	response := next(ctx)
	if response == nil {
		return nil
	}
	if err := audit.Flushed(ctx); err != nil {
		return &graphql.Response{Errors: gqlerror.List{present(ctx, err, nil)}}
	}
	return response
}
