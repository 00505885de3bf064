package directory

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Facts are what there is to say of why a service was found, as service_facts gives it: what was asked for and holds, and
// what helps. Whatever is not known or was not asked for is zero.
type Facts struct {
	// Words are those that were looked for, and In where the service has them: in its "name", the name of its "partner" or
	// its "description"; "alike" where only its name is spelt alike; empty: elsewhere.
	Words string `json:"words"`
	In    string `json:"in"`
	// Needs are the names of the needs asked for that it meets.
	Needs []string `json:"needs"`
	// Metres are to its nearest place.
	Metres *float64 `json:"metres"`
	// On is the first time that it is on as asked.
	On *struct {
		Days   []string `json:"days"` // none: every day
		Opens  string   `json:"opens"`
		Closes string   `json:"closes"`
	} `json:"on"`
	MinimumAge *int                `json:"minimumAge"`
	MaximumAge *int                `json:"maximumAge"`
	Languages  []string            `json:"languages"`
	Access     []AccessibilityKind `json:"access"`
	Free       bool                `json:"free"`
	Places     bool                `json:"places"`
	// AssuredDays is how long ago somebody made sure that all this is true, within the last year.
	AssuredDays *int `json:"assuredDays"`
}

// mostQuoted is how many characters of the words are told again with each service.
const mostQuoted = 60

// ReadFacts reads what service_facts answered.
func ReadFacts(text []byte) (Facts, error) {
	var f Facts
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("read why a service was found: %w", err)
	}
	if words := []rune(f.Words); len(words) > mostQuoted {
		f.Words = strings.TrimSpace(string(words[:mostQuoted])) + "…"
	}
	return f, nil
}

var inWords = map[string]string{
	"name": "matches “%s” in its name", "partner": "matches “%s” in its partner’s name", "description": "matches “%s” in its description",
	"alike": "has a name like “%s”", "": "matches “%s”",
}

var accessInWords = map[AccessibilityKind]string{
	StepFree: "step-free", AccessibleToilet: "accessible toilet", HearingLoop: "hearing loop", Parking: "parking", Lift: "lift",
	SignLanguage: "sign language", QuietSpace: "quiet space",
}

// Reasons says the facts in words, always in the same order: "matches Debt", "0.8 miles", "open Thursday 10:00 to 12:00".
func (f Facts) Reasons() []string {
	reasons := []string{}
	say := func(format string, values ...any) { reasons = append(reasons, fmt.Sprintf(format, values...)) }
	if f.Words != "" {
		say(inWords[f.In], f.Words)
	}
	if len(f.Needs) > 0 {
		say("matches %s", inList(f.Needs))
	}
	if f.Metres != nil {
		say("%s", inMiles(Miles(*f.Metres)))
	}
	if f.On != nil {
		say("%s", f.onInWords())
	}
	switch from, to := f.MinimumAge, f.MaximumAge; {
	case from != nil && to != nil:
		say("for ages %d to %d", *from, *to)
	case from != nil:
		say("for age %d and over", *from)
	case to != nil:
		say("up to age %d", *to)
	}
	if len(f.Languages) > 0 {
		say("in %s", inList(languageNames(f.Languages)))
	}
	for _, kind := range f.Access {
		say("%s", accessInWords[kind])
	}
	if f.Free {
		say("free")
	}
	if f.Places {
		say("has places")
	}
	if f.AssuredDays != nil {
		n, unit := Ago(*f.AssuredDays)
		switch {
		case n == 0:
			say("assured today")
		case n == 1 && unit == "day":
			say("assured yesterday")
		default:
			say("assured %s ago", counted(n, unit))
		}
	}
	return reasons
}

func (f Facts) onInWords() string {
	words := "open every day"
	if days := f.OnDays(); len(days) > 0 {
		names := make([]string, len(days))
		for i, d := range days {
			names[i] = d.String()
		}
		words = "open " + inList(names)
	}
	switch {
	case f.On.Opens == "":
	case f.On.Closes == "":
		words += " from " + f.On.Opens
	default:
		words += " " + f.On.Opens + " to " + f.On.Closes
	}
	return words
}

// OnDays are the days of the week on which it is on as asked; none: every day.
func (f Facts) OnDays() []time.Weekday {
	var days []time.Weekday
	for _, d := range parseDays(f.On.Days) {
		if !slices.Contains(days, d.weekday) {
			days = append(days, d.weekday)
		}
	}
	return days
}

// Ago is how long ago so many days are, as people say it: 0 or 1 "day", 3 "week"s, 5 "month"s.
func Ago(days int) (n int, unit string) {
	switch {
	case days < 14:
		return days, "day"
	case days < 70:
		return days / 7, "week"
	}
	return days / 30, "month"
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

const metresToMile = 1609.344

// Miles are rounded as people say them: to a tenth and not to nothing, above ten to a whole one.
func Miles(metres float64) float64 {
	m := metres / metresToMile
	if m >= 10 {
		return math.Round(m)
	}
	return max(0.1, math.Round(m*10)/10)
}

func inMiles(n float64) string {
	if n == 1 {
		return "1 mile"
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + " miles"
}
