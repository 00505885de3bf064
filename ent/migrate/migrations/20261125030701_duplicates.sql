-- Written by hand: which records of a catalogue are probably the same. See docs/decisions/0065.
--
-- Two records are compared where they share a key: a number in a register, a name, a phone, a place. A key that many records
-- share (a switchboard, a common name) says nothing and is left out, which bounds the work: it grows with the catalogue, not with its square.
-- Each thing that they share has points; a pair is listed from 60 points on (organisations, locations) or 70 (services).
-- All of a hub is read once, by the indexes that begin with hub_id.

create function phone_key(phone text) returns text
  language sql immutable parallel safe
  return nullif(right(regexp_replace(coalesce(phone, ''), '\D', '', 'g'), 10), '');

-- site_key is the host of an address, without www.
create function site_key(url text) returns text
  language sql immutable parallel safe
  return nullif(regexp_replace(regexp_replace(lower(coalesce(url, '')), '^[a-z]+://', ''), '^(www\.)?([^/:?#]*).*$', '\2'), '');

-- page_key is a whole address, however it is written.
create function page_key(url text) returns text
  language sql immutable parallel safe
  return nullif(rtrim(regexp_replace(lower(coalesce(url, '')), '^([a-z]+://)?(www\.)?', ''), '/'), '');

-- place_key is where a location is: its postcode, or else its address.
create function place_key(address text, postcode text) returns text
  language sql immutable parallel safe
  return coalesce(nullif(fold(replace(postcode, ' ', '')), ''), nullif(regexp_replace(fold(address), '[^a-z0-9]+', ' ', 'g'), ''));

-- name_key is a name without what is often written and often left out.
create function name_key(name text) returns text
  language sql immutable parallel safe
  return btrim(regexp_replace(regexp_replace(fold(name), '[^a-z0-9]+', ' ', 'g'), '\m(the|ltd|limited|cic|cio|charity)\M *', '', 'g'));

-- register_of names the register that a number is from, as people call it.
create function register_of(identifier jsonb) returns text
  language sql immutable parallel safe
  return case
    when lower(concat_ws(' ', identifier->>'identifier_scheme', identifier->>'identifier_type')) ~ 'gb-(chc|sc|nic)|charit' then 'charity'
    when lower(concat_ws(' ', identifier->>'identifier_scheme', identifier->>'identifier_type')) ~ 'gb-coh|company|companies' then 'company'
    else 'register' end;

-- The material of a record is what a pair is judged by: a dismissal holds while it stays the same.
create function alike_organisations(in_hub uuid) returns table (one uuid, other uuid, points int, reasons text[], likeness text)
  language sql stable
as $$
  with record as materialized (
    select o.id, name_key(o.name) as name, phone_key(o.phone) as phone, nullif(lower(btrim(o.email)), '') as email, site_key(o.url) as site,
      case when jsonb_typeof(o.identifiers) = 'array' then o.identifiers end as identifiers
    from organisations o where o.hub_id = in_hub and o.retired_at is null
  ), key as materialized (
    select id, 'name' as what, name as value from record
    union all select id, 'phone', phone from record where length(phone) >= 9
    union all select id, 'email', email from record
    union all select id, 'site', site from record
    union all select distinct r.id, register_of(n), ltrim(regexp_replace(upper(n->>'identifier'), '[^A-Z0-9]', '', 'g'), '0')
      from record r cross join lateral jsonb_array_elements(r.identifiers) n
    union all select distinct s.organisation_id, 'place', place_key(null, l.postcode)
      from services s
      join service_at_locations a on a.hub_id = in_hub and a.service_id = s.id and a.retired_at is null
      join locations l on l.hub_id = in_hub and l.id = a.location_id and l.retired_at is null
      where s.hub_id = in_hub and s.retired_at is null
  ), telling as (
    select what, value from key where value <> '' group by what, value having count(*) between 2 and 50
  ), pair as (
    select a.id as one, b.id as other, array_agg(distinct what) as same
    from telling join key a using (what, value) join key b using (what, value)
    where a.id < b.id group by 1, 2
  ), judged as (
    select p.*, similarity(a.name, b.name) as named,
      md5(row(a.name, a.phone, a.email, a.site, a.identifiers, b.name, b.phone, b.email, b.site, b.identifiers)::text) as likeness
    from pair p join record a on a.id = p.one join record b on b.id = p.other
  ), scored as (
    select j.*, least(100, (50 * named)::int + case when 'name' = any (same) then 15 else 0 end
      + case when same && '{charity,company,register}' then 60 else 0 end
      + case when 'phone' = any (same) then 20 else 0 end + case when 'email' = any (same) then 20 else 0 end
      + case when 'site' = any (same) then 15 else 0 end + case when 'place' = any (same) then 15 else 0 end) as points
    from judged j where named >= 0.5 or same && '{charity,company,register}'
  )
  select one, other, points, array_remove(array[
    case when 'charity' = any (same) then 'same charity number' end,
    case when 'company' = any (same) then 'same company number' end,
    case when 'register' = any (same) then 'same number in a register' end,
    case when 'name' = any (same) then 'same name' when named >= 0.6 then 'names almost the same' when named >= 0.5 then 'names alike' end,
    case when 'phone' = any (same) then 'same phone' end,
    case when 'email' = any (same) then 'same email' end,
    case when 'site' = any (same) then 'same website' end,
    case when 'place' = any (same) then 'services at the same postcode' end], null), likeness
  from scored where points >= 60
$$;

create function alike_services(in_hub uuid) returns table (one uuid, other uuid, points int, reasons text[], likeness text)
  language sql stable
as $$
  with place as materialized (
    select a.service_id, array_agg(distinct place_key(l.address, l.postcode)) as places
    from service_at_locations a join locations l on l.hub_id = in_hub and l.id = a.location_id
    where a.hub_id = in_hub and a.retired_at is null and l.retired_at is null and place_key(l.address, l.postcode) is not null
    group by 1
  ), time as materialized (
    select c.service_id, string_agg(distinct concat_ws(' ', c.freq, c.by_day, c.by_month_day, c.opens_at, c.closes_at), '; ') as times
    from schedules c where c.hub_id = in_hub and c.retired_at is null group by 1
  ), record as materialized (
    select s.id, name_key(s.name) as name, s.organisation_id, name_key(o.name) as partner, o.name as partner_name, phone_key(s.phone) as phone, nullif(lower(btrim(s.email)), '') as email,
      page_key(s.url) as page, p.places, t.times
    from services s join organisations o on o.hub_id = in_hub and o.id = s.organisation_id
    left join place p on p.service_id = s.id left join time t on t.service_id = s.id
    where s.hub_id = in_hub and s.retired_at is null
  ), key as materialized (
    select id, 'name' as what, name as value from record
    union all select id, 'partner', partner from record
    union all select id, 'phone', phone from record where length(phone) >= 9
    union all select id, 'email', email from record
    union all select id, 'page', page from record
    union all select r.id, 'place', p from record r cross join lateral unnest(r.places) p
  ), telling as (
    select what, value from key where value <> '' group by what, value having count(*) between 2 and 50
  ), pair as (
    select a.id as one, b.id as other, array_agg(distinct what) as same
    from telling join key a using (what, value) join key b using (what, value)
    where a.id < b.id group by 1, 2
  ), judged as (
    select p.*, similarity(a.name, b.name) as named, a.organisation_id = b.organisation_id or a.partner = b.partner as partners,
      a.name = b.name as namesakes, a.times = b.times as times, not a.places && b.places as apart,
      md5(row(a.name, a.partner, a.phone, a.email, a.page, a.places, b.name, b.partner, b.phone, b.email, b.page, b.places)::text) as likeness
    from pair p join record a on a.id = p.one join record b on b.id = p.other
  ), scored as (
    select j.*, least(100, (50 * named)::int + case when namesakes then 10 else 0 end + case when partners then 20 else 0 end
      + case when 'phone' = any (same) then 10 else 0 end + case when 'email' = any (same) then 10 else 0 end
      + case when 'page' = any (same) then 15 else 0 end + case when 'place' = any (same) then 20 else 0 end
      + case when times then 10 else 0 end - case when apart then 50 else 0 end) as points
    from judged j where named >= 0.5
  )
  select one, other, points, array_remove(array[
    case when namesakes then 'same name' when named >= 0.6 then 'names almost the same' else 'names alike' end,
    case when partners then 'same organisation, or one of the same name' end,
    case when 'place' = any (same) then 'same place' end,
    case when times then 'same times' end,
    case when 'phone' = any (same) then 'same phone' end,
    case when 'email' = any (same) then 'same email' end,
    case when 'page' = any (same) then 'same web page' end], null), likeness
  from scored where points >= 70
$$;

create function alike_locations(in_hub uuid) returns table (one uuid, other uuid, points int, reasons text[], likeness text)
  language sql stable
as $$
  with record as materialized (
    select l.id, name_key(l.name) as name, btrim(regexp_replace(fold(l.address), '[^a-z0-9]+', ' ', 'g')) as address, nullif(fold(replace(l.postcode, ' ', '')), '') as postcode,
      l.latitude, l.longitude
    from locations l where l.hub_id = in_hub and l.retired_at is null
  ), key as materialized (
    select id, 'postcode' as what, postcode as value from record
    union all select id, 'name', name from record
    union all select id, 'address', address from record
    -- Four grids, each half a cell beside the others: what is within 30 metres shares a cell of one of them.
    union all select id, 'near', concat_ws(' ', x, y, floor(latitude / 0.0006 + x), floor(longitude / 0.0014 + y))
      from record, (values (0, 0), (0, 0.5), (0.5, 0), (0.5, 0.5)) as grid(x, y) where latitude is not null and longitude is not null
  ), telling as (
    select what, value from key where value <> '' group by what, value having count(*) between 2 and 50
  ), pair as (
    select a.id as one, b.id as other, array_agg(distinct what) as same
    from telling join key a using (what, value) join key b using (what, value)
    where a.id < b.id group by 1, 2
  ), judged as (
    select p.one, p.other, 'address' = any (same) as address, a.postcode = b.postcode as postcode, a.name = b.name and a.name <> '' as namesakes,
      case when a.name = '' or b.name = '' then 0 else similarity(a.name, b.name) end as named,
      coalesce(metres_between(a.latitude, a.longitude, b.latitude, b.longitude) <= 30, false) as near, md5(row(a, b)::text) as likeness
    from pair p join record a on a.id = p.one join record b on b.id = p.other
  ), scored as (
    select j.*, least(100, (40 * named)::int + case when address then 50 else 0 end
      + case when postcode then 30 when not postcode then -40 else 0 end + case when near then 40 else 0 end) as points
    from judged j where address or named >= 0.5
  )
  select one, other, points, array_remove(array[
    case when address then 'same address' end,
    case when postcode then 'same postcode' end,
    case when near then 'within 30 metres' end,
    case when namesakes then 'same name' when named >= 0.6 then 'names almost the same' when named >= 0.5 then 'names alike' end], null), likeness
  from scored where points >= 60
$$;

-- record_summary is what a record is known by: enough to tell it from one that looks the same.
create function record_summary(in_hub uuid, of_kind text, record_id uuid) returns jsonb
  language sql stable
as $$
  select jsonb_build_object('id', r.id, 'name', r.name, 'detail', r.detail, 'source', r.source, 'visibility', r.visibility,
    'sourceName', case when r.source = 'local' then 'Added by staff'
      else coalesce((select c.name from catalogue_sources c where c.hub_id = in_hub and c.source = r.source), r.source) end)
  from (
    select o.id, o.name, concat_ws(' · ', nullif(o.phone, ''), nullif(o.email, ''), nullif(o.url, '')) as detail, o.source, o.visibility
    from organisations o where of_kind = 'ORGANISATION' and o.hub_id = in_hub and o.id = record_id
    union all
    select s.id, s.name, o.name, s.source, s.visibility
    from services s join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id
    where of_kind = 'SERVICE' and s.hub_id = in_hub and s.id = record_id
    union all
    select l.id, coalesce(nullif(l.name, ''), l.address, l.postcode, 'A place without a name'), concat_ws(', ', l.address, l.city, l.postcode), l.source, l.visibility
    from locations l where of_kind = 'LOCATION' and l.hub_id = in_hub and l.id = record_id) r
$$;

-- likely_duplicates gives one page of the pairs of a hub, the surest first; of those that were dismissed, or of the others.
create function likely_duplicates(in_hub uuid, of_kind text, dismissed boolean, after_rank float8, after_one uuid, after_other uuid, size int)
  returns table (one uuid, other uuid, rank float8, reasons text[], dismissed_at timestamptz, records jsonb)
  language plpgsql stable rows 25
as $$
#variable_conflict use_column
begin
  return query
  with pair as (
    select * from alike_organisations(in_hub) where of_kind = 'ORGANISATION'
    union all select * from alike_services(in_hub) where of_kind = 'SERVICE'
    union all select * from alike_locations(in_hub) where of_kind = 'LOCATION'
  ), page as (
    select p.one, p.other, (100 - p.points)::float8 as rank, p.reasons, d.dismissed_at
    from pair p
    left join duplicate_dismissals d on d.hub_id = in_hub and d.kind = of_kind and d.one = p.one and d.other = p.other and d.likeness = p.likeness
    where (d.id is not null) = dismissed
      and (after_one is null or ((100 - p.points)::float8, p.one, p.other) > (after_rank, after_one, after_other))
    order by 3, 1, 2
    limit size
  )
  select page.one, page.other, page.rank, page.reasons, page.dismissed_at,
    jsonb_build_array(record_summary(in_hub, of_kind, page.one), record_summary(in_hub, of_kind, page.other))
  from page order by 3, 1, 2;
end
$$;
