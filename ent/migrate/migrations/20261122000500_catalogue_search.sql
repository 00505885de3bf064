-- Written by hand: full-text search of the catalogue (internal/directory).

-- Words are compared without accents: by their stems, and as they are written for words that are not yet typed to the end.
create text search configuration life_rooms (copy = english);
alter text search configuration life_rooms
  alter mapping for hword, hword_part, word, asciihword, hword_asciipart, asciiword with unaccent, english_stem;
create text search configuration life_rooms_words (copy = simple);
alter text search configuration life_rooms_words
  alter mapping for hword, hword_part, word, asciihword, hword_asciipart, asciiword with unaccent, simple;

-- A name weighs most (A), then the partner's name (B), the description (C), and who may come (D). The words of names as they
-- are written count as D, so that they are found without being counted twice.
alter table services add column hand_search tsvector not null default '';

create function service_document(name text, alternate text, partner text, description text, eligibility text) returns tsvector
  language sql stable parallel safe
  return setweight(to_tsvector('public.life_rooms', concat_ws(' / ', name, alternate)), 'A')
      || setweight(to_tsvector('public.life_rooms', coalesce(partner, '')), 'B')
      || setweight(to_tsvector('public.life_rooms', description), 'C')
      || setweight(to_tsvector('public.life_rooms', eligibility), 'D')
      || setweight(to_tsvector('public.life_rooms_words', concat_ws(' / ', name, alternate, partner)), 'D');

create function keep_service_search() returns trigger
  language plpgsql as $$
begin
  new.hand_search := service_document(new.name, new.alternate_name, (
    select concat_ws(' / ', o.name, o.alternate_name) from organisations o
    where o.hub_id = new.hub_id and o.id = new.organisation_id), new.description, new.eligibility_description);
  return new;
end
$$;
create trigger hand_search before insert or update of name, alternate_name, description, eligibility_description, organisation_id
  on services for each row execute function keep_service_search();

-- A partner that is renamed is found by its new name in all its services.
create function keep_partner_search() returns trigger
  language plpgsql as $$
begin
  update services s set hand_search = service_document(
    s.name, s.alternate_name, concat_ws(' / ', new.name, new.alternate_name), s.description, s.eligibility_description)
  where s.hub_id = new.hub_id and s.organisation_id = new.id;
  return null;
end
$$;
create trigger hand_search after update of name, alternate_name on organisations
  for each row when ((old.name, old.alternate_name) is distinct from (new.name, new.alternate_name))
  execute function keep_partner_search();

update services s set hand_search = service_document(s.name, s.alternate_name, (
  select concat_ws(' / ', o.name, o.alternate_name) from organisations o where o.hub_id = s.hub_id and o.id = s.organisation_id),
  s.description, s.eligibility_description);

-- Read far more often than written: nothing is left in a list that each search would go through.
create index hand_services_search on services using gin (hub_id, hand_search) with (fastupdate = off);

create function metres_between(lat1 float8, lon1 float8, lat2 float8, lon2 float8) returns float8
  language sql immutable strict parallel safe
  return 2 * 6371008.8 * asin(sqrt(least(1,
    sin(radians(lat2 - lat1) / 2) ^ 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ^ 2)));

-- search_services gives one page of the services of a hub that run. Under row-level security @@ is no condition of an index,
-- because it might leak what it compares; so this runs with the owner's rights, holds to in_hub in every branch, and gives
-- nothing for a hub that is not in the scope of the transaction.
--
--   words, head, last_word: what to look for; and the same taken apart, where the last word may be unfinished
--   need_codes: any of them; weekday: MO … SU; only_free: as the service says; each null: no matter
--   from_latitude, from_longitude, within: a circle in degrees and metres, or null
--   after_…: the keys of the last row of the page before, or null
--
-- standing is the rank below zero: the best first where all keys rise.
create function search_services(
  in_hub uuid, words text, head text, last_word text, need_codes text[], weekday text,
  from_latitude float8, from_longitude float8, within float8, only_free boolean,
  after_standing float8, after_distance float8, after_name text, after_id uuid, size int
) returns table (service_id uuid, standing float8, distance float8, sort_name text)
  language plpgsql stable security definer rows 25
  set search_path = public, pg_temp
  set plan_cache_mode = force_generic_plan -- planning it anew would take longer than running it
as $$
#variable_conflict use_column
declare
  wanted tsquery;
  spelling text;
  by_words boolean := false;
  by_spelling boolean := false;
  everything boolean := false;
  today date;
begin
  if in_hub is null or not coalesce(in_hub = any (app_hubs()), false) then
    return;
  end if;
  if words <> '' then
    wanted := websearch_to_tsquery('life_rooms', words);
    if last_word <> '' then
      wanted := wanted || (websearch_to_tsquery('life_rooms', head)
        && to_tsquery('life_rooms_words', last_word || ':*'));
    end if;
    by_words := numnode(wanted) > 0;
  end if;
  everything := not by_words; -- no words, or none but "the" and "of"
  if weekday is not null then
    select (now() at time zone h.time_zone)::date into today from hubs h where h.id = in_hub;
  end if;

  loop
    return query
    with matched as (
      -- Each branch runs only where it is asked for. A word in the name counts as much as twenty in the description.
      select s.id, s.name, s.free, - ts_rank_cd('{0.02, 0.05, 0.3, 1}', s.hand_search, wanted)::float8 as standing
      from services s
      where by_words and s.hub_id = in_hub and s.hand_search @@ wanted and s.status = 'ACTIVE' and s.retired_at is null
      union all
      select s.id, s.name, s.free, - alike.much
      from services s
      join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
      cross join lateral (select greatest(word_similarity(spelling, fold(s.name)), word_similarity(spelling, fold(o.name)))::float8 as much) alike
      where by_spelling and s.hub_id = in_hub and s.status = 'ACTIVE' and s.retired_at is null and alike.much >= 0.33
      union all
      select s.id, s.name, s.free, 0
      from services s
      where everything and s.hub_id = in_hub and s.status = 'ACTIVE' and s.retired_at is null
    ),
    placed as (
      select m.id, m.standing, coalesce(nearest.metres, 0) as distance, lower(m.name) as sort_name
      from matched m
      left join lateral (
        select min(metres_between(from_latitude, from_longitude, l.latitude, l.longitude)) as metres
        from service_at_locations a
        join locations l on l.hub_id = a.hub_id and l.id = a.location_id
        where within is not null and a.hub_id = in_hub and a.service_id = m.id and a.retired_at is null and l.retired_at is null
          -- A box first, a little wider than the circle: 110 km is less than a degree of latitude anywhere.
          and abs(l.latitude - from_latitude) <= within / 110000
          and abs(l.longitude - from_longitude) <= within / (110000 * greatest(cos(radians(least(89.9, abs(from_latitude) + within / 110000))), 0.001))
      ) nearest on true
      where (only_free is null or m.free = only_free)
        and (within is null or nearest.metres <= within)
        and (need_codes is null or exists (
          select from service_needs sn join needs n on n.hub_id = sn.hub_id and n.id = sn.need_id
          where sn.hub_id = in_hub and sn.service_id = m.id and n.code = any (need_codes)))
        and (weekday is null or exists (
          select from schedules c
          where c.hub_id = in_hub and c.service_id = m.id and c.retired_at is null
            -- on within the coming week
            and coalesce(c.valid_from, today) <= today + 6 and coalesce(c.valid_to, today) >= today
            and coalesce(c.dtstart, today) <= today + 6 and coalesce(c.until, today) >= today
            and case
              when c.freq is null then c.dtstart >= today and extract(dow from c.dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', weekday) - 1
              when jsonb_typeof(c.by_day) = 'array' and c.by_day <> '[]' then
                exists (select from jsonb_array_elements_text(c.by_day) d where right(d, 2) = weekday)
              when c.freq = 'DAILY' then true
              when c.freq = 'WEEKLY' then extract(dow from c.dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', weekday) - 1
              else false
            end))
    )
    select p.id, p.standing, p.distance, p.sort_name
    from placed p
    where after_id is null or (p.standing, p.distance, p.sort_name, p.id) > (after_standing, after_distance, after_name, after_id)
    order by p.standing, p.distance, p.sort_name, p.id
    limit size;
    -- Where nothing at all has the words, names that are spelt alike; but who quotes words means just these.
    exit when found or not by_words or words like '%"%' or exists (
      select from services s where s.hub_id = in_hub and s.hand_search @@ wanted and s.status = 'ACTIVE' and s.retired_at is null);
    by_words := false;
    by_spelling := true;
    spelling := fold(words);
  end loop;
end
$$;
revoke all on function search_services(uuid, text, text, text, text[], text, float8, float8, float8, boolean, float8, float8, text, uuid, int) from public;
grant execute on function search_services(uuid, text, text, text, text[], text, float8, float8, float8, boolean, float8, float8, text, uuid, int) to liferooms_app;
