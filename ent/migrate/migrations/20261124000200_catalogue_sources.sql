-- Create "catalogue_sources" table
CREATE TABLE "catalogue_sources" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "name" character varying NOT NULL, "kind" character varying NOT NULL, "format" character varying NOT NULL DEFAULT 'OPEN_REFERRAL', "url" character varying NULL, "document" bytea NULL, "document_digest" character varying NULL, "from_hub" character varying NULL, "refresh_minutes" bigint NOT NULL DEFAULT 1440, "allow_private" boolean NOT NULL DEFAULT false, "revision" bigint NOT NULL DEFAULT 1, "removed_at" timestamptz NULL, "due_at" timestamptz NOT NULL, "state" character varying NOT NULL DEFAULT 'PENDING', "tried_at" timestamptz NULL, "synced_at" timestamptz NULL, "failing_since" timestamptz NULL, "failures" bigint NOT NULL DEFAULT 0, "message" character varying NOT NULL DEFAULT '', "rows_taken" bigint NOT NULL DEFAULT 0, "rows_refused" bigint NOT NULL DEFAULT 0, "validators" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "cataloguesource_due_at" to table: "catalogue_sources"
CREATE INDEX "cataloguesource_due_at" ON "catalogue_sources" ("due_at");
-- Create index "cataloguesource_hub_id_source" to table: "catalogue_sources"
CREATE UNIQUE INDEX "cataloguesource_hub_id_source" ON "catalogue_sources" ("hub_id", "source");

-- Written by hand from here on.
alter table catalogue_sources add constraint hand_catalogue_sources_hub_id foreign key (hub_id) references hubs (id);
-- Each kind has what it needs, as long as the hub has it.
alter table catalogue_sources add constraint hand_catalogue_sources_kind check (
  removed_at is not null or case kind
    when 'URL' then url is not null and document is null and from_hub is null
    when 'DOCUMENT' then document is not null and document_digest is not null and url is null and from_hub is null
    when 'HUB' then from_hub is not null and url is null and document is null
    else false
  end);
call raise_walls('catalogue_sources', 'hub');

-- Which sources are to be fetched now, or are gone and still have records: the job queue asks this over all hubs. It tells
-- ids only; what there is to know of a source is read within its hub.
create function due_catalogue_sources(at_most int) returns table (trust_id uuid, hub_id uuid, source_id uuid)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select h.trust_id, s.hub_id, s.id
    from catalogue_sources s join hubs h on h.id = s.hub_id
    where s.due_at <= now() and (h.state = 'LIVE' or s.removed_at is not null)
    order by s.due_at, s.id
    limit at_most
  $$;
revoke all on function due_catalogue_sources(int) from public;
grant execute on function due_catalogue_sources(int) to liferooms_app;

-- A partner, a place and a term go with the last service that had them; this finds whether there is one.
create index hand_service_at_locations_location on service_at_locations (hub_id, location_id, service_id);
