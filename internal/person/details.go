package person

import (
	"errors"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/text"
)

// Change is a value to be set, or nothing to be done.
type Change[T any] struct {
	Set   bool
	Value T
}

// To sets a value.
func To[T any](v T) Change[T] { return Change[T]{Set: true, Value: v} }

// Details are what is written about somebody. Where nothing is set, nothing changes; nil empties.
type Details struct {
	GivenName       Change[*string]
	FamilyName      Change[*string]
	PreferredName   Change[*string]
	Pronouns        Change[*string]
	DateOfBirth     Change[*time.Time]
	Phone           Change[*string]
	Email           Change[*string]
	Postcode        Change[*string]
	NHSNumber       Change[*string]
	GPPractice      Change[*string]
	SafeContact     Change[*person.SafeContact]
	SafeContactNote Change[*string]
}

// AccessNeed is a coded need with a note.
type AccessNeed struct {
	Code accessneed.Code
	Note *string
}

// tidy normalises what is set and says all that is wrong with it, each problem with its field.
func (d *Details) tidy(today time.Time) error {
	line := func(field, label string, c *Change[*string], max int, more ...func(string) (string, error)) error {
		if !c.Set || c.Value == nil {
			return nil
		}
		s, err := text.Line(field, label, *c.Value, max)
		if err != nil {
			return err
		}
		if s == "" {
			c.Value = nil
			return nil
		}
		for _, check := range more {
			if s, err = check(s); err != nil {
				return err
			}
		}
		c.Value = &s
		return nil
	}
	errs := []error{
		line("givenName", "The given name", &d.GivenName, 100),
		line("familyName", "The family name", &d.FamilyName, 100),
		line("preferredName", "The preferred name", &d.PreferredName, 100),
		line("pronouns", "The pronouns", &d.Pronouns, 40),
		line("phone", "The phone number", &d.Phone, 60, Phone),
		line("email", "The e-mail address", &d.Email, 320, func(s string) (string, error) { return s, checkEmail(s) }),
		line("postcode", "The postcode", &d.Postcode, 20, Postcode),
		line("nhsNumber", "The NHS number", &d.NHSNumber, 30, func(s string) (string, error) {
			digits, ok := NHSNumber(s)
			if !ok {
				return "", problem.Field("nhsNumber", "This is not an NHS number: its ten digits do not check. Compare it with the letter or card, or leave it empty.")
			}
			return digits, nil
		}),
		line("gpPractice", "The GP practice", &d.GPPractice, 200),
		line("safeContactNote", "The note on safe contact", &d.SafeContactNote, 300),
	}
	if d.GivenName.Set && d.GivenName.Value == nil && errs[0] == nil {
		errs = append(errs, problem.Field("givenName", "Enter a given name, or whatever they wish to be called."))
	}
	if d.DateOfBirth.Set && d.DateOfBirth.Value != nil {
		errs = append(errs, checkBirth(*d.DateOfBirth.Value, today))
	}
	if d.SafeContact.Set && d.SafeContact.Value == nil {
		errs = append(errs, problem.Field("safeContact", "Say how it is safe to reach them."))
	}
	return errors.Join(errs...)
}

// changed names the fields that d makes different from p.
func (d *Details) changed(p *ent.Person) []string {
	var fields []string
	note(&fields, "given_name", d.GivenName, &p.GivenName)
	note(&fields, "family_name", emptied(d.FamilyName), &p.FamilyName)
	note(&fields, "preferred_name", d.PreferredName, p.PreferredName)
	note(&fields, "pronouns", d.Pronouns, p.Pronouns)
	note(&fields, "phone", d.Phone, p.Phone)
	note(&fields, "email", d.Email, p.Email)
	note(&fields, "postcode", d.Postcode, p.Postcode)
	note(&fields, "nhs_number", d.NHSNumber, p.NhsNumber)
	note(&fields, "gp_practice", d.GPPractice, p.GpPractice)
	note(&fields, "safe_contact", d.SafeContact, &p.SafeContact)
	note(&fields, "safe_contact_note", d.SafeContactNote, p.SafeContactNote)
	if c := d.DateOfBirth; c.Set && !(c.Value == nil && p.DateOfBirth == nil || c.Value != nil && p.DateOfBirth != nil && c.Value.Equal(*p.DateOfBirth)) {
		fields = append(fields, "date_of_birth")
	}
	return fields
}

func note[T comparable](fields *[]string, name string, c Change[*T], was *T) {
	same := c.Value == was || c.Value != nil && was != nil && *c.Value == *was
	if c.Set && !same {
		*fields = append(*fields, name)
	}
}

// emptied turns nil into the empty string, for a column that is never null.
func emptied(c Change[*string]) Change[*string] {
	if c.Set && c.Value == nil {
		return To(new(string))
	}
	return c
}

// apply writes what is set.
func (d *Details) apply(m *ent.PersonMutation) {
	if d.GivenName.Set {
		m.SetGivenName(*d.GivenName.Value)
	}
	if c := emptied(d.FamilyName); c.Set {
		m.SetFamilyName(*c.Value)
	}
	if d.SafeContact.Set {
		m.SetSafeContact(*d.SafeContact.Value)
	}
	write(d.PreferredName, m.SetPreferredName, m.ClearPreferredName)
	write(d.Pronouns, m.SetPronouns, m.ClearPronouns)
	write(d.DateOfBirth, m.SetDateOfBirth, m.ClearDateOfBirth)
	write(d.Phone, m.SetPhone, m.ClearPhone)
	write(d.Email, m.SetEmail, m.ClearEmail)
	write(d.Postcode, m.SetPostcode, m.ClearPostcode)
	write(d.NHSNumber, m.SetNhsNumber, m.ClearNhsNumber)
	write(d.GPPractice, m.SetGpPractice, m.ClearGpPractice)
	write(d.SafeContactNote, m.SetSafeContactNote, m.ClearSafeContactNote)
}

func write[T any](c Change[*T], set func(T), empty func()) {
	switch {
	case c.Set && c.Value != nil:
		set(*c.Value)
	case c.Set:
		empty()
	}
}

// tidyNeeds normalises access needs: each code once, at most one of each.
func tidyNeeds(needs []AccessNeed) ([]AccessNeed, error) {
	seen := map[accessneed.Code]bool{}
	tidied := make([]AccessNeed, 0, len(needs))
	for _, n := range needs {
		if seen[n.Code] {
			return nil, problem.Field("accessNeeds", "The same access need is given twice. Keep one, with both notes in it.")
		}
		seen[n.Code] = true
		if n.Note != nil {
			s, err := text.Line("accessNeeds", "The note on an access need", *n.Note, 300)
			if err != nil {
				return nil, err
			}
			n.Note = &s
			if s == "" {
				n.Note = nil
			}
		}
		tidied = append(tidied, n)
	}
	return tidied, nil
}
