-- A term that only hidden services carry is theirs: its name may say what they are. One that no service carries is part of a list.
-- It runs with the owner's rights, since strangers cannot see who else carries it, and answers for the hub that they read only.
create function term_hidden(of_term uuid) returns boolean
  language sql stable security definer set search_path = public, pg_temp
  as $$
    select exists (select from service_terms x where x.hub_id = app_public_hub() and x.taxonomy_term_id = of_term)
      and not exists (
        select from service_terms x
        join services s on s.hub_id = x.hub_id and s.id = x.service_id and s.visibility = 'PUBLIC' and s.retired_at is null
        join organisations o on o.hub_id = s.hub_id and o.id = s.organisation_id and o.visibility = 'PUBLIC' and o.retired_at is null
        where x.hub_id = app_public_hub() and x.taxonomy_term_id = of_term)
  $$;
revoke all on function term_hidden(uuid) from public;
grant execute on function term_hidden(uuid) to liferooms_public;

alter policy audience on taxonomy_terms
  using (hub_id = (select app_public_hub()) and retired_at is null and not term_hidden(id));
