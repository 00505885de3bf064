-- What PostGraphile's own fields do not say: the same SQL that the bare server runs, as functions that it exposes. The hub
-- is the request's. Functions of the application are hidden: one of them would be called as a table's list is.
drop schema if exists peers cascade;
create schema peers;
create function peers.find_services(words text, need text) returns setof public.services language sql stable as $$
  select s.* from public.find_services(((select public.app_hubs())::uuid[])[1], words, '', words, array[need], null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, 11) with ordinality found
  join public.services s on s.hub_id = ((select public.app_hubs())::uuid[])[1] and s.id = found.service_id order by found.ordinality
$$;
create type peers.week as (week date, visits int, need_id uuid, need_name text);
create function peers.weeks(since date, until date) returns setof peers.week language sql stable as $$
  select counted.week, counted.visits, n.id, n.name
  from (select date '2001-01-01' + 7 * ((arrived_on - date '2001-01-01') / 7) as week, need_id, sum(visits)::int as visits
        from public.visit_counts where hub_id = ((select public.app_hubs())::uuid[])[1] and arrived_on >= since and arrived_on <= until and visits > 0 group by 1, 2) counted
  left join public.needs n on n.hub_id = ((select public.app_hubs())::uuid[])[1] and n.id = counted.need_id
  order by counted.week, counted.need_id
$$;
create function peers.check_in(mutation text, person uuid, need text) returns public.visits language plpgsql as $$
declare
  made public.visits;
  hub uuid := ((select public.app_hubs())::uuid[])[1];
  who uuid := current_setting('app.staff')::uuid;
begin
  insert into public.visits (id, hub_id, trust_id, created_at, created_by_id, client_mutation_id, person_id, state, arrived_at, arrived_on, need_id)
  values (gen_random_uuid(), hub, (select public.app_trust()), now(), who, mutation, person, 'WAITING', now(), (now() at time zone 'Europe/London')::date,
          (select id from public.needs where hub_id = hub and code = need and offered))
  returning * into made;
  insert into public.audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id)
  values (gen_random_uuid(), made.trust_id, hub, now(), who, 'visit.checked_in', 'visit', made.id, person, 'bench');
  perform pg_notify('bench', 'desk ' || hub);
  return made;
end $$;
-- The record of reads, written in the scope of the hubs that the events are of.
create function peers.record(trust uuid, hubs uuid[], events jsonb) returns void language plpgsql as $$
begin
  perform set_config('app.trust', trust::text, true), set_config('app.hubs', hubs::text, true);
  insert into public.audit_events (id, trust_id, hub_id, at, actor_id, action, subject_type, subject_id, person_id, request_id, fields)
  select gen_random_uuid(), trust, hub_id, at, actor_id, action, subject_type, subject_id, person_id, 'bench', fields
  from jsonb_to_recordset(events) as r(hub_id uuid, at timestamptz, actor_id uuid, action text, subject_type text, subject_id uuid, person_id uuid, fields jsonb);
end $$;
comment on function peers.record is '@behavior -*';
grant usage on schema peers to liferooms_server;
grant execute on all functions in schema peers to liferooms_server;
do $$
declare f regprocedure;
begin
  for f in select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
           where n.nspname = 'public' and p.prokind = 'f' and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') loop
    execute format('comment on function %s is %L', f, '@behavior -*');
  end loop;
end $$;
