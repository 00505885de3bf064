package openreferral

import (
	"strings"
	"unicode"
)

// ownOrganisation takes the organisation within a service; one without an id is known by its name.
func (t taker) ownOrganisation() *Organisation {
	id, name := t.id("id"), t.line("name", MaxName)
	if name == "" {
		t.note("name", "the organisation was left out: it has no name")
		return nil
	}
	if id == "" {
		id = derivedID(name)
		t.note("id", "the organisation has no id; one was made of its name")
	}
	organisation := t.organisation(id, name)
	return &organisation
}

// unlessRepeated leaves out a description that only repeats the name. The standard requires one of organisations and
// terms, so feeds whose source has none put the name there.
func unlessRepeated(description, name string) string {
	if description == name {
		return ""
	}
	return description
}

func (t taker) organisation(id, name string) Organisation {
	return Organisation{
		ID: id, Name: name,
		AlternateName: t.line("alternate_name", MaxName),
		Description:   unlessRepeated(t.text("description", MaxDescription), name),
		Email:         t.email("email"),
		Website:       t.url("website"),
		Links:         list(t, "additional_websites", taker.link),
		Logo:          t.url("logo"),
		URI:           t.url("uri"),
		LegalStatus:   t.line("legal_status", 100),
		ParentID:      t.id("parent_organization_id"),
		Identifiers:   list(t, "organization_identifiers", taker.identifier),
		Contacts:      list(t, "contacts", taker.contact),
		Phones:        list(t, "phones", taker.phone),
	}
}

func (t taker) identifier() (Identifier, bool) {
	i := Identifier{
		ID:         t.id("id"),
		Scheme:     t.line("identifier_scheme", MaxLine),
		Type:       t.line("identifier_type", MaxLine),
		Identifier: t.line("identifier", MaxLine),
	}
	if i.Identifier == "" {
		t.note("identifier", "left out: there is no identifier in it")
	}
	return i, i.Identifier != ""
}

func (t taker) link() (Link, bool) {
	l := Link{Label: t.line("label", MaxLine), URL: t.url("url")}
	return l, l.URL != ""
}

func (t taker) contact() (Contact, bool) {
	c := Contact{
		ID:         t.id("id"),
		Name:       t.line("name", MaxName),
		Title:      t.line("title", MaxName),
		Department: t.line("department", MaxName),
		Email:      t.email("email"),
		Phones:     list(t, "phones", taker.phone),
	}
	return c, c.Name != "" || c.Title != "" || c.Department != "" || c.Email != "" || len(c.Phones) > 0
}

func (t taker) phone() (Phone, bool) {
	p := Phone{
		ID:          t.id("id"),
		Number:      t.line("number", MaxPhone),
		Extension:   t.line("extension", 20),
		Type:        t.line("type", 20),
		Description: t.text("description", MaxText),
	}
	if bare := strings.TrimSpace(strings.Trim(p.Number, `"'`)); bare != p.Number {
		t.note("number", "quotation marks were removed")
		p.Number = bare
	}
	if !strings.ContainsFunc(p.Number, unicode.IsDigit) {
		t.note("number", "left out: there is no digit in it")
		return p, false
	}
	return p, true
}
