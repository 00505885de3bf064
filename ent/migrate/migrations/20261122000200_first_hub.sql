-- Create "access_needs" table
CREATE TABLE "access_needs" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "code" character varying NOT NULL, "note" character varying NULL, "recorded_at" timestamptz NOT NULL, "person_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "accessneed_hub_id_person_id_code" to table: "access_needs"
CREATE UNIQUE INDEX "accessneed_hub_id_person_id_code" ON "access_needs" ("hub_id", "person_id", "code");
-- Create "audit_events" table
CREATE TABLE "audit_events" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "hub_id" uuid NULL, "at" timestamptz NOT NULL, "actor_id" uuid NULL, "action" character varying NOT NULL, "subject_type" character varying NOT NULL, "subject_id" uuid NULL, "person_id" uuid NULL, "request_id" character varying NOT NULL DEFAULT '', "fields" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "auditevent_trust_id_hub_id_at_id" to table: "audit_events"
CREATE INDEX "auditevent_trust_id_hub_id_at_id" ON "audit_events" ("trust_id", "hub_id", "at", "id");
-- Create index "auditevent_trust_id_hub_id_person_id_at_id" to table: "audit_events"
CREATE INDEX "auditevent_trust_id_hub_id_person_id_at_id" ON "audit_events" ("trust_id", "hub_id", "person_id", "at", "id");
-- Create "conversations" table
CREATE TABLE "conversations" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "started_at" timestamptz NOT NULL, "ended_at" timestamptz NULL, "what_matters" character varying NOT NULL DEFAULT '', "note" character varying NOT NULL DEFAULT '', "agreed" character varying NOT NULL DEFAULT '', "updated_at" timestamptz NOT NULL, "advisor_id" uuid NOT NULL, "person_id" uuid NULL, "visit_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "conversations_check" CHECK ((person_id IS NOT NULL) OR (((what_matters)::text = ''::text) AND ((note)::text = ''::text) AND ((agreed)::text = ''::text))));
-- Create index "conversation_hub_id_advisor_id_started_at_id" to table: "conversations"
CREATE INDEX "conversation_hub_id_advisor_id_started_at_id" ON "conversations" ("hub_id", "advisor_id", "started_at", "id");
-- Create index "conversation_hub_id_created_by_id_client_mutation_id" to table: "conversations"
CREATE UNIQUE INDEX "conversation_hub_id_created_by_id_client_mutation_id" ON "conversations" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "conversation_hub_id_person_id_started_at_id" to table: "conversations"
CREATE INDEX "conversation_hub_id_person_id_started_at_id" ON "conversations" ("hub_id", "person_id", "started_at", "id");
-- Create index "conversation_hub_id_visit_id" to table: "conversations"
CREATE UNIQUE INDEX "conversation_hub_id_visit_id" ON "conversations" ("hub_id", "visit_id");
-- Create "conversation_needs" table
CREATE TABLE "conversation_needs" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "conversation_id" uuid NOT NULL, "need_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "conversationneed_hub_id_conversation_id_need_id" to table: "conversation_needs"
CREATE UNIQUE INDEX "conversationneed_hub_id_conversation_id_need_id" ON "conversation_needs" ("hub_id", "conversation_id", "need_id");
-- Create index "conversationneed_hub_id_need_id" to table: "conversation_needs"
CREATE INDEX "conversationneed_hub_id_need_id" ON "conversation_needs" ("hub_id", "need_id");
-- Create "hubs" table
CREATE TABLE "hubs" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "slug" character varying NOT NULL, "name" character varying NOT NULL, "state" character varying NOT NULL DEFAULT 'LIVE', "time_zone" character varying NOT NULL DEFAULT 'Europe/London', "member_prefix" character varying NOT NULL DEFAULT 'M', "address" character varying NULL, "postcode" character varying NULL, "latitude" double precision NULL, "longitude" double precision NULL, "opening_hours" jsonb NULL, "brand_colour" character varying NULL, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "hub_trust_id_slug" to table: "hubs"
CREATE UNIQUE INDEX "hub_trust_id_slug" ON "hubs" ("trust_id", "slug");
-- Create "identity_providers" table
CREATE TABLE "identity_providers" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "name" character varying NOT NULL, "issuer" character varying NOT NULL, "client_id" character varying NOT NULL, "client_secret_ref" character varying NULL, "scopes" jsonb NULL, "roles_claim" character varying NOT NULL DEFAULT 'groups', "role_mappings" jsonb NULL, "algorithms" jsonb NULL, "api_clients" jsonb NULL, "enabled" boolean NOT NULL DEFAULT true, PRIMARY KEY ("id"));
-- Create index "identityprovider_trust_id_issuer" to table: "identity_providers"
CREATE UNIQUE INDEX "identityprovider_trust_id_issuer" ON "identity_providers" ("trust_id", "issuer");
-- Create "locations" table
CREATE TABLE "locations" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "name" character varying NOT NULL DEFAULT '', "description" character varying NOT NULL DEFAULT '', "address" character varying NULL, "city" character varying NULL, "postcode" character varying NULL, "latitude" double precision NULL, "longitude" double precision NULL, "accessibility" jsonb NULL, PRIMARY KEY ("id"));
-- Create index "location_hub_id_source_external_id" to table: "locations"
CREATE UNIQUE INDEX "location_hub_id_source_external_id" ON "locations" ("hub_id", "source", "external_id");
-- Create "needs" table
CREATE TABLE "needs" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "code" character varying NOT NULL, "name" character varying NOT NULL, "position" bigint NOT NULL DEFAULT 0, "offered" boolean NOT NULL DEFAULT true, PRIMARY KEY ("id"));
-- Create index "need_hub_id_code" to table: "needs"
CREATE UNIQUE INDEX "need_hub_id_code" ON "needs" ("hub_id", "code");
-- Create "organisations" table
CREATE TABLE "organisations" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "name" character varying NOT NULL, "alternate_name" character varying NULL, "description" character varying NOT NULL DEFAULT '', "email" character varying NULL, "url" character varying NULL, "phone" character varying NULL, "legal_status" character varying NULL, PRIMARY KEY ("id"));
-- Create index "organisation_hub_id_name_id" to table: "organisations"
CREATE INDEX "organisation_hub_id_name_id" ON "organisations" ("hub_id", "name", "id");
-- Create index "organisation_hub_id_source_external_id" to table: "organisations"
CREATE UNIQUE INDEX "organisation_hub_id_source_external_id" ON "organisations" ("hub_id", "source", "external_id");
-- Create "persons" table
CREATE TABLE "persons" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "member_number" character varying NOT NULL, "given_name" character varying NOT NULL, "family_name" character varying NOT NULL DEFAULT '', "preferred_name" character varying NULL, "pronouns" character varying NULL, "date_of_birth" date NULL, "phone" character varying NULL, "email" character varying NULL, "postcode" character varying NULL, "nhs_number" character varying NULL, "gp_practice" character varying NULL, "safe_contact" character varying NOT NULL DEFAULT 'ANY', "safe_contact_note" character varying NULL, "updated_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "person_hub_id_created_by_id_client_mutation_id" to table: "persons"
CREATE UNIQUE INDEX "person_hub_id_created_by_id_client_mutation_id" ON "persons" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "person_hub_id_date_of_birth" to table: "persons"
CREATE INDEX "person_hub_id_date_of_birth" ON "persons" ("hub_id", "date_of_birth");
-- Create index "person_hub_id_member_number" to table: "persons"
CREATE UNIQUE INDEX "person_hub_id_member_number" ON "persons" ("hub_id", "member_number");
-- Create index "person_hub_id_nhs_number" to table: "persons"
CREATE INDEX "person_hub_id_nhs_number" ON "persons" ("hub_id", "nhs_number");
-- Create "role_grants" table
CREATE TABLE "role_grants" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "hub_id" uuid NULL, "role" character varying NOT NULL, "granted_by_id" uuid NULL, "created_at" timestamptz NOT NULL, "client_mutation_id" character varying NULL, "staff_user_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "rolegrant_trust_id_staff_user_id_hub_id_role" to table: "role_grants"
CREATE UNIQUE INDEX "rolegrant_trust_id_staff_user_id_hub_id_role" ON "role_grants" ("trust_id", "staff_user_id", "hub_id", "role");
-- Create "schedules" table
CREATE TABLE "schedules" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "service_at_location_id" uuid NULL, "freq" character varying NULL, "interval" bigint NOT NULL DEFAULT 1, "by_day" jsonb NULL, "by_month_day" jsonb NULL, "dtstart" date NULL, "until" date NULL, "valid_from" date NULL, "valid_to" date NULL, "opens_at" character varying NULL, "closes_at" character varying NULL, "description" character varying NOT NULL DEFAULT '', "service_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "schedule_hub_id_service_id" to table: "schedules"
CREATE INDEX "schedule_hub_id_service_id" ON "schedules" ("hub_id", "service_id");
-- Create index "schedule_hub_id_source_external_id" to table: "schedules"
CREATE UNIQUE INDEX "schedule_hub_id_source_external_id" ON "schedules" ("hub_id", "source", "external_id");
-- Create "services" table
CREATE TABLE "services" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "name" character varying NOT NULL, "alternate_name" character varying NULL, "description" character varying NOT NULL DEFAULT '', "url" character varying NULL, "email" character varying NULL, "phone" character varying NULL, "status" character varying NOT NULL DEFAULT 'ACTIVE', "eligibility_description" character varying NOT NULL DEFAULT '', "minimum_age" bigint NULL, "maximum_age" bigint NULL, "fees_description" character varying NOT NULL DEFAULT '', "free" boolean NOT NULL DEFAULT false, "application_process" character varying NOT NULL DEFAULT '', "languages" jsonb NULL, "assured_date" date NULL, "organisation_id" uuid NOT NULL, PRIMARY KEY ("id"), CONSTRAINT "services_check" CHECK ((minimum_age IS NULL) OR (maximum_age IS NULL) OR (minimum_age <= maximum_age)));
-- Create index "service_hub_id_name_id" to table: "services"
CREATE INDEX "service_hub_id_name_id" ON "services" ("hub_id", "name", "id");
-- Create index "service_hub_id_organisation_id_id" to table: "services"
CREATE INDEX "service_hub_id_organisation_id_id" ON "services" ("hub_id", "organisation_id", "id");
-- Create index "service_hub_id_source_external_id" to table: "services"
CREATE UNIQUE INDEX "service_hub_id_source_external_id" ON "services" ("hub_id", "source", "external_id");
-- Create "service_at_locations" table
CREATE TABLE "service_at_locations" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "description" character varying NOT NULL DEFAULT '', "service_id" uuid NOT NULL, "location_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "serviceatlocation_hub_id_location_id" to table: "service_at_locations"
CREATE INDEX "serviceatlocation_hub_id_location_id" ON "service_at_locations" ("hub_id", "location_id");
-- Create index "serviceatlocation_hub_id_service_id" to table: "service_at_locations"
CREATE INDEX "serviceatlocation_hub_id_service_id" ON "service_at_locations" ("hub_id", "service_id");
-- Create index "serviceatlocation_hub_id_source_external_id" to table: "service_at_locations"
CREATE UNIQUE INDEX "serviceatlocation_hub_id_source_external_id" ON "service_at_locations" ("hub_id", "source", "external_id");
-- Create "service_needs" table
CREATE TABLE "service_needs" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "service_id" uuid NOT NULL, "need_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "serviceneed_hub_id_need_id_service_id" to table: "service_needs"
CREATE INDEX "serviceneed_hub_id_need_id_service_id" ON "service_needs" ("hub_id", "need_id", "service_id");
-- Create index "serviceneed_hub_id_service_id_need_id" to table: "service_needs"
CREATE UNIQUE INDEX "serviceneed_hub_id_service_id_need_id" ON "service_needs" ("hub_id", "service_id", "need_id");
-- Create "service_terms" table
CREATE TABLE "service_terms" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "service_id" uuid NOT NULL, "taxonomy_term_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "serviceterm_hub_id_service_id_taxonomy_term_id" to table: "service_terms"
CREATE UNIQUE INDEX "serviceterm_hub_id_service_id_taxonomy_term_id" ON "service_terms" ("hub_id", "service_id", "taxonomy_term_id");
-- Create index "serviceterm_hub_id_taxonomy_term_id" to table: "service_terms"
CREATE INDEX "serviceterm_hub_id_taxonomy_term_id" ON "service_terms" ("hub_id", "taxonomy_term_id");
-- Create "sessions" table
CREATE TABLE "sessions" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "token_hash" bytea NOT NULL, "staff_user_id" uuid NOT NULL, "identity_provider_id" uuid NOT NULL, "claim_roles" jsonb NULL, "created_at" timestamptz NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "session_trust_id_expires_at" to table: "sessions"
CREATE INDEX "session_trust_id_expires_at" ON "sessions" ("trust_id", "expires_at");
-- Create index "session_trust_id_staff_user_id" to table: "sessions"
CREATE INDEX "session_trust_id_staff_user_id" ON "sessions" ("trust_id", "staff_user_id");
-- Create index "session_trust_id_token_hash" to table: "sessions"
CREATE UNIQUE INDEX "session_trust_id_token_hash" ON "sessions" ("trust_id", "token_hash");
-- Create "sign_in_attempts" table
CREATE TABLE "sign_in_attempts" ("id" uuid NOT NULL, "state_hash" bytea NOT NULL, "identity_provider_id" uuid NOT NULL, "nonce" character varying NOT NULL, "code_verifier" character varying NOT NULL, "return_to" character varying NOT NULL, "expires_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "sign_in_attempts_state_hash_key" to table: "sign_in_attempts"
CREATE UNIQUE INDEX "sign_in_attempts_state_hash_key" ON "sign_in_attempts" ("state_hash");
-- Create index "signinattempt_expires_at" to table: "sign_in_attempts"
CREATE INDEX "signinattempt_expires_at" ON "sign_in_attempts" ("expires_at");
-- Create "signposts" table
CREATE TABLE "signposts" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "given_at" timestamptz NOT NULL, "follow_up_on" date NULL, "outcome" character varying NULL, "followed_up_at" timestamptz NULL, "followed_up_by_id" uuid NULL, "conversation_id" uuid NOT NULL, "person_id" uuid NULL, "service_id" uuid NOT NULL, "need_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "signpost_due" to table: "signposts"
CREATE INDEX "signpost_due" ON "signposts" ("hub_id", "follow_up_on", "id") WHERE (followed_up_at IS NULL);
-- Create index "signpost_hub_id_conversation_id_service_id" to table: "signposts"
CREATE UNIQUE INDEX "signpost_hub_id_conversation_id_service_id" ON "signposts" ("hub_id", "conversation_id", "service_id");
-- Create index "signpost_hub_id_created_by_id_client_mutation_id" to table: "signposts"
CREATE UNIQUE INDEX "signpost_hub_id_created_by_id_client_mutation_id" ON "signposts" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "signpost_hub_id_person_id_given_at_id" to table: "signposts"
CREATE INDEX "signpost_hub_id_person_id_given_at_id" ON "signposts" ("hub_id", "person_id", "given_at", "id");
-- Create "staff_users" table
CREATE TABLE "staff_users" ("id" uuid NOT NULL, "trust_id" uuid NOT NULL, "issuer" character varying NOT NULL, "subject" character varying NOT NULL, "name" character varying NOT NULL, "email" character varying NULL, "created_at" timestamptz NOT NULL, "last_signed_in_at" timestamptz NULL, "disabled_at" timestamptz NULL, PRIMARY KEY ("id"));
-- Create index "staffuser_trust_id_issuer_subject" to table: "staff_users"
CREATE UNIQUE INDEX "staffuser_trust_id_issuer_subject" ON "staff_users" ("trust_id", "issuer", "subject");
-- Create "taxonomy_terms" table
CREATE TABLE "taxonomy_terms" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "source" character varying NOT NULL, "external_id" character varying NOT NULL, "imported_at" timestamptz NOT NULL, "last_modified" timestamptz NULL, "retired_at" timestamptz NULL, "taxonomy" character varying NOT NULL DEFAULT '', "code" character varying NULL, "name" character varying NOT NULL, "description" character varying NOT NULL DEFAULT '', "parent_external_id" character varying NULL, "need_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "taxonomyterm_hub_id_source_external_id" to table: "taxonomy_terms"
CREATE UNIQUE INDEX "taxonomyterm_hub_id_source_external_id" ON "taxonomy_terms" ("hub_id", "source", "external_id");
-- Create "trusts" table
CREATE TABLE "trusts" ("id" uuid NOT NULL, "ods_code" character varying NOT NULL, "name" character varying NOT NULL, "session_hours" bigint NOT NULL DEFAULT 10, "created_at" timestamptz NOT NULL, PRIMARY KEY ("id"));
-- Create index "trusts_ods_code_key" to table: "trusts"
CREATE UNIQUE INDEX "trusts_ods_code_key" ON "trusts" ("ods_code");
-- Create "visits" table
CREATE TABLE "visits" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "created_by_id" uuid NULL, "client_mutation_id" character varying NULL, "state" character varying NOT NULL, "arrived_at" timestamptz NOT NULL, "arrived_on" date NOT NULL, "called_at" timestamptz NULL, "left_at" timestamptz NULL, "person_id" uuid NULL, "need_id" uuid NULL, "advisor_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "visit_left_has_time" CHECK (((state)::text = 'LEFT'::text) = (left_at IS NOT NULL)), CONSTRAINT "visit_with_advisor" CHECK (((state)::text <> 'WITH_ADVISOR'::text) OR ((advisor_id IS NOT NULL) AND (called_at IS NOT NULL))));
-- Create index "visit_hub_id_arrived_on_arrived_at_id" to table: "visits"
CREATE INDEX "visit_hub_id_arrived_on_arrived_at_id" ON "visits" ("hub_id", "arrived_on", "arrived_at", "id");
-- Create index "visit_hub_id_created_by_id_client_mutation_id" to table: "visits"
CREATE UNIQUE INDEX "visit_hub_id_created_by_id_client_mutation_id" ON "visits" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "visit_hub_id_person_id_arrived_at_id" to table: "visits"
CREATE INDEX "visit_hub_id_person_id_arrived_at_id" ON "visits" ("hub_id", "person_id", "arrived_at", "id");
-- Create index "visit_one_open_per_person" to table: "visits"
CREATE UNIQUE INDEX "visit_one_open_per_person" ON "visits" ("hub_id", "person_id") WHERE ((left_at IS NULL) AND (person_id IS NOT NULL));
-- Create index "visit_open" to table: "visits"
CREATE INDEX "visit_open" ON "visits" ("hub_id", "arrived_at", "id") WHERE (left_at IS NULL);
