package feed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	entlocation "liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/internal/directory"
)

// partID is the id of what has no row of its own, such as a phone number: the same as long as it stays what it is.
func partID(of uuid.UUID, words ...any) string {
	return uuid.NewSHA1(of, []byte(fmt.Sprint(words...))).String()
}

// kinds are the words of the standard for those of locations.
var kinds = map[entlocation.Kind]string{entlocation.KindPhysical: "physical", entlocation.KindPostal: "postal", entlocation.KindVirtual: "virtual"}

// shaper turns rows into records.
type shaper struct {
	hub uuid.UUID
	// parents are the ids of taxonomy terms by their source and their id there.
	parents map[termKey]uuid.UUID
}

type termKey struct{ source, externalID string }

// summary is a service as lists have it: with what there is one of.
func (f shaper) summary(s *ent.Service) service {
	out := service{
		ID: s.ID.String(), Name: s.Name, AlternateName: text(s.AlternateName), Description: s.Description, URL: text(s.URL), Email: text(s.Email),
		Status:      strings.ReplaceAll(strings.ToLower(string(s.Status)), "_", " "),
		Application: s.ApplicationProcess, Fees: s.FeesDescription, Accreditations: s.Accreditations, Eligibility: s.EligibilityDescription,
		MinimumAge: s.MinimumAge, MaximumAge: s.MaximumAge, AssuredDate: date(s.AssuredDate), Alert: s.Alert,
	}
	if s.Free && out.Fees == "" && len(s.CostOptions) == 0 {
		out.Fees = "Free"
	}
	modified := s.ImportedAt
	if s.LastModified != nil {
		modified = *s.LastModified
	}
	out.LastModified = modified.UTC().Format(time.RFC3339Nano)
	if o := s.Edges.Organisation; o != nil {
		out.Organisation = f.organisation(o)
	}
	return out
}

// organisation leaves out the lists.
func (shaper) organisation(o *ent.Organisation) organisation {
	return organisation{
		ID: o.ID.String(), Name: o.Name, AlternateName: text(o.AlternateName), Description: described(o.Description, o.Name),
		Email: text(o.Email), Website: text(o.URL), LegalStatus: text(o.LegalStatus),
	}
}

// described is a description where the standard requires one: the name says as much as nothing, and our importer knows that.
func described(description, name string) string {
	if description == "" {
		return name
	}
	return description
}

// full is a service with all that belongs to it.
func (f shaper) full(s *ent.Service) service {
	out := f.summary(s)
	if o := s.Edges.Organisation; o != nil {
		out.Organisation.Phones = phones(o.ID, text(o.Phone))
		for _, i := range o.Identifiers {
			out.Organisation.Identifiers = append(out.Organisation.Identifiers,
				identifier{partID(o.ID, "identifier", i.Scheme, i.Identifier), i.Scheme, i.Type, i.Identifier})
		}
	}
	out.Phones = phones(s.ID, text(s.Phone))
	for n, c := range s.Contacts {
		one := contact{ID: partID(s.ID, "contact", n), Name: c.Name, Title: c.Title, Email: c.Email, Phones: phones(uuid.MustParse(partID(s.ID, "contact", n)), c.Phones...)}
		out.Contacts = append(out.Contacts, one)
	}
	for _, row := range s.Edges.Schedules {
		out.Schedules = append(out.Schedules, rule(row))
	}
	for _, at := range s.Edges.ServiceAtLocations {
		if at.Edges.Location != nil {
			out.Places = append(out.Places, place{ID: at.ID.String(), Description: at.Description, Location: f.location(at.Edges.Location)})
		}
	}
	for _, name := range s.Languages {
		out.Languages = append(out.Languages, language{partID(s.ID, "language", name), name})
	}
	for n, c := range s.CostOptions {
		out.CostOptions = append(out.CostOptions, costOption{partID(s.ID, "cost", n), c.ValidFrom, c.ValidTo, c.Option, c.Currency, c.Amount, c.AmountDescription})
	}
	for n, a := range s.ServiceAreas {
		out.ServiceAreas = append(out.ServiceAreas, serviceArea{partID(s.ID, "area", n), a.Name, a.Description, a.URI})
	}
	for n, f := range s.Funding {
		out.Funding = append(out.Funding, funding{partID(s.ID, "funding", n), f.Source})
	}
	for _, c := range s.Edges.Capacities {
		out.Capacities = append(out.Capacities, capacity{
			ID: c.ID.String(), Unit: unit{partID(f.hub, "unit", c.Unit), c.Unit}, Available: c.Available, Maximum: c.Maximum, Description: c.Description,
			Updated: c.UpdatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), // to the millisecond, as the standard asks
		})
	}
	for _, t := range s.Edges.TaxonomyTerms {
		out.Attributes = append(out.Attributes, attribute{partID(s.ID, "attribute", t.ID), f.term(t)})
	}
	return out
}

func phones(of uuid.UUID, numbers ...string) []phone {
	var all []phone
	for n, number := range numbers {
		if number != "" {
			all = append(all, phone{partID(of, "phone", n), number})
		}
	}
	return all
}

// site is a location as lists have it.
func (shaper) site(l *ent.Location) location {
	return location{ID: l.ID.String(), Type: kinds[l.Kind], Name: l.Name, Description: l.Description, Latitude: l.Latitude, Longitude: l.Longitude}
}

func (f shaper) location(l *ent.Location) location {
	out := f.site(l)
	if l.Address != nil || l.City != nil || l.Postcode != nil {
		out.Addresses = []address{{
			ID: partID(l.ID, "address"), Line1: text(l.Address), City: text(l.City), County: text(l.County), Postcode: text(l.Postcode),
			Country: "GB", Type: kinds[l.Kind],
		}}
	}
	for _, feature := range l.Accessibility {
		out.Accessibility = append(out.Accessibility, accessibility{partID(l.ID, "accessibility", feature), feature})
	}
	return out
}

// listed is a service at a location as lists have it.
func (f shaper) listed(at *ent.ServiceAtLocation) place {
	s := f.summary(at.Edges.Service)
	return place{ID: at.ID.String(), Description: at.Description, Location: f.site(at.Edges.Location), Service: &s}
}

// placed is a service at a location with all that belongs to both.
func (f shaper) placed(at *ent.ServiceAtLocation) place {
	s := f.full(at.Edges.Service)
	// The published contract describes this answer as a service, which requires a name and a status.
	return place{ID: at.ID.String(), Name: s.Name, Status: s.Status, Description: at.Description, Location: f.location(at.Edges.Location), Service: &s}
}

func (f shaper) term(t *ent.TaxonomyTerm) term {
	out := term{ID: t.ID.String(), Code: text(t.Code), Name: t.Name, Description: described(t.Description, t.Name), Taxonomy: t.Taxonomy}
	if t.Taxonomy != "" {
		out.TaxonomyID = taxonomyID(f.hub, t.Taxonomy)
	}
	if t.ParentExternalID != nil {
		if parent, known := f.parents[termKey{t.Source, *t.ParentExternalID}]; known {
			out.ParentID = parent.String()
		}
	}
	return out
}

// rule writes a schedule with the frequencies of the standard, which has weeks and months: days are those of a week and
// years those of twelve months, where that says the same. Another rule is told in words.
func rule(s *ent.Schedule) schedule {
	out := schedule{
		ID: s.ID.String(), ValidFrom: date(s.ValidFrom), ValidTo: date(s.ValidTo), Start: date(s.Dtstart), Until: date(s.Until),
		Description: s.Description, OpensAt: clock(s.OpensAt), ClosesAt: clock(s.ClosesAt),
	}
	if s.ServiceAtLocationID != nil {
		out.PlaceID = s.ServiceAtLocationID.String()
	}
	out.Except, out.Also = strings.Join(s.ExcludedDates, ","), strings.Join(s.ExtraDates, ",")
	if out.Except+out.Also != "" { // the standard has no field for them: they are told in words, too
		out.Description = strings.Join(slices.DeleteFunc([]string{directory.ScheduleSummary(s), s.Description}, func(s string) bool { return s == "" }), ". ")
	}
	if s.Freq == nil {
		return out
	}
	out.Frequency, out.Interval, out.ByDay = string(*s.Freq), s.Interval, strings.Join(s.ByDay, ",")
	days := make([]string, len(s.ByMonthDay))
	for i, day := range s.ByMonthDay {
		days[i] = strconv.Itoa(day)
	}
	out.ByMonthDay = strings.Join(days, ",")
	switch plain := out.ByDay == "" && out.ByMonthDay == ""; {
	case out.Frequency == "DAILY" && s.Interval == 1 && out.ByMonthDay == "":
		out.Frequency = "WEEKLY"
		if plain {
			out.ByDay = "MO,TU,WE,TH,FR,SA,SU"
		}
	case out.Frequency == "YEARLY" && plain && s.Dtstart != nil && s.Interval*12 <= 100:
		out.Frequency, out.Interval, out.ByMonthDay = "MONTHLY", s.Interval*12, strconv.Itoa(s.Dtstart.Day())
	case out.Frequency != "WEEKLY" && out.Frequency != "MONTHLY":
		said := directory.ScheduleSummary(s)
		if s.Description != "" {
			said += ". " + s.Description
		}
		out = schedule{ID: out.ID, PlaceID: out.PlaceID, ValidFrom: out.ValidFrom, ValidTo: out.ValidTo, Description: said, OpensAt: out.OpensAt, ClosesAt: out.ClosesAt}
	}
	return out
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func date(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func clock(s *string) string {
	if s == nil {
		return ""
	}
	return *s + ":00"
}
