package findsupport

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/directory"
)

const (
	// weeksAhead is how many weeks can be looked through.
	weeksAhead = 12
	// maxServices bounds what is looked through for a week, and maxItems what a day shows.
	maxServices = 5_000
	maxItems    = 100
)

type whatsOnView struct {
	*frame
	From, To       string
	Earlier, Later string
	Week           []dayView
}

type dayView struct {
	ID, Name, Weekday string

	Items []itemView
	More  bool
}

type itemView struct {
	Machine, Clock, URL, Name, Place string
	Free                             bool

	start time.Time
}

func (p *Pages) whatsOn(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame) error {
	f.Here, f.Title = "whatson", f.T("title", "page", f.T("whatson.link"), "hub", f.Hub.Name)
	now := p.now().In(f.zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, f.zone)
	first := today
	if asked, err := time.ParseInLocation(time.DateOnly, r.URL.Query().Get("from"), f.zone); err == nil {
		// Only weeks that begin on the same day of the week as this one, so that each is one page to keep.
		for week := range weeksAhead {
			if begins := today.AddDate(0, 0, 7*week); !begins.After(asked) {
				first = begins
			}
		}
	}
	last := first.AddDate(0, 0, 7)
	services, err := p.running(ctx, first, last)
	if err != nil {
		return err
	}
	v := whatsOnView{frame: f, From: f.Day(first), To: f.Day(last.AddDate(0, 0, -1))}
	from := first
	if first.Equal(today) {
		from = now // what is over is over
	}
	days := make([][]itemView, 7)
	for _, s := range services {
		for _, o := range directory.Occasions(s.Edges.Schedules, from, last, f.zone) {
			if day := daysBetween(first, o.Start); day >= 0 && day < 7 { // what began the night before is not of this week
				days[day] = append(days[day], itemView{
					Machine: o.Start.Format("2006-01-02T15:04"), Clock: f.Clock(o.Start, o.End, o.AllDay), URL: f.At("/services/" + s.ID.String()),
					Name: s.Name, Place: placeName(s, o.Schedule), Free: s.Free, start: o.Start,
				})
			}
		}
	}
	for day, items := range days {
		slices.SortFunc(items, func(a, b itemView) int { return cmp.Or(a.start.Compare(b.start), cmp.Compare(a.Name, b.Name)) })
		date := first.AddDate(0, 0, day)
		v.Week = append(v.Week, dayView{
			ID: dayCode(date.Weekday()), Name: f.Day(date), Weekday: f.Weekday(date.Weekday()),
			Items: items[:min(len(items), maxItems)], More: len(items) > maxItems,
		})
	}
	week := func(begins time.Time) string {
		if begins.Equal(today) {
			return f.At("/whats-on")
		}
		return f.With("/whats-on", url.Values{"from": {begins.Format(time.DateOnly)}})
	}
	if first.After(today) {
		v.Earlier = week(first.AddDate(0, 0, -7))
	}
	if later := first.AddDate(0, 0, 7); daysBetween(today, later) < 7*weeksAhead {
		v.Later = week(later)
	}
	return f.show(w, r, whatsOnPage, v)
}

// daysBetween counts the days from one day of the calendar to that of a moment, in the zone of both.
func daysBetween(day, moment time.Time) int {
	utc := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(utc(moment).Sub(utc(day)).Hours() / 24)
}

// running reads the services that run, with the times that may fall between two days.
func (p *Pages) running(ctx context.Context, first, last time.Time) ([]*ent.Service, error) {
	within := func(q *ent.ScheduleQuery) {
		q.Where(
			schedule.Or(schedule.FreqNotNil(), schedule.DtstartNotNil()),
			schedule.Or(schedule.DtstartIsNil(), schedule.DtstartLT(last)), schedule.Or(schedule.ValidFromIsNil(), schedule.ValidFromLT(last)),
			schedule.Or(schedule.UntilIsNil(), schedule.UntilGTE(first.AddDate(0, 0, -1))), schedule.Or(schedule.ValidToIsNil(), schedule.ValidToGTE(first.AddDate(0, 0, -1))),
		).Order(schedule.ByID())
	}
	all, err := p.store.Client(ctx).Service.Query().Where(service.StatusEQ(service.StatusActive)).Order(service.ByID()).Limit(maxServices).
		WithSchedules(within).
		WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) { q.WithLocation() }).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what is on: %w", err)
	}
	return all, nil
}
