package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/openreferral"
)

// zone is where the hubs of the region are.
var zone = func() *time.Location {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the time zones are in the program
	}
	return london
}()

// operations queue their statements; the answer is the whole body when they have run.
var operations = map[string]func(b *pgx.Batch, trust uuid.UUID, staff Staff, v variables, answer *[]byte){
	"person": func(b *pgx.Batch, _ uuid.UUID, staff Staff, v variables, answer *[]byte) {
		whole(b.Queue(personSQL, staff.Hub.String(), v.ID), answer)
	},
	"list": func(b *pgx.Batch, trust uuid.UUID, staff Staff, v variables, answer *[]byte) {
		whole(b.Queue(listSQL, staff.Hub.String(), v.On, trust.String()), answer)
	},
	"search": search,
	"weeks": func(b *pgx.Batch, _ uuid.UUID, staff Staff, v variables, answer *[]byte) {
		whole(b.Queue(weeksSQL, staff.Hub.String(), v.From, v.To), answer)
	},
	"checkin": checkIn,
}

// whole takes the body that Postgres has made.
func whole(q *pgx.QueuedQuery, answer *[]byte) {
	q.QueryRow(func(row pgx.Row) error { return row.Scan(answer) })
}

const personSQL = `
	select json_build_object('data', json_build_object('hub', json_build_object('person', json_build_object(
	  'id', p.id, 'memberNumber', p.member_number, 'givenName', p.given_name, 'familyName', p.family_name,
	  'displayName', coalesce(nullif(p.preferred_name, ''), p.given_name) || coalesce(' ' || nullif(p.family_name, ''), ''),
	  'pronouns', p.pronouns, 'dateOfBirth', p.date_of_birth, 'phone', p.phone, 'safeContact', p.safe_contact,
	  'accessNeeds', coalesce((select json_agg(json_build_object('id', a.id, 'code', a.code, 'note', a.note) order by a.code)
	     from access_needs a where a.hub_id = $1::uuid and a.person_id = p.id), '[]'),
	  'visits', (
	    select json_build_object(
	      'nodes', coalesce(json_agg(json_build_object('id', v.id, 'state', v.state, 'arrivedAt', v.arrived_at, 'leftAt', v.left_at,
	        'need', case when n.id is not null then json_build_object('id', n.id, 'name', n.name) end,
	        'conversation', case when c.id is not null then json_build_object('id', c.id, 'startedAt', c.started_at,
	          'needs', coalesce((select json_agg(json_build_object('id', f.id, 'name', f.name) order by f.position, f.id)
	             from conversation_needs cn join needs f on f.hub_id = $1::uuid and f.id = cn.need_id
	             where cn.hub_id = $1::uuid and cn.conversation_id = c.id), '[]')) end) order by v.place) filter (where v.place <= 10), '[]'),
	      'pageInfo', json_build_object('hasNextPage', count(*) > 10, 'endCursor', max(v.id::text) filter (where v.place = 10)))
	    from (select *, row_number() over (order by arrived_at desc, id desc) as place
	          from (select id, state, arrived_at, left_at, need_id from visits where hub_id = $1::uuid and person_id = p.id
	                order by arrived_at desc, id desc limit 11) newest) v
	    left join needs n on n.hub_id = $1::uuid and n.id = v.need_id
	    left join conversations c on c.hub_id = $1::uuid and c.visit_id = v.id)
	))))::text
	from persons p where p.hub_id = $1::uuid and p.id = $2::uuid`

const listSQL = `
	select json_build_object('data', json_build_object('hub', json_build_object('visits', json_build_object(
	  'nodes', coalesce(json_agg(json_build_object('id', v.id, 'state', v.state, 'arrivedAt', v.arrived_at, 'anonymous', v.person_id is null,
	    'person', case when p.id is not null then json_build_object('id', p.id,
	      'displayName', coalesce(nullif(p.preferred_name, ''), p.given_name) || coalesce(' ' || nullif(p.family_name, ''), '')) end,
	    'need', case when n.id is not null then json_build_object('id', n.id, 'name', n.name) end,
	    'advisor', case when s.id is not null then json_build_object('id', s.id, 'name', s.name) end) order by v.place) filter (where v.place <= 50), '[]'),
	  'pageInfo', json_build_object('hasNextPage', count(*) > 50, 'endCursor', max(v.id::text) filter (where v.place = 50))))))::text
	from (select *, row_number() over (order by arrived_at desc, id desc) as place
	      from (select id, state, arrived_at, person_id, need_id, advisor_id from visits
	            where hub_id = $1::uuid and arrived_on = $2::date order by arrived_at desc, id desc limit 51) newest) v
	left join persons p on p.hub_id = $1::uuid and p.id = v.person_id
	left join needs n on n.hub_id = $1::uuid and n.id = v.need_id
	left join staff_users s on s.trust_id = $3::uuid and s.id = v.advisor_id`

// searchSQL finds by the function that the API finds by (row-level security would make the search itself a scan), and
// gives the schedules from which sessions are worked out, under the names of Open Referral.
const searchSQL = `
	select s.id::text, json_build_object('id', s.id, 'name', s.name, 'description', s.description, 'free', s.free,
	    'organisation', json_build_object('id', o.id, 'name', o.name, 'phone', o.phone))::text,
	  (select json_agg(json_build_object('freq', c.freq, 'interval', c.interval, 'byday', (select string_agg(d, ',') from jsonb_array_elements_text(c.by_day) d),
	     'bymonthday', (select string_agg(d, ',') from jsonb_array_elements_text(c.by_month_day) d), 'dtstart', c.dtstart,
	     'until', c.until, 'valid_from', c.valid_from, 'valid_to', c.valid_to, 'opens_at', c.opens_at, 'closes_at', c.closes_at) order by c.id)
	   from schedules c where c.hub_id = $1::uuid and c.service_id = s.id and c.retired_at is null)::text
	from (select service_id, row_number() over () as place
	      from find_services($1::uuid, $2, '', $2, $3::text[], null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, 11)) found
	join services s on s.hub_id = $1::uuid and s.id = found.service_id
	join organisations o on o.hub_id = $1::uuid and o.id = s.organisation_id
	order by found.place`

// search puts the services' next sessions, which no SQL can work out, into what Postgres has made of them.
func search(b *pgx.Batch, _ uuid.UUID, staff Staff, v variables, answer *[]byte) {
	const page, sessions = 10, 3
	b.Queue(searchSQL, staff.Hub.String(), v.Text, []string{v.Need}).Query(func(rows pgx.Rows) error {
		body, now, n := []byte(`{"data":{"hub":{"services":{"nodes":[`), time.Now(), 0
		var id string // of the last that is shown
		var service, times []byte
		for ; rows.Next(); n++ {
			if n == page {
				continue // there is more
			}
			if err := rows.Scan(&id, &service, &times); err != nil {
				return err
			}
			var schedules []openreferral.Schedule
			if times != nil {
				if err := json.Unmarshal(times, &schedules); err != nil {
					return err
				}
			}
			if n > 0 {
				body = append(body, ',')
			}
			body = append(append(body, service[:len(service)-1]...), `, "nextSessions":[`...)
			for i, s := range openreferral.NextSessions(schedules, now, zone, sessions) {
				if i > 0 {
					body = append(body, ',')
				}
				body = fmt.Appendf(body, `{"startsAt":"%s","endsAt":"%s"}`, s.Start.UTC().Format(time.RFC3339), s.End.UTC().Format(time.RFC3339))
			}
			body = append(body, `]}`...)
		}
		*answer = fmt.Appendf(body, `],"pageInfo":{"hasNextPage":%t,"endCursor":"%s"}}}}}`, n > page, id)
		return rows.Err()
	})
}

const weeksSQL = `
	select json_build_object('data', json_build_object('hub', json_build_object('visitsByWeek', coalesce(json_agg(
	  json_build_object('week', counted.week, 'visits', counted.visits, 'need', case when n.id is not null then json_build_object('id', n.id, 'name', n.name) end)
	  order by counted.week, counted.need_id), '[]'))))::text
	from (select date '2001-01-01' + 7 * ((arrived_on - date '2001-01-01') / 7) as week, need_id, sum(visits)::int as visits
	      from visit_counts where hub_id = $1::uuid and arrived_on >= $2::date and arrived_on <= $3::date and visits > 0 group by 1, 2) counted
	left join needs n on n.hub_id = $1::uuid and n.id = counted.need_id`

const (
	checkInSQL = `
		insert into visits (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, person_id, state, arrived_at, arrived_on, need_id)
		values ($1::uuid, $2::uuid, $3::uuid, $4, $5::uuid, $6, $7::uuid, 'WAITING', $4, ($4 at time zone 'Europe/London')::date,
		        (select id from needs where hub_id = $2::uuid and code = $8 and offered))
		returning json_build_object('data', json_build_object('checkIn', json_build_object(
		  'visit', json_build_object('id', id, 'state', state, 'arrivedAt', arrived_at), 'alreadyHere', false, 'userErrors', '[]'::json)))::text`
	auditSQL = `
		insert into audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id)
		values ($1::uuid, $2::uuid, $3::uuid, $4, $5::uuid, 'visit.checked_in', 'visit', $6::uuid, $7::uuid, 'bench')`
)

// checkIn makes the visit, its record, and the word to those who watch the queue, in one transaction and one round trip.
func checkIn(b *pgx.Batch, trust uuid.UUID, staff Staff, v variables, answer *[]byte) {
	now := time.Now()
	visit, event := uuid.Must(uuid.NewV7()).String(), uuid.Must(uuid.NewV7()).String()
	hub, site, who := staff.Hub.String(), trust.String(), staff.ID.String()
	whole(b.Queue(checkInSQL, visit, hub, site, now, who, v.Input.ClientMutationID, v.Input.PersonID, v.Input.Need), answer)
	b.Queue(auditSQL, event, site, hub, now, who, visit, v.Input.PersonID)
	b.Queue("select pg_notify('bench', $1)", "desk "+hub)
}
