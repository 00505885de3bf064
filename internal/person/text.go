package person

import (
	"net/mail"
	"regexp"
	"strings"
	"time"

	"liferooms.io/liferooms/internal/problem"
)

// earliestBirth is before anybody alive was born; an earlier year is a slip of the finger.
var earliestBirth = time.Date(1900, time.January, 1, 0, 0, 0, 0, time.UTC)

func checkBirth(born, today time.Time) error {
	switch {
	case born.After(today):
		return problem.Field("dateOfBirth", "The date of birth is in the future. Check the year.")
	case born.Before(earliestBirth):
		return problem.Field("dateOfBirth", "The date of birth is before 1900. Check the year.")
	}
	return nil
}

var (
	phoneShape    = regexp.MustCompile(`^\+?[\d\s().-]+$`)
	notDigits     = regexp.MustCompile(`\D`)
	postcodeShape = regexp.MustCompile(`^([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})$`)
)

// Phone normalises a telephone number, so that it is found however it is typed: digits only, a British number from its
// 0, any other with its + and country.
func Phone(s string) (string, error) {
	digits := notDigits.ReplaceAllString(s, "")
	if !phoneShape.MatchString(s) || len(digits) < 6 || len(digits) > 15 {
		return "", problem.Field("phone", "The phone number must have 6 to 15 digits, such as 0151 496 0000 or +353 1 496 0000.")
	}
	abroad := strings.HasPrefix(strings.TrimSpace(s), "+")
	if rest, cut := strings.CutPrefix(digits, "00"); cut {
		digits, abroad = rest, true
	}
	if !abroad {
		return digits, nil
	}
	if rest, british := strings.CutPrefix(digits, "44"); british {
		return "0" + strings.TrimPrefix(rest, "0"), nil // +44 (0)151 is written too
	}
	return "+" + digits, nil
}

// Postcode normalises a British postcode: capitals, and a space before the last three.
func Postcode(s string) (string, error) {
	m := postcodeShape.FindStringSubmatch(strings.ToUpper(s))
	if m == nil {
		return "", problem.Field("postcode", "This is not a whole postcode, such as L9 1AA. Leave it empty where it is not known.")
	}
	return m[1] + " " + m[2], nil
}

func checkEmail(s string) error {
	at, err := mail.ParseAddress(s)
	if err != nil || at.Address != s {
		return problem.Field("email", "This is not an e-mail address, such as name@example.org.")
	}
	return nil
}
