package main

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v7"
	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/schema"
)

// What one hub of the region has. Fifty hubs make 200,000 people, 2 million visits and 5,000 services.
const (
	peoplePerHub        = 4000
	organisationsPerHub = 50
	servicesPerHub      = 100
	advisorsPerHub      = 4
	years               = 2
	fewestVisits        = 52 // on a day that the hub is open, which it is from Monday to Saturday
	mostVisits          = 76
	visitsPerHub        = (fewestVisits + mostVisits) / 2 * 626 // days open in two years
)

// region is the data of a number of hubs of one trust: the same each time for the same last day.
type region struct {
	hubs        int
	among       int       // the first so many hubs are asked for things
	first, last time.Time // the days of visits, as midnight UTC
	began       time.Time // when hubs and people were registered: before the first visit
	trust       uuid.UUID
}

func newRegion(hubs int, last time.Time) region {
	first := last.AddDate(-years, 0, 1)
	return region{hubs: hubs, among: hubs, first: first, last: last, began: first.AddDate(0, -1, 0), trust: id(time.Unix(0, 0), kindTrust, 0)}
}

// zone is the time zone of every hub.
var zone = func() *time.Location {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return london
}()

// needs of every hub, most frequent first, with words that partners' services for them are named by.
var needs = []struct{ code, name, words string }{
	{"mental-wellbeing", "Mental wellbeing", "wellbeing mindfulness talking recovery"},
	{"isolation", "Isolation", "friendship social lunch befriending"},
	{"money", "Money", "money debt benefits budgeting"},
	{"housing", "Housing", "housing tenancy homelessness repairs"},
	{"physical-wellbeing", "Physical wellbeing", "walking yoga swimming gardening"},
	{"employment", "Employment", "employment work interview apprenticeship"},
	{"learning", "Learning", "learning reading computer English"},
	{"family", "Family and caring", "carers parents family bereavement"},
	{"food", "Food", "food cooking pantry breakfast"},
	{"volunteering", "Volunteering", "volunteering community library allotment"},
	{"digital", "Getting online", "digital tablet internet phone"},
	{"legal", "Legal advice", "legal immigration rights tribunal"},
}

var forms = []string{"group", "advice", "drop-in", "class", "workshop", "support", "café", "club"}

// kinds of rows, so that no two rows share an id.
const (
	kindTrust = iota
	kindHub
	kindProvider
	kindStaff
	kindNeed
	kindPerson
	kindAccessNeed
	kindOrganisation
	kindLocation
	kindService
	kindServiceNeed
	kindServiceAtLocation
	kindSchedule
	kindVisit
	kindConversation
	kindConversationNeed
)

// id is a UUIDv7 that depends on nothing but its arguments.
func id(at time.Time, kind int, n uint64) uuid.UUID {
	var u uuid.UUID
	binary.BigEndian.PutUint64(u[:8], uint64(at.UnixMilli())<<16|mix(n<<8|uint64(kind))>>52)
	binary.BigEndian.PutUint64(u[8:], mix(mix(uint64(kind)<<56^n)))
	u[6] = 0x70 | u[6]&0x0f
	u[8] = 0x80 | u[8]&0x3f
	return u
}

// mix is splitmix64's finaliser.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (r region) slug(h int) string { return fmt.Sprintf("hub-%02d", h+1) }

func (r region) hub(h int) uuid.UUID { return id(r.began, kindHub, uint64(h)) }

func (r region) need(h, n int) uuid.UUID {
	return id(r.began, kindNeed, uint64(h*len(needs)+n))
}

func (r region) person(h, p int) uuid.UUID {
	return id(r.began.Add(time.Duration(p)*time.Minute), kindPerson, uint64(h*peoplePerHub+p))
}

// Staff of a hub: a receptionist, a manager, and advisors.
const (
	receptionist = iota
	manager
	firstAdvisor
	staffPerHub = firstAdvisor + advisorsPerHub
)

func (r region) staff(h, s int) uuid.UUID {
	return id(r.began, kindStaff, uint64(h*staffPerHub+s))
}

// subject is how the sign-in provider knows a member of staff, and the group that gives them their role.
func (r region) subject(h, s int) string {
	switch s {
	case receptionist:
		return r.slug(h) + "-reception"
	case manager:
		return r.slug(h) + "-manager"
	}
	return fmt.Sprintf("%s-advisor-%d", r.slug(h), s-firstAdvisor+1)
}

// table is one table's rows in the order of its columns.
type table struct {
	name    string
	columns string
	rows    iter.Seq[[]any]
}

// tables lists all rows of the region, parents first.
func (r region) tables() []table {
	return []table{
		{"trusts", "id ods_code name created_at", r.trusts},
		{"hubs", "id trust_id slug name postcode latitude longitude modules created_at", r.hubRows},
		{"staff_users", "id trust_id issuer subject name created_at", r.staffRows},
		{"needs", "id hub_id code name position", r.needRows},
		{"persons", "id hub_id trust_id created_at created_by_id member_number given_name family_name preferred_name pronouns " +
			"date_of_birth phone email postcode nhs_number updated_at", r.personRows},
		{"access_needs", "id hub_id person_id code recorded_at", r.accessNeedRows},
		{"organisations", "id hub_id source external_id imported_at name description email url phone", r.organisationRows},
		{"locations", "id hub_id source external_id imported_at name address city postcode latitude longitude", r.locationRows},
		{"services", "id hub_id source external_id imported_at organisation_id name description eligibility_description free", r.serviceRows},
		{"service_needs", "id hub_id service_id need_id", r.serviceNeedRows},
		{"service_at_locations", "id hub_id source external_id imported_at service_id location_id", r.serviceAtLocationRows},
		{"schedules", "id hub_id source external_id imported_at service_id freq interval by_day dtstart opens_at closes_at", r.scheduleRows},
		{"visits", "id hub_id trust_id created_at created_by_id state arrived_at arrived_on called_at left_at person_id need_id advisor_id", r.visitRows},
		{"conversations", "id hub_id trust_id created_at created_by_id started_at ended_at what_matters note agreed updated_at advisor_id person_id visit_id", r.conversationRows},
		{"conversation_needs", "id hub_id conversation_id need_id", r.conversationNeedRows},
	}
}

func (r region) trusts(yield func([]any) bool) {
	yield([]any{r.trust, "ZZ9", "Bench Region Trust", r.began})
}

func (r region) hubRows(yield func([]any) bool) {
	for h := range r.hubs {
		if !yield([]any{r.hub(h), r.trust, r.slug(h), "Hub " + r.slug(h)[4:], "ZZ99 3WZ", r.latitude(h), r.longitude(h), schema.Modules, r.began}) {
			return
		}
	}
}

func (r region) latitude(h int) float64  { return 53.2 + 0.03*float64(h%10) }
func (r region) longitude(h int) float64 { return -3.1 + 0.05*float64(h/10) }

func (r region) staffRows(yield func([]any) bool) {
	fake := gofakeit.New(1)
	for h := range r.hubs {
		for s := range staffPerHub {
			if !yield([]any{r.staff(h, s), r.trust, "", r.subject(h, s), fake.Name(), r.began}) {
				return
			}
		}
	}
}

func (r region) needRows(yield func([]any) bool) {
	for h := range r.hubs {
		for n, need := range needs {
			if !yield([]any{r.need(h, n), r.hub(h), need.code, need.name, n}) {
				return
			}
		}
	}
}

func (r region) personRows(yield func([]any) bool) {
	fake := gofakeit.New(2)
	for h := range r.hubs {
		for p := range peoplePerHub {
			at := r.began.Add(time.Duration(p) * time.Minute)
			given, family := fake.FirstName(), fake.LastName()
			born := time.Date(1935+fake.IntN(70), time.Month(1+fake.IntN(12)), 1+fake.IntN(28), 0, 0, 0, 0, time.UTC)
			var preferred, pronouns, phone, email, nhs any
			if fake.IntN(10) == 0 {
				preferred = given[:min(3, len(given))]
			}
			if fake.IntN(5) == 0 {
				pronouns = "they/them"
			}
			if fake.IntN(10) < 8 {
				phone = fmt.Sprintf("07700 900%03d", fake.IntN(1000)) // the range that Ofcom keeps for fiction
			}
			if fake.IntN(10) < 4 {
				email = fmt.Sprintf("%s.%d@example.org", strings.ToLower(family), p)
			}
			if fake.IntN(10) < 3 {
				nhs = testNHSNumber(h*peoplePerHub + p)
			}
			if !yield([]any{r.person(h, p), r.hub(h), r.trust, at, r.staff(h, receptionist), fmt.Sprintf("M%04d", p+1),
				given, family, preferred, pronouns, born, phone, email, "ZZ99 3WZ", nhs, at}) {
				return
			}
		}
	}
}

// testNHSNumber is a number of the test range, which begins with 999, with a valid check digit.
func testNHSNumber(n int) string {
	for i := 999_000_000 + 2*n; ; i++ {
		digits, sum := fmt.Sprintf("%09d", i), 0
		for at, d := range digits {
			sum += int(d-'0') * (10 - at)
		}
		if check := (11 - sum%11) % 11; check != 10 {
			return digits + fmt.Sprint(check)
		}
	}
}

func (r region) accessNeedRows(yield func([]any) bool) {
	rng := rand.New(rand.NewPCG(3, 0))
	codes := []string{"BSL_INTERPRETER", "HEARING_LOOP", "LARGE_PRINT", "EASY_READ", "INTERPRETER", "STEP_FREE", "WHEELCHAIR", "QUIET_SPACE", "LONGER_APPOINTMENT"}
	var n uint64
	for h := range r.hubs {
		for p := range peoplePerHub {
			if rng.IntN(6) != 0 {
				continue
			}
			first := rng.IntN(len(codes))
			for i := range 1 + rng.IntN(2) {
				if !yield([]any{id(r.began, kindAccessNeed, n), r.hub(h), r.person(h, p), codes[(first+i)%len(codes)], r.began}) {
					return
				}
				n++
			}
		}
	}
}

const source = "local"

func (r region) organisation(h, o int) uuid.UUID {
	return id(r.began, kindOrganisation, uint64(h*organisationsPerHub+o))
}

func (r region) organisationRows(yield func([]any) bool) {
	fake := gofakeit.New(4)
	for h := range r.hubs {
		for o := range organisationsPerHub {
			need := needs[o%len(needs)]
			name := fmt.Sprintf("%s %s", fake.City(), need.name)
			if !yield([]any{r.organisation(h, o), r.hub(h), source, fmt.Sprint("organisation-", o), r.began, name + " Partnership",
				prose(fake, need.words, 40), "hello@example.org", "https://partner.example.org", "0151 496 0000"}) {
				return
			}
		}
	}
}

// prose is some words of plain text about something.
func prose(fake *gofakeit.Faker, about string, words int) string {
	subject := strings.Fields(about)
	var b strings.Builder
	for i := range words {
		if i%7 == 3 {
			b.WriteString(subject[fake.IntN(len(subject))])
		} else {
			b.WriteString(fake.Word())
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String()) + "."
}

func (r region) location(h, o int) uuid.UUID {
	return id(r.began, kindLocation, uint64(h*organisationsPerHub+o))
}

func (r region) locationRows(yield func([]any) bool) {
	fake := gofakeit.New(5)
	for h := range r.hubs {
		for o := range organisationsPerHub {
			if !yield([]any{r.location(h, o), r.hub(h), source, fmt.Sprint("location-", o), r.began, fake.Street() + " Centre", fake.Street(), fake.City(), "ZZ99 3WZ",
				r.latitude(h) + 0.1*fake.Float64() - 0.05, r.longitude(h) + 0.1*fake.Float64() - 0.05}) {
				return
			}
		}
	}
}

func (r region) service(h, s int) uuid.UUID {
	return id(r.began, kindService, uint64(h*servicesPerHub+s))
}

func (r region) serviceRows(yield func([]any) bool) {
	fake := gofakeit.New(6)
	for h := range r.hubs {
		for s := range servicesPerHub {
			need := needs[s%len(needs)]
			words := strings.Fields(need.words)
			name := words[fake.IntN(len(words))] + " " + forms[fake.IntN(len(forms))]
			if !yield([]any{r.service(h, s), r.hub(h), source, fmt.Sprint("service-", s), r.began, r.organisation(h, s%organisationsPerHub),
				strings.ToUpper(name[:1]) + name[1:], prose(fake, need.words+" "+forms[fake.IntN(len(forms))], 60), prose(fake, "adults local", 12), fake.IntN(3) > 0}) {
				return
			}
		}
	}
}

func (r region) serviceNeedRows(yield func([]any) bool) {
	var n uint64
	for h := range r.hubs {
		for s := range servicesPerHub {
			for i := range 1 + s%3 {
				if !yield([]any{id(r.began, kindServiceNeed, n), r.hub(h), r.service(h, s), r.need(h, (s+i*5)%len(needs))}) {
					return
				}
				n++
			}
		}
	}
}

func (r region) serviceAtLocationRows(yield func([]any) bool) {
	for h := range r.hubs {
		for s := range servicesPerHub {
			n := h*servicesPerHub + s
			if !yield([]any{id(r.began, kindServiceAtLocation, uint64(n)), r.hub(h), source, fmt.Sprint("place-", s), r.began, r.service(h, s), r.location(h, s%organisationsPerHub)}) {
				return
			}
		}
	}
}

func (r region) scheduleRows(yield func([]any) bool) {
	days := []string{"MO", "TU", "WE", "TH", "FR", "SA"}
	var n uint64
	for h := range r.hubs {
		for s := range servicesPerHub {
			for i := range 1 + s%2 {
				opens := 9 + (s+i)%8
				if !yield([]any{id(r.began, kindSchedule, n), r.hub(h), source, fmt.Sprint("schedule-", s, "-", i), r.began, r.service(h, s), "WEEKLY", 1 + s%4/3,
					[]string{days[(s+i*3)%len(days)]}, r.first, fmt.Sprintf("%02d:00", opens), fmt.Sprintf("%02d:30", opens+1)}) {
					return
				}
				n++
			}
		}
	}
}

// visit is one visit with the conversation that came of it.
type visit struct {
	n                     uint64
	hub                   int
	day                   time.Time
	arrived, called, left time.Time
	person                int // -1: anonymous
	need                  int // -1: none was recorded
	talked                bool
	advisor               int
	found                 []int // needs found in the conversation
}

func (v *visit) id() uuid.UUID           { return id(v.arrived, kindVisit, v.n) }
func (v *visit) conversation() uuid.UUID { return id(v.called, kindConversation, v.n) }

// visits lists the visits of two years, day by day across all hubs, as they would have been recorded: a hub's rows lie
// scattered among those of the others.
func (r region) visits(yield func(*visit) bool) {
	rng := rand.New(rand.NewPCG(7, 0))
	var n uint64
	for day := r.first; !day.After(r.last); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Sunday {
			continue
		}
		opens := time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, zone)
		for h := range r.hubs {
			count := fewestVisits + rng.IntN(mostVisits-fewestVisits+1)
			for i := range count {
				v := someVisit(rng, h)
				v.n, v.day = n, day
				v.arrived = opens.Add(8 * time.Hour * time.Duration(i) / time.Duration(count)).Add(time.Duration(rng.IntN(240_000)) * time.Millisecond)
				v.called = v.arrived.Add(time.Duration(1+rng.IntN(20)) * time.Minute)
				v.left = v.called.Add(time.Duration(10+rng.IntN(60)) * time.Minute)
				if !yield(v) {
					return
				}
				n++
			}
		}
	}
}

func someVisit(rng *rand.Rand, h int) *visit {
	v := &visit{hub: h, person: -1, need: -1}
	if rng.IntN(10) < 7 {
		v.person = int(peoplePerHub * math.Pow(rng.Float64(), 1.4)) // some come more often than others
	}
	if rng.IntN(10) < 8 {
		v.need = someNeed(rng)
	}
	if v.talked = rng.IntN(5) == 0; v.talked {
		v.advisor = firstAdvisor + rng.IntN(advisorsPerHub)
		for range 1 + rng.IntN(3) {
			v.found = append(v.found, someNeed(rng))
		}
	}
	return v
}

// someNeed prefers those at the head of the list.
func someNeed(rng *rand.Rand) int { return min(rng.IntN(len(needs)), rng.IntN(len(needs))) }

func (r region) visitRows(yield func([]any) bool) {
	for v := range r.visits {
		var called, advisor any
		if v.talked {
			called, advisor = v.called, r.staff(v.hub, v.advisor)
		}
		if !yield([]any{v.id(), r.hub(v.hub), r.trust, v.arrived, r.staff(v.hub, receptionist), "LEFT", v.arrived, v.day, called, v.left,
			r.personOf(v), r.needOf(v.hub, v.need), advisor}) {
			return
		}
	}
}

func (r region) personOf(v *visit) any {
	if v.person < 0 {
		return nil
	}
	return r.person(v.hub, v.person)
}

func (r region) needOf(h, n int) any {
	if n < 0 {
		return nil
	}
	return r.need(h, n)
}

func (r region) conversationRows(yield func([]any) bool) {
	for v := range r.visits {
		if !v.talked {
			continue
		}
		var matters, note, agreed string
		if v.person >= 0 { // an anonymous visit's conversation holds no words
			matters, note, agreed = "To get out more, and to sort out the letters.", "Came in with a letter about rent arrears; has not been sleeping well.", "They ring the advice line; we ask again next week."
		}
		advisor := r.staff(v.hub, v.advisor)
		if !yield([]any{v.conversation(), r.hub(v.hub), r.trust, v.called, advisor, v.called, v.left, matters, note, agreed, v.left, advisor, r.personOf(v), v.id()}) {
			return
		}
	}
}

func (r region) conversationNeedRows(yield func([]any) bool) {
	var n uint64
	for v := range r.visits {
		for i, need := range v.found {
			if slices.Contains(v.found[:i], need) {
				continue
			}
			if !yield([]any{id(v.called, kindConversationNeed, n), r.hub(v.hub), v.conversation(), r.need(v.hub, need)}) {
				return
			}
			n++
		}
	}
}
