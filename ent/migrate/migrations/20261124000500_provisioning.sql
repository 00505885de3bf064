-- Modify "hubs" table
ALTER TABLE "hubs" ADD COLUMN "uprn" character varying NULL, ADD COLUMN "opening_exceptions" jsonb NULL, ADD COLUMN "brand_name" character varying NULL, ADD COLUMN "brand_logo_url" character varying NULL, ADD COLUMN "modules" jsonb NOT NULL DEFAULT '["DESK", "ADVICE", "CATALOGUE", "REPORTS"]';
ALTER TABLE "hubs" ALTER COLUMN "modules" DROP DEFAULT;
-- Modify "identity_providers" table
ALTER TABLE "identity_providers" ADD COLUMN "client_secret_sealed" character varying NULL;
-- Modify "sessions" table
ALTER TABLE "sessions" ADD COLUMN "groups" jsonb NULL;
-- Modify "trusts" table
ALTER TABLE "trusts" ADD COLUMN "suppress_below" bigint NOT NULL DEFAULT 8, ADD COLUMN "round_to" bigint NOT NULL DEFAULT 5, ADD COLUMN "mental_health_years" bigint NOT NULL DEFAULT 20, ADD COLUMN "other_adult_years" bigint NOT NULL DEFAULT 8, ADD COLUMN "after_death_years" bigint NOT NULL DEFAULT 10;
-- Create "group_grants" table
CREATE TABLE "group_grants" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "group" character varying NOT NULL, "role" character varying NOT NULL, PRIMARY KEY ("id"));
-- Create index "groupgrant_hub_id_group_role" to table: "group_grants"
CREATE UNIQUE INDEX "groupgrant_hub_id_group_role" ON "group_grants" ("hub_id", "group", "role");
-- Create "hostnames" table
CREATE TABLE "hostnames" ("id" uuid NOT NULL, "name" character varying NOT NULL, "trust_id" uuid NOT NULL, "hub_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "hostname_hub_id" to table: "hostnames"
CREATE INDEX "hostname_hub_id" ON "hostnames" ("hub_id");
-- Create "rooms" table
CREATE TABLE "rooms" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "name" character varying NOT NULL, "capacity" bigint NOT NULL, PRIMARY KEY ("id"));
-- Create index "room_hub_id_name" to table: "rooms"
CREATE UNIQUE INDEX "room_hub_id_name" ON "rooms" ("hub_id", "name");

-- Written by hand: the walls of the new tables, and the rules that hold whatever the code does.

alter table group_grants add constraint hand_group_grants_hub_id foreign key (hub_id) references hubs (id);
call raise_walls('group_grants', 'hub');

alter table rooms add constraint hand_rooms_hub_id foreign key (hub_id) references hubs (id);
alter table rooms add constraint hand_rooms_capacity check (capacity between 1 and 10000);
call raise_walls('rooms', 'hub');

-- A host name leads to one hub of all, so it is unique across trusts. Its rows stay behind the walls all the same: a hub
-- may only put up and take down its own.
create unique index hand_hostnames_name on hostnames (name);
alter table hostnames add constraint hand_hostnames_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table hostnames add constraint hand_hostnames_form check (name ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$');
call raise_walls('hostnames', 'trust');

-- DOMAIN, small numbers: per trust, never below 5.
alter table trusts add constraint hand_trusts_disclosure check (suppress_below >= 5 and round_to between 1 and 100);
alter table trusts add constraint hand_trusts_retention
  check (mental_health_years between 1 and 100 and other_adult_years between 1 and 100 and after_death_years between 1 and 100);
alter table hubs add constraint hand_hubs_uprn check (uprn ~ '^[0-9]{1,12}$');

-- The exceptions (internal/store/exceptions.go): where a request's host name leads, and which ids a trust and a hub have
-- that a resource names.
drop function all_hubs();
create function all_hubs() returns table (trust_id uuid, ods_code text, hub_id uuid, slug text, name text, state text, time_zone text, hostnames text[])
  language sql stable security definer set search_path = public, pg_temp
  as $$ select h.trust_id, t.ods_code, h.id, h.slug, h.name, h.state, h.time_zone, array(select n.name from hostnames n where n.hub_id = h.id order by n.name)
        from hubs h join trusts t on t.id = h.trust_id $$;

create function find_hub(trust_code text, hub_slug text) returns table (trust_id uuid, hub_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select t.id, h.id from trusts t left join hubs h on h.trust_id = t.id and h.slug = hub_slug where t.ods_code = trust_code $$;

revoke all on function all_hubs(), find_hub(text, text) from public;
grant execute on function all_hubs(), find_hub(text, text) to liferooms_app;
