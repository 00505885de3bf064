-- Written by hand: what a partner may read and write by its link, and by which role. See docs/decisions/0059.

-- internal/store asks for a partner's link as this role. It may read the columns below of one partner's rows, add what the
-- partner says, and nothing else. The server may become it but does not have its rights of itself.
do $$
begin
  if not exists (select from pg_roles where rolname = 'liferooms_partner') then
    create role liferooms_partner nologin noinherit;
  end if;
  if not pg_has_role('liferooms_app', 'liferooms_partner', 'member') then
    grant liferooms_partner to liferooms_app;
  end if;
exception when insufficient_privilege then
  raise exception 'the owner of the tables may not make the role by which partners read'
    using errcode = 'insufficient_privilege',
      hint = 'as a superuser: create role liferooms_partner nologin noinherit; grant liferooms_partner to liferooms_app';
end
$$;
grant usage on schema public to liferooms_partner;

-- The link by which a partner asks, with its hub and its organisation. They open nothing to any other role.
create function app_partner_hub() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.partner_hub', true), '')::uuid;
create function app_partner_organisation() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.partner_organisation', true), '')::uuid;
create function app_partner_link() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.partner_link', true), '')::uuid;

-- The columns are named, so that what is added to a record later is for staff until somebody says otherwise.
grant select (id, hub_id, name, description, email, url, phone) on organisations to liferooms_partner;
grant select (id, hub_id, organisation_id, name, description, url, email, phone, status, eligibility_description, minimum_age, maximum_age,
  fees_description, free, application_process, languages, assured_date) on services to liferooms_partner;
grant select (id, hub_id, service_id, freq, "interval", by_day, by_month_day, dtstart, until, valid_from, valid_to, opens_at, closes_at, description,
  excluded_dates, extra_dates)
  on schedules to liferooms_partner;
grant select (id, hub_id, service_id, location_id) on service_at_locations to liferooms_partner;
grant select (id, hub_id, name, address, city, postcode) on locations to liferooms_partner;
grant select (id, hub_id, service_id, unit, available, maximum, description, updated_at, "by") on service_capacities to liferooms_partner;
grant select (id, hub_id, organisation_id, service_id, schedule_id, field, proposed, state, created_at) on proposed_changes to liferooms_partner;
grant select (id, hub_id, organisation_id, expires_at, revoked_at) on partner_links to liferooms_partner;

create policy partner on organisations for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and id = (select app_partner_organisation()) and retired_at is null);
create policy partner on services for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and organisation_id = (select app_partner_organisation()) and retired_at is null);
create policy partner on schedules for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and retired_at is null
    and exists (select from services s where s.hub_id = schedules.hub_id and s.id = schedules.service_id));
create policy partner on service_at_locations for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and retired_at is null
    and exists (select from services s where s.hub_id = service_at_locations.hub_id and s.id = service_at_locations.service_id));
-- A place belongs to no partner. One that is hidden is not told to whoever has a link, which may be passed on.
create policy partner on locations for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and visibility = 'PUBLIC' and retired_at is null
    and exists (select from service_at_locations a where a.hub_id = locations.hub_id and a.location_id = locations.id));

create policy partner on service_capacities for select to liferooms_partner
  using (hub_id = (select app_partner_hub())
    and exists (select from services s where s.hub_id = service_capacities.hub_id and s.id = service_capacities.service_id));
create policy partner_adds on service_capacities for insert to liferooms_partner
  with check (hub_id = (select app_partner_hub()) and "by" = 'PARTNER' and staff_id is null
    and exists (select from services s where s.hub_id = service_capacities.hub_id and s.id = service_capacities.service_id));
create policy partner_changes on service_capacities for update to liferooms_partner
  using (hub_id = (select app_partner_hub())
    and exists (select from services s where s.hub_id = service_capacities.hub_id and s.id = service_capacities.service_id))
  with check (hub_id = (select app_partner_hub()) and "by" = 'PARTNER' and staff_id is null);
grant insert on service_capacities to liferooms_partner;
grant update (available, maximum, description, updated_at, "by", staff_id) on service_capacities to liferooms_partner;

create policy partner_adds on assurances for insert to liferooms_partner
  with check (hub_id = (select app_partner_hub()) and partner_link_id = (select app_partner_link())
    and exists (select from services s where s.hub_id = assurances.hub_id and s.id = assurances.service_id));
grant insert on assurances to liferooms_partner;

-- A partner sees its own link, to tell whether it still holds, and notes that it was opened.
create policy partner on partner_links for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and id = (select app_partner_link()));
create policy partner_changes on partner_links for update to liferooms_partner
  using (hub_id = (select app_partner_hub()) and id = (select app_partner_link()))
  with check (hub_id = (select app_partner_hub()) and id = (select app_partner_link()));
grant update (opened_at) on partner_links to liferooms_partner;

-- What a partner asks for is about what is its own. It takes back what waits by asking for something else, and decides
-- nothing.
create policy partner on proposed_changes for select to liferooms_partner
  using (hub_id = (select app_partner_hub()) and organisation_id = (select app_partner_organisation()));
create policy partner_adds on proposed_changes for insert to liferooms_partner
  with check (hub_id = (select app_partner_hub()) and organisation_id = (select app_partner_organisation())
    and partner_link_id = (select app_partner_link()) and state = 'WAITING' and decided_by_id is null
    and (service_id is null or exists (select from services s where s.hub_id = proposed_changes.hub_id and s.id = proposed_changes.service_id))
    and (schedule_id is null or exists (select from schedules s
      where s.hub_id = proposed_changes.hub_id and s.id = proposed_changes.schedule_id and s.service_id = proposed_changes.service_id)));
create policy partner_changes on proposed_changes for update to liferooms_partner
  using (hub_id = (select app_partner_hub()) and organisation_id = (select app_partner_organisation()) and state = 'WAITING')
  with check (hub_id = (select app_partner_hub()) and organisation_id = (select app_partner_organisation()) and state = 'REPLACED');
grant insert on proposed_changes to liferooms_partner;
grant update (state, decided_at) on proposed_changes to liferooms_partner;

-- What a partner does is on record, and is nobody else's doing.
create policy partner_adds on audit_events for insert to liferooms_partner
  with check (hub_id = (select app_partner_hub()) and actor_id is null and person_id is null and action like 'partner.%');
grant insert on audit_events to liferooms_partner;

-- The exception (internal/store/exceptions.go): which link a token opens. It is asked before anybody is known, by a hash
-- that cannot be guessed, and answers for a link that has ended, too, so that its holder is told whom to ask.
create function partner_link_by_token(hash bytea)
  returns table (trust_id uuid, hub_id uuid, slug text, hub_name text, hub_state text, time_zone text, address text, postcode text, brand_colour text,
    organisation_id uuid, link_id uuid, expires_at timestamptz, revoked_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select h.trust_id, h.id, h.slug, h.name, h.state, h.time_zone, h.address, h.postcode, h.brand_colour,
      l.organisation_id, l.id, l.expires_at, l.revoked_at
    from partner_links l join hubs h on h.id = l.hub_id where l.token_hash = hash limit 1
  $$;
revoke all on function partner_link_by_token(bytea) from public;
grant execute on function partner_link_by_token(bytea) to liferooms_app;
