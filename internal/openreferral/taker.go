package openreferral

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// object is a JSON object as it was decoded, numbers as json.Number.
type object = map[string]any

// The bounds of lists within one record, and of its notes.
const (
	maxList  = 200
	maxNotes = 50
)

// taker takes the fields of one object, cleans them and notes what it changed.
type taker struct {
	fields object
	path   string
	notes  *[]Note
}

func newTaker(fields object) taker { return taker{fields: fields, notes: new([]Note)} }

func (t taker) note(key, message string) {
	if message == "" {
		return
	}
	switch n := len(*t.notes); {
	case n < maxNotes:
		*t.notes = append(*t.notes, Note{t.path + key, message})
	case n == maxNotes:
		*t.notes = append(*t.notes, Note{"record", "there is more to note, which is left out here"})
	}
}

// raw answers a field's text. Numbers count as texts: exports write numbers and codes either way.
func (t taker) raw(key string) string {
	switch value := t.fields[key].(type) {
	case nil:
		return ""
	case string:
		return value
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	t.note(key, "left out: a text belongs here")
	return ""
}

func (t taker) line(key string, most int) string {
	s, changes := cleanLine(t.raw(key), most)
	t.note(key, strings.Join(changes, "; "))
	return s
}

func (t taker) text(key string, most int) string {
	s, changes := cleanText(t.raw(key), most)
	t.note(key, strings.Join(changes, "; "))
	return s
}

func (t taker) url(key string) string     { return cleaned(t, key, cleanURL) }
func (t taker) email(key string) string   { return cleaned(t, key, cleanEmail) }
func (t taker) date(key string) Date      { return cleaned(t, key, cleanDate) }
func (t taker) time(key string) TimeOfDay { return cleaned(t, key, cleanTimeOfDay) }
func (t taker) instant(key string) string { return cleaned(t, key, cleanInstant) }

func cleaned[T any](t taker, key string, clean func(string) (T, string)) T {
	value, note := clean(t.raw(key))
	t.note(key, note)
	return value
}

// id answers an id as it stands: one that were cut or cleaned could become another record's.
func (t taker) id(key string) string {
	id := strings.TrimSpace(t.raw(key))
	if id == "" {
		return ""
	}
	if len(id) > MaxID || strings.ContainsFunc(id, func(c rune) bool { return c == unicode.ReplacementChar || !unicode.IsGraphic(c) }) {
		t.note(key, fmt.Sprintf("left out: an id has at most %d bytes and no control characters", MaxID))
		return ""
	}
	return id
}

func (t taker) number(key string) *float64 {
	text := strings.TrimSpace(t.raw(key))
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		t.note(key, "left out: a number belongs here")
		return nil
	}
	return &n
}

// whole answers a whole number from least to most, or 0.
func (t taker) whole(key string, least, most int) int {
	if strings.TrimSpace(t.raw(key)) == "" {
		return 0
	}
	n, ok := wholeNumber(t.fields[key])
	if !ok || n < least || n > most {
		t.note(key, fmt.Sprintf("left out: a whole number from %d to %d belongs here", least, most))
		return 0
	}
	return n
}

func wholeNumber(value any) (int, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(fmt.Sprint(value)), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1e12 {
		return 0, false
	}
	return int(n), true
}

func (t taker) age(key string) *int {
	n := t.number(key)
	if n == nil {
		return nil
	}
	if *n < 0 || *n > 130 {
		t.note(key, "left out: an age lies from 0 to 130")
		return nil
	}
	years := int(*n)
	if float64(years) != *n {
		t.note(key, "rounded down to whole years")
	}
	return &years
}

// choice answers one of the allowed words, whatever its case.
func choice[T ~string](t taker, key string, allowed ...T) T {
	word := strings.ToLower(t.line(key, MaxLine))
	if word == "" {
		return ""
	}
	for _, one := range allowed {
		if strings.ToLower(string(one)) == word {
			return one
		}
	}
	t.note(key, fmt.Sprintf("left out: it is none of %q", allowed))
	return ""
}

// one answers the object in a field, where there is one.
func (t taker) one(key string) (taker, bool) {
	switch value := t.fields[key].(type) {
	case nil:
	case object:
		return taker{value, t.path + key + ".", t.notes}, true
	default:
		t.note(key, "left out: an object belongs here")
	}
	return taker{}, false
}

// list takes each object in a field's list for which take answers true.
func list[T any](t taker, key string, take func(taker) (T, bool)) []T {
	values, ok := t.fields[key].([]any)
	if !ok {
		if t.fields[key] != nil {
			t.note(key, "left out: a list belongs here")
		}
		return nil
	}
	if len(values) > maxList {
		t.note(key, fmt.Sprintf("cut to the first %d of %d", maxList, len(values)))
		values = values[:maxList]
	}
	var taken []T
	for i, value := range values {
		path := fmt.Sprintf("%s%s[%d].", t.path, key, i)
		fields, ok := value.(object)
		if !ok {
			t.note(strings.TrimSuffix(strings.TrimPrefix(path, t.path), "."), "left out: an object belongs here")
			continue
		}
		if item, ok := take(taker{fields, path, t.notes}); ok {
			taken = append(taken, item)
		}
	}
	return taken
}

// derivedID makes an id of what a record is known by, where its source gives none.
func derivedID(parts ...string) string {
	var words []string
	for _, part := range parts {
		words = append(words, strings.FieldsFunc(strings.ToLower(part), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })...)
	}
	id := strings.Join(words, "-")
	for len(id) > MaxID {
		_, id, _ = strings.Cut(id, "-") // the end tells more apart: postcodes, numbers
		if !strings.Contains(id, "-") {
			id = strings.ToValidUTF8(id[:min(len(id), MaxID)], "")
		}
	}
	return id
}
