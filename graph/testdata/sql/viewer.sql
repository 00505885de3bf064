select '{"viewer":{"name":' || coalesce(to_json(($1::text))::text, E'\x01!\x02') || ',"email":' || coalesce(to_json((select u.email from staff_users u where u.trust_id = $2::uuid and u.id = $3::uuid))::text, 'null') || ',"trust":' || coalesce((
select '{"name":' || to_json(t1.name)::text || '}'
from trusts t1
where t1.id = $2::uuid limit 1), E'\x01!\x02') || ',"hubs":' || (
select '[' || coalesce(string_agg('{"slug":' || to_json(t2.slug)::text || ',"roles":' || coalesce(nullif((($5::jsonb[])[array_position($4::uuid[], t2.id)]), 'null')::text, '[]') || ',"permissions":' || coalesce(nullif((($6::jsonb[])[array_position($4::uuid[], t2.id)]), 'null')::text, '[]') || '}', ',' order by t2.name, t2.id), '') || ']'
from hubs t2
where t2.trust_id = $2::uuid and t2.id = any($4::uuid[])) || '}}'
