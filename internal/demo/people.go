package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/person"
)

// regular is somebody whom the demo's stories need just so.
type regular struct {
	given, family string
	born          time.Time
	needs         []accessneed.Code
}

// seans are the two who answer to "Sean M" at Walton: who is checked in must be looked at twice.
var seans = []regular{
	{"Sean", "Murphy", time.Date(1984, 3, 12, 0, 0, 0, 0, time.UTC), []accessneed.Code{accessneed.CodeBSLInterpreter}},
	{"Sean", "McCarthy", time.Date(1951, 7, 30, 0, 0, 0, 0, time.UTC), nil},
}

// No name here is near to Sean M, however it is spelt: the search forgives.
var givenNames = []string{
	"Abdul", "Agnieszka", "Aisha", "Alice", "Anthony", "Beatrice", "Bernadette", "Bilal", "Brenda", "Callum", "Carol", "Chidi",
	"Ciara", "Colin", "Daniela", "Derek", "Doreen", "Edith", "Elijah", "Farida", "Frank", "Gareth", "Gloria", "Grace",
	"Harold", "Hassan", "Hilary", "Ibrahim", "Imogen", "Jacqueline", "Jordan", "Karim", "Kathleen", "Kwame", "Leila", "Lorraine",
	"Malik", "Margaret", "Nadia", "Noel", "Olga", "Patrick", "Pauline", "Priya", "Quentin", "Raymond", "Rita", "Ruth",
	"Sylvia", "Tariq", "Terence", "Thandiwe", "Ursula", "Veronica", "Victor", "Winifred", "Yusuf", "Zofia",
}

var familyNames = []string{
	"Adeyemi", "Ahmed", "Ainsworth", "Appleton", "Banerjee", "Barlow", "Birchall", "Cassidy", "Chowdhury", "Clegg", "Dooley", "Duckworth",
	"Eze", "Fazakerley", "Flanagan", "Gallagher", "Grabowski", "Halewood", "Hesketh", "Ibekwe", "Iqbal", "Jakubowski", "Kapoor", "Kavanagh",
	"Kowalczyk", "Lathom", "Leyland", "Nkosi", "Nowak", "Okafor", "Ormerod", "Penketh", "Pilkington", "Quigley", "Rahimi", "Rimmer",
	"Sefton", "Siddiqui", "Tarleton", "Threlfall", "Tomaszewski", "Unsworth", "Varley", "Whelan", "Winstanley", "Wojcik", "Yates", "Zaman",
}

var practices = []string{"Old Dock Surgery", "Parkfield Practice", "Lantern Lane Health Centre", "Tidewater Medical Centre"}

var pronouns = []string{"she/her", "he/him", "they/them"}

var usualAccessNeeds = []accessneed.Code{
	accessneed.CodeStepFree, accessneed.CodeLargePrint, accessneed.CodeHearingLoop, accessneed.CodeQuietSpace,
	accessneed.CodeInterpreter, accessneed.CodeEasyRead, accessneed.CodeCompanion, accessneed.CodeWheelchair, accessneed.CodeLongerAppointment,
}

// dice are the same for the same hub each time.
func dice(words ...string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(words, "/"))) // never fails
	return rand.New(rand.NewPCG(h.Sum64(), 20171))
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// sowPeople registers the hub's people over the year before now, in order of their member numbers.
func (s *sower) sowPeople(ctx context.Context, h site, registeredBy uuid.UUID) ([]*ent.Person, error) {
	r, client := dice("people", h.slug), s.store.Client(ctx)
	given := r.Perm(len(givenNames))
	family := r.Perm(len(familyNames))
	var people []*ent.PersonCreate
	for i := range h.people {
		registered := s.now.AddDate(0, 0, -360+i*300/h.people)
		p := client.Person.Create().SetMemberNumber(fmt.Sprintf("%s%04d", h.prefix, i+1)).SetCreatedByID(registeredBy).
			SetCreatedAt(registered).SetUpdatedAt(registered).SetPostcode(fmt.Sprintf("%s 9Z%c", pick(r, h.outwards), "ABDEFGHJ"[r.IntN(8)]))
		if i < len(h.regulars) {
			known := h.regulars[i]
			people = append(people, p.SetGivenName(known.given).SetFamilyName(known.family).SetDateOfBirth(known.born).
				SetPhone(fmt.Sprintf("07700900%03d", i)).SetGpPractice(practices[i]))
			continue
		}
		name, surname := givenNames[given[i%len(given)]], familyNames[family[i%len(family)]]
		p.SetGivenName(name).SetFamilyName(surname)
		describe(r, p, i, name, surname, s.now)
		people = append(people, p)
	}
	made, err := client.Person.CreateBulk(people...).Save(ctx)
	if err != nil {
		return nil, err
	}
	var needs []*ent.AccessNeedCreate
	for i, p := range made {
		codes := map[accessneed.Code]bool{}
		switch {
		case i < len(h.regulars):
			for _, code := range h.regulars[i].needs {
				codes[code] = true
			}
		case r.IntN(4) == 0:
			for range 1 + r.IntN(2) {
				codes[pick(r, usualAccessNeeds)] = true
			}
		}
		for _, code := range append([]accessneed.Code{accessneed.CodeBSLInterpreter}, usualAccessNeeds...) { // in one order
			if codes[code] {
				needs = append(needs, client.AccessNeed.Create().SetPersonID(p.ID).SetCode(code))
			}
		}
	}
	return made, client.AccessNeed.CreateBulk(needs...).Exec(ctx)
}

// describe gives somebody what people tell of themselves: most tell something, few tell all.
func describe(r *rand.Rand, p *ent.PersonCreate, i int, name, surname string, now time.Time) {
	if r.IntN(10) > 0 {
		p.SetDateOfBirth(time.Date(now.Year()-18-r.IntN(70), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC))
	}
	if r.IntN(5) > 0 { // Ofcom keeps these numbers for drama: nobody is ever rung by them
		p.SetPhone(fmt.Sprintf("%s%03d", pick(r, []string{"07700900", "01514960"}), 100+i))
	}
	if r.IntN(2) == 0 {
		p.SetEmail(strings.ToLower(name+"."+surname) + "@example.org")
	}
	if r.IntN(5) < 2 {
		p.SetNhsNumber(testNHSNumber(r))
	}
	if r.IntN(3) > 0 {
		p.SetGpPractice(pick(r, practices))
	}
	if r.IntN(4) == 0 {
		p.SetPronouns(pick(r, pronouns))
	}
	switch r.IntN(12) {
	case 0:
		p.SetSafeContact(person.SafeContactTextOnly)
	case 1:
		p.SetSafeContact(person.SafeContactInPersonOnly).SetSafeContactNote("Nothing by post or phone: others at home.")
	}
}

// testNHSNumber is a number of the range that is kept for tests (it begins 999), with its check digit.
func testNHSNumber(r *rand.Rand) string {
	for {
		nine := fmt.Sprintf("999%06d", r.IntN(1_000_000))
		sum := 0
		for i, c := range nine {
			sum += int(c-'0') * (10 - i)
		}
		switch check := 11 - sum%11; check {
		case 10: // no number has this one
		case 11:
			return nine + "0"
		default:
			return nine + fmt.Sprint(check)
		}
	}
}
