package directory

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// TestOnlyWhatIsOnInTheWeekIsFound: who looks for a Thursday is sent to nothing that is on another one.
func TestOnlyWhatIsOnInTheWeekIsFound(t *testing.T) {
	s := newShelf(t)
	thursday := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC) // the first of its month
	rule := func(freq schedule.Freq, more func(*ent.ScheduleCreate)) func(*ent.ScheduleCreate) {
		return func(c *ent.ScheduleCreate) { more(c.SetFreq(freq).SetOpensAt("10:00").SetClosesAt("12:00")) }
	}
	s.put(t,
		offer{name: "each", when: at("TH", "10:00", "12:00")},
		offer{name: "first", when: rule(schedule.FreqMonthly, func(c *ent.ScheduleCreate) { c.SetByDay([]string{"1TH"}) })},
		offer{name: "last", when: rule(schedule.FreqMonthly, func(c *ent.ScheduleCreate) { c.SetByDay([]string{"-1TH"}) })},
		offer{name: "the 3rd", when: rule(schedule.FreqMonthly, func(c *ent.ScheduleCreate) { c.SetByMonthDay([]int{3}) })},
		offer{name: "every other", when: rule(schedule.FreqWeekly, func(c *ent.ScheduleCreate) {
			c.SetByDay([]string{"TH"}).SetInterval(2).SetDtstart(thursday.AddDate(0, 0, -7))
		})},
		offer{name: "but one", when: rule(schedule.FreqWeekly, func(c *ent.ScheduleCreate) {
			c.SetByDay([]string{"TH"}).SetExcludedDates([]string{"2026-12-03"})
		})},
		offer{name: "Mondays and one", when: rule(schedule.FreqWeekly, func(c *ent.ScheduleCreate) {
			c.SetByDay([]string{"MO"}).SetExtraDates([]string{"2026-12-03"})
		})},
		offer{name: "once", when: func(c *ent.ScheduleCreate) { c.SetDtstart(thursday).SetOpensAt("10:00") }},
		offer{name: "from Friday", when: rule(schedule.FreqWeekly, func(c *ent.ScheduleCreate) { c.SetByDay([]string{"TH"}).SetDtstart(thursday.AddDate(0, 0, 1)) })},
	)
	day, stranger := time.Thursday, viewer.NewContext(context.Background(), viewer.ForPublic(s.Trust, s.Walton))
	for today, want := range map[string][]string{
		"2026-11-25": {"but one", "each", "every other", "last"},
		"2026-11-27": {"each", "first", "Mondays and one", "once", "the 3rd"},
		"2026-12-03": {"each", "first", "Mondays and one", "once", "the 3rd"},
		"2026-12-04": {"but one", "each", "every other", "from Friday"},
	} {
		on := must(time.Parse(time.DateOnly, today))(t)
		for _, q := range []Query{{Day: &day, Today: on}, {Day: &day, From: "10:00", To: "11:00", Today: on}} {
			if diff := cmp.Diff(want, s.found(t, q, 25)); diff != "" {
				t.Errorf("on %s, from %q: %s", today, q.From, diff)
			}
		}
		found := must(s.PublicServices(stranger, PublicQuery{Day: &day, Running: true, Explained: true, Today: on}, 0, 25))(t)
		if found.Total != len(want) {
			t.Errorf("on %s strangers find %d, want %d", today, found.Total, len(want))
		}
		for _, f := range found.Facts {
			if reasons := f.Reasons(); !strings.HasPrefix(reasons[0], "open Thursday") {
				t.Errorf("on %s a stranger is told %q", today, reasons)
			}
		}
	}
	page := must(s.Search(s.ctx, Query{From: "10:00", Today: thursday.AddDate(0, 0, 1), Explained: true}, nil, nil, nil))(t)
	got := map[string]string{}
	for _, h := range page.Nodes() {
		got[h.Service.Name] = h.Reasons[0]
	}
	if diff := cmp.Diff(map[string]string{
		"but one": "open Thursday 10:00 to 12:00", "each": "open Thursday 10:00 to 12:00", "every other": "open Thursday 10:00 to 12:00",
		"from Friday": "open Thursday 10:00 to 12:00", "Mondays and one": "open Monday 10:00 to 12:00",
	}, got); diff != "" {
		t.Errorf("on any day from ten: %s", diff)
	}
}

// TestPostgresKnowsTheDaysOfSchedules holds schedule_holds against what Go says of the same schedules.
func TestPostgresKnowsTheDaysOfSchedules(t *testing.T) {
	s := newShelf(t)
	const days = 400 // over a leap day and two ends of a year
	from := time.Date(2027, 12, 20, 0, 0, 0, 0, time.UTC)
	r := rand.New(rand.NewPCG(1, 2))
	var schedules []*ent.Schedule
	var rows []string
	for range 600 {
		one := randomSchedule(r, from)
		text := must(json.Marshal(one))(t)
		schedules, rows = append(schedules, one), append(rows, string(text))
	}
	held := must(store.Collect(s.ctx, s.Store, pgx.RowTo[[]time.Time], `
		select array(select day::date from generate_series($2::date, $2::date + $3::int, interval '1 day') day where schedule_holds(
			x.freq, x.interval, x.by_day, x.by_month_day, x.dtstart, x.until, x.valid_from, x.valid_to, x.excluded_dates, x.extra_dates, day::date) order by 1)
		from unnest($1::text[]) with ordinality given (row, n) cross join lateral jsonb_populate_record(null::schedules, given.row::jsonb) x order by n`, rows, from, days))(t)
	on := 0
	for i, one := range schedules {
		var want []time.Time
		// A hundred sessions are the most that Go tells at once.
		for at := from; at.Before(from.AddDate(0, 0, days+1)); at = at.AddDate(0, 0, 50) {
			for _, session := range openreferral.NextSessions([]openreferral.Schedule{ruleOf(one)}, at, time.UTC, 100) {
				if session.Start.Before(at.AddDate(0, 0, 50)) && !session.Start.After(from.AddDate(0, 0, days)) {
					want = append(want, session.Start)
				}
			}
		}
		on += len(want)
		if diff := cmp.Diff(want, held[i], cmp.Transformer("days", func(all []time.Time) (days []string) {
			for _, d := range all {
				days = append(days, d.Format(time.DateOnly))
			}
			return days
		})); diff != "" {
			t.Errorf("%s (%s)\n-Go +Postgres: %s", ScheduleSummary(one), rows[i], diff)
		}
	}
	if on < 5000 {
		t.Errorf("the schedules are on %d days in all: too few to tell", on)
	}
}

func randomSchedule(r *rand.Rand, about time.Time) *ent.Schedule {
	one := &ent.Schedule{Interval: 1}
	some := func(chance float64, do func()) {
		if r.Float64() < chance {
			do()
		}
	}
	near := func() *time.Time { d := about.AddDate(0, 0, r.IntN(500)-250); return &d }
	dates := func() (all []string) {
		for range 1 + r.IntN(20) {
			all = append(all, near().Format(time.DateOnly))
		}
		return all
	}
	some(0.95, func() {
		f := []schedule.Freq{schedule.FreqDaily, schedule.FreqWeekly, schedule.FreqMonthly, schedule.FreqYearly}[r.IntN(4)]
		one.Freq = &f
		some(0.4, func() { one.Interval = 1 + r.IntN(4) })
		some(0.6, func() {
			for range 1 + r.IntN(3) {
				code := dayCodes[r.IntN(7)]
				if f == schedule.FreqMonthly || f == schedule.FreqYearly {
					code = []string{"", "1", "2", "3", "4", "5", "-1", "-2"}[r.IntN(8)] + code
				}
				one.ByDay = append(one.ByDay, code)
			}
		})
		some(0.4, func() {
			all := []int{1, 13, 15, 28, 29, 30, 31, -1, -2, -31} // each once, as an import and an editor write them
			for _, i := range r.Perm(len(all))[:1+r.IntN(3)] {
				one.ByMonthDay = append(one.ByMonthDay, all[i])
			}
		})
	})
	some(0.6, func() { one.Dtstart = near() })
	some(0.2, func() { one.ValidFrom = near() })
	some(0.2, func() { one.Until = near() })
	some(0.2, func() { one.ValidTo = near() })
	some(0.3, func() { one.ExcludedDates = dates() })
	some(0.2, func() { one.ExtraDates = dates() })
	return one
}
