package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/openreferral"
)

// record is one row of a table to be, by column. What the source leaves empty is absent.
type record map[string]any

func (r record) set(column, value string) {
	if value != "" {
		r[column] = value
	}
}

// set is the records of one table, by external id, in the order in which they came.
type set struct {
	ids     []string
	records map[string]record
	// from is the first row that brought a record: what becomes of the record is said there.
	from map[string]int
}

func newSet() *set { return &set{records: map[string]record{}, from: map[string]int{}} }

// put adds a record. A partial one adds to what the batch has of it; another takes its place.
func (s *set) put(row int, id string, r record, partial bool) {
	known, has := s.records[id]
	switch {
	case !has:
		s.ids = append(s.ids, id)
		s.from[id] = row
		r["external_id"], r["id"], r["partial"] = id, uuid.Must(uuid.NewV7()), partial
		s.records[id] = r
	case r["if_missing"] == true:
	case partial && known["if_missing"] != true:
		maps.Copy(known, r)
	default:
		r["external_id"], r["id"], r["partial"] = id, known["id"], partial
		s.records[id] = r
	}
}

func (s *set) remove(id string) {
	if _, has := s.records[id]; has {
		delete(s.records, id)
		s.ids = slices.DeleteFunc(s.ids, func(known string) bool { return known == id })
	}
}

func (s *set) list() []record {
	all := make([]record, len(s.ids))
	for i, id := range s.ids {
		all[i] = s.records[id]
	}
	return all
}

// parts are what belongs to a service and goes with it.
type parts struct {
	ID        uuid.UUID `json:"id"` // known once the service is written
	Service   string    `json:"service"`
	Places    []string  `json:"places"`
	Schedules []string  `json:"schedules"`
	Terms     []string  `json:"terms"`
	// Capacities have a unit each that no other has.
	Capacities []record `json:"capacities,omitempty"`
	whole      bool     // nothing else belongs to it
	from       int
}

// gathering is a batch of rows, taken apart into tables.
type gathering struct {
	rows      []openreferral.Row
	outcome   []RowResult
	main      []string // the table of the row's own record
	own       []string // and its id
	fields    []map[string]bool
	sets      map[string]*set
	services  map[string]*parts
	serviceID []string // in their order
	// newlyMeaning are the terms that came to mean a need when they were written.
	newlyMeaning []string
}

func gather(rows []openreferral.Row) *gathering {
	g := &gathering{
		rows: rows, outcome: make([]RowResult, len(rows)), main: make([]string, len(rows)), own: make([]string, len(rows)),
		fields: make([]map[string]bool, len(rows)), sets: map[string]*set{}, services: map[string]*parts{},
	}
	for _, t := range tables {
		g.sets[t.name] = newSet()
	}
	for n, row := range rows {
		g.outcome[n] = resultOf(row)
		g.fields[n] = map[string]bool{}
		switch {
		case row.Refused != nil:
			g.outcome[n].Outcome = Refused
		case row.Service != nil:
			g.service(n, row.Service, row.Partial)
		case row.Organisation != nil:
			g.organisation(n, *row.Organisation, false)
			g.main[n], g.own[n] = "organisations", row.Organisation.ID
		case row.Location != nil:
			g.location(n, *row.Location, false)
			g.main[n], g.own[n] = "locations", row.Location.ID
		case row.Term != nil:
			g.term(n, *row.Term, false)
			g.main[n], g.own[n] = "taxonomy_terms", row.Term.ID
		case row.Taxonomy != nil && len(row.Taxonomy.Terms) > 0:
			for _, term := range row.Taxonomy.Terms {
				if term.Taxonomy == "" {
					term.Taxonomy = row.Taxonomy.Name
				}
				g.term(n, term, false)
			}
			g.main[n] = "taxonomy_terms"
		case row.Taxonomy != nil:
			g.outcome[n].Outcome = Ignored
			g.note(n, "taxonomy_terms", "a taxonomy is kept with its terms, and there is none in it")
		default:
			g.outcome[n].Outcome = Ignored
		}
	}
	return g
}

func resultOf(row openreferral.Row) RowResult {
	return RowResult{Index: row.Index, Line: row.Line, Kind: row.Kind, ID: row.ID, Name: row.Name, Outcome: Unchanged, Notes: slices.Clone(row.Notes), Refused: row.Refused}
}

func (g *gathering) note(row int, field, message string) {
	g.outcome[row].Notes = append(g.outcome[row].Notes, openreferral.Note{Field: field, Message: message})
}

// short sets text that the catalogue keeps shorter than the standard does.
func (g *gathering) short(row int, r record, column, field, value string, most int) {
	if utf8.RuneCountInString(value) > most {
		g.note(row, field, fmt.Sprintf("shortened to %d characters", most))
		value = strings.TrimSpace(string([]rune(value)[:most]))
	}
	r.set(column, value)
}

// link sets a web address, which is of no use when it is cut.
func (g *gathering) link(row int, r record, field, value string) {
	if len(value) > 1000 {
		g.note(row, field, "left out: a web address is kept up to 1000 characters")
		return
	}
	r.set("url", value)
}

// unnamed is the external id of the partner of services whose source names none.
const unnamed = "unnamed partner"

func (g *gathering) organisation(row int, o openreferral.Organisation, partial bool) {
	r := record{}
	r.set("name", o.Name)
	r.set("alternate_name", o.AlternateName)
	r.set("description", o.Description)
	r.set("email", o.Email)
	g.link(row, r, "website", o.Website)
	r.set("phone", firstPhone(o.Phones, o.Contacts))
	g.short(row, r, "legal_status", "legal_status", o.LegalStatus, 100)
	setAll(r, "identifiers", o.Identifiers, func(i openreferral.Identifier) schema.OrganisationIdentifier {
		return schema.OrganisationIdentifier{Scheme: i.Scheme, Type: i.Type, Identifier: i.Identifier}
	})
	g.sets["organisations"].put(row, o.ID, r, partial)
}

// setAll sets a list that is kept as the source gives it.
func setAll[From, To any](r record, column string, from []From, keep func(From) To) {
	if len(from) == 0 {
		return
	}
	kept := make([]To, len(from))
	for i, one := range from {
		kept[i] = keep(one)
	}
	r[column] = kept
}

func firstPhone(phones []openreferral.Phone, contacts []openreferral.Contact) string {
	for _, c := range contacts {
		phones = append(slices.Clip(phones), c.Phones...)
	}
	if len(phones) == 0 {
		return ""
	}
	return phones[0].Number
}

func (g *gathering) location(row int, l openreferral.Location, partial bool) {
	r := record{}
	r.set("name", l.Name)
	if l.Name == "" && l.Type == openreferral.Virtual {
		r.set("name", "Online")
	}
	r.set("kind", strings.ToUpper(string(l.Type)))
	g.short(row, r, "description", "location.description", l.Description, 5000)
	if a, ok := address(l.Addresses); ok {
		lines := slices.DeleteFunc([]string{a.Line1, a.Line2}, func(s string) bool { return s == "" })
		g.short(row, r, "address", "location.address_1", strings.Join(lines, ", "), 500)
		g.short(row, r, "city", "location.city", a.City, 100)
		g.short(row, r, "county", "location.state_province", a.StateProvince, 100)
		if len(a.Postcode) > 10 {
			g.note(row, "location.postal_code", "left out: a postcode is kept up to 10 characters")
		} else {
			r.set("postcode", a.Postcode)
		}
	}
	if l.Latitude != nil && l.Longitude != nil {
		r["latitude"], r["longitude"] = *l.Latitude, *l.Longitude
	}
	var features []string
	for _, a := range l.Accessibility {
		if text := strings.Trim(a.Description+": "+a.Details, ": "); !slices.Contains(features, text) {
			features = append(features, text)
		}
	}
	if len(features) > 0 {
		r["accessibility"] = features
	}
	g.sets["locations"].put(row, l.ID, r, partial)
}

// address is where somebody would go: a physical one where there is one.
func address(all []openreferral.Address) (openreferral.Address, bool) {
	if len(all) == 0 {
		return openreferral.Address{}, false
	}
	if i := slices.IndexFunc(all, func(a openreferral.Address) bool { return a.Type == string(openreferral.Physical) }); i >= 0 {
		return all[i], true
	}
	return all[0], true
}

func (g *gathering) term(row int, t openreferral.TaxonomyTerm, partial bool) {
	r := record{"need_codes": needCodes(t)}
	r.set("taxonomy", t.Taxonomy)
	r.set("code", t.Code)
	r.set("name", t.Name)
	r.set("description", t.Description)
	r.set("parent_external_id", t.ParentID)
	g.sets["taxonomy_terms"].put(row, t.ID, r, partial)
}

func (g *gathering) service(row int, s *openreferral.Service, partial bool) {
	g.main[row], g.own[row] = "services", s.ID
	p := g.services[s.ID]
	if p == nil {
		p = &parts{Service: s.ID, from: row}
		g.services[s.ID] = p
		g.serviceID = append(g.serviceID, s.ID)
	}
	if !partial { // it says anew all that belongs to it
		for _, id := range p.Places {
			g.sets["service_at_locations"].remove(id)
		}
		for _, id := range p.Schedules {
			g.sets["schedules"].remove(id)
		}
		*p = parts{Service: s.ID, from: p.from, whole: true}
	}
	r := record{}
	switch {
	case s.Organisation != nil:
		g.organisation(row, *s.Organisation, true)
		r["organisation"] = s.Organisation.ID
	case s.OrganisationID != "":
		g.standIn(row, s.OrganisationID, s.ID)
		r["organisation"] = s.OrganisationID
	default:
		g.standIn(row, unnamed, s.ID)
	}
	r.set("name", s.Name)
	r.set("alternate_name", s.AlternateName)
	r.set("description", s.Description)
	g.link(row, r, "url", s.URL)
	r.set("email", s.Email)
	r.set("phone", firstPhone(s.Phones, s.Contacts))
	r.set("status", strings.ToUpper(strings.ReplaceAll(string(s.Status), " ", "_")))
	r.set("eligibility_description", s.Eligibility)
	if s.MinimumAge != nil {
		r["minimum_age"] = *s.MinimumAge
	}
	if s.MaximumAge != nil {
		r["maximum_age"] = *s.MaximumAge
	}
	g.short(row, r, "fees_description", "fees_description", fees(s), 5000)
	if free(s) {
		r["free"] = true
	}
	r.set("application_process", s.HowToApply)
	if names := languages(s.Languages); len(names) > 0 {
		r["languages"] = names
	}
	r.set("assured_date", string(s.AssuredDate))
	r.set("last_modified", s.LastModified)
	r.set("accreditations", s.Accreditations)
	r.set("alert", s.Alert)
	setAll(r, "contacts", s.Contacts, contact)
	setAll(r, "cost_options", s.Costs, costOption)
	setAll(r, "service_areas", s.Areas, func(a openreferral.ServiceArea) schema.ServiceArea {
		return schema.ServiceArea{Name: a.Name, Description: a.Description, URI: a.URI}
	})
	setAll(r, "funding", s.Funding, func(f openreferral.Funding) schema.Funding { return schema.Funding{Source: f.Source} })
	g.sets["services"].put(row, s.ID, r, partial)
	g.capacities(row, p, s)

	for n, rule := range s.Schedules {
		g.schedule(row, p, rule, placeOf(rule, s.Locations), n, partial)
	}
	for _, at := range s.Locations {
		g.location(row, at.Location, true)
		place := record{"service": s.ID, "location": at.Location.ID}
		place.set("description", at.Description)
		g.sets["service_at_locations"].put(row, at.ID, place, partial)
		p.Places = append(p.Places, at.ID)
		for n, rule := range at.Schedules {
			g.schedule(row, p, rule, at.ID, n, partial)
		}
	}
	for _, a := range s.Attributes {
		g.term(row, a.Term, true)
		if !slices.Contains(p.Terms, a.Term.ID) {
			p.Terms = append(p.Terms, a.Term.ID)
		}
	}
}

// placeOf is the id of the service's place at which a schedule runs, where it names one of them.
func placeOf(rule openreferral.Schedule, places []openreferral.ServiceAtLocation) string {
	if slices.ContainsFunc(places, func(at openreferral.ServiceAtLocation) bool { return at.ID == rule.PlaceID }) {
		return rule.PlaceID
	}
	return ""
}

func contact(c openreferral.Contact) schema.Contact {
	kept := schema.Contact{Name: c.Name, Title: c.Title, Email: c.Email}
	for _, p := range c.Phones {
		kept.Phones = append(kept.Phones, p.Number)
	}
	return kept
}

// standIn sees to it that there is a partner of that id, though nothing is said of it here.
func (g *gathering) standIn(row int, id, service string) {
	partners := g.sets["organisations"]
	partners.put(row, id, record{"name": "Partner not named by its source", "if_missing": true}, true)
	if r := partners.records[id]; r["if_missing"] == true {
		wanted, _ := r["wanted_by"].([]string)
		r["wanted_by"] = append(wanted, service)
	}
}

func (g *gathering) schedule(row int, p *parts, s openreferral.Schedule, place string, n int, partial bool) {
	r := record{"service": p.Service}
	r.set("place", place)
	field := fmt.Sprintf("schedules[%d].", n)
	if s.ByWeekNumber != "" || s.ByYearDay != "" {
		// Without these the rule would run on many more days than it does.
		g.note(row, field+"freq", "only the description was kept: weeks and days of the year are not")
	} else {
		r.set("freq", string(s.Frequency))
		if s.Interval > 100 {
			g.note(row, field+"interval", "only the description was kept: an interval is at most 100")
			delete(r, "freq")
		} else {
			if s.Interval > 0 {
				r["interval"] = s.Interval
			}
			if s.ByDay != "" {
				r["by_day"] = strings.Split(s.ByDay, ",")
			}
			if days := numbers(s.ByMonthDay); len(days) > 0 {
				r["by_month_day"] = days
			}
			r.set("dtstart", string(s.Start))
			r.set("until", string(lastDay(s)))
			if s.Count > 0 && r["until"] == nil {
				g.note(row, field+"count", "left out: it counts from no start, or beyond a year")
			}
		}
	}
	r.set("valid_from", string(s.ValidFrom))
	r.set("valid_to", string(s.ValidTo))
	r.set("opens_at", string(s.OpensAt))
	r.set("closes_at", string(s.ClosesAt))
	if s.Except != "" {
		r["excluded_dates"] = strings.Split(s.Except, ",")
	}
	if s.Also != "" {
		r["extra_dates"] = strings.Split(s.Also, ",")
	}
	description := s.Description
	if s.Except+s.Also != "" {
		description = withoutSummary(r, description)
	}
	g.short(row, r, "description", field+"description", description, 2000)
	// Sources give the same schedule id to many services, or none: it is known within its service and place only.
	id := s.ID
	if id == "" {
		id = "#" + strconv.Itoa(n+1)
	}
	id = within(p.Service, place, id)
	g.sets["schedules"].put(row, id, r, partial)
	p.Schedules = append(p.Schedules, id)
}

// withoutSummary is the description of a schedule without its summary: feeds of ours put it before the description, where days
// are told that the standard has no field for.
func withoutSummary(r record, description string) string {
	encoded, err := json.Marshal(r)
	if err != nil {
		return description
	}
	s, err := scheduleOf(encoded)
	if err != nil {
		return description
	}
	said := ScheduleSummary(s)
	if description == said {
		return ""
	}
	return strings.TrimPrefix(description, said+". ")
}

// within makes an id of the ids that it stands within, of at most 200 bytes.
func within(ids ...string) string {
	id := strings.Join(slices.DeleteFunc(ids, func(s string) bool { return s == "" }), "/")
	if len(id) > openreferral.MaxID {
		sum := sha256.Sum256([]byte(id))
		return hex.EncodeToString(sum[:])
	}
	return id
}

func numbers(list string) []int {
	var all []int
	for part := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(part); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// lastDay is the day on which a rule ends: where it counts its times, that of the last.
func lastDay(s openreferral.Schedule) openreferral.Date {
	if s.Until != "" || s.Count == 0 || s.Start == "" || s.Count > openreferral.MaxSessions {
		return s.Until
	}
	sessions := openreferral.NextSessions([]openreferral.Schedule{s}, s.Start.Time(time.UTC), time.UTC, s.Count)
	if len(sessions) < s.Count {
		return ""
	}
	return openreferral.Date(sessions[len(sessions)-1].Start.Format(time.DateOnly))
}

func languages(all []openreferral.Language) []string {
	var names []string
	for _, l := range all {
		name := l.Name
		if name == "" {
			name = l.Code
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// fees says in words what a service costs.
func fees(s *openreferral.Service) string {
	if s.Fees != "" {
		return s.Fees
	}
	var all []string
	for _, c := range s.Costs {
		all = append(all, CostInWords(costOption(c)))
	}
	return strings.Join(all, "; ")
}

func costOption(c openreferral.CostOption) schema.CostOption {
	return schema.CostOption{
		Option: c.Option, Amount: c.Amount, Currency: c.Currency, AmountDescription: c.AmountDescription,
		ValidFrom: string(c.ValidFrom), ValidTo: string(c.ValidTo),
	}
}

// CostInWords says one price of a service: "Standard, £10, for the course". One of nothing is said by its name alone.
func CostInWords(c schema.CostOption) string {
	var words []string
	if c.Option != "" {
		words = append(words, c.Option)
	}
	if c.Amount != nil && (*c.Amount > 0 || c.Option == "") {
		words = append(words, money(*c.Amount, c.Currency))
	}
	if c.AmountDescription != "" {
		words = append(words, c.AmountDescription)
	}
	return strings.Join(words, ", ")
}

func money(amount float64, currency string) string {
	number := strings.TrimSuffix(strconv.FormatFloat(amount, 'f', 2, 64), ".00")
	if currency == "" || currency == "GBP" {
		return "£" + number
	}
	return number + " " + currency
}

// freeWords are descriptions of fees that mean none.
var freeWords = []string{"free", "free of charge", "no charge", "no cost", "no fee", "no fees", "none", "nil", "£0", "£0.00", "0"}

// free reports whether a service says that it costs nothing: by its prices where it gives any, else in words. In doubt it does not.
func free(s *openreferral.Service) bool {
	priced := false
	for _, c := range s.Costs {
		if c.Amount == nil {
			continue
		}
		if *c.Amount > 0 {
			return false
		}
		priced = true
	}
	return priced || slices.Contains(freeWords, strings.Trim(strings.ToLower(s.Fees), " .!"))
}

// wrote notes what became of a record: that it is new, or which of its columns changed.
func (g *gathering) wrote(table, id string, added bool, columns []string) {
	row, has := g.sets[table].from[id]
	if !has {
		return
	}
	own := g.main[row] == table && (g.own[row] == id || g.own[row] == "")
	switch {
	case own && added:
		g.outcome[row].Outcome = Added
	case own:
		g.mark(row, columns...)
	case added || partNames[table] != "organisation":
		g.mark(row, partNames[table])
	default:
		for _, c := range columns {
			g.mark(row, partNames[table]+"."+c)
		}
	}
}

// partNames are what a service's own tables are called in a result.
var partNames = map[string]string{
	"organisations": "organisation", "locations": "locations", "service_at_locations": "locations", "schedules": "schedules", "taxonomy_terms": "taxonomy_terms",
}

func (g *gathering) mark(row int, fields ...string) {
	for _, f := range fields {
		g.fields[row][f] = true
	}
}

func (g *gathering) results() []RowResult {
	for n := range g.outcome {
		r := &g.outcome[n]
		if r.Outcome == Unchanged && len(g.fields[n]) > 0 {
			r.Outcome = Changed
			r.Fields = slices.Sorted(maps.Keys(g.fields[n]))
		}
	}
	return g.outcome
}
