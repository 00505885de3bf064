package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// operation is one thing that the app asks for, by the API and by hand-written SQL for the same rows.
type operation struct {
	name string
	// target is the share of plain SQL's requests per second that the API must reach with 16 clients, and bareTarget that
	// of the bare server's.
	target, bareTarget float64
	// staff is who asks, in each hub.
	staff    int
	document string
	// choose picks what to ask for; errSpent where there is nothing left.
	choose func(*rand.Rand) (request, error)
	// variables appends those of the document, as JSON.
	variables func([]byte, request) []byte
	// plain runs the SQL and scans every row; see, where it is not nil, is told what is in them.
	plain func(ctx context.Context, pool *pgxpool.Pool, r request, see func(string)) error
	// rows gives the same of the API's answer.
	rows func(data []byte) ([]string, error)
	// again makes the choices begin again, after what a spell wrote was undone; nil where nothing is written.
	again func()

	head []byte // of a request's body, up to the variables

	// peerBody and peerRows are body and rows for PostGraphile, where it is measured.
	peerBody func([]byte, request) []byte
	peerRows func(data []byte) ([]string, error)
}

// request is one choice of what to ask for.
type request struct {
	hub      int
	person   int
	words    string
	need     int
	mutation uint64
}

func operations(r region, day time.Time) ([]*operation, error) {
	arrivals := &arrivals{region: r}
	all := declare(r, day, arrivals)
	for _, o := range all {
		document, err := json.Marshal(o.document)
		if err != nil {
			return nil, err
		}
		o.head = fmt.Appendf(nil, `{"query":%s,"variables":`, document)
	}
	return all, nil
}

func declare(r region, day time.Time, arrivals *arrivals) []*operation {
	anyHub := func(rng *rand.Rand) int { return rng.IntN(r.among) }
	return []*operation{
		{
			name:   "person",
			target: 0.18, bareTarget: 0.8,
			staff: firstAdvisor,
			document: `query Person($hub: String!, $id: ID!) { hub(slug: $hub) { person(id: $id) {
				id memberNumber givenName familyName displayName pronouns dateOfBirth phone safeContact
				accessNeeds { id code note }
				visits(first: 10) {
					nodes { id state arrivedAt leftAt need { id name } conversation { id startedAt needs { id name } } }
					pageInfo { hasNextPage endCursor }
				}
			} } }`,
			choose: func(rng *rand.Rand) (request, error) {
				return request{hub: anyHub(rng), person: rng.IntN(peoplePerHub)}, nil
			},
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"hub":"%s","id":"%s"}`, r.slug(q.hub), r.person(q.hub, q.person))
			},
			plain: r.plainPerson,
			rows:  ids,
		},
		{
			name:   "list",
			target: 0.26, bareTarget: 0.9,
			staff: receptionist,
			document: `query Today($hub: String!, $on: Date!) { hub(slug: $hub) { visits(on: $on, first: 50) {
				nodes { id state arrivedAt anonymous person { id displayName } need { id name } advisor { id name } }
				pageInfo { hasNextPage endCursor }
			} } }`,
			choose: func(rng *rand.Rand) (request, error) { return request{hub: anyHub(rng)}, nil },
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"hub":"%s","on":"%s"}`, r.slug(q.hub), day.Format(time.DateOnly))
			},
			plain: func(ctx context.Context, pool *pgxpool.Pool, q request, see func(string)) error {
				return r.plainList(ctx, pool, q, day, see)
			},
			rows: ids,
		},
		{
			name:   "search",
			target: 0.33, bareTarget: 0.9,
			staff: firstAdvisor,
			document: `query Search($hub: String!, $text: String!, $need: String!) { hub(slug: $hub) { services(filter: {text: $text, needs: [$need]}, first: 10) {
				nodes { id name description free organisation { id name phone } nextSessions(first: 3) { startsAt endsAt } }
				pageInfo { hasNextPage endCursor }
			} } }`,
			choose: func(rng *rand.Rand) (request, error) {
				return request{hub: anyHub(rng), words: forms[rng.IntN(len(forms))], need: rng.IntN(len(needs))}, nil
			},
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"hub":"%s","text":"%s","need":"%s"}`, r.slug(q.hub), q.words, needs[q.need].code)
			},
			plain: r.plainSearch,
			rows:  ids,
		},
		{
			name:   "weeks",
			target: 0.73, bareTarget: 0.9,
			staff: manager,
			document: `query Weeks($hub: String!, $from: Date!, $to: Date!) { hub(slug: $hub) { visitsByWeek(from: $from, to: $to) {
				week visits need { id name }
			} } }`,
			choose: func(rng *rand.Rand) (request, error) { return request{hub: anyHub(rng)}, nil },
			variables: func(b []byte, q request) []byte {
				from, end := year(r.last)
				return fmt.Appendf(b, `{"hub":"%s","from":"%s","to":"%s"}`, r.slug(q.hub), from.Format(time.DateOnly), end.AddDate(0, 0, -1).Format(time.DateOnly))
			},
			plain: r.plainWeeks,
			rows:  weeks,
		},
		{
			name:   "checkin",
			target: 0.31, bareTarget: 0.85,
			staff: receptionist,
			document: `mutation CheckIn($input: CheckInInput!) { checkIn(input: $input) {
				visit { id state arrivedAt } alreadyHere userErrors { code field message }
			} }`,
			choose: arrivals.next,
			variables: func(b []byte, q request) []byte {
				return fmt.Appendf(b, `{"input":{"hub":"%s","clientMutationId":"api-%d","personId":"%s","need":"%s"}}`,
					r.slug(q.hub), q.mutation, r.person(q.hub, q.person), needs[q.need].code)
			},
			plain: func(ctx context.Context, pool *pgxpool.Pool, q request, see func(string)) error {
				return r.plainCheckIn(ctx, pool, q, day, see)
			},
			rows:  checkedIn,
			again: arrivals.again,
		},
	}
}

// arrivals goes through everybody who is not at their hub yet, hub by hub in turn, each once until again is called.
type arrivals struct {
	region  region
	given   atomic.Uint64
	allowed atomic.Uint64
}

func (a *arrivals) next(*rand.Rand) (request, error) {
	n := a.given.Add(1)
	if n > a.allowed.Load() {
		return request{}, errSpent
	}
	hubs := uint64(a.region.among)
	return request{
		hub:      int(n % hubs),
		person:   visitsToday + int(n/hubs%(peoplePerHub-visitsToday)),
		need:     int(n) % len(needs),
		mutation: n,
	}, nil
}

func (a *arrivals) again() {
	a.allowed.Store(a.given.Load() + uint64(a.region.among*(peoplePerHub-visitsToday)))
}

// year is the 52 whole weeks before the last day: from the first Monday, to the Monday after the last Sunday.
func year(last time.Time) (from, end time.Time) {
	end = last.AddDate(0, 0, -(int(last.Weekday())+6)%7)
	return end.AddDate(0, 0, -52*7), end
}

// body appends a whole GraphQL request. The bare server takes its variables alone.
func (o *operation) body(b []byte, r request) []byte {
	return append(o.variables(append(b, o.head...), r), '}')
}

// ids collects every "id" of an answer.
func ids(data []byte) ([]string, error) {
	var found []string
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.Token()
		if token == nil && err != nil {
			return found, nil // the end: what is not JSON was refused before
		}
		if token != "id" {
			continue
		}
		if value, err := decoder.Token(); err == nil {
			if text, ok := value.(string); ok {
				found = append(found, text)
			}
		}
	}
}

func weeks(data []byte) ([]string, error) {
	var answer struct {
		Data struct {
			Hub struct {
				VisitsByWeek []struct {
					Week   string
					Visits int
					Need   *struct{ Name string }
				}
			}
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	var found []string
	for _, w := range answer.Data.Hub.VisitsByWeek {
		name := ""
		if w.Need != nil {
			name = w.Need.Name
		}
		found = append(found, weekRow(w.Week, name, w.Visits))
	}
	return found, nil
}

func weekRow(week, need string, visits int) string {
	return week + " " + need + " " + strconv.Itoa(visits)
}

// checkedIn says that a visit was made, for the ids differ between the API's visit and that of the SQL.
func checkedIn(data []byte) ([]string, error) {
	var answer struct {
		Data struct {
			CheckIn struct {
				Visit       *struct{ State string }
				AlreadyHere bool
				UserErrors  []struct{ Message string }
			}
		}
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, err
	}
	c := answer.Data.CheckIn
	if c.Visit == nil || c.AlreadyHere || len(c.UserErrors) > 0 {
		return nil, fmt.Errorf("not checked in: %s", data)
	}
	return []string{c.Visit.State}, nil
}

const personSQL = `
	select p.id, p.member_number, p.given_name, p.family_name, p.preferred_name, p.pronouns, p.date_of_birth, p.phone, p.safe_contact,
	       v.id, v.state, v.arrived_at, v.left_at, n.id, n.name, c.id, c.started_at, f.id, f.name
	from persons p
	left join lateral (
	  select v.id, v.state, v.arrived_at, v.left_at, v.need_id from visits v
	  where v.hub_id = $1 and v.person_id = p.id order by v.arrived_at desc, v.id desc limit 11
	) v on true
	left join needs n on n.hub_id = $1 and n.id = v.need_id
	left join conversations c on c.hub_id = $1 and c.visit_id = v.id
	left join conversation_needs cn on cn.hub_id = $1 and cn.conversation_id = c.id
	left join needs f on f.hub_id = $1 and f.id = cn.need_id
	where p.hub_id = $1 and p.id = $2
	order by v.arrived_at desc, v.id desc`

const accessNeedsSQL = `select id, code, note from access_needs where hub_id = $1 and person_id = $2`

// plainPerson reads in one round trip.
func (r region) plainPerson(ctx context.Context, pool *pgxpool.Pool, q request, see func(string)) error {
	hub, person := key(r.hub(q.hub)), key(r.person(q.hub, q.person))
	var b pgx.Batch
	b.Queue(personSQL, hub, person).Query(func(rows pgx.Rows) error { return scanPerson(rows, see) })
	b.Queue(accessNeedsSQL, hub, person).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id key
			var code string
			var note *string
			if err := rows.Scan(&id, &code, &note); err != nil {
				return err
			}
			tell(see, id)
		}
		return rows.Err()
	})
	return pool.SendBatch(ctx, &b).Close()
}

func scanPerson(rows pgx.Rows, see func(string)) error {
	var person struct {
		id                             key
		number, given, family, contact string
		preferred, pronouns, phone     *string
		born                           *time.Time
	}
	var visit struct {
		id            *key
		state         *string
		arrived, left *time.Time
	}
	var need, found struct {
		id   *key
		name *string
	}
	var conversation struct {
		id      *key
		started *time.Time
	}
	var last key
	visits := 0
	for rows.Next() {
		if err := rows.Scan(&person.id, &person.number, &person.given, &person.family, &person.preferred, &person.pronouns, &person.born, &person.phone, &person.contact,
			&visit.id, &visit.state, &visit.arrived, &visit.left, &need.id, &need.name,
			&conversation.id, &conversation.started, &found.id, &found.name); err != nil {
			return err
		}
		if see == nil {
			continue
		}
		if last == (key{}) && visits == 0 {
			tell(see, person.id)
		}
		if visit.id != nil && *visit.id != last {
			last = *visit.id
			if visits++; visits <= 10 {
				tell(see, *visit.id, need.id, conversation.id)
			}
		}
		if visits <= 10 {
			tell(see, found.id)
		}
	}
	return rows.Err()
}

// key is a UUID as pgx knows it by itself: a uuid.UUID it takes for text, both ways.
type key = [16]byte

// tell passes on those ids that there are.
func tell(see func(string), ids ...any) {
	if see == nil {
		return
	}
	for _, one := range ids {
		switch id := one.(type) {
		case key:
			see(uuid.UUID(id).String())
		case *key:
			if id != nil {
				see(uuid.UUID(*id).String())
			}
		}
	}
}

const listSQL = `
	select v.id, v.state, v.arrived_at, p.id, p.given_name, p.family_name, p.preferred_name, n.id, n.name, s.id, s.name
	from (
	  select v.id, v.state, v.arrived_at, v.person_id, v.need_id, v.advisor_id from visits v
	  where v.hub_id = $1 and v.arrived_on = $2 order by v.arrived_at desc, v.id desc limit 51
	) v
	left join persons p on p.hub_id = $1 and p.id = v.person_id
	left join needs n on n.hub_id = $1 and n.id = v.need_id
	left join staff_users s on s.trust_id = $3 and s.id = v.advisor_id
	order by v.arrived_at desc, v.id desc`

func (r region) plainList(ctx context.Context, pool *pgxpool.Pool, q request, day time.Time, see func(string)) error {
	rows, err := pool.Query(ctx, listSQL, key(r.hub(q.hub)), day, key(r.trust))
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		var id key
		var state string
		var arrived time.Time
		var person, need, advisor *key
		var given, family, preferred, name, staff *string
		if err := rows.Scan(&id, &state, &arrived, &person, &given, &family, &preferred, &need, &name, &advisor, &staff); err != nil {
			return err
		}
		if n < 50 {
			tell(see, id, person, need, advisor)
		}
	}
	return rows.Err()
}

// searchSQL finds and ranks as find_services does (ent/migrate/migrations), for one whole or unfinished word.
const searchSQL = `
	with wanted as materialized (
	  select websearch_to_tsquery('life_rooms', $2) || to_tsquery('life_rooms_words', $2 || ':*') || to_tsquery('life_rooms', $2 || ':*') as q
	), found as (
	  select s.id, s.name, s.description, s.free, s.organisation_id,
	         - (ts_rank_cd(s.hand_search, q) + case when ts_filter(s.hand_search, '{a}') @@ q then 10 else 0 end)::float8 as standing, fold(s.name) as sort_name
	  from services s, wanted
	  where s.hub_id = $1 and s.hand_search @@ q and s.status = 'ACTIVE' and s.retired_at is null
	    and exists (select from service_needs sn join needs n on n.hub_id = sn.hub_id and n.id = sn.need_id
	                where sn.hub_id = $1 and sn.service_id = s.id and n.code = $3)
	  order by standing, sort_name, id limit 11
	)
	select f.id, f.name, f.description, f.free, o.id, o.name, o.phone,
	       c.freq, c.interval, c.by_day, c.dtstart, c.until, c.valid_from, c.valid_to, c.opens_at, c.closes_at
	from found f
	join organisations o on o.hub_id = $1 and o.id = f.organisation_id
	left join schedules c on c.hub_id = $1 and c.service_id = f.id and c.retired_at is null
	order by f.standing, f.sort_name, f.id`

func (r region) plainSearch(ctx context.Context, pool *pgxpool.Pool, q request, see func(string)) error {
	rows, err := pool.Query(ctx, searchSQL, key(r.hub(q.hub)), q.words, needs[q.need].code)
	if err != nil {
		return err
	}
	defer rows.Close()
	var last key
	services := 0
	for rows.Next() {
		var id, organisation key
		var name, description, partner string
		var free bool
		var phone, freq, opens, closes *string
		var interval *int
		var days []string
		var start, until, from, to *time.Time
		if err := rows.Scan(&id, &name, &description, &free, &organisation, &partner, &phone,
			&freq, &interval, &days, &start, &until, &from, &to, &opens, &closes); err != nil {
			return err
		}
		if id != last {
			last = id
			if services++; services <= 10 {
				tell(see, id, organisation)
			}
		}
	}
	return rows.Err()
}

const weeksSQL = `
	select date '2001-01-01' + 7 * week, n.id, n.name, visits
	from (select (arrived_on - date '2001-01-01') / 7 as week, need_id, count(*)::int as visits
	      from visits where hub_id = $1 and arrived_on >= $2 and arrived_on < $3 group by 1, 2) counted
	left join needs n on n.hub_id = $1 and n.id = counted.need_id
	order by week, need_id`

func (r region) plainWeeks(ctx context.Context, pool *pgxpool.Pool, q request, see func(string)) error {
	from, end := year(r.last)
	rows, err := pool.Query(ctx, weeksSQL, key(r.hub(q.hub)), from, end)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var week time.Time
		var need *key
		var name *string
		var visits int
		if err := rows.Scan(&week, &need, &name, &visits); err != nil {
			return err
		}
		if see != nil {
			if name == nil {
				name = new(string)
			}
			see(weekRow(week.Format(time.DateOnly), *name, visits))
		}
	}
	return rows.Err()
}

const (
	checkInSQL = `
		insert into visits (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, person_id, need_id, state, arrived_at, arrived_on)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'WAITING', $4, $9) returning state`
	auditSQL = `
		insert into audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id)
		values ($1, $2, $3, $4, $5, 'visit.checked_in', 'visit', $6, $7, $8)`
)

// plainCheckIn makes the visit and its record in one transaction and one round trip.
func (r region) plainCheckIn(ctx context.Context, pool *pgxpool.Pool, q request, day time.Time, see func(string)) error {
	now := time.Now()
	visit, event := key(uuid.Must(uuid.NewV7())), key(uuid.Must(uuid.NewV7()))
	hub, trust, staff, person, need := key(r.hub(q.hub)), key(r.trust), key(r.staff(q.hub, receptionist)), key(r.person(q.hub, q.person)), key(r.need(q.hub, q.need))
	var b pgx.Batch
	b.Queue(checkInSQL, visit, hub, trust, now, staff, "plain-"+strconv.FormatUint(q.mutation, 10), person, need, day).
		QueryRow(func(row pgx.Row) error {
			var state string
			if err := row.Scan(&state); err != nil {
				return err
			}
			if see != nil {
				see(state)
			}
			return nil
		})
	b.Queue(auditSQL, event, trust, hub, now, staff, visit, person, "bench")
	return pool.SendBatch(ctx, &b).Close()
}
