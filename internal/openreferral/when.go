package openreferral

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Date is a day of the calendar as "2006-01-02", or empty.
type Date string

// Time answers the day's beginning in loc. An empty or malformed date is the zero time.
func (d Date) Time(loc *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, string(d), loc)
	if err != nil {
		return time.Time{}
	}
	return t
}

// TimeOfDay is a time on the clock as "15:04", or empty.
type TimeOfDay string

// Clock answers hours and minutes, and false where the time is empty or malformed.
func (t TimeOfDay) Clock() (hour, minute int, ok bool) {
	parsed, err := time.Parse("15:04", string(t))
	return parsed.Hour(), parsed.Minute(), err == nil
}

// The first and the last year of a date in a catalogue; others are slips of the pen.
const (
	firstYear = 1900
	lastYear  = 2150
)

// cleanDate answers a date, and what was changed or is wrong.
func cleanDate(s string) (Date, string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", ""
	}
	note := ""
	parsed, err := time.Parse(time.DateOnly, s)
	if err != nil {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
			if parsed, err = time.Parse(layout, s); err == nil {
				break
			}
		}
	}
	if err != nil {
		if parsed, err = time.Parse("2/1/2006", s); err == nil {
			note = "read as day/month/year"
		}
	}
	if err != nil {
		return "", "left out: a date is written 2026-01-31"
	}
	if parsed.Year() < firstYear || parsed.Year() > lastYear {
		return "", fmt.Sprintf("left out: the year lies outside %d to %d", firstYear, lastYear)
	}
	return Date(parsed.Format(time.DateOnly)), note
}

// cleanInstant answers a moment as RFC 3339 in UTC.
func cleanInstant(s string) (string, string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", ""
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if parsed, err := time.Parse(layout, s); err == nil {
			if parsed.Year() < firstYear || parsed.Year() > lastYear {
				return "", fmt.Sprintf("left out: the year lies outside %d to %d", firstYear, lastYear)
			}
			return parsed.UTC().Format(time.RFC3339Nano), ""
		}
	}
	return "", "left out: a moment is written 2026-01-31T10:30:00Z"
}

var clock = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$`)

// cleanTimeOfDay answers a time of day to the minute.
func cleanTimeOfDay(s string) (TimeOfDay, string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", ""
	}
	parts := clock.FindStringSubmatch(s)
	if parts == nil {
		return "", "left out: a time is written 09:30"
	}
	hour, _ := strconv.Atoi(parts[1])
	minute, _ := strconv.Atoi(parts[2])
	if hour == 24 && minute == 0 {
		return "23:59", "24:00 was taken as 23:59"
	}
	if hour > 23 || minute > 59 {
		return "", "left out: there is no such time of day"
	}
	note := ""
	if parts[5] != "" && parts[5] != "Z" {
		// A recurring time cannot have a fixed offset: it would move with the clocks.
		note = "the offset from UTC was ignored: times are those of the clock on the wall"
	}
	return TimeOfDay(fmt.Sprintf("%02d:%02d", hour, minute)), note
}

// Frequency is how often a schedule comes round.
type Frequency string

// The frequencies that are taken. Open Referral UK has the middle two.
const (
	Daily   Frequency = "DAILY"
	Weekly  Frequency = "WEEKLY"
	Monthly Frequency = "MONTHLY"
	Yearly  Frequency = "YEARLY"
)

// dayCodes are RFC 5545's, in the order of time.Weekday.
var dayCodes = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// byDay is one part of Schedule.ByDay: a day of the week, and which of them in the month (0: each).
type byDay struct {
	nth int
	day time.Weekday
}

func (d byDay) String() string {
	if d.nth == 0 {
		return dayCodes[d.day]
	}
	return strconv.Itoa(d.nth) + dayCodes[d.day]
}

var byDayPart = regexp.MustCompile(`^([+-]?[1-5])?([A-Z]{2})[A-Z]*$`)

// parseByDay reads "TH,FR", "2TU,-1FR" and, leniently, names of days. The parts that are none are counted in bad.
func parseByDay(s string) (days []byDay, bad int) {
	for part := range strings.SplitSeq(strings.ToUpper(s), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		found := byDayPart.FindStringSubmatch(part)
		if found == nil || !isDay(part, found) {
			bad++
			continue
		}
		nth, _ := strconv.Atoi(found[1])
		day := byDay{nth, time.Weekday(slices.Index(dayCodes, found[2]))}
		if !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days, bad
}

// isDay tells a day's code or its English name, whole or shortened, from other words: "MONDAY" from "MONTHLY".
func isDay(part string, found []string) bool {
	at := slices.Index(dayCodes, found[2])
	word := strings.TrimPrefix(part, found[1])
	return at >= 0 && strings.HasPrefix(strings.ToUpper(time.Weekday(at).String()), word)
}

// parseNumbers reads "1,15,-1", each part from 1 to most, or counted from the end. 0 and others are bad.
func parseNumbers(s string, most int) (numbers []int, bad int) {
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n == 0 || n > most || n < -most {
			bad++
			continue
		}
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers, bad
}

func joinNumbers(numbers []int) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ",")
}

func joinDays(days []byDay) string {
	parts := make([]string, len(days))
	for i, day := range days {
		parts[i] = day.String()
	}
	return strings.Join(parts, ",")
}
