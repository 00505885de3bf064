package entpgx_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/internal/entpgx"
	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const (
	appRole = "entpgx_app"
	walton  = "00000000-0000-7000-8000-000000000001"
	bootle  = "00000000-0000-7000-8000-000000000002"
)

// The table is as the real ones are: forced row-level security on the hubs of the scope, an app role that owns nothing.
var template = pgtest.Template{Prepare: func(ctx context.Context, db pgtest.Database) error {
	conn, err := pgx.Connect(ctx, db.URL(postgres.Superuser))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		do $$ begin
			if not exists (select from pg_roles where rolname = 'entpgx_app') then create role entpgx_app login; end if;
		end $$;
		create type mood as enum ('glad', 'low');
		create table visit (
			id bigint generated always as identity primary key,
			hub_id uuid not null,
			title text not null,
			unique (hub_id, title)
		);
		alter table visit enable row level security;
		alter table visit force row level security;
		create policy hub on visit using (hub_id = any ((select nullif(current_setting('app.hubs', true), ''))::uuid[]));
		grant select, insert, update, delete on visit to entpgx_app;
		insert into visit (hub_id, title) values ('`+walton+`', 'first at walton'), ('`+bootle+`', 'first at bootle')`)
	return err
}}

type hubKey struct{}

// at is the context of somebody who sees one hub.
func at(ctx context.Context, hub string) context.Context {
	return context.WithValue(ctx, hubKey{}, hub)
}

var errNobody = errors.New("nobody is asking")

func scope(ctx context.Context) (entpgx.Scope, error) {
	hub, ok := ctx.Value(hubKey{}).(string)
	if !ok {
		return nil, errNobody
	}
	return entpgx.Scope{{Name: "app.trusts", Value: "{}"}, {Name: "app.hubs", Value: "{" + hub + "}"}}, nil
}

// counter counts what goes to the server.
type counter struct{ batches, queries atomic.Int64 }

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	c.batches.Add(1)
	return ctx
}
func (c *counter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}
func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.queries.Add(1)
	return ctx
}
func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func open(t testing.TB, configure func(*pgxpool.Config)) (*entpgx.Driver, *pgxpool.Pool) {
	t.Helper()
	config, err := pgxpool.ParseConfig(template.Database(t).URL(appRole))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 2
	if configure != nil {
		configure(config)
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	d := entpgx.New(pool, scope)
	t.Cleanup(func() { _ = d.Close() })
	return d, pool
}

// clean asserts that every connection is back, outside a transaction, and without a scope.
func clean(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	deadline := time.After(time.Minute) // a broken connection leaves the pool in the background
	for pool.Stat().AcquiredConns() != 0 {
		select {
		case <-deadline:
			t.Fatalf("%d connections are not back in the pool", pool.Stat().AcquiredConns())
		case <-time.After(time.Millisecond):
		}
	}
	for _, conn := range pool.AcquireAllIdle(context.Background()) {
		var hubs, trusts string
		err := conn.QueryRow(context.Background(), `select coalesce(current_setting('app.hubs', true), ''),
			coalesce(current_setting('app.trusts', true), '')`).Scan(&hubs, &trusts)
		if err != nil || hubs != "" || trusts != "" {
			t.Errorf("a pooled connection has the scope %q %q, %v", trusts, hubs, err)
		}
		conn.Release()
	}
}

func titles(ctx context.Context, q dialect.ExecQuerier) ([]string, error) {
	query, args := entsql.Dialect(dialect.Postgres).Select("title").From(entsql.Table("visit")).OrderBy("id").Query()
	var rows entsql.Rows
	if err := q.Query(ctx, query, args, &rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	err := entsql.ScanSlice(rows, &all)
	return all, err
}

func add(ctx context.Context, q dialect.ExecQuerier, hub, title string) (int64, error) {
	query, args := entsql.Dialect(dialect.Postgres).Insert("visit").Columns("hub_id", "title").Values(hub, title).
		Returning("id").Query()
	var rows entsql.Rows
	if err := q.Query(ctx, query, args, &rows); err != nil {
		return 0, err
	}
	defer rows.Close()
	return entsql.ScanInt64(rows)
}

func wantTitles(t *testing.T, ctx context.Context, q dialect.ExecQuerier, want ...string) {
	t.Helper()
	got, err := titles(ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestScopeTravelsWithTheStatement(t *testing.T) {
	for name, mode := range map[string]pgx.QueryExecMode{
		"cache statement": pgx.QueryExecModeCacheStatement,
		"cache describe":  pgx.QueryExecModeCacheDescribe,
		"describe":        pgx.QueryExecModeDescribeExec,
		"exec":            pgx.QueryExecModeExec,
		"simple":          pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(name, func(t *testing.T) {
			d, pool := open(t, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode })
			for range 3 { // the first finds no statement cached, the second does
				wantTitles(t, at(t.Context(), walton), d, "first at walton")
				clean(t, pool)
				wantTitles(t, at(t.Context(), bootle), d, "first at bootle")
				clean(t, pool)
			}
			if _, err := add(at(t.Context(), walton), d, bootle, "smuggled"); code(err) != "42501" {
				t.Errorf("a row of another hub: %v", err)
			}
			if id, err := add(at(t.Context(), walton), d, walton, "second"); err != nil || id == 0 {
				t.Errorf("added %d, %v", id, err)
			}
			var res sql.Result
			err := d.Exec(at(t.Context(), bootle), "update visit set title = title || '!'", []any{}, &res)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := res.RowsAffected(); n != 1 || err != nil {
				t.Errorf("changed %d rows, %v", n, err)
			}
			wantTitles(t, at(t.Context(), walton), d, "first at walton", "second")

			tx, err := d.Tx(at(t.Context(), walton))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := add(at(t.Context(), walton), tx, walton, "third"); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			wantTitles(t, at(t.Context(), walton), d, "first at walton", "second", "third")
			clean(t, pool)
		})
	}
}

// A pooler may give every transaction another session: nothing may be left that a later one needs or sees.
func TestNoSessionState(t *testing.T) {
	d, pool := open(t, func(c *pgxpool.Config) {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		c.MaxConns = 1
	})
	wantTitles(t, at(t.Context(), walton), d, "first at walton")
	if _, err := pool.Exec(t.Context(), "discard all"); err != nil { // as a pooler does between clients
		t.Fatal(err)
	}
	wantTitles(t, at(t.Context(), walton), d, "first at walton")
	var prepared int
	if err := pool.QueryRow(t.Context(), "select count(*) from pg_prepared_statements where name <> ''").Scan(&prepared); err != nil || prepared != 0 {
		t.Errorf("%d prepared statements are left, %v", prepared, err)
	}
}

func TestNoScopeNoStatement(t *testing.T) {
	var sent counter
	d, _ := open(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &sent })
	if _, err := titles(t.Context(), d); !errors.Is(err, errNobody) {
		t.Errorf("query: %v", err)
	}
	if err := d.Exec(t.Context(), "delete from visit", []any{}, nil); !errors.Is(err, errNobody) {
		t.Errorf("exec: %v", err)
	}
	if _, err := d.Tx(t.Context()); !errors.Is(err, errNobody) {
		t.Errorf("transaction: %v", err)
	}
	if _, err := entpgx.Collect(t.Context(), d, pgx.RowTo[int], "select 1"); !errors.Is(err, errNobody) {
		t.Errorf("collect: %v", err)
	}
	if n := sent.batches.Load() + sent.queries.Load(); n != 0 {
		t.Errorf("%d statements reached the database", n)
	}
}

func TestErrors(t *testing.T) {
	d, pool := open(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
	ctx := at(t.Context(), walton)
	wantTitles(t, ctx, d, "first at walton")
	before := pool.Stat().NewConnsCount()
	for _, c := range []struct{ sql, code string }{
		{"insert into visit (hub_id, title) values ('" + walton + "', 'first at walton') returning id", "23505"},
		{"select * from nowhere", "42P01"},
		{"select 1 / (id - id) from visit", "22012"},
		{"select 1 / (3 - n) from generate_series(1, 5) n", "22012"}, // in the middle of the rows
		{"selec", "42601"},
	} {
		for range 2 {
			var rows entsql.Rows
			if err := d.Query(ctx, c.sql, []any{}, &rows); code(err) != c.code {
				t.Errorf("query %s: %v, want %s", c.sql, err, c.code)
			}
			if err := d.Exec(ctx, c.sql, []any{}, nil); code(err) != c.code {
				t.Errorf("exec %s: %v, want %s", c.sql, err, c.code)
			}
			clean(t, pool)
			wantTitles(t, ctx, d, "first at walton")
		}
	}
	if after := pool.Stat().NewConnsCount(); after != before {
		t.Errorf("%d connections were lost to errors of statements", after-before)
	}
	if err := d.Query(ctx, "select 1", []any{}, new(int)); err == nil {
		t.Error("query into an int: no error")
	}
	if err := d.Exec(ctx, "select 1", []any{}, new(int)); err == nil {
		t.Error("exec into an int: no error")
	}
	if err := d.Exec(ctx, "select 1", "args", nil); err == nil {
		t.Error("exec with a string for arguments: no error")
	}
	// What pgx refuses to encode costs the connection, but nothing else.
	if err := d.Exec(ctx, "select $1::int4", []any{int64(1) << 40}, nil); err == nil {
		t.Error("a number too large for its column: no error")
	}
	wantTitles(t, ctx, d, "first at walton")
}

func TestBatch(t *testing.T) {
	var sent counter
	d, pool := open(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &sent })
	ctx := at(t.Context(), walton)
	var b pgx.Batch
	var hub string
	var n int
	b.Queue("select current_setting('app.hubs')").QueryRow(func(row pgx.Row) error { return row.Scan(&hub) })
	b.Queue("insert into visit (hub_id, title) values ($1, 'from a batch')", walton)
	b.Queue("select count(*) from visit").QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	if err := d.Send(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if hub != "{"+walton+"}" || n != 2 {
		t.Errorf("got %s, %d", hub, n)
	}
	if n := sent.batches.Load(); n != 1 {
		t.Errorf("%d round trips, want 1", n)
	}

	var failing pgx.Batch // the whole batch is one transaction
	failing.Queue("insert into visit (hub_id, title) values ($1, 'undone')", walton)
	failing.Queue("select 1 / 0")
	if err := d.Send(ctx, &failing); code(err) != "22012" {
		t.Errorf("got %v", err)
	}
	got, err := entpgx.Collect(ctx, d, pgx.RowTo[string], "select title from visit where hub_id = $1 order by id", walton)
	if diff := cmp.Diff([]string{"first at walton", "from a batch"}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	clean(t, pool)
}

func TestCancelledContext(t *testing.T) {
	d, pool := open(t, nil)
	done, cancel := context.WithCancel(at(t.Context(), walton))
	cancel()
	if _, err := titles(done, d); !errors.Is(err, context.Canceled) {
		t.Errorf("before the statement: %v", err)
	}
	ctx, cancel := context.WithCancel(at(t.Context(), walton))
	go cancelWhenSleeping(t, pool, cancel)
	if err := d.Exec(ctx, "select pg_sleep(60)", []any{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("during the statement: %v", err)
	}
	wantTitles(t, at(t.Context(), walton), d, "first at walton")
	clean(t, pool)
}

// cancelWhenSleeping cancels once the server runs pg_sleep.
func cancelWhenSleeping(t *testing.T, pool *pgxpool.Pool, cancel func()) {
	defer cancel()
	for t.Context().Err() == nil {
		var sleeping bool
		err := pool.QueryRow(t.Context(), `select exists (select from pg_stat_activity where datname = current_database() and
			wait_event = 'PgSleep')`).Scan(&sleeping)
		if err != nil {
			t.Error(err)
			return
		}
		if sleeping {
			return
		}
	}
}

func TestTwoThousandCallersOverTwoConnections(t *testing.T) {
	for name, mode := range map[string]pgx.QueryExecMode{
		"cache statement": pgx.QueryExecModeCacheStatement,
		"cache describe":  pgx.QueryExecModeCacheDescribe,
	} {
		t.Run(name, func(t *testing.T) {
			d, pool := open(t, func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode })
			hubs := make([]string, 50)
			for i := range hubs {
				hubs[i] = uuid.NewString()
				if _, err := add(at(t.Context(), hubs[i]), d, hubs[i], "only at "+hubs[i]); err != nil {
					t.Fatal(err)
				}
			}
			var callers sync.WaitGroup
			for i := range 2000 {
				callers.Go(func() {
					hub := hubs[i%len(hubs)]
					ctx := at(t.Context(), hub)
					if err := call(ctx, d, i, hub); err != nil {
						t.Errorf("caller %d of %s: %v", i, hub, err)
					}
				})
			}
			callers.Wait()
			clean(t, pool)
		})
	}
}

// call reads in one of several manners and makes sure that it sees its hub, all of it and nothing else.
func call(ctx context.Context, d *entpgx.Driver, manner int, hub string) error {
	var s entpgx.Session = d
	switch manner % 5 {
	case 1: // given up before it is answered, perhaps
		short, cancel := context.WithTimeout(ctx, time.Duration(manner)*time.Microsecond)
		defer cancel()
		got, err := titles(short, d)
		if err != nil {
			return nil
		}
		return wantOnly(got, hub)
	case 2: // an error in the batch
		if err := d.Exec(ctx, "select 1 / 0", []any{}, nil); code(err) != "22012" {
			return fmt.Errorf("divided by zero: %w", err)
		}
	case 3, 4: // in a transaction
		tx, err := d.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		s = tx.(*entpgx.Tx)
	}
	got, err := titles(ctx, s)
	if err != nil {
		return err
	}
	return wantOnly(got, hub)
}

func wantOnly(got []string, hub string) error {
	if !slices.Equal(got, []string{"only at " + hub}) {
		return fmt.Errorf("sees %s", strings.Join(got, ", "))
	}
	return nil
}
