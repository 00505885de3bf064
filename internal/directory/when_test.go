package directory

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
)

func on(year int, month time.Month, day int) *time.Time {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return &t
}

func text(s string) *string { return &s }

func freq(f schedule.Freq) *schedule.Freq { return &f }

func TestSchedulesInWords(t *testing.T) {
	daily, weekly, monthly, yearly := freq(schedule.FreqDaily), freq(schedule.FreqWeekly), freq(schedule.FreqMonthly), freq(schedule.FreqYearly)
	ten, noon := text("10:00"), text("12:00")
	for want, s := range map[string]ent.Schedule{
		"Every Thursday, 10:00 to 12:00":                  {Freq: weekly, Interval: 1, ByDay: []string{"TH"}, OpensAt: ten, ClosesAt: noon},
		"First Monday of the month, 14:00":                {Freq: monthly, Interval: 1, ByDay: []string{"1MO"}, OpensAt: text("14:00")},
		"Every Monday, Wednesday and Sunday":              {Freq: weekly, Interval: 1, ByDay: []string{"SU", "WE", "MO"}},
		"Every weekday, 10:00":                            {Freq: weekly, Interval: 1, ByDay: []string{"MO", "TU", "WE", "TH", "FR"}, OpensAt: ten},
		"Every day, 10:00 to 12:00":                       {Freq: daily, Interval: 1, OpensAt: ten, ClosesAt: noon},
		"Every other day":                                 {Freq: daily, Interval: 2},
		"Every day":                                       {Freq: weekly, Interval: 1, ByDay: []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"}},
		"Every other Tuesday":                             {Freq: weekly, Interval: 2, ByDay: []string{"TU"}},
		"Tuesday and Friday of every other week":          {Freq: weekly, Interval: 2, ByDay: []string{"FR", "TU"}},
		"Monday of every 3 weeks, from 4 January 2027":    {Freq: weekly, Interval: 3, ByDay: []string{"MO"}, Dtstart: on(2027, 1, 4)},
		"Every Monday":                                    {Freq: weekly, Interval: 1, Dtstart: on(2027, 1, 4)},
		"Every week":                                      {Freq: weekly, Interval: 1},
		"First Tuesday and third Tuesday of the month":    {Freq: monthly, Interval: 1, ByDay: []string{"1TU", "3TU"}},
		"Last Friday of the month":                        {Freq: monthly, Interval: 1, ByDay: []string{"-1FR"}},
		"Second last Friday of every other month":         {Freq: monthly, Interval: 2, ByDay: []string{"-2FR"}},
		"1st and 15th of the month":                       {Freq: monthly, Interval: 1, ByMonthDay: []int{1, 15}},
		"Last day of the month":                           {Freq: monthly, Interval: 1, ByMonthDay: []int{-1}},
		"22nd of every 3 months":                          {Freq: monthly, Interval: 3, ByMonthDay: []int{22}},
		"12th of the month":                               {Freq: monthly, Interval: 1, Dtstart: on(2026, 5, 12)},
		"Every month":                                     {Freq: monthly, Interval: 1},
		"On 5 November every year":                        {Freq: yearly, Interval: 1, Dtstart: on(2026, 11, 5)},
		"Saturday 9 May 2026, 10:00 to 12:00":             {Dtstart: on(2026, 5, 9), OpensAt: ten, ClosesAt: noon},
		"10:00 to 12:00":                                  {OpensAt: ten, ClosesAt: noon},
		"":                                                {},
		"Every Thursday, until 30 June 2026":              {Freq: weekly, Interval: 1, ByDay: []string{"TH"}, Until: on(2026, 6, 30), ValidTo: on(2026, 12, 31)},
		"Every Thursday, from 1 May 2026 to 30 June 2026": {Freq: weekly, Interval: 1, ByDay: []string{"TH"}, ValidFrom: on(2026, 5, 1), ValidTo: on(2026, 6, 30)},
		"Every Thursday, 10:00, from 1 May 2026":          {Freq: weekly, Interval: 1, ByDay: []string{"TH"}, ValidFrom: on(2026, 5, 1), OpensAt: ten},
	} {
		if got := ScheduleSummary(&s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSessionsAreThoseAhead(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 26, 11, 0, 0, 0, london) // a Thursday, before the clocks go forward
	schedules := []*ent.Schedule{
		{Freq: freq(schedule.FreqWeekly), Interval: 1, ByDay: []string{"TH"}, OpensAt: text("10:00"), ClosesAt: text("12:00")},
		{Freq: freq(schedule.FreqMonthly), Interval: 1, ByDay: []string{"1MO"}, OpensAt: text("14:00")},
		{Freq: freq(schedule.FreqWeekly), Interval: 1, ByDay: []string{"FR"}, OpensAt: text("09:00"), RetiredAt: on(2026, 1, 1)},
		{Dtstart: on(2026, 12, 1), OpensAt: text("09:00")}, // beyond 90 days
	}
	var got []string
	for _, s := range Sessions(schedules, now, london, 4) {
		line := s.StartsAt.Format("Mon 2 Jan 15:04 MST")
		if s.EndsAt != nil {
			line += s.EndsAt.Format("-15:04")
		}
		got = append(got, line)
	}
	want := []string{"Thu 26 Mar 10:00 GMT-12:00", "Thu 2 Apr 10:00 BST-12:00", "Mon 6 Apr 14:00 BST", "Thu 9 Apr 10:00 BST-12:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := len(Sessions(schedules, now, london, 500)); n > 20 {
		t.Errorf("%d sessions, at most 20 are given", n)
	}
	if n := len(Sessions(schedules[3:], now, london, 5)); n != 0 {
		t.Errorf("%d sessions of a day beyond the horizon", n)
	}
}
