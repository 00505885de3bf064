package apitest

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/store/storetest"
)

// opinion is who is asked for a second one. What it reads leaves no record behind.
type opinion struct {
	api    *API
	record *pgx.Conn // of the audit, past what keeps everybody else from taking events out
}

func newOpinion(t testing.TB, w *storetest.World) *opinion {
	t.Helper()
	ctx := context.Background()
	at, err := url.Parse(w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.User(postgres.Superuser)
	conn, err := pgx.Connect(ctx, at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	// Triggers keep the audit as it is; this connection runs without them.
	if _, err := conn.Exec(ctx, "set session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	o := &opinion{api: open(t, w, graph.WithoutCompiler()), record: conn}
	o.api.name = "second"
	return o
}

// Both is what one read was answered by each.
type Both struct {
	Served, Second Answer
	// Run tells how the read was served.
	Run graph.Run
	// ServedRecord and SecondRecord are what was recorded in the audit, an event a line, in no order of their own.
	ServedRecord, SecondRecord []string
}

// Both asks a read of both: of the API as it is served, and of gqlgen's executor over Ent.
func (a *API) Both(ctx context.Context, query string, variables map[string]any) Both {
	a.t.Helper()
	second := a.second.api.once(ctx, query, variables)
	secondRecord := a.second.events(a.t, a.second.api.requestID())
	a.second.forget(a.t, a.second.api.requestID())
	served := a.once(ctx, query, variables)
	return Both{served, second, a.run, a.second.events(a.t, a.requestID()), secondRecord}
}

// Forget takes what the last read recorded out of the audit again.
func (a *API) Forget() {
	a.t.Helper()
	a.second.forget(a.t, a.requestID())
}

// Difference says in what the two differ; empty: in nothing. The answers' data must be the same to the byte, the order of
// keys included. Errors have no order.
func (b Both) Difference() string {
	if s, o := string(b.Served.Data), string(b.Second.Data); s != o {
		at := 0
		for at < min(len(s), len(o)) && s[at] == o[at] {
			at++
		}
		from := max(0, at-100)
		return fmt.Sprintf("the data differ at byte %d:\n  %s: %s\n  ent: %s\n(errors %s: %q, ent: %q)", at, b.Run.Result,
			window(s, from, at), window(o, from, at), b.Run.Result, b.Served.errors(), b.Second.errors())
	}
	if s, o := b.Served.errors(), b.Second.errors(); !slices.Equal(s, o) {
		return fmt.Sprintf("the errors differ:\n  %s: %q\n  ent: %q", b.Run.Result, s, o)
	}
	if !slices.Equal(b.ServedRecord, b.SecondRecord) {
		return fmt.Sprintf("what is recorded in the audit differs:\n  %s: %q\n  ent: %q", b.Run.Result, b.ServedRecord, b.SecondRecord)
	}
	return ""
}

func window(s string, from, at int) string {
	text := s[from:min(len(s), at+200)]
	if from > 0 {
		text = "…" + text
	}
	return text
}

// errors are the answer's errors without the request's id, in one order.
func (a Answer) errors() []string {
	all := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		all[i] = fmt.Sprintf("%v %s %s %s", e.Path, e.Extensions.Code, e.Extensions.Field, e.Message)
	}
	slices.SortFunc(all, cmp.Compare)
	return all
}

func (o *opinion) events(t testing.TB, request string) []string {
	t.Helper()
	rows, err := o.record.Query(context.Background(), `
		select concat_ws(' ', action, subject_type, subject_id, 'of', coalesce(person_id::text, 'nobody'), 'by', actor_id, 'in', coalesce(hub_id::text, 'no hub'), fields) as event
		from audit_events where request_id = $1 order by event`, request)
	if err != nil {
		t.Fatal(err)
	}
	events, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func (o *opinion) forget(t testing.TB, request string) {
	t.Helper()
	if _, err := o.record.Exec(context.Background(), "delete from audit_events where request_id = $1", request); err != nil {
		t.Fatal(err)
	}
}

// reads reports whether a document is one that changes nothing. One that cannot be parsed changes nothing either.
func reads(document string) bool {
	if strings.HasPrefix(strings.TrimSpace(document), "{") {
		return true
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	return err != nil || !slices.ContainsFunc(doc.Operations, func(o *ast.OperationDefinition) bool { return o.Operation != ast.Query })
}
