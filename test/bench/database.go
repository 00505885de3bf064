package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/store"
)

//go:embed region.go
var regionSource string

// database is the region in a private Postgres with production's durability.
type database struct {
	server *postgres.Server
	name   string
	region region
	// admin is the superuser's pool, as large as the API's own: no row-level security applies to it.
	admin *pgxpool.Pool
	// postmaster is the process id of the server, 0 where it cannot be known.
	postmaster int
}

// openDatabase starts Postgres on dir and loads the region where it is not there yet, or where the schema or the region
// have changed since.
func openDatabase(ctx context.Context, dir string, hubs int) (*database, error) {
	outlive := context.WithoutCancel(ctx) // an interrupt ends the bench first
	server, err := postgres.Start(outlive, postgres.Options{Dir: dir})
	if err != nil && ctx.Err() == nil {
		say("No data is kept between runs: %v", err)
		server, err = postgres.Start(outlive, postgres.Options{})
	}
	if err != nil {
		return nil, err
	}
	d := &database{server: server}
	if err := d.open(ctx, hubs); err != nil {
		_ = server.Stop() // the first error says more
		return nil, err
	}
	return d, nil
}

func (d *database) open(ctx context.Context, hubs int) error {
	content, err := contentHash()
	if err != nil {
		return err
	}
	d.name = fmt.Sprintf("bench_%s_%d", content, hubs)
	main, err := pgx.Connect(ctx, d.server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer main.Close(context.WithoutCancel(ctx))
	if err := dropStale(ctx, main, "bench_"+content); err != nil {
		return err
	}
	for _, setting := range []string{
		"alter system set random_page_cost = 1.1", // the disk is no spinning one
		"alter system set max_wal_size = '4GB'",   // no checkpoint falls into a measurement
		"select pg_reload_conf()",
	} {
		if _, err := main.Exec(ctx, setting); err != nil {
			return fmt.Errorf("set up Postgres: %w", err)
		}
	}
	var there bool
	if err := main.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", d.name).Scan(&there); err != nil {
		return fmt.Errorf("look for the region: %w", err)
	}
	if !there {
		if err := d.load(ctx, main, hubs); err != nil {
			return err
		}
	}
	return d.connect(ctx, hubs)
}

// contentHash changes with all that decides what is in the database.
func contentHash() (string, error) {
	h := sha256.New()
	h.Write([]byte(regionSource))
	names, err := fs.Glob(migrate.Migrations, "migrations/*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrate.Migrations, name)
		if err != nil {
			return "", fmt.Errorf("read migrations: %w", err)
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// dropStale removes regions of other schemas and those whose loading was interrupted.
func dropStale(ctx context.Context, conn *pgx.Conn, keep string) error {
	rows, err := conn.Query(ctx, `select datname from pg_database where datname like 'bench\_%' and (not starts_with(datname, $1) or datname like '%\_loading')`, keep)
	if err != nil {
		return fmt.Errorf("list regions: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list regions: %w", err)
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "drop database "+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("drop an old region: %w", err)
		}
	}
	return nil
}

func (d *database) connect(ctx context.Context, hubs int) error {
	config, err := pgxpool.ParseConfig(d.server.URL(postgres.Superuser, d.name))
	if err != nil {
		return err
	}
	config.MaxConns = connections
	if d.admin, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect to the region: %w", err)
	}
	var last time.Time
	var backend int
	if err := d.admin.QueryRow(ctx, "select obj_description('visits'::regclass)::date, pg_backend_pid()").Scan(&last, &backend); err != nil {
		return fmt.Errorf("read the region: %w", err)
	}
	d.region = newRegion(hubs, last)
	d.postmaster = parentOf(backend)
	return nil
}

func (d *database) close() error {
	d.admin.Close()
	return d.server.Stop()
}

// load fills a database and gives it its name only when it is whole.
func (d *database) load(ctx context.Context, main *pgx.Conn, hubs int) error {
	began := time.Now()
	loading := d.name + "_loading"
	if _, err := main.Exec(ctx, "create database "+loading); err != nil {
		return fmt.Errorf("create the region's database: %w", err)
	}
	if err := store.Prepare(ctx, d.server.URL(postgres.Superuser, loading)); err != nil {
		return err
	}
	if _, err := store.Migrate(ctx, d.server.URL(store.OwnerRole, loading)); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, d.server.URL(postgres.Superuser, loading))
	if err != nil {
		return fmt.Errorf("connect to the region: %w", err)
	}
	today := time.Now().In(zone)
	r := newRegion(hubs, time.Date(today.Year(), today.Month(), today.Day()-1, 0, 0, 0, 0, time.UTC))
	say("Loading a region of %d hubs, %d people and about %d visits (kept for the next run) …", hubs, hubs*peoplePerHub, hubs*visitsPerHub)
	err = r.fill(ctx, conn)
	if closing := conn.Close(ctx); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if _, err := main.Exec(ctx, fmt.Sprintf("alter database %s rename to %s", loading, d.name)); err != nil {
		return fmt.Errorf("name the region: %w", err)
	}
	say("Loaded in %s.", time.Since(began).Round(time.Second))
	return nil
}

// fill copies the rows. Foreign keys and the indexes of large tables are put aside meanwhile: checked and built at the
// end, in bulk, they take a tenth of the time. Triggers and generated columns work as ever.
func (r region) fill(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "set synchronous_commit = off; set maintenance_work_mem = '512MB'"); err != nil {
		return fmt.Errorf("set up the session: %w", err)
	}
	restore, err := putAside(ctx, conn)
	if err != nil {
		return err
	}
	for _, t := range r.tables() {
		if err := copyRows(ctx, conn, t); err != nil {
			return fmt.Errorf("copy into %s: %w", t.name, err)
		}
	}
	remember := fmt.Sprintf("comment on table visits is '%s'", r.last.Format(time.DateOnly))
	for _, statement := range append(restore, remember, "vacuum (analyze)", "checkpoint") {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// putAside drops foreign keys and large tables' indexes and gives the statements that make them again.
func putAside(ctx context.Context, conn *pgx.Conn) (restore []string, err error) {
	rows, err := conn.Query(ctx, `
		select format('alter table %s drop constraint %I', conrelid::regclass, conname),
		       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
		union all
		select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		from pg_index
		where indrelid in ('visits'::regclass, 'conversations'::regclass, 'conversation_needs'::regclass, 'persons'::regclass)
		  and not exists (select from pg_constraint c where c.conindid = indexrelid and c.contype in ('p', 'u', 'x'))
		order by 1`)
	if err != nil {
		return nil, fmt.Errorf("list keys and indexes: %w", err)
	}
	type pair struct{ Drop, Create string }
	pairs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pair])
	if err != nil {
		return nil, fmt.Errorf("list keys and indexes: %w", err)
	}
	var keys []string
	for _, p := range pairs {
		if _, err := conn.Exec(ctx, p.Drop); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Drop, err)
		}
		if strings.HasPrefix(p.Drop, "alter") {
			keys = append(keys, p.Create)
		} else {
			restore = append(restore, p.Create)
		}
	}
	return append(restore, keys...), nil
}

func copyRows(ctx context.Context, conn *pgx.Conn, t table) error {
	// Rows are made while earlier ones are sent.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	made := make(chan [][]any, 4)
	go func() {
		defer close(made)
		var some [][]any
		send := func() bool {
			select {
			case made <- some:
				some = nil
				return true
			case <-ctx.Done():
				return false
			}
		}
		for row := range t.rows {
			for i, value := range row {
				if id, ok := value.(uuid.UUID); ok {
					row[i] = [16]byte(id) // which pgx knows by itself; a uuid.UUID it takes for text
				}
			}
			if some = append(some, row); len(some) == 1000 && !send() {
				return
			}
		}
		send()
	}()
	var some [][]any
	_, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, strings.Fields(t.columns), pgx.CopyFromFunc(func() ([]any, error) {
		for len(some) == 0 {
			var ok bool
			if some, ok = <-made; !ok {
				return nil, ctx.Err()
			}
		}
		row := some[0]
		some = some[1:]
		return row, nil
	}))
	return err
}

// visitsToday is how many visits each hub has on the day of the measurements; the first people of the hub come.
const visitsToday = 80

// freshen makes the day's visits anew and undoes what an interrupted run left. It gives the day.
func (d *database) freshen(ctx context.Context) (day time.Time, err error) {
	now := time.Now().In(zone)
	day = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if err := d.undo(ctx); err != nil {
		return day, err
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	var rows [][]any
	for h := range d.region.hubs {
		for i := range visitsToday {
			arrived := midnight.Add(now.Sub(midnight) * time.Duration(i) / visitsToday)
			made := []any{uuid.Must(uuid.NewV7()), d.region.hub(h), d.region.trust, arrived, d.region.staff(h, receptionist), "LEFT", arrived, day, arrived, arrived, nil, nil, nil}
			if i%10 < 8 {
				made[10] = d.region.person(h, i) // each of them once
			}
			if i%10 < 9 {
				made[11] = d.region.need(h, i%len(needs))
			}
			if i%3 > 0 {
				made[12] = d.region.staff(h, firstAdvisor+i%advisorsPerHub)
			}
			switch {
			case i < visitsToday-20:
			case i%3 > 0:
				made[5], made[9] = "WITH_ADVISOR", nil
			default:
				made[5], made[8], made[9] = "WAITING", nil, nil
			}
			rows = append(rows, made)
		}
	}
	columns := strings.Fields("id hub_id trust_id created_at created_by_id state arrived_at arrived_on called_at left_at person_id need_id advisor_id")
	err = pgx.BeginFunc(ctx, d.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from visits where hub_id = any ($1) and arrived_on > $2", d.hubIDs(), d.region.last); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"visits"}, columns, pgx.CopyFromRows(rows))
		return err
	})
	if err != nil {
		return day, fmt.Errorf("make the day's visits: %w", err)
	}
	_, err = d.admin.Exec(ctx, "vacuum (analyze) visits")
	return day, err
}

func (d *database) hubIDs() []uuid.UUID {
	ids := make([]uuid.UUID, d.region.hubs)
	for h := range ids {
		ids[h] = d.region.hub(h)
	}
	return ids
}

// undo takes back the check-ins of a measurement, so that everybody can be checked in again, and the record of who read
// what, which only grows.
func (d *database) undo(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, d.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "delete from visits where hub_id = any ($1) and arrived_on > $2 and client_mutation_id is not null", d.hubIDs(), d.region.last); err != nil {
			return err
		}
		// The trigger that keeps the audit from changing is not for the superuser of a bench.
		_, err := tx.Exec(ctx, "set local session_replication_role = replica; truncate audit_events")
		return err
	})
	if err != nil {
		return fmt.Errorf("undo the check-ins: %w", err)
	}
	for _, statement := range []string{"vacuum visits", "checkpoint"} {
		if _, err := d.admin.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
