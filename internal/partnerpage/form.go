package partnerpage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/plainpage"
	"liferooms.io/liferooms/internal/problem"
)

type formView struct {
	*frame
	Action string
	Waits  bool
	Inputs []input
	Places *placesView
	// End is to say that the service is no longer offered, or that it is where that was said too early; nil: the hub has taken
	// it off.
	End *endView
}

type placesView struct {
	Known, Action string
	Inputs        []input
}

type endView struct{ Heading, Text, Button, Action, Offered string }

// input is a field of a form.
type input struct {
	*plainpage.Locale
	ID, Name, Label, Hint string
	Type, Mode            string
	Rows                  int
	Choice                bool
	Value                 string
	// Content is the language of the value.
	Content template.HTMLAttr
	// Was is what the form had, in short: what comes back as it was is no change, whatever the hub has changed meanwhile.
	Was     string
	Problem string
}

// label is what a field is called.
func label(l *plainpage.Locale, f partner.Field) string { return l.T("label." + textKey(f)) }

func textKey(f partner.Field) string {
	return string(f.Of) + "." + strings.ReplaceAll(f.Name, "_", ".")
}

func servicePath(id uuid.UUID) string { return "/services/" + id.String() }

// Described are the ids of what describes the input.
func (i input) Described() string {
	var ids []string
	if i.Hint != "" {
		ids = append(ids, i.ID+"-hint")
	}
	if i.Problem != "" {
		ids = append(ids, i.ID+"-problem")
	}
	return strings.Join(ids, " ")
}

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// inputs are the fields of a record: as they are, or as they were sent.
func inputs(page *frame, r *partner.Record, sent url.Values, wrong map[string]string) []input {
	var all []input
	for _, f := range partner.FieldsOf(r.Kind) {
		if f.Name == partner.Offered {
			continue
		}
		name := partner.InputName(r.Kind, r.ID, f.Name)
		i := input{Locale: page.Locale, ID: strings.ReplaceAll(name, ".", "-"), Name: name, Label: label(page.Locale, f), Type: "text",
			Value: r.Shown(f.Name), Content: page.Content, Problem: wrong[name]}
		if hint := "hint." + textKey(f); page.Has(hint) {
			i.Hint = page.T(hint)
		}
		i.Was = short(i.Value)
		if r.Kind == partner.Schedule && r.Summary != "" {
			i.Label = page.T("form.time", "when", r.Summary)
		}
		if sent != nil {
			i.Value, i.Was = sent.Get(name), sent.Get("was."+name)
		}
		switch f.Shape {
		case partner.Text:
			i.Rows = min(12, max(3, len(i.Value)/40+strings.Count(i.Value, "\n")+1))
		case partner.YesNo:
			i.Choice = true
		case partner.Age:
			i.Mode = "numeric"
		case partner.Email:
			i.Type = "email"
		case partner.Phone:
			i.Type = "tel"
		case partner.Web:
			i.Type = "url"
		}
		all = append(all, i)
	}
	return all
}

// correction is what was sent of a record.
func correction(r *partner.Record, service uuid.UUID, sent url.Values) partner.Correction {
	c := partner.Correction{Kind: r.Kind, ID: r.ID, Service: service, Written: map[string]string{}}
	for _, f := range partner.FieldsOf(r.Kind) {
		name := partner.InputName(r.Kind, r.ID, f.Name)
		if f.Name != partner.Offered && sent.Has(name) {
			c.Written[f.Name] = sent.Get(name)
		}
	}
	c.Untouched = func(f partner.Field, text string) bool {
		return sent.Get("was."+partner.InputName(r.Kind, r.ID, f.Name)) == short(text)
	}
	return c
}

func (p *Pages) organisation(v *visit, post bool) error {
	e, err := p.partners.Entry(v.r.Context())
	if err != nil {
		return err
	}
	v.Title = v.T("form.organisation")
	view := formView{frame: v.frame, Action: v.At("/organisation"), Waits: len(e.Organisation.Waiting) > 0}
	return p.form(v, view, post, uuid.Nil, &e.Organisation)
}

func (p *Pages) service(v *visit, id uuid.UUID, post bool) error {
	view, s, err := p.serviceForm(v, id)
	if err != nil {
		return err
	}
	records := []*partner.Record{&s.Record}
	for i := range s.Times {
		records = append(records, &s.Times[i])
	}
	return p.form(v, view, post, id, records...)
}

func (p *Pages) serviceForm(v *visit, id uuid.UUID) (formView, *partner.EntryService, error) {
	e, err := p.partners.Entry(v.r.Context())
	if err != nil {
		return formView{}, nil, err
	}
	s, known := e.Service(id)
	if !known {
		return formView{}, nil, problem.Missing("service")
	}
	v.Title = v.T("form.service", "name", s.Texts["name"])
	view := formView{frame: v.frame, Action: v.At(servicePath(id)), Waits: s.Waits(), Places: p.placesForm(v, s, nil)}
	hub, end := v.Hub.HubName, v.At(servicePath(id)+"/ended")
	switch {
	case s.Shown(partner.Offered) == "yes":
		view.End = &endView{v.T("form.end"), v.T("form.end.text", "hub", hub), v.T("form.end.button"), end, "no"}
	case s.Texts[partner.Offered] == "yes":
		view.End = &endView{v.T("form.keep"), v.T("form.keep.text", "hub", hub), v.T("form.keep.button"), end, "yes"}
	}
	return view, s, nil
}

// form shows a form, or takes what was sent and asks for it.
func (p *Pages) form(v *visit, view formView, post bool, service uuid.UUID, records ...*partner.Record) error {
	var sent url.Values
	wrong := map[string]string{}
	if post {
		sent = v.r.PostForm
		var corrections []partner.Correction
		for _, r := range records {
			corrections = append(corrections, correction(r, service, sent))
		}
		asked, err := p.partners.Propose(v.r.Context(), corrections...)
		mistakes, correctable := errors.AsType[partner.Mistakes](err)
		switch {
		case err == nil && asked == 0:
			v.back("same")
			return nil
		case err == nil:
			v.back("sent")
			return nil
		case !correctable:
			return err
		}
		for _, m := range mistakes {
			wrong[m.Input] = v.T("fault."+string(m.Fault), "most", partner.MaxAge)
		}
	}
	for _, r := range records {
		view.Inputs = append(view.Inputs, inputs(v.frame, r, sent, wrong)...)
	}
	return p.showForm(v, view)
}

// showForm lists the mistakes of a form in the order of its fields.
func (p *Pages) showForm(v *visit, view formView) error {
	all := view.Inputs
	if view.Places != nil {
		all = append(append([]input{}, view.Places.Inputs...), all...)
	}
	for _, i := range all {
		if i.Problem != "" {
			view.Problems = append(view.Problems, plainpage.Mistake{ID: i.ID, Text: view.T("fault", "label", i.Label, "fault", i.Problem)})
		}
	}
	status := http.StatusOK
	if len(view.Problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	p.show(v.w, v.r, status, formPage, view)
	return nil
}

// end says that a service is no longer offered, or takes that back.
func (p *Pages) end(v *visit, id uuid.UUID) error {
	offered := "no"
	if v.r.PostForm.Get(partner.Offered) == "yes" {
		offered = "yes"
	}
	asked, err := p.partners.Propose(v.r.Context(), partner.Correction{Kind: partner.Service, ID: id, Written: map[string]string{partner.Offered: offered}})
	switch {
	case err != nil:
		return err
	case asked > 0:
		v.back("sent")
	case offered == "yes":
		v.back("taken")
	default:
		v.back("same")
	}
	return nil
}

func (p *Pages) placesForm(v *visit, s *partner.EntryService, wrong map[string]string) *placesView {
	available, maximum := "", ""
	if s.Capacity != nil {
		available = strconv.Itoa(s.Capacity.Available)
		if s.Capacity.Maximum != nil {
			maximum = strconv.Itoa(*s.Capacity.Maximum)
		}
	}
	if wrong != nil {
		available, maximum = v.r.PostForm.Get("available"), v.r.PostForm.Get("maximum")
	}
	number := func(name, label, hint, value string) input {
		return input{Locale: v.Locale, ID: name, Name: name, Label: label, Hint: hint, Type: "text", Mode: "numeric", Value: value, Problem: wrong[name]}
	}
	return &placesView{p.capacity(v.frame, s) + ".", v.At(servicePath(s.ID) + "/places"), []input{
		number("available", v.T("places.available"), "", available),
		number("maximum", v.T("places.maximum"), v.T("places.maximum.hint"), maximum),
	}}
}

// places saves how many places there are, which holds at once.
func (p *Pages) places(v *visit, id uuid.UUID) error {
	view, s, err := p.serviceForm(v, id)
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	number := func(name string, required bool) *int {
		text := strings.TrimSpace(v.r.PostForm.Get(name))
		if text == "" && !required {
			return nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > partner.MaxCount {
			wrong[name] = v.T("fault.count")
			return nil
		}
		return &n
	}
	said := partner.Capacity{Unit: partner.Places, Available: number("available", true), Maximum: number("maximum", false)}
	if said.Available != nil && said.Maximum != nil && *said.Available > *said.Maximum {
		wrong["available"] = v.T("fault.over")
	}
	if len(wrong) == 0 {
		if err := p.partners.SetCapacity(v.r.Context(), id, said); err != nil {
			return err
		}
		v.back("places")
		return nil
	}
	view.Places = p.placesForm(v, s, wrong)
	view.Inputs = inputs(v.frame, &s.Record, nil, nil)
	for i := range s.Times {
		view.Inputs = append(view.Inputs, inputs(v.frame, &s.Times[i], nil, nil)...)
	}
	return p.showForm(v, view)
}
