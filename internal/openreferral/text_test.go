package openreferral

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanText(t *testing.T) {
	tests := map[string]struct{ in, want, change string }{
		"plain":            {" Tea & chat, 5 < 6 and I <3 you ", "Tea & chat, 5 < 6 and I <3 you", ""},
		"line ends":        {"one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour", ""},
		"empty lines":      {"one\n\n\n\ntwo  \n", "one\n\ntwo", ""},
		"html":             {"<p>One <b>bold</b> thing</p><ul><li>a</li><li>b</li></ul>", "One bold thing\n\n- a\n- b", "HTML"},
		"script":           {"before<script>alert('x')</script> after", "before after", "HTML"},
		"comment":          {"a<!-- b -->c", "ac", "HTML"},
		"entities":         {"Tea &amp; chat &pound;2", "Tea & chat £2", "HTML"},
		"not entities":     {"?a=1&copy=2", "?a=1&copy=2", ""},
		"escaped tags":     {"&lt;b&gt;bold&lt;/b&gt;", "bold", "HTML"},
		"escaped thrice":   {"&amp;amp;amp;lt;script&amp;amp;amp;gt;", "&lt;script&gt;", "HTML"},
		"like a tag":       {"for <18s> only", "for <18s> only", ""},
		"control":          {"a\x00b\x1bc\td", "abc d", "control"},
		"direction":        {"a\u202etxt.exe\u2066", "atxt.exe", "direction"},
		"invalid":          {"caf\xe9", "caf", "could not be read"},
		"emoji":            {"👩‍👩‍👧 family 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩‍👩‍👧 family 🏴󠁧󠁢󠁥󠁮󠁧󠁿", ""},
		"composed":         {"cafe\u0301", "café", ""},
		"too long":         {strings.Repeat("é", 60), strings.Repeat("é", 50), "cut to 50"},
		"as long as it is": {strings.Repeat("é", 50), strings.Repeat("é", 50), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, changes := cleanText(test.in, 50)
			if name == "html" || name == "escaped thrice" {
				got, changes = cleanText(test.in, 200)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if said := strings.Join(changes, "; "); !strings.Contains(said, test.change) || (test.change == "") != (said == "") {
				t.Errorf("it says %q, want %q in it", said, test.change)
			}
			if !utf8.ValidString(got) {
				t.Error("it is not UTF-8")
			}
		})
	}
}

func TestCleanURL(t *testing.T) {
	tests := map[string]struct {
		in, want string
		noted    bool
	}{
		"good":       {"https://example.org/a?b=c&d", "https://example.org/a?b=c&d", false},
		"empty":      {"", "", false},
		"no scheme":  {"www.example.org", "https://www.example.org", true},
		"script":     {"javascript:alert(1)", "", true},
		"data":       {"data:text/html,x", "", true},
		"credential": {"https://user:pass@example.org", "", true},
		"no host":    {"https:///path", "", true},
		"a word":     {"Facebook", "", true},
		"spaces":     {"https://example.org/a b", "", true},
		"too long":   {"https://example.org/" + strings.Repeat("x", 2000), "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, note := cleanURL(test.in); got != test.want || (note != "") != test.noted {
				t.Errorf("got %q, noted %q", got, note)
			}
		})
	}
}

func TestCleanEmail(t *testing.T) {
	tests := map[string]struct {
		in, want string
		noted    bool
	}{
		"good":    {"hello@example.org", "hello@example.org", false},
		"link":    {"mailto:hello@example.org", "hello@example.org", true},
		"named":   {"Hello <hello@example.org>", "", true},
		"local":   {"hello@localhost", "", true},
		"two":     {"a@example.org, b@example.org", "", true},
		"no at":   {"example.org", "", true},
		"newline": {"a@example.org\nBcc: b@example.org", "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got, note := cleanEmail(test.in); got != test.want || (note != "") != test.noted {
				t.Errorf("got %q, noted %q", got, note)
			}
		})
	}
}

func TestPostcode(t *testing.T) {
	tests := map[string]string{"l44aa": "L4 4AA", " SW1A  1AA ": "SW1A 1AA", "pr8 0zz": "PR8 0ZZ", "ec1n8ba": "EC1N 8BA", "gir 0aa": "GIR 0AA"}
	for in, want := range tests {
		if got, ok := Postcode(in); got != want || !ok {
			t.Errorf("%q gives %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "ABC 1234", "L4", "90210", "L4 4A"} {
		if got, ok := Postcode(in); ok || got != in {
			t.Errorf("%q gives %q, %v", in, got, ok)
		}
	}
}

func TestFieldsAreChecked(t *testing.T) {
	one := func(fields string) Row {
		t.Helper()
		row := mustRead(t, `[{"id":"a","name":"A","organization":{"id":"o","name":"O"},`+fields+`}]`)[0]
		if row.Service == nil {
			t.Fatalf("%s: it was refused: %s", fields, row.Refused)
		}
		return row
	}
	tests := map[string]struct{ fields, field, said string }{
		"age":               {`"minimum_age":-1`, "minimum_age", "from 0 to 130"},
		"age in words":      {`"maximum_age":"old"`, "maximum_age", "a number"},
		"age in a list":     {`"maximum_age":[1]`, "maximum_age", "a text belongs here"},
		"ages crossed":      {`"minimum_age":60,"maximum_age":18`, "minimum_age", "minimum is above"},
		"infinite age":      {`"minimum_age":1e999`, "minimum_age", "a number"},
		"half an age":       {`"minimum_age":0.5`, "minimum_age", "rounded"},
		"status":            {`"status":"perhaps"`, "status", "inactive"},
		"old date":          {`"assured_date":"1890-01-01"`, "assured_date", "1900 to 2150"},
		"far date":          {`"assured_date":"2200-01-01"`, "assured_date", "1900 to 2150"},
		"no such date":      {`"assured_date":"2026-02-30"`, "assured_date", "a date is written"},
		"British date":      {`"assured_date":"31/12/2025"`, "assured_date", "day/month/year"},
		"moment":            {`"last_modified":"yesterday"`, "last_modified", "a moment is written"},
		"null island":       {`"service_at_locations":[{"id":"x","location":{"id":"l","latitude":0,"longitude":0}}]`, "service_at_locations[0].location.latitude", "in the sea"},
		"half a coordinate": {`"service_at_locations":[{"id":"x","location":{"id":"l","latitude":53.4}}]`, "service_at_locations[0].location.latitude", "one of the two"},
		"no such time":      {`"schedules":[{"byday":"MO","freq":"WEEKLY","opens_at":"25:00"}]`, "schedules[0].opens_at", "no such time"},
		"time with offset":  {`"schedules":[{"byday":"MO","freq":"WEEKLY","opens_at":"10:00+01:00"}]`, "schedules[0].opens_at", "offset"},
		"no such day":       {`"schedules":[{"byday":"MO,XX","freq":"WEEKLY"}]`, "schedules[0].byday", "not a day"},
		"secondly":          {`"schedules":[{"byday":"MO","freq":"SECONDLY"}]`, "schedules[0].freq", "left out"},
		"interval":          {`"schedules":[{"byday":"MO","freq":"WEEKLY","interval":0}]`, "schedules[0].interval", "from 1 to 100"},
		"day of the month":  {`"schedules":[{"freq":"MONTHLY","bymonthday":"0,40,1"}]`, "schedules[0].bymonthday", "from 1 to 31"},
		"until":             {`"schedules":[{"freq":"DAILY","dtstart":"2026-01-02","until":"2026-01-01"}]`, "schedules[0].until", "before the start"},
		"phone":             {`"phones":[{"number":"ask at the desk"}]`, "phones[0].number", "no digit"},
		"cost":              {`"cost_options":[{"amount":-1,"option":"x"}]`, "cost_options[0].amount", "from 0"},
		"list":              {`"schedules":"Mondays"`, "schedules", "a list belongs here"},
		"list of texts":     {`"schedules":["Mondays"]`, "schedules[0]", "an object belongs here"},
		"postcode":          {`"service_at_locations":[{"id":"x","location":{"id":"l","addresses":[{"city":"L","postal_code":"ABC"}]}}]`, "service_at_locations[0].location.addresses[0].postal_code", "not a UK postcode"},
		"long name":         {`"alternate_name":"` + strings.Repeat("x", 201) + `"`, "alternate_name", "cut to 200"},
		"many":              {`"languages":[` + strings.Repeat(`{"code":"en"},`, 300) + `{"code":"en"}]`, "languages", "first 200 of 301"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			row := one(test.fields)
			for _, note := range row.Notes {
				if note.Field == test.field && strings.Contains(note.Message, test.said) {
					return
				}
			}
			t.Errorf("the notes are %v, want %q of %s", row.Notes, test.said, test.field)
		})
	}
	if row := one(`"schedules":[` + strings.Repeat(`{"byday":"XX","notes":"x"},`, 150) + `{"notes":"x"}]`); len(row.Notes) != maxNotes+1 {
		t.Errorf("%d notes, want %d", len(row.Notes), maxNotes+1)
	}
	if s := one(`"schedules":[{"byday":"Monday, tues,WE","freq":"weekly","opens_at":"9:30:00"}]`).Service.Schedules[0]; s.ByDay != "MO,TU,WE" || s.Frequency != Weekly || s.OpensAt != "09:30" {
		t.Errorf("the schedule is %+v", s)
	}
}
