-- Modify "locations" table
ALTER TABLE "locations" ADD COLUMN "merged_into_id" uuid NULL;
-- Modify "organisations" table
ALTER TABLE "organisations" ADD COLUMN "merged_into_id" uuid NULL;
-- Modify "services" table
ALTER TABLE "services" ADD COLUMN "merged_into_id" uuid NULL;
-- Create "duplicate_dismissals" table
CREATE TABLE "duplicate_dismissals" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "kind" character varying NOT NULL, "one" uuid NOT NULL, "other" uuid NOT NULL, "likeness" character varying NOT NULL, "dismissed_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "duplicatedismissal_hub_id_created_by_id_client_mutation_id" to table: "duplicate_dismissals"
CREATE UNIQUE INDEX "duplicatedismissal_hub_id_created_by_id_client_mutation_id" ON "duplicate_dismissals" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "duplicatedismissal_hub_id_kind_one_other" to table: "duplicate_dismissals"
CREATE UNIQUE INDEX "duplicatedismissal_hub_id_kind_one_other" ON "duplicate_dismissals" ("hub_id", "kind", "one", "other");
-- Create "merges" table
CREATE TABLE "merges" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "kind" character varying NOT NULL, "kept" uuid NOT NULL, "folded" uuid NOT NULL, "taken" jsonb NULL, "kept_before" jsonb NOT NULL, "kept_after" jsonb NOT NULL, "folded_before" jsonb NOT NULL, "moved" jsonb NULL, "stayed" jsonb NULL, "added" jsonb NULL, "undone_at" timestamptz NULL, "undone_by_id" uuid NULL, "remained" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "merge_hub_id_created_at_id" to table: "merges"
CREATE INDEX "merge_hub_id_created_at_id" ON "merges" ("hub_id", "created_at", "id");
-- Create index "merge_hub_id_created_by_id_client_mutation_id" to table: "merges"
CREATE UNIQUE INDEX "merge_hub_id_created_by_id_client_mutation_id" ON "merges" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "merge_hub_id_kept" to table: "merges"
CREATE INDEX "merge_hub_id_kept" ON "merges" ("hub_id", "kept");

-- Written by hand from here on. See docs/decisions/0065 and 0066.

-- A record is folded into another of its hub and kind, and is no longer offered.
alter table organisations
  add constraint hand_organisations_merged_into_id foreign key (hub_id, merged_into_id) references organisations (hub_id, id),
  add constraint hand_organisations_merged check (merged_into_id is null or (merged_into_id <> id and retired_at is not null));
alter table services
  add constraint hand_services_merged_into_id foreign key (hub_id, merged_into_id) references services (hub_id, id),
  add constraint hand_services_merged check (merged_into_id is null or (merged_into_id <> id and retired_at is not null));
alter table locations
  add constraint hand_locations_merged_into_id foreign key (hub_id, merged_into_id) references locations (hub_id, id),
  add constraint hand_locations_merged check (merged_into_id is null or (merged_into_id <> id and retired_at is not null));
create index hand_organisations_merged_into on organisations (hub_id, merged_into_id) where merged_into_id is not null;
create index hand_services_merged_into on services (hub_id, merged_into_id) where merged_into_id is not null;
create index hand_locations_merged_into on locations (hub_id, merged_into_id) where merged_into_id is not null;

-- An import goes on to write a folded record, and may offer it again as far as it knows: it stays away.
create function keep_merged_away() returns trigger
  language plpgsql as $$
begin
  new.retired_at := coalesce(old.retired_at, now());
  return new;
end
$$;
create trigger hand_merged_away before update on organisations
  for each row when (new.merged_into_id is not null and new.retired_at is null) execute function keep_merged_away();
create trigger hand_merged_away before update on services
  for each row when (new.merged_into_id is not null and new.retired_at is null) execute function keep_merged_away();
create trigger hand_merged_away before update on locations
  for each row when (new.merged_into_id is not null and new.retired_at is null) execute function keep_merged_away();

-- What would point to a folded record points to the one that is kept, whoever writes it. The lock is the one that the foreign
-- key takes: it waits for a merge under way, and then sees what it did.
create function follow_merge() returns trigger
  language plpgsql as $$
declare
  kept uuid;
begin
  case tg_table_name
    when 'services' then
      select o.merged_into_id into kept from organisations o where o.hub_id = new.hub_id and o.id = new.organisation_id for key share;
      new.organisation_id := coalesce(kept, new.organisation_id);
    when 'service_at_locations' then
      select l.merged_into_id into kept from locations l where l.hub_id = new.hub_id and l.id = new.location_id for key share;
      new.location_id := coalesce(kept, new.location_id);
    when 'signposts' then
      select s.merged_into_id into kept from services s where s.hub_id = new.hub_id and s.id = new.service_id for key share;
      new.service_id := coalesce(kept, new.service_id);
  end case;
  return new;
end
$$;
create trigger hand_follow_merge before insert or update of organisation_id on services for each row execute function follow_merge();
create trigger hand_follow_merge before insert or update of location_id on service_at_locations for each row execute function follow_merge();
create trigger hand_follow_merge before insert or update of service_id on signposts for each row execute function follow_merge();

alter table merges
  add column hand_kept_organisation_id uuid generated always as (case when kind = 'ORGANISATION' then kept end) stored,
  add column hand_kept_service_id uuid generated always as (case when kind = 'SERVICE' then kept end) stored,
  add column hand_kept_location_id uuid generated always as (case when kind = 'LOCATION' then kept end) stored,
  add column hand_folded_organisation_id uuid generated always as (case when kind = 'ORGANISATION' then folded end) stored,
  add column hand_folded_service_id uuid generated always as (case when kind = 'SERVICE' then folded end) stored,
  add column hand_folded_location_id uuid generated always as (case when kind = 'LOCATION' then folded end) stored;
alter table merges
  add constraint hand_merges_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id),
  add constraint hand_merges_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id),
  add constraint hand_merges_undone_by_id foreign key (trust_id, undone_by_id) references staff_users (trust_id, id),
  add constraint hand_merges_kept_organisation foreign key (hub_id, hand_kept_organisation_id) references organisations (hub_id, id),
  add constraint hand_merges_kept_service foreign key (hub_id, hand_kept_service_id) references services (hub_id, id),
  add constraint hand_merges_kept_location foreign key (hub_id, hand_kept_location_id) references locations (hub_id, id),
  add constraint hand_merges_folded_organisation foreign key (hub_id, hand_folded_organisation_id) references organisations (hub_id, id),
  add constraint hand_merges_folded_service foreign key (hub_id, hand_folded_service_id) references services (hub_id, id),
  add constraint hand_merges_folded_location foreign key (hub_id, hand_folded_location_id) references locations (hub_id, id),
  add constraint hand_merges_two check (kept <> folded);
-- A record is folded into one other at a time.
create unique index hand_merges_one on merges (hub_id, folded) where undone_at is null;
call raise_walls('merges', 'hub');

alter table duplicate_dismissals
  add column hand_one_organisation_id uuid generated always as (case when kind = 'ORGANISATION' then one end) stored,
  add column hand_one_service_id uuid generated always as (case when kind = 'SERVICE' then one end) stored,
  add column hand_one_location_id uuid generated always as (case when kind = 'LOCATION' then one end) stored,
  add column hand_other_organisation_id uuid generated always as (case when kind = 'ORGANISATION' then other end) stored,
  add column hand_other_service_id uuid generated always as (case when kind = 'SERVICE' then other end) stored,
  add column hand_other_location_id uuid generated always as (case when kind = 'LOCATION' then other end) stored;
alter table duplicate_dismissals
  add constraint hand_duplicate_dismissals_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id),
  add constraint hand_duplicate_dismissals_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id),
  add constraint hand_duplicate_dismissals_one_organisation foreign key (hub_id, hand_one_organisation_id) references organisations (hub_id, id),
  add constraint hand_duplicate_dismissals_one_service foreign key (hub_id, hand_one_service_id) references services (hub_id, id),
  add constraint hand_duplicate_dismissals_one_location foreign key (hub_id, hand_one_location_id) references locations (hub_id, id),
  add constraint hand_duplicate_dismissals_other_organisation foreign key (hub_id, hand_other_organisation_id) references organisations (hub_id, id),
  add constraint hand_duplicate_dismissals_other_service foreign key (hub_id, hand_other_service_id) references services (hub_id, id),
  add constraint hand_duplicate_dismissals_other_location foreign key (hub_id, hand_other_location_id) references locations (hub_id, id),
  add constraint hand_duplicate_dismissals_in_order check (one < other);
call raise_walls('duplicate_dismissals', 'hub');

-- The columns by which rows point to a table of the catalogue within their hub: found, not listed, so that a table that comes
-- later is not forgotten. A merge and its dismissals speak of both records and stay.
create function pointers_to(tbl text) returns table (of_table text, of_column text)
  language sql stable
  as $$
    select c.relname::text, a.attname::text
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[2]
    where k.contype = 'f' and k.confrelid = ('public.' || quote_ident(tbl))::regclass and cardinality(k.conkey) = 2
      and c.relname not in ('merges', 'duplicate_dismissals')
    order by 1, 2
  $$;

-- move_pointers makes rows that point to one record point to another: those given, or all. Where a rule of the table refuses a
-- row, since the other record has one alike, that row stays.
create function move_pointers(in_hub uuid, of_table text, of_column text, from_id uuid, to_id uuid, only_ids uuid[])
  returns table (moved uuid[], stayed uuid[])
  language plpgsql as $$
declare
  row_id uuid;
  move constant text := format('update %I set %I = $3 where hub_id = $1 and %2$I = $2 and id = any ($4)', of_table, of_column);
begin
  execute format('select coalesce(array_agg(id order by id), ''{}'') from (select id from %I where hub_id = $1 and %I = $2 and ($3::uuid[] is null or id = any ($3)) limit 10001) x', of_table, of_column)
    into moved using in_hub, from_id, only_ids;
  stayed := '{}';
  if moved = '{}' then
    return next;
    return;
  end if;
  begin
    execute move using in_hub, from_id, to_id, moved;
  exception when unique_violation or exclusion_violation or check_violation or insufficient_privilege then
    foreach row_id in array moved loop
      begin
        execute move using in_hub, from_id, to_id, array[row_id];
      exception when unique_violation or exclusion_violation or check_violation or insufficient_privilege then
        stayed := stayed || row_id;
      end;
    end loop;
    moved := array(select unnest(moved) except select unnest(stayed) order by 1);
  end;
  return next;
end
$$;

-- merged_publicly gives the record that stands for one which was public and is folded into it, where strangers see that one.
create function merged_publicly(in_hub uuid, wanted uuid) returns uuid
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select k.id from services f
    join services k on k.hub_id = f.hub_id and k.id = f.merged_into_id
    join organisations o on o.hub_id = k.hub_id and o.id = k.organisation_id
    where in_hub = app_public_hub() and f.hub_id = in_hub and f.id = wanted and f.visibility = 'PUBLIC'
      and k.visibility = 'PUBLIC' and k.retired_at is null and o.visibility = 'PUBLIC' and o.retired_at is null
  $$;
revoke all on function merged_publicly(uuid, uuid) from public;
grant execute on function merged_publicly(uuid, uuid) to liferooms_public;
