package directory

import (
	"math"
	"testing"

	"liferooms.io/liferooms/ent/location"
)

func TestPartsOfAPostcode(t *testing.T) {
	for typed, want := range map[string][2]string{
		"l44aa": {"L4 4AA", "L4"}, " L20 3OK ": {"L20 3OK", "L20"}, "pr9": {"PR9", "PR9"}, "L4": {"L4", "L4"}, "EC1A": {"EC1A", "EC1A"},
		"": {}, "nowhere": {}, "4AA": {}, "L4 4": {}, "L4; drop": {},
	} {
		if whole, outward := Parts(typed); whole != want[0] || outward != want[1] {
			t.Errorf("%q: %q %q", typed, whole, outward)
		}
	}
}

// TestStaffFindAPostcode: a whole postcode before the middle of its first part, among all places of their own hub.
func TestStaffFindAPostcode(t *testing.T) {
	s := newShelf(t)
	put := func(id, postcode string, latitude, longitude float64, visibility location.Visibility) {
		t.Helper()
		if err := s.client().Location.Create().SetSource("test").SetExternalID(id).SetPostcode(postcode).SetLatitude(latitude).
			SetLongitude(longitude).SetVisibility(visibility).Exec(s.ctx); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "L4 4AA", 53.4, -2.9, location.VisibilityPublic)
	put("b", "L4 4AB", 53.6, -3.1, location.VisibilityRestricted)
	if err := s.client().Location.Create().SetSource("test").SetExternalID("c").SetPostcode("L5 1AA").Exec(s.ctx); err != nil {
		t.Fatal(err)
	}
	other := s.in(s.Southport)
	if err := other.client().Location.Create().SetSource("test").SetExternalID("d").SetPostcode("PR9 1AA").SetLatitude(53.65).SetLongitude(-3).Exec(other.ctx); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]*Point{
		"l4 4aa": {53.4, -2.9, "L4 4AA"}, "L4": {53.5, -3, "L4"}, "L4 9ZZ": {53.5, -3, "L4"},
		"L5 1AA": nil, "L7": nil, "PR9 1AA": nil, "nowhere": nil,
	} {
		got := must(s.Find(s.ctx, typed))(t)
		switch {
		case (got == nil) != (want == nil):
			t.Errorf("%s: %v", typed, got)
		case got != nil && (got.Postcode != want.Postcode || math.Abs(got.Latitude-want.Latitude) > 1e-9 || math.Abs(got.Longitude-want.Longitude) > 1e-9):
			t.Errorf("%s: %v, want %v", typed, *got, *want)
		}
	}
}
