package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/ent/migrate"
)

// migrationLock is the advisory lock under which migrations run: one at a time, however many replicas start.
const migrationLock = 0x6c696665 // "life"

type migration struct{ version, name, sql string }

func migrations() ([]migration, error) {
	names, err := fs.Glob(migrate.Migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, file := range names { // sorted
		sql, err := fs.ReadFile(migrate.Migrations, file)
		if err != nil {
			return nil, err
		}
		version, name, ok := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		if !ok {
			return nil, fmt.Errorf("the migration %s is not named VERSION_name.sql", file)
		}
		all = append(all, migration{version, name, string(sql)})
	}
	return all, nil
}

// Migrate brings the database up to this program's schema, as the owner of its tables, and names the migrations that it
// applied. Each is a transaction of its own. It may be run by several processes at once, and again.
func Migrate(ctx context.Context, ownerURL string) (applied []string, err error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("connect as the owner: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) // releases the lock too
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", migrationLock); err != nil {
		return nil, fmt.Errorf("wait for other migrations: %w", err)
	}
	if _, err := conn.Exec(ctx, `
		create table if not exists hand_migrations (version text primary key, name text not null, applied_at timestamptz not null default now());
		grant select on hand_migrations to public`); err != nil {
		return nil, fmt.Errorf("prepare the list of migrations: %w", err)
	}
	all, err := migrations()
	if err != nil {
		return nil, err
	}
	done, err := appliedVersions(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if done[m.version] {
			continue
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, m.sql); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "insert into hand_migrations (version, name) values ($1, $2)", m.version, m.name)
			return err
		})
		if err != nil {
			return applied, fmt.Errorf("migration %s_%s: %w%s", m.version, m.name, err, hintOf(err))
		}
		applied = append(applied, m.version+"_"+m.name)
	}
	return applied, nil
}

// hintOf is what a migration says to do about its failure.
func hintOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Hint != "" {
		return "\n" + pg.Hint
	}
	return ""
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func appliedVersions(ctx context.Context, q querier) (map[string]bool, error) {
	rows, err := q.Query(ctx, "select version from hand_migrations")
	if err != nil {
		return nil, err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	done := make(map[string]bool, len(versions))
	for _, v := range versions {
		done[v] = true
	}
	return done, nil
}

func checkMigrated(ctx context.Context, pool *pgxpool.Pool) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	done, err := appliedVersions(ctx, pool)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // undefined_table
		return errors.New("the database has no tables yet; run `liferooms migrate` with the owner's URL")
	}
	if err != nil {
		return fmt.Errorf("read the list of migrations: %w", err)
	}
	for _, m := range all {
		if !done[m.version] {
			return fmt.Errorf("the database lacks the migration %s_%s; run `liferooms migrate` with the owner's URL", m.version, m.name)
		}
	}
	return nil
}
