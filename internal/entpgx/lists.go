package entpgx

import (
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// foldLists turns lists of ids, "IN ($3, $4, $5)", into one array, "= ANY($3)". Ent writes a list for each edge that it
// loads, and each length of a list is another statement to Postgres: prepared in a round trip of its own, planned anew,
// and one more entry of the statement cache. An array is the same statement for any number of ids.
//
// Ent numbers its parameters in the order in which they stand, and so does what comes out of this.
func foldLists(query string, args []any) (string, []any) {
	if !strings.Contains(query, " IN ($") {
		return query, args
	}
	var b strings.Builder
	b.Grow(len(query))
	folded := make([]any, 0, len(args))
	for i := 0; i < len(query); {
		switch c := query[i]; {
		case c == '"' || c == '\'': // a name or a text: copied as it is, to its end
			end := strings.IndexByte(query[i+1:], c)
			if end < 0 {
				return query, args
			}
			b.WriteString(query[i : i+end+2])
			i += end + 2
		case c == ' ' && strings.HasPrefix(query[i:], " IN ($") && !strings.HasSuffix(query[:i], " NOT"):
			ids, length := idList(query[i+len(" IN "):], args)
			if len(ids) < 2 { // a list of one is an equation to the planner, which an index can answer in order
				b.WriteByte(c)
				i++
				continue
			}
			folded = append(folded, ids)
			b.WriteString(" = ANY($" + strconv.Itoa(len(folded)) + ")")
			i += len(" IN ") + length
		case c == '$':
			n, length := number(query[i+1:])
			if n < 1 || n > len(args) {
				return query, args
			}
			folded = append(folded, args[n-1])
			b.WriteString("$" + strconv.Itoa(len(folded)))
			i += 1 + length
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String(), folded
}

// idList reads "($3, $4, $5)" and gives the ids that it stands for, with its length in bytes; nil where it is no list of
// parameters, or any of them no id.
func idList(list string, args []any) (ids []pgtype.UUID, length int) {
	at := 1
	for at < len(list) && list[at] == '$' {
		n, digits := number(list[at+1:])
		if n < 1 || n > len(args) {
			return nil, 0
		}
		id, ok := args[n-1].(uuid.UUID)
		if !ok {
			return nil, 0
		}
		ids = append(ids, pgtype.UUID{Bytes: id, Valid: true})
		at += 1 + digits
		switch {
		case strings.HasPrefix(list[at:], ", "):
			at += 2
		case strings.HasPrefix(list[at:], ")"):
			return ids, at + 1
		default:
			return nil, 0
		}
	}
	return nil, 0
}

// number reads the digits at the beginning of s.
func number(s string) (n, length int) {
	for length < len(s) && s[length] >= '0' && s[length] <= '9' && length < 6 {
		n = n*10 + int(s[length]-'0')
		length++
	}
	return n, length
}
