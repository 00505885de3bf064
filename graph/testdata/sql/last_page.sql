select '{"hub":' || '{"visits":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t3.c1))[greatest(count(*)::int - $1::int, 0) + 1:], ','), '') || '],"pageInfo":{"hasNextPage":false,"hasPreviousPage":' || (count(*) > $1::int)::text || ',"endCursor":' || case when count(*) = 0 then 'null' else E'\x010:' || (extract(epoch from (array_agg(t3.k1))[count(*)::int]) * 1000000)::bigint::text || E'\x03' || (array_agg(t3.k2))[count(*)::int]::text || E'\x02' end || '}}'
from (
  select '{"id":"' || t2.id::text || '","advisor":' || case when t4.id is null then 'null' else '{"name":' || to_json(t4.name)::text || '}' end || '}' as c1, t2.k1, t2.k2
  from (
  select t2.*, t2.arrived_at as k1, t2.id as k2
  from visits t2
  where t2.hub_id = $2::uuid and t2.arrived_on = $3::date
  order by t2.arrived_at, t2.id limit $1::int + 1) t2
  left join staff_users t4 on t4.trust_id = $4::uuid and t4.id = t2.advisor_id
  order by t2.k1 desc, t2.k2 desc) t3) || ',"auditEvents":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t6.c1))[1:$5::int], ','), '') || ']}'
from (
  select '{"action":' || to_json(t5.action)::text || ',"actor":' || case when t7.id is null then 'null' else '{"name":' || to_json(t7.name)::text || '}' end || '}' as c1, t5.k1, t5.k2
  from (
  select t5.*, t5.at as k1, t5.id as k2
  from audit_events t5
  where t5.trust_id = $4::uuid and (t5.hub_id is null or t5.hub_id = $2::uuid) and t5.hub_id = $2::uuid and t5.person_id = $6::uuid
  order by t5.at desc, t5.id desc limit $5::int + 1) t5
  left join staff_users t7 on t7.trust_id = $4::uuid and t7.id = t5.actor_id
  order by t5.k1 desc, t5.k2 desc) t6) || '}' || '}'
