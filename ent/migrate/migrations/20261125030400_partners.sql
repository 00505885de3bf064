-- Create "assurances" table
CREATE TABLE "assurances" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "assured_on" date NOT NULL, "by" character varying NOT NULL, "partner_link_id" uuid NULL, "created_at" timestamptz NOT NULL, "staff_id" uuid NULL, "service_id" uuid NOT NULL, PRIMARY KEY ("id"));
-- Create index "assurance_hub_id_service_id_assured_on_by" to table: "assurances"
CREATE UNIQUE INDEX "assurance_hub_id_service_id_assured_on_by" ON "assurances" ("hub_id", "service_id", "assured_on", "by");
-- Create "partner_agreements" table
CREATE TABLE "partner_agreements" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "signed_on" date NULL, "signed_by" character varying NOT NULL DEFAULT '', "response_days" bigint NULL, "ends_on" date NULL, "note" character varying NOT NULL DEFAULT '', "updated_at" timestamptz NOT NULL, "organisation_id" uuid NOT NULL, "updated_by_id" uuid NULL, PRIMARY KEY ("id"), CONSTRAINT "partner_agreements_check" CHECK ((ends_on IS NULL) OR (signed_on IS NULL) OR (ends_on >= signed_on)));
-- Create index "partneragreement_hub_id_organisation_id" to table: "partner_agreements"
CREATE UNIQUE INDEX "partneragreement_hub_id_organisation_id" ON "partner_agreements" ("hub_id", "organisation_id");
-- Create "partner_links" table
CREATE TABLE "partner_links" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "created_at" timestamptz NOT NULL, "client_mutation_id" character varying NULL, "token_hash" bytea NOT NULL, "expires_at" timestamptz NOT NULL, "opened_at" timestamptz NULL, "revoked_at" timestamptz NULL, "revoked_by_id" uuid NULL, "organisation_id" uuid NOT NULL, "created_by_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "partnerlink_hub_id_created_by_id_client_mutation_id" to table: "partner_links"
CREATE UNIQUE INDEX "partnerlink_hub_id_created_by_id_client_mutation_id" ON "partner_links" ("hub_id", "created_by_id", "client_mutation_id");
-- Create index "partnerlink_hub_id_organisation_id_created_at" to table: "partner_links"
CREATE INDEX "partnerlink_hub_id_organisation_id_created_at" ON "partner_links" ("hub_id", "organisation_id", "created_at");
-- Create index "partnerlink_hub_id_token_hash" to table: "partner_links"
CREATE UNIQUE INDEX "partnerlink_hub_id_token_hash" ON "partner_links" ("hub_id", "token_hash");
-- Create index "partnerlink_token_hash" to table: "partner_links"
CREATE INDEX "partnerlink_token_hash" ON "partner_links" ("token_hash");
-- Create "proposed_changes" table
CREATE TABLE "proposed_changes" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "partner_link_id" uuid NOT NULL, "field" character varying NOT NULL, "before" character varying NOT NULL DEFAULT '', "proposed" character varying NOT NULL DEFAULT '', "state" character varying NOT NULL DEFAULT 'WAITING', "created_at" timestamptz NOT NULL, "decided_at" timestamptz NULL, "decided_by_id" uuid NULL, "reason" character varying NOT NULL DEFAULT '', "organisation_id" uuid NOT NULL, "service_id" uuid NULL, "schedule_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "proposedchange_hub_id_organisation_id_created_at" to table: "proposed_changes"
CREATE INDEX "proposedchange_hub_id_organisation_id_created_at" ON "proposed_changes" ("hub_id", "organisation_id", "created_at");
-- Create index "proposedchange_hub_id_state_created_at_id" to table: "proposed_changes"
CREATE INDEX "proposedchange_hub_id_state_created_at_id" ON "proposed_changes" ("hub_id", "state", "created_at", "id");
-- Create "service_capacities" table
CREATE TABLE "service_capacities" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "trust_id" uuid NOT NULL, "unit" character varying NOT NULL, "available" bigint NOT NULL, "maximum" bigint NULL, "description" character varying NOT NULL DEFAULT '', "updated_at" timestamptz NOT NULL, "by" character varying NOT NULL, "service_id" uuid NOT NULL, "staff_id" uuid NULL, PRIMARY KEY ("id"));
-- Create index "servicecapacity_hub_id_service_id_unit" to table: "service_capacities"
CREATE UNIQUE INDEX "servicecapacity_hub_id_service_id_unit" ON "service_capacities" ("hub_id", "service_id", "unit");

-- Written by hand from here on: the walls of the new tables, and the rules that hold whatever the code does.
alter table partner_links add constraint hand_partner_links_in_hub unique (hub_id, id);
alter table schedules add constraint hand_schedules_in_hub unique (hub_id, id);

alter table service_capacities add constraint hand_service_capacities_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table service_capacities add constraint hand_service_capacities_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table service_capacities add constraint hand_service_capacities_staff_id foreign key (trust_id, staff_id) references staff_users (trust_id, id);
alter table service_capacities add constraint hand_service_capacities_count check (available >= 0 and maximum >= 0);
call raise_walls('service_capacities', 'hub');

alter table assurances add constraint hand_assurances_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table assurances add constraint hand_assurances_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table assurances add constraint hand_assurances_staff_id foreign key (trust_id, staff_id) references staff_users (trust_id, id);
alter table assurances add constraint hand_assurances_partner_link_id foreign key (hub_id, partner_link_id) references partner_links (hub_id, id);
-- Nobody is put in another's place.
alter table assurances add constraint hand_assurances_by check (case "by"
    when 'STAFF' then partner_link_id is null
    when 'PARTNER' then partner_link_id is not null and staff_id is null
    else false
  end);
call raise_walls('assurances', 'hub');

alter table partner_agreements add constraint hand_partner_agreements_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table partner_agreements add constraint hand_partner_agreements_organisation_id foreign key (hub_id, organisation_id) references organisations (hub_id, id);
alter table partner_agreements add constraint hand_partner_agreements_updated_by_id foreign key (trust_id, updated_by_id) references staff_users (trust_id, id);
alter table partner_agreements add constraint hand_partner_agreements_days check (response_days between 1 and 90);
call raise_walls('partner_agreements', 'hub');

alter table partner_links add constraint hand_partner_links_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table partner_links add constraint hand_partner_links_organisation_id foreign key (hub_id, organisation_id) references organisations (hub_id, id);
alter table partner_links add constraint hand_partner_links_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table partner_links add constraint hand_partner_links_revoked_by_id foreign key (trust_id, revoked_by_id) references staff_users (trust_id, id);
alter table partner_links add constraint hand_partner_links_hash check (length(token_hash) = 32);
alter table partner_links add constraint hand_partner_links_expires check (expires_at <= created_at + interval '91 days');
call raise_walls('partner_links', 'hub');

alter table proposed_changes add constraint hand_proposed_changes_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table proposed_changes add constraint hand_proposed_changes_organisation_id foreign key (hub_id, organisation_id) references organisations (hub_id, id);
alter table proposed_changes add constraint hand_proposed_changes_service_id foreign key (hub_id, service_id) references services (hub_id, id);
-- An import removes a time that its source no longer lists, and with it what was asked of it.
alter table proposed_changes add constraint hand_proposed_changes_schedule_id foreign key (hub_id, schedule_id) references schedules (hub_id, id) on delete cascade;
alter table proposed_changes add constraint hand_proposed_changes_partner_link_id foreign key (hub_id, partner_link_id) references partner_links (hub_id, id);
alter table proposed_changes add constraint hand_proposed_changes_decided_by_id foreign key (trust_id, decided_by_id) references staff_users (trust_id, id);
alter table proposed_changes add constraint hand_proposed_changes_decided check ((state = 'WAITING') = (decided_at is null));
alter table proposed_changes add constraint hand_proposed_changes_of_service check (schedule_id is null or service_id is not null);
-- What a partner says last of a field is what it wants.
create unique index hand_proposed_changes_one_waiting on proposed_changes (hub_id, organisation_id, service_id, schedule_id, field)
  nulls not distinct where state = 'WAITING';
create index hand_proposed_changes_service on proposed_changes (hub_id, service_id) where state = 'WAITING';
call raise_walls('proposed_changes', 'hub');

-- An assurance is the service's assured_date, unless that is later already. Partners may assure and may change nothing of a
-- service, so this runs with the owner's rights.
create function keep_assurance() returns trigger
  language plpgsql security definer set search_path = public, pg_temp
as $$
begin
  update services set assured_date = new.assured_on, version = version + 1
  where hub_id = new.hub_id and id = new.service_id and (assured_date is null or assured_date < new.assured_on);
  return null;
end
$$;
revoke all on function keep_assurance() from public;
create trigger hand_keep after insert on assurances for each row execute function keep_assurance();

-- Nothing takes an assurance back: an import that began before it sets what its source says, or the day of the assurance.
create function hold_assurance() returns trigger
  language plpgsql as $$
begin
  new.assured_date := greatest(new.assured_date, (select max(a.assured_on) from assurances a where a.hub_id = new.hub_id and a.service_id = new.id));
  return new;
end
$$;
create trigger hand_hold_assurance before update of assured_date on services
  for each row when (new.assured_date is distinct from old.assured_date) execute function hold_assurance();

-- What is known of places at services: none is known where nobody said so within 28 days.
create or replace function capacities_of(in_hub uuid) returns table (service_id uuid, has_places boolean)
  language sql stable
  as $$
    select c.service_id, bool_or(c.available > 0) from service_capacities c
    where c.updated_at > now() - interval '28 days' and c.hub_id = in_hub group by c.service_id
  $$;

-- The capacity of a service that strangers see is for them to see.
create policy audience on service_capacities for select to liferooms_public
  using (hub_id = (select app_public_hub())
    and exists (select from services s where s.hub_id = service_capacities.hub_id and s.id = service_capacities.service_id));
grant select on service_capacities to liferooms_public;
