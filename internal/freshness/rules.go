package freshness

import "time"

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

// How often links are asked for.
const (
	// askEvery is when a link is asked for next.
	askEvery = 7 * 24 * time.Hour
	// confirmAfter is when one that failed for the first time is: it is dead where it fails on another day, too.
	confirmAfter = 24 * time.Hour
	// notAgainWithin is how long after it was asked for a link is not asked for on somebody's wish.
	notAgainWithin = 10 * time.Minute
)
