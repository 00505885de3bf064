package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
)

// TestTheQueuesTablesAreRivers: our migration makes what River's own would. A River of another version that wants other
// tables fails here.
func TestTheQueuesTablesAreRivers(t *testing.T) {
	w := storetest.New(t)
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "create schema theirs"); err != nil {
		t.Fatal(err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	describe := func(schema string) []string {
		lines := collect(t, w, pgx.RowTo[string], `
			select 'column ' || table_name || '.' || column_name || ' ' || udt_name || coalesce(' (' || character_maximum_length || ')', '')
			       || ' null ' || is_nullable || ' default ' || coalesce(column_default, '')
			  from information_schema.columns where table_schema = $1
			union all select 'index ' || indexdef from pg_indexes where schemaname = $1
			union all select 'label ' || typname || ' ' || row_number() over (order by enumsortorder) || ' ' || enumlabel
			  from pg_enum e join pg_type y on y.oid = enumtypid where typnamespace = $1::regnamespace
			union all select 'table ' || relname || ' ' || relpersistence::text from pg_class where relnamespace = $1::regnamespace and relkind = 'r'
			union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || contype::text
			  from pg_constraint where connamespace = $1::regnamespace and contype <> 'n'
			union all select 'function ' || proname || ' ' || pg_get_function_arguments(oid) || ' ' || provolatile::text
			  from pg_proc where pronamespace = $1::regnamespace
			order by 1`, schema)
		var kept []string
		for _, l := range lines {
			// How far River's migrations have got is known by ours.
			if !strings.Contains(l, "river_migration") {
				kept = append(kept, strings.NewReplacer(schema+".", "").Replace(l))
			}
		}
		return kept
	}
	ours, theirs := describe(store.QueueSchema), describe("theirs")
	if len(ours) < 50 {
		t.Fatalf("only %d lines describe our tables", len(ours))
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("the queue's tables are not River's (-theirs +ours):\n%s", diff)
	}
}

// TestLend: what is done by the transaction as pgx knows it shares its fate and its scope.
func TestLend(t *testing.T) {
	w := storetest.New(t)
	ctx := w.Platform(w.Walton)
	if err := w.Store.Lend(ctx, func(pgx.Tx) error { return nil }); err == nil {
		t.Error("lent a transaction where there is none")
	}
	insert := func(fail error) error {
		return w.Store.Tx(ctx, func(ctx context.Context) error {
			err := w.Store.Lend(ctx, func(tx pgx.Tx) error {
				var hubs int
				if err := tx.QueryRow(ctx, "select count(*) from hubs").Scan(&hubs); err != nil || hubs != 1 {
					t.Errorf("%d hubs are in scope, want 1: %v", hubs, err)
				}
				if _, err := tx.Begin(ctx); err == nil {
					t.Error("a lent transaction nests")
				}
				if tx.Commit(ctx) == nil || tx.Rollback(ctx) == nil {
					t.Error("a lent transaction ends")
				}
				_, err := tx.Exec(ctx, "insert into river.river_queue (name) values ('lent')")
				return err
			})
			return errors.Join(err, fail)
		})
	}
	if err := insert(errors.New("undone")); err == nil {
		t.Fatal("no error")
	}
	if n := w.Count(t, "select count(*) from river.river_queue"); n != 0 {
		t.Errorf("%d rows of a transaction that was undone", n)
	}
	if err := insert(nil); err != nil {
		t.Fatal(err)
	}
	if n := w.Count(t, "select count(*) from river.river_queue"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// TestTheQueueSeesNoTenant: River works without a scope, so nothing of a tenant is in its reach.
func TestTheQueueSeesNoTenant(t *testing.T) {
	w := storetest.New(t)
	ctx := context.Background()
	for table, level := range store.Tables() {
		if level == "platform" {
			continue
		}
		var n int
		if err := w.Store.QueueDriver().GetExecutor().QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s: the queue sees %d rows: %v", table, n, err)
		}
	}
}
