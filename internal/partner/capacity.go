package partner

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// CapacityHolds is for how long what was said of a service's capacity is taken to be so. After that it is not known. The
// database has the same in its function capacities_of.
const CapacityHolds = 28 * 24 * time.Hour

// Places is the unit of a capacity that needs no other.
const Places = "places"

// Capacity is how much there is of a service.
type Capacity struct {
	Unit string
	// Available is how many of the unit can be had now; nil: it is not known.
	Available *int
	// Maximum is how many there are at most, where there is such a number.
	Maximum     *int
	Description string
}

// MaxCount is the most that is counted.
const MaxCount = 100_000

func (c *Capacity) check() error {
	c.Unit, c.Description = strings.TrimSpace(c.Unit), strings.TrimSpace(c.Description)
	if c.Unit == "" {
		c.Unit = Places
	}
	switch {
	case len(c.Unit) > 60:
		return problem.Field("unit", "Say in at most 60 characters what is counted, such as places.")
	case c.Available != nil && (*c.Available < 0 || *c.Available > MaxCount):
		return problem.Field("available", "Say how many are free now, as a number from 0 to %d.", MaxCount)
	case c.Maximum != nil && (*c.Maximum < 0 || *c.Maximum > MaxCount):
		return problem.Field("maximum", "Say how many there are at most, as a number from 0 to %d.", MaxCount)
	case c.Available != nil && c.Maximum != nil && *c.Available > *c.Maximum:
		return problem.Field("maximum", "There cannot be fewer than are free now. Write %d or more, or leave it empty.", *c.Available)
	case len(c.Description) > 500:
		return problem.Field("description", "Describe the places in at most 500 characters.")
	}
	return nil
}

const setCapacity = `
	insert into service_capacities (id, hub_id, trust_id, service_id, unit, available, maximum, description, updated_at, "by", staff_id)
	values ($1, $2, $3, $4, $5, $6, $7, $8, now(), $9, $10)
	on conflict (hub_id, service_id, unit) do update set available = excluded.available, maximum = excluded.maximum, description = excluded.description,
	  updated_at = excluded.updated_at, "by" = excluded."by", staff_id = $10` // excluded.staff_id would be read, which partners may not

// SetCapacity says how much there is of a service now, or that it is not known. It holds at once, whoever says so: nobody
// knows it better than the partner, and in a month it is forgotten.
func (p *Partners) SetCapacity(ctx context.Context, serviceID uuid.UUID, c Capacity) error {
	v, hub, err := here(ctx)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	by, action := "STAFF", "capacity.set"
	if v.Kind == viewer.Partner {
		by, action = "PARTNER", "partner.capacity_set"
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		if v.Kind == viewer.Partner {
			if err := p.stillOpen(ctx); err != nil {
				return err
			}
			if err := p.ofPartner(ctx, hub.ID, serviceID); err != nil {
				return err
			}
		} else if err := p.offered(ctx, "service", "services", hub.ID, []uuid.UUID{serviceID}); err != nil {
			return err
		}
		if c.Available == nil {
			_, err = p.store.Exec(ctx, "delete from service_capacities where hub_id = $1 and service_id = $2 and unit = $3", hub.ID, serviceID, c.Unit)
		} else {
			_, err = p.store.Exec(ctx, setCapacity, uuid.Must(uuid.NewV7()), hub.ID, v.TrustID, serviceID, c.Unit, *c.Available, c.Maximum, c.Description, by, staffOf(v))
		}
		if err != nil {
			return err
		}
		return p.log.Change(ctx, audit.Event{Action: action, SubjectType: "service", SubjectID: serviceID, Fields: []string{"capacity"}})
	})
	if err != nil {
		return fmt.Errorf("set a service's capacity: %w", err)
	}
	return nil
}
