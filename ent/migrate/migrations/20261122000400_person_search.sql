-- Written by hand: how people are found (internal/person).

-- person_names is what names are searched by: folded, each word after a space, so that '% mur%' finds a beginning.
create function person_names(given text, preferred text, family text) returns text
  language sql immutable parallel safe
  return ' ' || fold(given || ' ' || coalesce(preferred, '') || ' ' || family);

-- Kept beside the row: folding costs more than all that is then done with the names.
alter table persons add column hand_names text not null generated always as (person_names(given_name, preferred_name, family_name)) stored;
create index hand_persons_names on persons using gin (hub_id, hand_names gin_trgm_ops);
create index hand_persons_phone on persons (hub_id, phone) where phone is not null;

-- person_matches finds people of one hub, best first.
--
-- It runs with the owner's rights because under row-level security the trigram operators, which are not leakproof,
-- cannot use an index: every person of the hub would be compared. So the hub is checked here, against the same setting
-- that the policies read: a hub outside the scope has no people. It gives ids and scores only; whoever wants the rows
-- reads them through the policies.
--
-- Each thing asked for scores from 0 to 1 and the score is their mean: a word of a name (whole 1, a beginning 0.9, else
-- how alike it is), the date of birth, the numbers. keep says how near to the best score others must be. rank is the
-- score turned round, so that the best is the lowest; a page begins after (after_rank, after_id).
create function person_matches(hub uuid, words text[], birth date, numbers text[], keep float8, after_rank float8, after_id uuid, size int)
  returns table (id uuid, rank float8, named float8, born boolean, numbered boolean)
  language sql stable security definer set search_path = public, pg_temp set pg_trgm.word_similarity_threshold = 0.35
as $$
  with asked as materialized (
    select fold(w) as word, replace(replace(replace(fold(w), '\', '\\'), '%', '\%'), '_', '\_') as pattern from unnest(words) w
  ), candidates as (
    select p.id from asked a, lateral (
      select p.id from persons p
      where p.hub_id = hub and p.hand_names like '% ' || a.pattern || '%'
      union all
      select p.id from persons p
      where length(a.word) > 2 and p.hub_id = hub and p.hand_names %> a.word) p
    union
    select p.id from persons p where p.hub_id = hub and p.date_of_birth = birth
    union
    select p.id from persons p where p.hub_id = hub and p.nhs_number = any (numbers)
    union
    select p.id from persons p where p.hub_id = hub and p.member_number = any (numbers)
    union -- by their last digits, which takes a look at each phone of the hub
    select p.id from unnest(numbers) n join persons p on p.hub_id = hub and p.phone is not null and p.phone like '%' || right(n, 10)
    where length(n) >= 5 and n ~ '^\d+$'
  ), scored as (
    select p.id, n.named, coalesce(p.date_of_birth = birth, false) as born, d.numbered,
           (n.named * cardinality(words) + (p.date_of_birth is not distinct from birth and birth is not null)::int + d.numbered::int)
             / nullif(cardinality(words) + (birth is not null)::int + (cardinality(numbers) > 0)::int, 0) as score
    from candidates c
    join persons p on p.hub_id = hub and p.id = c.id
    cross join lateral (select p.hand_names || ' ' as names) f
    cross join lateral (
      select coalesce(avg(case
        when f.names like '% ' || a.pattern || ' %' then 1.0
        when f.names like '% ' || a.pattern || '%' then 0.9
        else 0.85 * word_similarity(a.word, f.names) end), 0)::float8 as named
      from asked a) n
    cross join lateral (
      select coalesce(bool_or(p.nhs_number = x or p.member_number = x or length(x) >= 5 and p.phone like '%' || right(x, 10)), false) as numbered
      from unnest(numbers) x) d
  ), ranked as (
    select s.*, 1 - s.score as rank, max(s.score) over () as best from scored s
    where s.score >= 0.3 and hub = any (app_hubs())
  )
  select r.id, r.rank, r.named, r.born, r.numbered from ranked r
  where r.score >= keep * r.best and (after_id is null or (r.rank, r.id) > (after_rank, after_id))
  order by r.rank, r.id
  limit least(size, 201)
$$;

revoke all on function person_matches(uuid, text[], date, text[], float8, float8, uuid, int) from public;
grant execute on function person_matches(uuid, text[], date, text[], float8, float8, uuid, int) to liferooms_app;
