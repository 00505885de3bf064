-- Written by hand: visits by week and need are counted from the index alone, without reading a year's visits.
create index hand_visits_report on visits (hub_id, arrived_on) include (need_id);
