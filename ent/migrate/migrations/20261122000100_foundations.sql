-- Written by hand: what the tables stand on.

create extension if not exists pg_trgm with schema public;
create extension if not exists unaccent with schema public;
create extension if not exists btree_gin with schema public;

-- The server connects as a member of this role. It owns nothing and bypasses nothing.
do $$
begin
  if not exists (select from pg_roles where rolname = 'liferooms_app') then
    create role liferooms_app nologin noinherit;
  end if;
end
$$;
grant usage on schema public to liferooms_app;

-- fold makes text comparable: lower case without accents. unaccent is only stable because its dictionary could be
-- replaced; naming the dictionary makes it safe to call it immutable, which indexes need.
create function fold(text) returns text
  language sql immutable strict parallel safe
  return lower(public.unaccent('public.unaccent'::regdictionary, $1));

-- The scope of the transaction, set by internal/store with each statement and empty otherwise.
create function app_trust() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.trust', true), '')::uuid;

create function app_hubs() returns uuid[]
  language sql stable parallel safe
  return nullif(current_setting('app.hubs', true), '')::uuid[];

-- raise_walls puts a table behind row-level security, for a scope of 'trust' or 'hub'. A table of a trust that also has
-- a hub_id shows only rows of the hubs in scope and rows of no hub.
--
-- The settings are read in a sub-select so that the planner evaluates them once. The owner passes: it runs migrations
-- and the few SECURITY DEFINER functions, and the server refuses to start as the owner.
create procedure raise_walls(tbl regclass, scope text)
  language plpgsql as $$
declare
  in_trust constant text := 'trust_id = (select app_trust())';
  in_hubs  constant text := 'hub_id = any ((select app_hubs())::uuid[])';
  condition text;
  has_hub boolean := exists (select from pg_attribute where attrelid = tbl and attname = 'hub_id' and not attisdropped);
begin
  case scope
    when 'hub' then condition := in_hubs;
    when 'trust' then
      condition := in_trust;
      if has_hub then condition := condition || ' and (hub_id is null or ' || in_hubs || ')'; end if;
    else raise exception 'the scope of % must be trust or hub, not %', tbl, scope;
  end case;
  execute format('alter table %s enable row level security', tbl);
  execute format('alter table %s force row level security', tbl);
  execute format('create policy tenant on %s using (%s) with check (%s)', tbl, condition, condition);
  execute format('create policy owner on %s to current_user using (true) with check (true)', tbl);
  execute format('grant select, insert, update, delete on %s to liferooms_app', tbl);
end
$$;
revoke all on procedure raise_walls(regclass, text) from public;
