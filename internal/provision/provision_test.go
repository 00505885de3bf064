package provision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/ent/need"
	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/catalogue"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/provision"
	"liferooms.io/liferooms/internal/seal"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

const (
	keyOne = "MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
	keyTwo = "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjI="
)

// setup is a provisioner over a world, and what it told about those who are signed in.
type setup struct {
	*storetest.World
	*provision.Provisioner
	told *told
	ctx  context.Context // the operator's
}

type told struct {
	mu        sync.Mutex
	groups    []string
	providers []uuid.UUID
	hubs      int
}

func (t *told) EndGroupSessions(_ context.Context, groups []string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.groups = append(t.groups, groups...)
	return nil
}

func (t *told) EndProviderSessions(_ context.Context, id uuid.UUID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.providers = append(t.providers, id)
	return nil
}

func (t *told) HubsChanged() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hubs++
}

func (t *told) ProvidersChanged() {}

func newSetup(t *testing.T, keys ...string) *setup {
	t.Helper()
	s := &setup{World: storetest.New(t), told: &told{}}
	s.ctx = viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Operator, Name: "Operator"})
	if len(keys) == 0 {
		keys = []string{keyOne}
	}
	s.Provisioner = s.provisioner(t, keys...)
	return s
}

// provisioner is one more over the same world, with other keys.
func (s *setup) provisioner(t *testing.T, keys ...string) *provision.Provisioner {
	t.Helper()
	log := audit.New(s.Store)
	t.Cleanup(log.Close)
	sources, err := catalogue.New(s.Store, directory.New(s.Store, log), catalogue.Config{})
	if err != nil {
		t.Fatal(err)
	}
	known := &seal.Keys{}
	if keys[0] != "" {
		if known, err = seal.ParseKeys(strings.Join(keys, "\n")); err != nil {
			t.Fatal(err)
		}
	}
	return provision.New(s.Store, log, sources, s.told, provision.Config{Keys: known})
}

func text(s string) *string { return &s }

// bootle is a hub with something of everything.
func bootle() provision.HubSpec {
	latitude, longitude := 53.45, -2.99
	return provision.HubSpec{
		Trust: "ZZ1", Slug: "bootle",
		Hub: provision.Hub{
			Name: "Life Rooms Bootle", Address: text("1 Strand Road, Bootle"), Postcode: text("L20 9ZZ"), UPRN: text("100012345678"),
			Latitude: &latitude, Longitude: &longitude, TimeZone: "Europe/London",
			OpeningHours: []schema.OpeningHours{{Day: schema.Tuesday, Opens: "09:00", Closes: "17:00"}, {Day: schema.Monday, Opens: "10:00", Closes: "16:00"}},
			OpeningExceptions: []provision.OpeningException{
				{Date: day("2026-12-26")},
				{Date: day("2026-12-24"), Opens: text("09:00"), Closes: text("12:00"), Note: text("Christmas Eve")},
			},
			Hostnames:  []string{"rooms.example.org", "bootle.example.org"},
			Brand:      provision.Brand{Name: text("Life Rooms at Bootle"), Colour: text("#005EB8"), LogoURL: text("https://example.org/logo.svg")},
			Needs:      []provision.Need{{Code: "money", Name: "Money"}, {Code: "housing", Name: "Housing"}},
			Modules:    []schema.Module{schema.ModuleCatalogue, schema.ModuleDesk},
			Rooms:      []provision.Room{{Name: "Quiet room", Capacity: 4}, {Name: "Hall", Capacity: 60}},
			RoleGrants: []provision.GroupRole{{Group: "bootle-desk", Role: viewer.Reception}, {Group: "bootle-advice", Role: viewer.Advisor}},
		},
		CatalogueSources: []catalogue.Source{{Name: "council", Kind: catalogue.URL, URL: "https://directory.example.org/services"}},
	}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func (s *setup) apply(t *testing.T, want provision.HubSpec) []string {
	t.Helper()
	changed, err := s.ApplyHub(s.ctx, want)
	if err != nil {
		t.Fatalf("apply %s: %v", want.Slug, err)
	}
	return changed
}

func (s *setup) read(t *testing.T, trust, slug string) *provision.HubState {
	t.Helper()
	state, err := s.Hub(s.ctx, trust, slug)
	if err != nil {
		t.Fatal(err)
	}
	if state == nil {
		t.Fatalf("there is no hub %s", slug)
	}
	return state
}

// rows digests every row of a table as the owner of the database sees them.
func (s *setup) rows(t *testing.T) map[string]string {
	t.Helper()
	digests := map[string]string{}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		for _, table := range []string{"trusts", "hubs", "hostnames", "needs", "rooms", "group_grants", "catalogue_sources", "identity_providers", "audit_events"} {
			var digest string
			err := conn.QueryRow(ctx, "select count(*) || ' ' || coalesce(md5(string_agg(r::text || r.xmin, chr(10) order by r.id)), '') from "+table+" r").Scan(&digest)
			if err != nil {
				t.Fatal(err)
			}
			digests[table] = digest
		}
	})
	return digests
}

func wantField(t *testing.T, err error, field string, code problem.Code, says string) {
	t.Helper()
	all, rest := problem.Correctable(err)
	if rest != nil {
		t.Fatalf("not to be mended: %v", rest)
	}
	for _, p := range all {
		if p.Field == field && p.Code == code && strings.Contains(p.Message, says) {
			return
		}
	}
	t.Errorf("want %s on %s that says %q; got %v", code, field, says, err)
}

func TestAppliedTwiceNothingChanges(t *testing.T) {
	s := newSetup(t)
	changed := s.apply(t, bootle())
	want := []string{"state", "name", "address", "postcode", "uprn", "latitude", "longitude", "openingHours", "openingExceptions", "brand",
		"modules", "hostnames", "needs", "rooms", "roleGrants", "catalogueSources"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	state := s.read(t, "ZZ1", "bootle")
	if state.State != hub.StateLive || state.Trust != "ZZ1" || state.Slug != "bootle" || state.ID == uuid.Nil {
		t.Errorf("made as %+v", state)
	}
	// What is read is in order, whatever the order of what was applied.
	ordered := bootle().Hub
	slices.Reverse(ordered.OpeningHours)
	slices.Reverse(ordered.OpeningExceptions)
	slices.Sort(ordered.Hostnames)
	slices.Reverse(ordered.Modules)
	slices.Reverse(ordered.Rooms)
	slices.Reverse(ordered.RoleGrants)
	if diff := cmp.Diff(ordered, state.Hub); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if len(state.CatalogueSources) != 1 || state.CatalogueSources[0].Name != "council" || state.CatalogueSyncedAt != nil {
		t.Errorf("sources: %v", state.CatalogueSources)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'hub.applied' and hub_id = $1 and actor_id is null and fields ? 'needs'", state.ID); n != 1 {
		t.Errorf("%d audit events of the making", n)
	}
	if n := s.Count(t, "select count(*) from audit_events where fields::text like '%Strand%' or fields::text like '%bootle-desk%'"); n != 0 {
		t.Error("the audit holds values")
	}

	before := s.rows(t)
	if again := s.apply(t, bootle()); len(again) != 0 {
		t.Errorf("again: %v", again)
	}
	if diff := cmp.Diff(before, s.rows(t)); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
}

// TestEachFieldAlone: a change of one field changes that field and says so.
func TestEachFieldAlone(t *testing.T) {
	s := newSetup(t)
	s.apply(t, bootle())
	for name, change := range map[string]func(*provision.HubSpec){
		"name":              func(h *provision.HubSpec) { h.Name = "Bootle" },
		"address":           func(h *provision.HubSpec) { h.Address = nil },
		"postcode":          func(h *provision.HubSpec) { h.Postcode = text("") },
		"uprn":              func(h *provision.HubSpec) { h.UPRN = text("7") },
		"latitude":          func(h *provision.HubSpec) { l := 53.46; h.Latitude = &l },
		"longitude":         func(h *provision.HubSpec) { l := -3.01; h.Longitude = &l },
		"timeZone":          func(h *provision.HubSpec) { h.TimeZone = "Europe/Dublin" },
		"openingHours":      func(h *provision.HubSpec) { h.OpeningHours = []schema.OpeningHours{} },
		"openingExceptions": func(h *provision.HubSpec) { h.OpeningExceptions[0].Note = text("Boxing Day") },
		"brand":             func(h *provision.HubSpec) { h.Brand.Colour = nil },
		"modules":           func(h *provision.HubSpec) { h.Modules = schema.Modules },
		"hostnames":         func(h *provision.HubSpec) { h.Hostnames = h.Hostnames[:1] },
		"needs":             func(h *provision.HubSpec) { slices.Reverse(h.Needs) },
		"rooms":             func(h *provision.HubSpec) { h.Rooms[0].Capacity = 5 },
		"roleGrants":        func(h *provision.HubSpec) { h.RoleGrants[0].Role = viewer.Manager },
		"catalogueSources":  func(h *provision.HubSpec) { h.CatalogueSources = nil },
		"state":             func(h *provision.HubSpec) { h.Suspended = true },
	} {
		spec := bootle()
		change(&spec)
		if changed := s.apply(t, spec); !slices.Equal(changed, []string{name}) {
			t.Errorf("%s: changed %v", name, changed)
		}
		if again := s.apply(t, spec); len(again) != 0 {
			t.Errorf("%s again: changed %v", name, again)
		}
		if back := s.apply(t, bootle()); !slices.Equal(back, []string{name}) {
			t.Errorf("%s put back: changed %v", name, back)
		}
	}
}

// TestDriftIsPutRight: what somebody changed by hand is seen by the reader, and the next apply mends it.
func TestDriftIsPutRight(t *testing.T) {
	s := newSetup(t)
	s.apply(t, bootle())
	state := s.read(t, "ZZ1", "bootle")
	ctx := s.Platform(viewer.Hub{ID: state.ID, Slug: "bootle"})
	client := s.Store.Client(ctx)
	client.Need.Update().Where(need.Code("money")).SetName("Debt").ExecX(ctx)
	client.GroupGrant.Delete().ExecX(ctx)
	client.Need.Create().SetCode("odd").SetName("Odd").SetPosition(9).ExecX(ctx)
	drifted := s.read(t, "ZZ1", "bootle")
	if len(drifted.RoleGrants) != 0 || !slices.Equal(drifted.Needs, []provision.Need{{"money", "Debt"}, {"housing", "Housing"}, {"odd", "Odd"}}) {
		t.Errorf("the reader sees %v and %v", drifted.Needs, drifted.RoleGrants)
	}
	if changed := s.apply(t, bootle()); !slices.Equal(changed, []string{"needs", "roleGrants"}) {
		t.Errorf("changed %v", changed)
	}
	if diff := cmp.Diff(state.Hub, s.read(t, "ZZ1", "bootle").Hub); diff != "" {
		t.Errorf("mended (-want +got):\n%s", diff)
	}
	if n := s.Count(t, "select count(*) from needs where hub_id = $1 and code = 'odd' and not offered", state.ID); n != 1 {
		t.Error("a need that is left out must stay, no longer offered")
	}
}

func TestARoleTakenFromAGroupEndsItsSessions(t *testing.T) {
	s := newSetup(t)
	s.apply(t, bootle())
	if len(s.told.groups) != 0 {
		t.Errorf("ended the sessions of %v when roles were given", s.told.groups)
	}
	spec := bootle()
	spec.RoleGrants = spec.RoleGrants[:1]
	s.apply(t, spec)
	if !slices.Equal(s.told.groups, []string{"bootle-advice"}) {
		t.Errorf("ended the sessions of %v", s.told.groups)
	}
}

func TestSuspendArchiveAndBack(t *testing.T) {
	s := newSetup(t)
	s.apply(t, bootle())
	spec := bootle()
	spec.Suspended = true
	s.apply(t, spec)
	if state := s.read(t, "ZZ1", "bootle"); state.State != hub.StateSuspended || len(state.Hostnames) != 2 || len(state.Needs) != 2 {
		t.Errorf("suspended: %+v", state)
	}
	for _, want := range []bool{true, false} {
		archived, err := s.ArchiveHub(s.ctx, "ZZ1", "bootle")
		if err != nil || archived != want {
			t.Errorf("archive: %v, %v, want %v", archived, err, want)
		}
	}
	state := s.read(t, "ZZ1", "bootle")
	if state.State != hub.StateArchived || len(state.Hostnames) != 0 {
		t.Errorf("archived: %s at %v", state.State, state.Hostnames)
	}
	if len(state.Needs) != 2 || len(state.Rooms) != 2 || len(state.RoleGrants) != 2 || len(state.CatalogueSources) != 1 {
		t.Errorf("archived without its data: %+v", state)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'hub.archived' and hub_id = $1", state.ID); n != 1 {
		t.Errorf("%d audit events of archiving", n)
	}
	// Its names are free for others now.
	other := provision.HubSpec{Trust: "ZZ2", Slug: "other", Hub: provision.Hub{Name: "Other", TimeZone: "Europe/London", Hostnames: []string{"bootle.example.org"}}}
	s.apply(t, other)
	_, err := s.ApplyHub(s.ctx, bootle())
	wantField(t, err, "hostnames", problem.Conflict, "bootle.example.org is taken")
	if again := s.read(t, "ZZ1", "bootle"); again.State != hub.StateArchived {
		t.Errorf("a refused apply left the hub %s", again.State)
	}
	back := bootle()
	back.Hostnames = []string{"rooms.example.org"}
	if changed := s.apply(t, back); !slices.Equal(changed, []string{"state", "hostnames"}) {
		t.Errorf("back: %v", changed)
	}
	if again := s.read(t, "ZZ1", "bootle"); again.State != hub.StateLive || again.ID != state.ID {
		t.Errorf("back as %s %s", again.State, again.ID)
	}
	if archived, err := s.ArchiveHub(s.ctx, "ZZ1", "never-made"); archived || err != nil {
		t.Errorf("archiving what never was: %v, %v", archived, err)
	}
}

func TestRefusedHubs(t *testing.T) {
	s := newSetup(t)
	half, far := 53.4, 200.0
	for name, c := range map[string]struct {
		change      func(*provision.HubSpec)
		field, says string
	}{
		"no trust":             {func(h *provision.HubSpec) { h.Trust = "ZZ9" }, "trust", "Apply the trust first"},
		"capital slug":         {func(h *provision.HubSpec) { h.Slug = "Bootle" }, "slug", "lower-case"},
		"long slug":            {func(h *provision.HubSpec) { h.Slug = strings.Repeat("a", 41) }, "slug", "1 to 40"},
		"no name":              {func(h *provision.HubSpec) { h.Name = "" }, "name", "must not be empty"},
		"two lines":            {func(h *provision.HubSpec) { h.Address = text("1 Strand Road\nBootle") }, "address", "one line"},
		"long postcode":        {func(h *provision.HubSpec) { h.Postcode = text("L20 9ZZ L20 9ZZ") }, "postcode", "at most 10"},
		"uprn of letters":      {func(h *provision.HubSpec) { h.UPRN = text("10a") }, "uprn", "digits"},
		"half a position":      {func(h *provision.HubSpec) { h.Latitude, h.Longitude = &half, nil }, "latitude", "together"},
		"nowhere":              {func(h *provision.HubSpec) { h.Longitude = &far }, "longitude", "-180 to 180"},
		"unknown zone":         {func(h *provision.HubSpec) { h.TimeZone = "Europe/Bootle" }, "timeZone", "IANA"},
		"the server's zone":    {func(h *provision.HubSpec) { h.TimeZone = "Local" }, "timeZone", "IANA"},
		"closes before":        {func(h *provision.HubSpec) { h.OpeningHours[1].Closes = "09:00" }, "openingHours.1.closes", "after"},
		"no time":              {func(h *provision.HubSpec) { h.OpeningHours[0].Opens = "9 o'clock" }, "openingHours.0.opens", "HH:MM"},
		"a day twice":          {func(h *provision.HubSpec) { h.OpeningHours[1].Day = schema.Tuesday }, "openingHours.1.day", "twice"},
		"half an exception":    {func(h *provision.HubSpec) { h.OpeningExceptions[1].Closes = nil }, "openingExceptions.1", "together"},
		"a date twice":         {func(h *provision.HubSpec) { h.OpeningExceptions[1].Date = h.OpeningExceptions[0].Date }, "openingExceptions.1.date", "twice"},
		"a host with a port":   {func(h *provision.HubSpec) { h.Hostnames[0] = "bootle.example.org:8080" }, "hostnames.0", "without port"},
		"an address as a host": {func(h *provision.HubSpec) { h.Hostnames[0] = "192.0.2.7" }, "hostnames.0", "without port or address"},
		"a capital host":       {func(h *provision.HubSpec) { h.Hostnames[0] = "Bootle.example.org" }, "hostnames.0", "lower-case"},
		"a host twice":         {func(h *provision.HubSpec) { h.Hostnames[0] = h.Hostnames[1] }, "hostnames", "twice"},
		"a colour's name":      {func(h *provision.HubSpec) { h.Brand.Colour = text("blue") }, "brand.colour", "hexadecimal"},
		"a plain logo":         {func(h *provision.HubSpec) { h.Brand.LogoURL = text("http://example.org/logo.svg") }, "brand.logoUrl", "https"},
		"a need's code":        {func(h *provision.HubSpec) { h.Needs[0].Code = "Money!" }, "needs.0.code", "lower-case"},
		"a need twice":         {func(h *provision.HubSpec) { h.Needs[0].Code = "housing" }, "needs", "twice"},
		"a nameless need":      {func(h *provision.HubSpec) { h.Needs[0].Name = "" }, "needs.0.name", "empty"},
		"an empty room":        {func(h *provision.HubSpec) { h.Rooms[0].Capacity = 0 }, "rooms.0.capacity", "from 1"},
		"a room twice":         {func(h *provision.HubSpec) { h.Rooms[0].Name = "Hall" }, "rooms", "twice"},
		"no role":              {func(h *provision.HubSpec) { h.RoleGrants[0].Role = "BOSS" }, "roleGrants.0.role", "no role"},
		"a grant twice":        {func(h *provision.HubSpec) { h.RoleGrants = append(h.RoleGrants, h.RoleGrants[0]) }, "roleGrants", "twice"},
		"a source without url": {func(h *provision.HubSpec) { h.CatalogueSources[0].URL = "" }, "catalogueSources.0.url", ""},
	} {
		t.Run(name, func(t *testing.T) {
			spec := bootle()
			c.change(&spec)
			_, err := s.ApplyHub(s.ctx, spec)
			wantField(t, err, c.field, problem.BadUserInput, c.says)
		})
	}
	if n := s.Count(t, "select count(*) from hubs"); n != 3 {
		t.Errorf("%d hubs: a refused one was made", n)
	}
}

// TestNothingOfAnotherTrust: the input names a trust and a hub, and nothing beyond them can be reached or told.
func TestNothingOfAnotherTrust(t *testing.T) {
	s := newSetup(t)
	if state, err := s.Hub(s.ctx, "ZZ1", "elsewhere"); state != nil || err != nil {
		t.Errorf("a hub of ZZ2 read as one of ZZ1: %v, %v", state, err)
	}
	if err := s.SyncCatalogue(s.ctx, "ZZ1", "elsewhere", ""); !problem.Is(err, problem.NotFound) {
		t.Errorf("synced: %v", err)
	}
	if archived, err := s.ArchiveHub(s.ctx, "ZZ1", "elsewhere"); archived || err != nil {
		t.Errorf("archived: %v, %v", archived, err)
	}
	spec := bootle()
	spec.Slug = "elsewhere" // of its own trust: another hub, of the same slug
	s.apply(t, spec)
	if n := s.Count(t, "select count(*) from hubs where slug = 'elsewhere'"); n != 2 {
		t.Errorf("%d hubs of that slug", n)
	}
	if other := s.read(t, "ZZ2", "elsewhere"); other.Name != "Life Rooms elsewhere" || len(other.Rooms) != 0 {
		t.Errorf("the other one changed: %+v", other)
	}
	spec.Trust, spec.Hostnames = "ZZ2", nil
	s.apply(t, spec)
	taker := bootle()
	taker.Trust, taker.Slug = "ZZ2", "taker"
	_, err := s.ApplyHub(s.ctx, taker)
	wantField(t, err, "hostnames", problem.Conflict, "taken")
	if strings.Contains(err.Error(), "ZZ1") || strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("it tells by whom: %v", err)
	}
	if state, err := s.Hub(s.ctx, "ZZ2", "taker"); state != nil || err != nil {
		t.Errorf("a refused hub was made: %v, %v", state, err)
	}
}

// TestOperatorsAtOnce: many apply the same new hub at once. It is made once, one of them says so, and the rest found it done.
func TestOperatorsAtOnce(t *testing.T) {
	s := newSetup(t)
	const many = 12
	made := make([]bool, many)
	atOnce(t, many, func(i int) error {
		changed, err := s.ApplyHub(s.ctx, bootle())
		made[i] = len(changed) > 0
		return err
	})
	if n := count(made); n != 1 {
		t.Errorf("%d of them changed something", n)
	}
	if n := s.Count(t, "select count(*) from hubs where slug = 'bootle'"); n != 1 {
		t.Errorf("%d hubs", n)
	}
	if n := s.Count(t, "select count(*) from audit_events where action = 'hub.applied'"); n != 1 {
		t.Errorf("%d audit events", n)
	}

	// Two who disagree: whichever comes last, the hub is wholly the one or wholly the other.
	one, other := bootle(), bootle()
	other.Name, other.Rooms, other.Needs = "Bootle", []provision.Room{{Name: "Barn", Capacity: 9}}, []provision.Need{{Code: "money", Name: "Debt"}}
	other.Hostnames, other.RoleGrants = []string{"barn.example.org"}, nil
	atOnce(t, many, func(i int) error {
		spec := one
		if i%2 == 1 {
			spec = other
		}
		_, err := s.ApplyHub(s.ctx, spec)
		return err
	})
	state := s.read(t, "ZZ1", "bootle")
	want := map[string][]string{one.Name: {"Hall", "Quiet room"}, "Bootle": {"Barn"}}[state.Name]
	var rooms []string
	for _, r := range state.Rooms {
		rooms = append(rooms, r.Name)
	}
	if !slices.Equal(rooms, want) || len(state.Hostnames) != len(want) || len(state.Needs) != len(want) {
		t.Errorf("a mixture of two: %s with %v, %v, %v", state.Name, rooms, state.Hostnames, state.Needs)
	}
}

// TestManyHubsAtOnce: a region's hubs are all applied at once and all are live; none waits for another's trust.
func TestManyHubsAtOnce(t *testing.T) {
	s := newSetup(t)
	const many = 200
	began := time.Now()
	atOnce(t, many, func(i int) error {
		spec := bootle()
		spec.Slug, spec.Hostnames = fmt.Sprint("hub-", i), []string{fmt.Sprintf("hub-%d.example.org", i)}
		_, err := s.ApplyHub(s.ctx, spec)
		return err
	})
	t.Logf("%d hubs in %s", many, time.Since(began).Round(time.Millisecond))
	if n := s.Count(t, "select count(*) from hubs where slug like 'hub-%' and state = 'LIVE'"); n != many {
		t.Errorf("%d hubs are live", n)
	}
	if n := s.Count(t, "select count(*) from hostnames"); n != many {
		t.Errorf("%d host names", n)
	}
}

// TestOneHostnameForMany: of many hubs that ask for one name at once, one gets it.
func TestOneHostnameForMany(t *testing.T) {
	s := newSetup(t)
	const many = 10
	taken := make([]bool, many)
	atOnce(t, many, func(i int) error {
		spec := bootle()
		spec.Slug = "hub-" + string(rune('a'+i))
		if i%2 == 1 {
			spec.Trust = "ZZ2"
		}
		spec.Hostnames = []string{"wanted.example.org"}
		_, err := s.ApplyHub(s.ctx, spec)
		taken[i] = problem.Is(err, problem.Conflict)
		if taken[i] {
			return nil
		}
		return err
	})
	if n := count(taken); n != many-1 {
		t.Errorf("%d were told that it is taken", n)
	}
	if n := s.Count(t, "select count(*) from hubs where slug like 'hub-_'"); n != 1 {
		t.Errorf("%d hubs were made", n)
	}
}

// TestHubsThatSwapNames: two hubs that take one another's host names at once do not stop one another for good.
func TestHubsThatSwapNames(t *testing.T) {
	s := newSetup(t)
	spec := func(slug, hostname string) provision.HubSpec {
		return provision.HubSpec{Trust: "ZZ1", Slug: slug, Hub: provision.Hub{Name: slug, TimeZone: "Europe/London", Hostnames: []string{hostname}}}
	}
	s.apply(t, spec("left", "left.example.org"))
	s.apply(t, spec("right", "right.example.org"))
	for range 5 {
		atOnce(t, 2, func(i int) error {
			var err error
			if i == 0 {
				_, err = s.ApplyHub(s.ctx, spec("left", "right.example.org"))
			} else {
				_, err = s.ApplyHub(s.ctx, spec("right", "left.example.org"))
			}
			if problem.Is(err, problem.Conflict) {
				return nil
			}
			return err
		})
		left, right := s.read(t, "ZZ1", "left"), s.read(t, "ZZ1", "right")
		if len(left.Hostnames) != 1 || len(right.Hostnames) != 1 || left.Hostnames[0] == right.Hostnames[0] {
			t.Fatalf("left at %v, right at %v", left.Hostnames, right.Hostnames)
		}
		s.apply(t, spec("left", "aside.example.org"))
		s.apply(t, spec("right", "right.example.org"))
		s.apply(t, spec("left", "left.example.org"))
	}
}

func atOnce(t *testing.T, n int, do func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func count(all []bool) int {
	n := 0
	for _, yes := range all {
		if yes {
			n++
		}
	}
	return n
}
