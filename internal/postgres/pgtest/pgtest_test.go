package pgtest_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var prepared atomic.Int64

var template = pgtest.Template{Prepare: func(ctx context.Context, db pgtest.Database) error {
	prepared.Add(1)
	conn, err := pgx.Connect(ctx, db.URL(postgres.Superuser))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		do $$ begin
			if not exists (select from pg_roles where rolname = 'pgtest_owner') then create role pgtest_owner login; end if;
		end $$;
		create table hub (slug text primary key);
		insert into hub values ('walton');
		alter table hub owner to pgtest_owner;
		alter database `+db.Name+` owner to pgtest_owner`)
	return err
}}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestCopiesAreApart(t *testing.T) {
	for _, name := range []string{"first", "second", "third"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := template.Database(t)
			conn := connect(t, db.URL("pgtest_owner"))
			var hubs int
			var owner string
			err := conn.QueryRow(t.Context(), `select (select count(*) from hub), pg_get_userbyid(datdba)
				from pg_database where datname = current_database()`).Scan(&hubs, &owner)
			if err != nil || hubs != 1 || owner != "pgtest_owner" {
				t.Errorf("got %d hubs owned by %s, %v", hubs, owner, err)
			}
			if _, err := conn.Exec(t.Context(), "insert into hub values ('southport')"); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if n := prepared.Load(); n != 1 {
			t.Errorf("template was prepared %d times", n)
		}
	})
}

func TestDropped(t *testing.T) {
	var name string
	t.Run("use", func(t *testing.T) { name = new(pgtest.Template).Database(t).Name })
	conn := connect(t, pgtest.Server(t).URL(postgres.Superuser, "postgres"))
	var there bool
	err := conn.QueryRow(t.Context(), "select exists (select from pg_database where datname = $1)", name).Scan(&there)
	if err != nil || there {
		t.Errorf("%s is still there: %v, %v", name, there, err)
	}
}

// What Env would hold leads to the same databases.
func TestSharedServer(t *testing.T) {
	own := pgtest.Server(t)
	again, err := postgres.At(own.URL(postgres.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var same bool
	db := template.Database(t)
	err = connect(t, again.URL("pgtest_owner", db.Name)).QueryRow(t.Context(), "select current_database() = $1", db.Name).Scan(&same)
	if err != nil || !same {
		t.Errorf("another URL of the server leads elsewhere: %v, %v", same, err)
	}
}

func BenchmarkDatabase(b *testing.B) {
	for b.Loop() {
		template.Database(b)
	}
}
