package compile

import (
	"strings"
)

// text is SQL for a piece of JSON: literals and expressions of type text, put together by ||. None of them is ever null.
type text struct {
	sql     strings.Builder
	literal []byte // not yet written
}

// lit appends JSON as it stands.
func (t *text) lit(json string) { t.literal = append(t.literal, json...) }

// expr appends an expression of type text that is not null.
func (t *text) expr(sql ...string) {
	t.flush()
	t.and()
	for _, s := range sql {
		t.sql.WriteString(s)
	}
}

func (t *text) and() {
	if t.sql.Len() > 0 {
		t.sql.WriteString(" || ")
	}
}

func (t *text) flush() {
	if len(t.literal) == 0 {
		return
	}
	t.and()
	writeQuoted(&t.sql, string(t.literal))
	t.literal = t.literal[:0]
}

func (t *text) String() string {
	t.flush()
	if t.sql.Len() == 0 {
		return "''"
	}
	return t.sql.String()
}

// writeQuoted writes a literal of SQL. Only what the compiler itself made comes here: JSON's own signs, names of the
// API, aliases (whose letters the GraphQL grammar bounds), and marks.
func writeQuoted(b *strings.Builder, s string) {
	if strings.ContainsAny(s, "\x01\x02\x03") {
		b.WriteByte('E')
	}
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'':
			b.WriteString("''")
		case mark:
			b.WriteString(`\x01`)
		case endMark:
			b.WriteString(`\x02`)
		case between:
			b.WriteString(`\x03`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
}
