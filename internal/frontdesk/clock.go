package frontdesk

import (
	"context"
	"fmt"
	"sync"
	"time"
	_ "time/tzdata" // a hub's zone is known whatever machine this runs on

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// Clock knows a hub's days: its time zone, its week, and the days on which its week does not hold.
type Clock struct {
	Zone       *time.Location
	Hours      []schema.OpeningHours
	Exceptions []schema.OpeningException
}

// Day is the day of t in the hub's zone, as midnight UTC: how days are kept.
func (c *Clock) Day(t time.Time) time.Time {
	y, m, d := t.In(c.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Open gives the opening and closing time of a day as HH:MM; ok is false where the hub is closed that day.
func (c *Clock) Open(day time.Time) (opens, closes string, ok bool) {
	date := day.Format(time.DateOnly)
	for _, e := range c.Exceptions {
		if e.Date == date {
			return e.Opens, e.Closes, e.Opens != ""
		}
	}
	for _, h := range c.Hours {
		if h.Day == weekdays[day.Weekday()] {
			return h.Opens, h.Closes, true
		}
	}
	return "", "", false
}

var weekdays = [...]schema.Weekday{schema.Sunday, schema.Monday, schema.Tuesday, schema.Wednesday, schema.Thursday, schema.Friday, schema.Saturday}

// closing is the instant at which the hub closes on a day; the end of the day where it is closed or does not say.
func (c *Clock) closing(day time.Time) time.Time {
	y, m, d := day.Date()
	if _, closes, ok := c.Open(day); ok {
		if at, err := time.Parse("15:04", closes); err == nil {
			return time.Date(y, m, d, at.Hour(), at.Minute(), 0, 0, c.Zone)
		}
	}
	return c.midnight(day)
}

// midnight is the instant at which a day ends.
func (c *Clock) midnight(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, c.Zone)
}

// clockAge is how long a hub's clock is kept: a change of opening hours is seen by every replica within it.
const clockAge = 5 * time.Second

// clocks keeps each hub's clock, so that a check-in does not read the hub first. There are as many as hubs.
type clocks struct {
	mu   sync.Mutex
	kept map[uuid.UUID]keptClock
}

type keptClock struct {
	clock *Clock
	until time.Time
}

// Clock is the clock of the viewer's hub, at most five seconds old.
func (d *Desk) Clock(ctx context.Context) (*Clock, error) {
	id := hubOf(ctx)
	d.clocks.mu.Lock()
	kept := d.clocks.kept[id]
	d.clocks.mu.Unlock()
	if kept.clock != nil && time.Now().Before(kept.until) {
		return kept.clock, nil
	}
	h, err := d.store.Client(ctx).Hub.Query().Where(hub.ID(id)).Select(hub.FieldID, hub.FieldTimeZone, hub.FieldOpeningHours, hub.FieldOpeningExceptions).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the hub's days: %w", err)
	}
	zone, err := time.LoadLocation(h.TimeZone)
	if err != nil {
		return nil, problem.New(problem.Internal, "The hub's time zone is not known. Ask the trust's administrator to correct it.").Because(err)
	}
	clock := &Clock{Zone: zone, Hours: h.OpeningHours, Exceptions: h.OpeningExceptions}
	d.clocks.mu.Lock()
	d.clocks.kept[id] = keptClock{clock, time.Now().Add(clockAge)}
	d.clocks.mu.Unlock()
	return clock, nil
}

// hubOf is the hub that the viewer works in; no hub at all where there is none, and then nothing is found.
func hubOf(ctx context.Context) uuid.UUID {
	if v := viewer.FromContext(ctx); v != nil {
		h, _ := v.OneHub()
		return h.ID
	}
	return uuid.Nil
}

// CloseDays closes the day at every hub where it is due. One replica does it at a time.
func (d *Desk) CloseDays(ctx context.Context) error {
	_, err := d.store.LockPlatform(ctx, "frontdesk close days", func(ctx context.Context) error {
		hubs, err := d.store.AllHubs(ctx)
		if err != nil {
			return err
		}
		for _, h := range hubs {
			at := viewer.NewContext(ctx, viewer.ForPlatform(h.TrustID, viewer.Hub{ID: h.HubID, Slug: h.Slug}))
			if _, err := d.CloseDay(at, time.Now()); err != nil {
				return fmt.Errorf("close the day at %s of %s: %w", h.Slug, h.TrustODS, err)
			}
		}
		return nil
	})
	return err
}
