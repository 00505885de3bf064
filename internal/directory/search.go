package directory

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
)

// Query says which services are wanted. All that is given must hold; the zero Query wants every service that runs.
type Query struct {
	// Text is words as somebody types them: the last may be unfinished, "quotes" keep words together, -word excludes.
	Text string
	// Needs are codes of needs, of which a service meets at least one.
	Needs []string
	// Day is a day of the week on which the service is on; nil: any.
	Day *time.Weekday
	// Near bounds the distance to the nearest of the service's places.
	Near *Near
	// Free true: free of charge; false: not said to be free.
	Free *bool
	// From and To bound the hours, as "15:04": on at some time from From and before To, or at From where both are the same.
	// They hold for the Day, or for any. Empty: no bound.
	From, To string
	// Age is in years: the service's bounds of age fit it; bounds that are not known do.
	Age *int
	// Languages are names or codes of languages, of which the service is in any. One that says no language is in English.
	Languages []string
	// Accessibility is what one of its places has, all of it.
	Accessibility []AccessibilityKind
	// Capacity true: known to have places; false: not known to have any.
	Capacity *bool

	// Today is the day at the hub; where it is zero Postgres finds it out.
	Today time.Time
	// Explained asks for the reasons of each hit.
	Explained bool
}

// AccessibilityKind is something that a place has for getting in and around. Postgres reads it off what the place says of
// itself: access_of in the migrations.
type AccessibilityKind string

// The kinds of accessibility.
const (
	StepFree         AccessibilityKind = "STEP_FREE"
	AccessibleToilet AccessibilityKind = "ACCESSIBLE_TOILET"
	HearingLoop      AccessibilityKind = "HEARING_LOOP"
	Parking          AccessibilityKind = "PARKING"
	Lift             AccessibilityKind = "LIFT"
	SignLanguage     AccessibilityKind = "SIGN_LANGUAGE"
	QuietSpace       AccessibilityKind = "QUIET_SPACE"
)

// Near is a circle. Latitude and longitude are in degrees (WGS 84).
type Near struct {
	Latitude, Longitude float64
	Metres              int
}

// Hit is a service that was found.
type Hit struct {
	Service *ent.Service
	// DistanceMetres is to the nearest of its places; nil where no point was asked for.
	DistanceMetres *int
	// Corrected are the words that were looked for, where they are others than those asked for.
	Corrected *string
	// Reasons say why it was found, where the Query is to be Explained.
	Reasons []string

	key paging.Key
}

// The bounds of a query.
const (
	maxWords  = 200     // characters; what is longer is cut
	maxMetres = 200_000 // wider than any trust
	maxNeeds  = 100
	maxSpoken = 20
	maxAge    = 130
)

// order is what a list of services is sorted by: rank (negated), distance, folded name, id.
var order = []paging.Kind{paging.Number, paging.Number, paging.Text, paging.ID}

// Search finds services that run: the best match first, then the nearest, then by name. Retired services and those that are
// not ACTIVE are not found. Where no service has the words, those that have them put right are found, or with a name spelt
// alike. docs/search.md says it all.
//
// It is one statement; load says what else comes with the services, each a further one (nil: nothing). The page's size
// and cursor are checked as by paging.Forward.
func (d *Directory) Search(ctx context.Context, q Query, first *int, after *string, load func(*ent.ServiceQuery)) (*paging.Connection[*Hit], error) {
	hub, err := hubOf(ctx)
	if err != nil {
		return nil, err
	}
	page, err := paging.Forward(first, after, order...)
	if err != nil {
		return nil, err
	}
	arguments, err := q.Arguments()
	if err != nil {
		return nil, err
	}
	arguments = append([]any{hub.ID}, arguments...)
	if page.From != nil {
		arguments = append(arguments, page.From...)
	} else {
		arguments = append(arguments, nil, nil, nil, nil)
	}
	arguments = append(arguments, page.Limit())

	query := d.store.Client(ctx).Service.Query()
	if load != nil {
		load(query)
	}
	query.Modify(func(s *sql.Selector) {
		// The words are matched inside a function with its own predicate of the hub: under row-level security @@ cannot be
		// answered by an index. The function refuses a hub that is not the viewer's.
		s.AppendFromExpr(sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("find_services(").Args(arguments...).WriteString(") AS found")
		}))
		s.Where(sql.P(func(b *sql.Builder) { b.Ident(s.C("id")).WriteString(" = found.service_id") }))
		s.AppendSelectExprAs(sql.Raw("found.standing"), "found_standing")
		s.AppendSelectExprAs(sql.Raw("found.distance"), "found_distance")
		s.AppendSelectExprAs(sql.Raw("found.sort_name"), "found_name")
		s.AppendSelectExprAs(sql.Raw("found.corrected"), "found_corrected")
		if q.Explained {
			s.AppendSelectExprAs(factsOf(hub.ID, s.C("id"), arguments), "found_facts")
		}
		s.OrderExpr(sql.Raw("found.standing, found.distance, found.sort_name, found.service_id"))
	})
	services, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("search the catalogue: %w", err)
	}
	hits := make([]*Hit, len(services))
	for i, service := range services {
		if hits[i], err = hitOf(service, q); err != nil {
			return nil, err
		}
	}
	return paging.New(page, hits, func(h *Hit) paging.Key { return h.key }), nil
}

func hitOf(service *ent.Service, q Query) (*Hit, error) {
	standing, err := valueOf[float64](service, "found_standing")
	if err != nil {
		return nil, err
	}
	distance, err := valueOf[float64](service, "found_distance")
	if err != nil {
		return nil, err
	}
	name, err := valueOf[string](service, "found_name")
	if err != nil {
		return nil, err
	}
	hit := &Hit{Service: service, key: paging.Key{standing, distance, name, service.ID}}
	if corrected, err := service.Value("found_corrected"); err == nil && corrected != nil {
		words, err := valueOf[string](service, "found_corrected")
		if err != nil {
			return nil, err
		}
		hit.Corrected = &words
	}
	if q.Near != nil {
		metres := int(math.Round(distance))
		hit.DistanceMetres = &metres
	}
	if q.Explained {
		text, err := valueOf[string](service, "found_facts")
		if err != nil {
			return nil, err
		}
		facts, err := ReadFacts([]byte(text))
		if err != nil {
			return nil, err
		}
		hit.Reasons = facts.Reasons()
	}
	return hit, nil
}

func valueOf[T any](service *ent.Service, column string) (T, error) {
	value, err := service.Value(column)
	if err != nil {
		return *new(T), fmt.Errorf("search the catalogue: %w", err)
	}
	typed, ok := value.(T)
	if !ok {
		return typed, fmt.Errorf("search the catalogue: %s is a %T", column, value)
	}
	return typed, nil
}

// Arguments are those of find_services between the hub and the page.
func (q Query) Arguments() ([]any, error) {
	if len(q.Needs) > maxNeeds {
		return nil, problem.Field("filter.needs", "Choose at most %d needs.", maxNeeds)
	}
	var day any
	if q.Day != nil {
		if *q.Day < time.Sunday || *q.Day > time.Saturday {
			return nil, problem.Field("filter.day", "There is no such day of the week.")
		}
		day = dayCodes[*q.Day]
	}
	from, err := hourOf("filter.from", q.From)
	if err != nil {
		return nil, err
	}
	to, err := hourOf("filter.to", q.To)
	if err != nil {
		return nil, err
	}
	if from != nil && to != nil && q.From > q.To {
		return nil, problem.Field("filter.to", "The hours end before they begin. Choose a later end.")
	}
	var latitude, longitude, metres any
	if n := q.Near; n != nil {
		switch {
		case !(n.Latitude >= -90 && n.Latitude <= 90):
			return nil, problem.Field("filter.near.latitude", "A latitude lies from -90 to 90 degrees.")
		case !(n.Longitude >= -180 && n.Longitude <= 180):
			return nil, problem.Field("filter.near.longitude", "A longitude lies from -180 to 180 degrees.")
		case n.Metres < 1 || n.Metres > maxMetres:
			return nil, problem.Field("filter.near.metres", "Ask for a distance from 1 to %d metres.", maxMetres)
		}
		latitude, longitude, metres = n.Latitude, n.Longitude, float64(n.Metres)
	}
	age, err := ageOf(q.Age)
	if err != nil {
		return nil, err
	}
	spoken, err := formsOf(q.Languages)
	if err != nil {
		return nil, err
	}
	access, err := kindsOf(q.Accessibility)
	if err != nil {
		return nil, err
	}
	var needs any
	if len(q.Needs) > 0 {
		codes := make([]string, 0, len(q.Needs)) // each once: what is met is counted
		for _, code := range q.Needs {
			if code = storable(code); !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
		needs = codes
	}
	var today any
	if !q.Today.IsZero() {
		today = q.Today
	}
	words, head, last := splitWords(q.Text)
	return []any{words, head, last, needs, day, from, to, latitude, longitude, metres, orNull(q.Free), age, spoken, access, orNull(q.Capacity), today}, nil
}

// factsOf is service_facts of a row of find_services. Arguments are those of Query.Arguments after the hub.
func factsOf(hub uuid.UUID, service string, arguments []any) sql.Querier {
	words, head, last, needs, day, from, to, metres := arguments[1], arguments[2], arguments[3], arguments[4], arguments[5], arguments[6], arguments[7], arguments[10]
	age, spoken, access := arguments[12], arguments[13], arguments[14]
	return sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("service_facts(").Arg(hub).Comma().WriteString(service).Comma().Args(words, head, last).WriteString(", found.corrected, ").
			Args(needs, day, from, to).WriteString(", case when ").Arg(metres).WriteString("::float8 is not null then found.distance end, ").
			Args(age, spoken, access).WriteString(", found.today)::text")
	})
}

// orNull is what a pointer points to.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// hourOf checks an hour such as "09:30"; nil: none.
func hourOf(field, hour string) (any, error) {
	if hour == "" {
		return nil, nil
	}
	if _, _, ok := openreferral.TimeOfDay(hour).Clock(); !ok || len(hour) != len("15:04") {
		return nil, problem.Field(field, "Write the time as in 09:30.")
	}
	return hour, nil
}

func ageOf(age *int) (any, error) {
	if age != nil && (*age < 0 || *age > maxAge) {
		return nil, problem.Field("filter.age", "Give an age from 0 to %d years.", maxAge)
	}
	return orNull(age), nil
}

// formsOf are the ways to write any of the languages; nil: none is asked for.
func formsOf(spoken []string) (any, error) {
	if len(spoken) == 0 {
		return nil, nil
	}
	if len(spoken) > maxSpoken {
		return nil, problem.Field("filter.languages", "Choose at most %d languages.", maxSpoken)
	}
	var forms []string
	for _, l := range spoken {
		if utf8.RuneCountInString(l) > 100 {
			return nil, problem.Field("filter.languages", "That is no language. Give its name, such as Polish, or its code, pl.")
		}
		forms = append(forms, languageForms(l)...)
	}
	return forms, nil
}

// kindsOf are the kinds as Postgres knows them, each once; nil: none is asked for.
func kindsOf(asked []AccessibilityKind) (any, error) {
	var kinds []string
	for _, kind := range asked {
		if accessInWords[kind] == "" {
			return nil, problem.Field("filter.accessibility", "There is no such kind of accessibility.")
		}
		if !slices.Contains(kinds, string(kind)) {
			kinds = append(kinds, string(kind))
		}
	}
	if kinds == nil {
		return nil, nil
	}
	return kinds, nil
}

// storable removes what Postgres cannot take as text.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}

// splitWords gives the words to look for; and, where the last may be unfinished, what stands before it and it alone.
// Text without a letter or digit looks for nothing.
func splitWords(text string) (words, head, last string) {
	words = strings.TrimSpace(storable(text))
	if !strings.ContainsFunc(words, wordly) {
		return "", "", ""
	}
	cut := false
	if runes := []rune(words); len(runes) > maxWords {
		words, cut = string(runes[:maxWords]), true
	}
	last = words
	if at := strings.LastIndexFunc(words, func(r rune) bool { return !wordly(r) }); at >= 0 {
		_, size := utf8.DecodeRuneInString(words[at:])
		head, last = words[:at+size], words[at+size:]
	}
	excluded := head == "-" || strings.HasSuffix(head, " -")
	quoted := strings.Count(head, `"`)%2 == 1
	if cut || excluded || quoted || utf8.RuneCountInString(last) < 2 {
		return words, "", ""
	}
	return words, head, last
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
