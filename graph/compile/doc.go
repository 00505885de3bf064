// Package compile makes one SQL statement of a GraphQL operation, whose answer is the operation's data.
//
// gqlgen parses and validates an operation, coerces its variables and asks permission for every field, as ever. Only the
// execution of a read is replaced. This document
//
//	query ($hub: String!, $on: Date!) { hub(slug: $hub) { visits(on: $on, first: 50) {
//	  nodes { id person { displayName } } pageInfo { endCursor } } } }
//
// becomes this statement (shortened):
//
//	select '{"hub":{"visits":' || (
//	  select '{"nodes":[' || array_to_string((array_agg(t3.c1))[1:$1], ',')
//	      || '],"pageInfo":{"endCursor":' || … E'\x010:[' || … || E']\x02' || '}}'
//	  from (
//	    select '{"id":"' || t2.id || '","person":' || case when t4.id is null then 'null'
//	             else '{"displayName":' || to_json(…)::text || '}' end || '}' as c1, t2.k1, t2.k2
//	    from (
//	      select t2.*, t2.arrived_at as k1, t2.id as k2 from visits t2
//	      where t2.hub_id = $2 and t2.arrived_on = $3 order by t2.arrived_at desc, t2.id desc limit $1 + 1) t2
//	    left join persons t4 on t4.hub_id = $2 and t4.id = t2.person_id
//	    order by t2.k1 desc, t2.k2 desc) t3) || '}}'
//
// # How
//
// The writer (write.go) walks the selection with fragments opened and fields of one response key merged (selection.go),
// and puts JSON together as text: that is quicker than Postgres's builders of JSON, and keys stay in the order of the
// selection. Each kind of field writes its piece:
//
//   - a column, in the API's format; nothing needs to be declared for it, Ent's graph has it
//   - a row that belongs to this one (One): a left join of the FROM clause that is under way
//   - a list (List): a subquery with string_agg
//   - a Relay connection (Page): a subquery cut by key, one row longer than the page to see whether there are more
//   - one row by its id, or NOT_FOUND (Lookup)
//   - an SQL expression over the row (SQL)
//   - a value that Go computes from the row (Computed)
//
// All but the first are declared in one place, graph/declared.go. In the SQL of a declaration @row is the row, @parent the
// one above, and every other @name a parameter.
//
// # What reaches SQL
//
// Names come from Ent's graph and the declarations. Values are parameters, always; the sizes of pages too. An alias is a
// key of the JSON, and GraphQL's grammar lets it be letters, digits and underscores. Every table has its predicate of the
// hub or the trust (Schema.Within); row-level security lies beneath and is not relied on.
//
// # Marks
//
// Where Go has something to write, the statement leaves a mark, "\x01number:payload\x02", and Run.Finish puts the text in
// its place: a cursor from its keys, a schedule in words, null and an error where a row is missing, nothing where ids
// only say who was shown, for the audit. Neither sign can stand in JSON: to_json escapes both, so no text can forge one. Where
// a value that the API promises is missing, the mark is "\x01!\x02" and the operation runs again on the executor, which
// nulls the right parent and says where (GraphQL specification, 6.4.4).
//
// # Shapes and plans
//
// A Plan serves every request of the same operation and Shape: which fields @skip and @include leave, and where pages
// begin. All else is a parameter, so one prepared statement with one plan of Postgres serves every hub. Arguments are
// decoded by gqlgen's own code when a plan is used (Plan.Begin); whatever is wrong with them, the executor says.
package compile
