-- Create "link_checks" table
CREATE TABLE "link_checks" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "url" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'UNCHECKED', "message" character varying NOT NULL DEFAULT '', "status" bigint NULL, "moved_to" character varying NULL, "checked_at" timestamptz NULL, "failing_since" timestamptz NULL, "due_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "linkcheck_hub_id_due_at_id" to table: "link_checks"
CREATE INDEX "linkcheck_hub_id_due_at_id" ON "link_checks" ("hub_id", "due_at", "id");
-- Create index "linkcheck_hub_id_state_checked_at_id" to table: "link_checks"
CREATE INDEX "linkcheck_hub_id_state_checked_at_id" ON "link_checks" ("hub_id", "state", "checked_at", "id");
-- Create index "linkcheck_hub_id_state_failing_since_id" to table: "link_checks"
CREATE INDEX "linkcheck_hub_id_state_failing_since_id" ON "link_checks" ("hub_id", "state", "failing_since", "id");
-- Create index "linkcheck_hub_id_url" to table: "link_checks"
CREATE UNIQUE INDEX "linkcheck_hub_id_url" ON "link_checks" ("hub_id", "url");
-- Create "term_mappings" table
CREATE TABLE "term_mappings" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "taxonomy" character varying NOT NULL DEFAULT '', "term" character varying NOT NULL, "changed_at" timestamptz NOT NULL, "need_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "termmapping_hub_id_taxonomy_term" to table: "term_mappings"
CREATE UNIQUE INDEX "termmapping_hub_id_taxonomy_term" ON "term_mappings" ("hub_id", "taxonomy", "term");

-- Written by hand from here on.
alter table link_checks add constraint hand_link_checks_hub_id foreign key (hub_id) references hubs (id);
alter table term_mappings add constraint hand_term_mappings_hub_id foreign key (hub_id) references hubs (id);
alter table term_mappings add constraint hand_term_mappings_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
call raise_walls('link_checks', 'hub');
call raise_walls('term_mappings', 'hub');
-- What has failed has failed since some time, and nothing else has.
alter table link_checks add constraint hand_link_checks_failing check ((failing_since is not null) = (state in ('FAILING', 'DEAD')));
alter table link_checks add constraint hand_link_checks_moved check ((moved_to is not null) = (state = 'MOVED'));

-- Which records give an address; of long ones by their digest, since an index holds no long values.
create index hand_services_url on services (hub_id, md5(url)) where url is not null and retired_at is null;
create index hand_organisations_url on organisations (hub_id, md5(url)) where url is not null and retired_at is null;

-- The freshness board's lists, in their orders.
create index hand_services_assured on services (hub_id, coalesce(assured_date, date '0001-01-01'), id) where retired_at is null;
create index hand_services_retired on services (hub_id, retired_at, id) where retired_at is not null;
create index hand_catalogue_sources_failing on catalogue_sources (hub_id, failing_since, id) where state = 'FAILED' and removed_at is null;

-- term_key is what a term is known by in its taxonomy, whichever source has it: its code, or its name where it has none.
create function term_key(code text, name text) returns text
  language sql immutable parallel safe
  return lower(coalesce(nullif(btrim(code), ''), btrim(name)));
create index hand_taxonomy_terms_key on taxonomy_terms (hub_id, taxonomy, term_key(code, name));
