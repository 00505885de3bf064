package openreferral

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
)

// The bounds of looking ahead, so that no rule is followed for ever, the impossible ones (every 31 February) least.
const (
	// Horizon is how many days ahead a session is looked for.
	Horizon = 366
	// MaxSessions is the most sessions that NextSessions answers.
	MaxSessions = 100
	maxCount    = 1_000
)

// Session is one time at which a service runs.
type Session struct {
	Start    time.Time // in the zone that was asked for
	End      time.Time // zero where it is not known
	AllDay   bool      // the schedule gives the day only; Start is its beginning
	Schedule int       // the index of the schedule that it comes from
}

// NextSessions answers the next n sessions of the schedules that have not ended at from, in their order, each
// moment once. Times of day are those of the clock in loc (the hub's zone), so a session at ten stays at ten when the
// clocks change; one that falls into the hour that is skipped begins an hour later by the clock.
// It looks Horizon days ahead. A schedule that recurs but does not say since when counts its interval from ValidFrom,
// else from 1 January 2024, a Monday.
func NextSessions(schedules []Schedule, from time.Time, loc *time.Location, n int) []Session {
	n = min(n, MaxSessions)
	if n <= 0 {
		return nil
	}
	if loc == nil {
		loc = time.UTC
	}
	var sessions []Session
	for i, schedule := range schedules {
		found := 0
		for day := range schedule.days(civilDay(from.In(loc)) - 1) {
			session := schedule.on(day, loc)
			session.Schedule = i
			if !session.over(from) {
				sessions = append(sessions, session)
				if found++; found == n {
					break
				}
			}
		}
	}
	slices.SortStableFunc(sessions, func(a, b Session) int {
		return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
	})
	sessions = slices.CompactFunc(sessions, func(a, b Session) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) })
	return sessions[:min(n, len(sessions))]
}

// days answers the days on which a schedule runs, in order: those of its rule and those besides, without the exceptions.
func (s Schedule) days(first int) iter.Seq[int] {
	except, also := civilDays(s.Except), civilDays(s.Also)
	also = slices.DeleteFunc(also, func(day int) bool { return day < first || day > first+Horizon || slices.Contains(except, day) })
	return func(yield func(int) bool) {
		left := also
		for day := range occurrences(s, first) {
			for ; len(left) > 0 && left[0] <= day; left = left[1:] {
				if left[0] < day && !yield(left[0]) {
					return
				}
			}
			if _, out := slices.BinarySearch(except, day); !out && !yield(day) {
				return
			}
		}
		for _, day := range left {
			if !yield(day) {
				return
			}
		}
	}
}

// civilDays are the days of dates, in order, each once.
func civilDays(dates string) []int {
	var days []int
	for d := range strings.SplitSeq(dates, ",") {
		if at := Date(d).Time(time.UTC); !at.IsZero() {
			days = append(days, civilDay(at))
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// on answers the session of a day.
func (s Schedule) on(day int, loc *time.Location) Session {
	year, month, date := dayDate(day)
	hour, minute, ok := s.OpensAt.Clock()
	session := Session{Start: time.Date(year, month, date, hour, minute, 0, 0, loc), AllDay: !ok}
	if hour, minute, ok := s.ClosesAt.Clock(); ok && !session.AllDay {
		if s.ClosesAt <= s.OpensAt {
			date++ // over midnight
		}
		session.End = time.Date(year, month, date, hour, minute, 0, 0, loc)
	}
	return session
}

// over tells whether a session is past at a moment. One whose end is not known is past when it has begun, or with
// its day.
func (s Session) over(at time.Time) bool {
	switch {
	case s.AllDay:
		return !s.Start.AddDate(0, 0, 1).After(at)
	case s.End.IsZero():
		return s.Start.Before(at)
	}
	return !s.End.After(at)
}
