package directory

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"liferooms.io/liferooms/ent"
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
}

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

	key paging.Key
}

// The bounds of a query.
const (
	maxWords  = 200     // characters; what is longer is cut
	maxMetres = 200_000 // wider than any trust
	maxNeeds  = 100
)

// order is what a list of services is sorted by: rank (negated), distance, folded name, id.
var order = []paging.Kind{paging.Number, paging.Number, paging.Text, paging.ID}

// Search finds services that run: the best match first, then the nearest, then by name. Retired services and those that are
// not ACTIVE are not found. Where no service has the words, those with a name spelt alike are found.
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
			b.WriteString("search_services(").Args(arguments...).WriteString(") AS found")
		}))
		s.Where(sql.P(func(b *sql.Builder) { b.Ident(s.C("id")).WriteString(" = found.service_id") }))
		s.AppendSelectExprAs(sql.Raw("found.standing"), "found_standing")
		s.AppendSelectExprAs(sql.Raw("found.distance"), "found_distance")
		s.AppendSelectExprAs(sql.Raw("found.sort_name"), "found_name")
		s.OrderExpr(sql.Raw("found.standing, found.distance, found.sort_name, found.service_id"))
	})
	services, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("search the catalogue: %w", err)
	}
	hits := make([]*Hit, len(services))
	for i, service := range services {
		if hits[i], err = hitOf(service, q.Near != nil); err != nil {
			return nil, err
		}
	}
	return paging.New(page, hits, func(h *Hit) paging.Key { return h.key }), nil
}

func hitOf(service *ent.Service, near bool) (*Hit, error) {
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
	if near {
		metres := int(math.Round(distance))
		hit.DistanceMetres = &metres
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

// Arguments are those of search_services between the hub and the page.
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
	var free any
	if q.Free != nil {
		free = *q.Free
	}
	needs := make([]string, len(q.Needs)) // never null, which would be no filter at all
	for i, code := range q.Needs {
		needs[i] = storable(code)
	}
	var filter any
	if len(needs) > 0 {
		filter = needs
	}
	words, head, last := splitWords(q.Text)
	return []any{words, head, last, filter, day, latitude, longitude, metres, free}, nil
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
