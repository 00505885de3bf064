package demo

import (
	"slices"
	"strings"

	"liferooms.io/liferooms/internal/openreferral"
)

// councilSource is a second source of Walton's: it carries some services that the hub has already, as sources do.
const councilSource = "council"

// alsoInCouncil are the services that both sources carry, and the council's own words and number for each.
var alsoInCouncil = map[string]struct{ about, phone string }{
	"Print and press":            {"Printmaking for beginners, eight weeks.", "0151 496 0801"},
	"Third-party reporting desk": {"Report a hate crime without going to the police.", "0151 496 0802"},
	"Welcome table":              {"Weekly drop-in for people seeking sanctuary.", "0151 496 0803"},
	councilStaffOnly:             {"Lunch club, one Wednesday a month. Not to be advertised: it is full.", "0151 496 0804"},
}

// councilStaffOnly is one that the council's record of is for staff only.
const councilStaffOnly = "Second Wednesday lunch"

// Council answers what the council's source says of Walton: services that the demo's own catalogue has too, under other ids and written a
// little otherwise.
func Council() []openreferral.Service {
	var services []openreferral.Service
	for _, s := range Catalogue(Walton) {
		also, both := alsoInCouncil[s.Name]
		if !both {
			continue
		}
		theirs := func(id string) string { return "council-" + id }
		organisation := *s.Organisation
		organisation.ID, organisation.Name, organisation.Website, organisation.Email = theirs(organisation.ID), strings.ToUpper(organisation.Name), "", ""
		s.ID, s.Description, s.Organisation, s.OrganisationID = theirs(s.ID), also.about, &organisation, organisation.ID
		s.Phones = []openreferral.Phone{{ID: theirs(also.phone), Number: also.phone, Type: "voice"}}
		s.Schedules = slices.Clone(s.Schedules)
		for i := range s.Schedules {
			s.Schedules[i].ID = theirs(s.Schedules[i].ID)
		}
		s.Locations = slices.Clone(s.Locations)
		for i := range s.Locations {
			at := &s.Locations[i]
			at.ID, at.Location.ID, at.Location.Name = theirs(at.ID), theirs(at.Location.ID), strings.ToUpper(at.Location.Name)
		}
		services = append(services, s)
	}
	return services
}
