package openreferral

import (
	"fmt"
	"strings"
)

func (t taker) schedule() (Schedule, bool) {
	s := Schedule{
		ID:            t.id("id"),
		PlaceID:       t.id("service_at_location_id"),
		ValidFrom:     t.date("valid_from"),
		ValidTo:       t.date("valid_to"),
		Start:         t.date("dtstart"),
		Until:         t.date("until"),
		Count:         t.whole("count", 1, maxCount),
		Frequency:     choice(t, "freq", Daily, Weekly, Monthly, Yearly),
		Interval:      t.whole("interval", 1, 100),
		ByMonthDay:    t.numbers("bymonthday", 31),
		ByWeekNumber:  t.numbers("byweekno", 53),
		ByYearDay:     t.numbers("byyearday", 366),
		OpensAt:       t.time("opens_at"),
		ClosesAt:      t.time("closes_at"),
		Description:   t.text("description", MaxText),
		Link:          t.url("schedule_link"),
		AttendingType: t.line("attending_type", MaxLine),
		Notes:         t.text("notes", MaxText),
		Except:        t.dates("exdate"),
		Also:          t.dates("rdate"),
	}
	days, bad := parseByDay(t.raw("byday"))
	if bad > 0 {
		t.note("byday", "what is not a day was left out: days are written MO,TU or 2TU")
	}
	if s.Frequency == "" && len(days) > 0 {
		s.Frequency = Weekly
		t.note("freq", "taken as WEEKLY: days of the week are given")
	}
	if s.Frequency == Weekly || s.Frequency == Daily {
		for i, day := range days {
			if day.nth != 0 {
				days[i].nth = 0
				t.note("byday", "the number before a day was removed: it counts within a month")
			}
		}
	}
	s.ByDay = joinDays(days)
	s.WeekStart = joinDays(t.weekStart())
	if s.ValidFrom != "" && s.ValidTo != "" && s.ValidFrom > s.ValidTo {
		t.note("valid_from", "both ends left out: the first is after the last")
		s.ValidFrom, s.ValidTo = "", ""
	}
	if s.Start != "" && s.Until != "" && s.Start > s.Until {
		t.note("until", "left out: it is before the start")
		s.Until = ""
	}
	if s.OpensAt == "" && s.ClosesAt != "" {
		t.note("closes_at", "left out: there is no time of opening")
		s.ClosesAt = ""
	}
	empty := s
	empty.ID, empty.PlaceID = "", ""
	return s, empty != Schedule{}
}

// dates takes a list of days.
func (t taker) dates(key string) string {
	var all []string
	for part := range strings.SplitSeq(t.raw(key), ",") {
		if day, _ := cleanDate(part); day != "" && len(all) < maxList {
			all = append(all, string(day))
		} else if part != "" {
			t.note(key, "what is not a day was left out: days are written 2026-12-25,2027-01-01")
		}
	}
	return strings.Join(all, ",")
}

func (t taker) weekStart() []byDay {
	days, bad := parseByDay(t.raw("wkst"))
	if bad > 0 || len(days) > 1 || len(days) == 1 && days[0].nth != 0 {
		t.note("wkst", "left out: a day is written MO")
		return nil
	}
	return days
}

func (t taker) numbers(key string, most int) string {
	numbers, bad := parseNumbers(t.raw(key), most)
	if bad > 0 {
		t.note(key, fmt.Sprintf("what is no number from 1 to %d, or from -%d to -1, was left out", most, most))
	}
	return joinNumbers(numbers)
}
