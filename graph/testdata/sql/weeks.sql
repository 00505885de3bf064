select '{"hub":' || '{"visitsByWeek":' || (
select '[' || coalesce(string_agg('{"week":' || coalesce('"' || (t2.week)::text || '"', E'\x01!\x02') || ',"visits":' || coalesce((t2.visits)::text, E'\x01!\x02') || ',"need":' || case when t3.id is null then 'null' else '{"id":"' || t3.id::text || '","name":' || to_json(t3.name)::text || '}' end || '}', ',' order by t2.week, t2.need_id), '') || ']'
from (
				select date '2001-01-01' + 7 * ((c.arrived_on - date '2001-01-01') / 7) as week, c.need_id, sum(c.visits)::int as visits
				from visit_counts c where c.hub_id = $1::uuid and c.arrived_on >= $2::date and c.arrived_on < $3::date and c.visits > 0 group by 1, 2) t2
  left join needs t3 on t3.hub_id = $1::uuid and t3.id = t2.need_id) || '}' || '}'
