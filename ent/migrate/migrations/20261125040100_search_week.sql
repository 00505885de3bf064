-- A search for a day of the week took the first Thursday of the month for any Thursday, and every other Thursday for each: what it
-- found may not have been on. It now asks of each day of the coming week whether a schedule has it.

-- coming_days are those of the week from today, or the one of them that is the day of the week.
create function coming_days(today date, weekday text) returns date[]
  language sql immutable parallel safe
  as $$
    select array_agg(today + n) from generate_series(0, 6) n
    where weekday is null or extract(dow from today + n) = array_position('{SU,MO,TU,WE,TH,FR,SA}', weekday) - 1
  $$;

-- places_of are the names that rules give a day of the week which is the so-manieth of so many days: 1TH, -4TH.
create function places_of(weekday text, nth int, days int) returns text[]
  language sql immutable parallel safe
  return array[((nth - 1) / 7 + 1) || weekday, (-((days - nth) / 7 + 1)) || weekday];

-- rule_has: the rule of a schedule has the day, which is that day of the week, in a month of so many days. Its turn comes every so
-- many days, weeks, months or years since a day.
create function rule_has(
  freq text, every bigint, by_day jsonb, by_month_day jsonb, dtstart date, day date, weekday text, since date, month_days int
) returns boolean
  language sql stable parallel safe
  as $$
    select case
      when freq is null then coalesce(day = dtstart, false)
      when every > 1 and (case freq
          when 'DAILY' then day - since
          when 'WEEKLY' then (day - '0001-01-01') / 7 - (since - '0001-01-01') / 7 -- both from a Monday
          when 'MONTHLY' then 12 * (extract(year from day) - extract(year from since)) + extract(month from day) - extract(month from since)
          else extract(year from day) - extract(year from since)
        end) % every <> 0 then false
      -- A rule without days has those of its start.
      when coalesce(by_day, '[]') in ('[]', 'null') and coalesce(by_month_day, '[]') in ('[]', 'null') then coalesce(case freq
          when 'DAILY' then true
          when 'WEEKLY' then (day - dtstart) % 7 = 0
          when 'MONTHLY' then extract(day from day) = extract(day from dtstart)
          else to_char(day, 'MM-DD') = to_char(dtstart, 'MM-DD')
        end, false)
      else
        (coalesce(by_day, '[]') in ('[]', 'null') or by_day ? weekday or by_day ?| case freq
          when 'WEEKLY' then '{}'
          when 'YEARLY' then places_of(weekday, extract(doy from day)::int, extract(doy from date_trunc('year', day::timestamp) + interval '1 year - 1 day')::int)
          else places_of(weekday, extract(day from day)::int, month_days) end)
        -- From the end of the month where below nought.
        and (coalesce(by_month_day, '[]') in ('[]', 'null') or by_month_day @> to_jsonb(extract(day from day)::int)
          or by_month_day @> to_jsonb(extract(day from day)::int - 1 - month_days))
        and (freq <> 'YEARLY' or coalesce(by_day, '[]') not in ('[]', 'null') or jsonb_array_length(by_month_day) <> 1
          or extract(month from day) = extract(month from since))
    end
  $$;

-- schedule_holds: a schedule is on that day. It is what openreferral.NextSessions is in Go: a test of internal/directory holds the
-- two against each other. It is an expression and no more, so that Postgres takes it into the statement that asks.
create function schedule_holds(
  freq text, every bigint, by_day jsonb, by_month_day jsonb, dtstart date, until date, valid_from date, valid_to date, excluded_dates jsonb, extra_dates jsonb,
  day date
) returns boolean
  language sql stable parallel safe
  as $$
    select (excluded_dates is null or not excluded_dates ? to_char(day, 'YYYY-MM-DD')) and (
      extra_dates is not null and extra_dates ? to_char(day, 'YYYY-MM-DD')
      or coalesce(day >= greatest(valid_from, dtstart), true) and coalesce(day <= least(valid_to, until), true)
        and rule_has(freq, every, by_day, by_month_day, dtstart, day, ('{MO,TU,WE,TH,FR,SA,SU}'::text[])[(day - '0001-01-01') % 7 + 1],
          coalesce(dtstart, valid_from, '2024-01-01'), -- a Monday, where it does not say since when
          extract(day from date_trunc('month', day::timestamp) + interval '1 month - 1 day')::int))
  $$;

-- find_services as before, but for the days.
create or replace function find_services(
  in_hub uuid, words text, head text, last_word text, need_codes text[], weekday text, on_from text, on_to text,
  from_latitude float8, from_longitude float8, within float8, only_free boolean,
  of_age int, spoken text[], access_kinds text[], with_capacity boolean, on_day date,
  after_standing float8, after_distance float8, after_name text, after_id uuid, size int
) returns table (service_id uuid, standing float8, distance float8, sort_name text, corrected text, today date)
  language plpgsql stable security definer rows 25
  set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan -- planning it anew would take longer than running it
as $$
#variable_conflict use_column
declare
  wanted tsquery;
  put_right text;
  spelling text;
  by_words boolean := false;
  by_spelling boolean := false;
  everything boolean := false;
  weighed boolean;
  timed boolean := weekday is not null or on_from is not null or on_to is not null;
  need_ids uuid[];
  tongues text[];
  day date := on_day;
  days date[]; -- on any of which it is to be on
begin
  if in_hub is null or not coalesce(in_hub = any (app_hubs()), false) then
    return;
  end if;
  if words <> '' then
    wanted := hub_words_wanted(in_hub, words, head, last_word);
    by_words := numnode(wanted) > 0;
  end if;
  everything := not by_words; -- no words, or none but "the" and "of"
  -- Where nothing says what is wanted there is nothing to weigh, and names are the order.
  weighed := by_words or need_codes is not null or within is not null;
  if spoken is not null then
    tongues := array(select fold(form) from unnest(spoken) form);
  end if;
  if need_codes is not null then
    need_ids := array(select n.id from needs n where n.hub_id = in_hub and n.code = any (need_codes));
  end if;
  if day is null then
    select (now() at time zone h.time_zone)::date into day from hubs h where h.id = in_hub;
  end if;
  if timed then
    days := coming_days(day, weekday);
  end if;

  loop
    return query
    with matched as (
      -- Each branch runs only where it is asked for. A word in the name counts as much as twenty in the description.
      select s.id, s.name, s.free, s.minimum_age, s.maximum_age, s.hand_languages, s.assured_date,
        ts_rank_cd('{0.02, 0.05, 0.3, 1}', s.hand_search, wanted, 32)::float8 as text_rank
      from services s
      where by_words and s.hub_id = in_hub and s.hand_search @@ wanted and s.status = 'ACTIVE' and s.retired_at is null
      union all
      select s.id, s.name, s.free, s.minimum_age, s.maximum_age, s.hand_languages, s.assured_date, alike.much
      from services s
      join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
      cross join lateral (select greatest(word_similarity(spelling, fold(s.name)), word_similarity(spelling, fold(o.name)))::float8 as much) alike
      where by_spelling and s.hub_id = in_hub and s.status = 'ACTIVE' and s.retired_at is null and alike.much >= 0.33
      union all
      select s.id, s.name, s.free, s.minimum_age, s.maximum_age, s.hand_languages, s.assured_date, 0
      from services s
      where everything and s.hub_id = in_hub and s.status = 'ACTIVE' and s.retired_at is null
    ),
    placed as (
      select m.id, coalesce(nearest.metres, 0) as distance, lower(m.name) as sort_name,
        case when weighed then service_standing(m.text_rank, case
            when need_ids is null then 0
            when cardinality(need_codes) = 1 then 1 -- or it is not here
            else (select count(*) from service_needs sn where sn.hub_id = in_hub and sn.service_id = m.id and sn.need_id = any (need_ids))::float8 / cardinality(need_codes)
          end, nearest.metres, m.assured_date, c.has_places, day)
          else 0 end as standing
      from matched m
      left join capacities_of(in_hub) c on c.service_id = m.id
      left join lateral (
        select min(metres_between(from_latitude, from_longitude, l.latitude, l.longitude)) as metres, count(*) as places
        from service_at_locations a
        join locations l on l.hub_id = a.hub_id and l.id = a.location_id
        where (within is not null or access_kinds is not null) and a.hub_id = in_hub and a.service_id = m.id and a.retired_at is null and l.retired_at is null
          and (access_kinds is null or l.hand_access @> access_kinds)
          -- A box first, a little wider than the circle: 110 km is less than a degree of latitude anywhere.
          and (within is null
            or abs(l.latitude - from_latitude) <= within / 110000
            and abs(l.longitude - from_longitude) <= within / (110000 * greatest(cos(radians(least(89.9, abs(from_latitude) + within / 110000))), 0.001)))
      ) nearest on true
      where (only_free is null or m.free = only_free)
        and (within is null or nearest.metres <= within)
        and (access_kinds is null or nearest.places > 0)
        and (need_ids is null or exists (
          select from service_needs sn where sn.hub_id = in_hub and sn.service_id = m.id and sn.need_id = any (need_ids)))
        and (of_age is null or coalesce(m.minimum_age, 0) <= of_age and coalesce(m.maximum_age, of_age) >= of_age)
        -- A service that says no language is in English.
        and (tongues is null or m.hand_languages && tongues or (m.hand_languages = '{}' and 'english' = any (tongues)))
        and (with_capacity is null or coalesce(c.has_places, false) = with_capacity)
        and (not timed or exists (
          select from schedules x cross join unnest(days) coming
          where x.hub_id = in_hub and x.service_id = m.id and x.retired_at is null
            and hours_meet(x.opens_at, x.closes_at, on_from, on_to) and schedule_holds(
              x.freq, x.interval, x.by_day, x.by_month_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.excluded_dates, x.extra_dates, coming)))
    )
    select p.id, p.standing, p.distance, p.sort_name, put_right, day
    from placed p
    where after_id is null or (p.standing, p.distance, p.sort_name, p.id) > (after_standing, after_distance, after_name, after_id)
    order by p.standing, p.distance, p.sort_name, p.id
    limit size;
    -- Where nothing at all has the words, the words put right, and then names that are spelt alike; but who quotes words means
    -- just these.
    exit when found or not by_words or words like '%"%' or exists (
      select from services s where s.hub_id = in_hub and s.hand_search @@ wanted and s.status = 'ACTIVE' and s.retired_at is null);
    if put_right is null then
      put_right := corrected_words(in_hub, words, last_word, false);
      if put_right is not null then
        wanted := case when last_word <> '' and right(put_right, length(last_word)) = last_word
          then hub_words_wanted(in_hub, put_right, left(put_right, -length(last_word)), last_word) else hub_words_wanted(in_hub, put_right, '', '') end;
        continue when numnode(wanted) > 0;
      end if;
    end if;
    by_words := false;
    by_spelling := true;
    put_right := null;
    spelling := fold(words);
  end loop;
end
$$;

-- service_facts as before, but for the days.
create or replace function service_facts(
  in_hub uuid, in_service uuid, words text, head text, last_word text, corrected text, need_codes text[], weekday text, on_from text, on_to text,
  metres float8, of_age int, spoken text[], access_kinds text[], today date
) returns jsonb
  language plpgsql stable
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  facts jsonb;
  wanted tsquery;
  days date[] := coming_days(today, weekday);
begin
  if words <> '' then
    wanted := case
      when corrected is null then words_wanted(words, head, last_word)
      when last_word <> '' and right(corrected, length(last_word)) = last_word then words_wanted(corrected, left(corrected, -length(last_word)), last_word)
      else words_wanted(corrected, '', '') end;
    if numnode(wanted) = 0 then
      wanted := null;
    end if;
  end if;
  select jsonb_strip_nulls(jsonb_build_object(
      'words', case when wanted is not null then coalesce(corrected, words) end,
      'in', case
        when wanted is null then null
        when ts_filter(s.hand_search, '{a}') @@ wanted then 'name'
        when ts_filter(s.hand_search, '{a,b}') @@ wanted then 'partner'
        when ts_filter(s.hand_search, '{c}') @@ wanted then 'description'
        when not s.hand_search @@ wanted then 'alike'
      end,
      'needs', case when need_codes is not null then (
        select jsonb_agg(n.name order by n.position, n.name)
        from service_needs sn join needs n on n.hub_id = sn.hub_id and n.id = sn.need_id
        where sn.hub_id = in_hub and sn.service_id = s.id and n.code = any (need_codes)) end,
      'metres', metres,
      'on', case when coalesce(weekday, on_from, on_to) is not null then (
        select jsonb_build_object('days', held.days, 'opens', x.opens_at, 'closes', x.closes_at)
        from schedules x
        cross join lateral (
          select count(*) as many,
            case when count(*) < 7 then jsonb_agg(('{SU,MO,TU,WE,TH,FR,SA}'::text[])[extract(dow from coming) + 1] order by coming) end as days
          from unnest(days) coming where schedule_holds(
            x.freq, x.interval, x.by_day, x.by_month_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.excluded_dates, x.extra_dates, coming)) held
        where x.hub_id = in_hub and x.service_id = s.id and x.retired_at is null and hours_meet(x.opens_at, x.closes_at, on_from, on_to) and held.many > 0
        order by x.opens_at nulls last, x.closes_at, x.id limit 1) end,
      'minimumAge', case when of_age is not null then s.minimum_age end,
      'maximumAge', case when of_age is not null then s.maximum_age end,
      'languages', case when spoken is not null then (
        select jsonb_agg(l.language) from jsonb_array_elements_text(case when jsonb_typeof(s.languages) = 'array' then s.languages else '[]' end) l (language)
        where languages_of(jsonb_build_array(l.language)) && array(select fold(form) from unnest(spoken) form)) end,
      'access', to_jsonb(access_kinds),
      'places', (select nullif(c.has_places, false) from capacities_of(in_hub) c where c.service_id = s.id),
      'assuredDays', case when s.assured_date between today - 365 and today then today - s.assured_date end,
      'free', nullif(s.free, false)))
  into facts
  from services s where s.hub_id = in_hub and s.id = in_service;
  return facts;
end
$$;

drop function schedule_is_on(text, jsonb, date, date, date, date, text, text, text, text, text, date);
