package openreferral

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
	if swapped(l.Latitude, l.Longitude) {
		t.note("latitude", "latitude and longitude were the wrong way round, and were swapped")
		l.Latitude, l.Longitude = l.Longitude, l.Latitude
	}
	if wrong := wrongCoordinates(l.Latitude, l.Longitude); wrong != "" {
		t.note("latitude", "coordinates left out: "+wrong)
		l.Latitude, l.Longitude = nil, nil
	}
	return l
}

// swapped tells a place in the United Kingdom whose coordinates are the wrong way round: as they stand, it is in the Indian
// Ocean.
func swapped(latitude, longitude *float64) bool {
	return latitude != nil && longitude != nil && *latitude > -9 && *latitude < 2.5 && *longitude > 49 && *longitude < 61
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
