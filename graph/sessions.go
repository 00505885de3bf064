package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/graph/compile"
	"liferooms.io/liferooms/graph/scalar"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/frontdesk"
	"liferooms.io/liferooms/internal/problem"
)

// scheduleColumns are what Go needs of a schedule, by the names of its JSON.
const scheduleColumns = `json_build_object('freq', s.freq, 'interval', s.interval, 'by_day', s.by_day, 'by_month_day', s.by_month_day, 'dtstart', s.dtstart,
	'until', s.until, 'valid_from', s.valid_from, 'valid_to', s.valid_to, 'opens_at', s.opens_at, 'closes_at', s.closes_at, 'excluded_dates', s.excluded_dates, 'extra_dates', s.extra_dates)`

// recurrence is a schedule as scheduleColumns gives it.
type recurrence struct {
	Freq       *schedule.Freq `json:"freq"`
	Interval   int            `json:"interval"`
	ByDay      []string       `json:"by_day"`
	ByMonthDay []int          `json:"by_month_day"`
	Dtstart    *day           `json:"dtstart"`
	Until      *day           `json:"until"`
	ValidFrom  *day           `json:"valid_from"`
	ValidTo    *day           `json:"valid_to"`
	OpensAt    *string        `json:"opens_at"`
	ClosesAt   *string        `json:"closes_at"`
	Excluded   []string       `json:"excluded_dates"`
	Extra      []string       `json:"extra_dates"`
}

// day is a date of Postgres's JSON.
type day time.Time

func (d *day) UnmarshalJSON(b []byte) error {
	t, err := time.Parse(`"`+time.DateOnly+`"`, string(b))
	*d = day(t)
	return err
}

func (c *recurrence) schedule() *ent.Schedule {
	return &ent.Schedule{Freq: c.Freq, Interval: c.Interval, ByDay: c.ByDay, ByMonthDay: c.ByMonthDay,
		Dtstart: (*time.Time)(c.Dtstart), Until: (*time.Time)(c.Until), ValidFrom: (*time.Time)(c.ValidFrom), ValidTo: (*time.Time)(c.ValidTo), OpensAt: c.OpensAt, ClosesAt: c.ClosesAt,
		ExcludedDates: c.Excluded, ExtraDates: c.Extra}
}

// scheduleSummary says a schedule in words.
var scheduleSummary = compile.Computed{
	From: strings.ReplaceAll(scheduleColumns, "s.", "@row."),
	Write: func(_ context.Context, b, from []byte, _ compile.Selected) ([]byte, error) {
		var c recurrence
		if err := json.Unmarshal(from, &c); err != nil {
			return nil, fmt.Errorf("read a schedule: %w", err)
		}
		words, err := json.Marshal(directory.ScheduleSummary(c.schedule()))
		return append(b, words...), err
	},
}

// nextSessions computes the next times of a service from its schedules.
func nextSessions(desk *frontdesk.Desk) compile.Field {
	next := newSessionsOf()
	return compile.Computed{
		From: "(select json_agg(" + scheduleColumns + " order by s.id) from schedules s where s.hub_id = @hub and s.service_id = @row.id and s.retired_at is null)",
		Check: func(a map[string]any) error {
			_, err := sessionsWanted(a)
			return err
		},
		Write: func(ctx context.Context, b, from []byte, f compile.Selected) ([]byte, error) {
			n, err := sessionsWanted(f.Arguments)
			if err != nil {
				return nil, err
			}
			clock, err := desk.Clock(ctx)
			if err != nil {
				return nil, err
			}
			sessions, err := next.at(time.Now(), from, clock.Zone, n)
			if err != nil {
				return nil, err
			}
			b = append(b, '[')
			for i, s := range sessions {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendSession(b, s, f.Selection)
			}
			return append(b, ']'), nil
		},
	}
}

// sessionsOf gives the sessions of schedules, and keeps what it worked out until the minute ends: reading the schedules of
// twenty services and following their rules was a fifth of what a search took of the server.
type sessionsOf struct {
	known *lru.Cache[sessionsKey, []directory.Session]
}

// sessionsKey is all that the sessions depend on.
type sessionsKey struct {
	schedules string // as JSON
	zone      string
	minute    int64 // Unix time
	n         int
}

// knownSessions is how many services' sessions are kept, about 1 KB each.
const knownSessions = 5000

func newSessionsOf() sessionsOf {
	known, err := lru.New[sessionsKey, []directory.Session](knownSessions)
	if err != nil {
		panic(err) // a size below one
	}
	return sessionsOf{known}
}

func (o sessionsOf) at(now time.Time, schedules []byte, zone *time.Location, n int) ([]directory.Session, error) {
	now = now.Truncate(time.Minute)
	key := sessionsKey{string(schedules), zone.String(), now.Unix(), n}
	if sessions, known := o.known.Get(key); known {
		return sessions, nil
	}
	var all []recurrence
	if err := json.Unmarshal(schedules, &all); err != nil {
		return nil, fmt.Errorf("read a service's schedules: %w", err)
	}
	rows := make([]*ent.Schedule, len(all))
	for i := range all {
		rows[i] = all[i].schedule()
	}
	sessions := directory.Sessions(rows, now, zone, n)
	o.known.Add(key, sessions)
	return sessions, nil
}

// sessionsWanted is how many sessions the arguments ask for.
func sessionsWanted(arguments map[string]any) (int, error) {
	n := 3
	if first, _ := arguments["first"].(*int); first != nil {
		n = *first
	}
	if n < 1 || n > maxSessions {
		return 0, problem.New(problem.BadUserInput, "first must be from 1 to %d.", maxSessions)
	}
	return n, nil
}

func appendSession(b []byte, s directory.Session, fields compile.Selection) []byte {
	b = append(b, '{')
	first := true
	for key, name := range fields.Each {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), key...), `":`...)
		switch {
		case name == "__typename":
			b = append(b, `"Session"`...)
		case name == "startsAt":
			b = scalar.AppendDateTime(b, s.StartsAt)
		case s.EndsAt == nil:
			b = append(b, "null"...)
		default:
			b = scalar.AppendDateTime(b, *s.EndsAt)
		}
	}
	return append(b, '}')
}
