package plainpage

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed messages/*.json
var messageFiles embed.FS

// Locale is the interface in one language.
type Locale struct {
	Code  string
	Tag   language.Tag
	texts map[string]message
}

// message is a text, or its plural forms by their names in CLDR.
type message struct {
	text  string
	forms map[string]string
}

func (m *message) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		return json.Unmarshal(b, &m.forms)
	}
	return json.Unmarshal(b, &m.text)
}

// Locales are the languages of an interface, the one that is spoken where nobody asks for another first.
type Locales []*Locale

var codes = []string{"en", "cy", "pl"}

var matcher = func() language.Matcher {
	var tags []language.Tag
	for _, code := range codes {
		tags = append(tags, language.MustParse(code))
	}
	return language.NewMatcher(tags)
}()

// Languages reads the messages of a package, and beside them those that all pages have.
func Languages(messages fs.FS) Locales {
	var all Locales
	for _, code := range codes {
		l := &Locale{Code: code, Tag: language.MustParse(code)}
		for _, from := range []fs.FS{messageFiles, messages} {
			if err := json.Unmarshal([]byte(read(from, "messages/"+code+".json")), &l.texts); err != nil {
				panic(fmt.Sprintf("messages/%s.json: %v", code, err)) // it is embedded: a test would have met it
			}
		}
		all = append(all, l)
	}
	return all
}

// Of is the language that the address asks for, else the one that the browser prefers.
func (all Locales) Of(r *http.Request) (l *Locale, asked bool) {
	code := r.URL.Query().Get("lang")
	if i := slices.Index(codes, code); i >= 0 {
		return all[i], true
	}
	// A header of many languages is cut: the first ones count.
	accepted := r.Header.Get("Accept-Language")
	_, i := language.MatchStrings(matcher, accepted[:min(len(accepted), 200)])
	return all[i], false
}

// T is the text with a key, with values by their names put in, as in T(key, "n", 0.8). A text with plural forms takes that of n.
func (l *Locale) T(key string, values ...any) string {
	m, known := l.texts[key]
	if !known {
		return key // a test finds keys that are missing
	}
	text := m.text
	replacements := make([]string, 0, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		name, value := fmt.Sprint(values[i]), values[i+1]
		if name == "n" && m.forms != nil {
			text = m.forms[l.form(value)]
		}
		replacements = append(replacements, "{"+name+"}", l.number(value))
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

// Has reports whether there is a text with a key.
func (l *Locale) Has(key string) bool {
	_, known := l.texts[key]
	return known
}

// number writes a number as the language does, and everything else as it is.
func (l *Locale) number(value any) string {
	if f, fraction := value.(float64); fraction {
		return strings.Replace(strconv.FormatFloat(f, 'f', -1, 64), ".", l.texts["decimal"].text, 1)
	}
	return fmt.Sprint(value)
}

var formNames = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
}

// form is the plural form of a number of at most one decimal place.
func (l *Locale) form(value any) string {
	switch n := value.(type) {
	case int:
		return formNames[plural.Cardinal.MatchPlural(l.Tag, n, 0, 0, 0, 0)]
	case float64:
		tenths := int(math.Round(n * 10))
		if tenths%10 == 0 {
			return l.form(tenths / 10)
		}
		return formNames[plural.Cardinal.MatchPlural(l.Tag, tenths/10, 1, 1, tenths%10, tenths%10)]
	}
	return "other"
}

// Weekday is the name of a day of the week.
func (l *Locale) Weekday(d time.Weekday) string {
	return strings.ReplaceAll(strings.Fields(l.texts["weekdays"].text)[d], "_", " ")
}

// Day is a day without its year: "Thursday 26 November".
func (l *Locale) Day(t time.Time) string {
	return l.T("date", "weekday", l.Weekday(t.Weekday()), "day", t.Day(), "month", l.month(t))
}

// Date is a day with its year and without its name.
func (l *Locale) Date(t time.Time) string {
	return l.T("date.year", "day", t.Day(), "month", l.month(t), "year", t.Year())
}

func (l *Locale) month(t time.Time) string {
	return strings.Fields(l.texts["months"].text)[t.Month()-1]
}

// Clock is from when to when something is.
func (l *Locale) Clock(start, end time.Time, allDay bool) string {
	switch {
	case allDay:
		return l.T("allday")
	case end.IsZero():
		return start.Format("15:04")
	}
	return l.T("from.to", "from", start.Format("15:04"), "to", end.Format("15:04"))
}
