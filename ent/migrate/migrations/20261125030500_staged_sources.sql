-- Modify "catalogue_sources" table
ALTER TABLE "catalogue_sources" ADD COLUMN "held_by" uuid NULL, ADD COLUMN "held_until" timestamptz NULL, ADD COLUMN "pages_read" bigint NOT NULL DEFAULT 0, ADD COLUMN "pages_total" bigint NOT NULL DEFAULT 0, ADD COLUMN "problems" jsonb NULL, ADD COLUMN "by_staff" boolean NOT NULL DEFAULT false, ADD COLUMN "file_name" character varying NULL;
-- Create "catalogue_checks" table
CREATE TABLE "catalogue_checks" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "held_by" uuid NULL, "held_until" timestamptz NULL, "pages_read" bigint NOT NULL DEFAULT 0, "pages_total" bigint NOT NULL DEFAULT 0, "source_id" uuid NULL, "source" character varying NOT NULL, "name" character varying NOT NULL, "kind" character varying NOT NULL, "format" character varying NOT NULL DEFAULT 'OPEN_REFERRAL', "url" character varying NULL, "document" bytea NULL, "file_name" character varying NULL, "from_hub" character varying NULL, "refresh_minutes" bigint NOT NULL DEFAULT 1440, "state" character varying NOT NULL DEFAULT 'PENDING', "message" character varying NOT NULL DEFAULT '', "finished_at" timestamptz NULL, "result" jsonb NULL, "saved_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "cataloguecheck_hub_id_created_at_id" to table: "catalogue_checks"
CREATE INDEX "cataloguecheck_hub_id_created_at_id" ON "catalogue_checks" ("hub_id", "created_at", "id");
-- Create index "cataloguecheck_hub_id_created_by_id_client_mutation_id" to table: "catalogue_checks"
CREATE UNIQUE INDEX "cataloguecheck_hub_id_created_by_id_client_mutation_id" ON "catalogue_checks" ("hub_id", "created_by_id", "client_mutation_id");
-- Create "catalogue_parts" table
CREATE TABLE "catalogue_parts" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source_id" uuid NULL, "check_id" uuid NULL, "revision" bigint NOT NULL, "place" bigint NOT NULL, "rows" bigint NOT NULL, "content" bytea NOT NULL, "page" jsonb NULL, "read_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "cataloguepart_hub_id_check_id_place" to table: "catalogue_parts"
CREATE UNIQUE INDEX "cataloguepart_hub_id_check_id_place" ON "catalogue_parts" ("hub_id", "check_id", "place");
-- Create index "cataloguepart_hub_id_source_id_place" to table: "catalogue_parts"
CREATE UNIQUE INDEX "cataloguepart_hub_id_source_id_place" ON "catalogue_parts" ("hub_id", "source_id", "place");

-- Written by hand from here on.
alter table catalogue_sources add constraint hand_catalogue_sources_in_hub unique (hub_id, id);
alter table catalogue_checks add constraint hand_catalogue_checks_in_hub unique (hub_id, id);
alter table catalogue_checks add constraint hand_catalogue_checks_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table catalogue_checks add constraint hand_catalogue_checks_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table catalogue_checks add constraint hand_catalogue_checks_source_id foreign key (hub_id, source_id) references catalogue_sources (hub_id, id) on delete cascade;
alter table catalogue_checks add constraint hand_catalogue_checks_saved_id foreign key (hub_id, saved_id) references catalogue_sources (hub_id, id) on delete set null (saved_id);
alter table catalogue_parts add constraint hand_catalogue_parts_hub_id foreign key (hub_id) references hubs (id);
alter table catalogue_parts add constraint hand_catalogue_parts_source_id foreign key (hub_id, source_id) references catalogue_sources (hub_id, id) on delete cascade;
alter table catalogue_parts add constraint hand_catalogue_parts_check_id foreign key (hub_id, check_id) references catalogue_checks (hub_id, id) on delete cascade;
alter table catalogue_parts add constraint hand_catalogue_parts_of check (num_nonnulls(source_id, check_id) = 1);
call raise_walls('catalogue_checks', 'hub');
call raise_walls('catalogue_parts', 'hub');
