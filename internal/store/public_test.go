package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func stranger(w *storetest.World, hub viewer.Hub) context.Context {
	return viewer.NewContext(context.Background(), viewer.ForPublic(w.Trust, hub))
}

// listing is one service with its place and its time, each as visible as it says; every name tells which.
type listing struct{ organisation, service, location, place, time string }

func (l listing) String() string {
	return strings.Join([]string{l.organisation, l.service, l.location, l.place, l.time}, "/")
}

func (l listing) make(t *testing.T, ctx context.Context, client *ent.Client) {
	t.Helper()
	name := l.String()
	o := client.Organisation.Create().SetSource("test").SetExternalID(name).SetName(name).SetVisibility(organisation.Visibility(l.organisation)).SaveX(ctx)
	s := client.Service.Create().SetSource("test").SetExternalID(name).SetName(name).SetOrganisationID(o.ID).SetVisibility(service.Visibility(l.service)).SaveX(ctx)
	p := client.Location.Create().SetSource("test").SetExternalID(name).SetName(name).SetVisibility(location.Visibility(l.location)).SaveX(ctx)
	a := client.ServiceAtLocation.Create().SetSource("test").SetExternalID(name).SetServiceID(s.ID).SetLocationID(p.ID).SetDescription(name).
		SetVisibility(serviceatlocation.Visibility(l.place)).SaveX(ctx)
	client.Schedule.Create().SetSource("test").SetExternalID(name).SetServiceID(s.ID).SetServiceAtLocationID(a.ID).SetDescription(name).
		SetVisibility(schedule.Visibility(l.time)).SaveX(ctx)
}

// TestStrangersSeeWhatIsPublicAllTheWayUp makes all 243 combinations of visibility and reads each table as a stranger.
func TestStrangersSeeWhatIsPublicAllTheWayUp(t *testing.T) {
	w := storetest.New(t)
	platform := w.Platform(w.Walton)
	all := []string{"PUBLIC", "STAFF", "RESTRICTED"}
	want := map[string]map[string]bool{"organisations": {}, "services": {}, "locations": {}, "service_at_locations": {}, "schedules": {}}
	err := w.Store.Tx(platform, func(ctx context.Context) error {
		for i := range 243 {
			l := listing{all[i%3], all[i/3%3], all[i/9%3], all[i/27%3], all[i/81%3]}
			l.make(t, ctx, w.Store.Client(ctx))
			want["organisations"][l.String()] = l.organisation == "PUBLIC"
			want["services"][l.String()] = l.organisation == "PUBLIC" && l.service == "PUBLIC"
			want["locations"][l.String()] = l.location == "PUBLIC"
			placed := want["services"][l.String()] && l.location == "PUBLIC" && l.place == "PUBLIC"
			want["service_at_locations"][l.String()] = placed
			want["schedules"][l.String()] = placed && l.time == "PUBLIC"
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := stranger(w, w.Walton)
	for table, shown := range want {
		found, err := store.Collect(ctx, w.Store, pgx.RowTo[string], "select external_id from "+table+" where hub_id = $1", w.Walton.ID)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, id := range found {
			seen[id] = true
		}
		for id, visible := range shown {
			if seen[id] != visible {
				t.Errorf("%s %s: shown %t, want %t", table, id, seen[id], visible)
			}
		}
	}
	if n := w.Store.Client(ctx).Service.Query().CountX(ctx); n != 27 {
		t.Errorf("Ent shows %d services, want 27", n)
	}
	for _, elsewhere := range []viewer.Hub{w.Southport, w.Elsewhere} {
		found, err := store.Collect(stranger(w, elsewhere), w.Store, pgx.RowTo[uuid.UUID], "select id from services where hub_id = $1", w.Walton.ID)
		if err != nil || len(found) > 0 {
			t.Errorf("a stranger at %s sees %d services of Walton (%v)", elsewhere.Slug, len(found), err)
		}
	}

	// What is retired is not shown, whatever it was.
	w.Store.Client(platform).Organisation.Update().SetRetiredAt(time.Now()).ExecX(platform)
	if n := w.Store.Client(ctx).Service.Query().CountX(ctx); n != 0 {
		t.Errorf("%d services of retired organisations are shown", n)
	}
}

func TestStrangersReadNothingElseAndChangeNothing(t *testing.T) {
	w := storetest.New(t)
	platform := w.Platform(w.Walton)
	listing{"PUBLIC", "PUBLIC", "PUBLIC", "PUBLIC", "PUBLIC"}.make(t, platform, w.Store.Client(platform))
	w.Store.Client(platform).Person.Create().SetMemberNumber("W1").SetGivenName("Doreen").SetFamilyName("Lathom").ExecX(platform)
	ctx := stranger(w, w.Walton)
	public := store.PublicTables()
	for table := range store.Tables() {
		_, err := store.Collect(ctx, w.Store, pgx.RowTo[int64], "select count(*) from "+table)
		if public[table] != (err == nil) {
			t.Errorf("a stranger reads %s: %v", table, err)
		}
	}
	if _, err := w.Store.Client(ctx).Person.Query().Count(ctx); err == nil {
		t.Error("Ent counts people for a stranger")
	}
	if err := w.Store.Client(ctx).Service.Update().SetName("Mine").Exec(ctx); !problem.Is(err, problem.Forbidden) {
		t.Errorf("Ent changes services for a stranger: %v", err)
	}
	for _, statement := range []string{
		"update services set name = 'Mine' where hub_id = $1",
		"delete from schedules where hub_id = $1",
		"insert into needs (id, hub_id, code, name) values (gen_random_uuid(), $1, 'x', 'X')",
	} {
		if _, err := w.Store.Exec(ctx, statement, w.Walton.ID); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// The role lasts as long as the transaction: the same connections serve staff next.
	for range 20 {
		if n := w.Store.Client(platform).Person.Query().CountX(platform); n != 1 {
			t.Fatalf("the platform sees %d people", n)
		}
		if n := w.Store.Client(ctx).Service.Query().CountX(ctx); n != 1 {
			t.Fatalf("a stranger sees %d services", n)
		}
	}
	if _, err := w.Store.Client(ctx).Service.Query().Count(viewer.NewContext(ctx, &viewer.Viewer{Kind: viewer.Public})); err == nil {
		t.Error("a stranger at no hub reads services")
	}
}

func TestOnlyLiveHubsAreOpen(t *testing.T) {
	w := storetest.New(t)
	for state, open := range map[string]int{"LIVE": 1, "SUSPENDED": 0, "ARCHIVED": 0, "REQUESTED": 0, "PROVISIONING": 0, "FAILED": 0} {
		w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, "update hubs set state = $1 where slug = 'walton'", state); err != nil {
				t.Fatal(err)
			}
		})
		hubs, err := w.Store.LiveHubs(context.Background(), "walton")
		if err != nil || len(hubs) != open {
			t.Errorf("%s: %d hubs are open (%v), want %d", state, len(hubs), err, open)
		}
		if open == 1 && (hubs[0].HubID != w.Walton.ID || hubs[0].TrustODS != "ZZ1" || hubs[0].Name != "Life Rooms walton") {
			t.Errorf("%+v", hubs[0])
		}
	}
}

// TestMigrationsSayWhichRoleIsMissing runs them as an owner that may not make roles, in a cluster that lacks the public one.
func TestMigrationsSayWhichRoleIsMissing(t *testing.T) {
	w := storetest.New(t)
	w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		tx, err := conn.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(ctx) }() // nothing of it is kept
		sql, err := migrate.Migrations.ReadFile("migrations/20261124233400_public_catalogue.sql")
		if err != nil {
			t.Fatal(err)
		}
		block, _, found := strings.Cut(string(sql), "grant usage on schema public")
		if !found {
			t.Fatal("the migration does not begin with its role")
		}
		// Another name for the role, which nobody has made, and a role that may make none.
		block = strings.ReplaceAll(block, "liferooms_public", "liferooms_strangers")
		for _, statement := range []string{"create role liferooms_weak nologin nocreaterole", "grant liferooms_weak to current_user", "set local role liferooms_weak"} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				t.Fatal(statement, err)
			}
		}
		_, err = tx.Exec(ctx, block)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Hint != "as a superuser: create role liferooms_strangers nologin noinherit; grant liferooms_strangers to liferooms_app" {
			t.Errorf("%v", err)
		}
	})
}
