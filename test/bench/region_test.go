package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"liferooms.io/liferooms/internal/postgres"
	"liferooms.io/liferooms/internal/postgres/pgtest"
	"liferooms.io/liferooms/internal/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var someDay = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

// oneHub is a region small enough for a test.
func oneHub() region { return newRegion(1, someDay) }

// TestRegionFitsTheSchema loads a hub past nothing: every key, check and trigger holds, and each operation's SQL finds rows.
func TestRegionFitsTheSchema(t *testing.T) {
	ctx := t.Context()
	name := new(pgtest.Template).Database(t)
	if err := store.Prepare(ctx, name.URL(postgres.Superuser)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Migrate(ctx, name.URL(store.OwnerRole)); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, name.URL(postgres.Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	r := oneHub()
	if err := pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return r.fill(ctx, c.Conn()) }); err != nil {
		t.Fatal(err)
	}

	d := &database{name: name.Name, admin: pool, region: r}
	day, err := d.freshen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var persons, services, today int
	const counts = `select (select count(*) from persons), (select count(*) from services where hand_search <> ''), (select count(*) from visits where arrived_on = $1)`
	if err := pool.QueryRow(ctx, counts, day).Scan(&persons, &services, &today); err != nil {
		t.Fatal(err)
	}
	if got, want := []int{persons, services, today}, []int{peoplePerHub, servicesPerHub, visitsToday}; !cmp.Equal(got, want) {
		t.Errorf("people, searchable services and visits of the day: %v, want %v", got, want)
	}
	all, err := operations(r, day)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if o.again != nil {
			o.again()
		}
		found := 0
		if err := o.plain(ctx, pool, request{person: visitsToday, words: forms[0], mutation: 1}, func(string) { found++ }); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
		if found == 0 {
			t.Errorf("%s finds nothing", o.name)
		}
	}
	if err := d.undo(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := pool.Query(ctx, "select count(*) from visits where client_mutation_id is not null union all select count(*) from audit_events")
	if err != nil {
		t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || !cmp.Equal(left, []int{0, 0}) {
		t.Errorf("check-ins and audit events after undo: %v, %v", left, err)
	}
}

func TestRegionIsTheSameEachTime(t *testing.T) {
	first := map[string][]any{}
	for _, table := range oneHub().tables() {
		for row := range table.rows {
			first[table.name] = row
			break
		}
	}
	for _, table := range oneHub().tables() {
		for row := range table.rows {
			if diff := cmp.Diff(first[table.name], row, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("%s: %s", table.name, diff)
			}
			break
		}
	}
}

func TestIDsAreVersion7AndDiffer(t *testing.T) {
	one, other := id(someDay, kindVisit, 1), id(someDay, kindVisit, 2)
	if one.Version() != 7 || one == other || one == id(someDay, kindPerson, 1) || one != id(someDay, kindVisit, 1) {
		t.Errorf("%s (version %d) and %s", one, one.Version(), other)
	}
	if sec, nsec := one.Time().UnixTime(); sec != someDay.Unix() || nsec != 0 {
		t.Errorf("%s holds %d.%09d, want %d", one, sec, nsec, someDay.Unix())
	}
}

func TestEachPersonIsCheckedInOnce(t *testing.T) {
	a := &arrivals{region: oneHub()}
	if _, err := a.next(nil); err != errSpent {
		t.Fatalf("before again: %v, want %v", err, errSpent)
	}
	for range 2 {
		a.again()
		seen := map[int]bool{}
		for {
			q, err := a.next(nil)
			if err != nil {
				break
			}
			if seen[q.person] || q.person < visitsToday || q.person >= peoplePerHub {
				t.Fatalf("person %d, who had their turn: %v", q.person, seen[q.person])
			}
			seen[q.person] = true
		}
		if len(seen) != peoplePerHub-visitsToday {
			t.Errorf("%d people had their turn, want %d", len(seen), peoplePerHub-visitsToday)
		}
	}
}

func TestTestNHSNumbers(t *testing.T) {
	// Worked by hand for 999000000: 9×10+9×9+9×8 = 243, 243 mod 11 = 1, 11−1 = 10 is no check digit; 999000001: 245, 3, 8.
	if got := testNHSNumber(0); got != "9990000018" {
		t.Errorf("got %s", got)
	}
}
