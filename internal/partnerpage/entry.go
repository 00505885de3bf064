package partnerpage

import (
	"html/template"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/plainpage"
	"liferooms.io/liferooms/internal/problem"
)

// fact is a field of a record as the entry shows it.
type fact struct {
	Label   string
	Lines   []line
	Waiting []line
}

// line is the entry's own words, or the page's, which are in the reader's language.
type line struct {
	Text    string
	Content template.HTMLAttr
}

type entryView struct {
	*frame
	Done string
	// Nothing says that what was done changed nothing.
	Nothing      bool
	Organisation recordView
	Services     []recordView
	AnyWaits     bool
}

type recordView struct {
	*plainpage.Locale
	ID         uuid.UUID
	Path       string
	Name       string
	Facts      []fact
	Checked    string
	Ended      bool
	MayConfirm bool
}

// dones are what a page may be told to say of what was done just before; by each, whether it changed nothing.
var dones = map[string]bool{"confirmed": false, "sent": false, "taken": false, "places": false, "same": true, "waits": true}

func (p *Pages) entry(v *visit) error {
	e, err := p.partners.Entry(v.r.Context())
	if err != nil {
		return err
	}
	name := e.Organisation.Texts["name"]
	v.Title = v.T("entry.title", "name", name, "hub", v.Hub.HubName)
	view := entryView{frame: v.frame, Organisation: recordView{Locale: v.Locale, Name: name, Facts: facts(v.frame, &e.Organisation)}}
	done := v.r.URL.Query().Get("done")
	if nothing, known := dones[done]; known {
		view.Done, view.Nothing = v.T("done."+done), nothing
	}
	view.AnyWaits = len(e.Organisation.Waiting) > 0
	for i := range e.Services {
		s := &e.Services[i]
		shown := recordView{Locale: v.Locale, ID: s.ID, Path: servicePath(s.ID), Name: s.Texts["name"], Facts: p.serviceFacts(v.frame, s), Ended: s.Texts[partner.Offered] == "no"}
		if s.AssuredDate != nil {
			shown.Checked = v.T("entry.checked", "date", v.Date(*s.AssuredDate))
		}
		shown.MayConfirm = !shown.Ended && !s.Waits() && len(e.Services) > 1
		view.AnyWaits = view.AnyWaits || s.Waits()
		view.Services = append(view.Services, shown)
	}
	p.show(v.w, v.r, http.StatusOK, entryPage, view)
	return nil
}

func facts(f *frame, r *partner.Record) []fact {
	var all []fact
	for _, field := range partner.FieldsOf(r.Kind) {
		asked, waits := r.Waiting[field.Name]
		if field.Name == partner.Offered && !waits {
			continue
		}
		one := fact{Label: label(f.Locale, field), Lines: lines(f, field, r.Texts[field.Name])}
		if waits {
			if one.Waiting = lines(f, field, asked); len(one.Waiting) == 0 {
				one.Waiting = []line{{Text: f.T("entry.emptied")}}
			}
		}
		all = append(all, one)
	}
	return all
}

func (p *Pages) serviceFacts(f *frame, s *partner.EntryService) []fact {
	all := facts(f, &s.Record)
	times := fact{Label: f.T("entry.when")}
	for i := range s.Times {
		t := &s.Times[i]
		times.Lines = append(times.Lines, line{strings.Join(plainpage.Present(t.Summary, t.Texts["description"]), ". "), f.Content})
		if asked, waits := t.Waiting["description"]; waits {
			times.Waiting = append(times.Waiting, line{strings.Join(plainpage.Present(t.Summary, asked), ": "), f.Content})
		}
	}
	where := fact{Label: f.T("entry.where")}
	for _, place := range s.Places {
		where.Lines = append(where.Lines, line{place, f.Content})
	}
	return append(all, times, where, fact{Label: f.T("places"), Lines: []line{{Text: p.capacity(f, s)}}})
}

// capacity says how many places there are, in words.
func (p *Pages) capacity(f *frame, s *partner.EntryService) string {
	c := s.Capacity
	if c == nil {
		return f.T("places.unknown")
	}
	date, known := f.day(c.UpdatedAt), c.Known(p.now())
	switch {
	case known && c.Maximum != nil:
		return f.T("places.said.of", "n", c.Available, "all", *c.Maximum, "date", date)
	case known:
		return f.T("places.said", "n", c.Available, "date", date)
	case c.Maximum != nil:
		return f.T("places.old.of", "n", c.Available, "all", *c.Maximum, "date", date)
	}
	return f.T("places.old", "n", c.Available, "date", date)
}

func lines(f *frame, field partner.Field, text string) []line {
	switch {
	case field.Shape == partner.YesNo && text == "yes":
		return []line{{Text: f.T("yes")}}
	case field.Shape == partner.YesNo:
		return []line{{Text: f.T("no")}}
	}
	var all []line
	for _, one := range plainpage.Paragraphs(text) { // only a text has several
		all = append(all, line{one, f.Content})
	}
	return all
}

func (p *Pages) confirm(v *visit) error {
	var one *uuid.UUID
	if named := v.r.PostForm.Get("service"); named != "" {
		id, err := uuid.Parse(named)
		if err != nil {
			return problem.Missing("service")
		}
		one = &id
	}
	confirmed, err := p.partners.Confirm(v.r.Context(), p.today(v), one)
	if err != nil {
		return err
	}
	if confirmed == 0 {
		v.back("waits")
		return nil
	}
	v.back("confirmed")
	return nil
}
