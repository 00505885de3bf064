package openreferral

import (
	"iter"
	"slices"
	"time"
)

// occurrences answers the days on which a schedule runs, from first on and for Horizon days, as days since
// 1 January 1970. It asks of each day in turn whether the rule has it, so its cost has a bound whatever the rule:
// a generator of dates (rrule-go, against which the tests hold this) goes on to the year 9999 where a rule has none.
func occurrences(s Schedule, first int) iter.Seq[int] {
	return func(yield func(int) bool) {
		r := newRule(s)
		last := min(first+Horizon, r.last)
		begin := max(first, r.first)
		if r.count > 0 {
			begin = r.anchor // the count runs from the start
		}
		for day, seen := begin, 0; day <= last; day++ {
			if !r.has(day) {
				continue
			}
			if seen++; r.count > 0 && seen > r.count {
				return
			}
			if day >= first && day >= r.first && !yield(day) {
				return
			}
		}
	}
}

// rule is a schedule's recurrence, taken apart once.
type rule struct {
	frequency   Frequency
	anchor      int // the day from which intervals and the count run
	interval    int
	first, last int // the bounds within which it holds
	count       int
	weekStart   time.Weekday
	days        []byDay
	monthDays   []int
	weeks       []int
	yearDays    []int
	never       bool
}

const (
	noEarlier = -1 << 31
	noLater   = 1 << 31
)

func newRule(s Schedule) rule {
	r := rule{frequency: s.Frequency, interval: max(s.Interval, 1), first: noEarlier, last: noLater, weekStart: time.Monday}
	r.days, _ = parseByDay(s.ByDay)
	r.monthDays, _ = parseNumbers(s.ByMonthDay, 31)
	r.weeks, _ = parseNumbers(s.ByWeekNumber, 53)
	r.yearDays, _ = parseNumbers(s.ByYearDay, 366)
	if start, _ := parseByDay(s.WeekStart); len(start) == 1 {
		r.weekStart = start[0].day
	}
	r.anchor = civilDay(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	for _, bound := range []Date{s.ValidFrom, s.Start} {
		if at := bound.Time(time.UTC); !at.IsZero() {
			r.anchor = civilDay(at)
			r.first = max(r.first, r.anchor)
		}
	}
	for _, bound := range []Date{s.ValidTo, s.Until} {
		if at := bound.Time(time.UTC); !at.IsZero() {
			r.last = min(r.last, civilDay(at))
		}
	}
	if s.Start != "" {
		r.count = min(s.Count, maxCount)
	}
	if s.Frequency == "" {
		r.never = s.Start == ""
		r.last = min(r.last, r.anchor)
		return r
	}
	if len(r.days)+len(r.monthDays)+len(r.weeks)+len(r.yearDays) == 0 {
		r.fromStart(s.Start)
	}
	return r
}

// fromStart gives a rule without days those of its start (RFC 5545, section 3.3.10).
func (r *rule) fromStart(start Date) {
	at := start.Time(time.UTC)
	if r.frequency == Daily {
		return
	}
	r.never = at.IsZero() // a week, but on which day?
	switch r.frequency {
	case Weekly:
		r.days = []byDay{{day: at.Weekday()}}
	case Monthly, Yearly:
		r.monthDays = []int{at.Day()}
	}
}

func (r rule) has(day int) bool {
	if r.never {
		return false
	}
	year, month, date := dayDate(day)
	startYear, startMonth, _ := dayDate(r.anchor)
	var since int
	switch r.frequency {
	case "":
		return day == r.anchor
	case Daily:
		since = day - r.anchor
	case Weekly:
		since = (r.weekOf(day) - r.weekOf(r.anchor)) / 7
	case Monthly:
		since = (year-startYear)*12 + int(month) - int(startMonth)
	case Yearly:
		since = year - startYear
		if len(r.days)+len(r.weeks)+len(r.yearDays) == 0 && len(r.monthDays) == 1 && month != startMonth {
			return false
		}
	}
	return since%r.interval == 0 && r.hasWeekday(day) && r.hasMonthDay(year, month, date) && r.hasYearDay(day, year) && r.hasWeek(day)
}

// weekOf answers the first day of a day's week.
func (r rule) weekOf(day int) int { return day - (int(weekday(day))-int(r.weekStart)+7)%7 }

func (r rule) hasWeekday(day int) bool {
	if len(r.days) == 0 {
		return true
	}
	year, month, date := dayDate(day)
	number, length := date, daysIn(year, month)
	if r.frequency == Yearly {
		number, length = yearDay(day, year), yearLength(year)
	}
	return slices.ContainsFunc(r.days, func(d byDay) bool {
		return d.day == weekday(day) && (d.nth == 0 || d.nth == (number-1)/7+1 || d.nth == -((length-number)/7+1))
	})
}

func (r rule) hasMonthDay(year int, month time.Month, date int) bool {
	return counted(r.monthDays, date, daysIn(year, month))
}

func (r rule) hasYearDay(day, year int) bool {
	return len(r.yearDays) == 0 || counted(r.yearDays, yearDay(day, year), yearLength(year))
}

func (r rule) hasWeek(day int) bool {
	if len(r.weeks) == 0 {
		return true
	}
	year, week := time.Unix(int64(day)*86400, 0).UTC().ISOWeek()
	_, weeks := time.Date(year, 12, 28, 0, 0, 0, 0, time.UTC).ISOWeek() // always in the last week
	return counted(r.weeks, week, weeks)
}

// counted tells whether a number is in the list, counted from the front or from the end.
func counted(list []int, number, length int) bool {
	return len(list) == 0 || slices.Contains(list, number) || slices.Contains(list, number-length-1)
}

// civilDay counts the days from 1 January 1970 to the day that t has in its own zone.
func civilDay(t time.Time) int {
	year, month, date := t.Date()
	return int(time.Date(year, month, date, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dayDate(day int) (int, time.Month, int) { return time.Unix(int64(day)*86400, 0).UTC().Date() }

// weekday: 1 January 1970 was a Thursday.
func weekday(day int) time.Weekday { return time.Weekday(((day+4)%7 + 7) % 7) }

func yearDay(day, year int) int {
	return day - civilDay(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) + 1
}

func yearLength(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
