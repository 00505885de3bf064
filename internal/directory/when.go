package directory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/openreferral"
)

// dayCodes are the days of the week as schedules name them (RFC 5545), by time.Weekday.
var dayCodes = [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// The bounds of Sessions.
const (
	sessionsAhead = 90 // days
	maxSessions   = 20
)

// Session is one time at which a service is on.
type Session struct {
	StartsAt time.Time
	// EndsAt is nil where the end is not known.
	EndsAt *time.Time
}

// Sessions gives the next n times that the schedules are on, from the minute of now and for 90 days, at most 20. Their
// hours are those of the clock in the hub's zone.
func Sessions(schedules []*ent.Schedule, now time.Time, zone *time.Location, n int) []Session {
	now = now.Truncate(time.Minute)
	rules := make([]openreferral.Schedule, 0, len(schedules))
	for _, s := range schedules {
		if s.RetiredAt == nil {
			rules = append(rules, ruleOf(s))
		}
	}
	end := now.AddDate(0, 0, sessionsAhead)
	var sessions []Session
	for _, next := range openreferral.NextSessions(rules, now, zone, min(n, maxSessions)) {
		if next.Start.After(end) {
			break
		}
		session := Session{StartsAt: next.Start}
		if !next.End.IsZero() {
			session.EndsAt = &next.End
		}
		sessions = append(sessions, session)
	}
	return sessions
}

// ruleOf is a schedule as the standard writes it.
func ruleOf(s *ent.Schedule) openreferral.Schedule {
	rule := openreferral.Schedule{
		ValidFrom: dateOf(s.ValidFrom), ValidTo: dateOf(s.ValidTo), Start: dateOf(s.Dtstart), Until: dateOf(s.Until),
		Interval: s.Interval, ByDay: strings.Join(s.ByDay, ","), Except: strings.Join(s.ExcludedDates, ","), Also: strings.Join(s.ExtraDates, ","),
	}
	if s.Freq != nil {
		rule.Frequency = openreferral.Frequency(*s.Freq)
	}
	days := make([]string, len(s.ByMonthDay))
	for i, day := range s.ByMonthDay {
		days[i] = strconv.Itoa(day)
	}
	rule.ByMonthDay = strings.Join(days, ",")
	if s.OpensAt != nil {
		rule.OpensAt = openreferral.TimeOfDay(*s.OpensAt)
	}
	if s.ClosesAt != nil {
		rule.ClosesAt = openreferral.TimeOfDay(*s.ClosesAt)
	}
	return rule
}

func dateOf(t *time.Time) openreferral.Date {
	if t == nil {
		return ""
	}
	return openreferral.Date(t.Format(time.DateOnly))
}

// ScheduleSummary says in words when a schedule is on: "Every Thursday, 10:00 to 12:00", "First Monday of the month, 14:00".
// It is empty where the schedule gives neither days nor hours.
func ScheduleSummary(s *ent.Schedule) string {
	var parts []string
	if days := daysInWords(s); days != "" {
		parts = append(parts, days)
	}
	if hours := hoursInWords(s); hours != "" {
		parts = append(parts, hours)
	}
	if s.Freq != nil { // otherwise it is one day, which is said already
		if bounds := boundsInWords(s); bounds != "" {
			parts = append(parts, bounds)
		}
	}
	if len(s.ExcludedDates) > 0 {
		parts = append(parts, "not on "+daysListed(s.ExcludedDates))
	}
	if len(s.ExtraDates) > 0 {
		parts = append(parts, "also on "+daysListed(s.ExtraDates))
	}
	return capital(strings.Join(parts, ", "))
}

// mostListed is how many single days are said; the next times show the others.
const mostListed = 6

func daysListed(all []string) string {
	var words []string
	for _, d := range all[:min(len(all), mostListed)] {
		if t, err := time.Parse(time.DateOnly, d); err == nil {
			words = append(words, day(t))
		}
	}
	if more := len(all) - mostListed; more > 0 {
		words = append(words, fmt.Sprintf("%d more days", more))
	}
	return inList(words)
}

func daysInWords(s *ent.Schedule) string {
	if s.Freq == nil {
		if s.Dtstart == nil {
			return ""
		}
		return s.Dtstart.Format("Monday 2 January 2006")
	}
	days := parseDays(s.ByDay)
	every := max(s.Interval, 1)
	switch string(*s.Freq) {
	case "DAILY":
		if len(days) > 0 {
			return weekly(days, every)
		}
		return each(every, "day")
	case "WEEKLY":
		if len(days) == 0 && s.Dtstart != nil {
			days = []dayOfRule{{weekday: s.Dtstart.Weekday()}}
		}
		if len(days) == 0 {
			return each(every, "week")
		}
		return weekly(days, every)
	case "MONTHLY":
		of := " of the month"
		if every > 1 {
			of = " of " + each(every, "month")
		}
		return ofPeriod(days, monthDays(s), of, each(every, "month"))
	default: // yearly
		if len(days) == 0 && len(s.ByMonthDay) == 0 && s.Dtstart != nil {
			return "on " + s.Dtstart.Format("2 January") + " " + each(every, "year")
		}
		return ofPeriod(days, s.ByMonthDay, " of "+each(every, "year"), each(every, "year"))
	}
}

func monthDays(s *ent.Schedule) []int {
	if len(s.ByMonthDay) == 0 && len(s.ByDay) == 0 && s.Dtstart != nil {
		return []int{s.Dtstart.Day()}
	}
	return s.ByMonthDay
}

// each says "every day", "every other week", "every 3 months".
func each(n int, unit string) string {
	switch n {
	case 1:
		return "every " + unit
	case 2:
		return "every other " + unit
	}
	return fmt.Sprintf("every %d %ss", n, unit)
}

type dayOfRule struct {
	weekday time.Weekday
	nth     int // in the month or year; from the end where negative; 0: each
}

func parseDays(codes []string) []dayOfRule {
	var days []dayOfRule
	for _, code := range codes {
		if len(code) < 2 {
			continue
		}
		weekday := slices.Index(dayCodes[:], code[len(code)-2:])
		if weekday < 0 {
			continue
		}
		nth, _ := strconv.Atoi(code[:len(code)-2]) // none: 0
		days = append(days, dayOfRule{time.Weekday(weekday), nth})
	}
	// The week begins on Monday.
	slices.SortStableFunc(days, func(a, b dayOfRule) int { return (int(a.weekday)+6)%7 - (int(b.weekday)+6)%7 })
	return days
}

func weekly(days []dayOfRule, every int) string {
	names := make([]string, len(days))
	monday2friday := len(days) == 5
	for i, day := range days {
		names[i] = day.weekday.String()
		monday2friday = monday2friday && day.weekday == time.Weekday(i+1)
	}
	switch {
	case len(days) == 7:
		names = []string{"day"}
	case monday2friday:
		names = []string{"weekday"}
	}
	if every == 1 {
		return "every " + inList(names)
	}
	if len(names) == 1 && len(days) == 1 && every == 2 {
		return "every other " + names[0]
	}
	if len(days) > 1 && len(names) == 1 {
		return "every " + names[0] + " of " + each(every, "week")
	}
	return inList(names) + " of " + each(every, "week")
}

func ofPeriod(days []dayOfRule, numbers []int, of, every string) string {
	var names []string
	for _, day := range days {
		switch {
		case day.nth == 0:
			names = append(names, "every "+day.weekday.String())
		default:
			names = append(names, place(day.nth)+" "+day.weekday.String())
		}
	}
	if len(days) == 0 {
		for _, n := range numbers {
			if n < 0 {
				names = append(names, place(n)+" day")
			} else {
				names = append(names, ordinal(n))
			}
		}
	}
	if len(names) == 0 {
		return every
	}
	return inList(names) + of
}

var places = [...]string{1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}

// place says "first", "last", "second last", "12th".
func place(n int) string {
	switch {
	case n == -1:
		return "last"
	case n < 0:
		return place(-n) + " last"
	case n < len(places):
		return places[n]
	}
	return ordinal(n)
}

func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

func inList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func hoursInWords(s *ent.Schedule) string {
	switch {
	case s.OpensAt == nil:
		return ""
	case s.ClosesAt == nil:
		return *s.OpensAt
	}
	return *s.OpensAt + " to " + *s.ClosesAt
}

func boundsInWords(s *ent.Schedule) string {
	from, to := s.ValidFrom, earlier(s.ValidTo, s.Until)
	if s.ValidFrom == nil && (s.Interval > 1 || to != nil) {
		from = s.Dtstart
	}
	switch {
	case from != nil && to != nil:
		return "from " + day(*from) + " to " + day(*to)
	case from != nil:
		return "from " + day(*from)
	case to != nil:
		return "until " + day(*to)
	}
	return ""
}

func day(t time.Time) string { return t.Format("2 January 2006") }

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
