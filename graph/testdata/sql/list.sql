select '{"hub":' || '{"visits":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t3.c1))[1:$1::int], ','), '') || '],"pageInfo":{"hasNextPage":' || (count(*) > $1::int)::text || ',"endCursor":' || case when count(*) = 0 then 'null' else E'\x010:' || (extract(epoch from (array_agg(t3.k1))[least(count(*)::int, $1::int)]) * 1000000)::bigint::text || E'\x03' || (array_agg(t3.k2))[least(count(*)::int, $1::int)]::text || E'\x02' end || '}}'
from (
  select '{"id":"' || t2.id::text || '","state":"' || t2.state::text || '","arrivedAt":"' || to_char(t2.arrived_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","anonymous":' || coalesce((t2.person_id is null)::text, E'\x01!\x02') || ',"person":' || case when t4.id is null then 'null' else '{"id":"' || t4.id::text || '","displayName":' || coalesce(to_json((coalesce(nullif(t4.preferred_name, ''), t4.given_name) || coalesce(' ' || nullif(t4.family_name, ''), '')))::text, E'\x01!\x02') || '}' end || ',"need":' || case when t5.id is null then 'null' else '{"id":"' || t5.id::text || '","name":' || to_json(t5.name)::text || '}' end || ',"advisor":' || case when t6.id is null then 'null' else '{"id":"' || t6.id::text || '","name":' || to_json(t6.name)::text || '}' end || '}' as c1, t2.k1, t2.k2
  from (
  select t2.*, t2.arrived_at as k1, t2.id as k2
  from visits t2
  where t2.hub_id = $2::uuid and t2.arrived_on = $3::date
  order by t2.arrived_at desc, t2.id desc limit $1::int + 1) t2
  left join persons t4 on t4.hub_id = $2::uuid and t4.id = t2.person_id
  left join needs t5 on t5.hub_id = $2::uuid and t5.id = t2.need_id
  left join staff_users t6 on t6.trust_id = $4::uuid and t6.id = t2.advisor_id
  order by t2.k1 desc, t2.k2 desc) t3) || '}' || '}'
