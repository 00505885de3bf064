package entpgx

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Setting is one configuration parameter of Postgres, for the length of a transaction.
type Setting struct{ Name, Value string }

// Scope is what a statement may touch, as settings that policies read. A transaction compares scopes setting by
// setting: build it in the same order each time.
type Scope []Setting

// statement sets the whole scope in one query, so that it costs one entry of the statement cache.
func (s Scope) statement() (query string, args []any) {
	args = make([]any, 0, 2*len(s))
	for _, setting := range s {
		args = append(args, setting.Name, setting.Value)
	}
	if len(s) < len(scopeQueries) {
		return scopeQueries[len(s)], args
	}
	return scopeQuery(len(s)), args
}

// scopeQueries spares the statements of scopes of a usual size the making of their text.
var scopeQueries = [...]string{1: scopeQuery(1), 2: scopeQuery(2), 3: scopeQuery(3), 4: scopeQuery(4)}

func scopeQuery(settings int) string {
	calls := make([]string, settings)
	for i := range calls {
		calls[i] = fmt.Sprintf("set_config($%d, $%d, true)", 2*i+1, 2*i+2)
	}
	return "select " + strings.Join(calls, ", ")
}

// Session is what Driver and Tx have in common.
type Session interface {
	dialect.ExecQuerier

	// Send runs the statements of b, under the scope of ctx, in one round trip, and calls the functions queued with them.
	// Outside a Tx they share one implicit transaction: an error from Postgres undoes all of them, an error of a queued
	// function does not. A queued function must not use the session.
	Send(ctx context.Context, b *pgx.Batch) error
}

var (
	_ dialect.Driver = (*Driver)(nil)
	_ Session        = (*Driver)(nil)
	_ Session        = (*Tx)(nil)
)

// Driver implements dialect.Driver. It is safe for concurrent use.
type Driver struct {
	pool  *pgxpool.Pool
	scope func(context.Context) (Scope, error)
}

// New returns a driver over pool. The function scope is asked before every statement; where it fails, the statement
// fails with its error and nothing reaches the database. Close closes the pool.
func New(pool *pgxpool.Pool, scope func(context.Context) (Scope, error)) *Driver {
	return &Driver{pool: pool, scope: scope}
}

// Dialect implements dialect.Driver.
func (d *Driver) Dialect() string { return dialect.Postgres }

// Close closes the pool. It waits for the connections in use.
func (d *Driver) Close() error {
	d.pool.Close()
	return nil
}

// Query implements dialect.Driver: v is a *sql.Rows of Ent. The result is complete, and its connection is back in the
// pool, when Query returns: rows that somebody forgets to close hold nothing, and every error of the statement is here.
func (d *Driver) Query(ctx context.Context, query string, args, v any) error {
	return runQuery(ctx, d, query, args, v)
}

// Exec implements dialect.Driver: v is nil or a *sql.Result.
func (d *Driver) Exec(ctx context.Context, query string, args, v any) error {
	return runExec(ctx, d, query, args, v)
}

// Send implements Session.
func (d *Driver) Send(ctx context.Context, b *pgx.Batch) error {
	scope, err := d.scope(ctx)
	if err != nil {
		return err
	}
	nativeUUIDs(b)
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("get a database connection: %w", err)
	}
	defer conn.Release() // destroys a connection that is broken or not idle
	return conn.SendBatch(ctx, withScope(&pgx.Batch{}, scope, b)).Close()
}

// withScope queues the scope, then the statements of b, on head.
func withScope(head *pgx.Batch, scope Scope, b *pgx.Batch) *pgx.Batch {
	if len(scope) > 0 {
		query, args := scope.statement()
		head.Queue(query, args...)
	}
	head.QueuedQueries = append(head.QueuedQueries, b.QueuedQueries...)
	return head
}

// nativeUUIDs gives pgx its own UUIDs: google's write themselves as text, which pgx would parse again, more than a tenth
// of the CPU of a short query.
func nativeUUIDs(b *pgx.Batch) {
	for _, q := range b.QueuedQueries {
		for i, arg := range q.Arguments {
			switch v := arg.(type) {
			case uuid.UUID:
				q.Arguments[i] = pgtype.UUID{Bytes: v, Valid: true}
			case *uuid.UUID:
				if v == nil {
					q.Arguments[i] = nil
				} else {
					q.Arguments[i] = pgtype.UUID{Bytes: *v, Valid: true}
				}
			}
		}
	}
}

func runQuery(ctx context.Context, s Session, query string, args, v any) error {
	rows, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("entpgx: query into %T, want *sql.Rows of Ent", v)
	}
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("entpgx: query with arguments %T, want []any", args)
	}
	query, argv = foldLists(query, argv)
	result := newResult()
	var b pgx.Batch
	b.Queue(query, argv...).Query(result.read)
	if err := s.Send(ctx, &b); err != nil {
		_ = result.Close()
		return err
	}
	rows.ColumnScanner = result
	return nil
}

func runExec(ctx context.Context, s Session, query string, args, v any) error {
	argv, ok := args.([]any)
	if !ok {
		return fmt.Errorf("entpgx: exec with arguments %T, want []any", args)
	}
	result, ok := v.(*sql.Result)
	if !ok && v != nil {
		return fmt.Errorf("entpgx: exec into %T, want nil or *sql.Result", v)
	}
	var b pgx.Batch
	b.Queue(query, argv...).Exec(func(tag pgconn.CommandTag) error {
		if result != nil {
			*result = affected(tag.RowsAffected())
		}
		return nil
	})
	return s.Send(ctx, &b)
}

// affected is the result of a statement that returns no rows.
type affected int64

func (a affected) RowsAffected() (int64, error) { return int64(a), nil }

// LastInsertId fails: Postgres answers with RETURNING instead.
func (affected) LastInsertId() (int64, error) {
	return 0, errors.New("entpgx: Postgres has no last insert id")
}

// Collect runs one statement of SQL in the session's scope and returns its rows, each made by to (pgx.RowTo,
// pgx.RowToStructByPos, …).
func Collect[T any](ctx context.Context, s Session, to pgx.RowToFunc[T], query string, args ...any) ([]T, error) {
	var all []T
	var b pgx.Batch
	b.Queue(query, args...).Query(func(rows pgx.Rows) (err error) {
		all, err = pgx.CollectRows(rows, to)
		return err
	})
	if err := s.Send(ctx, &b); err != nil {
		return nil, err
	}
	return all, nil
}
