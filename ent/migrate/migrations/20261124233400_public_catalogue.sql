-- Written by hand: what a stranger may read, and by which role. See docs/decisions/0050.

-- internal/store reads for strangers as this role. It may read the tables below and no other, and write nothing. The server
-- may become it but does not have its rights of itself: liferooms_app inherits nothing.
do $$
begin
  if not exists (select from pg_roles where rolname = 'liferooms_public') then
    create role liferooms_public nologin noinherit;
  end if;
  if not pg_has_role('liferooms_app', 'liferooms_public', 'member') then
    grant liferooms_public to liferooms_app;
  end if;
exception when insufficient_privilege then
  raise exception 'the owner of the tables may not make the role by which strangers read'
    using errcode = 'insufficient_privilege',
      hint = 'as a superuser: create role liferooms_public nologin noinherit; grant liferooms_public to liferooms_app';
end
$$;
grant usage on schema public to liferooms_public;

-- The one hub whose public catalogue is read. It opens nothing to the roles of staff, and app.hubs opens nothing here:
-- internal/store sets one or the other.
create function app_public_hub() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.public_hub', true), '')::uuid;

-- What is shown is public itself and all that stands above it is: the sub-selects below are held to the policies of their
-- own tables.
create policy audience on organisations for select to liferooms_public
  using (hub_id = (select app_public_hub()) and visibility = 'PUBLIC' and retired_at is null);
create policy audience on services for select to liferooms_public
  using (hub_id = (select app_public_hub()) and visibility = 'PUBLIC' and retired_at is null
    and exists (select from organisations o where o.hub_id = services.hub_id and o.id = services.organisation_id));
create policy audience on locations for select to liferooms_public
  using (hub_id = (select app_public_hub()) and visibility = 'PUBLIC' and retired_at is null);
create policy audience on service_at_locations for select to liferooms_public
  using (hub_id = (select app_public_hub()) and visibility = 'PUBLIC' and retired_at is null
    and exists (select from services s where s.hub_id = service_at_locations.hub_id and s.id = service_at_locations.service_id)
    and exists (select from locations l where l.hub_id = service_at_locations.hub_id and l.id = service_at_locations.location_id));
create policy audience on schedules for select to liferooms_public
  using (hub_id = (select app_public_hub()) and visibility = 'PUBLIC' and retired_at is null
    and exists (select from services s where s.hub_id = schedules.hub_id and s.id = schedules.service_id)
    and (service_at_location_id is null
      or exists (select from service_at_locations a where a.hub_id = schedules.hub_id and a.id = schedules.service_at_location_id)));
create policy audience on taxonomy_terms for select to liferooms_public
  using (hub_id = (select app_public_hub()) and retired_at is null);
create policy audience on service_terms for select to liferooms_public
  using (hub_id = (select app_public_hub())
    and exists (select from services s where s.hub_id = service_terms.hub_id and s.id = service_terms.service_id)
    and exists (select from taxonomy_terms t where t.hub_id = service_terms.hub_id and t.id = service_terms.taxonomy_term_id));
create policy audience on needs for select to liferooms_public
  using (hub_id = (select app_public_hub()) and offered);
create policy audience on service_needs for select to liferooms_public
  using (hub_id = (select app_public_hub())
    and exists (select from services s where s.hub_id = service_needs.hub_id and s.id = service_needs.service_id)
    and exists (select from needs n where n.hub_id = service_needs.hub_id and n.id = service_needs.need_id));
grant select on organisations, services, locations, service_at_locations, schedules, taxonomy_terms, service_terms, needs, service_needs
  to liferooms_public;

-- live_hubs names the hubs that are open and have the slug: of several trusts where these chose the same.
create function live_hubs(wanted text)
  returns table (trust_id uuid, ods_code text, hub_id uuid, slug text, name text, time_zone text, address text, postcode text,
    latitude float8, longitude float8, opening_hours jsonb, opening_exceptions jsonb, brand_colour text)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select h.trust_id, t.ods_code, h.id, h.slug, h.name, h.time_zone, h.address, h.postcode, h.latitude, h.longitude,
      h.opening_hours, h.opening_exceptions, h.brand_colour
    from hubs h join trusts t on t.id = h.trust_id
    where h.slug = wanted and h.state = 'LIVE' order by t.ods_code
  $$;

-- public_matches gives the public services of a hub that have the words, and how well: standing is the rank below zero.
-- Words that say nothing ("the") match everything. Where no public service has the words, those whose name or partner is
-- spelt alike match. It runs with the owner's rights because under row-level security @@ is no condition of an index; it
-- holds to the hub and to what is public by itself, since what is hidden must not be told by what is missing either.
create function public_matches(in_hub uuid, words text, head text, last_word text)
  returns table (service_id uuid, standing float8)
  language plpgsql stable security definer rows 50
  set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
  wanted tsquery := websearch_to_tsquery('life_rooms', words);
begin
  if in_hub is null or in_hub is distinct from app_public_hub() then
    return;
  end if;
  if last_word <> '' and numnode(wanted) > 0 then -- the last word may not be typed to its end
    wanted := wanted || (websearch_to_tsquery('life_rooms', head) && to_tsquery('life_rooms_words', last_word || ':*'));
  end if;
  return query
    select s.id, - ts_rank_cd('{0.02, 0.05, 0.3, 1}', s.hand_search, wanted)::float8
    from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
    where s.hub_id = in_hub and (numnode(wanted) = 0 or s.hand_search @@ wanted)
      and s.visibility = 'PUBLIC' and s.retired_at is null and o.visibility = 'PUBLIC' and o.retired_at is null;
  if found or words like '%"%' then
    return;
  end if;
  return query
    select s.id, - alike.much
    from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
    cross join lateral (
      select greatest(word_similarity(fold(words), fold(s.name)), word_similarity(fold(words), fold(o.name)))::float8 as much) alike
    where s.hub_id = in_hub and alike.much >= 0.33
      and s.visibility = 'PUBLIC' and s.retired_at is null and o.visibility = 'PUBLIC' and o.retired_at is null;
end
$$;

revoke all on function live_hubs(text), public_matches(uuid, text, text, text) from public;
grant execute on function live_hubs(text) to liferooms_app;
grant execute on function public_matches(uuid, text, text, text) to liferooms_public;

-- A taxonomy has no row of its own: it is known by its name, and its id is made of that (RFC 9562, version 3).
create function taxonomy_id(in_hub uuid, taxonomy text) returns uuid
  language sql immutable strict parallel safe
  return overlay(overlay(md5(in_hub || '/' || taxonomy) placing '3' from 13) placing '8' from 17)::uuid;

-- A second source may list a place that the hub has hidden, or the first one give it another id: it comes in hidden, too.
create index hand_locations_hidden on locations (hub_id) where visibility <> 'PUBLIC';
create function keep_address_hidden() returns trigger
  language plpgsql as $$
begin
  new.visibility := coalesce((
    select l.visibility from locations l
    where l.hub_id = new.hub_id and l.visibility <> 'PUBLIC'
      and fold(l.address) = fold(new.address)
      and coalesce(fold(replace(l.postcode, ' ', '')) = fold(replace(new.postcode, ' ', '')), true)
    limit 1), new.visibility);
  return new;
end
$$;
create trigger hand_hidden before insert on locations
  for each row when (new.visibility = 'PUBLIC') execute function keep_address_hidden();
