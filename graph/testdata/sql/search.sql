select '{"hub":' || '{"services":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t3.c1))[1:$1::int], ','), '') || '],"pageInfo":{"hasNextPage":' || (count(*) > $1::int)::text || ',"endCursor":' || case when count(*) = 0 then 'null' else E'\x011:' || (array_agg(t3.k1))[least(count(*)::int, $1::int)]::text || E'\x03' || (array_agg(t3.k2))[least(count(*)::int, $1::int)]::text || E'\x03' || to_json((array_agg(t3.k3))[least(count(*)::int, $1::int)])::text || E'\x03' || (array_agg(t3.k4))[least(count(*)::int, $1::int)]::text || E'\x02' end || '}}'
from (
  select '{"id":"' || t2.id::text || '","name":' || to_json(t2.name)::text || ',"description":' || to_json(t2.description)::text || ',"free":' || t2.free::text || ',"organisation":' || case when t4.id is null then E'\x01!\x02' else '{"id":"' || t4.id::text || '","name":' || to_json(t4.name)::text || ',"phone":' || coalesce(to_json(t4.phone)::text, 'null') || '}' end || E',"nextSessions":\x010:' || coalesce(((select json_agg(json_build_object('freq', s.freq, 'interval', s.interval, 'by_day', s.by_day, 'by_month_day', s.by_month_day, 'dtstart', s.dtstart,
	'until', s.until, 'valid_from', s.valid_from, 'valid_to', s.valid_to, 'opens_at', s.opens_at, 'closes_at', s.closes_at, 'excluded_dates', s.excluded_dates, 'extra_dates', s.extra_dates) order by s.id) from schedules s where s.hub_id = $2::uuid and s.service_id = t2.id and s.retired_at is null))::text, 'null') || E'\x02}' as c1, t2.k1, t2.k2, t2.k3, t2.k4
  from (
  select t2.*, found.standing as k1, found.distance as k2, found.sort_name as k3, found.service_id as k4, found.corrected as corrected
  from find_services($2::uuid, $3::text, $4::text, $5::text, $6::text[], $7::text, $8::text, $9::text, $10::float8, $11::float8, $12::float8, $13::boolean, $14::int, $15::text[], $16::text[], $17::boolean, $18::date,
					$19::float8, $20::float8, $21::text, $22::uuid, $1::int + 1) found join services t2 on t2.id = found.service_id
  where t2.hub_id = $2::uuid
  order by found.standing, found.distance, found.sort_name, found.service_id limit $1::int + 1) t2
  left join organisations t4 on t4.hub_id = $2::uuid and t4.id = t2.organisation_id
  order by t2.k1, t2.k2, t2.k3, t2.k4) t3) || '}' || '}'
