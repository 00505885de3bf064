package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
)

func execAsOwner(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func collect[T any](t *testing.T, w *storetest.World, to pgx.RowToFunc[T], sql string, args ...any) []T {
	t.Helper()
	var all []T
	w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		rows, err := conn.Query(ctx, sql, args...)
		if err != nil {
			t.Fatal(err)
		}
		if all, err = pgx.CollectRows(rows, to); err != nil {
			t.Fatal(err)
		}
	})
	return all
}

// TestEveryTableIsBehindItsWalls is the fourth wall: a table that lacks one of the others fails the build.
func TestEveryTableIsBehindItsWalls(t *testing.T) {
	w := storetest.New(t)
	known := store.Tables()
	for _, table := range migrate.Tables {
		if known[table.Name] == "" {
			t.Errorf("%s is on no list of internal/store/scope.go", table.Name)
		}
	}
	if len(known) != len(migrate.Tables) {
		t.Errorf("internal/store lists %d tables, the schema has %d", len(known), len(migrate.Tables))
	}

	type wall struct {
		Enabled, Forced bool
		Policies        []string
	}
	for table, scope := range known {
		if scope == "platform" {
			continue
		}
		found := collect(t, w, pgx.RowToStructByPos[wall], `
			select relrowsecurity, relforcerowsecurity,
			       array(select coalesce(pg_get_expr(polqual, polrelid), '') || ' | ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
			             from pg_policy where polrelid = c.oid and polroles = '{0}')
			from pg_class c where oid = $1::regclass`, table)[0]
		if !found.Enabled || !found.Forced {
			t.Errorf("%s: row-level security is not forced", table)
		}
		if len(found.Policies) != 1 {
			t.Errorf("%s has %d policies for everybody, want 1", table, len(found.Policies))
			continue
		}
		setting := "app_" + map[string]string{"hub": "hubs", "trust": "trust"}[scope] + "()"
		using, check, _ := strings.Cut(found.Policies[0], " | ")
		if !strings.Contains(using, setting) || using != check {
			t.Errorf("%s: policy %q does not hold reads and writes alike to %s", table, found.Policies[0], setting)
		}

		column := map[string]string{"hub": "hub_id", "trust": "trust_id"}[scope]
		if table == "trusts" { // a trust is its own scope
			continue
		}
		for _, index := range collect(t, w, pgx.RowTo[string], `
			select i.relname from pg_index x join pg_class i on i.oid = x.indexrelid
			where x.indrelid = $1::regclass and x.indisunique and not x.indisprimary
			  and (select attname from pg_attribute where attrelid = x.indrelid and attnum = x.indkey[0]) <> $2`, table, column) {
			t.Errorf("%s: the unique index %s does not begin with %s, so it tells one tenant of another's rows", table, index, column)
		}

		// Every column that names another row is held to the same tenant by a composite key.
		for _, loose := range collect(t, w, pgx.RowTo[string], `
			select a.attname from pg_attribute a
			where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
			  and a.attname like '%\_id' and a.attname not in ('trust_id', 'hub_id')
			  and not exists (
			    select from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'f'
			      and a.attnum = any (k.conkey) and cardinality(k.conkey) = 2
			      and (select attname from pg_attribute where attrelid = a.attrelid and attnum = k.conkey[1]) in ('trust_id', 'hub_id'))
			order by 1`, table) {
			// An audit row outlives what it is about.
			if table == "audit_events" && slices.Contains([]string{"subject_id", "person_id"}, loose) {
				continue
			}
			t.Errorf("%s.%s is held by no composite foreign key", table, loose)
		}
	}
}

// TestTheAppsRoleOwnsNothing: the role that serves has no more rights than it needs.
func TestTheAppsRoleOwnsNothing(t *testing.T) {
	w := storetest.New(t)
	if n := w.Count(t, `select count(*) from pg_class where pg_get_userbyid(relowner) in ('liferooms_app', 'liferooms_server')`); n != 0 {
		t.Errorf("the app's roles own %d relations", n)
	}
	for _, grant := range collect(t, w, pgx.RowTo[string], `
		select table_name || ' ' || privilege_type from information_schema.role_table_grants
		where grantee in ('liferooms_app', 'PUBLIC') and table_schema in ('public', 'river')
		  and (privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
		       or table_name = 'audit_events' and privilege_type in ('UPDATE', 'DELETE')
		       or table_name = 'river_notification'
		       or table_name = 'hand_migrations' and privilege_type <> 'SELECT')`) {
		t.Errorf("too much is granted: %s", grant)
	}
	definer := collect(t, w, pgx.RowTo[string], `
		select proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
		where n.nspname = 'public' and prosecdef order by 1`)
	if want := store.DefinerFunctions; !slices.Equal(definer, want) {
		t.Errorf("functions with the owner's rights: %v, the list says %v", definer, want)
	}
	if n := w.Count(t, `select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
		where n.nspname = 'public' and prosecdef and has_function_privilege('public', p.oid, 'execute')`); n != 0 {
		t.Errorf("everybody may call %d functions with the owner's rights", n)
	}
}
