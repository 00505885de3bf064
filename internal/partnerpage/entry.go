package partnerpage

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/partner"
)

// fact is a field of a record as the entry shows it.
type fact struct {
	Label   string
	Lines   []string
	Waiting []string
}

type entryView struct {
	frame
	Done         string
	Organisation recordView
	Services     []recordView
	AnyWaits     bool
}

type recordView struct {
	ID         uuid.UUID
	Name       string
	Facts      []fact
	Checked    string
	Ended      bool
	MayConfirm bool
}

// dones are what a page says of what was done just before.
var dones = map[string]string{
	"confirmed": "Your entry is marked as checked today.",
	"sent":      "Your changes were sent. People see them when the hub has approved them.",
	"same":      "Nothing was different, so nothing was sent.",
	"places":    "The number of places is saved.",
	"waits":     "Nothing was marked: you have asked for changes that the hub has not decided yet.",
}

func (p *Pages) entry(v *visit) error {
	e, err := p.partners.Entry(v.r.Context())
	if err != nil {
		return err
	}
	v.Title = e.Organisation.Texts["name"] + ": your entry at " + v.Hub.HubName
	view := entryView{frame: v.frame, Done: dones[v.r.URL.Query().Get("done")], Organisation: recordView{Name: e.Organisation.Texts["name"], Facts: facts(&e.Organisation)}}
	view.AnyWaits = len(e.Organisation.Waiting) > 0
	for i := range e.Services {
		s := &e.Services[i]
		shown := recordView{ID: s.ID, Name: s.Texts["name"], Facts: p.serviceFacts(v, s), Ended: s.Texts[partner.Offered] == "no"}
		if s.AssuredDate != nil {
			shown.Checked = "Last checked on " + s.AssuredDate.Format("2 January 2006")
		}
		shown.MayConfirm = !shown.Ended && !s.Waits() && len(e.Services) > 1
		view.AnyWaits = view.AnyWaits || s.Waits()
		view.Services = append(view.Services, shown)
	}
	p.show(v.w, v.r, http.StatusOK, entryPage, view)
	return nil
}

func facts(r *partner.Record) []fact {
	var all []fact
	for _, f := range partner.FieldsOf(r.Kind) {
		asked, waits := r.Waiting[f.Name]
		if f.Name == partner.Offered && !waits {
			continue
		}
		one := fact{Label: f.Label, Lines: lines(f, r.Texts[f.Name])}
		if waits {
			if one.Waiting = lines(f, asked); len(one.Waiting) == 0 {
				one.Waiting = []string{"nothing here"}
			}
		}
		all = append(all, one)
	}
	return all
}

func (p *Pages) serviceFacts(v *visit, s *partner.EntryService) []fact {
	all := facts(&s.Record)
	times := fact{Label: "When"}
	for i := range s.Times {
		t := &s.Times[i]
		times.Lines = append(times.Lines, strings.Join(present(t.Summary, t.Texts["description"]), ". "))
		if asked, waits := t.Waiting["description"]; waits {
			times.Waiting = append(times.Waiting, strings.Join(present(t.Summary, asked), ": "))
		}
	}
	return append(all, times, fact{Label: "Where", Lines: s.Places}, fact{Label: "Places", Lines: []string{p.capacity(v, s)}})
}

// capacity says how many places there are, in words.
func (p *Pages) capacity(v *visit, s *partner.EntryService) string {
	c := s.Capacity
	if c == nil {
		return "Not known"
	}
	said := strconv.Itoa(c.Available) + " free"
	if c.Maximum != nil {
		said += " of " + strconv.Itoa(*c.Maximum)
	}
	if !c.Known(p.now()) {
		return "Not known: " + said + " was said on " + v.day(c.UpdatedAt) + ", more than four weeks ago"
	}
	return said + ", as said on " + v.day(c.UpdatedAt)
}

func lines(f partner.Field, text string) []string {
	switch {
	case f.Shape == partner.YesNo:
		text = map[string]string{"yes": "Yes", "no": "No"}[text]
	case f.Shape != partner.Text:
		return present(text)
	}
	return present(strings.Split(text, "\n")...)
}

// present are the texts that are not empty.
func present(all ...string) []string {
	var some []string
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			some = append(some, s)
		}
	}
	return some
}

func (p *Pages) confirm(v *visit) error {
	var one *uuid.UUID
	if named := v.r.PostForm.Get("service"); named != "" {
		id, err := uuid.Parse(named)
		if err != nil {
			return fmt.Errorf("a service that is none: %w", err)
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
