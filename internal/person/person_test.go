package person_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/paging"
	"liferooms.io/liferooms/internal/person"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func registry(t testing.TB) (*storetest.World, *person.Registry) {
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	return w, person.New(w.Store, log)
}

func text(s string) person.Change[*string] { return person.To(&s) }

func TestNHSNumber(t *testing.T) {
	for _, number := range []string{"", "99900000", "99900000O0", "943 476 5918", "94347659190", "1111111111", "999 999 9999"} {
		if digits, ok := person.NHSNumber(number); ok {
			t.Errorf("%q passes as %q", number, digits)
		}
	}
	valid := 0
	for n := range 1000 {
		for check := range 10 {
			if digits, ok := person.NHSNumber(fmt.Sprintf("999%03d000%d", n, check)); ok {
				valid++
				if !checks(digits) {
					t.Fatalf("%s does not check", digits)
				}
			}
		}
	}
	// Of nine digits, one check digit is right, or none where the sum leaves 10: about one in eleven.
	if valid < 850 || valid > 960 {
		t.Errorf("%d of 1000 have a check digit", valid)
	}
	if digits, ok := person.NHSNumber("943 476 5919"); !ok || digits != "9434765919" {
		t.Error("the NHS Data Dictionary's own example is refused")
	}
}

// checks says the rule another way: all ten digits weighted 10 to 1 come to a multiple of eleven.
func checks(digits string) bool {
	sum := 0
	for i := range 10 {
		sum += int(digits[i]-'0') * (10 - i)
	}
	return sum%11 == 0
}

func TestRegister(t *testing.T) {
	w, r := registry(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	born := time.Date(1980, 3, 12, 0, 0, 0, 0, time.UTC)
	p, err := r.Register(ctx, "1", person.Details{
		GivenName: text("  Zoe\u0308  Ann "), FamilyName: text("O’Brien 🌻"), Phone: text("+44 (0)151 496 0000"), Postcode: text("l9 1aa"),
		NHSNumber: text("943 476 5919"), DateOfBirth: person.To(&born), Email: text("z@example.org"),
	}, []person.AccessNeed{{Code: "BSL_INTERPRETER"}})
	if err != nil {
		t.Fatal(err)
	}
	if p.GivenName != "Zoë Ann" || *p.Phone != "01514960000" || *p.Postcode != "L9 1AA" || *p.NhsNumber != "9434765919" || p.MemberNumber != "M0001" {
		t.Errorf("%v", p)
	}
	if again, err := r.Register(ctx, "1", person.Details{GivenName: text("Zoë")}, nil); err != nil || again.ID != p.ID {
		t.Errorf("sent twice: %v, %v", again, err)
	}
	if next, err := r.Register(w.As(t, w.Walton, viewer.Reception), "1", person.Details{GivenName: text("Another")}, nil); err != nil || next.MemberNumber != "M0002" {
		t.Errorf("somebody else's request of the same name: %v, %v", next, err)
	}
	if n := w.Count(t, `select count(*) from audit_events where action = 'person.registered'`); n != 2 {
		t.Errorf("%d registrations on record", n)
	}
}

func TestRegisterRefuses(t *testing.T) {
	w, r := registry(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	long, early, late := strings.Repeat("a", 101), time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		fields  string
		details person.Details
	}{
		"nothing":           {"givenName", person.Details{}},
		"blanks":            {"givenName", person.Details{GivenName: text(" \u00a0 ")}},
		"a control":         {"givenName", person.Details{GivenName: text("A\x00b")}},
		"a line break":      {"givenName", person.Details{GivenName: text("A\nb")}},
		"a mark":            {"givenName", person.Details{GivenName: text("A\u202eb")}},
		"a long name":       {"familyName", person.Details{GivenName: text("A"), FamilyName: text(long)}},
		"born in 1890":      {"dateOfBirth", person.Details{GivenName: text("A"), DateOfBirth: person.To(&early)}},
		"born in 2200":      {"dateOfBirth", person.Details{GivenName: text("A"), DateOfBirth: person.To(&late)}},
		"a wrong check":     {"nhsNumber", person.Details{GivenName: text("A"), NHSNumber: text("943 476 5918")}},
		"ten equal digits":  {"nhsNumber", person.Details{GivenName: text("A"), NHSNumber: text("999 999 9999")}},
		"no phone":          {"phone", person.Details{GivenName: text("A"), Phone: text("ring me")}},
		"no address":        {"email", person.Details{GivenName: text("A"), Email: text("at home")}},
		"half a postcode":   {"postcode", person.Details{GivenName: text("A"), Postcode: text("L9")}},
		"two wrong at once": {"email postcode", person.Details{GivenName: text("A"), Email: text("x"), Postcode: text("x")}},
	} {
		_, err := r.Register(ctx, name, c.details, nil)
		problems, rest := problem.Correctable(err)
		var fields []string
		for _, p := range problems {
			fields = append(fields, p.Field)
		}
		if rest != nil || strings.Join(fields, " ") != c.fields {
			t.Errorf("%s: %v (%v), not about %s", name, fields, rest, c.fields)
		}
	}
	if n := w.Count(t, `select count(*) from persons`); n != 0 {
		t.Errorf("%d half-saved", n)
	}
}

func TestRegisterAtOnce(t *testing.T) {
	w, r := registry(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	numbers := make([]string, 20)
	errs := make([]error, len(numbers))
	var all sync.WaitGroup
	for i := range numbers {
		all.Go(func() {
			// Each request is sent twice at the same moment.
			p, err := r.Register(ctx, fmt.Sprint(i/2), person.Details{GivenName: text("A")}, nil)
			if errs[i] = err; err == nil {
				numbers[i] = p.MemberNumber
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	distinct := map[string]bool{}
	for i, n := range numbers {
		distinct[n] = true
		if n != numbers[i/2*2] {
			t.Errorf("one request made two people, %s and %s", n, numbers[i/2*2])
		}
	}
	if n := w.Count(t, `select count(*) from persons`); len(distinct) != 10 || n != 10 {
		t.Errorf("%d numbers and %d people, not 10", len(distinct), n)
	}
}

func TestUpdate(t *testing.T) {
	w, r := registry(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	p, err := r.Register(ctx, "1", person.Details{GivenName: text("A"), Phone: text("0151 496 0000")}, []person.AccessNeed{{Code: "BRAILLE"}, {Code: "STEP_FREE"}})
	if err != nil {
		t.Fatal(err)
	}
	changed, err := r.Update(ctx, p.ID, person.Details{FamilyName: text("B"), Phone: person.To[*string](nil), GivenName: text("A")})
	if err != nil || changed.FamilyName != "B" || changed.Phone != nil {
		t.Errorf("%v, %v", changed, err)
	}
	if n := w.Count(t, `select count(*) from audit_events where action = 'person.changed' and fields = '["family_name", "phone"]'`); n != 1 {
		t.Errorf("what changed is on record %d times", n)
	}
	note := "front door"
	if _, err := r.SetAccessNeeds(ctx, p.ID, []person.AccessNeed{{Code: "STEP_FREE", Note: &note}, {Code: "EASY_READ"}}); err != nil {
		t.Error(err)
	}
	if n := w.Count(t, `select count(*) from access_needs where code in ('STEP_FREE', 'EASY_READ')`); n != 2 || w.Count(t, `select count(*) from access_needs`) != 2 {
		t.Errorf("%d access needs", n)
	}
	if _, err := r.Update(w.As(t, w.Southport, viewer.Reception), p.ID, person.Details{GivenName: text("X")}); !problem.Is(err, problem.NotFound) {
		t.Errorf("from another hub: %v", err)
	}
}

func TestSearch(t *testing.T) {
	w, r := registry(t)
	ctx := w.As(t, w.Walton, viewer.Reception)
	add := func(ctx context.Context, id, given, family string, more person.Details) *ent.Person {
		more.GivenName, more.FamilyName = text(given), text(family)
		p, err := r.Register(ctx, id, more, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	born := time.Date(1980, 3, 12, 0, 0, 0, 0, time.UTC)
	murphy := add(ctx, "1", "Sean", "Murphy", person.Details{DateOfBirth: person.To(&born), Phone: text("07700 900123"), NHSNumber: text("943 476 5919")})
	mccarthy := add(ctx, "2", "Seán", "McCarthy", person.Details{})
	kelly := add(ctx, "3", "Sean", "Kelly", person.Details{})
	zoe := add(ctx, "4", "Zoë", "O'Brien", person.Details{PreferredName: text("Bridie")})
	elsewhere := add(w.As(t, w.Southport, viewer.Reception), "1", "Sean", "Mulligan", person.Details{Phone: text("07700 900123"), DateOfBirth: person.To(&born)})
	for search, want := range map[string][]*ent.Person{
		"Sean M":          {murphy, mccarthy},
		"sean mur":        {murphy},
		"Shaun Murphey":   {murphy},
		"murphy, sean":    {murphy},
		"Mccarty":         {mccarthy},
		"bridie":          {zoe},
		"zoe obrien":      {zoe},
		"O’Brien":         {zoe},
		"12/3/1980":       {murphy},
		"12 March 1980":   {murphy},
		"1980-03-12":      {murphy},
		"900123":          {murphy},
		"+44 7700 900123": {murphy},
		"943 476 5919":    {murphy},
		"M0003":           {kelly},
		"m0003":           {kelly},
		"Sean 12.3.1980":  {murphy},
		"s":               nil,
		"%":               nil,
		"%%":              nil,
		"__":              nil,
		"xyzzy":           nil,
	} {
		found, err := r.Search(ctx, search, paging.Args{Size: 25})
		if err != nil {
			t.Errorf("%q: %v", search, err)
			continue
		}
		got := map[any]bool{}
		for _, m := range found {
			got[m.ID] = true
			if m.ID == elsewhere.ID {
				t.Errorf("%q finds somebody of another hub", search)
			}
		}
		if len(found) != len(want) {
			t.Errorf("%q finds %d people, not %d: %v", search, len(found), len(want), found)
		}
		for _, p := range want {
			if !got[p.ID] {
				t.Errorf("%q does not find %s %s", search, p.GivenName, p.FamilyName)
			}
		}
	}
	same, err := r.Duplicates(ctx, person.Details{GivenName: text("Shaun"), FamilyName: text("Murphy"), DateOfBirth: person.To(&born)})
	if err != nil || len(same) != 1 || same[0].ID != murphy.ID {
		t.Errorf("who may be the same: %v, %v", same, err)
	}
	if same, err := r.Duplicates(ctx, person.Details{GivenName: text("Other"), NHSNumber: text("9434765919")}); err != nil || len(same) != 1 {
		t.Errorf("the same NHS number: %v, %v", same, err)
	}
	if same, err := r.Duplicates(ctx, person.Details{GivenName: text("Agatha"), FamilyName: text("Christie")}); err != nil || len(same) != 0 {
		t.Errorf("nobody is the same: %v, %v", same, err)
	}
}

// TestSearchLeaksNothing asks the function itself for another hub's people, as the server's role does and in its scope.
func TestSearchLeaksNothing(t *testing.T) {
	w, r := registry(t)
	southport := w.As(t, w.Southport, viewer.Reception)
	if _, err := r.Register(southport, "1", person.Details{GivenName: text("Sean"), FamilyName: text("Mulligan")}, nil); err != nil {
		t.Fatal(err)
	}
	const ask = `select 1 from person_matches($1, '{sean}', null, '{}', 0, null, null, 10)`
	if n, err := w.Store.Exec(southport, ask, w.Southport.ID); err != nil || n != 1 {
		t.Errorf("at home: %d, %v", n, err)
	}
	if n, err := w.Store.Exec(w.As(t, w.Walton, viewer.Reception), ask, w.Southport.ID); err != nil || n != 0 {
		t.Errorf("from another hub: %d, %v", n, err)
	}
}

func TestAge(t *testing.T) {
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	for _, c := range []struct {
		born, on string
		want     int
	}{{"1980-03-12", "2025-03-11", 44}, {"1980-03-12", "2025-03-12", 45}, {"2000-02-29", "2025-02-28", 24}, {"2000-02-29", "2025-03-01", 25}} {
		if got := person.Age(day(c.born), day(c.on)); got != c.want {
			t.Errorf("born %s, on %s: %d, not %d", c.born, c.on, got, c.want)
		}
	}
}
