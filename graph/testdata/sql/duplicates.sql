select '{"hub":' || '{"duplicates":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t3.c1))[1:$1::int], ','), '') || '],"pageInfo":{"hasNextPage":' || (count(*) > $1::int)::text || ',"endCursor":' || case when count(*) = 0 then 'null' else E'\x010:' || (array_agg(t3.k1))[least(count(*)::int, $1::int)]::text || E'\x03' || (array_agg(t3.k2))[least(count(*)::int, $1::int)]::text || E'\x03' || (array_agg(t3.k3))[least(count(*)::int, $1::int)]::text || E'\x02' end || '}}'
from (
  select '{"kind":' || coalesce(to_json(($3::text))::text, E'\x01!\x02') || ',"reasons":' || coalesce(nullif((to_jsonb(t2.reasons)), 'null')::text, '[]') || ',"dismissedAt":' || coalesce('"' || to_char((t2.dismissed_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null') || ',"records":' || (
select '[' || coalesce(string_agg('{"id":' || coalesce('"' || ((t4.held->>'id')::uuid)::text || '"', E'\x01!\x02') || ',"name":' || coalesce(to_json((t4.held->>'name'))::text, E'\x01!\x02') || ',"detail":' || coalesce(to_json((t4.held->>'detail'))::text, E'\x01!\x02') || ',"sourceName":' || coalesce(to_json((t4.held->>'sourceName'))::text, E'\x01!\x02') || ',"visibility":' || coalesce(to_json((t4.held->>'visibility'))::text, E'\x01!\x02') || '}', ',' order by t4.n), '') || ']'
from jsonb_array_elements(t2.records) with ordinality t4(held, n)) || '}' as c1, t2.k1, t2.k2, t2.k3
  from (
  select t2.*, t2.rank as k1, t2.one as k2, t2.other as k3
  from likely_duplicates($2::uuid, $3::text, $4::boolean, $5::float8, $6::uuid, $7::uuid, $1::int + 1) t2
  where true
  order by t2.rank, t2.one, t2.other limit $1::int + 1) t2
  order by t2.k1, t2.k2, t2.k3) t3) || '}' || '}'
