package openreferral

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// object is a JSON object as it was decoded, numbers as json.Number.
type object = map[string]any

// The bounds of lists within one record, and of its notes.
const (
	maxList  = 200
	maxNotes = 50
)

// taker takes the fields of one object, cleans them and notes what it changed.
type taker struct {
	fields object
	path   string
	notes  *[]Note
}

func newTaker(fields object) taker { return taker{fields: fields, notes: new([]Note)} }

func (t taker) note(key, message string) {
	if message == "" {
		return
	}
	switch n := len(*t.notes); {
	case n < maxNotes:
		*t.notes = append(*t.notes, Note{t.path + key, message})
	case n == maxNotes:
		*t.notes = append(*t.notes, Note{"record", "there is more to note, which is left out here"})
	}
}

// raw answers a field's text. Numbers count as texts: exports write numbers and codes either way.
func (t taker) raw(key string) string {
	switch value := t.fields[key].(type) {
	case nil:
		return ""
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	t.note(key, "left out: a text belongs here")
	return ""
}

func (t taker) line(key string, most int) string {
	s, changes := cleanLine(t.raw(key), most)
	t.note(key, strings.Join(changes, "; "))
	return s
}

func (t taker) text(key string, most int) string {
	s, changes := cleanText(t.raw(key), most)
	t.note(key, strings.Join(changes, "; "))
	return s
}

func (t taker) url(key string) string     { return cleaned(t, key, cleanURL) }
func (t taker) email(key string) string   { return cleaned(t, key, cleanEmail) }
func (t taker) date(key string) Date      { return cleaned(t, key, cleanDate) }
func (t taker) time(key string) TimeOfDay { return cleaned(t, key, cleanTimeOfDay) }
func (t taker) instant(key string) string { return cleaned(t, key, cleanInstant) }

func cleaned[T any](t taker, key string, clean func(string) (T, string)) T {
	value, note := clean(t.raw(key))
	t.note(key, note)
	return value
}

// id answers an id as it stands: one that were cut or cleaned could become another record's.
func (t taker) id(key string) string {
	id := strings.TrimSpace(t.raw(key))
	if id == "" {
		return ""
	}
	if len(id) > MaxID || strings.ContainsFunc(id, func(c rune) bool { return c == unicode.ReplacementChar || !unicode.IsGraphic(c) }) {
		t.note(key, fmt.Sprintf("left out: an id has at most %d bytes and no control characters", MaxID))
		return ""
	}
	return id
}

func (t taker) number(key string) *float64 {
	text := strings.TrimSpace(t.raw(key))
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		t.note(key, "left out: a number belongs here")
		return nil
	}
	return &n
}

// whole answers a whole number from least to most, or 0.
func (t taker) whole(key string, least, most int) int {
	if strings.TrimSpace(t.raw(key)) == "" {
		return 0
	}
	n, ok := wholeNumber(t.fields[key])
	if !ok || n < least || n > most {
		t.note(key, fmt.Sprintf("left out: a whole number from %d to %d belongs here", least, most))
		return 0
	}
	return n
}

func wholeNumber(value any) (int, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(fmt.Sprint(value)), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1e12 {
		return 0, false
	}
	return int(n), true
}

func (t taker) age(key string) *int {
	n := t.number(key)
	if n == nil {
		return nil
	}
	if *n < 0 || *n > 130 {
		t.note(key, "left out: an age lies from 0 to 130")
		return nil
	}
	years := int(*n)
	if float64(years) != *n {
		t.note(key, "rounded down to whole years")
	}
	return &years
}

// choice answers one of the allowed words, whatever its case.
func choice[T ~string](t taker, key string, allowed ...T) T {
	word := strings.ToLower(t.line(key, MaxLine))
	if word == "" {
		return ""
	}
	for _, one := range allowed {
		if strings.ToLower(string(one)) == word {
			return one
		}
	}
	t.note(key, fmt.Sprintf("left out: it is none of %q", allowed))
	return ""
}

// one answers the object in a field, where there is one.
func (t taker) one(key string) (taker, bool) {
	switch value := t.fields[key].(type) {
	case nil:
	case object:
		return taker{value, t.path + key + ".", t.notes}, true
	default:
		t.note(key, "left out: an object belongs here")
	}
	return taker{}, false
}

// list takes each object in a field's list for which take answers true.
func list[T any](t taker, key string, take func(taker) (T, bool)) []T {
	values, ok := t.fields[key].([]any)
	if !ok {
		if t.fields[key] != nil {
			t.note(key, "left out: a list belongs here")
		}
		return nil
	}
	if len(values) > maxList {
		t.note(key, fmt.Sprintf("cut to the first %d of %d", maxList, len(values)))
		values = values[:maxList]
	}
	var taken []T
	for i, value := range values {
		path := fmt.Sprintf("%s%s[%d].", t.path, key, i)
		fields, ok := value.(object)
		if !ok {
			t.note(strings.TrimSuffix(strings.TrimPrefix(path, t.path), "."), "left out: an object belongs here")
			continue
		}
		if item, ok := take(taker{fields, path, t.notes}); ok {
			taken = append(taken, item)
		}
	}
	return taken
}

// has tells whether the object has any of the fields.
func has(fields object, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return fields[key] != nil })
}

// serviceParts are the lists that a full service has and a summary lacks.
var serviceParts = []string{
	"service_at_locations", "schedules", "contacts", "phones", "cost_options", "languages", "service_areas",
	"attributes", "required_documents", "funding", "eligibility", "taxonomy_terms",
}

// kindOf tells what an object is by the fields that it has. What could be anything is a service: that is what
// catalogues list.
func kindOf(fields object) Kind {
	switch {
	case has(fields, "service") || has(fields, "service_id") && has(fields, "location", "location_id"):
		return KindServiceAtLocation
	case has(fields, "status", "organization", "organization_id", "service_at_locations", "fees", "fees_description", "eligibility_description", "assured_date"):
		return KindService
	case has(fields, "services", "website", "legal_status", "organization_identifiers", "logo", "parent_organization_id", "tax_status"):
		return KindOrganisation
	case has(fields, "location_type", "latitude", "longitude", "addresses"):
		return KindLocation
	case has(fields, "taxonomy_terms", "version") && has(fields, "id"):
		return KindTaxonomy
	case has(fields, "term", "term_uri", "taxonomy", "taxonomy_id", "taxonomy_detail", "parent_id"):
		return KindTaxonomyTerm
	case has(fields, "openapi_url", "version") && !has(fields, "id"):
		return KindFeed
	}
	return KindService
}

// takeRecord takes one record of whatever kind. An organisation that lists its services gives a row for each
// of these as well.
func takeRecord(fields object) []Row {
	switch kindOf(fields) {
	case KindServiceAtLocation:
		return []Row{takePlacedService(fields)}
	case KindOrganisation:
		return takeOrganisationRows(fields)
	case KindLocation:
		return []Row{takeLocation(fields)}
	case KindTaxonomy:
		return []Row{takeTaxonomy(fields)}
	case KindTaxonomyTerm:
		return []Row{takeTerm(fields)}
	case KindFeed:
		t := newTaker(fields)
		t.note("version", "this is the front page of a feed, which holds no records: give the address of its services")
		return []Row{{Kind: KindFeed, Notes: *t.notes}}
	}
	return []Row{takeService(fields)}
}

// begin starts a row, or refuses it where it has no id or no name.
func begin(kind Kind, t taker, named bool) Row {
	row := Row{Kind: kind, ID: t.id("id"), Name: t.line("name", MaxName)}
	switch {
	case row.ID == "" && has(t.fields, "id"):
		row.Refused = &Refusal{"its id cannot be used", fmt.Sprintf("Give the %s an id of at most %d plain characters.", kind, MaxID)}
	case row.ID == "":
		row.Refused = &Refusal{"it has no id", fmt.Sprintf("Give the %s an id of its own, which stays the same from one import to the next.", kind)}
	case named && row.Name == "":
		row.Refused = &Refusal{"it has no name", fmt.Sprintf("Give the %s a name.", kind)}
	}
	return row
}

func refuse(kind Kind, fields object, reason, mend string) Row {
	t := newTaker(fields)
	return Row{Kind: kind, ID: t.id("id"), Name: t.line("name", MaxName), Refused: &Refusal{reason, mend}}
}

func takeService(fields object) Row {
	t := newTaker(fields)
	row := begin(KindService, t, true)
	if row.Refused == nil {
		service := t.service(row.ID, row.Name)
		row.Service = &service
		row.Partial = !has(fields, serviceParts...)
	}
	row.Notes = *t.notes
	return row
}

// takePlacedService takes a service at a location: the service, with that one place.
func takePlacedService(fields object) Row {
	place := newTaker(fields)
	t, ok := place.one("service")
	if !ok {
		return refuse(KindServiceAtLocation, fields, "it does not say which service is given there", "Export services in full, or services at locations with their service.")
	}
	row := begin(KindServiceAtLocation, t, true)
	if row.Refused == nil {
		service := t.service(row.ID, row.Name)
		if at, ok := place.serviceAtLocation(row.ID); ok {
			service.Locations = append(service.Locations, at)
		}
		row.Service, row.Partial = &service, true
	}
	row.Notes = *t.notes
	return row
}

func takeOrganisationRows(fields object) []Row {
	t := newTaker(fields)
	services, _ := fields["services"].([]any)
	if len(services) > 0 && !has(fields, "id", "name") { // a list under that name, and nobody's
		return takeServices(services, nil)
	}
	row := begin(KindOrganisation, t, true)
	if row.Refused != nil {
		row.Notes = *t.notes
		return []Row{row}
	}
	organisation := t.organisation(row.ID, row.Name)
	row.Organisation = &organisation
	if fields["services"] != nil && services == nil {
		t.note("services", "left out: a list belongs here")
	}
	row.Notes = *t.notes
	return append([]Row{row}, takeServices(services, &organisation)...)
}

// takeServices takes a list of services; those that name no organisation are of the one given, which may be nil.
func takeServices(services []any, organisation *Organisation) []Row {
	var rows []Row
	for _, value := range services {
		of, ok := value.(object)
		if !ok {
			rows = append(rows, Row{Kind: KindUnknown, Refused: refusalOf(errNotObject)})
			continue
		}
		service := takeService(of)
		if service.Service != nil && service.Service.Organisation == nil && organisation != nil {
			service.Service.Organisation, service.Service.OrganisationID = organisation, organisation.ID
			service.Notes = slices.DeleteFunc(service.Notes, func(n Note) bool { return n.Message == noOrganisation })
		}
		rows = append(rows, service)
	}
	return rows
}

func takeLocation(fields object) Row {
	t := newTaker(fields)
	row := begin(KindLocation, t, false)
	if row.Refused == nil {
		location := t.location(row.ID)
		row.Location = &location
	}
	row.Notes = *t.notes
	return row
}

func takeTaxonomy(fields object) Row {
	t := newTaker(fields)
	row := begin(KindTaxonomy, t, true)
	if row.Refused == nil {
		row.Taxonomy = &Taxonomy{
			ID: row.ID, Name: row.Name,
			Description: t.text("description", MaxDescription),
			URI:         t.url("uri"),
			Version:     t.line("version", MaxLine),
			Terms:       list(t, "taxonomy_terms", taker.term),
		}
	}
	row.Notes = *t.notes
	return row
}

func takeTerm(fields object) Row {
	t := newTaker(fields)
	row := begin(KindTaxonomyTerm, t, true)
	if row.Refused == nil {
		if term, ok := t.term(); ok {
			row.Term = &term
		}
	}
	row.Notes = *t.notes
	return row
}

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

func (t taker) derivedLocationID(l Location) string {
	parts := []string{l.Name}
	if len(l.Addresses) > 0 {
		parts = append(parts, l.Addresses[0].Line1, l.Addresses[0].Postcode)
	}
	return derivedID(parts...)
}

func (t taker) location(id string) Location {
	l := Location{
		ID:                     id,
		Type:                   choice(t, "location_type", Physical, Postal, Virtual),
		Name:                   t.line("name", MaxName),
		AlternateName:          t.line("alternate_name", MaxName),
		Description:            t.text("description", MaxText),
		Transportation:         t.text("transportation", MaxText),
		URL:                    t.url("url"),
		Latitude:               t.number("latitude"),
		Longitude:              t.number("longitude"),
		ExternalIdentifier:     t.line("external_identifier", MaxLine),
		ExternalIdentifierType: t.line("external_identifier_type", MaxLine),
		Addresses:              list(t, "addresses", taker.address),
		Accessibility:          list(t, "accessibility", taker.accessibility),
		Languages:              list(t, "languages", taker.language),
		Contacts:               list(t, "contacts", taker.contact),
		Phones:                 list(t, "phones", taker.phone),
		Schedules:              list(t, "schedules", taker.schedule),
	}
	if wrong := wrongCoordinates(l.Latitude, l.Longitude); wrong != "" {
		t.note("latitude", "coordinates left out: "+wrong)
		l.Latitude, l.Longitude = nil, nil
	}
	return l
}

func wrongCoordinates(latitude, longitude *float64) string {
	switch {
	case latitude == nil && longitude == nil:
		return ""
	case latitude == nil || longitude == nil:
		return "one of the two is missing"
	case *latitude < -90 || *latitude > 90:
		return "a latitude lies from -90 to 90"
	case *longitude < -180 || *longitude > 180:
		return "a longitude lies from -180 to 180"
	case *latitude == 0 && *longitude == 0:
		return "0, 0 is in the sea; it stands for unknown"
	}
	return ""
}

func (t taker) address() (Address, bool) {
	a := Address{
		ID:            t.id("id"),
		Attention:     t.line("attention", MaxLine),
		Line1:         t.line("address_1", MaxLine),
		Line2:         t.line("address_2", MaxLine),
		City:          t.line("city", 100),
		Region:        t.line("region", MaxLine),
		StateProvince: t.line("state_province", MaxLine),
		Postcode:      t.line("postal_code", 10),
		Country:       t.line("country", MaxLine),
		Type:          string(choice(t, "address_type", Physical, Postal, Virtual)),
	}
	postcode, ok := Postcode(a.Postcode)
	if !ok && a.Postcode != "" && (a.Country == "" || a.Country == "GB" || a.Country == "UK") {
		t.note("postal_code", "kept as written, though it is not a UK postcode")
	}
	a.Postcode = postcode
	return a, a.Line1 != "" || a.Line2 != "" || a.City != "" || a.Postcode != ""
}

func (t taker) accessibility() (Accessibility, bool) {
	a := Accessibility{
		ID:          t.id("id"),
		Description: t.text("description", MaxText),
		Details:     t.text("details", MaxText),
		URL:         t.url("url"),
	}
	if a.Description == "" {
		a.Description = t.text("accessibility", MaxText) // the name in Open Referral UK
	}
	return a, a.Description != "" || a.Details != ""
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

func (t taker) term() (TaxonomyTerm, bool) {
	term := TaxonomyTerm{
		ID:          t.id("id"),
		Code:        t.line("code", MaxName),
		Name:        t.line("name", MaxName),
		Description: t.text("description", MaxText),
		ParentID:    t.id("parent_id"),
		Taxonomy:    t.line("taxonomy", MaxName),
		TaxonomyID:  t.id("taxonomy_id"),
		Language:    t.line("language", 35),
		URI:         t.url("term_uri"),
	}
	if term.Name == "" {
		term.Name = t.line("term", MaxName) // the name in Open Referral UK
	}
	term.Description = unlessRepeated(term.Description, term.Name)
	if detail, ok := t.one("taxonomy_detail"); ok {
		if term.TaxonomyID == "" {
			term.TaxonomyID = detail.id("id")
		}
		if term.Taxonomy == "" {
			term.Taxonomy = detail.line("name", MaxName)
		}
	}
	if term.ID == "" {
		term.ID = derivedID(term.Taxonomy, term.Code, term.Name)
	}
	if term.Name == "" {
		t.note("name", "left out: the term has no name")
	}
	return term, term.Name != ""
}

func (t taker) document() (RequiredDocument, bool) {
	d := RequiredDocument{ID: t.id("id"), Document: t.text("document", MaxText), URI: t.url("uri")}
	return d, d.Document != ""
}

func (t taker) schedule() (Schedule, bool) {
	s := Schedule{
		ID:            t.id("id"),
		PlaceID:       t.id("service_at_location_id"),
		ValidFrom:     t.date("valid_from"),
		ValidTo:       t.date("valid_to"),
		Start:         t.date("dtstart"),
		Until:         t.date("until"),
		Count:         t.whole("count", 1, maxCount),
		Frequency:     choice(t, "freq", Daily, Weekly, Monthly, Yearly),
		Interval:      t.whole("interval", 1, 100),
		ByMonthDay:    t.numbers("bymonthday", 31),
		ByWeekNumber:  t.numbers("byweekno", 53),
		ByYearDay:     t.numbers("byyearday", 366),
		OpensAt:       t.time("opens_at"),
		ClosesAt:      t.time("closes_at"),
		Description:   t.text("description", MaxText),
		Link:          t.url("schedule_link"),
		AttendingType: t.line("attending_type", MaxLine),
		Notes:         t.text("notes", MaxText),
		Except:        t.dates("exdate"),
		Also:          t.dates("rdate"),
	}
	days, bad := parseByDay(t.raw("byday"))
	if bad > 0 {
		t.note("byday", "what is not a day was left out: days are written MO,TU or 2TU")
	}
	if s.Frequency == "" && len(days) > 0 {
		s.Frequency = Weekly
		t.note("freq", "taken as WEEKLY: days of the week are given")
	}
	if s.Frequency == Weekly || s.Frequency == Daily {
		for i, day := range days {
			if day.nth != 0 {
				days[i].nth = 0
				t.note("byday", "the number before a day was removed: it counts within a month")
			}
		}
	}
	s.ByDay = joinDays(days)
	s.WeekStart = joinDays(t.weekStart())
	if s.ValidFrom != "" && s.ValidTo != "" && s.ValidFrom > s.ValidTo {
		t.note("valid_from", "both ends left out: the first is after the last")
		s.ValidFrom, s.ValidTo = "", ""
	}
	if s.Start != "" && s.Until != "" && s.Start > s.Until {
		t.note("until", "left out: it is before the start")
		s.Until = ""
	}
	if s.OpensAt == "" && s.ClosesAt != "" {
		t.note("closes_at", "left out: there is no time of opening")
		s.ClosesAt = ""
	}
	empty := s
	empty.ID, empty.PlaceID = "", ""
	return s, empty != Schedule{}
}

// dates takes a list of days.
func (t taker) dates(key string) string {
	var all []string
	for part := range strings.SplitSeq(t.raw(key), ",") {
		if day, _ := cleanDate(part); day != "" && len(all) < maxList {
			all = append(all, string(day))
		} else if part != "" {
			t.note(key, "what is not a day was left out: days are written 2026-12-25,2027-01-01")
		}
	}
	return strings.Join(all, ",")
}

func (t taker) weekStart() []byDay {
	days, bad := parseByDay(t.raw("wkst"))
	if bad > 0 || len(days) > 1 || len(days) == 1 && days[0].nth != 0 {
		t.note("wkst", "left out: a day is written MO")
		return nil
	}
	return days
}

func (t taker) numbers(key string, most int) string {
	numbers, bad := parseNumbers(t.raw(key), most)
	if bad > 0 {
		t.note(key, fmt.Sprintf("what is no number from 1 to %d, or from -%d to -1, was left out", most, most))
	}
	return joinNumbers(numbers)
}

// derivedID makes an id of what a record is known by, where its source gives none.
func derivedID(parts ...string) string {
	var words []string
	for _, part := range parts {
		words = append(words, strings.FieldsFunc(strings.ToLower(part), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })...)
	}
	id := strings.Join(words, "-")
	for len(id) > MaxID {
		_, id, _ = strings.Cut(id, "-") // the end tells more apart: postcodes, numbers
		if !strings.Contains(id, "-") {
			id = strings.ToValidUTF8(id[:min(len(id), MaxID)], "")
		}
	}
	return id
}
