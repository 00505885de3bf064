package entpgx

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errNative is the error of what a transaction that is lent out does not do.
var errNative = errors.New("entpgx: this transaction is lent: it ends, and sets savepoints, where it began")

// Native lends the transaction to fn as pgx knows it, for libraries that take one, such as a job queue. It works under
// the same scope. What is lent neither ends nor nests, and is of no use after fn has returned; fn must not use tx itself.
func (tx *Tx) Native(ctx context.Context, fn func(pgx.Tx) error) error {
	if err := tx.Send(ctx, &pgx.Batch{}); err != nil { // begins it, where nothing has yet
		return err
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if err := tx.usable(); err != nil {
		return err
	}
	conn := tx.conn.Conn()
	err := fn(lent{conn})
	tx.checkAlive(err)
	return err
}

// lent is a transaction on a connection that somebody else ends.
type lent struct{ conn *pgx.Conn }

var _ pgx.Tx = lent{}

func (lent) Begin(context.Context) (pgx.Tx, error) { return nil, errNative }
func (lent) Commit(context.Context) error          { return errNative }
func (lent) Rollback(context.Context) error        { return errNative }

func (l lent) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return l.conn.Exec(ctx, sql, args...)
}

func (l lent) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return l.conn.Query(ctx, sql, args...)
}

func (l lent) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return l.conn.QueryRow(ctx, sql, args...)
}

func (l lent) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return l.conn.SendBatch(ctx, b)
}

func (l lent) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return l.conn.CopyFrom(ctx, table, columns, rows)
}

func (l lent) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return l.conn.Prepare(ctx, name, sql)
}

func (lent) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
func (l lent) Conn() *pgx.Conn              { return l.conn }
