package person

import "strings"

// NHSNumber reads an NHS number as people write it, with or without spaces, and gives its ten digits. It checks the
// check digit: nine digits weighted 10 to 2, eleven less the sum modulo 11, where eleven is 0 and ten is invalid (NHS
// Data Dictionary, NHS NUMBER). Ten equal digits pass that sum, are nobody's, and are refused.
func NHSNumber(s string) (digits string, ok bool) {
	digits = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, s)
	if len(digits) != 10 || strings.Trim(digits, "0123456789") != "" || strings.Count(digits, digits[:1]) == 10 {
		return "", false
	}
	sum := 0
	for i := range 9 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	check := 11 - sum%11
	if check == 11 {
		check = 0
	}
	return digits, check == int(digits[9]-'0')
}
