package provision

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/problem"
)

// The bounds of what is set up. A resource is held to the same by the cluster.
const (
	maxHostnames  = 20
	maxNeeds      = 100
	maxRooms      = 200
	maxRoleGrants = 500
	maxExceptions = 400
	maxProviders  = 20
	maxMappings   = 500
	maxClients    = 50
)

var (
	odsCode   = regexp.MustCompile(`^[A-Z0-9]{2,12}$`)
	slug      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	code      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`)
	dnsName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)
	onlyOctet = regexp.MustCompile(`^[0-9.]+$`)
	uprn      = regexp.MustCompile(`^[0-9]{1,12}$`)
	colour    = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
)

// findings gathers what is to mend, each by its field.
type findings struct{ all []error }

func (f *findings) mend(field, format string, args ...any) {
	f.all = append(f.all, problem.Field(field, format, args...))
}

func (f *findings) err() error { return errors.Join(f.all...) }

// line checks a text of one line.
func (f *findings) line(field, text string, most int) {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		f.mend(field, "This must not be empty.")
	case n > most || len(text) > 4*most:
		f.mend(field, "This has %d characters; at most %d are kept.", n, most)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		f.mend(field, "This must be one line of text.")
	}
}

// optional checks an optional text of one line; an empty one becomes none.
func (f *findings) optional(field string, text **string, most int) {
	if *text == nil || **text == "" {
		*text = nil
		return
	}
	f.line(field, **text, most)
}

func (f *findings) most(field string, n, most int, what string) {
	if n > most {
		f.mend(field, "There are %d %s; at most %d are kept.", n, what, most)
	}
}

// check says all that is to mend, and puts the spec into the form in which it is compared.
func (s *HubSpec) check() error {
	f := &findings{}
	if !slug.MatchString(s.Slug) {
		f.mend("slug", "A hub's slug is 1 to 40 lower-case letters, digits and hyphens, such as bootle.")
	}
	f.line("name", s.Name, 200)
	f.optional("address", &s.Address, 300)
	f.optional("postcode", &s.Postcode, 10)
	f.optional("uprn", &s.UPRN, 12)
	if s.UPRN != nil && !uprn.MatchString(*s.UPRN) {
		f.mend("uprn", "A UPRN is 1 to 12 digits.")
	}
	s.OpeningExceptions = slices.Clone(s.OpeningExceptions) // empty notes go
	s.checkPosition(f)
	if zone, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || zone == time.Local || len(s.TimeZone) > 60 {
		f.mend("timeZone", "The time zone is not known. Give an IANA name, such as Europe/London.")
	}
	s.checkHours(f)
	s.checkBrand(f)
	s.checkLists(f)
	s.sort()
	return f.err()
}

func (s *HubSpec) checkPosition(f *findings) {
	if (s.Latitude == nil) != (s.Longitude == nil) {
		f.mend("latitude", "Give latitude and longitude together, or neither.")
	}
	if s.Latitude != nil && !(*s.Latitude >= -90 && *s.Latitude <= 90) {
		f.mend("latitude", "A latitude is from -90 to 90 degrees.")
	}
	if s.Longitude != nil && !(*s.Longitude >= -180 && *s.Longitude <= 180) {
		f.mend("longitude", "A longitude is from -180 to 180 degrees.")
	}
}

func (s *HubSpec) checkHours(f *findings) {
	days := map[schema.Weekday]bool{}
	for i, h := range s.OpeningHours {
		field := fmt.Sprintf("openingHours.%d", i)
		if !slices.Contains(schema.Weekdays, h.Day) {
			f.mend(field+".day", "%q is no day of the week.", h.Day)
		}
		if days[h.Day] {
			f.mend(field+".day", "%s is there twice. Give the whole of a day's opening as one.", h.Day)
		}
		days[h.Day] = true
		f.span(field, h.Opens, h.Closes)
	}
	f.most("openingExceptions", len(s.OpeningExceptions), maxExceptions, "opening exceptions")
	dates := map[time.Time]bool{}
	for i := range s.OpeningExceptions {
		e, field := &s.OpeningExceptions[i], fmt.Sprintf("openingExceptions.%d", i)
		if dates[e.Date] {
			f.mend(field+".date", "%s is there twice.", e.Date.Format(time.DateOnly))
		}
		dates[e.Date] = true
		f.optional(field+".note", &e.Note, 200)
		switch {
		case e.Opens == nil && e.Closes == nil:
		case e.Opens == nil || e.Closes == nil:
			f.mend(field, "Give opens and closes together, or neither where the hub is closed that day.")
		default:
			f.span(field, *e.Opens, *e.Closes)
		}
	}
}

// span checks the times of a day.
func (f *findings) span(field, opens, closes string) {
	switch {
	case !timeOfDay.MatchString(opens):
		f.mend(field+".opens", "A time is HH:MM, such as 09:00.")
	case !timeOfDay.MatchString(closes):
		f.mend(field+".closes", "A time is HH:MM, such as 17:00.")
	case opens >= closes:
		f.mend(field+".closes", "Closing time must come after opening time.")
	}
}

func (s *HubSpec) checkBrand(f *findings) {
	f.optional("brand.name", &s.Brand.Name, 100)
	f.optional("brand.colour", &s.Brand.Colour, 7)
	if c := s.Brand.Colour; c != nil && !colour.MatchString(*c) {
		f.mend("brand.colour", "A colour is # and six hexadecimal digits, such as #005EB8.")
	}
	f.optional("brand.logoUrl", &s.Brand.LogoURL, 500)
	if logo := s.Brand.LogoURL; logo != nil {
		if u, err := url.Parse(*logo); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			f.mend("brand.logoUrl", "The logo's address must begin with https://.")
		}
	}
}

func (s *HubSpec) checkLists(f *findings) {
	f.most("hostnames", len(s.Hostnames), maxHostnames, "host names")
	for _, name := range duplicates(s.Hostnames) {
		f.mend("hostnames", "The host name %s is there twice.", name)
	}
	for i, name := range s.Hostnames {
		if !dnsName.MatchString(name) || len(name) > 253 || onlyOctet.MatchString(name) {
			f.mend(fmt.Sprintf("hostnames.%d", i), "A host name is lower-case letters, digits, hyphens and dots, such as bootle.example.org, without port or address.")
		}
	}
	f.most("needs", len(s.Needs), maxNeeds, "needs")
	codes := make([]string, len(s.Needs))
	for i, n := range s.Needs {
		codes[i] = n.Code
		if !code.MatchString(n.Code) {
			f.mend(fmt.Sprintf("needs.%d.code", i), "A need's code is 1 to 60 lower-case letters, digits and hyphens, such as mental-wellbeing.")
		}
		f.line(fmt.Sprintf("needs.%d.name", i), n.Name, 100)
	}
	for _, c := range duplicates(codes) {
		f.mend("needs", "The need %s is there twice.", c)
	}
	for _, m := range s.Modules {
		if !slices.Contains(schema.Modules, m) {
			f.mend("modules", "%q is no module.", m)
		}
	}
	f.most("rooms", len(s.Rooms), maxRooms, "rooms")
	names := make([]string, len(s.Rooms))
	for i, r := range s.Rooms {
		names[i] = r.Name
		f.line(fmt.Sprintf("rooms.%d.name", i), r.Name, 100)
		if r.Capacity < 1 || r.Capacity > 10_000 {
			f.mend(fmt.Sprintf("rooms.%d.capacity", i), "A room holds from 1 to 10000 people.")
		}
	}
	for _, name := range duplicates(names) {
		f.mend("rooms", "The room %s is there twice.", name)
	}
	f.most("roleGrants", len(s.RoleGrants), maxRoleGrants, "role grants")
	for i, g := range s.RoleGrants {
		f.line(fmt.Sprintf("roleGrants.%d.group", i), g.Group, 200)
		if !g.Role.Valid() {
			f.mend(fmt.Sprintf("roleGrants.%d.role", i), "%q is no role.", g.Role)
		}
	}
	for _, g := range duplicates(s.RoleGrants) {
		f.mend("roleGrants", "The role %s of the group %s is there twice.", g.Role, g.Group)
	}
}

// duplicates gives, once each, what is in all more than once.
func duplicates[T comparable](all []T) []T {
	seen := map[T]int{}
	var twice []T
	for _, one := range all {
		if seen[one]++; seen[one] == 2 {
			twice = append(twice, one)
		}
	}
	return twice
}
