-- Create "catalogue_words" table
CREATE TABLE "catalogue_words" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "word" character varying NOT NULL, PRIMARY KEY ("id"));
-- Create index "catalogueword_hub_id_word" to table: "catalogue_words"
CREATE INDEX "catalogueword_hub_id_word" ON "catalogue_words" ("hub_id", "word" text_pattern_ops);

-- Written by hand from here on: the catalogue's search. docs/search.md says in words what it finds and in which order.
alter table catalogue_words add constraint hand_catalogue_words_hub_id foreign key (hub_id) references hubs (id);
call raise_walls('catalogue_words', 'hub');

-- one_letter_less gives a word and the word without each one of its letters. Two words of which one was mistyped by one letter
-- (left out, put in, another, or two swapped) have one of these in common.
create function one_letter_less(word text) returns text[]
  language sql immutable strict parallel safe
  return array(select distinct overlay(word placing '' from n for 1) from generate_series(1, length(word) + 1) n order by 1);
alter table catalogue_words add column hand_near text[] not null generated always as (one_letter_less(word)) stored;
-- stem is how a word is kept in what is searched, besides as it is written.
alter table catalogue_words add column hand_stem text not null generated always as (coalesce((ts_lexize('english_stem', word))[1], word)) stored;
create index hand_catalogue_words_alike on catalogue_words using gin (hub_id, word gin_trgm_ops, hand_near) with (fastupdate = off);

-- The words of a text that somebody may mean to type.
create function words_of(texts text) returns setof text
  language sql stable parallel safe
  as $$
    select w.word from unnest(tsvector_to_array(to_tsvector('public.life_rooms_words', texts))) w (word) where w.word ~ '^[[:alpha:]]{3,30}$'
  $$;

-- The triggers add the words that are new to the hub. No two rows need be kept apart: the same word may come in twice by two
-- transactions at once, and neither waits for the other.
create function keep_service_words() returns trigger
  language plpgsql as $$
begin
  insert into catalogue_words (id, hub_id, word)
  select gen_random_uuid(), fresh.hub_id, fresh.word
  from (
    select distinct a.hub_id, w.word
    from added a, words_of(concat_ws(' / ', a.name, a.alternate_name, a.description, a.eligibility_description)) w (word)) fresh
  where not exists (select from catalogue_words c where c.hub_id = fresh.hub_id and c.word = fresh.word);
  return null;
end
$$;
create function keep_changed_service_words() returns trigger
  language plpgsql as $$
begin
  insert into catalogue_words (id, hub_id, word)
  select gen_random_uuid(), fresh.hub_id, fresh.word
  from (
    select distinct a.hub_id, w.word
    from added a join removed r on r.id = a.id,
      words_of(concat_ws(' / ', a.name, a.alternate_name, a.description, a.eligibility_description)) w (word)
    where (a.name, a.alternate_name, a.description, a.eligibility_description)
      is distinct from (r.name, r.alternate_name, r.description, r.eligibility_description)) fresh
  where not exists (select from catalogue_words c where c.hub_id = fresh.hub_id and c.word = fresh.word);
  return null;
end
$$;
create trigger hand_words_added after insert on services
  referencing new table as added for each statement execute function keep_service_words();
create trigger hand_words_changed after update on services
  referencing new table as added old table as removed for each statement execute function keep_changed_service_words();
create function keep_partner_words() returns trigger
  language plpgsql as $$
begin
  insert into catalogue_words (id, hub_id, word)
  select gen_random_uuid(), new.hub_id, w.word
  from words_of(concat_ws(' / ', new.name, new.alternate_name)) w (word)
  where not exists (select from catalogue_words c where c.hub_id = new.hub_id and c.word = w.word);
  return null;
end
$$;
create trigger hand_words_added after insert or update of name, alternate_name on organisations
  for each row execute function keep_partner_words();

-- Names as they are compared while somebody types: each word behind a space.
create function label_of(name text) returns text
  language sql immutable strict parallel safe
  return ' ' || trim(regexp_replace(fold(name), '[^[:alnum:]]+', ' ', 'g'));
alter table services add column hand_label text not null generated always as (label_of(name)) stored;
alter table organisations add column hand_label text not null generated always as (label_of(name)) stored;
create index hand_services_label on services using gin (hub_id, hand_label gin_trgm_ops) with (fastupdate = off);
create index hand_organisations_label on organisations using gin (hub_id, hand_label gin_trgm_ops) with (fastupdate = off);

-- The languages of a service as they are compared: folded names and codes, of a code with its region (en-GB) the language too.
create function languages_of(languages jsonb) returns text[]
  language sql immutable parallel safe
  return array(
    select distinct form
    from jsonb_array_elements_text(case when jsonb_typeof(languages) = 'array' then languages else '[]' end) entry,
      regexp_split_to_table(regexp_replace(fold(entry), '\(.*?\)', '', 'g'), '[,;/&]|\s+and\s+') part,
      unnest(array[trim(part), substring(trim(part) from '^([a-z]{2,3})-')]) form
    where form <> ''
    order by 1);
alter table services add column hand_languages text[] not null generated always as (languages_of(languages)) stored;

-- What a place says of getting in and around, as kinds that can be asked for: docs/search.md lists the words. A kind is given
-- only where a sentence says it plainly; one with "no", "not" or "limited" says nothing, but for "no steps".
create function access_of(accessibility jsonb) returns text[]
  language sql immutable parallel safe
  return array(
    select distinct kind
    from jsonb_array_elements_text(case when jsonb_typeof(accessibility) = 'array' then accessibility else '[]' end) entry,
      regexp_split_to_table(regexp_replace(fold(entry), '\m(no|without|zero) (steps|stairs)\M', 'step-free', 'g'), '[.;,:!?\n]|\mbut\M') sentence,
      (values
        ('STEP_FREE', 'step[- ]?free|\mlevel[- ](access|entrance|entry)\M|\mramps?\M|\mramped\M|wheelchair[- ](access|user|friendly)|access\w* (for|to|by) (\w+ )?wheelchair'),
        ('ACCESSIBLE_TOILET', '(accessible|disabled|wheelchair|adapted)\W+(\w+ )?(toilet|wc|lavator|bathroom)|(toilet|wc)\w* (for|with) (disab|wheelchair|access)|changing places|radar key'),
        ('HEARING_LOOP', '(hearing|induction)[- ](induction )?loop|\mloop system'),
        ('PARKING', '\mparking\M|\mcar park\M|\mblue badge bay'),
        ('LIFT', '\mlifts?\M|\melevators?\M'),
        ('SIGN_LANGUAGE', '\mbsl\M|sign language'),
        ('QUIET_SPACE', '\m(quiet|calm|sensory|low[- ]stimulus) (room|space|area|place|corner)')
      ) kinds (kind, words)
    where sentence ~ words
      and sentence !~ '\m(no|not|non|without|limited|partial\w*|lacks?|cannot|unable|isn.?t|aren.?t|doesn.?t|neither|nor|inaccessible|unsuitable|out of order|broken)\M'
    order by 1);
alter table locations add column hand_access text[] not null generated always as (access_of(accessibility)) stored;

-- capacities_of says which services of a hub are known to have places, and which to have none: at most one row for each;
-- no row: it is not known. It is plain SQL, so that Postgres takes it into the statement that asks.
create function capacities_of(in_hub uuid) returns table (service_id uuid, has_places boolean)
  language sql stable parallel safe
  as 'select null::uuid, null::boolean where in_hub is null';
create function service_has_capacity(hub uuid, service uuid) returns boolean
  language sql stable parallel safe
  as 'select c.has_places from capacities_of(hub) c where c.service_id = service';

-- hours_meet: something is on from opens_at to closes_at at some time from on_from to on_to; each "HH:MM" or null. What ends
-- before it begins ends after midnight; what has no end is known to be on when it begins.
create function hours_meet(opens_at text, closes_at text, on_from text, on_to text) returns boolean
  language sql immutable parallel safe
  return (on_from is null and on_to is null)
    or (opens_at is not null
      and (on_to is null or opens_at < on_to or opens_at = on_from)
      and (on_from is null or case when closes_at > opens_at then closes_at > on_from else closes_at is not null or opens_at >= on_from end));

-- schedule_is_on: within the week from today, on the day of the week (null: any) and at the hours.
create function schedule_is_on(
  freq text, by_day jsonb, dtstart date, until date, valid_from date, valid_to date, opens_at text, closes_at text,
  weekday text, on_from text, on_to text, today date
) returns boolean
  language sql stable parallel safe
  return hours_meet(opens_at, closes_at, on_from, on_to)
    and coalesce(valid_from, today) <= today + 6 and coalesce(valid_to, today) >= today
    and coalesce(dtstart, today) <= today + 6 and coalesce(until, today) >= today
    and case
      when freq is null then dtstart >= today and (weekday is null or extract(dow from dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', weekday) - 1)
      when weekday is null then true
      when jsonb_typeof(by_day) = 'array' and by_day <> '[]' then by_day::text like '%' || weekday || '"%'
      when freq = 'DAILY' then true
      when freq = 'WEEKLY' then extract(dow from dtstart) = array_position('{SU,MO,TU,WE,TH,FR,SA}', weekday) - 1
      else false
    end;

-- service_standing is where a service stands among those found, the least first: docs/search.md explains the weights.
--   text_rank: from 0 to 1, how well it has the words; needs_met: from 0 to 1, the part of the needs asked for that it meets
--   metres: to the nearest place, or null
create function service_standing(text_rank float8, needs_met float8, metres float8, assured date, has_places boolean, today date) returns float8
  language sql immutable parallel safe
  return - (100 * text_rank + 20 * needs_met + coalesce(20 * 2000 / (2000 + metres), 0)
    + case when assured >= today - 92 then 8 when assured >= today - 365 then 4 else 0 end
    + case has_places when true then 8 when false then 0 else 4 end);

-- words_beginning is whatever words of the hub begin so, as they are written and by their stems. It names them one by one:
-- an index of words gathers the rows of a beginning from all hubs before it comes to ours, so that a search would cost more
-- the more hubs there are. Null: no word does.
create function words_beginning(in_hub uuid, beginning text) returns tsquery
  language sql stable parallel safe
  as $$
    select case
      when beginning !~ '^[[:alpha:]]+$' then to_tsquery('public.life_rooms_words', beginning || ':*')
      else (
        select string_agg(distinct quote_literal(form), ' | ')::tsquery
        from (
          select w.word, w.hand_stem from catalogue_words w
          where w.hub_id = in_hub and w.word ~>=~ fold(beginning) and w.word ~<~ (fold(beginning) || chr(1114111))
          order by w.word using ~<~ limit 1000
        ) w cross join lateral (values (w.word), (w.hand_stem)) f (form)
        where starts_with(f.form, fold(beginning)))
      end
  $$;

-- words_wanted is what to look for: all the words; or where the last may be unfinished, those before it and its beginning.
create function words_wanted(words text, head text, last_word text) returns tsquery
  language sql stable parallel safe
  return case when last_word <> '' and numnode(websearch_to_tsquery('public.life_rooms', words)) > 0
    then websearch_to_tsquery('public.life_rooms', words)
      || (websearch_to_tsquery('public.life_rooms', head) && to_tsquery('public.life_rooms_words', last_word || ':*'))
    else websearch_to_tsquery('public.life_rooms', words) end;

-- hub_words_wanted is the same for the index to find.
create function hub_words_wanted(in_hub uuid, words text, head text, last_word text) returns tsquery
  language plpgsql stable
  as $$
declare
  wanted tsquery := websearch_to_tsquery('public.life_rooms', words);
  begun tsquery; -- null: no word begins so
begin
  -- A word that says nothing ("in") is no beginning of one.
  if last_word <> '' and numnode(wanted) > 0 and numnode(plainto_tsquery('public.life_rooms', last_word)) > 0 then
    begun := public.words_beginning(in_hub, last_word);
    if head <> '' then
      begun := websearch_to_tsquery('public.life_rooms', head) && begun;
    end if;
    wanted := coalesce(wanted || begun, wanted);
  end if;
  return wanted;
end
$$;

-- corrected_words puts right each word that no service of the hub has, by the nearest that one has: mistyped by one letter
-- (of several such, the one that most services have), else spelt alike. Null: there is nothing to put right. Only services
-- that run count; for strangers, only what is public, so that what is hidden is not told by a correction either.
--
-- The functions below that run with the owner's rights call it; nobody else may.
create function corrected_words(in_hub uuid, words text, last_word text, for_strangers boolean) returns text
  language plpgsql stable
  set search_path = public, pg_temp
  set pg_trgm.similarity_threshold = 0.4
as $$
declare
  corrected text := '';
  part text;
  token text;
  asked tsquery;
  better text;
  tried int := 0;
begin
  for part in select m[1] from regexp_matches(words, '[[:alpha:]]+|[^[:alpha:]]+', 'g') m loop
    token := fold(part);
    better := null;
    -- What is excluded (-word) and what has digits beside it is left alone; so is what follows after many wrong words.
    if token ~ '^[[:alpha:]]{3,30}$' and tried < 8 and corrected !~ '(^|\s)-$' and corrected !~ '[[:digit:]]$' then
      asked := plainto_tsquery('life_rooms', token);
      if last_word <> '' and corrected || part = words then
        asked := coalesce(asked || words_beginning(in_hub, token), asked);
      end if;
      if numnode(asked) > 0 and not exists (
        select from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
        where s.hub_id = in_hub and s.hand_search @@ asked and s.retired_at is null
          and case when for_strangers then s.visibility = 'PUBLIC' and o.visibility = 'PUBLIC' and o.retired_at is null else s.status = 'ACTIVE' end)
      then
        tried := tried + 1;
        select c.word into better
        from (
          select distinct w.word, w.hand_near && one_letter_less(token) as by_one
          from catalogue_words w
          where w.hub_id = in_hub and (w.hand_near && one_letter_less(token) or w.word % token) and abs(length(w.word) - length(token)) <= 2
        ) c
        cross join lateral (
          select count(*) as services from (
            select from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
            where s.hub_id = in_hub and s.hand_search @@ plainto_tsquery('life_rooms', c.word) and s.retired_at is null
              and case when for_strangers then s.visibility = 'PUBLIC' and o.visibility = 'PUBLIC' and o.retired_at is null else s.status = 'ACTIVE' end
            limit 100) those
        ) had
        where had.services > 0
        order by c.by_one desc, case when c.by_one then had.services end desc, similarity(c.word, token) desc, c.word
        limit 1;
      end if;
    end if;
    corrected := corrected || coalesce(better, part);
  end loop;
  return nullif(corrected, words);
end
$$;

-- find_services gives one page of the services of a hub that run. Under row-level security @@ is no condition of an index,
-- because it might leak what it compares; so this runs with the owner's rights, holds to in_hub in every branch, and gives
-- nothing for a hub that is not in the scope of the transaction. (search_services is for servers of the version before,
-- which may still be running.)
--
--   words, head, last_word: what to look for; and the same taken apart, where the last word may be unfinished
--   need_codes: any of them; weekday: MO … SU; on_from, on_to: "HH:MM", on at some time between; each null: no matter
--   from_latitude, from_longitude, within: a circle in degrees and metres, or null
--   only_free: as the service says; of_age: years; spoken: forms of languages; access_kinds: all at one place
--   with_capacity: known to have places, or not; on_day: today at the hub, null where it is not at hand
--   after_…: the keys of the last row of the page before, or null
--
-- corrected: the words that were looked for, where they are others than those asked for. today: the day at the hub.
create function find_services(
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
          select from schedules x
          where x.hub_id = in_hub and x.service_id = m.id and x.retired_at is null and schedule_is_on(
              x.freq, x.by_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.opens_at, x.closes_at, weekday, on_from, on_to, day)))
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

-- public_search gives the public services of a hub that have the words, and how well: from 0 to 1. Words that say nothing
-- ("the") match everything. Where no public service has the words, those that have them put right match (see corrected), and
-- then those whose name or partner is spelt alike. It runs with the owner's rights because under row-level security @@ is no
-- condition of an index; it holds to the hub and to what is public by itself, since what is hidden must not be told by what
-- is missing either. (public_matches is for servers of the version before.)
create function public_search(in_hub uuid, words text, head text, last_word text)
  returns table (service_id uuid, text_rank float8, corrected text)
  language plpgsql stable security definer rows 50
  set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  wanted tsquery := hub_words_wanted(in_hub, words, head, last_word);
  put_right text;
begin
  if in_hub is null or in_hub is distinct from app_public_hub() then
    return;
  end if;
  loop
    return query
      select s.id, ts_rank_cd('{0.02, 0.05, 0.3, 1}', s.hand_search, wanted, 32)::float8, put_right
      from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
      where s.hub_id = in_hub and (numnode(wanted) = 0 or s.hand_search @@ wanted)
        and s.visibility = 'PUBLIC' and s.retired_at is null and o.visibility = 'PUBLIC' and o.retired_at is null;
    if found or words like '%"%' then
      return;
    end if;
    exit when put_right is not null;
    put_right := corrected_words(in_hub, words, last_word, true);
    exit when put_right is null;
    wanted := case when last_word <> '' and right(put_right, length(last_word)) = last_word
      then hub_words_wanted(in_hub, put_right, left(put_right, -length(last_word)), last_word) else hub_words_wanted(in_hub, put_right, '', '') end;
    exit when numnode(wanted) = 0;
  end loop;
  return query
    select s.id, alike.much, null::text
    from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
    cross join lateral (
      select greatest(word_similarity(fold(words), fold(s.name)), word_similarity(fold(words), fold(o.name)))::float8 as much) alike
    where s.hub_id = in_hub and alike.much >= 0.33
      and s.visibility = 'PUBLIC' and s.retired_at is null and o.visibility = 'PUBLIC' and o.retired_at is null;
end
$$;

-- suggest_services completes what somebody types, by the names of needs, services that run and partners: every word typed
-- begins a word of the name. Where no name has them, they are put right, and then names spelt alike are given. It runs with
-- the owner's rights so that the trigrams' index is used, and gives nothing for a hub that is not in scope.
create function suggest_services(in_hub uuid, typed text, size int)
  returns table (kind text, label text, id uuid, code text, organisation_name text, n bigint)
  language plpgsql stable security definer rows 8
  set search_path = public, pg_temp
  set pg_trgm.word_similarity_threshold = 0.4
as $$
#variable_conflict use_column
declare
  typed_label text := label_of(typed);
  patterns text[];
  longest text;
  put_right text;
  alike boolean := false;
begin
  if in_hub is null or typed_label = ' ' or not coalesce(in_hub = any (app_hubs()), false) then
    return;
  end if;
  loop
    patterns := array(select '% ' || word || '%' from regexp_split_to_table(trim(typed_label), ' ') word);
    longest := (select p from unnest(patterns) p order by length(p) desc limit 1);
    return query
      with named as (
        select 'NEED' as kind, 1 as place, need.name::text as label, need.id, need.code::text, null::text as organisation_name, need.label as compared
        from (select n.id, n.code, n.name, label_of(n.name) as label from needs n where n.hub_id = in_hub and n.offered) need
        where case when alike then typed_label <% need.label else need.label like all (patterns) end
        union all
        select 'SERVICE', 2, s.name, s.id, null, o.name::text, s.hand_label
        from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
        where not alike and s.hub_id = in_hub and s.hand_label like longest and s.hand_label like all (patterns) and s.status = 'ACTIVE' and s.retired_at is null
        union all
        select 'SERVICE', 2, s.name, s.id, null, o.name::text, s.hand_label
        from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
        where alike and s.hub_id = in_hub and typed_label <% s.hand_label and s.status = 'ACTIVE' and s.retired_at is null
        union all
        select 'ORGANISATION', 3, o.name, o.id, null, null, o.hand_label
        from organisations o
        where not alike and o.hub_id = in_hub and o.hand_label like longest and o.hand_label like all (patterns) and o.retired_at is null
        union all
        select 'ORGANISATION', 3, o.name, o.id, null, null, o.hand_label
        from organisations o
        where alike and o.hub_id = in_hub and typed_label <% o.hand_label and o.retired_at is null
      )
      select found.kind, found.label, found.id, found.code, found.organisation_name, row_number() over () as n
      from (
        select * from named
        -- A need first; then what begins with what was typed; where it is only alike, the likest.
        order by case when alike then - word_similarity(typed_label, compared) else 0 end, place <> 1, not starts_with(compared, typed_label), place, compared, id
        limit size) found;
    exit when found or alike;
    if put_right is null then
      put_right := corrected_words(in_hub, trim(typed_label), substring(typed_label from '\w+$'), false);
      if put_right is not null then
        typed_label := label_of(put_right);
        continue;
      end if;
    end if;
    typed_label := label_of(typed);
    alike := true;
  end loop;
end
$$;

-- service_facts is what there is to say of why a service was found, as far as it was asked for or helps; see
-- directory.Reasons. It has the rights of who asks: strangers are told of what they may see.
create function service_facts(
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
        select jsonb_build_object(
          'days', case when weekday is not null then jsonb_build_array(weekday)
            when jsonb_typeof(x.by_day) = 'array' and x.by_day <> '[]' then x.by_day
            when x.freq = 'DAILY' then null
            else jsonb_build_array(('{SU,MO,TU,WE,TH,FR,SA}'::text[])[extract(dow from x.dtstart) + 1]) end,
          'opens', x.opens_at, 'closes', x.closes_at)
        from schedules x
        where x.hub_id = in_hub and x.service_id = s.id and x.retired_at is null and schedule_is_on(
            x.freq, x.by_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.opens_at, x.closes_at, weekday, on_from, on_to, today)
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

-- The words of the catalogues that are there already.
insert into catalogue_words (id, hub_id, word)
select gen_random_uuid(), t.hub_id, t.word
from (
  select s.hub_id, w.word from services s, words_of(concat_ws(' / ', s.name, s.alternate_name, s.description, s.eligibility_description)) w (word)
  union
  select o.hub_id, w.word from organisations o, words_of(concat_ws(' / ', o.name, o.alternate_name)) w (word)) t;

revoke all on function
  find_services(uuid, text, text, text, text[], text, text, text, float8, float8, float8, boolean, int, text[], text[], boolean, date, float8, float8, text, uuid, int),
  public_search(uuid, text, text, text), suggest_services(uuid, text, int), corrected_words(uuid, text, text, boolean) from public;
grant execute on function
  find_services(uuid, text, text, text, text[], text, text, text, float8, float8, float8, boolean, int, text[], text[], boolean, date, float8, float8, text, uuid, int),
  suggest_services(uuid, text, int) to liferooms_app;
grant execute on function public_search(uuid, text, text, text) to liferooms_public;
