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
	"liferooms.io/liferooms/internal/plainpage"
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
	Words, Need, Postcode, Day, Within, Time, Age, Language string
	Free, StepFree, Places                                  bool
}

// More reports whether something is chosen of what the page folds away.
func (f form) More() bool {
	return f.Time != "" || f.Age != "" || f.Language != "" || f.StepFree || f.Places
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
		Words: cut("q", 200), Need: cut("need", 60), Postcode: cut("postcode", 12), Day: cut("day", 3), Within: cut("within", 3), Time: cut("time", 10),
		Age: cut("age", 3), Language: cut("language", 60),
		Free: query.Get("free") != "", StepFree: query.Get("stepfree") != "", Places: query.Get("places") != "",
	}
}

func (f form) values() url.Values {
	all := url.Values{}
	for name, value := range map[string]string{"q": f.Words, "need": f.Need, "postcode": f.Postcode, "day": f.Day, "within": f.Within,
		"time": f.Time, "age": f.Age, "language": f.Language} {
		if value != "" {
			all.Set(name, value)
		}
	}
	for name, chosen := range map[string]bool{"free": f.Free, "stepfree": f.StepFree, "places": f.Places} {
		if chosen {
			all.Set(name, "1")
		}
	}
	return all
}

// week is the days in the order of the form; their codes are those of addresses.
var week = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func dayCode(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

var distances = []int{1, 3, 5, 10} // miles

// times are the parts of a day, with the hours that each has.
var times = []struct{ value, from, to string }{{"morning", "05:00", "12:00"}, {"afternoon", "12:00", "17:00"}, {"evening", "17:00", "23:59"}}

type choice struct {
	Value, Name string
	Chosen      bool
}

type searchView struct {
	*frame
	Form                           form
	Needs                          []*ent.Need
	Days, Distances, Times, Spoken []choice
	// KnowsPlaces: it is known of some services whether they have places.
	KnowsPlaces bool
	// PostcodeProblem is what is wrong with the postcode, and Measured from where distances are.
	PostcodeProblem, Measured string
	// AgeProblem is what is wrong with the age, and Corrected what was looked for instead of the words.
	AgeProblem, Corrected        string
	Narrowed                     bool
	Total, PageNumber, PageCount int
	Results                      []result
	Previous, NextPage           string
}

type result struct {
	URL, Name, Partner, About, Next string
	// Reasons say why it was found.
	Reasons      []reason
	Free, Closed bool
}

func (p *Pages) search(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame) error {
	query := r.URL.Query()
	v := searchView{frame: f, Form: readForm(query)}
	f.Here, f.Title = "search", f.T("title", "page", f.T("site"), "hub", f.Hub.Name)
	v.Narrowed = len(v.Form.values()) > 0
	if v.Narrowed {
		f.Robots = "noindex"
	}
	wanted := directory.PublicQuery{Text: v.Form.Words, Need: v.Form.Need, Free: v.Form.Free, Places: v.Form.Places, Running: true,
		Today: dayIn(p.now(), f.zone), Explained: true}
	choices, err := p.directory.PublicChoices(ctx)
	if err != nil {
		return err
	}
	v.KnowsPlaces = choices.Places
	v.choose(&wanted, choices.Languages)
	if err := p.locate(ctx, &v, &wanted); err != nil {
		return err
	}
	for _, m := range []plainpage.Mistake{{ID: "postcode", Text: v.PostcodeProblem}, {ID: "age", Text: v.AgeProblem}} {
		if m.Text != "" {
			f.Problems = append(f.Problems, m)
		}
	}
	v.PageNumber = 1
	if n, err := strconv.Atoi(query.Get("page")); err == nil {
		v.PageNumber = min(max(n, 1), maxPage)
	}
	found, err := p.directory.PublicServices(ctx, wanted, (v.PageNumber-1)*pageSize, pageSize)
	if err != nil {
		return err
	}
	if found.Corrected != nil {
		v.Corrected = v.T("search.corrected", "words", *found.Corrected)
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
			v.Results = append(v.Results, p.result(f, rows[i], found.Facts[n], wanted.Day))
		}
	}
	v.link()
	return f.show(w, r, searchPage, v)
}

// dayIn is the day of a moment on the calendar of a zone.
func dayIn(t time.Time, zone *time.Location) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// choose fills the form's choices, and takes over what was chosen.
func (v *searchView) choose(wanted *directory.PublicQuery, languages []string) {
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
	names := map[string]string{"morning": v.T("search.time.morning"), "afternoon": v.T("search.time.afternoon"), "evening": v.T("search.time.evening")}
	for _, t := range times {
		chosen := t.value == v.Form.Time
		if chosen {
			wanted.From, wanted.To = t.from, t.to
		}
		v.Times = append(v.Times, choice{t.value, names[t.value], chosen})
	}
	if v.Form.Language != "" {
		wanted.Languages = []string{v.Form.Language}
	}
	v.chooseLanguage(languages)
	if v.Form.StepFree {
		wanted.Accessibility = []directory.AccessibilityKind{directory.StepFree}
	}
	if v.Form.Age != "" {
		age, err := strconv.Atoi(v.Form.Age)
		if err != nil || age < 0 || age > 130 {
			v.AgeProblem = v.T("search.age.wrong")
			return
		}
		wanted.Age = &age
	}
}

// chooseLanguage lists the catalogue's languages and the one that was asked for, by their names in the reader's language.
func (v *searchView) chooseLanguage(written []string) {
	if v.Form.Language != "" {
		written = append(written, v.Form.Language)
	}
	for _, w := range written {
		name := directory.LanguageName(w, v.Tag)
		at := slices.IndexFunc(v.Spoken, func(c choice) bool { return c.Name == name })
		if at < 0 {
			v.Spoken = append(v.Spoken, choice{w, name, false})
			at = len(v.Spoken) - 1
		}
		if w == v.Form.Language {
			v.Spoken[at].Value, v.Spoken[at].Chosen = w, true
		}
	}
	slices.SortFunc(v.Spoken, func(a, b choice) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
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
		switch {
		case metres > 0 && own.Latitude != 0:
			wanted.Near = &directory.Near{Latitude: own.Latitude, Longitude: own.Longitude, Metres: metres}
			v.Measured = v.T("search.from", "postcode", v.Hub.Name)
		case metres > 0: // nobody knows where the hub is
			v.PostcodeProblem = v.T("search.postcode.needed")
		}
		return nil
	}
	point, err := p.directory.Locate(ctx, v.Form.Postcode, own)
	switch {
	case problem.Is(err, problem.BadUserInput):
		v.PostcodeProblem = v.T("search.postcode.wrong")
		return nil
	case err != nil:
		return err
	case point == nil:
		v.PostcodeProblem = v.T("search.postcode.unknown", "postcode", plainpage.Unbroken(strings.ToUpper(v.Form.Postcode)))
		return nil
	}
	wanted.Near = &directory.Near{Latitude: point.Latitude, Longitude: point.Longitude, Metres: metres}
	key := "search.from.part"
	if strings.Contains(point.Postcode, " ") {
		key = "search.from"
	}
	v.Measured = v.T(key, "postcode", plainpage.Unbroken(point.Postcode))
	return nil
}

// result is a line of the list; its next time is on the day that was asked for, where one was.
func (p *Pages) result(f *frame, s *ent.Service, facts directory.Facts, day *time.Weekday) result {
	one := result{
		URL: f.At("/services/" + s.ID.String()), Name: s.Name, About: shorten(s.Description, aboutLength), Free: s.Free, Closed: s.Status != service.StatusActive,
		Reasons: reasons(f.Locale, facts),
	}
	if s.Edges.Organisation != nil {
		one.Partner = s.Edges.Organisation.Name
	}
	for _, o := range directory.Occasions(s.Edges.Schedules, p.now(), p.now().AddDate(0, 0, daysAhead), f.zone) {
		if day == nil || o.Start.Weekday() == *day {
			one.Next = f.T("next", "when", f.Day(o.Start)+", "+f.Clock(o.Start, o.End, o.AllDay))
			break
		}
	}
	return one
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
		return v.With("", values) + "#results" // the form above is known by then
	}
	if v.PageNumber > 1 && v.PageCount > 0 {
		v.Previous = at(min(v.PageNumber-1, v.PageCount))
	}
	if v.PageNumber < v.PageCount {
		v.NextPage = at(v.PageNumber + 1)
	}
}
