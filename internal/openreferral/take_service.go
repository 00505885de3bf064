package openreferral

import (
	"fmt"
	"strings"
)

const noOrganisation = "the record does not say which organisation gives the service"

func (t taker) service(id, name string) Service {
	s := Service{
		ID: id, Name: name,
		OrganisationID:    t.id("organization_id"),
		AlternateName:     t.line("alternate_name", MaxName),
		Description:       t.text("description", MaxDescription),
		URL:               t.url("url"),
		Links:             list(t, "additional_urls", taker.link),
		Email:             t.email("email"),
		Status:            t.status(),
		Interpretation:    t.text("interpretation_services", MaxText),
		HowToApply:        t.text("application_process", MaxText),
		Fees:              t.text("fees_description", MaxText),
		WaitTime:          t.line("wait_time", MaxLine),
		Accreditations:    t.text("accreditations", MaxText),
		Eligibility:       t.text("eligibility_description", MaxText),
		MinimumAge:        t.age("minimum_age"),
		MaximumAge:        t.age("maximum_age"),
		AssuredDate:       t.date("assured_date"),
		AssurerEmail:      t.email("assurer_email"),
		Alert:             t.text("alert", MaxText),
		LastModified:      t.instant("last_modified"),
		Locations:         list(t, "service_at_locations", func(at taker) (ServiceAtLocation, bool) { return at.serviceAtLocation(id) }),
		Schedules:         list(t, "schedules", taker.schedule),
		Contacts:          list(t, "contacts", taker.contact),
		Phones:            list(t, "phones", taker.phone),
		Costs:             list(t, "cost_options", taker.cost),
		Languages:         list(t, "languages", taker.language),
		Areas:             list(t, "service_areas", taker.area),
		Attributes:        list(t, "attributes", taker.attribute),
		RequiredDocuments: list(t, "required_documents", taker.document),
		Capacities:        list(t, "capacities", taker.capacity),
		Funding:           list(t, "funding", taker.funding),
	}
	if s.Fees == "" {
		s.Fees = t.text("fees", MaxText) // the name in Open Referral UK
	}
	if s.MinimumAge != nil && s.MaximumAge != nil && *s.MinimumAge > *s.MaximumAge {
		t.note("minimum_age", "both ages left out: the minimum is above the maximum")
		s.MinimumAge, s.MaximumAge = nil, nil
	}
	if of, ok := t.one("organization"); ok {
		s.Organisation = of.ownOrganisation()
	}
	switch {
	case s.Organisation != nil:
		s.OrganisationID = s.Organisation.ID
	case s.OrganisationID == "":
		t.note("organization", noOrganisation)
	}
	return s
}

func (t taker) status() Status {
	if !has(t.fields, "status") {
		return Active
	}
	status := choice(t, "status", Active, Inactive, Defunct, TemporarilyClosed)
	if status == "" {
		// Nobody must be sent to a service of which it is unclear whether it runs.
		t.note("status", "the service was taken as inactive")
		return Inactive
	}
	return status
}

func (t taker) serviceAtLocation(serviceID string) (ServiceAtLocation, bool) {
	at := ServiceAtLocation{
		ID:          t.id("id"),
		Description: t.text("description", MaxText),
		Schedules:   list(t, "schedules", taker.schedule),
		Contacts:    list(t, "contacts", taker.contact),
		Phones:      list(t, "phones", taker.phone),
	}
	of, ok := t.one("location")
	if !ok {
		t.note("location", "the place was left out: nothing is said of it")
		return at, false
	}
	at.Location = of.location(of.id("id"))
	if at.Location.ID == "" {
		at.Location.ID = of.derivedLocationID(at.Location)
		if at.Location.ID == "" {
			of.note("id", "the place was left out: it has neither id, name nor address")
			return at, false
		}
		of.note("id", "the place has no id; one was made of its name and address")
	}
	if at.ID == "" {
		at.ID = derivedID(serviceID, at.Location.ID)
	}
	return at, true
}

func (t taker) cost() (CostOption, bool) {
	c := CostOption{
		ID:                t.id("id"),
		ValidFrom:         t.date("valid_from"),
		ValidTo:           t.date("valid_to"),
		Option:            t.text("option", MaxText),
		Currency:          strings.ToUpper(t.line("currency", 20)),
		Amount:            t.number("amount"),
		AmountDescription: t.text("amount_description", MaxText),
	}
	if c.Amount != nil && (*c.Amount < 0 || *c.Amount > 1e6) {
		t.note("amount", "left out: an amount lies from 0 to 1,000,000")
		c.Amount = nil
	}
	return c, c.Option != "" || c.Amount != nil || c.AmountDescription != ""
}

func (t taker) language() (Language, bool) {
	l := Language{
		ID:   t.id("id"),
		Name: t.line("name", MaxName),
		Code: t.line("code", 35),
		Note: t.text("note", MaxText),
	}
	if l.Name == "" && l.Code == "" {
		t.note("name", "left out: the language has neither name nor code")
		return l, false
	}
	return l, true
}

func (t taker) area() (ServiceArea, bool) {
	a := ServiceArea{
		ID:          t.id("id"),
		Name:        t.line("name", MaxLine),
		Description: t.text("description", MaxText),
		ExtentType:  t.line("extent_type", MaxLine),
		URI:         t.url("uri"),
	}
	if a.Name == "" {
		a.Name = t.line("service_area", MaxLine) // the name in Open Referral UK
	}
	if extent := t.raw("extent"); len(extent) <= MaxDescription {
		a.Extent = t.text("extent", MaxDescription)
	} else {
		// A shape that is cut is another shape.
		t.note("extent", fmt.Sprintf("left out: it is longer than %d characters", MaxDescription))
	}
	return a, a.Name != "" || a.Description != "" || a.Extent != "" || a.URI != ""
}

func (t taker) attribute() (Attribute, bool) {
	a := Attribute{ID: t.id("id"), LinkType: t.line("link_type", MaxLine), Value: t.text("value", MaxText)}
	of, ok := t.one("taxonomy_term")
	if !ok {
		t.note("taxonomy_term", "left out: there is no term in it")
		return a, false
	}
	a.Term, ok = of.term()
	return a, ok
}

func (t taker) document() (RequiredDocument, bool) {
	d := RequiredDocument{ID: t.id("id"), Document: t.text("document", MaxText), URI: t.url("uri")}
	return d, d.Document != ""
}

func (t taker) funding() (Funding, bool) {
	f := Funding{ID: t.id("id"), Source: t.text("source", MaxText)}
	return f, f.Source != ""
}

func (t taker) capacity() (ServiceCapacity, bool) {
	c := ServiceCapacity{
		ID:          t.id("id"),
		Available:   t.whole("available", 0, 1e6),
		Description: t.text("description", MaxText),
		Updated:     t.instant("updated"),
	}
	if unit, ok := t.one("unit"); ok {
		c.Unit.Name = unit.line("name", MaxName)
	}
	if strings.TrimSpace(t.raw("maximum")) != "" {
		if most, ok := wholeNumber(t.fields["maximum"]); ok && most >= 0 && most <= 1e6 {
			c.Maximum = &most
		} else {
			t.note("maximum", "left out: a whole number from 0 to 1000000 belongs here")
		}
	}
	if !has(t.fields, "available") {
		t.note("available", "left out: it does not say how many places there are")
		return c, false
	}
	return c, true
}
