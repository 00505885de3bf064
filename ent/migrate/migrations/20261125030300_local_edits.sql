-- Modify "locations" table
ALTER TABLE "locations" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
-- Modify "organisations" table
ALTER TABLE "organisations" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
-- Modify "schedules" table
ALTER TABLE "schedules" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1, ADD COLUMN "excluded_dates" jsonb NULL, ADD COLUMN "extra_dates" jsonb NULL;
-- Modify "service_at_locations" table
ALTER TABLE "service_at_locations" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
-- Modify "services" table
ALTER TABLE "services" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
-- Modify "taxonomy_terms" table
ALTER TABLE "taxonomy_terms" ADD COLUMN "local_fields" jsonb NULL, ADD COLUMN "version" bigint NOT NULL DEFAULT 1;
