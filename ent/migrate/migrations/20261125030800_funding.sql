-- Modify "services" table
ALTER TABLE "services" ADD COLUMN "funding" jsonb NULL;
