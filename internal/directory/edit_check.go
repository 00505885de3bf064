package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	entschema "entgo.io/ent/dialect/sql/schema"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/migrate"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// editable is what of a kind of record staff may change.
type editable struct {
	// table, what a person and what the audit calls a record of it.
	table, what, subject string
	// columns by name: the texts, numbers and lists that an import writes, too, but for dates of its own and the assurance.
	columns map[string]column
	// points are columns that hold the id of a record of another kind; fixed ones are given when a record is added, once.
	points map[string]point
	// shape says how long texts may be and which words a column takes.
	shape map[string]*entschema.Column
	rule  func(v values) []*problem.Problem
}

type point struct {
	to              Kind
	needed, isFixed bool
}

var editables = map[Kind]editable{
	KindOrganisation: {table: "organisations", what: "organisation", subject: "organisation"},
	KindService: {table: "services", what: "service", subject: "service", rule: ruleOfService,
		points: map[string]point{"organisation_id": {to: KindOrganisation, needed: true}}},
	KindLocation: {table: "locations", what: "location", subject: "location", rule: ruleOfLocation},
	KindPlace: {table: "service_at_locations", what: "place of a service", subject: "service_at_location",
		points: map[string]point{"service_id": {to: KindService, needed: true, isFixed: true}, "location_id": {to: KindLocation, needed: true}}},
	KindSchedule: {table: "schedules", what: "schedule", subject: "schedule", rule: ruleOfSchedule,
		points: map[string]point{"service_id": {to: KindService, needed: true, isFixed: true}, "service_at_location_id": {to: KindPlace}}},
}

func init() {
	for kind, of := range editables {
		of.columns, of.shape = map[string]column{}, map[string]*entschema.Column{}
		for _, t := range tables {
			for _, c := range t.columns {
				if t.name == of.table && c.value == "" && c.name != whenModified && c.name != "assured_date" {
					of.columns[c.name] = c
				}
			}
		}
		for _, t := range migrate.Tables {
			for _, c := range t.Columns {
				if t.Name == of.table {
					of.shape[c.Name] = c
				}
			}
		}
		of.columns[hiddenField] = column{name: hiddenField, kind: "text", empty: "'PUBLIC'"}
		editables[kind] = of
	}
}

func editableOf(kind Kind) (editable, error) {
	of, known := editables[kind]
	if !known {
		return editable{}, problem.Field("kind", "There is no %q in a catalogue.", kind)
	}
	return of, nil
}

// blank is a record of which nothing is said.
func (of editable) blank() map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for name := range of.columns {
		all[name] = encoded(nil)
	}
	return all
}

// values are a record's as they will be.
type values map[string]json.RawMessage

func (v values) text(column string) (s string) { return decoded[string](v[column]) }

func (v values) number(column string) *float64 { return decoded[*float64](v[column]) }

func (v values) list(column string) []any { return decoded[[]any](v[column]) }

// decoded reads a value of which the type was checked.
func decoded[T any](raw json.RawMessage) (v T) {
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, &v)
	}
	return v
}

// checked gives changes as they are saved. First of all, whatever they point to must be there; then all that a person can mend is
// said at once.
func (d *Directory) checked(ctx context.Context, hub uuid.UUID, of editable, row *held, c Changes) (map[string]json.RawMessage, error) {
	news := map[string]json.RawMessage{}
	var wrong []error
	refuse := func(p *problem.Problem) { wrong = append(wrong, p) }
	for _, name := range slices.Sorted(maps.Keys(c)) {
		raw, err := json.Marshal(c[name])
		if err != nil {
			return nil, fmt.Errorf("a change of %s: %w", name, err)
		}
		column, plain := of.columns[name]
		to, points := of.points[name]
		switch {
		case points:
			service := decoded[string](row.values["service_id"])
			if row.added {
				service = decoded[string](encoded(c["service_id"]))
			}
			p, err := d.points(ctx, hub, name, to, raw, service)
			if err != nil {
				return nil, err
			}
			if p == nil && to.isFixed && !row.added {
				if !same(raw, row.values[name]) {
					refuse(problem.Field(fieldName(name), "It stays with the service that it was made for. Add another one there."))
				}
				continue
			}
			if p != nil {
				refuse(p)
			}
			news[name] = raw
		case name == needsField && row.kind == KindService:
			news[name], err = d.checkNeeds(ctx, hub, raw)
			if p := (*problem.Problem)(nil); errors.As(err, &p) {
				refuse(p)
			} else if err != nil {
				return nil, err
			}
		case plain:
			value, p := of.value(column, raw)
			if p != nil {
				if !same(raw, row.values[name]) { // what its source got wrong is not the editor's to mend
					refuse(p)
				}
				continue
			}
			news[name] = value
		default:
			return nil, fmt.Errorf("the %s of a %s is not staff's to change", name, row.kind)
		}
	}
	if row.added {
		for name, to := range of.points {
			if _, given := c[name]; to.needed && !given {
				refuse(problem.Field(fieldName(name), "Say which %s it belongs to.", editables[to.to].what))
			}
		}
		for name, column := range of.columns {
			if _, given := c[name]; given {
				continue
			}
			if value, p := of.value(column, encoded(nil)); p != nil {
				refuse(p)
			} else if !isNull(value) {
				news[name] = value
			}
		}
	}
	changes := row.added
	for name, value := range news {
		changes = changes || !same(value, row.values[name])
	}
	if of.rule != nil && changes {
		after := values(maps.Clone(row.values))
		maps.Copy(after, news)
		for _, p := range of.rule(after) {
			refuse(p)
		}
	}
	if len(wrong) > 0 {
		slices.SortStableFunc(wrong, func(a, b error) int { return strings.Compare(fieldOf(a), fieldOf(b)) })
		return nil, errors.Join(wrong...)
	}
	return news, nil
}

func fieldOf(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Field
	}
	return ""
}

// points checks that a record is there to be pointed to, and says what is wrong with a time's place that is another service's.
func (d *Directory) points(ctx context.Context, hub uuid.UUID, name string, to point, raw json.RawMessage, service string) (*problem.Problem, error) {
	of := editables[to.to]
	if isNull(raw) {
		if to.needed {
			return problem.Field(fieldName(name), "Say which %s it belongs to.", of.what), nil
		}
		return nil, nil
	}
	id, err := uuid.Parse(decoded[string](raw))
	if err != nil {
		return nil, problem.Missing(of.what)
	}
	ofService := "''"
	if to.to == KindPlace {
		ofService = "service_id::text"
	}
	found, err := store.Collect(ctx, d.store, pgx.RowTo[string], "select "+ofService+" from "+of.table+" where hub_id = $1 and id = $2", hub, id)
	if err != nil {
		return nil, fmt.Errorf("look for a %s: %w", of.what, err)
	}
	if len(found) == 0 {
		return nil, problem.Missing(of.what)
	}
	if to.to == KindPlace && found[0] != service {
		return problem.Field(fieldName(name), "That place is another service's. Choose one of this service."), nil
	}
	return nil, nil
}

func (d *Directory) checkNeeds(ctx context.Context, hub uuid.UUID, raw json.RawMessage) (json.RawMessage, error) {
	wanted := decoded[[]string](raw)
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	if len(wanted) > 50 {
		return nil, problem.Field(needsField, "A service meets at most 50 needs.")
	}
	known, err := store.Collect(ctx, d.store, pgx.RowTo[string], "select code from needs where hub_id = $1 and code = any ($2)", hub, wanted)
	if err != nil {
		return nil, fmt.Errorf("look for needs: %w", err)
	}
	for _, code := range wanted {
		if !slices.Contains(known, code) {
			return nil, problem.Field(needsField, "The hub has no need %q. Choose from its list.", code)
		}
	}
	return encoded(slices.Clip(append([]string{}, wanted...))), nil
}

// standing: what is offered stands on what is offered, and what others stand on is not taken away.
func (d *Directory) standing(ctx context.Context, hub uuid.UUID, of editable, row *held, news map[string]json.RawMessage) error {
	retired, given := news[retiredField]
	if !given {
		return nil
	}
	if isNull(retired) {
		for name, to := range of.points {
			if isNull(row.values[name]) {
				continue
			}
			found, err := store.Collect(ctx, d.store, pgx.RowTo[bool], "select retired_at is not null from "+editables[to.to].table+" where hub_id = $1 and id = $2 for share",
				hub, decoded[uuid.UUID](row.values[name]))
			if err != nil {
				return fmt.Errorf("look at what a %s belongs to: %w", row.kind, err)
			}
			if len(found) == 1 && found[0] {
				return problem.New(problem.Conflict, "Its %s is no longer offered. Bring that back first.", editables[to.to].what)
			}
		}
		return nil
	}
	var inUse string
	for _, r := range retiring {
		if r.table == of.table && r.inUse != "false" {
			inUse = r.inUse
		}
	}
	if inUse == "" {
		return nil
	}
	found, err := store.Collect(ctx, d.store, pgx.RowTo[bool], "select "+inUse+" from "+of.table+" x where x.hub_id = $1 and x.id = $2", hub, row.id)
	if err != nil {
		return fmt.Errorf("look at what stands on a %s: %w", row.kind, err)
	}
	if found[0] {
		return problem.New(problem.Conflict, "There are services on offer that have this %s. Retire them, or move them, first.", of.what)
	}
	return nil
}

// value is one field's new value as it is saved, or what is wrong with it.
func (of editable) value(c column, raw json.RawMessage) (json.RawMessage, *problem.Problem) {
	field := fieldName(c.name)
	wrong := func(format string, args ...any) (json.RawMessage, *problem.Problem) {
		return nil, problem.Field(field, format, args...)
	}
	shape := of.shape[c.name]
	switch c.kind {
	case "text":
		var s string
		if !isNull(raw) && json.Unmarshal(raw, &s) != nil {
			return wrong("This must be text.")
		}
		s = strings.TrimSpace(storable(s))
		if s == "" && c.empty != "" {
			s = strings.Trim(c.empty, "'")
		}
		if s == "" {
			if c.empty == "" && !shape.Nullable {
				return wrong("Give it a name.") // nothing else must be filled in
			}
			if shape.Nullable {
				return encoded(nil), nil
			}
			return encoded(s), nil
		}
		if len(shape.Enums) > 0 {
			if !slices.Contains(shape.Enums, s) {
				return wrong("Choose one of %s.", strings.Join(shape.Enums, ", "))
			}
			return encoded(s), nil
		}
		if most := int(shape.Size); most > 0 && utf8.RuneCountInString(s) > most {
			return wrong("This is kept up to %d characters; there are %d.", most, utf8.RuneCountInString(s))
		}
		if check := texts[c.name]; check != nil {
			kept, message := check(s)
			if message != "" {
				return wrong("%s", message)
			}
			s = kept
		}
		return encoded(s), nil
	case "date":
		s := decoded[string](raw)
		if isNull(raw) || s == "" {
			return encoded(nil), nil
		}
		if !isDay(s) {
			return wrong("This is not a day of the calendar.")
		}
		return encoded(s), nil
	case "int":
		if isNull(raw) {
			return json.RawMessage(whenEmpty(c)), nil
		}
		var n int
		if json.Unmarshal(raw, &n) != nil {
			return wrong("This must be a whole number.")
		}
		return encoded(n), nil
	case "float8":
		var n *float64
		if json.Unmarshal(raw, &n) != nil {
			return wrong("This must be a number.")
		}
		return encoded(n), nil
	case "boolean":
		if isNull(raw) {
			return json.RawMessage(whenEmpty(c)), nil
		}
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			return wrong("This must be yes or no.")
		}
		return encoded(b), nil
	}
	if isNull(raw) {
		return encoded(nil), nil
	}
	kept, message := lists[c.name](raw)
	if message != "" {
		return wrong("%s", message)
	}
	if len(kept) > 32<<10 {
		return wrong("This is too much to be kept. Shorten it.")
	}
	if same(kept, nil) {
		return encoded(nil), nil
	}
	return kept, nil
}

// whenEmpty is what a column holds where nothing is said, as JSON.
func whenEmpty(c column) string {
	if c.empty == "" {
		return "null"
	}
	return c.empty
}

func isDay(s string) bool {
	at, err := time.Parse(time.DateOnly, s)
	return err == nil && at.Year() > 1900 && at.Year() < 2200
}

var (
	clockTime = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	weekday   = regexp.MustCompile(`^(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$`)
)

// texts give a text as it is kept, or what is wrong with it.
var texts = map[string]func(s string) (kept, message string){
	"email": func(s string) (string, string) { return s, emailMessage(s) },
	"url":   func(s string) (string, string) { return s, linkMessage(s) },
	"phone": func(s string) (string, string) {
		if digits := len(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })); digits == 0 {
			return s, "This is not a telephone number, such as 0151 496 0000."
		}
		return s, ""
	},
	"postcode": func(s string) (string, string) {
		kept, ok := openreferral.Postcode(s)
		if !ok {
			return s, "This is not a UK postcode. Write it as in L4 4AA."
		}
		return kept, ""
	},
	"opens_at":  clockText,
	"closes_at": clockText,
}

func clockText(s string) (string, string) {
	if !clockTime.MatchString(s) {
		return s, "Write the time as on a 24-hour clock, such as 09:30."
	}
	return s, ""
}

func emailMessage(s string) string {
	if at, err := mail.ParseAddress(s); err != nil || at.Address != s {
		return "This is not an e-mail address, such as name@example.org."
	}
	return ""
}

func linkMessage(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsFunc(s, unicode.IsSpace) {
		return "Write the whole web address, such as https://www.example.org."
	}
	return ""
}

// lists give a list as it is kept, or what is wrong with it.
var lists = map[string]func(raw json.RawMessage) (kept json.RawMessage, message string){
	"languages":     shortTexts(50, 100, "languages"),
	"accessibility": shortTexts(50, 200, "features"),
	"by_day": eachOf(7*6, func(s *string) string {
		if !weekday.MatchString(*s) {
			return "Choose days of the week."
		}
		return ""
	}),
	"by_month_day": eachOf(31, func(n *int) string {
		if *n == 0 || *n < -31 || *n > 31 {
			return "A day of the month is from 1 to 31."
		}
		return ""
	}),
	"excluded_dates": someDays, "extra_dates": someDays,
	"identifiers": eachOf(10, func(i *schema.OrganisationIdentifier) string {
		if i.Identifier == "" || tooLong(200, i.Scheme, i.Type, i.Identifier) {
			return "Give each identifier, in up to 200 characters."
		}
		return ""
	}),
	"contacts": eachOf(20, func(c *schema.Contact) string {
		switch {
		case tooLong(200, append([]string{c.Name, c.Title}, c.Phones...)...) || len(c.Phones) > 5:
			return "A contact's name, title and up to 5 telephone numbers have up to 200 characters each."
		case c.Email != "" && emailMessage(c.Email) != "":
			return "A contact's e-mail address is not one, such as name@example.org."
		case c.Name+c.Title+c.Email+strings.Join(c.Phones, "") == "":
			return "Say something of each contact, or remove it."
		}
		return ""
	}),
	"cost_options": eachOf(30, func(c *schema.CostOption) string {
		switch {
		case tooLong(500, c.Option, c.AmountDescription) || tooLong(3, c.Currency):
			return "What a price is for has up to 500 characters."
		case c.Amount != nil && (*c.Amount < 0 || *c.Amount > 1e6):
			return "A price is from 0 to 1,000,000."
		case c.ValidFrom != "" && !isDay(c.ValidFrom) || c.ValidTo != "" && !isDay(c.ValidTo):
			return "A price holds from a day to a day."
		case c.Amount == nil && c.Option+c.AmountDescription == "":
			return "Say something of each price, or remove it."
		}
		return ""
	}),
	"funding": eachOf(50, func(f *schema.Funding) string {
		if f.Source == "" || tooLong(5000, f.Source) {
			return "Say who pays, in up to 5000 characters."
		}
		return ""
	}),
	"service_areas": eachOf(50, func(a *schema.ServiceArea) string {
		switch {
		case tooLong(500, a.Name, a.Description, a.URI):
			return "An area is named in up to 500 characters."
		case a.Name+a.Description+a.URI == "":
			return "Name each area, or remove it."
		}
		return ""
	}),
}

func tooLong(most int, all ...string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return utf8.RuneCountInString(s) > most })
}

// eachOf reads a list of at most so many, each of which is checked.
func eachOf[T any](most int, check func(*T) string) func(json.RawMessage) (json.RawMessage, string) {
	return func(raw json.RawMessage) (json.RawMessage, string) {
		var all []T
		if json.Unmarshal([]byte(storable(string(raw))), &all) != nil {
			return nil, "This must be a list."
		}
		if len(all) > most {
			return nil, fmt.Sprintf("There may be %d at most.", most)
		}
		for i := range all {
			if message := check(&all[i]); message != "" {
				return nil, message
			}
		}
		return encoded(all), ""
	}
}

// shortTexts reads a list of texts, each once.
func shortTexts(most, long int, what string) func(json.RawMessage) (json.RawMessage, string) {
	read := eachOf(most, func(s *string) string {
		*s = strings.TrimSpace(*s)
		if *s == "" || tooLong(long, *s) {
			return fmt.Sprintf("The %s have up to %d characters each, and none is empty.", what, long)
		}
		return ""
	})
	return func(raw json.RawMessage) (json.RawMessage, string) {
		kept, message := read(raw)
		if message != "" {
			return nil, message
		}
		var once []string
		for _, s := range decoded[[]string](kept) {
			if !slices.Contains(once, s) {
				once = append(once, s)
			}
		}
		return encoded(once), ""
	}
}

// someDays reads days, in order and each once.
func someDays(raw json.RawMessage) (json.RawMessage, string) {
	kept, message := eachOf(100, func(s *string) string {
		if !isDay(*s) {
			return "Write each day as on a calendar, such as 2026-12-25."
		}
		return ""
	})(raw)
	if message != "" {
		return nil, message
	}
	days := decoded[[]string](kept)
	slices.Sort(days)
	return encoded(slices.Compact(days)), ""
}

func ruleOfService(v values) (wrong []*problem.Problem) {
	least, most := v.number("minimum_age"), v.number("maximum_age")
	for field, age := range map[string]*float64{"minimumAge": least, "maximumAge": most} {
		if age != nil && (*age < 0 || *age > 150) {
			wrong = append(wrong, problem.Field(field, "An age is from 0 to 150 years."))
		}
	}
	if least != nil && most != nil && *least > *most {
		wrong = append(wrong, problem.Field("maximumAge", "The maximum age is below the minimum."))
	}
	return wrong
}

func ruleOfLocation(v values) (wrong []*problem.Problem) {
	latitude, longitude := v.number("latitude"), v.number("longitude")
	switch {
	case (latitude == nil) != (longitude == nil):
		field := "latitude"
		if longitude == nil {
			field = "longitude"
		}
		wrong = append(wrong, problem.Field(field, "Give both latitude and longitude, or neither."))
	case latitude != nil:
		if *latitude < -90 || *latitude > 90 {
			wrong = append(wrong, problem.Field("latitude", "A latitude is from -90 to 90; that of Liverpool is 53.4."))
		}
		if *longitude < -180 || *longitude > 180 {
			wrong = append(wrong, problem.Field("longitude", "A longitude is from -180 to 180; that of Liverpool is -3.0."))
		}
	}
	if v.text("name")+v.text("address")+v.text("postcode") == "" {
		wrong = append(wrong, problem.Field("name", "Name the place, or give its address."))
	}
	return wrong
}

func ruleOfSchedule(v values) (wrong []*problem.Problem) {
	refuse := func(field, message string) { wrong = append(wrong, problem.Field(field, "%s", message)) }
	starts, every := v.text("dtstart"), v.number("interval")
	if every != nil && (*every < 1 || *every > 100) {
		refuse("interval", "Every how many weeks or months: from 1 to 100.")
	}
	days, dates := len(v.list("by_day")), len(v.list("by_month_day"))
	switch v.text("freq") {
	case "":
		if starts == "" && len(v.list("extra_dates")) == 0 && v.text("description") == "" {
			refuse("dtstart", "Say on which day it is, or how often it repeats, or describe it in words.")
		}
	case "WEEKLY":
		if starts == "" && days == 0 {
			refuse("byDay", "Choose the days of the week.")
		}
	case "MONTHLY":
		if starts == "" && days+dates == 0 {
			refuse("byDay", "Say on which day of the month.")
		}
	case "YEARLY":
		if starts == "" {
			refuse("dtstart", "Say on which day of the year it is first.")
		}
	}
	if every != nil && *every > 1 && starts == "" {
		refuse("dtstart", "Say from which day on, so that the weeks or months between can be counted.")
	}
	for _, bounds := range [][2]string{{"dtstart", "until"}, {"valid_from", "valid_to"}} {
		if from, to := v.text(bounds[0]), v.text(bounds[1]); from != "" && to != "" && to < from {
			refuse(fieldName(bounds[1]), "The last day is before the first.")
		}
	}
	if v.text("opens_at") == "" && v.text("closes_at") != "" {
		refuse("opensAt", "Say when it begins.")
	}
	return wrong
}

// fieldName is what the API calls a column.
func fieldName(column string) string {
	parts := strings.Split(column, "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

func columnName(field string) string {
	var b strings.Builder
	for _, r := range field {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
