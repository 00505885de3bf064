package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/openreferral"
)

// The demo's hubs.
const (
	Walton    = "walton"
	Southport = "southport"
)

// Need is an entry of a demo hub's taxonomy of needs.
type Need struct {
	Code string
	Name string
}

// Needs are what the demo's hubs can help with, in the order in which they are offered.
var Needs = []Need{
	{"employment", "Work and volunteering"},
	{"housing", "Housing"},
	{"money", "Money and debt"},
	{"mental-wellbeing", "Mental wellbeing"},
	{"physical-wellbeing", "Physical wellbeing"},
	{"isolation", "Feeling alone"},
	{"family", "Family and caring"},
	{"learning", "Learning and skills"},
	{"digital", "Getting online"},
	{"food", "Food and essentials"},
	{"substance-use", "Drugs, alcohol and gambling"},
	{"safety", "Feeling safe"},
}

// NeedsTaxonomy names the taxonomy whose terms the demo's services carry; the terms' codes are those of Needs.
const NeedsTaxonomy = "Life Rooms needs"

// partner is one fictional organisation: every name, street and person in the demo is made up.
type partner struct {
	name   string
	about  string
	venue  string
	street string
	area   string
	offers []offer
}

// offer is one service of a partner, of a kind that says what is common to all such services.
type offer struct {
	kind   string
	name   string
	detail string
	when   string // "MO,WE 09:30-12:30; 1SA 10:00-12:00", empty: by appointment
}

// kind is what services of one sort have in common.
type kind struct {
	needs       []string
	about       string
	eligibility string
	apply       string
	least, most int // ages in years; 0: no bound
	price       float64
	priceFor    string
}

// area is a neighbourhood: where its venues stand, give or take a few streets.
type area struct {
	city, outward       string
	latitude, longitude float64
}

var areas = map[string]area{
	"Walton":       {"Liverpool", "L4", 53.4466, -2.9625},
	"County Road":  {"Liverpool", "L4", 53.4421, -2.9701},
	"Walton Vale":  {"Liverpool", "L9", 53.4607, -2.9553},
	"Orrell Park":  {"Liverpool", "L9", 53.4620, -2.9640},
	"Aintree":      {"Liverpool", "L9", 53.4731, -2.9507},
	"Fazakerley":   {"Liverpool", "L10", 53.4665, -2.9362},
	"Anfield":      {"Liverpool", "L4", 53.4318, -2.9578},
	"Everton":      {"Liverpool", "L5", 53.4245, -2.9672},
	"Kirkdale":     {"Liverpool", "L20", 53.4371, -2.9815},
	"Norris Green": {"Liverpool", "L11", 53.4462, -2.9243},
	"Clubmoor":     {"Liverpool", "L13", 53.4352, -2.9371},
	"City centre":  {"Liverpool", "L1", 53.4042, -2.9793},
	"Southport":    {"Southport", "PR9", 53.6493, -3.0012},
	"Birkdale":     {"Southport", "PR8", 53.6312, -3.0139},
	"Ainsdale":     {"Southport", "PR8", 53.6023, -3.0407},
	"Churchtown":   {"Southport", "PR9", 53.6628, -2.9667},
	"Kew":          {"Southport", "PR8", 53.6321, -2.9771},
}

// Catalogue answers a demo hub's catalogue of local services: fictional, the same each time, and in the form in
// which partners' catalogues are read, so that it is seeded through the importer. Walton has 60 partners and 120
// services, Southport 24 and 48, none of them shared; another hub has none.
func Catalogue(hub string) []openreferral.Service {
	var services []openreferral.Service
	for i, p := range map[string][]partner{Walton: waltonPartners, Southport: southportPartners}[hub] {
		organisation, location := p.organisation(hub, i), p.location(hub, i)
		for j, o := range p.offers {
			services = append(services, o.service(hub, i*2+j, organisation, location))
		}
	}
	return services
}

// id makes the same UUID of the same words, so that seeding twice changes nothing.
func id(words ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://demo.liferooms.example.org/"+strings.Join(words, "/"))).String()
}

func slug(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return c < 'a' || c > 'z' }), "-")
}

func (p partner) organisation(hub string, i int) *openreferral.Organisation {
	site := slug(p.name) + ".example.org"
	// Ofcom keeps these numbers for drama: nobody is ever rung by them.
	number := fmt.Sprintf("0151 496 0%03d", 100+i)
	if hub == Southport {
		number = fmt.Sprintf("01632 960%03d", 100+i)
	}
	return &openreferral.Organisation{
		ID: id(hub, "organisation", p.name), Name: p.name, Description: p.about,
		Email: "hello@" + site, Website: "https://" + site + "/",
		Phones: []openreferral.Phone{{ID: id(hub, "phone", p.name), Number: number, Type: "voice"}},
	}
}

var accessibility = []string{
	"Step-free entrance and an accessible toilet.",
	"Hearing loop at reception.",
	"Lift to all floors.",
	"Two marked disabled parking spaces by the door.",
	"A quiet room is available; ask at reception.",
	"Large print and easy read information on request.",
	"Assistance dogs are welcome.",
	"Changing Places toilet on the ground floor.",
	"Three steps at the front; there is a ramp at the side, ring the bell.",
}

// byAsking is the venue of a partner that does not publish its own.
const byAsking = "Ask for the meeting place"

// refuge is a venue whose address the hub's staff know and nobody else must: it is seeded as RESTRICTED.
const refuge = "Harrowmead House"

func (p partner) location(hub string, i int) openreferral.Location {
	a := areas[p.area]
	// A spiral of a few streets around the middle of the area. At this latitude a degree of longitude is
	// three fifths of one of latitude.
	step := float64(i%7) * 0.0009
	latitude := round(a.latitude + step*float64(i%3-1) + 0.0004*float64(i%5-2))
	longitude := round(a.longitude + step*float64((i/3)%3-1)/0.6 + 0.0007*float64(i%4-1))
	if p.venue == byAsking {
		// Where people go to be safe is not in a catalogue.
		return openreferral.Location{
			ID: id(hub, "location", p.name), Type: openreferral.Postal, Name: p.venue,
			Addresses: []openreferral.Address{{ID: id(hub, "address", p.name), Line1: p.street, City: a.city, Country: "GB", Type: string(openreferral.Postal)}},
		}
	}
	location := openreferral.Location{
		ID: id(hub, "location", p.venue), Type: openreferral.Physical, Name: p.venue,
		Latitude: &latitude, Longitude: &longitude,
		Addresses: []openreferral.Address{{
			ID: id(hub, "address", p.venue), Line1: p.street, Line2: p.area, City: a.city, StateProvince: "Merseyside",
			Postcode: fmt.Sprintf("%s %d%s", a.outward, i%10, unusedEnds[i%len(unusedEnds)]), Country: "GB", Type: string(openreferral.Physical),
		}},
	}
	if p.area == a.city || p.area == "City centre" {
		location.Addresses[0].Line2 = ""
	}
	for j := range 3 {
		feature := accessibility[(i+j*2)%len(accessibility)]
		location.Accessibility = append(location.Accessibility, openreferral.Accessibility{ID: id(hub, "accessibility", p.venue, feature), Description: feature})
	}
	return location
}

// unusedEnds are ends that no postcode has: Royal Mail leaves C, I, K, M, O and V out of them.
var unusedEnds = []string{"CK", "IM", "KO", "MV", "OC", "VI", "KV", "MC", "CO", "OK", "VM"}

func round(degrees float64) float64 { return float64(int(degrees*1e5+sign(degrees)*0.5)) / 1e5 }

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

func (o offer) service(hub string, i int, organisation *openreferral.Organisation, location openreferral.Location) openreferral.Service {
	k := kinds[o.kind]
	checked := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC).AddDate(0, 0, i*37%280)
	s := openreferral.Service{
		ID: id(hub, "service", o.name), Name: o.name, Description: o.detail + " " + k.about,
		URL: organisation.Website + slug(o.name), Email: organisation.Email,
		Status: openreferral.Active, Eligibility: k.eligibility, HowToApply: k.apply,
		MinimumAge: years(k.least), MaximumAge: years(k.most),
		AssuredDate:    openreferral.Date(checked.Format(time.DateOnly)),
		AssurerEmail:   "catalogue@" + hub + ".example.org",
		LastModified:   checked.Format(time.RFC3339),
		Organisation:   organisation,
		OrganisationID: organisation.ID,
		Locations:      []openreferral.ServiceAtLocation{{ID: id(hub, "service at location", o.name), Location: location}},
		Schedules:      o.schedules(hub),
		Contacts: []openreferral.Contact{{
			ID: id(hub, "contact", o.name), Title: "Reception", Email: organisation.Email,
			Phones: []openreferral.Phone{{ID: id(hub, "contact phone", o.name), Number: organisation.Phones[0].Number, Type: "voice"}},
		}},
		Costs:     k.costs(hub, o.name),
		Languages: languages(hub, o.name, i),
	}
	s.Fees = "Free."
	if k.price > 0 {
		s.Fees = fmt.Sprintf("£%.2f %s. Nobody is turned away for lack of money: please ask.", k.price, k.priceFor)
	}
	for _, need := range Needs {
		if slices.Contains(k.needs, need.Code) {
			s.Attributes = append(s.Attributes, openreferral.Attribute{
				ID: id(hub, "attribute", o.name, need.Code),
				Term: openreferral.TaxonomyTerm{
					ID: id("need", need.Code), Code: need.Code, Name: need.Name,
					Taxonomy: NeedsTaxonomy, TaxonomyID: id("taxonomy", NeedsTaxonomy),
				},
			})
		}
	}
	return s
}

// schedules reads an offer's times: "MO,WE 09:30-12:30; 1SA 10:00-12:00".
func (o offer) schedules(hub string) []openreferral.Schedule {
	if o.when == "" {
		return []openreferral.Schedule{{ID: id(hub, "schedule", o.name), Description: "By appointment, Monday to Friday."}}
	}
	var schedules []openreferral.Schedule
	for part := range strings.SplitSeq(o.when, "; ") {
		days, hours, _ := strings.Cut(part, " ")
		opens, closes, _ := strings.Cut(hours, "-")
		frequency := openreferral.Weekly
		if strings.ContainsAny(days, "-12345") {
			frequency = openreferral.Monthly
		}
		schedules = append(schedules, openreferral.Schedule{
			ID: id(hub, "schedule", o.name, part), Frequency: frequency, Interval: 1, ByDay: days,
			OpensAt: openreferral.TimeOfDay(opens), ClosesAt: openreferral.TimeOfDay(closes),
		})
	}
	return schedules
}

func (k kind) costs(hub, name string) []openreferral.CostOption {
	cost := openreferral.CostOption{ID: id(hub, "cost", name), Option: "Free", Currency: "GBP", Amount: &k.price}
	if k.price > 0 {
		cost.Option, cost.AmountDescription = "Standard", k.priceFor
	}
	return []openreferral.CostOption{cost}
}

var otherLanguages = []openreferral.Language{
	{Name: "British Sign Language", Code: "bfi", Note: "Interpreter with a week's notice."},
	{Name: "Polish", Code: "pl"},
	{Name: "Arabic", Code: "ar"},
	{Name: "Farsi", Code: "fa"},
	{Name: "Romanian", Code: "ro"},
	{Name: "Tigrinya", Code: "ti", Note: "By telephone interpreter."},
}

func languages(hub, name string, i int) []openreferral.Language {
	spoken := []openreferral.Language{{ID: id(hub, "language", name, "en"), Name: "English", Code: "en"}}
	if i%3 == 0 {
		other := otherLanguages[i/3%len(otherLanguages)]
		other.ID = id(hub, "language", name, other.Code)
		spoken = append(spoken, other)
	}
	return spoken
}

func years(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
