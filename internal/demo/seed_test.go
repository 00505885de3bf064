package demo

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/devprovider"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// seeded is a database with the demo in it.
type seeded struct {
	t     *testing.T
	store *store.Store
	log   *audit.Log
	owner *pgx.Conn
}

func seedAt(t *testing.T, now time.Time, baseURL string) *seeded {
	t.Helper()
	db := storetest.Empty(t)
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{URL: db.URL(store.ServerRole), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	log := audit.New(s)
	t.Cleanup(log.Close)
	owner, err := pgx.Connect(ctx, db.URL(store.OwnerRole))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(ctx) }) // the database is dropped
	one := &seeded{t, s, log, owner}
	one.seed(now, baseURL)
	return one
}

func (s *seeded) seed(now time.Time, baseURL string) {
	s.t.Helper()
	var providers []Provider
	for _, set := range devprovider.IdentityProviders(baseURL, "http://localhost:3000") {
		providers = append(providers, Provider(set))
	}
	if err := Seed(context.Background(), s.store, s.log, providers, now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *seeded) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.owner.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// content is a digest of every row but those of sign-in.
func (s *seeded) content() (digest string) {
	s.t.Helper()
	for _, table := range slices.Sorted(maps.Keys(store.Tables())) {
		var part string
		err := s.owner.QueryRow(context.Background(), "select coalesce(md5(string_agg(r::text, '|' order by r::text)), '') from "+table+" r").Scan(&part)
		if err != nil {
			s.t.Fatal(err)
		}
		digest += table + " " + part + "\n"
	}
	return digest
}

func TestSeedTellsItsStories(t *testing.T) {
	now := time.Date(2026, 6, 3, 11, 30, 0, 0, time.UTC) // a Wednesday, half past twelve in Walton
	s := seedAt(t, now, "http://localhost:8081")
	walton := "(select id from hubs where slug = 'walton')"
	for _, one := range []struct {
		what, sql string
		least     int
		most      int
	}{
		{"trusts", "select count(*) from trusts", 2, 2},
		{"hubs", "select count(*) from hubs", 3, 3},
		{"sign-in services", "select count(*) from identity_providers", 2, 2},
		{"people of Walton", "select count(*) from persons where hub_id = " + walton, 60, 60},
		{"people of Southport", "select count(*) from persons where hub_id = (select id from hubs where slug = 'southport')", 25, 25},
		{"people elsewhere", "select count(*) from persons where hub_id = (select id from hubs where slug = 'elsewhere')", 0, 0},
		{"needs of Walton", "select count(*) from needs where hub_id = " + walton, len(Needs), len(Needs)},
		{"partners of Walton", "select count(*) from organisations where hub_id = " + walton, 64, 64},
		{"services of Walton", "select count(*) from services where hub_id = " + walton, 124, 124},
		{"services with a need", "select count(distinct service_id) from service_needs where hub_id = " + walton, 100, 124},
		{"visits of Walton", "select count(*) from visits where hub_id = " + walton, 250, 700},
		{"anonymous visits", "select count(*) from visits where person_id is null and hub_id = " + walton, 50, 400},
		{"visits today", "select count(*) from visits where arrived_on = '2026-06-03' and hub_id = " + walton, 8, 8},
		{"people waiting", "select count(*) from visits where state = 'WAITING' and arrived_on = '2026-06-03' and hub_id = " + walton, 3, 3},
		{"open visits of other days", "select count(*) from visits where left_at is null and arrived_on <> '2026-06-03'", 0, 0},
		{"visits in the future", "select count(*) from visits where arrived_at > $1 or left_at > $1", 0, 0},
		{"visits outside opening hours", `select count(*) from visits where hub_id = ` + walton + ` and extract(hour from arrived_at at time zone 'Europe/London') not between 9 and 19`, 0, 0},
		{"the Seans here today", "select count(*) from visits v join persons p on p.id = v.person_id where p.given_name = 'Sean' and v.left_at is null", 0, 0},
		{"conversations", "select count(*) from conversations where hub_id = " + walton, 30, 400},
		{"conversations still open", "select count(*) from conversations where ended_at is null", 0, 0},
		{"amir's follow-ups that are due", `select count(*) from signposts s join staff_users u on u.id = s.created_by_id
			where u.subject = 'amir' and u.issuer = 'http://localhost:8081/mersey' and s.followed_up_at is null and s.follow_up_on <= '2026-06-03'`, 6, 60},
		{"follow-ups that were answered", "select count(*) from signposts where followed_up_at is not null", 1, 400},
		{"NHS numbers outside the test range", "select count(*) from persons where nhs_number not like '999%'", 0, 0},
		{"people with a need for access", "select count(distinct person_id) from access_needs where hub_id = " + walton, 5, 40},
	} {
		var args []any
		if one.what == "visits in the future" {
			args = append(args, now)
		}
		if n := s.count(one.sql, args...); n < one.least || n > one.most {
			t.Errorf("%s: %d, want %d to %d", one.what, n, one.least, one.most)
		}
	}
	rows, err := s.owner.Query(context.Background(), "select nhs_number from persons where nhs_number is not null")
	if err != nil {
		t.Fatal(err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(numbers) == 0 {
		t.Fatal(len(numbers), err)
	}
	for _, n := range numbers {
		if _, ok := person.NHSNumber(n); !ok {
			t.Errorf("the NHS number %s is not valid", n)
		}
	}
}

func TestTwoAnswerToSeanM(t *testing.T) {
	s := seedAt(t, time.Now(), "http://localhost:8081")
	hubs, err := s.store.AllHubs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hubs {
		if h.Slug != Walton {
			continue
		}
		ctx := viewer.NewContext(context.Background(), viewer.ForPlatform(h.TrustID, viewer.Hub{ID: h.HubID, Slug: h.Slug}))
		for _, typed := range []string{"Sean M", "sean m", "Sean"} {
			found, err := person.New(s.store, s.log).Search(ctx, typed, paging.Args{Size: 25})
			if err != nil || len(found) != 2 {
				t.Errorf("%q finds %d, %v", typed, len(found), err)
			}
		}
	}
	murphy := s.count(`select count(*) from persons p join access_needs a on a.person_id = p.id
		where p.family_name = 'Murphy' and p.date_of_birth = '1984-03-12' and a.code = 'BSL_INTERPRETER'`)
	mccarthy := s.count(`select count(*) from persons p where p.family_name = 'McCarthy' and p.date_of_birth = '1951-07-30'
		and not exists (select from access_needs a where a.person_id = p.id)`)
	if murphy != 1 || mccarthy != 1 {
		t.Errorf("Sean Murphy %d, Sean McCarthy %d, want 1 and 1", murphy, mccarthy)
	}
}

func TestSeedAgainChangesNothing(t *testing.T) {
	s := seedAt(t, time.Now(), "http://localhost:8081")
	before := s.content()
	s.seed(time.Now().AddDate(0, 0, 3), "http://localhost:8081")
	if s.content() != before {
		t.Error("the second seed changed something")
	}
	s.seed(time.Now(), "http://localhost:9999")
	if n := s.count("select count(*) from staff_users where issuer = 'http://localhost:9999/mersey' and subject = 'amir'"); n != 1 {
		t.Errorf("%d amirs followed the sign-in service to its new address", n)
	}
	if n := s.count("select count(*) from identity_providers"); n != 2 {
		t.Errorf("%d sign-in services after a move", n)
	}
}

// At any hour there are people waiting, and the clock that closes the day leaves them.
func TestSeedAtAnyHour(t *testing.T) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []time.Time{
		time.Date(2026, 6, 7, 0, 0, 30, 0, zone),    // Sunday, half a minute after midnight
		time.Date(2026, 3, 29, 3, 30, 0, 0, zone),   // the morning of the day that lacks an hour
		time.Date(2026, 6, 3, 17, 5, 0, 0, zone),    // just closed
		time.Date(2026, 12, 31, 23, 59, 0, 0, zone), // the year's last minute
	} {
		p := &past{dice: dice("test"), now: now}
		p.clock.Zone, p.clock.Hours = zone, trusts[0].hubs[0].hours
		p.people = make([]*ent.Person, 60)
		for i := range p.people {
			p.people[i] = &ent.Person{ID: uuid.New()}
		}
		if err := p.tell(); err != nil {
			t.Fatal(err)
		}
		today, waiting := p.clock.Day(now), 0
		for _, v := range p.visits {
			if v.ArrivedAt.After(now) || !p.clock.Day(v.ArrivedAt).Equal(v.ArrivedOn) || v.LeftAt != nil && (v.LeftAt.After(now) || v.LeftAt.Before(v.ArrivedAt)) {
				t.Errorf("at %s: arrived %s on %s, left %s", now, v.ArrivedAt, v.ArrivedOn, v.LeftAt)
			}
			if v.LeftAt == nil && v.ArrivedOn.Equal(today) && v.State == "WAITING" {
				waiting++
			}
		}
		if waiting != 3 {
			t.Errorf("at %s: %d wait", now, waiting)
		}
	}
}

// TestTheRefugeIsHidden: its address is in the hub's catalogue and the public sees none of it.
func TestTheRefugeIsHidden(t *testing.T) {
	s := seedAt(t, time.Date(2026, 3, 27, 9, 0, 0, 0, time.UTC), "http://localhost:9998")
	if n := s.count("select count(*) from locations where name = $1 and visibility = 'RESTRICTED' and postcode <> ''", refuge); n != 1 {
		t.Errorf("%d refuges are in the catalogue", n)
	}
	hubs, err := s.store.LiveHubs(context.Background(), Walton)
	if err != nil || len(hubs) != 1 {
		t.Fatal(len(hubs), err)
	}
	ctx := viewer.NewContext(context.Background(), viewer.ForPublic(hubs[0].TrustID, viewer.Hub{ID: hubs[0].HubID, Slug: Walton}))
	if n := s.store.Client(ctx).Location.Query().CountX(ctx); n != 63 {
		t.Errorf("the public sees %d places, want all but one of 64", n)
	}
}
