package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"liferooms.io/liferooms/internal/problem"
)

// Line tidies one line that somebody typed: composed form (NFC), one space between words, none around. It refuses what
// cannot be seen but changes how text reads: control characters and marks of direction. Emoji, and the joiners that
// they and some scripts need, may stay. At most max bytes of UTF-8.
func Line(field, label, s string, max int) (string, error) {
	s = strings.Join(strings.FieldsFunc(norm.NFC.String(s), blank), " ")
	return s, check(field, label, s, max, "")
}

// Block tidies text of several lines: composed form, line breaks as \n, no blanks around. What Line refuses, it refuses.
func Block(field, label, s string, max int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n"))
	return s, check(field, label, s, max, "\n\t")
}

func check(field, label, s string, max int, allowed string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
		return problem.Field(field, "%s holds a character that was damaged on the way here. Type it again.", label)
	}
	for _, r := range s {
		if (unicode.IsControl(r) || directional(r)) && !strings.ContainsRune(allowed, r) {
			return problem.Field(field, "%s holds a character that cannot be seen, perhaps from where it was copied. Delete it and type it by hand.", label)
		}
	}
	if len(s) > max {
		return problem.Field(field, "%s is too long: at most %d letters.", label, max)
	}
	return nil
}

// blank is white space on one line; a line break is a control character that Line refuses.
func blank(r rune) bool { return r == ' ' || unicode.Is(unicode.Zs, r) || r == '\t' }

// directional reports whether r steers the direction of text (Unicode UAX 9) or separates lines and paragraphs.
func directional(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
