package secondopinion

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/accessneed"
	"liferooms.io/liferooms/ent/assurance"
	"liferooms.io/liferooms/ent/cataloguesource"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/person"
	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/ent/rolegrant"
	"liferooms.io/liferooms/ent/schedule"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/ent/signpost"
	"liferooms.io/liferooms/ent/visit"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// worldSeed decides everything in the database but what is about today, so that a generated operation means the same in
// each run.
const worldSeed = 1890

// awkward are texts that JSON, SQL, a terminal or an eye may read as something else than text.
var awkward = []string{
	"", "Seán O’Brien", "Sean OBrien", `say "hello"`, `back\slash`, "it's", "👩🏽‍🦯 cane", "e\u0301 combining", "\u202egnihsup thgir\u202c", "<script>alert(1)</script>",
	"line\nbreak\tand tab", "null", "{\"a\": [1]}", "%_%", "$1", "'; drop table persons; --", "ß İ ı ﬁ", "\u2028separator", "日本語", "  spaces  ", "&amp; <b>", "\u0001control",
	strings.Repeat("long ", 30) + "end",
}

// world is the database that everything is asked of.
type world struct {
	*storetest.World
	// ids are those of each hub's rows, by the hub's slug and the API's type.
	ids map[string]map[string][]uuid.UUID
	// viewers ask; by what they are.
	viewers map[string]context.Context
	now     time.Time
}

// maker fills one hub.
type maker struct {
	t    *testing.T
	ctx  context.Context
	c    *ent.Client
	rng  *rand.Rand
	hub  viewer.Hub
	made map[string][]uuid.UUID
	urls map[string]bool // that services and partners give
	now  time.Time
	// proposed are the fields of partners for which a change waits.
	proposed map[string]bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: storetest.New(t), ids: map[string]map[string][]uuid.UUID{}, viewers: map[string]context.Context{}, now: time.Now().UTC()}
	for i, hub := range []viewer.Hub{w.Walton, w.Southport, w.Elsewhere} {
		m := &maker{t: t, ctx: w.Platform(hub), rng: rand.New(rand.NewPCG(worldSeed, uint64(i))), hub: hub, made: map[string][]uuid.UUID{}, urls: map[string]bool{}, now: w.now, proposed: map[string]bool{}}
		m.c = w.Store.Client(m.ctx)
		m.fill(4 >> i * 5)
		w.ids[hub.Slug] = m.made
	}
	w.site(t)
	w.hire()
	w.Statements.Reset()
	return w
}

// site sets what a hub says of itself: everything at Walton, nothing at Southport.
func (w *world) site(t *testing.T) {
	t.Helper()
	w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		hours := []schema.OpeningHours{}
		for day := time.Sunday; day <= time.Saturday; day++ {
			hours = append(hours, schema.OpeningHours{Day: schema.Weekday(strings.ToUpper(day.String())), Opens: "09:00", Closes: "17:30"})
		}
		if _, err := conn.Exec(ctx, `update hubs set opening_hours = $2, address = $3, postcode = 'L4 1RW', latitude = 53.4451, longitude = -2.96, brand_colour = '#005EB8' where id = $1`,
			w.Walton.ID, hours, `Walton's "Life" Rooms, 👋`); err != nil {
			t.Fatal(err)
		}
	})
}

// hire makes the viewers: each role alone, all roles together, some in two hubs, some in another hub or trust.
func (w *world) hire() {
	as := func(name string, trust uuid.UUID, staff uuid.UUID, hubs ...viewer.Hub) {
		w.viewers[name] = viewer.NewContext(context.Background(), &viewer.Viewer{Kind: viewer.Staff, TrustID: trust, StaffID: staff, Name: name, Hubs: hubs})
	}
	in := func(h viewer.Hub, roles ...viewer.Role) viewer.Hub {
		h.Roles = roles
		return h
	}
	staff := w.ids["walton"]["StaffMember"]
	for i, role := range viewer.Roles {
		as(string(role), w.Trust, staff[i%len(staff)], in(w.Walton, role))
	}
	as("everything", w.Trust, staff[0], in(w.Walton, viewer.Roles...))
	as("everywhere", w.Trust, staff[1], in(w.Walton, viewer.Roles...), in(w.Southport, viewer.Advisor, viewer.TrustAdmin))
	as("southport", w.Trust, staff[2], in(w.Southport, viewer.Roles...))
	as("elsewhere", w.OtherTrust, w.ids["elsewhere"]["StaffMember"][0], in(w.Elsewhere, viewer.Roles...))
	as("nowhere", w.Trust, staff[1])
	w.viewers["nobody"] = context.Background()
}

// id makes the id of a row: a version 7 whose time says nothing, so that rows are not in the order they were made in.
func (m *maker) id(of string) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], m.rng.Uint64()&0x0000_00ff_ffff_0fff|0x0190_0000_0000_7000)
	binary.BigEndian.PutUint64(id[8:], m.rng.Uint64()&0x3fff_ffff_ffff_ffff|0x8000_0000_0000_0000)
	m.made[of] = append(m.made[of], id)
	return id
}

func (m *maker) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *maker) chance(p float64) bool { return m.rng.Float64() < p }

// text is an awkward text of at most limit bytes; required: not an empty one.
func (m *maker) text(limit int, required bool) string {
	for {
		s := awkward[m.rng.IntN(len(awkward))]
		s = strings.ToValidUTF8(s[:min(limit, len(s))], "")
		if s != "" || !required {
			return s
		}
	}
}

// maybe is an awkward text, or none.
func (m *maker) maybe(limit int) *string {
	if m.chance(.4) {
		return nil
	}
	s := m.text(limit, false)
	return &s
}

// url is an awkward address, or none, of which the links of the hub are made.
func (m *maker) url() *string {
	u := m.maybe(1000)
	if u != nil {
		m.urls[*u] = true
	}
	return u
}

func (m *maker) some(of string) uuid.UUID { return m.made[of][m.rng.IntN(len(m.made[of]))] }

func (m *maker) someOr(of string, none float64) *uuid.UUID {
	if m.chance(none) {
		return nil
	}
	id := m.some(of)
	return &id
}

// instants are few, so that many rows share one, and far apart; Postgres keeps microseconds.
func (m *maker) instant() time.Time {
	return []time.Time{
		time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), time.Date(2026, 1, 5, 10, 0, 0, 1000, time.UTC),
		time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC), time.Date(2026, 7, 1, 23, 30, 0, 120000000, time.UTC), time.Date(2200, 12, 31, 23, 59, 59, 999999000, time.UTC),
	}[m.rng.IntN(6)]
}

func (m *maker) today() time.Time {
	zone, err := time.LoadLocation("Europe/London")
	m.must(err)
	y, month, d := m.now.In(zone).Date()
	return time.Date(y, month, d, 0, 0, 0, 0, time.UTC)
}

func (m *maker) day() time.Time {
	return []time.Time{time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), m.today(),
		m.today().AddDate(0, 0, 1), time.Date(2200, 12, 31, 0, 0, 0, 0, time.UTC)}[m.rng.IntN(6)]
}

func (m *maker) maybeDay() *time.Time {
	if m.chance(.4) {
		return nil
	}
	d := m.day()
	return &d
}

// fill makes rows of everything: many in a large hub, one or two of each in the others.
func (m *maker) fill(size int) {
	size = max(size, 1)
	m.staff(size)
	m.needs(size)
	m.catalogue(size)
	m.board(size)
	m.people(size)
	m.sources(size)
	m.audit(size)
}

func (m *maker) staff(size int) {
	for i := range 2 + size {
		id := m.id("StaffMember")
		create := m.c.StaffUser.Create().SetID(id).SetIssuer("https://idp.test").SetSubject(fmt.Sprint(m.hub.Slug, "-", i)).SetName(m.text(200, false)).SetNillableEmail(m.maybe(320))
		if i > 1 {
			create.SetLastSignedInAt(m.instant())
		}
		m.must(create.Exec(m.ctx))
		for _, role := range []rolegrant.Role{rolegrant.RoleAdvisor, rolegrant.RoleManager, rolegrant.RoleTutor}[:m.rng.IntN(4)] {
			m.must(m.c.RoleGrant.Create().SetID(m.id("RoleGrant")).SetStaffUserID(id).SetHubID(m.hub.ID).SetRole(role).SetCreatedAt(m.instant()).Exec(m.ctx))
		}
	}
}

func (m *maker) needs(size int) {
	for i := range 2 + size {
		// Two share each position.
		m.must(m.c.Need.Create().SetID(m.id("Need")).SetCode(fmt.Sprint("need-", i)).SetName(m.text(100, true)).SetPosition(i / 2).SetOffered(m.chance(.8)).Exec(m.ctx))
	}
}

func (m *maker) catalogue(size int) {
	for i := range 1 + 2*size {
		create := m.c.Organisation.Create().SetID(m.id("Organisation")).SetSource("local").SetExternalID(fmt.Sprint(i)).SetName([]string{"Same name", m.text(200, true)}[m.rng.IntN(2)]).
			SetDescription(m.text(1000, false)).SetNillableEmail(m.maybe(320)).SetNillablePhone(m.maybe(60)).SetNillableURL(m.url())
		if i > 1 && m.chance(.2) {
			create.SetRetiredAt(m.instant())
		}
		if held := m.held("name"); held != nil {
			create.SetLocalFields(held).SetVisibility(organisation.VisibilityStaff)
		}
		m.must(create.Exec(m.ctx))
	}
	for i := range 1 + size {
		create := m.c.Location.Create().SetID(m.id("Location")).SetSource("local").SetExternalID(fmt.Sprint(i)).SetName(m.text(200, false)).
			SetNillableAddress(m.maybe(500)).SetNillableCity(m.maybe(100)).SetNillablePostcode(m.maybe(10))
		if m.chance(.7) {
			create.SetLatitude([]float64{53.4451, 0, 90, 1e-7, -33.333333333333336}[m.rng.IntN(5)]).SetLongitude([]float64{-2.96, 0, 180, 1e21, -0.1}[m.rng.IntN(5)])
		}
		if m.chance(.6) {
			create.SetAccessibility([][]string{{}, {"Step-free", `"quoted"`}, {"👍"}}[m.rng.IntN(3)])
		}
		if held := m.held("latitude", "postcode"); held != nil {
			create.SetLocalFields(held).SetVisibility(location.VisibilityRestricted).SetKind(location.KindVirtual)
		}
		if i > 1 && m.chance(.2) {
			create.SetRetiredAt(m.instant())
		}
		m.must(create.Exec(m.ctx))
	}
	for i := range 2 {
		term := m.c.TaxonomyTerm.Create().SetID(m.id("TaxonomyTerm")).SetSource("feed").SetExternalID(fmt.Sprint(i)).SetName(m.text(200, true)).SetNeedID(m.some("Need"))
		m.must(term.Exec(m.ctx))
	}
	m.must(m.c.CatalogueSource.Create().SetSource("feed").SetName(m.text(200, true)).SetKind(cataloguesource.KindURL).SetURL("https://example.org").SetDueAt(m.instant()).Exec(m.ctx))
	for i := range 2 + 5*size {
		m.service(i)
	}
	for _, id := range m.made["Organisation"] {
		m.partner(id)
	}
}

// partner is what the hub and a partner say to one another.
func (m *maker) partner(organisation uuid.UUID) {
	if m.chance(.6) {
		signed, ends := m.maybeDay(), m.maybeDay()
		if signed != nil && ends != nil && ends.Before(*signed) {
			signed, ends = ends, signed
		}
		m.must(m.c.PartnerAgreement.Create().SetID(m.id("PartnerAgreement")).SetOrganisationID(organisation).SetSignedBy(m.text(200, false)).SetNote(m.text(2000, false)).
			SetNillableSignedOn(signed).SetNillableEndsOn(ends).SetUpdatedAt(m.instant()).SetNillableUpdatedByID(m.someOr("StaffMember", .4)).Exec(m.ctx))
	}
	for range m.rng.IntN(3) {
		made := m.instant()
		link := m.c.PartnerLink.Create().SetID(m.id("PartnerLink")).SetOrganisationID(organisation).SetNillableCreatedByID(m.someOr("StaffMember", .4)).SetCreatedAt(made).SetExpiresAt(made.AddDate(0, 0, 30)).
			SetTokenHash(binary.BigEndian.AppendUint64(make([]byte, 24), m.rng.Uint64()))
		if m.chance(.3) {
			link.SetRevokedAt(m.instant())
		}
		m.must(link.Exec(m.ctx))
		of := m.made["PartnerLink"][len(m.made["PartnerLink"])-1]
		for _, field := range []string{"name", "description", "phone", "email", "url"}[:m.rng.IntN(6)] {
			change := m.c.ProposedChange.Create().SetID(m.id("ProposedChange")).SetOrganisationID(organisation).SetPartnerLinkID(of).SetField(field).
				SetBefore(m.text(200, false)).SetProposed(m.text(200, false)).SetCreatedAt(m.instant())
			if m.chance(.4) || m.proposed[organisation.String()+field] {
				change.SetState(proposedchange.StateReplaced).SetDecidedAt(m.instant())
			} else {
				m.proposed[organisation.String()+field] = true
			}
			m.must(change.Exec(m.ctx))
		}
	}
}

// care is who says what of a service.
func (m *maker) care(service uuid.UUID) {
	for _, unit := range []string{"places", "beds"}[:m.rng.IntN(3)] {
		m.must(m.c.ServiceCapacity.Create().SetID(m.id("ServiceCapacity")).SetServiceID(service).SetUnit(unit).SetAvailable(m.rng.IntN(5)).SetDescription(m.text(500, false)).
			SetUpdatedAt(m.instant()).SetBy([]servicecapacity.By{servicecapacity.ByStaff, servicecapacity.ByPartner, servicecapacity.BySource}[m.rng.IntN(3)]).SetNillableStaffID(m.someOr("StaffMember", .4)).Exec(m.ctx))
	}
	for n := range m.rng.IntN(3) {
		m.must(m.c.Assurance.Create().SetID(m.id("Assurance")).SetServiceID(service).SetAssuredOn(m.day().AddDate(0, 0, n*40000)).SetBy(assurance.ByStaff).
			SetNillableStaffID(m.someOr("StaffMember", .4)).SetCreatedAt(m.instant()).Exec(m.ctx))
	}
}

// held is what staff hold of a record, or nothing.
func (m *maker) held(fields ...string) map[string]json.RawMessage {
	if m.chance(.6) {
		return nil
	}
	values := []string{"null", `"text"`, "7", `["a", "b"]`, `[{"name": "x", "phones": []}]`, "true"}
	all := map[string]json.RawMessage{"last_modified": json.RawMessage("null")}
	for _, f := range append(fields, "retired_at", "description") {
		if m.chance(.6) {
			all[f] = json.RawMessage(values[m.rng.IntN(len(values))])
		}
	}
	return all
}

func (m *maker) service(i int) {
	id := m.id("Service")
	create := m.c.Service.Create().SetID(id).SetSource("local").SetExternalID(fmt.Sprint(i)).SetOrganisationID(m.made["Organisation"][m.rng.IntN(max(1, len(m.made["Organisation"])-1))]).
		SetName([]string{"Same name", "Debt advice", m.text(200, true)}[m.rng.IntN(3)]).SetDescription(m.text(1000, false)).SetNillableURL(m.url()).SetNillableEmail(m.maybe(320)).
		SetNillablePhone(m.maybe(60)).SetStatus([]service.Status{service.StatusActive, service.StatusInactive, service.StatusDefunct, service.StatusTemporarilyClosed}[m.rng.IntN(4)]).
		SetEligibilityDescription(m.text(100, false)).SetFeesDescription(m.text(100, false)).SetFree(m.chance(.5)).SetApplicationProcess(m.text(100, false)).SetNillableAssuredDate(m.maybeDay())
	if m.chance(.5) {
		create.SetMinimumAge(m.rng.IntN(18)).SetMaximumAge(18 + m.rng.IntN(100))
	}
	if m.chance(.6) {
		create.SetLanguages([][]string{{}, {"English", "中文"}, {""}}[m.rng.IntN(3)])
	}
	if i > 1 && m.chance(.15) {
		create.SetRetiredAt(m.instant())
	}
	if held := m.held("needs", "minimum_age", "organisation_id", "languages"); held != nil {
		create.SetLocalFields(held).SetVisibility(service.VisibilityRestricted).SetSource("feed").SetVersion(1 + m.rng.IntN(9))
	}
	if m.chance(.5) {
		amount := []float64{0, 2.5, 1e6, 0.1}[m.rng.IntN(4)]
		create.SetContacts([]schema.Contact{{}, {Name: m.text(100, false), Email: "a@example.org", Phones: []string{"0151 496 0000", `"`}}}).
			SetCostOptions([]schema.CostOption{{Option: m.text(100, false)}, {Amount: &amount, Currency: "GBP", ValidFrom: "2026-01-01"}}).
			SetServiceAreas([]schema.ServiceArea{{Name: m.text(100, false), URI: "x"}}).
			SetFunding([]schema.Funding{{}, {Source: m.text(100, false)}})
	} else if m.chance(.3) {
		create.SetContacts([]schema.Contact{}).SetServiceAreas(nil)
	}
	m.must(create.Exec(m.ctx))
	m.care(id)
	if m.chance(.5) {
		m.must(m.c.ServiceTerm.Create().SetServiceID(id).SetTaxonomyTermID(m.some("TaxonomyTerm")).Exec(m.ctx))
	}
	for _, n := range m.rng.Perm(len(m.made["Need"]))[:m.rng.IntN(3)] {
		m.must(m.c.ServiceNeed.Create().SetServiceID(id).SetNeedID(m.made["Need"][n]).Exec(m.ctx))
	}
	for n := range m.rng.IntN(4) { // one place may be there twice
		at := m.c.ServiceAtLocation.Create().SetID(m.id("ServiceAtLocation")).SetSource("local").SetExternalID(fmt.Sprint(i, "-", n)).SetServiceID(id).SetLocationID(m.some("Location")).SetDescription(m.text(100, false))
		if held := m.held("location_id"); held != nil {
			at.SetLocalFields(held)
		}
		if m.chance(.2) {
			at.SetRetiredAt(m.instant())
		}
		m.must(at.Exec(m.ctx))
	}
	for n := range m.rng.IntN(4) {
		s := m.c.Schedule.Create().SetID(m.id("Schedule")).SetSource("local").SetExternalID(fmt.Sprint(i, "-", n)).SetServiceID(id).SetDescription(m.text(200, false))
		switch m.rng.IntN(5) {
		case 0:
			s.SetFreq(schedule.FreqWeekly).SetByDay([]string{"MO", "TH"}).SetInterval(1 + m.rng.IntN(2)).SetDtstart(m.day()).SetOpensAt("10:00").SetClosesAt("12:00")
		case 1:
			s.SetFreq(schedule.FreqMonthly).SetByDay([]string{"1MO", "-1FR"}).SetOpensAt("09:30")
		case 2:
			s.SetFreq(schedule.FreqMonthly).SetByMonthDay([]int{1, 31}).SetNillableUntil(m.maybeDay())
		case 3:
			s.SetFreq(schedule.FreqDaily).SetNillableValidFrom(m.maybeDay()).SetNillableValidTo(m.maybeDay()).SetOpensAt("00:00").SetClosesAt("23:59")
		}
		if m.chance(.15) {
			s.SetRetiredAt(m.instant())
		}
		if held := m.held("by_day", "opens_at"); held != nil {
			s.SetLocalFields(held).SetVisibility(schedule.VisibilityStaff)
		}
		if m.chance(.4) {
			s.SetExcludedDates([]string{"2026-12-25", "2027-01-01"}).SetExtraDates([][]string{{}, {m.day().Format(time.DateOnly)}}[m.rng.IntN(2)])
		}
		m.must(s.Exec(m.ctx))
	}
}

// board makes what the manager's board and the page of terms show: links that several records give, or none, sources, and
// terms of two feeds.
func (m *maker) board(size int) {
	for i, url := range slices.Sorted(maps.Keys(m.urls)) {
		if url == "" {
			continue
		}
		link := m.c.LinkCheck.Create().SetID(m.id("LinkCheck")).SetURL(url).SetMessage(m.text(300, false)).SetDueAt(m.instant())
		switch i % 3 {
		case 0:
			link.SetState(linkcheck.StateDead).SetFailingSince(m.instant()).SetCheckedAt(m.instant())
		case 1:
			link.SetState(linkcheck.StateMoved).SetMovedTo(m.text(1000, true)).SetCheckedAt(m.instant())
		}
		m.must(link.Exec(m.ctx))
	}
	for i := range 2 + size {
		source := m.c.CatalogueSource.Create().SetID(m.id("FailedImport")).SetSource(fmt.Sprint("source-", i)).SetName(fmt.Sprint("source-", i)).SetKind(cataloguesource.KindURL).SetURL("https://a.test/").
			SetMessage(m.text(300, false)).SetFailures(i)
		if m.chance(.7) {
			source.SetState(cataloguesource.StateFailed).SetFailingSince(m.instant())
		}
		if m.chance(.2) {
			source.SetRemovedAt(m.instant())
		}
		m.must(source.Exec(m.ctx))
	}
	for i := range 3 + 2*size {
		id := m.id("CatalogueTerm")
		term := m.c.TaxonomyTerm.Create().SetID(id).SetSource(fmt.Sprint("feed-", i%2)).SetExternalID(fmt.Sprint(i)).SetTaxonomy([]string{"", "Same", m.text(200, false)}[m.rng.IntN(3)]).
			SetName([]string{"Same name", "SAME NAME", m.text(200, true)}[m.rng.IntN(3)]).SetNillableCode(m.maybe(200)).SetNillableNeedID(m.someOr("Need", .5))
		if m.chance(.15) {
			term.SetRetiredAt(m.instant())
		}
		m.must(term.Exec(m.ctx))
		for _, n := range m.rng.Perm(len(m.made["Service"]))[:m.rng.IntN(4)] {
			m.must(m.c.ServiceTerm.Create().SetServiceID(m.made["Service"][n]).SetTaxonomyTermID(id).Exec(m.ctx))
		}
	}
	m.must(m.c.TermMapping.Create().SetTaxonomy("Same").SetTerm("same name").SetNillableNeedID(m.someOr("Need", .5)).Exec(m.ctx))
	m.must(m.c.TermMapping.Create().SetTaxonomy("").SetTerm("same name").Exec(m.ctx))
}

func (m *maker) people(size int) {
	contact := []person.SafeContact{person.SafeContactAny, person.SafeContactPhoneOnly, person.SafeContactTextOnly, person.SafeContactEmailOnly, person.SafeContactPostOnly, person.SafeContactInPersonOnly}
	codes := []accessneed.Code{accessneed.CodeBSLInterpreter, accessneed.CodeEasyRead, accessneed.CodeWheelchair, accessneed.CodeQuietSpace}
	for i := range 3 + 5*size {
		id := m.id("Person")
		create := m.c.Person.Create().SetID(id).SetMemberNumber(fmt.Sprint("M", 100+i)).SetGivenName([]string{"Seán", "Sean", m.text(100, true)}[m.rng.IntN(3)]).
			SetFamilyName([]string{"O'Brien", "Obrien", m.text(100, false)}[m.rng.IntN(3)]).SetNillablePreferredName(m.maybe(100)).SetNillablePronouns(m.maybe(40)).SetNillableDateOfBirth(m.maybeDay()).
			SetNillableEmail(m.maybe(320)).SetNillablePostcode(m.maybe(10)).SetNillableGpPractice(m.maybe(200)).SetSafeContact(contact[i%len(contact)]).SetNillableSafeContactNote(m.maybe(300)).
			SetCreatedAt(m.instant()).SetUpdatedAt(m.instant())
		if m.chance(.5) {
			create.SetPhone("+441514960000")
		}
		if m.chance(.3) {
			create.SetNhsNumber("9990000018")
		}
		m.must(create.Exec(m.ctx))
		for _, n := range m.rng.Perm(len(codes))[:m.rng.IntN(4)] {
			m.must(m.c.AccessNeed.Create().SetID(m.id("AccessNeed")).SetPersonID(id).SetCode(codes[n]).SetNillableNote(m.maybe(300)).SetRecordedAt(m.instant()).Exec(m.ctx))
		}
		if i%4 == 3 {
			continue // has never been here
		}
		for n := range 1 + m.rng.IntN(4) {
			m.visit(&id, n == 0 && m.chance(.5))
		}
	}
	for range 2 + 2*size {
		m.visit(nil, m.chance(.5))
	}
}

// visit makes a visit; an open one is of today.
func (m *maker) visit(person *uuid.UUID, open bool) {
	id, at := m.id("Visit"), m.instant()
	on := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	if open || m.chance(.2) {
		// Today's come in at three moments only.
		on = m.today()
		at = on.Add(time.Duration(10+m.rng.IntN(3)) * time.Hour)
	}
	create := m.c.Visit.Create().SetID(id).SetNillablePersonID(person).SetNillableNeedID(m.someOr("Need", .3)).SetArrivedAt(at).SetArrivedOn(on)
	advisor := m.someOr("StaffMember", .4)
	switch {
	case !open:
		create.SetState(visit.StateLeft).SetLeftAt(at.Add(time.Hour)).SetNillableAdvisorID(advisor)
	case advisor != nil:
		create.SetState(visit.StateWithAdvisor).SetCalledAt(at.Add(time.Minute)).SetAdvisorID(*advisor)
	default:
		create.SetState([]visit.State{visit.StateWaiting, visit.StatePresent}[m.rng.IntN(2)])
	}
	m.must(create.Exec(m.ctx))
	if advisor == nil || m.chance(.3) {
		return
	}
	talk := m.c.Conversation.Create().SetID(m.id("Conversation")).SetVisitID(id).SetNillablePersonID(person).SetAdvisorID(*advisor).SetStartedAt(at.Add(time.Minute)).SetUpdatedAt(m.instant())
	if !open {
		talk.SetEndedAt(at.Add(time.Hour))
	}
	if person != nil {
		talk.SetWhatMatters(m.text(1000, false)).SetNote(m.text(1000, false)).SetAgreed(m.text(1000, false))
	}
	m.must(talk.Exec(m.ctx))
	conversation := m.made["Conversation"][len(m.made["Conversation"])-1]
	for _, n := range m.rng.Perm(len(m.made["Need"]))[:m.rng.IntN(3)] {
		m.must(m.c.ConversationNeed.Create().SetConversationID(conversation).SetNeedID(m.made["Need"][n]).Exec(m.ctx))
	}
	for _, n := range m.rng.Perm(len(m.made["Service"]))[:m.rng.IntN(min(4, len(m.made["Service"])))] {
		s := m.c.Signpost.Create().SetID(m.id("Signpost")).SetConversationID(conversation).SetNillablePersonID(person).SetServiceID(m.made["Service"][n]).
			SetNillableNeedID(m.someOr("Need", .4)).SetGivenAt(at.Add(2 * time.Minute))
		if person != nil {
			s.SetNillableFollowUpOn(m.maybeDay())
			if m.chance(.3) {
				outcome := []signpost.Outcome{signpost.OutcomeGotThere, signpost.OutcomeDidNotGo, signpost.OutcomeStillPlanning, signpost.OutcomeCouldNotReach}[m.rng.IntN(4)]
				s.SetOutcome(outcome).SetFollowedUpAt(m.instant())
			}
		}
		m.must(s.Exec(m.ctx))
	}
}

// sources are those of the catalogue, with what was wrong with their records, and checks of them.
func (m *maker) sources(size int) {
	problems := func() []schema.SourceProblem {
		var all []schema.SourceProblem
		for i := range m.rng.IntN(3) {
			all = append(all, schema.SourceProblem{Row: i, Line: 1, Kind: "service", Name: m.text(60, false), Message: m.text(60, true), Field: []string{"", "name"}[i%2]})
		}
		return all
	}
	for i := range 1 + size {
		source := m.id("CatalogueSource")
		name := fmt.Sprint("managed-", i)
		create := m.c.CatalogueSource.Create().SetID(source).SetSource(name).SetName(name).SetKind("URL").SetURL("https://example.org/" + name).SetDueAt(m.instant()).
			SetByStaff(m.chance(.5)).SetProblems(problems())
		if m.chance(.3) {
			create.SetHeldUntil(time.Now().Add(time.Hour))
		}
		m.must(create.Exec(m.ctx))
		check := m.c.CatalogueCheck.Create().SetID(m.id("CatalogueCheck")).SetSourceID(source).SetSource(name).SetName(name).SetKind("URL").SetCreatedAt(m.instant())
		if m.chance(.7) {
			check.SetState("DONE").SetFinishedAt(m.instant()).SetResult(&schema.CheckResult{
				Rows: 3, Refused: 1, Problems: problems(), Counts: []schema.DifferenceCount{{Kind: "SERVICE", Retired: 2}},
				Differences: []schema.Difference{{Kind: "SERVICE", What: "CHANGED", Name: m.text(60, false), Fields: []schema.FieldChange{{Field: "name", After: m.text(60, false)}}}, {Kind: "TERM", What: "ADDED"}},
			})
		}
		m.must(check.Exec(m.ctx))
	}
}

func (m *maker) audit(size int) {
	for i := range 2 + 5*size {
		create := m.c.AuditEvent.Create().SetID(m.id("AuditEvent")).SetHubID(m.hub.ID).SetAt(m.instant()).SetNillableActorID(m.someOr("StaffMember", .3)).
			SetAction([]string{"person.read", "visit.undone"}[i%2]).SetSubjectType("person").SetNillableSubjectID(m.someOr("Person", .3)).SetNillablePersonID(m.someOr("Person", .3)).SetRequestID(m.text(60, false))
		if m.chance(.6) {
			create.SetFields([][]string{{}, {"phone", "email"}, {`"`}}[m.rng.IntN(3)])
		}
		m.must(create.Exec(m.ctx))
	}
}
