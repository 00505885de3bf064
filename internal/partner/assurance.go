package partner

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
)

// MaxAssured is how many services are assured at once.
const MaxAssured = 200

// Assure records that the member of staff looked at services today and found their entries right. Said twice on a day, it
// is on record once.
func (p *Partners) Assure(ctx context.Context, today time.Time, serviceIDs []uuid.UUID) error {
	v, hub, err := here(ctx)
	switch ids := unique(serviceIDs); {
	case err != nil:
		return err
	case len(ids) == 0 || len(ids) > MaxAssured:
		return problem.Field("serviceIds", "Choose from 1 to %d services.", MaxAssured)
	default:
		serviceIDs = ids
	}
	err = p.store.Tx(ctx, func(ctx context.Context) error {
		if err := p.offered(ctx, "service", "services", hub.ID, serviceIDs); err != nil {
			return err
		}
		for _, id := range serviceIDs {
			// The trigger of the table sets the service's own date.
			made, err := p.store.Exec(ctx, `insert into assurances (id, hub_id, trust_id, service_id, assured_on, "by", staff_id, created_at)
				values ($1, $2, $3, $4, $5, 'STAFF', $6, now()) on conflict do nothing`, uuid.Must(uuid.NewV7()), hub.ID, v.TrustID, id, today, staffOf(v))
			if err != nil {
				return err
			}
			if made == 0 {
				continue
			}
			if err := p.log.Change(ctx, audit.Event{Action: "service.assured", SubjectType: "service", SubjectID: id, Fields: []string{"assured_date"}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("assure services: %w", err)
	}
	return nil
}
