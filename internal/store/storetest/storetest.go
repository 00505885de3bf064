package storetest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/postgres/pgtest"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

var template = pgtest.Template{Prepare: func(ctx context.Context, db pgtest.Database) error {
	if err := store.Prepare(ctx, db.URL(postgres.Superuser)); err != nil {
		return err
	}
	_, err := store.Migrate(ctx, db.URL(store.OwnerRole))
	return err
}}

// Main runs the tests of a package: func TestMain(m *testing.M) { storetest.Main(m) }.
func Main(m *testing.M) { os.Exit(pgtest.Run(m)) }

// Empty is a fresh, migrated database without a row.
func Empty(t testing.TB) pgtest.Database {
	t.Helper()
	return template.Database(t)
}

// World is a fresh database with two trusts: one with the hubs Walton and Southport, another with Elsewhere. It has no
// staff, needs, people or catalogue but what the test makes.
type World struct {
	Store *store.Store
	// Statements counts what the store sent, in round trips of Ent and of raw SQL.
	Statements *Counter
	// OwnerURL reaches the database past row-level security: for independent checks by SQL.
	OwnerURL string
	AppURL   string

	Trust, OtherTrust            uuid.UUID
	Walton, Southport, Elsewhere viewer.Hub
}

// New makes a World.
func New(t testing.TB) *World {
	t.Helper()
	db := Empty(t)
	w := &World{
		Statements: &Counter{},
		OwnerURL:   db.URL(store.OwnerRole),
		AppURL:     db.URL(store.ServerRole),
		Trust:      uuid.Must(uuid.NewV7()), OtherTrust: uuid.Must(uuid.NewV7()),
		Walton:    viewer.Hub{ID: uuid.Must(uuid.NewV7()), Slug: "walton"},
		Southport: viewer.Hub{ID: uuid.Must(uuid.NewV7()), Slug: "southport"},
		Elsewhere: viewer.Hub{ID: uuid.Must(uuid.NewV7()), Slug: "elsewhere"},
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: w.AppURL, MaxConns: 8, Tracer: w.Statements})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	w.Store = s

	w.makeTrust(t, w.Trust, "ZZ1", "Merseyside Demo Trust", w.Walton, w.Southport)
	w.makeTrust(t, w.OtherTrust, "ZZ2", "Elsewhere Demo Trust", w.Elsewhere)
	w.Statements.Reset()
	return w
}

func (w *World) makeTrust(t testing.TB, id uuid.UUID, ods, name string, hubs ...viewer.Hub) {
	t.Helper()
	ctx := viewer.NewContext(context.Background(), viewer.ForPlatform(id, hubs...))
	if err := w.Store.Client(ctx).Trust.Create().SetID(id).SetOdsCode(ods).SetName(name).Exec(ctx); err != nil {
		t.Fatal(err)
	}
	for _, h := range hubs {
		if err := w.Store.Client(ctx).Hub.Create().SetID(h.ID).SetSlug(h.Slug).SetName("Life Rooms " + h.Slug).Exec(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *World) trustOf(h viewer.Hub) uuid.UUID {
	if h.ID == w.Elsewhere.ID {
		return w.OtherTrust
	}
	return w.Trust
}

var staff atomic.Int64

// As is the context of a new member of staff with the roles in one hub.
func (w *World) As(t testing.TB, hub viewer.Hub, roles ...viewer.Role) context.Context {
	t.Helper()
	n := staff.Add(1)
	ctx := w.Platform(hub)
	user, err := w.Store.Client(ctx).StaffUser.Create().SetIssuer("https://idp.test").SetSubject(fmt.Sprint("staff-", n)).SetName(fmt.Sprint("Staff ", n)).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	hub.Roles = roles
	return viewer.NewContext(context.Background(), &viewer.Viewer{
		Kind: viewer.Staff, TrustID: w.trustOf(hub), StaffID: user.ID, Name: user.Name, Hubs: []viewer.Hub{hub},
	})
}

// Platform is the context of the platform at work on hubs of one trust.
func (w *World) Platform(hubs ...viewer.Hub) context.Context {
	return viewer.NewContext(context.Background(), viewer.ForPlatform(w.trustOf(hubs[0]), hubs...))
}

// Owner runs fn with a connection that sees every row.
func (w *World) Owner(t testing.TB, fn func(ctx context.Context, conn *pgx.Conn)) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	fn(ctx, conn)
}

// Count asks the owner for one number.
func (w *World) Count(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if err := conn.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
	})
	return n
}
