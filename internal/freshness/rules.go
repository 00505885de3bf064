package freshness

import (
	"fmt"
	"strings"
	"time"

	"liferooms.io/liferooms/internal/partner"
)

// The rules of the board. docs/freshness.md says them in words; this is the one place where they are numbers.
const (
	// AssuredMonths is for how long a service stands assured.
	AssuredMonths = 3
	// RetiredDays is for how long a retired service is on the board: its people may have to be told.
	RetiredDays = 30
)

// AssuredSince is the day from which on a service must have been assured to be so on the day today.
func AssuredSince(today time.Time) time.Time { return today.AddDate(0, -AssuredMonths, 0) }

// RetiredSince is from when on a service must have been retired to be one that was lately.
func RetiredSince(now time.Time) time.Time { return now.AddDate(0, 0, -RetiredDays) }

// A rule over several tables is SQL over @row, a record, and @today; both readers of the board use it.
var (
	// currentAgreement says that the partner that %s names has an agreement that is current.
	currentAgreement = "exists (select from partner_agreements a where a.hub_id = @row.hub_id and a.organisation_id = %s and " +
		strings.ReplaceAll(partner.CurrentSQL, "@row", "a") + ")"

	// NoCapacitySQL holds of an open service whose capacity is not known now, though it once was or its partner has an
	// agreement: people may be sent there, and nobody can say whether there is a place.
	NoCapacitySQL = fmt.Sprintf(`@row.retired_at is null and @row.status = 'ACTIVE'
		and not exists (select from service_capacities c where c.hub_id = @row.hub_id and c.service_id = @row.id and c.updated_at > now() - interval '%d hours')
		and (exists (select from service_capacities c where c.hub_id = @row.hub_id and c.service_id = @row.id) or %s)`,
		int(partner.CapacityHolds.Hours()), fmt.Sprintf(currentAgreement, "@row.organisation_id"))

	// NoAgreementSQL holds of a partner that has a service on offer and no agreement that is current.
	NoAgreementSQL = fmt.Sprintf(`@row.retired_at is null and not %s
		and exists (select from services s where s.hub_id = @row.hub_id and s.organisation_id = @row.id and s.retired_at is null and s.status in ('ACTIVE', 'TEMPORARILY_CLOSED'))`,
		fmt.Sprintf(currentAgreement, "@row.id"))
)

// How often links are asked for.
const (
	// askEvery is when a link is asked for next.
	askEvery = 7 * 24 * time.Hour
	// confirmAfter is when one that failed for the first time is: it is dead where it fails on another day, too.
	confirmAfter = 24 * time.Hour
	// notAgainWithin is how long after it was asked for a link is not asked for on somebody's wish.
	notAgainWithin = 10 * time.Minute
)
