package directory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// PublicQuery says what a stranger looks for. All that is given must hold; the zero PublicQuery wants everything public.
type PublicQuery struct {
	// Text is words as somebody types them; see Query.
	Text string
	// Term and Taxonomy are ids: of a term that a service carries, and of a taxonomy of which it carries any term.
	Term, Taxonomy *uuid.UUID
	// Need is the code of a need that a service meets.
	Need string
	// MinimumAge: services that say a minimum age, which is at least this, in years; MaximumAge: a maximum of at most this.
	MinimumAge, MaximumAge *int
	// Day, OpensFrom and ClosesBy bound one and the same time of a service.
	Day                 *time.Weekday
	OpensFrom, ClosesBy openreferral.TimeOfDay
	// Near bounds the distance; where Metres is 0 the nearest come first and nothing is left out.
	Near *Near
	// Free: free of charge, as the service says.
	Free bool
	// Running leaves out what does not run at present, and times that are not on within the coming week.
	Running bool
	// From, To, Age, Languages and Accessibility are those of Query; with Day, From and To bound the same time. Places: known to
	// have places.
	From, To      string
	Age           *int
	Languages     []string
	Accessibility []AccessibilityKind
	Places        bool
	// Today is the day at the hub; where it is zero, that of UTC.
	Today time.Time
	// Explained asks for what there is to say of why each was found.
	Explained bool
}

// Found is a page of what a stranger looked for.
type Found struct {
	// IDs are in order: the best match, then the nearest, then by name.
	IDs []uuid.UUID
	// Metres are the distances of the IDs; nil where no point was given or a service has no place that is shown.
	Metres []*float64
	Total  int
	// Corrected are the words that were looked for, where they are others than those asked for.
	Corrected *string
	// Facts are why each was found, where the query is to be Explained.
	Facts []Facts
}

// The bounds of a stranger's page, in rows.
const (
	MaxPublicPage = 200
	maxSkip       = 10_000_000
)

// PublicServices finds services for the stranger of ctx. It is one statement, held to what is public by the database.
func (d *Directory) PublicServices(ctx context.Context, q PublicQuery, skip, size int) (Found, error) {
	return d.findPublic(ctx, q, `
		select s.id, s.name, s.id as service_id, null::uuid as place_id, nearest.metres, nearest.places
		from services s
		left join lateral (
		  select min(metres_between($10, $11, l.latitude, l.longitude)) as metres, count(*) as places
		  from service_at_locations a join locations l on l.hub_id = a.hub_id and l.id = a.location_id
		  where ($10::float8 is not null or $18::text[] is not null) and a.hub_id = $1 and a.service_id = s.id
		    and ($18::text[] is null or l.hand_access @> $18)) nearest on true
		where s.hub_id = $1`, skip, size)
}

// PublicPlaces finds services at locations: the ids are theirs.
func (d *Directory) PublicPlaces(ctx context.Context, q PublicQuery, skip, size int) (Found, error) {
	return d.findPublic(ctx, q, `
		select a.id, s.name, a.service_id, a.id as place_id, metres_between($10, $11, l.latitude, l.longitude) as metres,
		  (l.hand_access @> $18::text[])::int as places
		from service_at_locations a
		join services s on s.hub_id = a.hub_id and s.id = a.service_id
		join locations l on l.hub_id = a.hub_id and l.id = a.location_id
		where a.hub_id = $1`, skip, size)
}

// The times of a day of the week: those whose rule has it, and those within the coming week that are on, on any day where none is
// asked for.
const (
	byRule = `($9::text is null or exists (
	          select from jsonb_array_elements_text(x.extra_dates) d
	          where d >= current_date::text and extract(dow from d::date) = array_position('{SU,MO,TU,WE,TH,FR,SA}', $9) - 1)
	        or (least(x.until, x.valid_to) is null or least(x.until, x.valid_to) >= current_date) and case
	          when x.freq is null then x.dtstart >= current_date and extract(dow from x.dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', $9) - 1
	          when jsonb_typeof(x.by_day) = 'array' and x.by_day <> '[]' then
	            exists (select from jsonb_array_elements_text(x.by_day) d where right(d, 2) = $9)
	          when x.freq = 'DAILY' then true
	          when x.freq = 'WEEKLY' then extract(dow from x.dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', $9) - 1
	          else false
	        end)`
	inTheWeek = `exists (select from unnest(coming_days($21::date, $9)) coming where schedule_holds(
	          x.freq, x.interval, x.by_day, x.by_month_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.excluded_dates, x.extra_dates, coming))`
)

// narrowing is what of the candidates is wanted: their service, and where it is a place the times there.
const narrowing = `
	from candidates c
	join services s on s.hub_id = $1 and s.id = c.service_id
	left join capacities_of($1) p on p.service_id = s.id
	%s
	where ($2::uuid is null or exists (select from service_terms t where t.hub_id = $1 and t.service_id = s.id and t.taxonomy_term_id = $2))
	  and ($3::uuid is null or exists (
	    select from service_terms st join taxonomy_terms t on t.hub_id = st.hub_id and t.id = st.taxonomy_term_id
	    where st.hub_id = $1 and st.service_id = s.id and taxonomy_id($1, t.taxonomy) = $3))
	  and ($4::text is null or exists (
	    select from service_needs sn join needs n on n.hub_id = sn.hub_id and n.id = sn.need_id
	    where sn.hub_id = $1 and sn.service_id = s.id and n.code = $4))
	  and ($5::int is null or s.minimum_age >= $5)
	  and ($6::int is null or s.maximum_age <= $6)
	  and (($7::text is null and $8::text is null and $9::text is null and $15::text is null and $16::text is null) or exists (
	    select from schedules x
	    where x.hub_id = $1 and x.service_id = s.id
	      and (c.place_id is null or x.service_at_location_id is null or x.service_at_location_id = c.place_id)
	      and ($7::text is null or x.opens_at >= $7)
	      and ($8::text is null or x.closes_at <= $8)
	      and hours_meet(x.opens_at, x.closes_at, $15, $16)
	      and %s))
	  and ($12::float8 is null or c.metres <= $12)
	  and (not $13::boolean or s.free)
	  and (not $14::boolean or s.status = 'ACTIVE')
	  and ($17::int is null or coalesce(s.minimum_age, 0) <= $17 and coalesce(s.maximum_age, $17) >= $17)
	  and ($18::text[] is null or c.places > 0)
	  and ($19::text[] is null or s.hand_languages && array(select fold(form) from unnest($19) form) or (s.hand_languages = '{}' and 'english' = any ($19)))
	  and (not $20::boolean or p.has_places)`

func (d *Directory) findPublic(ctx context.Context, q PublicQuery, candidates string, skip, size int) (Found, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return Found{}, err
	}
	if size < 1 || size > MaxPublicPage || skip < 0 || skip > maxSkip {
		return Found{}, fmt.Errorf("find in the public catalogue: a page of %d after %d", size, skip)
	}
	arguments, err := q.filters(hub.ID)
	if err != nil {
		return Found{}, err
	}
	words, head, last := splitWords(q.Text)
	rank, corrected, matching := "0", "null::text", ""
	if words != "" {
		rank, corrected, matching = "m.text_rank", "m.corrected", "join public_search($1, $22, $23, $24) m on m.service_id = s.id"
		arguments = append(arguments, words, head, last)
	}
	onDay := byRule
	if q.Running {
		onDay = inTheWeek
	}
	standing := "0::float8" // where nothing says what is wanted, names are the order
	if words != "" || q.Need != "" || q.Near != nil {
		standing = "service_standing(" + rank + ", ($4::text is not null)::int, c.metres, s.assured_date, p.has_places, $21)"
	}
	facts := "null::text[]"
	if q.Explained {
		if words == "" {
			arguments = append(arguments, words, head, last)
		}
		facts = `array(select service_facts($1, id, $22, $23, $24, corrected, case when $4::text is not null then array[$4] end, $9, $15, $16, metres, $17, $19, $18, $21)::text
		    from page order by standing, metres nulls last, name, id)`
	}
	arguments = append(arguments, size, skip)
	statement := "with candidates as (" + candidates + "), found as (select c.id, lower(c.name) as name, c.metres, " + corrected + " as corrected, " + standing + " as standing" +
		fmt.Sprintf(narrowing, matching, onDay) + fmt.Sprintf(`), page as (
		select * from found where $21::date is not null order by standing, metres nulls last, name, id limit $%d offset $%d)
		select (select count(*) from found),
		  array(select id from page order by standing, metres nulls last, name, id),
		  array(select metres from page order by standing, metres nulls last, name, id),
		  (select corrected from page limit 1),
		  %s`, len(arguments)-1, len(arguments), facts)
	var told []string
	rows, err := store.Collect(ctx, d.store, func(row pgx.CollectableRow) (f Found, err error) {
		return f, row.Scan(&f.Total, &f.IDs, &f.Metres, &f.Corrected, &told)
	}, statement, arguments...)
	if err != nil {
		return Found{}, fmt.Errorf("find in the public catalogue: %w", err)
	}
	found := rows[0]
	found.Facts = make([]Facts, len(told))
	for i, text := range told {
		if found.Facts[i], err = ReadFacts([]byte(text)); err != nil {
			return Found{}, err
		}
	}
	return found, nil
}

// filters are the arguments of narrowing.
func (q PublicQuery) filters(hub uuid.UUID) ([]any, error) {
	var need, opens, closes, day, latitude, longitude, metres any
	if q.Need != "" {
		need = storable(q.Need)
	}
	if q.OpensFrom != "" {
		opens = string(q.OpensFrom)
	}
	if q.ClosesBy != "" {
		closes = string(q.ClosesBy)
	}
	if q.Day != nil {
		day = dayCodes[*q.Day]
	}
	if q.Near != nil {
		latitude, longitude = q.Near.Latitude, q.Near.Longitude
		if q.Near.Metres > 0 {
			metres = float64(q.Near.Metres)
		}
	}
	from, err := hourOf("from", q.From)
	if err != nil {
		return nil, err
	}
	to, err := hourOf("to", q.To)
	if err != nil {
		return nil, err
	}
	age, err := ageOf(q.Age)
	if err != nil {
		return nil, err
	}
	spoken, err := formsOf(q.Languages)
	if err != nil {
		return nil, err
	}
	access, err := kindsOf(q.Accessibility)
	if err != nil {
		return nil, err
	}
	return []any{hub, q.Term, q.Taxonomy, need, q.MinimumAge, q.MaximumAge, opens, closes, day, latitude, longitude, metres, q.Free, q.Running,
		from, to, age, access, spoken, q.Places, q.today()}, nil
}

func (q PublicQuery) today() time.Time {
	if q.Today.IsZero() {
		return time.Now().UTC().Truncate(24 * time.Hour)
	}
	return q.Today
}

// Choices are what strangers can choose by, as far as their hub's public catalogue has it.
type Choices struct {
	// Languages of services, as they are written.
	Languages []string
	// Places: it is known of some services whether they have places.
	Places bool
}

// PublicChoices are those of the stranger's hub.
func (d *Directory) PublicChoices(ctx context.Context) (Choices, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return Choices{}, err
	}
	all, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[Choices],
		"select "+LanguagesSQL+", exists (select from capacities_of($1) c join services s on s.hub_id = $1 and s.id = c.service_id)", hub.ID)
	if err != nil {
		return Choices{}, fmt.Errorf("list what can be chosen by: %w", err)
	}
	return all[0], nil
}

// Point is where a postcode is, as far as a hub knows.
type Point struct {
	Latitude, Longitude float64
	// Postcode is as on a letter, "L4 4AA"; or only its first part, "L4", where no place with the whole of it is known and
	// the point is the middle of those that begin with it.
	Postcode string
}

// Locate finds a postcode among the public places of the stranger's hub, and the hub's own (which may be empty). Nothing is
// looked up elsewhere. It is nil where neither the postcode nor another of its first part is known.
func (d *Directory) Locate(ctx context.Context, postcode string, own Point) (*Point, error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := openreferral.Postcode(postcode)
	outward, _, both := strings.Cut(whole, " ")
	if !ok || !both {
		return nil, problem.Field("postcode", "That is not a UK postcode. Write it as in L4 4AA.")
	}
	var ownPostcode, latitude, longitude any
	if known, ok := openreferral.Postcode(own.Postcode); ok {
		ownPostcode, latitude, longitude = known, own.Latitude, own.Longitude
	}
	points, err := store.Collect(ctx, d.store, pgx.RowToStructByPos[Point], `
		with known as (
		  select postcode, latitude, longitude from locations
		  where hub_id = $1 and latitude is not null and longitude is not null and split_part(postcode, ' ', 1) = $3
		  union all
		  select $4::text, $5::float8, $6::float8 where split_part($4::text, ' ', 1) = $3)
		select avg(latitude), avg(longitude), $2::text from known where postcode = $2 having count(*) > 0
		union all
		select avg(latitude), avg(longitude), $3::text from known having count(*) > 0
		order by 3 desc`,
		hub.ID, whole, outward, ownPostcode, latitude, longitude)
	if err != nil {
		return nil, fmt.Errorf("locate a postcode: %w", err)
	}
	if len(points) == 0 {
		return nil, nil
	}
	return &points[0], nil
}

// Occasion is one time at which one of some schedules is on.
type Occasion struct {
	Schedule *ent.Schedule
	// Start is in the zone that was asked for; where AllDay is set no hour is known, and it is the beginning of the day.
	Start time.Time
	// End is zero where it is not known.
	End    time.Time
	AllDay bool
}

// Occasions gives the times of schedules that have not ended at from and begin before to: at most 100 of them, in order.
func Occasions(schedules []*ent.Schedule, from, to time.Time, zone *time.Location) []Occasion {
	rules := make([]openreferral.Schedule, len(schedules))
	last := openreferral.Date(to.In(zone).Format(time.DateOnly))
	for i, s := range schedules {
		rules[i] = ruleOf(s)
		if until := rules[i].Until; until == "" || until > last {
			rules[i].Until = last // or each rule would be followed for a year
		}
	}
	var all []Occasion
	for _, s := range openreferral.NextSessions(rules, from, zone, openreferral.MaxSessions) {
		if !s.Start.Before(to) {
			break
		}
		all = append(all, Occasion{schedules[s.Schedule], s.Start, s.End, s.AllDay})
	}
	return all
}
