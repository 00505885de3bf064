package person

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
)

// maxSearch bounds what is searched for, in characters; maxWords in words.
const (
	maxSearch = 200
	maxWords  = 6
)

// terms is what a search text asks for.
type terms struct {
	words   []string   // of names
	born    *time.Time // a date of birth
	numbers []string   // phone, NHS or member numbers, capitals and digits only
}

func (t terms) none() bool { return len(t.words) == 0 && t.born == nil && len(t.numbers) == 0 }

var (
	isoDate     = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b`)
	britishDate = regexp.MustCompile(`\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b`)
	wordyDate   = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?\s+(\d{4})\b`)
	longNumber  = regexp.MustCompile(`\+?\(?\d[\d\s().-]{3,}\d`)
	memberShape = regexp.MustCompile(`(?i)\b[a-z]{0,4}\d+\b`)
	months      = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// parse reads what somebody typed: dates, then numbers, then words of names.
func parse(text string) terms {
	var t terms
	take := func(shape *regexp.Regexp, use func(m []string) bool) {
		text = shape.ReplaceAllStringFunc(text, func(s string) string {
			if use(shape.FindStringSubmatch(s)) {
				return " "
			}
			return s
		})
	}
	date := func(year, month, day string) bool {
		born, err := time.Parse("2006-1-2", year+"-"+strings.TrimLeft(month, "0")+"-"+strings.TrimLeft(day, "0"))
		if err != nil || t.born != nil {
			return false
		}
		t.born = &born
		return true
	}
	take(isoDate, func(m []string) bool { return date(m[1], m[2], m[3]) })
	take(britishDate, func(m []string) bool { return date(m[3], m[2], m[1]) })
	take(wordyDate, func(m []string) bool {
		return date(m[3], strconv.Itoa(1+slices.Index(months, strings.ToLower(m[2]))), m[1])
	})
	take(longNumber, func(m []string) bool {
		if len(t.numbers) == maxWords {
			return false
		}
		number := notDigits.ReplaceAllString(m[0], "")
		if phone, err := Phone(m[0]); err == nil {
			number = strings.TrimPrefix(phone, "+")
		}
		t.numbers = append(t.numbers, number)
		return true
	})
	take(memberShape, func(m []string) bool {
		if len(t.numbers) == maxWords {
			return false
		}
		t.numbers = append(t.numbers, strings.ToUpper(m[0]))
		return true
	})
	t.words = words(text)
	return t
}

// words are the words of names in text, in small letters, without what a pattern or a quote would read as its own.
func words(text string) []string {
	all := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
	})
	for i, w := range all {
		all[i] = strings.ReplaceAll(w, "’", "'")
	}
	return all[:min(len(all), maxWords)]
}

// Match is somebody found, and how well: the lower the rank the better.
type Match struct {
	ID   uuid.UUID
	Rank float64
	// Named is how much of the names agrees, from 0 to 1; Born and Numbered whether those do.
	Named          float64
	Born, Numbered bool
}

// Key is a match's place in the order of a search.
func (m Match) Key() paging.Key { return paging.Key{m.Rank, m.ID} }

// SearchKinds are the kinds of values of a Match's Key.
var SearchKinds = []paging.Kind{paging.Number, paging.ID}

// Search finds people by what somebody typed, best match first: names (any of them, by their beginnings, forgiving of
// spelling), a date of birth, a phone, NHS or member number, or several of these together. Fewer than two letters or
// digits find nobody.
func (r *Registry) Search(ctx context.Context, text string, page paging.Args) ([]Match, error) {
	t, err := searchTerms(text)
	if err != nil || t.none() {
		return nil, err
	}
	return r.matches(ctx, t, nearBest, page)
}

// searchTerms reads what somebody typed; none where it is too little to look for.
func searchTerms(text string) (terms, error) {
	if len(text) > maxSearch*4 || len([]rune(text)) > maxSearch {
		return terms{}, problem.New(problem.BadUserInput, "Search for at most %d characters.", maxSearch)
	}
	significant := 0
	for _, c := range text {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			significant++
		}
	}
	if significant < 2 {
		return terms{}, nil
	}
	return parse(strings.ToValidUTF8(text, " ")), nil
}

// SearchArguments are those of person_matches for what Search looks for: words, a date of birth, numbers, how near to the
// best; and whether there is anything to look for.
func SearchArguments(text string) ([]any, error) {
	t, err := searchTerms(text)
	return append(t.arguments(), nearBest, !t.none()), err
}

func (t terms) arguments() []any {
	// Never null, which would find nobody.
	return []any{append([]string{}, t.words...), t.born, append([]string{}, t.numbers...)}
}

// nearBest is how near to the best match's score another must be to be shown: two people called Sean with an M are
// worth a look, a third Sean is not.
const nearBest = 0.75

// matches asks Postgres; keep says how near to the best a match must be, from 0 (all) to 1.
func (r *Registry) matches(ctx context.Context, t terms, keep float64, page paging.Args) ([]Match, error) {
	var rank *float64
	var after *uuid.UUID
	if page.From != nil {
		from, id := page.From[0].(float64), page.From[1].(uuid.UUID)
		rank, after = &from, &id
	}
	a := t.arguments()
	found, err := store.Collect(ctx, r.store, pgx.RowToStructByPos[Match],
		`select id, rank, named, born, numbered from person_matches($1, $2, $3, $4, $5, $6, $7, $8)`,
		hubOf(ctx), a[0], a[1], a[2], keep, rank, after, page.Limit())
	if err != nil {
		return nil, fmt.Errorf("search people: %w", err)
	}
	return found, nil
}

const (
	// MaxDuplicates bounds the list of those who may be the same.
	MaxDuplicates = 10
	// DuplicateCandidates is how many matches are looked at for them.
	DuplicateCandidates = 5*MaxDuplicates + 1
	// DuplicateSQL says of found, a row of person_matches, whether they may be the same; @born is the date of birth asked for.
	DuplicateSQL = `(found.numbered or found.named >= 0.7 and @born is null or found.named >= 0.4 and found.born or found.named >= 0.95)`
)

// Duplicates finds people who may be the one described, best match first: the same NHS or phone number, or names that
// agree and no date of birth that says otherwise.
func (r *Registry) Duplicates(ctx context.Context, d Details) ([]Match, error) {
	t := duplicateTerms(d)
	if t.none() {
		return nil, nil
	}
	found, err := r.matches(ctx, t, 0, paging.Args{Size: DuplicateCandidates - 1})
	if err != nil {
		return nil, err
	}
	alike := slices.DeleteFunc(found, func(m Match) bool { // as DuplicateSQL
		same := m.Numbered || m.Named >= 0.7 && t.born == nil || m.Named >= 0.4 && m.Born || m.Named >= 0.95
		return !same
	})
	return alike[:min(len(alike), MaxDuplicates)], nil
}

// DuplicateArguments are those of person_matches for what Duplicates looks for: words, a date of birth, numbers; and
// whether there is anything to look for.
func DuplicateArguments(d Details) []any {
	t := duplicateTerms(d)
	return append(t.arguments(), !t.none())
}

func duplicateTerms(d Details) terms {
	var t terms
	for _, c := range []Change[*string]{d.GivenName, d.PreferredName, d.FamilyName} {
		if c.Set && c.Value != nil {
			t.words = append(t.words, words(*c.Value)...)
		}
	}
	t.words = t.words[:min(len(t.words), maxWords)]
	if d.DateOfBirth.Set {
		t.born = d.DateOfBirth.Value
	}
	if d.Phone.Set && d.Phone.Value != nil {
		if phone, err := Phone(*d.Phone.Value); err == nil {
			t.numbers = append(t.numbers, strings.TrimPrefix(phone, "+"))
		}
	}
	if d.NHSNumber.Set && d.NHSNumber.Value != nil {
		if nhs, ok := NHSNumber(*d.NHSNumber.Value); ok {
			t.numbers = append(t.numbers, nhs)
		}
	}
	return t
}
