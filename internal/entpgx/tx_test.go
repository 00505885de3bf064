package entpgx_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/internal/entpgx"
)

func begin(t *testing.T, d *entpgx.Driver, ctx context.Context) *entpgx.Tx {
	t.Helper()
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tx.(*entpgx.Tx)
}

func mustAdd(t *testing.T, ctx context.Context, s entpgx.Session, title string) {
	t.Helper()
	if _, err := add(ctx, s, walton, title); err != nil {
		t.Fatal(err)
	}
}

func TestTransaction(t *testing.T) {
	var sent counter
	d, pool := open(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &sent })
	ctx := at(t.Context(), walton)

	unused := begin(t, d, ctx)
	if err := unused.Commit(); err != nil {
		t.Error(err)
	}
	if n := sent.batches.Load() + sent.queries.Load(); n != 0 {
		t.Errorf("an unused transaction cost %d round trips", n)
	}

	tx := begin(t, d, ctx)
	mustAdd(t, ctx, tx, "second")
	mustAdd(t, ctx, tx, "third")
	wantTitles(t, ctx, tx, "first at walton", "second", "third")
	wantTitles(t, ctx, d, "first at walton")
	batches := sent.batches.Load()
	if batches != 4 {
		t.Errorf("4 statements made %d round trips", batches)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if b, q := sent.batches.Load(), sent.queries.Load(); b != batches || q != 1 {
		t.Errorf("commit made %d batches and %d queries, want 0 and 1", b-batches, q)
	}
	wantTitles(t, ctx, d, "first at walton", "second", "third")

	for name, err := range map[string]error{
		"commit":   tx.Commit(),
		"rollback": tx.Rollback(),
		"exec":     tx.Exec(ctx, "select 1", []any{}, nil),
	} {
		if !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("%s after commit: %v", name, err)
		}
	}

	undone := begin(t, d, ctx)
	mustAdd(t, ctx, undone, "undone")
	if err := undone.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantTitles(t, ctx, d, "first at walton", "second", "third")
	clean(t, pool)
}

func TestTransactionOptions(t *testing.T) {
	d, _ := open(t, nil)
	ctx := at(t.Context(), walton)
	tx, err := d.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	got, err := entpgx.Collect(ctx, tx.(*entpgx.Tx), pgx.RowTo[string], "select current_setting('transaction_isolation')")
	if err != nil || got[0] != "serializable" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := add(ctx, tx, walton, "read only"); code(err) != "25006" {
		t.Errorf("write in a read-only transaction: %v", err)
	}
	if _, err := d.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelLinearizable}); err == nil {
		t.Error("an isolation level that Postgres does not have: no error")
	}
}

func TestScopeOfTransactionIsFixed(t *testing.T) {
	d, pool := open(t, nil)
	ctx := at(t.Context(), walton)
	tx := begin(t, d, ctx)
	wantTitles(t, ctx, tx, "first at walton")
	if _, err := titles(at(t.Context(), bootle), tx); !errors.Is(err, entpgx.ErrScopeChanged) {
		t.Errorf("another hub: %v", err)
	}
	if _, err := titles(t.Context(), tx); !errors.Is(err, errNobody) {
		t.Errorf("nobody: %v", err)
	}
	wantTitles(t, ctx, tx, "first at walton")
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
	clean(t, pool)
}

func TestFailedTransactionDoesNotCommit(t *testing.T) {
	for name, failing := range map[string]string{
		"at execution":   "select 1 / 0",
		"at preparation": "select * from nowhere",
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, first %v", name, first), func(t *testing.T) {
				d, pool := open(t, nil)
				ctx := at(t.Context(), walton)
				tx := begin(t, d, ctx)
				if !first {
					mustAdd(t, ctx, tx, "undone")
				}
				if err := tx.Exec(ctx, failing, []any{}, nil); code(err) == "" {
					t.Fatalf("got %v", err)
				}
				if _, err := add(ctx, tx, walton, "too late"); err == nil {
					t.Error("a statement after the failed one: no error")
				}
				if err := tx.Commit(); err == nil {
					t.Error("commit: no error")
				}
				wantTitles(t, ctx, d, "first at walton")
				clean(t, pool)
			})
		}
	}
}

func TestCommitOfFailedTransactionSaysSo(t *testing.T) {
	d, _ := open(t, nil)
	ctx := at(t.Context(), walton)
	tx := begin(t, d, ctx)
	mustAdd(t, ctx, tx, "undone")
	if _, err := add(ctx, tx, walton, "undone"); code(err) != "23505" {
		t.Fatalf("got %v", err)
	}
	if err := tx.Commit(); !errors.Is(err, pgx.ErrTxCommitRollback) {
		t.Errorf("got %v", err)
	}
}

func TestSavepoint(t *testing.T) {
	d, pool := open(t, nil)
	ctx := at(t.Context(), walton)
	tx := begin(t, d, ctx)

	mine := errors.New("mine")
	err := tx.Savepoint(ctx, func(ctx context.Context) error { // the first thing in the transaction
		mustAdd(t, ctx, tx, "undone by its function")
		return mine
	})
	if !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	err = tx.Savepoint(ctx, func(ctx context.Context) error {
		mustAdd(t, ctx, tx, "kept")
		inner := tx.Savepoint(ctx, func(ctx context.Context) error {
			_, err := add(ctx, tx, walton, "kept")
			return err
		})
		if code(inner) != "23505" {
			t.Errorf("inner: %v", inner)
		}
		mustAdd(t, ctx, tx, "kept too")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	err = tx.Savepoint(ctx, func(ctx context.Context) error {
		_ = tx.Exec(ctx, "select 1 / 0", []any{}, nil)
		return nil
	})
	if err == nil {
		t.Error("a failure that the function kept quiet about: no error")
	}
	mustAdd(t, ctx, tx, "last")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	wantTitles(t, ctx, d, "first at walton", "kept", "kept too", "last")
	clean(t, pool)
}

func TestCancelledTransaction(t *testing.T) {
	t.Run("between statements", func(t *testing.T) {
		d, pool := open(t, func(c *pgxpool.Config) { c.MaxConns = 1 })
		ctx, cancel := context.WithCancel(at(t.Context(), walton))
		tx := begin(t, d, ctx)
		mustAdd(t, ctx, tx, "undone")
		cancel()
		// Nobody ends the transaction, and yet its connection, the only one, comes back.
		wantTitles(t, at(t.Context(), walton), d, "first at walton")
		if err := tx.Exec(at(t.Context(), walton), "select 1", []any{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("statement: %v", err)
		}
		if err := tx.Commit(); !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Errorf("rollback: %v", err)
		}
		clean(t, pool)
	})
	t.Run("in a statement", func(t *testing.T) {
		d, pool := open(t, nil)
		ctx, cancel := context.WithCancel(at(t.Context(), walton))
		tx := begin(t, d, ctx)
		mustAdd(t, ctx, tx, "undone")
		go cancelWhenSleeping(t, pool, cancel)
		if err := tx.Exec(ctx, "select pg_sleep(60)", []any{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("statement: %v", err)
		}
		if err := tx.Commit(); !errors.Is(err, context.Canceled) {
			t.Errorf("commit: %v", err)
		}
		wantTitles(t, at(t.Context(), walton), d, "first at walton")
		clean(t, pool)
	})
}

func TestConcurrentUseOfOneTransaction(t *testing.T) {
	d, pool := open(t, nil)
	ctx := at(t.Context(), walton)
	tx := begin(t, d, ctx)
	var resolvers sync.WaitGroup
	for i := range 50 {
		resolvers.Go(func() {
			if _, err := add(ctx, tx, walton, fmt.Sprintf("visit %d", i)); err != nil {
				t.Error(err)
			}
			if _, err := titles(ctx, tx); err != nil {
				t.Error(err)
			}
		})
	}
	resolvers.Wait()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, err := titles(ctx, d); err != nil || len(got) != 51 {
		t.Errorf("%d visits, %v", len(got), err)
	}
	clean(t, pool)
}

func deferred(t *testing.T, ctx context.Context, tx *entpgx.Tx, title string) {
	t.Helper()
	var b pgx.Batch
	b.Queue("insert into visit (hub_id, title) values ($1, $2)", walton, title)
	if err := tx.Defer(ctx, &b); err != nil {
		t.Fatal(err)
	}
}

func TestDeferred(t *testing.T) {
	var sent counter
	d, pool := open(t, func(c *pgxpool.Config) { c.ConnConfig.Tracer = &sent })
	ctx := at(t.Context(), walton)

	tx := begin(t, d, ctx)
	mustAdd(t, ctx, tx, "second")
	deferred(t, ctx, tx, "third")
	deferred(t, ctx, tx, "fourth")
	if n := sent.batches.Load(); n != 1 {
		t.Errorf("what is deferred made round trips: %d in all", n)
	}
	wantTitles(t, ctx, tx, "first at walton", "second", "third", "fourth")
	if n := sent.batches.Load(); n != 2 {
		t.Errorf("what was deferred made a round trip of its own: %d in all", n)
	}
	deferred(t, ctx, tx, "fifth")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if b, q := sent.batches.Load(), sent.queries.Load(); b != 3 || q != 0 {
		t.Errorf("the commit and what travels with it made %d batches and %d queries, want 3 in all and 0", b, q)
	}
	wantTitles(t, ctx, d, "first at walton", "second", "third", "fourth", "fifth")

	alone := begin(t, d, ctx)
	deferred(t, ctx, alone, "sixth")
	if err := alone.Commit(); err != nil {
		t.Fatal(err)
	}
	undone := begin(t, d, ctx)
	mustAdd(t, ctx, undone, "undone")
	deferred(t, ctx, undone, "undone too")
	if err := undone.Rollback(); err != nil {
		t.Fatal(err)
	}
	wantTitles(t, ctx, d, "first at walton", "second", "third", "fourth", "fifth", "sixth")

	if err := begin(t, d, ctx).Defer(at(t.Context(), bootle), &pgx.Batch{}); !errors.Is(err, entpgx.ErrScopeChanged) {
		t.Errorf("another hub: %v", err)
	}
	clean(t, pool)
}

// TestDeferredFailure: where what was deferred fails, nothing is committed, and whoever waits hears of it.
func TestDeferredFailure(t *testing.T) {
	d, pool := open(t, nil)
	ctx := at(t.Context(), walton)
	for _, alone := range []bool{true, false} {
		tx := begin(t, d, ctx)
		if !alone {
			mustAdd(t, ctx, tx, "undone")
		}
		deferred(t, ctx, tx, "first at walton") // there is one
		if err := tx.Commit(); code(err) != "23505" {
			t.Errorf("alone %v: commit: %v", alone, err)
		}
	}
	tx := begin(t, d, ctx)
	mustAdd(t, ctx, tx, "undone")
	deferred(t, ctx, tx, "first at walton")
	if _, err := titles(ctx, tx); code(err) != "23505" {
		t.Errorf("the next statement: %v", err)
	}
	if err := tx.Commit(); err == nil {
		t.Error("commit: no error")
	}
	wantTitles(t, ctx, d, "first at walton")
	clean(t, pool)
}

func TestDeferredInSavepoint(t *testing.T) {
	d, pool := open(t, nil)
	ctx := at(t.Context(), walton)
	tx := begin(t, d, ctx)
	deferred(t, ctx, tx, "before")
	mine := errors.New("mine")
	if err := tx.Savepoint(ctx, func(ctx context.Context) error { deferred(t, ctx, tx, "undone"); return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v", err)
	}
	if err := tx.Savepoint(ctx, func(ctx context.Context) error { deferred(t, ctx, tx, "kept"); return nil }); err != nil {
		t.Error(err)
	}
	if err := tx.Savepoint(ctx, func(ctx context.Context) error { deferred(t, ctx, tx, "kept"); return nil }); code(err) != "23505" {
		t.Errorf("a failure of what was deferred: %v", err)
	}
	deferred(t, ctx, tx, "last")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	wantTitles(t, ctx, d, "first at walton", "before", "kept", "last")
	clean(t, pool)
}
