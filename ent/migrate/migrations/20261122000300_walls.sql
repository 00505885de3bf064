-- Written by hand: the walls between tenants that Ent cannot express.

-- What composite keys point to.
alter table hubs add constraint hand_hubs_in_trust unique (trust_id, id);
alter table staff_users add constraint hand_staff_users_in_trust unique (trust_id, id);
alter table identity_providers add constraint hand_identity_providers_in_trust unique (trust_id, id);
alter table conversations add constraint hand_conversations_in_hub unique (hub_id, id);
alter table locations add constraint hand_locations_in_hub unique (hub_id, id);
alter table needs add constraint hand_needs_in_hub unique (hub_id, id);
alter table organisations add constraint hand_organisations_in_hub unique (hub_id, id);
alter table persons add constraint hand_persons_in_hub unique (hub_id, id);
alter table services add constraint hand_services_in_hub unique (hub_id, id);
alter table service_at_locations add constraint hand_service_at_locations_in_hub unique (hub_id, id);
alter table taxonomy_terms add constraint hand_taxonomy_terms_in_hub unique (hub_id, id);
alter table visits add constraint hand_visits_in_hub unique (hub_id, id);

-- A row's parents are of the same trust or hub, whatever the code does. Plain foreign keys would not hold this: their
-- checks bypass row-level security.
alter table hubs add constraint hand_hubs_trust_id foreign key (trust_id) references trusts (id);
alter table identity_providers add constraint hand_identity_providers_trust_id foreign key (trust_id) references trusts (id);
alter table staff_users add constraint hand_staff_users_trust_id foreign key (trust_id) references trusts (id);
alter table role_grants add constraint hand_role_grants_staff_user_id foreign key (trust_id, staff_user_id) references staff_users (trust_id, id);
alter table role_grants add constraint hand_role_grants_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table role_grants add constraint hand_role_grants_granted_by_id foreign key (trust_id, granted_by_id) references staff_users (trust_id, id);
alter table sessions add constraint hand_sessions_staff_user_id foreign key (trust_id, staff_user_id) references staff_users (trust_id, id);
alter table sessions add constraint hand_sessions_identity_provider_id foreign key (trust_id, identity_provider_id) references identity_providers (trust_id, id);
alter table sign_in_attempts add constraint hand_sign_in_attempts_identity_provider_id foreign key (identity_provider_id) references identity_providers (id) on delete cascade;
alter table audit_events add constraint hand_audit_events_trust_id foreign key (trust_id) references trusts (id);
alter table audit_events add constraint hand_audit_events_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table audit_events add constraint hand_audit_events_actor_id foreign key (trust_id, actor_id) references staff_users (trust_id, id);
alter table access_needs add constraint hand_access_needs_hub_id foreign key (hub_id) references hubs (id);
alter table conversations add constraint hand_conversations_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table conversations add constraint hand_conversations_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table conversation_needs add constraint hand_conversation_needs_hub_id foreign key (hub_id) references hubs (id);
alter table locations add constraint hand_locations_hub_id foreign key (hub_id) references hubs (id);
alter table needs add constraint hand_needs_hub_id foreign key (hub_id) references hubs (id);
alter table organisations add constraint hand_organisations_hub_id foreign key (hub_id) references hubs (id);
alter table persons add constraint hand_persons_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table persons add constraint hand_persons_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table schedules add constraint hand_schedules_hub_id foreign key (hub_id) references hubs (id);
alter table services add constraint hand_services_hub_id foreign key (hub_id) references hubs (id);
alter table service_at_locations add constraint hand_service_at_locations_hub_id foreign key (hub_id) references hubs (id);
alter table service_needs add constraint hand_service_needs_hub_id foreign key (hub_id) references hubs (id);
alter table service_terms add constraint hand_service_terms_hub_id foreign key (hub_id) references hubs (id);
alter table signposts add constraint hand_signposts_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table signposts add constraint hand_signposts_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table taxonomy_terms add constraint hand_taxonomy_terms_hub_id foreign key (hub_id) references hubs (id);
alter table visits add constraint hand_visits_hub_id foreign key (trust_id, hub_id) references hubs (trust_id, id);
alter table visits add constraint hand_visits_created_by_id foreign key (trust_id, created_by_id) references staff_users (trust_id, id);
alter table access_needs add constraint hand_access_needs_person_id foreign key (hub_id, person_id) references persons (hub_id, id);
alter table visits add constraint hand_visits_person_id foreign key (hub_id, person_id) references persons (hub_id, id);
alter table visits add constraint hand_visits_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
alter table visits add constraint hand_visits_advisor_id foreign key (trust_id, advisor_id) references staff_users (trust_id, id);
alter table conversations add constraint hand_conversations_visit_id foreign key (hub_id, visit_id) references visits (hub_id, id);
alter table conversations add constraint hand_conversations_person_id foreign key (hub_id, person_id) references persons (hub_id, id);
alter table conversations add constraint hand_conversations_advisor_id foreign key (trust_id, advisor_id) references staff_users (trust_id, id);
alter table conversation_needs add constraint hand_conversation_needs_conversation_id foreign key (hub_id, conversation_id) references conversations (hub_id, id);
alter table conversation_needs add constraint hand_conversation_needs_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
alter table signposts add constraint hand_signposts_conversation_id foreign key (hub_id, conversation_id) references conversations (hub_id, id);
alter table signposts add constraint hand_signposts_person_id foreign key (hub_id, person_id) references persons (hub_id, id);
alter table signposts add constraint hand_signposts_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table signposts add constraint hand_signposts_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
alter table signposts add constraint hand_signposts_followed_up_by_id foreign key (trust_id, followed_up_by_id) references staff_users (trust_id, id);
alter table services add constraint hand_services_organisation_id foreign key (hub_id, organisation_id) references organisations (hub_id, id);
alter table service_at_locations add constraint hand_service_at_locations_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table service_at_locations add constraint hand_service_at_locations_location_id foreign key (hub_id, location_id) references locations (hub_id, id);
alter table schedules add constraint hand_schedules_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table schedules add constraint hand_schedules_service_at_location_id foreign key (hub_id, service_at_location_id) references service_at_locations (hub_id, id);
alter table taxonomy_terms add constraint hand_taxonomy_terms_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
alter table service_needs add constraint hand_service_needs_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table service_needs add constraint hand_service_needs_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
alter table service_terms add constraint hand_service_terms_service_id foreign key (hub_id, service_id) references services (hub_id, id);
alter table service_terms add constraint hand_service_terms_taxonomy_term_id foreign key (hub_id, taxonomy_term_id) references taxonomy_terms (hub_id, id);

-- Row-level security.
call raise_walls('access_needs', 'hub');
call raise_walls('conversations', 'hub');
call raise_walls('conversation_needs', 'hub');
call raise_walls('locations', 'hub');
call raise_walls('needs', 'hub');
call raise_walls('organisations', 'hub');
call raise_walls('persons', 'hub');
call raise_walls('schedules', 'hub');
call raise_walls('services', 'hub');
call raise_walls('service_at_locations', 'hub');
call raise_walls('service_needs', 'hub');
call raise_walls('service_terms', 'hub');
call raise_walls('signposts', 'hub');
call raise_walls('taxonomy_terms', 'hub');
call raise_walls('visits', 'hub');
call raise_walls('audit_events', 'trust');
call raise_walls('identity_providers', 'trust');
call raise_walls('role_grants', 'trust');
call raise_walls('sessions', 'trust');
call raise_walls('staff_users', 'trust');

-- A trust is its own scope, and a hub both a row of its trust and its own scope.
alter table trusts enable row level security;
alter table trusts force row level security;
create policy tenant on trusts using (id = (select app_trust())) with check (id = (select app_trust()));
create policy owner on trusts to current_user using (true) with check (true);
grant select, insert, update on trusts to liferooms_app;

alter table hubs enable row level security;
alter table hubs force row level security;
create policy tenant on hubs
  using (trust_id = (select app_trust()) and id = any ((select app_hubs())::uuid[]))
  with check (trust_id = (select app_trust()) and id = any ((select app_hubs())::uuid[]));
create policy owner on hubs to current_user using (true) with check (true);
grant select, insert, update on hubs to liferooms_app;

-- The platform's own table: a sign-in under way belongs to nobody yet, and is found only by a secret.
grant select, insert, delete on sign_in_attempts to liferooms_app;

-- A role is granted once; "every hub" (no hub_id) counts as one hub here.
create unique index hand_role_grants_once on role_grants (trust_id, staff_user_id, hub_id, role) nulls not distinct;

-- DOMAIN, invariant 11: audit rows never change, whoever asks.
revoke update, delete on audit_events from liferooms_app;
create function refuse_change() returns trigger
  language plpgsql as $$
begin
  raise exception 'rows of % never change', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger hand_append_only before update or delete on audit_events
  for each row execute function refuse_change();
create trigger hand_append_only_truncate before truncate on audit_events
  for each statement execute function refuse_change();

-- The exceptions (internal/store/exceptions.go): what must be known before anybody is signed in. Each is one narrow
-- question, asked with the owner's rights.
create index hand_sessions_token_hash on sessions using hash (token_hash);

create function all_identity_providers() returns setof jsonb
  language sql stable security definer set search_path = public, pg_temp
  as $$ select to_jsonb(p) from identity_providers p where enabled $$;

create function session_by_token(hash bytea) returns setof jsonb
  language sql stable security definer set search_path = public, pg_temp
  as $$ select to_jsonb(s) - 'token_hash' from sessions s where token_hash = hash and expires_at > now() $$;

create function all_hubs() returns table (trust_id uuid, ods_code text, hub_id uuid, slug text, name text, state text, time_zone text)
  language sql stable security definer set search_path = public, pg_temp
  as $$ select h.trust_id, t.ods_code, h.id, h.slug, h.name, h.state, h.time_zone from hubs h join trusts t on t.id = h.trust_id $$;

revoke all on function all_identity_providers(), session_by_token(bytea), all_hubs() from public;
grant execute on function all_identity_providers(), session_by_token(bytea), all_hubs() to liferooms_app;
