package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/ent"
	_ "liferooms.io/liferooms/ent/runtime" // schema defaults and validators
	"liferooms.io/liferooms/internal/entpgx"
	"liferooms.io/liferooms/internal/viewer"
)

// Config says how to reach the database.
type Config struct {
	// URL of the app's role, as postgres://role:password@host/database. The role must be a member of liferooms_app,
	// own nothing, and not bypass row-level security.
	URL string
	// MaxConns bounds the pool; 0: 8 for each processor, which does better than a large pool.
	MaxConns int32
	// Pooler says that a transaction-mode pooler is in front: nothing is then kept in the server's session.
	Pooler bool
	// Tracer sees each statement; it may be nil. For tests that count statements and for telemetry.
	Tracer pgx.QueryTracer
}

// Store is Ent over Postgres, within the scope of the viewer of each context. It is safe for concurrent use.
type Store struct {
	pool   *pgxpool.Pool
	driver *entpgx.Driver
	client *ent.Client
	topics *topics
}

// Open connects, and refuses a role that could step over the walls and a database whose migrations are not those of
// this program.
func Open(ctx context.Context, c Config) (*Store, error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, errors.New("the database URL cannot be read; it looks like postgres://role:password@host:5432/database")
	}
	config.MaxConns = c.MaxConns
	if config.MaxConns <= 0 {
		config.MaxConns = int32(8 * runtime.GOMAXPROCS(0))
	}
	if c.Pooler {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	config.ConnConfig.Tracer = c.Tracer
	// No statement outlives its request by much: the server cancels what the client no longer waits for.
	config.ConnConfig.RuntimeParams["statement_timeout"] = "30s"
	config.ConnConfig.RuntimeParams["application_name"] = "liferooms"
	// Every statement names its hub by a parameter and is served by an index that begins with it, so a plan for one hub is
	// the plan for all; to plan a compiled read anew takes ten times as long as to run it.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.ConnConfig.RuntimeParams["jit"] = "off"                     // compiling a statement to machine code takes longer than running ours
	config.ConnConfig.StatementCacheCapacity = 256                     // on each connection, and Postgres keeps a plan of each
	config.ConnConfig.RuntimeParams["DateStyle"] = "ISO"               // compiled reads write dates as text
	config.ConnConfig.RuntimeParams["client_min_messages"] = "warning" // a search for "the" would be told each time that it has no words
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60s"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := errors.Join(checkRole(ctx, pool), checkMigrated(ctx, pool)); err != nil {
		pool.Close()
		return nil, err
	}
	driver := entpgx.New(pool, scopeOf)
	client := ent.NewClient(ent.Driver(driver))
	raiseWalls(client)
	return &Store{pool: pool, driver: driver, client: client, topics: newTopics(pool)}, nil
}

// Close ends the subscriptions and closes the pool; it waits for the connections in use.
func (s *Store) Close() {
	s.topics.close()
	s.pool.Close()
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Stat describes the pool, for metrics.
func (s *Store) Stat() *pgxpool.Stat { return s.pool.Stat() }

func checkRole(ctx context.Context, pool *pgxpool.Pool) error {
	var name string
	var bypasses, owns, member, stranger, partner bool
	err := pool.QueryRow(ctx, `
		select rolname, rolsuper or rolbypassrls,
		       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
		               where n.nspname in ('public', '`+QueueSchema+`') and c.relkind in ('r', 'p') and pg_has_role(r.oid, c.relowner, 'member')),
		       coalesce(pg_has_role(r.oid, (select oid from pg_roles where rolname = 'liferooms_app'), 'member'), false),
		       coalesce(pg_has_role(r.oid, (select oid from pg_roles where rolname = 'liferooms_public'), 'member'), true), -- or no migration made it yet
		       coalesce(pg_has_role(r.oid, (select oid from pg_roles where rolname = 'liferooms_partner'), 'member'), true)
		from pg_roles r where rolname = current_user`).Scan(&name, &bypasses, &owns, &member, &stranger, &partner)
	switch {
	case err != nil:
		return fmt.Errorf("reach the database: %w", err)
	case bypasses:
		return fmt.Errorf("the database role %q may bypass row-level security; connect as a role that is only a member of liferooms_app", name)
	case owns:
		return fmt.Errorf("the database role %q owns tables; connect as a role that is only a member of liferooms_app", name)
	case !member:
		return fmt.Errorf("the database role %q is no member of liferooms_app; run `liferooms migrate` as the owner, then `grant liferooms_app to %s`", name, pgx.Identifier{name}.Sanitize())
	case !stranger:
		return fmt.Errorf("the database role %q cannot become liferooms_public, by which strangers read; as the owner of that role, `grant liferooms_public to liferooms_app`", name)
	case !partner:
		return fmt.Errorf("the database role %q cannot become liferooms_partner, by which partners read by their links; as the owner of that role, `grant liferooms_partner to liferooms_app`", name)
	}
	return nil
}

type txKey struct{}

type transaction struct {
	store  *Store
	client *ent.Client
	tx     *entpgx.Tx

	mu     sync.Mutex
	topics []string // to be told of after the commit
}

func (t *transaction) notify(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.topics = append(t.topics, topic)
}

func (s *Store) transactionOf(ctx context.Context) *transaction {
	if t, ok := ctx.Value(txKey{}).(*transaction); ok && t.store == s {
		return t
	}
	return nil
}

// Client is Ent's client: of the transaction in ctx where there is one.
func (s *Store) Client(ctx context.Context) *ent.Client {
	if t := s.transactionOf(ctx); t != nil {
		return t.client
	}
	return s.client
}

// attempts bounds how often a transaction that lost against another one is run again.
const attempts = 4

// Tx runs fn in a transaction, which Client, Query, Exec and Notify use by way of fn's context. It commits where fn
// returns nil. A Tx inside a Tx joins it. Where Postgres refuses the transaction because of another one (serialization
// failure, deadlock), fn runs again: it must not change anything but the database.
func (s *Store) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.transactionOf(ctx) != nil {
		return fn(ctx)
	}
	for attempt := 1; ; attempt++ {
		err := s.tryTx(ctx, fn)
		if err == nil || attempt == attempts || !lostAgainstAnother(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) tryTx(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	begun, err := s.driver.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	tx := begun.(*entpgx.Tx)
	defer func() {
		if r := recover(); r != nil {
			_ = tx.Rollback() // the panic goes on; a failed rollback destroys the connection
			panic(r)
		}
	}()
	client := ent.NewClient(ent.Driver(txDriver{tx}))
	raiseWalls(client)
	t := &transaction{store: s, client: client, tx: tx}
	if err := fn(context.WithValue(ctx, txKey{}, t)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, topic := range t.topics {
		s.topics.changed(topic)
	}
	return nil
}

func lostAgainstAnother(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// Savepoint runs fn within the transaction of ctx; where it fails, only what fn did is undone and the transaction goes
// on. Outside a transaction it is a Tx.
func (s *Store) Savepoint(ctx context.Context, fn func(ctx context.Context) error) error {
	t := s.transactionOf(ctx)
	if t == nil {
		return s.Tx(ctx, fn)
	}
	return t.tx.Savepoint(ctx, fn)
}

func (s *Store) session(ctx context.Context) entpgx.Session {
	if t := s.transactionOf(ctx); t != nil {
		return t.tx
	}
	return s.driver
}

// Exec runs one statement of SQL in the viewer's scope, in the transaction of ctx where there is one, and tells how many
// rows it touched. Give it an explicit hub_id: an index serves that, not the policy.
func (s *Store) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	var affected int64
	var b pgx.Batch
	b.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		affected = tag.RowsAffected()
		return nil
	})
	return affected, s.session(ctx).Send(ctx, &b)
}

// Send runs the statements of b in one round trip in the viewer's scope; outside a transaction they share an implicit one.
func (s *Store) Send(ctx context.Context, b *pgx.Batch) error { return s.session(ctx).Send(ctx, b) }

// Defer is Send for statements whose answers nobody waits for before the commit: in the transaction of ctx they travel with
// the next statements or with the commit. Outside a transaction they are sent at once.
func (s *Store) Defer(ctx context.Context, b *pgx.Batch) error {
	if t := s.transactionOf(ctx); t != nil {
		return t.tx.Defer(ctx, b)
	}
	return s.Send(ctx, b)
}

// Collect runs one statement of SQL in the viewer's scope and gives its rows, each made by to. See Exec.
func Collect[T any](ctx context.Context, s *Store, to pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	return entpgx.Collect(ctx, s.session(ctx), to, sql, args...)
}

// Violates reports whether err is Postgres refusing a row because of the named constraint or unique index; any of them
// where the name is empty.
func Violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code[:2] == "23" && (constraint == "" || pg.ConstraintName == constraint)
}

// IsUnique reports whether err is a violation of the named unique index.
func IsUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// LockPlatform runs fn while this process alone holds the named lock; it reports false, without running fn, where
// another process holds it. The lock is released at the end of the transaction, whatever happens.
func (s *Store) LockPlatform(ctx context.Context, name string, fn func(ctx context.Context) error) (held bool, err error) {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("begin for lock %s: %w", name, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it did nothing but lock
	if err := tx.QueryRow(ctx, "select pg_try_advisory_xact_lock(hashtextextended($1, 0))", name).Scan(&held); err != nil {
		return false, fmt.Errorf("take lock %s: %w", name, err)
	}
	if !held {
		return false, nil
	}
	return true, fn(ctx)
}

// txDriver lets Ent's client run inside a transaction that is already open: its own Tx, which it begins for statements
// of several parts, joins it.
type txDriver struct{ tx *entpgx.Tx }

func (d txDriver) Query(ctx context.Context, query string, args, v any) error {
	return d.tx.Query(ctx, query, args, v)
}

func (d txDriver) Exec(ctx context.Context, query string, args, v any) error {
	return d.tx.Exec(ctx, query, args, v)
}

func (d txDriver) Dialect() string { return dialect.Postgres }
func (d txDriver) Close() error    { return nil }

func (d txDriver) Tx(context.Context) (dialect.Tx, error) { return joined{d.tx}, nil }

// joined leaves commit and rollback to the transaction that it joins.
type joined struct{ *entpgx.Tx }

func (joined) Commit() error   { return nil }
func (joined) Rollback() error { return nil }

// oneHub is the hub of the viewer in ctx.
func oneHub(ctx context.Context) (viewer.Hub, error) {
	v := viewer.FromContext(ctx)
	if v == nil {
		return viewer.Hub{}, errNobody
	}
	h, one := v.OneHub()
	if !one {
		return viewer.Hub{}, fmt.Errorf("the viewer sees %d hubs where one is needed", len(v.Hubs))
	}
	return h, nil
}
