package findsupport

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/serviceatlocation"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/plainpage"
	"liferooms.io/liferooms/internal/problem"
)

const (
	// daysAhead is how far the next dates are looked for, and shownDates how many a page has.
	daysAhead  = 90
	shownDates = 6
)

type serviceView struct {
	*frame
	Service                              *ent.Service
	Partner                              string
	Closed                               bool
	About, Who, How, Costs, Rules, Areas []string
	Spoken                               []string
	Ages, Checked                        string
	Dates                                []dateView
	Calendar                             string
	Places                               []placeView
	Asks                                 []ask
	// Link is the page's own address in full, which the QR code says.
	Link string
	QR   *qrCode
}

type dateView struct{ Machine, Day, Clock string }

type placeView struct {
	Name   string
	Lines  []string
	About  string
	Access []string
	Map    *mapLink
}

type mapLink struct{ URL, Place string }

// ask is a way to ask: what it is, who answers where that is known, and a link.
type ask struct {
	What, Who, Text string
	URL             template.URL
}

// load reads a service that is public, with all that its page shows.
func (p *Pages) load(ctx context.Context, id uuid.UUID) (*ent.Service, error) {
	s, err := p.store.Client(ctx).Service.Query().Where(service.ID(id)).WithOrganisation().
		WithSchedules(func(q *ent.ScheduleQuery) { q.Order(schedule.ByID()) }).
		WithServiceAtLocations(func(q *ent.ServiceAtLocationQuery) { q.WithLocation().Order(serviceatlocation.ByID()) }).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return nil, problem.Missing("service")
	case err != nil:
		return nil, fmt.Errorf("read a service: %w", err)
	}
	return s, nil
}

func (p *Pages) service(ctx context.Context, w http.ResponseWriter, r *http.Request, f *frame, id uuid.UUID) error {
	s, err := p.load(ctx, id)
	if err != nil {
		return err
	}
	path := "/services/" + id.String()
	v := serviceView{
		frame: f, Service: s, Closed: s.Status != service.StatusActive,
		About: plainpage.Paragraphs(s.Description), Who: plainpage.Paragraphs(s.EligibilityDescription), How: plainpage.Paragraphs(s.ApplicationProcess),
		Costs: costs(s), Ages: ages(f.Locale, s), Calendar: f.At(path + "/sessions.ics"), Link: p.publicURL + f.At(path),
	}
	f.Title = f.T("title", "page", s.Name, "hub", f.Hub.Name)
	if o := s.Edges.Organisation; o != nil {
		v.Partner = o.Name
	}
	for _, row := range s.Edges.Schedules {
		if words := strings.Join(plainpage.Present(directory.ScheduleSummary(row), row.Description), ". "); words != "" {
			v.Rules = append(v.Rules, words)
		}
	}
	for _, o := range p.dates(f, s) {
		if len(v.Dates) < shownDates {
			v.Dates = append(v.Dates, dateView{o.Start.Format("2006-01-02T15:04"), f.Day(o.Start), f.Clock(o.Start, o.End, o.AllDay)})
		}
	}
	for _, at := range s.Edges.ServiceAtLocations {
		if at.Edges.Location != nil {
			v.Places = append(v.Places, placeOf(at))
		}
	}
	v.Asks = asks(f.Locale, s)
	for _, written := range s.Languages {
		v.Spoken = append(v.Spoken, directory.LanguageName(written, f.Tag))
	}
	for _, a := range s.ServiceAreas {
		v.Areas = append(v.Areas, strings.Join(plainpage.Present(a.Name, a.Description), ": "))
	}
	if s.AssuredDate != nil {
		v.Checked = f.T("service.checked", "date", f.Date(*s.AssuredDate))
	}
	if v.QR, err = newQRCode(v.Link); err != nil {
		return err
	}
	return f.show(w, r, servicePage, v)
}

// dates are the next times of a service that runs.
func (p *Pages) dates(f *frame, s *ent.Service) []directory.Occasion {
	if s.Status != service.StatusActive {
		return nil
	}
	return directory.Occasions(s.Edges.Schedules, p.now(), p.now().AddDate(0, 0, daysAhead), f.zone)
}

// costs are what a service costs, in words; none where it is free and says no more than that.
func costs(s *ent.Service) []string {
	if s.FeesDescription != "" {
		return plainpage.Paragraphs(s.FeesDescription)
	}
	var all []string
	for _, c := range s.CostOptions {
		all = append(all, directory.CostInWords(c))
	}
	return plainpage.Present(all...)
}

func ages(l *plainpage.Locale, s *ent.Service) string {
	switch least, most := s.MinimumAge, s.MaximumAge; {
	case least != nil && most != nil:
		return l.T("service.ages", "from", *least, "to", *most)
	case least != nil && *least > 0:
		return l.T("service.ages.from", "n", *least)
	case most != nil:
		return l.T("service.ages.to", "n", *most)
	}
	return ""
}

func placeOf(at *ent.ServiceAtLocation) placeView {
	l := at.Edges.Location
	v := placeView{Name: l.Name, Lines: plainpage.Present(text(l.Address), text(l.City), plainpage.Unbroken(text(l.Postcode))), Access: l.Accessibility,
		About: strings.Join(plainpage.Present(at.Description, l.Description), " ")}
	if l.Latitude != nil && l.Longitude != nil && l.Kind == location.KindPhysical {
		point := fmt.Sprintf("%.5f/%.5f", *l.Latitude, *l.Longitude)
		latitude, longitude, _ := strings.Cut(point, "/")
		v.Map = &mapLink{"https://www.openstreetmap.org/?mlat=" + latitude + "&mlon=" + longitude + "#map=17/" + point, v.heading()}
	}
	return v
}

// heading is what the place is called.
func (v placeView) heading() string {
	return append(plainpage.Present(v.Name), append(v.Lines, "")...)[0]
}

// asks are the ways to ask, each number and address once: the service's own before those of its partner.
func asks(l *plainpage.Locale, s *ent.Service) []ask {
	var all []ask
	seen := map[string]bool{}
	add := func(what, who, text string, address template.URL) {
		if text != "" && !seen[text] {
			seen[text] = true
			all = append(all, ask{l.T(what), who, text, address})
		}
	}
	phone := func(who, number string) { add("service.phone", who, number, telephone(number)) }
	email := func(who, address string) {
		add("service.email", who, address, template.URL("mailto:"+url.PathEscape(address))) // escaped: nothing of it is markup or a header
	}
	phone("", text(s.Phone))
	email("", text(s.Email))
	for _, c := range s.Contacts {
		who := strings.Join(plainpage.Present(c.Name, c.Title), ", ")
		for _, number := range c.Phones {
			phone(who, number)
		}
		email(who, c.Email)
	}
	website := text(s.URL)
	if o := s.Edges.Organisation; o != nil {
		if len(all) == 0 {
			phone(o.Name, text(o.Phone))
			email(o.Name, text(o.Email))
		}
		if website == "" {
			website = text(o.URL)
		}
	}
	if u, err := url.Parse(website); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		add("service.web", "", website, template.URL(u.String()))
	}
	return all
}

// telephone is a number as a phone dials it: digits, and the plus before them.
func telephone(number string) template.URL {
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, number)
	if strings.HasPrefix(strings.TrimSpace(number), "+") {
		digits = "+" + digits
	}
	return template.URL("tel:" + digits)
}
