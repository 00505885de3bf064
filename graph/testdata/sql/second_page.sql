select '{"hub":' || coalesce((
select '{"name":' || to_json(t1.name)::text || ',"visits":' || (
select '{"edges":[' || coalesce(array_to_string((array_agg(t3.c1))[1:$1::int], ','), '') || '],"totalCount":' || (
select count(*) from visits t2
where t2.hub_id = $2::uuid and t2.arrived_on = $3::date)::text || ',"pageInfo":{"hasNextPage":' || (count(*) > $1::int)::text || ',"hasPreviousPage":true,"startCursor":' || case when count(*) = 0 then 'null' else E'\x011:' || (extract(epoch from (array_agg(t3.k1))[1]) * 1000000)::bigint::text || E'\x03' || (array_agg(t3.k2))[1]::text || E'\x02' end || '}}'
from (
  select E'{"cursor":\x010:' || (extract(epoch from t2.k1) * 1000000)::bigint::text || E'\x03' || t2.k2::text || E'\x02,"node":{"id":"' || t2.id::text || '"}}' as c1, t2.k1, t2.k2
  from (
  select t2.*, t2.arrived_at as k1, t2.id as k2
  from visits t2
  where t2.hub_id = $2::uuid and t2.arrived_on = $3::date and (t2.arrived_at, t2.id) < ($4::timestamptz, $5::uuid)
  order by t2.arrived_at desc, t2.id desc limit $1::int + 1) t2
  order by t2.k1 desc, t2.k2 desc) t3) || ',"needs":' || (
select '[' || coalesce(string_agg('{"code":' || to_json(t4.code)::text || '}', ',' order by t4.position, t4.id), '') || ']'
from needs t4
where t4.hub_id = $2::uuid) || '}'
from hubs t1
where t1.trust_id = $6::uuid and t1.id = $2::uuid limit 1), 'null') || '}'
