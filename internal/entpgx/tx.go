package entpgx

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrScopeChanged is the error of a statement in a transaction that began under another scope.
var ErrScopeChanged = errors.New("entpgx: the scope of a transaction cannot change")

// finishLimit bounds a commit or a rollback, which no longer listen to the transaction's context: giving up on a commit
// half way would leave it unknown whether it took place.
const finishLimit = 30 * time.Second

// Tx is a transaction. It begins with its first statement, in the same round trip, so one that is never used costs
// nothing. It is safe for concurrent use: statements queue up behind one another.
//
// When the context that began it ends, the transaction is rolled back and its connection is freed.
type Tx struct {
	driver  *Driver
	ctx     context.Context
	scope   Scope
	options pgx.TxOptions

	mu         sync.Mutex
	conn       *pgxpool.Conn // nil before the first statement and after the end
	deferred   *pgx.Batch    // what travels with the next statements or the commit; nil: nothing
	unwatch    func() bool
	savepoints int
	lost       error // the transaction is gone on the server, and why
	finished   bool
}

// Tx implements dialect.Driver.
func (d *Driver) Tx(ctx context.Context) (dialect.Tx, error) { return d.BeginTx(ctx, nil) }

// BeginTx returns a transaction with the options, nil for the server's defaults. Ent's clients call it. The result is
// a *Tx.
func (d *Driver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	options, err := txOptions(opts)
	if err != nil {
		return nil, err
	}
	scope, err := d.scope(ctx)
	if err != nil {
		return nil, err
	}
	return &Tx{driver: d, ctx: ctx, scope: slices.Clone(scope), options: options}, nil
}

func txOptions(opts *sql.TxOptions) (pgx.TxOptions, error) {
	var options pgx.TxOptions
	if opts == nil {
		return options, nil
	}
	if opts.ReadOnly {
		options.AccessMode = pgx.ReadOnly
	}
	switch opts.Isolation {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted, sql.LevelReadCommitted:
		options.IsoLevel = pgx.ReadCommitted
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		options.IsoLevel = pgx.RepeatableRead
	case sql.LevelSerializable:
		options.IsoLevel = pgx.Serializable
	default:
		return options, fmt.Errorf("entpgx: Postgres has no isolation level %s", opts.Isolation)
	}
	return options, nil
}

// Query implements dialect.Tx.
func (tx *Tx) Query(ctx context.Context, query string, args, v any) error {
	return runQuery(ctx, tx, query, args, v)
}

// Exec implements dialect.Tx.
func (tx *Tx) Exec(ctx context.Context, query string, args, v any) error {
	return runExec(ctx, tx, query, args, v)
}

// Send implements Session. It fails with ErrScopeChanged where ctx has another scope than the transaction, and with
// sql.ErrTxDone after the transaction's end.
func (tx *Tx) Send(ctx context.Context, b *pgx.Batch) error {
	if err := tx.inScope(ctx); err != nil {
		return err
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if err := tx.usable(); err != nil {
		return err
	}
	nativeUUIDs(b)
	return tx.send(ctx, b)
}

// Defer is Send for statements whose answers nobody waits for: they travel with the next statements, or with the commit,
// and save a round trip. They run in their order. An error of theirs is that of whatever they travelled with; their
// queued functions have run when the transaction has committed.
func (tx *Tx) Defer(ctx context.Context, b *pgx.Batch) error {
	if err := tx.inScope(ctx); err != nil {
		return err
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if err := tx.usable(); err != nil {
		return err
	}
	nativeUUIDs(b)
	if tx.deferred == nil {
		tx.deferred = &pgx.Batch{}
	}
	tx.deferred.QueuedQueries = append(tx.deferred.QueuedQueries, b.QueuedQueries...)
	return nil
}

func (tx *Tx) inScope(ctx context.Context) error {
	scope, err := tx.driver.scope(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(scope, tx.scope) {
		return ErrScopeChanged
	}
	return nil
}

// send sends what was deferred and the statements of b in one round trip.
func (tx *Tx) send(ctx context.Context, b *pgx.Batch) error {
	if tx.deferred != nil {
		tx.deferred.QueuedQueries = append(tx.deferred.QueuedQueries, b.QueuedQueries...)
		b, tx.deferred = tx.deferred, nil
	}
	if tx.conn == nil {
		return tx.begin(ctx, b)
	}
	err := tx.conn.SendBatch(ctx, b).Close()
	tx.checkAlive(err)
	return err
}

// begin sends BEGIN, the scope and the first statements in one round trip.
func (tx *Tx) begin(ctx context.Context, b *pgx.Batch) error {
	if err := tx.ctx.Err(); err != nil {
		return err
	}
	conn, err := tx.driver.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("get a database connection: %w", err)
	}
	tx.conn = conn
	tx.unwatch = context.AfterFunc(tx.ctx, tx.abandon)
	head := &pgx.Batch{}
	head.BeginTx(tx.options)
	err = conn.Conn().SendBatch(ctx, withScope(head, tx.scope, b)).Close()
	tx.checkAlive(err)
	return err
}

// checkAlive notices that the transaction is gone, not merely failed: the connection broke, or BEGIN never ran because
// the first statement could not be prepared. Without this the next statement would run outside any transaction.
func (tx *Tx) checkAlive(err error) {
	conn := tx.conn.Conn()
	if !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		return
	}
	if err == nil {
		err = errors.New("a statement ended it")
	}
	tx.lost = fmt.Errorf("entpgx: transaction lost: %w", err)
}

func (tx *Tx) usable() error {
	if tx.lost != nil {
		return tx.lost
	}
	if tx.finished {
		return sql.ErrTxDone
	}
	return nil
}

// Commit implements dialect.Tx. Where a statement failed and was not undone by a savepoint, nothing is committed and
// Commit fails.
func (tx *Tx) Commit() error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if err := tx.usable(); err != nil {
		tx.finish()
		return err
	}
	if tx.conn == nil && tx.deferred != nil { // all that there is was deferred
		if err := tx.send(tx.ctx, &pgx.Batch{}); err != nil {
			tx.finish()
			return err
		}
	}
	if tx.conn == nil {
		tx.finished = true
		return nil
	}
	defer tx.finish()
	if err := tx.ctx.Err(); err != nil {
		return errors.Join(err, tx.end("rollback"))
	}
	if tx.deferred != nil {
		return tx.endWith(tx.deferred)
	}
	return tx.end("commit")
}

// endWith commits in the round trip of the last statements. Where one of them fails there is no commit, and the pool
// destroys the connection, which rolls back.
func (tx *Tx) endWith(last *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), finishLimit)
	defer cancel()
	last.Queue("commit").Exec(committed)
	if err := tx.conn.SendBatch(ctx, last).Close(); err != nil {
		return fmt.Errorf("the last statements and commit: %w", err)
	}
	return nil
}

// committed fails where Postgres rolled back instead.
func committed(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

// Rollback implements dialect.Tx. It fails with sql.ErrTxDone after Commit; where the transaction was rolled back by the
// end of its context it has nothing left to do.
func (tx *Tx) Rollback() error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.finished {
		if tx.lost != nil {
			return nil
		}
		return sql.ErrTxDone
	}
	defer tx.finish()
	if tx.conn == nil || tx.lost != nil {
		return nil
	}
	return tx.end("rollback")
}

// abandon rolls back when the context has ended.
func (tx *Tx) abandon() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.finished {
		return
	}
	if tx.lost == nil {
		_ = tx.end("rollback") // a connection on which this fails is destroyed, which rolls back too
		tx.lost = fmt.Errorf("entpgx: transaction lost: %w", context.Cause(tx.ctx))
	}
	tx.finish()
}

func (tx *Tx) end(command string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), finishLimit)
	defer cancel()
	tag, err := tx.conn.Exec(ctx, command)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if command == "commit" {
		return committed(tag)
	}
	return nil
}

// finish gives the connection back. The pool destroys one that is still in a transaction.
func (tx *Tx) finish() {
	tx.finished = true
	if tx.conn == nil {
		return
	}
	tx.unwatch()
	tx.conn.Release()
	tx.conn = nil
}

// Savepoint runs fn; where it fails, what it did in the transaction is undone, the transaction can go on, and its error
// is returned. The same happens where a statement of fn failed and fn kept quiet about it.
func (tx *Tx) Savepoint(ctx context.Context, fn func(ctx context.Context) error) error {
	tx.mu.Lock()
	tx.savepoints++
	name := "sp_" + strconv.Itoa(tx.savepoints)
	tx.mu.Unlock()

	var b pgx.Batch
	b.Queue("savepoint " + name)
	if err := tx.Send(ctx, &b); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	err := fn(ctx)
	if err == nil {
		if err = tx.endSavepoint("release savepoint " + name); err == nil {
			return nil
		}
		err = fmt.Errorf("release savepoint: %w", err)
	}
	if undo := tx.endSavepoint("rollback to savepoint " + name + "; release savepoint " + name); undo != nil {
		return errors.Join(err, fmt.Errorf("roll back to savepoint: %w", undo))
	}
	return err
}

// endSavepoint does not listen to the caller's context: a cancelled statement must still be undone.
func (tx *Tx) endSavepoint(command string) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if err := tx.usable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tx.ctx), finishLimit)
	defer cancel()
	if strings.HasPrefix(command, "release") && tx.deferred != nil { // it is part of what the savepoint keeps
		if err := tx.send(ctx, &pgx.Batch{}); err != nil {
			return err
		}
	}
	tx.deferred = nil // of what is undone
	_, err := tx.conn.Exec(ctx, command)
	tx.checkAlive(err)
	return err
}
