-- Modify "locations" table
ALTER TABLE "locations" ADD COLUMN "visibility" character varying NOT NULL DEFAULT 'PUBLIC', ADD COLUMN "kind" character varying NOT NULL DEFAULT 'PHYSICAL', ADD COLUMN "county" character varying NULL;
-- Modify "organisations" table
ALTER TABLE "organisations" ADD COLUMN "visibility" character varying NOT NULL DEFAULT 'PUBLIC', ADD COLUMN "identifiers" jsonb NULL;
-- Modify "schedules" table
ALTER TABLE "schedules" ADD COLUMN "visibility" character varying NOT NULL DEFAULT 'PUBLIC';
-- Modify "service_at_locations" table
ALTER TABLE "service_at_locations" ADD COLUMN "visibility" character varying NOT NULL DEFAULT 'PUBLIC';
-- Modify "services" table
ALTER TABLE "services" ADD COLUMN "visibility" character varying NOT NULL DEFAULT 'PUBLIC', ADD COLUMN "accreditations" character varying NOT NULL DEFAULT '', ADD COLUMN "alert" character varying NOT NULL DEFAULT '', ADD COLUMN "contacts" jsonb NULL, ADD COLUMN "cost_options" jsonb NULL, ADD COLUMN "service_areas" jsonb NULL;
