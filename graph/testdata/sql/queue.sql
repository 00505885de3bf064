select '{"queue":{"waiting":' || (
select '[' || coalesce(string_agg('{"id":"' || t1.id::text || '","person":' || case when t2.id is null then 'null' else '{"displayName":' || coalesce(to_json((coalesce(nullif(t2.preferred_name, ''), t2.given_name) || coalesce(' ' || nullif(t2.family_name, ''), '')))::text, E'\x01!\x02') || ',"accessNeeds":' || (
select '[' || coalesce(string_agg('{"code":"' || t3.code::text || '"}', ',' order by t3.code), '') || ']'
from access_needs t3
where t3.hub_id = $1::uuid and t3.person_id = t2.id) || '}' end || ',"need":' || case when t4.id is null then 'null' else '{"name":' || to_json(t4.name)::text || '}' end || '}', ',' order by t1.k1, t1.k2), '') || ']'
from (
  select t1.*, t1.arrived_at as k1, t1.id as k2
  from visits t1
  where t1.hub_id = $1::uuid and t1.left_at is null and t1.state = 'WAITING'
  order by t1.arrived_at, t1.id limit 200) t1
  left join persons t2 on t2.hub_id = $1::uuid and t2.id = t1.person_id
  left join needs t4 on t4.hub_id = $1::uuid and t4.id = t1.need_id) || '}}'
