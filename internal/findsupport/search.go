package findsupport

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
)

const (
	pageSize     = 20
	maxPage      = 10_000
	metresToMile = 1609.344
	aboutLength  = 180 // characters of a description in a list
)

// form is what the search was asked, as it was typed.
type form struct {
	Words, Need, Postcode, Day, Within string
	Free                               bool
}

func readForm(query url.Values) form {
	cut := func(name string, most int) string {
		value := strings.TrimSpace(strings.ToValidUTF8(query.Get(name), ""))
		if runes := []rune(value); len(runes) > most {
			value = string(runes[:most])
		}
		return value
	}
	return form{
		Words: cut("q", 200), Need: cut("need", 60), Postcode: cut("postcode", 12), Day: cut("day", 3), Within: cut("within", 3), Free: query.Get("free") != "",
	}
}

func (f form) values() url.Values {
	all := url.Values{}
	for name, value := range map[string]string{"q": f.Words, "need": f.Need, "postcode": f.Postcode, "day": f.Day, "within": f.Within} {
		if value != "" {
			all.Set(name, value)
		}
	}
	if f.Free {
		all.Set("free", "1")
	}
	return all
}

// week is the days in the order of the form; their codes are those of addresses.
var week = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func dayCode(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

var distances = []int{1, 3, 5, 10} // miles

type choice struct {
	Value, Name string
	Chosen      bool
}

type searchView struct {
	*frame
	Form            form
	Needs           []*ent.Need
	Days, Distances []choice
	// Problem is what is wrong with the postcode, and Measured from where distances are.
	Problem, Measured            string
	Narrowed                     bool
	Total, PageNumber, PageCount int
	Results                      []result
	Previous, NextPage           string
}

type result struct {
	URL, Name, Partner, Away, About, Next string
	Free, Closed                          bool
}

func (p *Pages) search(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame) error {
	query := r.URL.Query()
	v := searchView{frame: f, Form: readForm(query)}
	f.Page, f.Title = "search", f.T("title", "page", f.T("site"), "hub", f.Hub.Name)
	v.Narrowed = len(v.Form.values()) > 0
	if v.Narrowed {
		f.Robots = "noindex"
	}
	wanted := directory.PublicQuery{Text: v.Form.Words, Need: v.Form.Need, Free: v.Form.Free, Running: true}
	v.choose(&wanted)
	if err := p.locate(ctx, &v, &wanted); err != nil {
		return err
	}
	v.PageNumber = 1
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		v.PageNumber = min(max(n, 1), maxPage)
	}
	found, err := p.directory.PublicServices(ctx, wanted, (v.PageNumber-1)*pageSize, pageSize)
	if err != nil {
		return err
	}
	v.Total, v.PageCount = found.Total, (found.Total+pageSize-1)/pageSize
	if v.Narrowed { // what is read first says what came of the search
		f.Title = f.T("search.count", "n", v.Total) + " – " + f.Title
	}
	client := p.store.Client(ctx)
	if v.Needs, err = client.Need.Query().Order(need.ByPosition(), need.ByName()).All(ctx); err != nil {
		return fmt.Errorf("read needs: %w", err)
	}
	rows, err := client.Service.Query().Where(service.IDIn(found.IDs...)).WithOrganisation().WithSchedules().All(ctx)
	if err != nil {
		return fmt.Errorf("read services: %w", err)
	}
	for n, id := range found.IDs {
		if i := slices.IndexFunc(rows, func(s *ent.Service) bool { return s.ID == id }); i >= 0 {
			v.Results = append(v.Results, p.result(f, rows[i], found.Metres[n], wanted.Day))
		}
	}
	v.link()
	return f.show(w, r, searchPage, v)
}

// choose fills the form's choices, and takes over what was chosen.
func (v *searchView) choose(wanted *directory.PublicQuery) {
	for _, d := range week {
		chosen := dayCode(d) == v.Form.Day
		if chosen {
			wanted.Day = &d
		}
		v.Days = append(v.Days, choice{dayCode(d), v.Weekday(d), chosen})
	}
	for _, miles := range distances {
		value := strconv.Itoa(miles)
		v.Distances = append(v.Distances, choice{value, v.T("miles", "n", miles), value == v.Form.Within})
	}
}

// locate finds from where to measure: the postcode, or without one the hub where a distance was chosen.
func (p *Pages) locate(ctx context.Context, v *searchView, wanted *directory.PublicQuery) error {
	metres := 0
	for _, d := range v.Distances {
		if miles, err := strconv.Atoi(d.Value); err == nil && d.Chosen {
			metres = int(math.Ceil(float64(miles) * metresToMile))
		}
	}
	own := directory.Point{}
	if h := v.Hub; h.Latitude != nil && h.Longitude != nil {
		own = directory.Point{Latitude: *h.Latitude, Longitude: *h.Longitude, Postcode: text(h.Postcode)}
	}
	if v.Form.Postcode == "" {
		if metres > 0 && own.Latitude != 0 {
			wanted.Near = &directory.Near{Latitude: own.Latitude, Longitude: own.Longitude, Metres: metres}
			v.Measured = v.T("search.from", "postcode", v.Hub.Name)
		}
		return nil
	}
	point, err := p.directory.Locate(ctx, v.Form.Postcode, own)
	switch {
	case problem.Is(err, problem.BadUserInput):
		v.Problem = v.T("search.postcode.wrong")
		return nil
	case err != nil:
		return err
	case point == nil:
		v.Problem = v.T("search.postcode.unknown", "postcode", strings.ToUpper(v.Form.Postcode))
		return nil
	}
	wanted.Near = &directory.Near{Latitude: point.Latitude, Longitude: point.Longitude, Metres: metres}
	key := "search.from.part"
	if strings.Contains(point.Postcode, " ") {
		key = "search.from"
	}
	v.Measured = v.T(key, "postcode", point.Postcode)
	return nil
}

// result is a line of the list; its next time is on the day that was asked for, where one was.
func (p *Pages) result(f *frame, s *ent.Service, metres *float64, day *time.Weekday) result {
	one := result{
		URL: f.At("/services/" + s.ID.String()), Name: s.Name, About: shorten(s.Description, aboutLength), Free: s.Free, Closed: s.Status != service.StatusActive,
	}
	if s.Edges.Organisation != nil {
		one.Partner = s.Edges.Organisation.Name
	}
	if metres != nil {
		one.Away = f.T("away", "n", miles(*metres))
	}
	for _, o := range directory.Occasions(s.Edges.Schedules, p.now(), p.now().AddDate(0, 0, daysAhead), f.zone) {
		if day == nil || o.Start.Weekday() == *day {
			one.Next = f.T("next", "when", f.Day(o.Start)+", "+f.Clock(o.Start, o.End, o.AllDay))
			break
		}
	}
	return one
}

// miles are rounded as people say them: to a tenth and not to nothing, above ten to a whole one.
func miles(metres float64) float64 {
	m := metres / metresToMile
	if m >= 10 {
		return math.Round(m)
	}
	return max(0.1, math.Round(m*10)/10)
}

func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	cut := string(runes[:most])
	if at := strings.LastIndex(cut, " "); at > 0 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " ,.;:–-") + "…"
}

// link makes the addresses of the pages beside this one.
func (v *searchView) link() {
	at := func(page int) string {
		values := v.Form.values()
		if page > 1 {
			values.Set("page", strconv.Itoa(page))
		}
		return v.with("", values)
	}
	if v.PageNumber > 1 && v.PageCount > 0 {
		v.Previous = at(min(v.PageNumber-1, v.PageCount))
	}
	if v.PageNumber < v.PageCount {
		v.NextPage = at(v.PageNumber + 1)
	}
}
