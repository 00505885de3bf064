package partner

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"liferooms.io/liferooms/ent/service"
)

// Kind is a kind of record of the catalogue.
type Kind string

// The kinds of records that partners correct.
const (
	Organisation Kind = "organisation"
	Service      Kind = "service"
	Schedule     Kind = "schedule"
)

// table is where records of a kind are.
func (k Kind) table() string { return string(k) + "s" }

// Shape is what a field's text must look like.
type Shape int

// The shapes of fields.
const (
	Line Shape = iota + 1
	Text
	Email
	Phone
	Web
	Age
	List
	YesNo
)

// Field is a field that partners correct. Here it is a text, whatever it is in the database: what a partner writes into a
// form, and what a manager compares.
type Field struct {
	// Name is the column's, or a name of its own where it is no plain column.
	Name     string
	Of       Kind
	Shape    Shape
	Max      int // bytes
	Required bool
}

// Offered is the field by which a partner says that it no longer offers a service. It is in no form.
const Offered = "offered"

// Fields are all that partners correct, in the order of the form.
var Fields = []Field{
	{Name: "name", Of: Organisation, Shape: Line, Max: 200, Required: true},
	{Name: "description", Of: Organisation, Shape: Text, Max: 20000},
	{Name: "phone", Of: Organisation, Shape: Phone, Max: 60},
	{Name: "email", Of: Organisation, Shape: Email, Max: 320},
	{Name: "url", Of: Organisation, Shape: Web, Max: 1000},

	{Name: "name", Of: Service, Shape: Line, Max: 200, Required: true},
	{Name: "description", Of: Service, Shape: Text, Max: 20000},
	{Name: "eligibility_description", Of: Service, Shape: Text, Max: 20000},
	{Name: "minimum_age", Of: Service, Shape: Age, Max: 3},
	{Name: "maximum_age", Of: Service, Shape: Age, Max: 3},
	{Name: "free", Of: Service, Shape: YesNo, Max: 3},
	{Name: "fees_description", Of: Service, Shape: Text, Max: 5000},
	{Name: "application_process", Of: Service, Shape: Text, Max: 5000},
	{Name: "phone", Of: Service, Shape: Phone, Max: 60},
	{Name: "email", Of: Service, Shape: Email, Max: 320},
	{Name: "url", Of: Service, Shape: Web, Max: 1000},
	{Name: "languages", Of: Service, Shape: List, Max: 2000},
	{Name: Offered, Of: Service, Shape: YesNo, Max: 3},

	{Name: "description", Of: Schedule, Shape: Line, Max: 2000},
}

// FieldsOf are those of a kind of record.
func FieldsOf(k Kind) []Field {
	return slices.DeleteFunc(slices.Clone(Fields), func(f Field) bool { return f.Of != k })
}

func fieldOf(k Kind, name string) (Field, bool) {
	i := slices.IndexFunc(Fields, func(f Field) bool { return f.Of == k && f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return Fields[i], true
}

// sql is the field as a text, of a row by its alias.
func (f Field) sql(row string) string {
	column := row + "." + f.Name
	switch {
	case f.Name == Offered:
		return "case when " + row + ".status = 'DEFUNCT' then 'no' else 'yes' end"
	case f.Shape == YesNo:
		return "case when " + column + " then 'yes' else 'no' end"
	case f.Shape == Age:
		return "coalesce(" + column + "::text, '')"
	case f.Shape == List:
		return "coalesce((select string_agg(one, ', ' order by n) from jsonb_array_elements_text(case jsonb_typeof(" + column + ") when 'array' then " + column +
			" else '[]' end) with ordinality listed(one, n)), '')"
	}
	return "coalesce(" + column + ", '')"
}

// textsSQL is a JSON object of all fields of a kind, of a row by its alias.
func textsSQL(k Kind, row string) string {
	var pairs []string
	for _, f := range FieldsOf(k) {
		pairs = append(pairs, "'"+f.Name+"', "+f.sql(row))
	}
	return "jsonb_build_object(" + strings.Join(pairs, ", ") + ")"
}

// NowSQL is what the entry says now of the field that a change is about, as SQL over @row, the change, and @hub; null where
// the record is gone.
var NowSQL = func() string {
	of := func(k Kind, id string) string {
		var cases strings.Builder
		for _, f := range FieldsOf(k) {
			fmt.Fprintf(&cases, " when '%s' then %s", f.Name, f.sql("x"))
		}
		return fmt.Sprintf("(select case @row.field%s end from %s x where x.hub_id = @hub and x.id = @row.%s)", cases.String(), k.table(), id)
	}
	return "case when @row.schedule_id is not null then " + of(Schedule, "schedule_id") +
		" when @row.service_id is not null then " + of(Service, "service_id") + " else " + of(Organisation, "organisation_id") + " end"
}()

// read makes the field's text of what somebody wrote, so that what says the same is the same.
func (f Field) read(written string) string {
	written = strings.ToValidUTF8(strings.ReplaceAll(written, "\r\n", "\n"), "")
	written = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, written)
	switch f.Shape {
	case Text:
		return strings.TrimSpace(written)
	case List:
		return strings.Join(listed(written), ", ")
	}
	return strings.Join(strings.Fields(written), " ")
}

func listed(written string) []string {
	var all []string
	for _, one := range strings.FieldsFunc(written, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if one = strings.Join(strings.Fields(one), " "); one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// Fault is what is wrong with a text that somebody wrote into a field.
type Fault string

// The faults of texts.
const (
	Empty         Fault = "empty"
	TooLong       Fault = "long"
	NoEmail       Fault = "email"
	NoWebsite     Fault = "web"
	NoAge         Fault = "age"
	NoYesNo       Fault = "choice"
	TooMany       Fault = "list"
	BelowYoungest Fault = "order" // of the oldest age
)

// MaxAge is the greatest age that a field takes, in years.
const MaxAge = 130

// check says what is wrong with a text that read made; nothing where nothing is.
func (f Field) check(text string) Fault {
	switch {
	case f.Required && text == "":
		return Empty
	case len(text) > f.Max && f.Shape != Age && f.Shape != YesNo:
		return TooLong
	case text == "":
		return ""
	}
	switch f.Shape {
	case Email:
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return NoEmail
		}
	case Web:
		if u, err := url.Parse(text); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return NoWebsite
		}
	case Age:
		if n, err := strconv.Atoi(text); err != nil || n < 0 || n > MaxAge {
			return NoAge
		}
	case YesNo:
		if text != "yes" && text != "no" {
			return NoYesNo
		}
	case List:
		if slices.ContainsFunc(listed(text), func(one string) bool { return len(one) > 100 }) || len(listed(text)) > 50 {
			return TooMany
		}
	}
	return ""
}

// column is the field's column with the value that its text means.
func (f Field) column(text string) (name string, value any) {
	switch {
	case f.Name == Offered && text == "no":
		return "status", string(service.StatusDefunct)
	case f.Name == Offered:
		return "status", string(service.StatusActive)
	case f.Shape == YesNo:
		return f.Name, text == "yes"
	case f.Shape == List:
		return f.Name, append([]string{}, listed(text)...)
	case f.Shape == Age && text == "":
		return f.Name, nil
	case f.Shape == Age:
		n, _ := strconv.Atoi(text) // check let it pass
		return f.Name, n
	case text == "" && slices.Contains([]Shape{Email, Phone, Web}, f.Shape):
		return f.Name, nil
	}
	return f.Name, text
}
