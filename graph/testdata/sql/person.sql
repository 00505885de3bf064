select '{"hub":' || '{"person":' || coalesce((
select '{"id":"' || t2.id::text || '","memberNumber":' || to_json(t2.member_number)::text || ',"givenName":' || to_json(t2.given_name)::text || ',"familyName":' || to_json(t2.family_name)::text || ',"displayName":' || coalesce(to_json((coalesce(nullif(t2.preferred_name, ''), t2.given_name) || coalesce(' ' || nullif(t2.family_name, ''), '')))::text, E'\x01!\x02') || ',"pronouns":' || coalesce(to_json(t2.pronouns)::text, 'null') || ',"dateOfBirth":' || coalesce('"' || t2.date_of_birth::text || '"', 'null') || ',"phone":' || coalesce(to_json(t2.phone)::text, 'null') || ',"safeContact":"' || t2.safe_contact::text || '","accessNeeds":' || (
select '[' || coalesce(string_agg('{"id":"' || t3.id::text || '","code":"' || t3.code::text || '","note":' || coalesce(to_json(t3.note)::text, 'null') || '}', ',' order by t3.code), '') || ']'
from access_needs t3
where t3.hub_id = $1::uuid and t3.person_id = t2.id) || ',"visits":' || (
select '{"nodes":[' || coalesce(array_to_string((array_agg(t5.c1))[1:$2::int], ','), '') || '],"pageInfo":{"hasNextPage":' || (count(*) > $2::int)::text || ',"endCursor":' || case when count(*) = 0 then 'null' else E'\x010:' || (extract(epoch from (array_agg(t5.k1))[least(count(*)::int, $2::int)]) * 1000000)::bigint::text || E'\x03' || (array_agg(t5.k2))[least(count(*)::int, $2::int)]::text || E'\x02' end || '}}'
from (
  select '{"id":"' || t4.id::text || '","state":"' || t4.state::text || '","arrivedAt":"' || to_char(t4.arrived_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","leftAt":' || coalesce('"' || to_char(t4.left_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"', 'null') || ',"need":' || case when t6.id is null then 'null' else '{"id":"' || t6.id::text || '","name":' || to_json(t6.name)::text || '}' end || ',"conversation":' || case when t7.id is null then 'null' else '{"id":"' || t7.id::text || '","startedAt":"' || to_char(t7.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","needs":' || (
select '[' || coalesce(string_agg('{"id":"' || t8.id::text || '","name":' || to_json(t8.name)::text || '}', ',' order by t8.position, t8.id), '') || ']'
from conversation_needs pair join needs t8 on t8.id = pair.need_id
where t8.hub_id = $1::uuid and pair.hub_id = $1::uuid and pair.conversation_id = t7.id) || '}' end || '}' as c1, t4.k1, t4.k2
  from (
  select t4.*, t4.arrived_at as k1, t4.id as k2
  from visits t4
  where t4.hub_id = $1::uuid and t4.person_id = t2.id
  order by t4.arrived_at desc, t4.id desc limit $2::int + 1) t4
  left join needs t6 on t6.hub_id = $1::uuid and t6.id = t4.need_id
  left join conversations t7 on t7.hub_id = $1::uuid and t7.visit_id = t4.id
  order by t4.k1 desc, t4.k2 desc) t5) || E'}\x011:' || array_to_string(array[t2.id::text], ',', '') || E'\x02'
from persons t2
where t2.hub_id = $1::uuid and t2.id = $3::uuid limit 1), E'\x012:' || E'\x02') || '}' || '}'
