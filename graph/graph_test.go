package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"

	"github.com/99designs/gqlgen/graphql/executor"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// api is the API over a World, without HTTP.
type api struct {
	*storetest.World
	exec, oracle *executor.Executor
	seen         time.Time // of the records of what was read
}

// sessions ends the sessions that are in the database, which is all that a revoked role needs here.
type sessions struct{ store *store.Store }

func (s sessions) EndSessions(ctx context.Context, staffID uuid.UUID) error {
	_, err := s.store.Client(ctx).Session.Delete().Exec(ctx)
	return err
}

func (sessions) EndGroupSessions(context.Context, []string) error { return nil }

func (sessions) EndProviderSessions(context.Context, uuid.UUID) error { return nil }

func (sessions) HubsChanged() {}

func (sessions) ProvidersChanged() {}

func newAPI(t testing.TB, options ...graph.Option) *api {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	sources, err := catalogue.New(w.Store, directory.New(w.Store, log), catalogue.Config{Also: []catalogue.Work{freshness.NewChecker(w.Store, freshness.Config{}).Work()}})
	if err != nil {
		t.Fatal(err)
	}
	r := graph.New(w.Store, log, sessions{w.Store}, sources, provision.Config{}, func(context.Context) (string, error) { return "https://idp.test/bye", nil })
	return &api{World: w, exec: graph.NewExecutor(r, options...), oracle: graph.NewExecutor(r, graph.WithoutCompiler())}
}

// interpreted is the same API without its compiler.
func (a *api) interpreted() *api { return &api{World: a.World, exec: a.oracle} }

type answer struct {
	Data   map[string]any
	Errors gqlerror.List
	Raw    string
}

// ask runs one operation as the viewer of ctx.
func (a *api) ask(ctx context.Context, query string, variables ...map[string]any) answer {
	ctx = graphql.StartOperationTrace(request.WithID(ctx, "req-1"))
	params := &graphql.RawParams{Query: query, ReadTime: graphql.TraceTiming{Start: time.Now(), End: time.Now()}}
	if len(variables) > 0 {
		// As JSON carries them.
		b, _ := json.Marshal(variables[0])
		_ = json.Unmarshal(b, &params.Variables)
	}
	op, errs := a.exec.CreateOperationContext(ctx, params)
	var response *graphql.Response
	if len(errs) > 0 {
		response = a.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
	} else {
		handler, inner := a.exec.DispatchOperation(ctx, op)
		response = handler(inner)
	}
	got := answer{Errors: response.Errors, Raw: string(response.Data)}
	if len(response.Data) > 0 {
		if err := json.Unmarshal(response.Data, &got.Data); err != nil {
			panic(err)
		}
	}
	return got
}

// must is ask without errors.
func (a *api) must(t testing.TB, ctx context.Context, query string, variables ...map[string]any) map[string]any {
	t.Helper()
	got := a.ask(ctx, query, variables...)
	if len(got.Errors) > 0 {
		t.Fatalf("%s\n%v (%v)", query, got.Errors, got.Errors[0].Extensions)
	}
	return got.Data
}

// dig follows a path of keys and indexes.
func dig(t testing.TB, v any, path ...any) any {
	t.Helper()
	for i, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("%v: no object at %v in %v", path, path[:i], v)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || len(l) <= p {
				t.Fatalf("%v: no row %d in %v", path, p, v)
			}
			v = l[p]
		}
	}
	return v
}

// hub is a hub with needs, people and visits of today: each third visitor has spoken to an advisor of two needs.
type hub struct {
	ctx    context.Context
	needs  []*ent.Need
	people []*ent.Person
}

func (a *api) fill(t testing.TB, people int) hub {
	t.Helper()
	h := hub{ctx: a.As(t, a.Walton, viewer.Reception, viewer.Advisor, viewer.Manager)}
	ctx, c := h.ctx, a.Store.Client(h.ctx)
	me := viewer.FromContext(ctx).StaffID
	for i, code := range []string{"housing", "money", "isolation"} {
		h.needs = append(h.needs, c.Need.Create().SetCode(code).SetName(code).SetPosition(i).SaveX(ctx))
	}
	london, _ := time.LoadLocation("Europe/London")
	y, m, d := time.Now().In(london).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	for i := range people {
		p := c.Person.Create().SetMemberNumber(fmt.Sprintf("M%04d", i+1)).SetGivenName("Given").SetFamilyName(fmt.Sprint("Family", i)).SaveX(ctx)
		h.people = append(h.people, p)
		c.AccessNeed.Create().SetPersonID(p.ID).SetCode("BSL_INTERPRETER").SaveX(ctx)
		for n := range 3 {
			at := time.Now().Add(-time.Duration(i*10+n+1) * time.Second).UTC()
			v := c.Visit.Create().SetPersonID(p.ID).SetNeedID(h.needs[n].ID).SetArrivedAt(at).SetArrivedOn(today).SetAdvisorID(me).SetCalledAt(at).
				SetState(visit.StateLeft).SetLeftAt(at).SaveX(ctx)
			if n == 0 {
				conversation := c.Conversation.Create().SetVisitID(v.ID).SetPersonID(p.ID).SetAdvisorID(me).SetEndedAt(at).SaveX(ctx)
				c.ConversationNeed.Create().SetConversationID(conversation.ID).SetNeedID(h.needs[1].ID).SaveX(ctx)
				c.ConversationNeed.Create().SetConversationID(conversation.ID).SetNeedID(h.needs[0].ID).SaveX(ctx)
			}
		}
	}
	return h
}

// service makes a service of a partner in the hub of ctx.
func (a *api) service(t testing.TB, ctx context.Context, name string) *ent.Service {
	t.Helper()
	c := a.Store.Client(ctx)
	o := c.Organisation.Create().SetName("Partner of " + name).SetSource("local").SetExternalID(name).SaveX(ctx)
	return c.Service.Create().SetName(name).SetOrganisationID(o.ID).SetStatus(service.StatusActive).SetSource("local").SetExternalID(name).SaveX(ctx)
}
