-- Create "visit_counts" table
CREATE TABLE "visit_counts" ("id" uuid NOT NULL, "hub_id" uuid NOT NULL, "arrived_on" date NOT NULL, "need_id" uuid NULL, "visits" bigint NOT NULL, PRIMARY KEY ("id"));

-- Written by hand from here on.
alter table visit_counts add constraint hand_visit_counts_hub_id foreign key (hub_id) references hubs (id);
alter table visit_counts add constraint hand_visit_counts_need_id foreign key (hub_id, need_id) references needs (hub_id, id);
-- A day's visits about no need are one row too.
create unique index hand_visit_counts_day on visit_counts (hub_id, arrived_on, need_id) nulls not distinct;
call raise_walls('visit_counts', 'hub');

-- The counts follow the visits, a statement at a time: a check-in adds one, a load adds up first. Rows are taken in one
-- order, so that two statements that touch the same days wait for one another and do not deadlock.
create function count_visits() returns trigger
  language plpgsql as $$
begin
  insert into visit_counts as c (id, hub_id, arrived_on, need_id, visits)
  select gen_random_uuid(), hub_id, arrived_on, need_id, count(*) from added
  group by hub_id, arrived_on, need_id order by hub_id, arrived_on, need_id
  on conflict (hub_id, arrived_on, need_id) do update set visits = c.visits + excluded.visits;
  return null;
end
$$;
create trigger hand_count_added after insert on visits
  referencing new table as added for each statement execute function count_visits();

create function uncount_visit() returns trigger
  language plpgsql as $$
begin
  update visit_counts set visits = visits - 1
  where hub_id = old.hub_id and arrived_on = old.arrived_on and need_id is not distinct from old.need_id;
  if tg_op = 'UPDATE' then
    insert into visit_counts as c (id, hub_id, arrived_on, need_id, visits)
    values (gen_random_uuid(), new.hub_id, new.arrived_on, new.need_id, 1)
    on conflict (hub_id, arrived_on, need_id) do update set visits = c.visits + 1;
  end if;
  return null;
end
$$;
create trigger hand_count_removed after delete on visits for each row execute function uncount_visit();
create trigger hand_count_moved after update of need_id on visits
  for each row when (old.need_id is distinct from new.need_id) execute function uncount_visit();

insert into visit_counts (id, hub_id, arrived_on, need_id, visits)
select gen_random_uuid(), hub_id, arrived_on, need_id, count(*) from visits group by hub_id, arrived_on, need_id;
