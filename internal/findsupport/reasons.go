package findsupport

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/plainpage"
)

// reason is why a service was found, in the reader's language around words of the catalogue's.
type reason struct{ Before, Catalogue, After string }

// reasons say why a service was found. That it is free is shown apart.
func reasons(l *plainpage.Locale, facts directory.Facts) []reason {
	var all []reason
	add := func(key string, values ...any) { all = append(all, reason{Before: l.T(key, values...)}) }
	aged := func(sentence string) { // the service's page says it as one
		first, size := utf8.DecodeRuneInString(sentence)
		all = append(all, reason{Before: string(unicode.ToLower(first)) + strings.TrimSuffix(sentence[size:], ".")})
	}
	if facts.Words != "" {
		switch facts.In {
		case "name":
			add("why.name", "words", facts.Words)
		case "partner":
			add("why.partner", "words", facts.Words)
		case "description":
			add("why.description", "words", facts.Words)
		case "alike":
			add("why.alike", "words", facts.Words)
		default:
			add("why.words", "words", facts.Words)
		}
	}
	if len(facts.Needs) > 0 {
		before, after, _ := strings.Cut(l.T("why.need", "needs", "\x00"), "\x00")
		all = append(all, reason{before, list(l, facts.Needs), after})
	}
	if facts.Metres != nil {
		add("away", "n", directory.Miles(*facts.Metres))
	}
	if facts.On != nil {
		add("why.on", "when", onInWords(l, facts))
	}
	switch from, to := facts.MinimumAge, facts.MaximumAge; {
	case from != nil && to != nil:
		aged(l.T("service.ages", "from", *from, "to", *to))
	case from != nil:
		aged(l.T("service.ages.from", "n", *from))
	case to != nil:
		aged(l.T("service.ages.to", "n", *to))
	}
	if len(facts.Languages) > 0 {
		names := make([]string, len(facts.Languages))
		for i, written := range facts.Languages {
			names[i] = directory.LanguageName(written, l.Tag)
		}
		add("why.language", "languages", list(l, names))
	}
	for _, kind := range facts.Access {
		if kind == directory.StepFree { // the only one that the form has
			add("why.stepfree")
		}
	}
	if facts.Places {
		add("why.places")
	}
	if facts.AssuredDays != nil {
		switch n, unit := directory.Ago(*facts.AssuredDays); {
		case n == 0:
			add("why.checked.today")
		case unit == "day":
			add("why.checked.days", "n", n)
		case unit == "week":
			add("why.checked.weeks", "n", n)
		default:
			add("why.checked.months", "n", n)
		}
	}
	return all
}

func onInWords(l *plainpage.Locale, facts directory.Facts) string {
	words := l.T("why.daily")
	if days := facts.OnDays(); len(days) > 0 {
		names := make([]string, len(days))
		for i, d := range days {
			names[i] = l.Weekday(d)
		}
		words = list(l, names)
	}
	switch {
	case facts.On.Opens == "":
		return words
	case facts.On.Closes == "":
		return words + ", " + facts.On.Opens
	}
	return words + ", " + l.T("from.to", "from", facts.On.Opens, "to", facts.On.Closes)
}

// list says "a, b and c".
func list(l *plainpage.Locale, names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return l.T("list", "first", strings.Join(names[:last], ", "), "last", names[last])
}
