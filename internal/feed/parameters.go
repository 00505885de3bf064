package feed

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/problem"
)

// The bounds of a page, in records. The standard names none.
const (
	defaultSize = 50
	maxSize     = directory.MaxPublicPage
	maxNumber   = 50_000
)

// pageAt says which page is wanted.
type pageAt struct{ number, size int }

func (p pageAt) skip() int { return (p.number - 1) * p.size }

// parameters reads the parameters of a request. The first that cannot be used is told of; those that the standard does not
// know are passed over.
type parameters struct {
	values url.Values
	err    error
}

func (p *parameters) refuse(name, format string, args ...any) {
	if p.err == nil {
		p.err = problem.Field(name, format, args...)
	}
}

func (p *parameters) text(name string) string {
	all := p.values[name]
	if len(all) > 1 {
		p.refuse(name, "Give %s once: it is there several times.", name)
	}
	return strings.TrimSpace(p.values.Get(name))
}

// whole reads a number without a fraction; nil where it is not given.
func (p *parameters) whole(name string, least, most int) *int {
	given := p.text(name)
	if given == "" {
		return nil
	}
	n, err := strconv.ParseFloat(given, 64)
	if err != nil || n != math.Trunc(n) || n < float64(least) || n > float64(most) {
		p.refuse(name, "%s is a whole number from %d to %d.", name, least, most)
		return nil
	}
	whole := int(n)
	return &whole
}

func (p *parameters) page() pageAt {
	at := pageAt{1, defaultSize}
	if n := p.whole("page", 1, maxNumber); n != nil {
		at.number = *n
	}
	// More than we give at once is no mistake: the page says how many there are in it, and how many pages.
	if n := p.whole("per_page", 1, math.MaxInt32); n != nil {
		at.size = min(*n, maxSize)
	}
	return at
}

func (p *parameters) id(name string) *uuid.UUID {
	given := p.text(name)
	if given == "" {
		return nil
	}
	id, err := uuid.Parse(given)
	if err != nil {
		p.refuse(name, "%s is an id that this feed gave, such as %s.", name, uuid.Nil)
		return nil
	}
	return &id
}

func (p *parameters) clock(name string) openreferral.TimeOfDay {
	given := p.text(name)
	if given == "" {
		return ""
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, given); err == nil {
			return openreferral.TimeOfDay(t.Format("15:04"))
		}
	}
	p.refuse(name, "%s is a time of day, such as 09:30.", name)
	return ""
}

// day reads a day as a rule has it or by its English name: MO, Monday.
func (p *parameters) day(name string) *time.Weekday {
	given := p.text(name)
	if given == "" {
		return nil
	}
	for day := range time.Weekday(7) {
		if full := day.String(); strings.EqualFold(given, full) || strings.EqualFold(given, full[:2]) || strings.EqualFold(given, full[:3]) {
			return &day
		}
	}
	p.refuse(name, "%s is a day of the week, such as MO or Monday.", name)
	return nil
}

// query reads what both lists of services may be narrowed by.
func (p *parameters) query() directory.PublicQuery {
	return directory.PublicQuery{
		Text: p.text("search"), Term: p.id("taxonomy_term_id"), Taxonomy: p.id("taxonomy_id"),
		MinimumAge: p.whole("minimum_age", 0, 200), MaximumAge: p.whole("maximum_age", 0, 200),
		OpensFrom: p.clock("start_time"), ClosesBy: p.clock("end_time"), Day: p.day("day"),
	}
}

// around reads how far from which postcode; zero metres: as far as may be.
func (p *parameters) around() (postcode string, metres int) {
	postcode = p.text("postcode")
	given := p.text("proximity")
	if given == "" {
		return postcode, 0
	}
	far, err := strconv.ParseFloat(given, 64)
	if err != nil || !(far >= 1 && far <= maxMetres) {
		p.refuse("proximity", "proximity is a number of metres from 1 to %d.", maxMetres)
	}
	if postcode == "" {
		p.refuse("postcode", "Say from where proximity is measured: give a postcode, too.")
	}
	return postcode, int(math.Ceil(far))
}

const maxMetres = 200_000

// slicePage is the part of a whole list that a page shows.
func slicePage[T any](all []T, at pageAt) []T {
	from := min(at.skip(), len(all))
	return slices.Clip(all[from:min(from+at.size, len(all))])
}
