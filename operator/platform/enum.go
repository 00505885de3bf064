package platform

import (
	"strings"
	"unicode"
)

// Enum is a word of the resources, such as VolunteerLead, as the API writes it: VOLUNTEER_LEAD.
func Enum[T ~string](word string) T {
	var b strings.Builder
	for i, r := range word {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return T(b.String())
}
