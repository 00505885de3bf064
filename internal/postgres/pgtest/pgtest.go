package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/postgres"
)

// Env names the environment variable with the URL of a superuser on a server to share.
const Env = "LIFEROOMS_TEST_POSTGRES"

// prefix keeps the databases of this process apart from those of others on a shared server.
var prefix = func() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	return "test_" + hex.EncodeToString(b)
}()

var databases atomic.Int64

func newName() string { return fmt.Sprintf("%s_%d", prefix, databases.Add(1)) }

var process struct {
	running bool // inside Run
	once    sync.Once
	server  *postgres.Server
	err     error

	mu        sync.Mutex
	templates []string
}

// Run runs the tests of a package and then stops the server that they used. Call it from TestMain: Go has no other
// moment at which a test process could clean up behind itself.
func Run(m *testing.M) int {
	process.running = true
	code := m.Run()
	if err := cleanUp(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	return code
}

func cleanUp() error {
	if process.server == nil {
		return nil
	}
	for _, name := range process.templates {
		if err := administer(context.Background(), "drop database if exists "+name+" with (force)"); err != nil {
			return err
		}
	}
	return process.server.Stop()
}

// Server returns this test process's server, started by the first test that asks for it.
func Server(t testing.TB) *postgres.Server {
	t.Helper()
	if !process.running {
		t.Fatal("pgtest: TestMain must call pgtest.Run")
	}
	process.once.Do(func() {
		if shared := os.Getenv(Env); shared != "" {
			process.server, process.err = postgres.At(shared)
			return
		}
		process.server, process.err = postgres.Start(context.Background(), postgres.Options{Disposable: true})
	})
	if process.err != nil {
		t.Fatal(process.err)
	}
	return process.server
}

// Database is one database of the server. It is dropped when its test ends.
type Database struct {
	Name   string
	server *postgres.Server
}

// URL returns the URL by which role connects to the database; postgres.Superuser is a role that is always there.
func (d Database) URL(role string) string { return d.server.URL(role, d.Name) }

// Template is a database built once per test process and copied for each test. The zero value is an empty database.
type Template struct {
	// Prepare fills the template. No two processes on a shared server run it at the same time, so it may create roles
	// where they are missing. It must close its connections. A copy has the template's content and its owner, but
	// neither grants on the database itself nor settings made by ALTER DATABASE.
	Prepare func(ctx context.Context, db Database) error

	once  sync.Once
	name  string
	owner string
	err   error
}

// Database returns a fresh copy of the template.
func (p *Template) Database(t testing.TB) Database {
	t.Helper()
	server := Server(t)
	p.once.Do(func() { p.err = p.build(server) })
	if p.err != nil {
		t.Fatalf("pgtest: prepare template: %v", p.err)
	}
	db := Database{Name: newName(), server: server}
	create := fmt.Sprintf("create database %s template %s owner %s", db.Name, p.name, pgx.Identifier{p.owner}.Sanitize())
	if err := administer(context.Background(), create); err != nil {
		t.Fatalf("pgtest: create database: %v", err)
	}
	t.Cleanup(func() {
		if err := administer(context.Background(), "drop database "+db.Name+" with (force)"); err != nil {
			t.Errorf("pgtest: drop database: %v", err)
		}
	})
	return db
}

// prepareLock is the advisory lock under which processes on a shared server build their templates: "pgtest" in ASCII.
const prepareLock = 0x706774657374

func (p *Template) build(server *postgres.Server) error {
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer admin.Close(ctx) // releases the lock too
	if _, err := admin.Exec(ctx, "select pg_advisory_lock($1)", int64(prepareLock)); err != nil {
		return err
	}

	p.name = newName()
	if _, err := admin.Exec(ctx, "create database "+p.name); err != nil {
		return err
	}
	process.mu.Lock()
	process.templates = append(process.templates, p.name)
	process.mu.Unlock()

	if p.Prepare != nil {
		if err := p.Prepare(ctx, Database{Name: p.name, server: server}); err != nil {
			return err
		}
	}
	return admin.QueryRow(ctx, "select pg_get_userbyid(datdba) from pg_database where datname = $1", p.name).Scan(&p.owner)
}

func administer(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, process.server.URL(postgres.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}
