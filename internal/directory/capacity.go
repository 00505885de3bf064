package directory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/openreferral"
)

// The bounds of a capacity, which are those that staff and partners keep to.
const (
	maxUnit          = 60
	maxCapacityWords = 500
	maxCapacity      = 100_000
	defaultUnit      = "places"
)

// capacities takes what a source says of how much there is of a service. It holds from the day on which it was so: what has
// no such day cannot be told from what somebody here has said since, and is left out.
func (g *gathering) capacities(row int, p *parts, s *openreferral.Service) {
	for n, c := range s.Capacities {
		field := fmt.Sprintf("capacities[%d].", n)
		said := c.Updated
		if said == "" {
			said = s.LastModified
		}
		updated, err := time.Parse(time.RFC3339, said)
		unit := strings.TrimSpace(c.Unit.Name)
		if unit == "" || strings.EqualFold(unit, defaultUnit) {
			unit = defaultUnit
		}
		switch {
		case err != nil:
			g.note(row, field+"updated", "left out: it does not say when that was so")
			continue
		case updated.After(time.Now().Add(time.Hour)): // clocks differ a little
			g.note(row, field+"updated", "left out: it is of a time to come")
			continue
		case len(unit) > maxUnit:
			g.note(row, field+"unit", fmt.Sprintf("left out: what is counted has at most %d characters", maxUnit))
			continue
		case c.Available > maxCapacity || c.Maximum != nil && *c.Maximum > maxCapacity:
			g.note(row, field+"available", fmt.Sprintf("left out: a number of places is at most %d", maxCapacity))
			continue
		}
		same := func(r record) bool { return r["unit"] == unit }
		if at := slices.IndexFunc(p.Capacities, same); at >= 0 {
			if p.Capacities[at]["updated"].(time.Time).After(updated) {
				continue // the same was counted again since
			}
			p.Capacities = slices.Delete(p.Capacities, at, at+1)
		}
		r := record{"id": uuid.Must(uuid.NewV7()), "unit": unit, "available": c.Available, "updated": updated}
		if c.Maximum != nil {
			r["maximum"] = *c.Maximum
		}
		g.short(row, r, "description", field+"description", c.Description, maxCapacityWords)
		p.Capacities = append(p.Capacities, r)
	}
}

const (
	// writeCapacities writes what a source says of services of a batch ($3, JSON: see parts; $4 are their ids). What staff or the partner
	// said later stays, also where they say so meanwhile. A service that was merged into another has none of its own.
	writeCapacities = `with given as materialized (
		  select s.id as service_id, c.*
		  from jsonb_to_recordset($3) as g(id uuid, capacities jsonb)
		  join services s on s.hub_id = $1 and s.source = $2 and s.id = g.id and s.id = any ($4) and s.merged_into_id is null
		  cross join jsonb_to_recordset(g.capacities) as c(id uuid, unit text, available int, maximum int, description text, updated timestamptz)
		), written as (
		  insert into service_capacities as t (id, hub_id, trust_id, service_id, unit, available, maximum, description, updated_at, "by")
		  select g.id, $1, h.trust_id, g.service_id, g.unit, g.available, g.maximum, coalesce(g.description, ''), g.updated, 'SOURCE'
		  from given g join hubs h on h.id = $1
		  left join service_capacities k on k.hub_id = $1 and k.service_id = g.service_id and k.service_id = any ($4) and k.unit = g.unit
		  where k.id is null or (k."by" = 'SOURCE' or k.updated_at < g.updated)
		    and (k."by", k.available, k.maximum, k.description, k.updated_at) is distinct from ('SOURCE', g.available, g.maximum, coalesce(g.description, ''), g.updated)
		  on conflict (hub_id, service_id, unit) do update set available = excluded.available, maximum = excluded.maximum,
		    description = excluded.description, updated_at = excluded.updated_at, "by" = excluded."by", staff_id = null
		    where t."by" = 'SOURCE' or t.updated_at < excluded.updated_at
		  returning service_id
		)
		select distinct g.service from written w join jsonb_to_recordset($3) as g(id uuid, service text) on g.id = w.service_id`

	// dropCapacities removes what a source said before of services that it lists in full, and says no more.
	dropCapacities = `with gone as (
		  delete from service_capacities x
		  using jsonb_to_recordset($3) as g(id uuid, service text, capacities jsonb)
		  join services s on s.hub_id = $1 and s.source = $2 and s.id = g.id and s.id = any ($4) and s.merged_into_id is null
		  where x.hub_id = $1 and x.service_id = s.id and x.service_id = any ($4) and x."by" = 'SOURCE'
		    and not exists (select from jsonb_array_elements(coalesce(g.capacities, '[]')) c where c ->> 'unit' = x.unit)
		  returning g.service
		)
		select distinct service from gone`
)
