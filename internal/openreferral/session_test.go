package openreferral

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/teambition/rrule-go"
)

func london(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestNextSessions(t *testing.T) {
	loc := london(t)
	tests := map[string]struct {
		from      string
		schedules []Schedule
		want      []string
	}{
		"weekly stays at ten as the clocks go forward": {"2026-03-24T13:00", []Schedule{{Frequency: Weekly, ByDay: "TU,SU", OpensAt: "10:00", ClosesAt: "12:30"}},
			[]string{"2026-03-29T10:00+01:00/12:30", "2026-03-31T10:00+01:00/12:30", "2026-04-05T10:00+01:00/12:30"}},
		"weekly stays at ten as the clocks go back": {"2026-10-20T00:00", []Schedule{{Frequency: Weekly, ByDay: "TU", OpensAt: "10:00", ClosesAt: "11:00"}},
			[]string{"2026-10-20T10:00+01:00/11:00", "2026-10-27T10:00Z/11:00", "2026-11-03T10:00Z/11:00"}},
		"one that is on now": {"2026-01-06T10:30", []Schedule{{Frequency: Weekly, ByDay: "TU", OpensAt: "10:00", ClosesAt: "11:00"}},
			[]string{"2026-01-06T10:00Z/11:00", "2026-01-13T10:00Z/11:00", "2026-01-20T10:00Z/11:00"}},
		"one that has just ended": {"2026-01-06T11:00", []Schedule{{Frequency: Weekly, ByDay: "TU", OpensAt: "10:00", ClosesAt: "11:00"}},
			[]string{"2026-01-13T10:00Z/11:00", "2026-01-20T10:00Z/11:00", "2026-01-27T10:00Z/11:00"}},
		"over midnight, begun yesterday": {"2026-01-07T02:00", []Schedule{{Frequency: Weekly, ByDay: "TU", OpensAt: "20:00", ClosesAt: "08:00"}},
			[]string{"2026-01-06T20:00Z/08:00", "2026-01-13T20:00Z/08:00", "2026-01-20T20:00Z/08:00"}},
		"the day only": {"2026-01-06T15:00", []Schedule{{Frequency: Weekly, ByDay: "TU"}},
			[]string{"2026-01-06T00:00Z/all day", "2026-01-13T00:00Z/all day", "2026-01-20T00:00Z/all day"}},
		"second Tuesday of the month": {"2026-01-01T00:00", []Schedule{{Frequency: Monthly, ByDay: "2TU", OpensAt: "14:00"}},
			[]string{"2026-01-13T14:00Z/", "2026-02-10T14:00Z/", "2026-03-10T14:00Z/"}},
		"last day of the month": {"2026-01-01T00:00", []Schedule{{Frequency: Monthly, ByMonthDay: "-1", OpensAt: "14:00"}},
			[]string{"2026-01-31T14:00Z/", "2026-02-28T14:00Z/", "2026-03-31T14:00+01:00/"}},
		"every other week from its start": {"2026-01-08T00:00", []Schedule{{Start: "2020-01-07", Frequency: Weekly, Interval: 2, OpensAt: "09:00"}},
			[]string{"2026-01-13T09:00Z/", "2026-01-27T09:00Z/", "2026-02-10T09:00Z/"}},
		"so many times": {"2026-01-09T00:00", []Schedule{{Start: "2026-01-06", Frequency: Weekly, Count: 3, OpensAt: "09:00"}},
			[]string{"2026-01-13T09:00Z/", "2026-01-20T09:00Z/"}},
		"until": {"2026-01-09T00:00", []Schedule{{Frequency: Daily, Until: "2026-01-10", OpensAt: "09:00"}},
			[]string{"2026-01-09T09:00Z/", "2026-01-10T09:00Z/"}},
		"valid for a while":  {"2026-01-09T00:00", []Schedule{{Frequency: Daily, ValidFrom: "2026-02-01", ValidTo: "2026-02-02", OpensAt: "09:00"}}, []string{"2026-02-01T09:00Z/", "2026-02-02T09:00Z/"}},
		"once":               {"2026-01-09T00:00", []Schedule{{Start: "2026-02-01", OpensAt: "09:00"}}, []string{"2026-02-01T09:00Z/"}},
		"once, and past":     {"2026-03-09T00:00", []Schedule{{Start: "2026-02-01", OpensAt: "09:00"}}, nil},
		"beyond the horizon": {"2026-03-09T00:00", []Schedule{{Start: "2040-02-01", Frequency: Weekly}}, nil},
		"never":              {"2026-01-01T00:00", []Schedule{{Frequency: Monthly, ByMonthDay: "1", ByDay: "2MO"}}, nil},
		"weekly, but when":   {"2026-01-01T00:00", []Schedule{{Frequency: Weekly}}, nil},
		"words only":         {"2026-01-01T00:00", []Schedule{{Description: "Ask at the desk"}}, nil},
		"several, in order and once each": {"2026-01-05T00:00", []Schedule{
			{Frequency: Weekly, ByDay: "WE", OpensAt: "09:00"}, {Frequency: Weekly, ByDay: "MO", OpensAt: "09:00"}, {Frequency: Weekly, ByDay: "MO,TU", OpensAt: "09:00"}},
			[]string{"2026-01-05T09:00Z/", "2026-01-06T09:00Z/", "2026-01-07T09:00Z/"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			from, err := time.ParseInLocation("2006-01-02T15:04", test.from, loc)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range NextSessions(test.schedules, from, loc, 3) {
				end := ""
				if s.AllDay {
					end = "all day"
				} else if !s.End.IsZero() {
					end = s.End.Format("15:04")
				}
				got = append(got, s.Start.Format("2006-01-02T15:04Z07:00")+"/"+end)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSessionInTheHourThatIsSkipped(t *testing.T) {
	loc := london(t)
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, loc)
	got := NextSessions([]Schedule{{Frequency: Weekly, ByDay: "SU", OpensAt: "01:30", ClosesAt: "03:00"}}, from, loc, 1)
	if len(got) != 1 || got[0].Start.Format("15:04 MST") != "02:30 BST" || !got[0].End.After(got[0].Start) {
		t.Errorf("got %+v", got)
	}
}

func TestNextSessionsIsBounded(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := NextSessions([]Schedule{{Frequency: Daily, OpensAt: "09:00"}}, from, nil, 1_000_000); len(got) != MaxSessions {
		t.Errorf("%d sessions, want %d", len(got), MaxSessions)
	}
	if got := NextSessions([]Schedule{{Frequency: Daily}}, from, nil, 0); got != nil {
		t.Errorf("asked for none, got %v", got)
	}
}

// TestRulesAgainstGenerator holds the rules against rrule-go, an independent implementation of RFC 5545.
func TestRulesAgainstGenerator(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 5545))
	frequencies := map[Frequency]rrule.Frequency{Daily: rrule.DAILY, Weekly: rrule.WEEKLY, Monthly: rrule.MONTHLY, Yearly: rrule.YEARLY}
	codes := []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}
	from := civilDay(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
	compared := 0
	for range 3000 {
		start := time.Date(2010+random.IntN(17), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
		frequency := []Frequency{Daily, Weekly, Monthly, Yearly}[random.IntN(4)]
		schedule := Schedule{Start: Date(start.Format(time.DateOnly)), Frequency: frequency, Interval: 1 + random.IntN(4)}
		option := rrule.ROption{Freq: frequencies[frequency], Dtstart: start, Interval: schedule.Interval}
		var days []byDay
		// The generator takes "SA,-4SU" for days that are both; RFC 5545 for days that are either. So not both here.
		counted := random.IntN(2) == 0
		for range random.IntN(3) {
			day := byDay{day: time.Weekday(random.IntN(7))}
			if counted && (frequency == Monthly || frequency == Yearly) {
				day.nth = []int{1, 2, 3, 4, 5, -1, -2, -3, -4, -5}[random.IntN(10)]
			}
			days = append(days, day)
			code := codes[day.day]
			option.Byweekday = append(option.Byweekday, code.Nth(day.nth))
		}
		schedule.ByDay = joinDays(days)
		if random.IntN(3) == 0 {
			option.Bymonthday = []int{1 + random.IntN(31), -1 - random.IntN(5)}
			schedule.ByMonthDay = joinNumbers(option.Bymonthday)
		}
		if frequency == Yearly && random.IntN(4) == 0 {
			option.Byyearday = []int{1 + random.IntN(366), -1 - random.IntN(10)}
			schedule.ByYearDay = joinNumbers(option.Byyearday)
		}
		if frequency == Weekly && random.IntN(2) == 0 {
			first := random.IntN(7)
			option.Wkst, schedule.WeekStart = codes[first], dayCodes[first]
		}
		if random.IntN(3) == 0 {
			option.Count = 1 + random.IntN(300)
			schedule.Count = option.Count
		}
		option.Until = time.Unix(int64(from+Horizon)*86400, 0).UTC()
		generator, err := rrule.NewRRule(option)
		if err != nil {
			t.Fatal(err)
		}
		var want []int
		for _, at := range generator.All() {
			if day := civilDay(at); day >= from {
				want = append(want, day)
			}
		}
		got := slices.Collect(occurrences(schedule, from))
		compared += len(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %d days %v, want %d %v", fmt.Sprintf("%+v", schedule), len(got), got[:min(len(got), 8)], len(want), want[:min(len(want), 8)])
		}
	}
	if compared < 50_000 {
		t.Errorf("only %d days were compared", compared)
	}
}

// TestExceptions: days on which a rule does not hold, and days besides, as hubs tell them to one another.
func TestExceptions(t *testing.T) {
	document := `[{"id": "s1", "name": "Choir", "status": "active", "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "18:00", "until": "2027-01-11",
		"exdate": "2026-12-28,2026-12-21,never", "rdate": "2026-12-23,2026-12-14,2027-02-01"}]}]`
	for row, err := range NewReader(strings.NewReader(document), JSON).Rows() {
		if err != nil || row.Service == nil {
			t.Fatalf("%v, %v", row, err)
		}
		if len(row.Notes) == 0 || row.Notes[0].Field != "schedules[0].exdate" {
			t.Errorf("notes: %v", row.Notes)
		}
		var days []string
		for _, s := range NextSessions(row.Service.Schedules, time.Date(2026, 12, 14, 9, 0, 0, 0, time.UTC), time.UTC, 9) {
			days = append(days, s.Start.Format(time.DateOnly))
		}
		// A day besides is not a second time on a day of the rule, and is not bound by the rule's end.
		want := []string{"2026-12-14", "2026-12-23", "2027-01-04", "2027-01-11", "2027-02-01"}
		if !slices.Equal(days, want) {
			t.Errorf("%v, want %v", days, want)
		}
	}
}
