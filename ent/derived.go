package ent

import "slices"

// What follows from a row and its loaded edges alone. The API binds these as plain fields.

// Anonymous reports whether nobody is named: such a visit holds no identifier at all.
func (v *Visit) Anonymous() bool { return v.PersonID == nil }

// DisplayName is what to call them: the preferred name where there is one, and the family name.
func (pe *Person) DisplayName() string {
	name := pe.GivenName
	if pe.PreferredName != nil && *pe.PreferredName != "" {
		name = *pe.PreferredName
	}
	if pe.FamilyName != "" {
		name += " " + pe.FamilyName
	}
	return name
}

// Retired reports whether the service is no longer offered.
func (s *Service) Retired() bool { return s.RetiredAt != nil }

// Assurance is the latest of the service's assurances, where that was eager-loaded.
func (s *Service) Assurance() *Assurance {
	if len(s.Edges.Assurances) == 0 {
		return nil
	}
	return s.Edges.Assurances[0]
}

// Retired reports whether nothing of the partner's is offered.
func (o *Organisation) Retired() bool { return o.RetiredAt != nil }

// Retired reports whether nothing is offered there.
func (l *Location) Retired() bool { return l.RetiredAt != nil }

// Retired reports whether the service is no longer offered there.
func (sal *ServiceAtLocation) Retired() bool { return sal.RetiredAt != nil }

// Retired reports whether it no longer holds.
func (s *Schedule) Retired() bool { return s.RetiredAt != nil }

// Locations are the service's places, each once, where service_at_locations.location was eager-loaded.
func (s *Service) Locations() []*Location {
	var places []*Location
	for _, at := range s.Edges.ServiceAtLocations {
		if l := at.Edges.Location; l != nil && !slices.Contains(places, l) {
			places = append(places, l)
		}
	}
	return places
}
