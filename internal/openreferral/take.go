package openreferral

import (
	"fmt"
	"slices"
)

// has tells whether the object has any of the fields.
func has(fields object, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return fields[key] != nil })
}

// serviceParts are the lists that a full service has and a summary lacks.
var serviceParts = []string{
	"service_at_locations", "schedules", "contacts", "phones", "cost_options", "languages", "service_areas",
	"attributes", "required_documents", "funding", "eligibility", "taxonomy_terms", "capacities",
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
