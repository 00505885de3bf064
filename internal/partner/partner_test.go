package partner_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/location"
	"liferooms.io/liferooms/ent/proposedchange"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// catalogue is a hub with two partners: Citizens has Debt advice on Thursdays, the other a service of its own.
type catalogue struct {
	*storetest.World
	t        *testing.T
	partners *partner.Partners
	// manager works at Walton.
	manager context.Context
	// org and other are the two partners; debt, gone (retired) and hidden (staff only) are org's services, theirs is the other's.
	org, other                uuid.UUID
	debt, gone, hidden, their uuid.UUID
	thursdays, theirTime      uuid.UUID
}

func newCatalogue(t *testing.T) *catalogue {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	c := &catalogue{World: w, t: t, partners: partner.New(w.Store, log, directory.New(w.Store, log)), manager: w.As(t, w.Walton, viewer.Manager)}
	client := w.Store.Client(c.manager)
	c.org = client.Organisation.Create().SetSource("feed").SetExternalID("o1").SetName("Citizens").SetDescription("Free advice.").SetPhone("0151 496 0001").SaveX(c.manager).ID
	c.other = client.Organisation.Create().SetSource("feed").SetExternalID("o2").SetName("Other partner").SaveX(c.manager).ID
	service := func(of uuid.UUID, id, name string) *ent.ServiceCreate {
		return client.Service.Create().SetSource("feed").SetExternalID(id).SetOrganisationID(of).SetName(name)
	}
	c.debt = service(c.org, "s1", "Debt advice").SetDescription("Help with debt.\nCome in.").SetMinimumAge(18).SetLanguages([]string{"English", "Polish"}).SetFree(true).SaveX(c.manager).ID
	c.gone = service(c.org, "s2", "Old club").SetRetiredAt(time.Now()).SaveX(c.manager).ID
	c.hidden = service(c.org, "s3", "Staff only").SetVisibility("STAFF").SaveX(c.manager).ID
	c.their = service(c.other, "s4", "Their service").SetPhone("0151 496 0009").SaveX(c.manager).ID
	c.thursdays = client.Schedule.Create().SetSource("feed").SetExternalID("d1").SetServiceID(c.debt).SetFreq("WEEKLY").SetByDay([]string{"TH"}).SetOpensAt("10:00").SetClosesAt("12:00").SaveX(c.manager).ID
	c.theirTime = client.Schedule.Create().SetSource("feed").SetExternalID("d2").SetServiceID(c.their).SetFreq("WEEKLY").SetByDay([]string{"MO"}).SaveX(c.manager).ID
	for place, visibility := range map[string]string{"Library": "PUBLIC", "Refuge": "RESTRICTED"} {
		l := client.Location.Create().SetSource("feed").SetExternalID(place).SetName(place).SetAddress(place + " Road").SetVisibility(location.Visibility(visibility)).SaveX(c.manager)
		client.ServiceAtLocation.Create().SetSource("feed").SetExternalID(place).SetServiceID(c.debt).SetLocationID(l.ID).ExecX(c.manager)
	}
	elsewhere := client.Location.Create().SetSource("feed").SetExternalID("Hall").SetName("Their hall").SaveX(c.manager)
	client.ServiceAtLocation.Create().SetSource("feed").SetExternalID("Hall").SetServiceID(c.their).SetLocationID(elsewhere.ID).ExecX(c.manager)
	return c
}

// link makes a link and follows it.
func (c *catalogue) link(org uuid.UUID) (ctx context.Context, made *ent.PartnerLink, token string) {
	c.t.Helper()
	made, token, err := c.partners.CreateLink(c.manager, uuid.NewString(), org, 30)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, found, err := c.partners.Follow(context.Background(), token)
	if err != nil || ctx == nil || found.LinkID != made.ID {
		c.t.Fatalf("the link does not lead anywhere: %v %v", found, err)
	}
	return ctx, made, token
}

func (c *catalogue) propose(ctx context.Context, fields map[string]string) int {
	c.t.Helper()
	asked, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: c.debt, Written: fields})
	if err != nil {
		c.t.Fatal(err)
	}
	return asked
}

func (c *catalogue) waiting() []*ent.ProposedChange {
	c.t.Helper()
	return c.Store.Client(c.manager).ProposedChange.Query().Where(proposedchange.StateEQ(proposedchange.StateWaiting)).
		Order(proposedchange.ByField(), proposedchange.ByID()).AllX(c.manager)
}

func idsOf(changes []*ent.ProposedChange) []uuid.UUID {
	ids := make([]uuid.UUID, len(changes))
	for i, c := range changes {
		ids[i] = c.ID
	}
	return ids
}

func (c *catalogue) service() *ent.Service {
	c.t.Helper()
	return c.Store.Client(c.manager).Service.GetX(c.manager, c.debt)
}

var day = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

func TestAPartnerSeesItsOwnEntry(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	e, err := c.partners.Entry(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if e.Organisation.Texts["name"] != "Citizens" || e.Organisation.Texts["phone"] != "0151 496 0001" || e.Organisation.Texts["email"] != "" {
		t.Errorf("%v", e.Organisation.Texts)
	}
	if len(e.Services) != 2 || e.Services[0].ID != c.debt || e.Services[1].ID != c.hidden {
		t.Fatalf("services: %+v", e.Services)
	}
	s := e.Services[0]
	for field, want := range map[string]string{"name": "Debt advice", "description": "Help with debt.\nCome in.", "minimum_age": "18", "maximum_age": "",
		"languages": "English, Polish", "free": "yes", "offered": "yes"} {
		if s.Texts[field] != want {
			t.Errorf("%s: %q, want %q", field, s.Texts[field], want)
		}
	}
	if len(s.Times) != 1 || s.Times[0].Summary != "Every Thursday, 10:00 to 12:00" && !strings.Contains(strings.ToLower(s.Times[0].Summary), "thursday") {
		t.Errorf("%+v", s.Times)
	}
	if len(s.Places) != 1 || s.Places[0] != "Library, Library Road" {
		t.Errorf("a hidden place is told: %v", s.Places)
	}
}

// TestAPartnerReachesNothingElse: whatever is asked by a partner's link, by Ent or by SQL, is about its own entry.
func TestAPartnerReachesNothingElse(t *testing.T) {
	c := newCatalogue(t)
	ctx, link, _ := c.link(c.org)
	theirs, _, _ := c.link(c.other)
	if _, err := c.partners.Propose(theirs, partner.Correction{Kind: partner.Organisation, ID: c.other, Written: map[string]string{"phone": "0151 496 0002"}}); err != nil {
		t.Fatal(err)
	}
	for table, column := range map[string]string{"organisations": "id", "services": "organisation_id", "proposed_changes": "organisation_id", "partner_links": "organisation_id"} {
		ids, err := store.Collect(ctx, c.Store, pgx.RowTo[uuid.UUID], "select "+column+" from "+table)
		if err != nil {
			t.Fatal(table, err)
		}
		for _, id := range ids {
			if id != c.org {
				t.Errorf("%s shows a row of %s", table, id)
			}
		}
	}
	for table, ours := range map[string]int64{"schedules": 1, "service_at_locations": 2, "locations": 1, "service_capacities": 0} {
		if n, err := store.Collect(ctx, c.Store, pgx.RowTo[int64], "select count(id) from "+table); err != nil || n[0] != ours {
			t.Errorf("%s shows %v rows (%v), want %d", table, n, err, ours)
		}
	}
	granted := map[string]bool{"organisations": true, "services": true, "proposed_changes": true, "partner_links": true, "schedules": true, "service_at_locations": true,
		"locations": true, "service_capacities": true}
	for table := range store.Tables() {
		if _, err := store.Collect(ctx, c.Store, pgx.RowTo[int64], "select count(hub_id) from "+table); (err == nil) != granted[table] {
			t.Errorf("%s: %v", table, err)
		}
	}
	for _, statement := range []string{
		"select visibility from services where hub_id = $1",
		"select token_hash from partner_links where hub_id = $1",
		"select decided_by_id from proposed_changes where hub_id = $1",
		"update services set name = 'Mine' where hub_id = $1",
		"update services set assured_date = now() where hub_id = $1",
		"update organisations set name = 'Mine' where hub_id = $1",
		"update partner_links set expires_at = now() where hub_id = $1",
		"update partner_links set revoked_at = null where hub_id = $1",
		"update proposed_changes set proposed = 'Mine' where hub_id = $1",
		"delete from proposed_changes where hub_id = $1",
		"delete from service_capacities where hub_id = $1",
		"insert into services (id, hub_id, organisation_id, source, external_id, name, imported_at) values (gen_random_uuid(), $1, $1, 'x', 'x', 'x', now())",
	} {
		if _, err := c.Store.Exec(ctx, statement, c.Walton.ID); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	// What may be inserted is held to the partner's own by policies.
	refused := func(statement string, args ...any) {
		t.Helper()
		if _, err := c.Store.Exec(ctx, statement, args...); err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	assure := `insert into assurances (id, hub_id, trust_id, service_id, assured_on, "by", partner_link_id, created_at) values (gen_random_uuid(), $1, $2, $3, now(), $4, $5, now())`
	refused(assure, c.Walton.ID, c.Trust, c.their, "PARTNER", link.ID)
	refused(assure, c.Walton.ID, c.Trust, c.gone, "PARTNER", link.ID)
	refused(assure, c.Walton.ID, c.Trust, c.debt, "STAFF", nil)
	capacity := `insert into service_capacities (id, hub_id, trust_id, service_id, unit, available, updated_at, "by") values (gen_random_uuid(), $1, $2, $3, 'places', 1, now(), $4)`
	refused(capacity, c.Walton.ID, c.Trust, c.their, "PARTNER")
	refused(capacity, c.Walton.ID, c.Trust, c.debt, "STAFF")
	change := `insert into proposed_changes (id, hub_id, trust_id, organisation_id, service_id, schedule_id, partner_link_id, field, state, created_at)
		values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, 'name', $7, now())`
	refused(change, c.Walton.ID, c.Trust, c.other, nil, nil, link.ID, "WAITING")
	refused(change, c.Walton.ID, c.Trust, c.org, c.their, nil, link.ID, "WAITING")
	refused(change, c.Walton.ID, c.Trust, c.org, c.debt, c.theirTime, link.ID, "WAITING")
	refused(change, c.Walton.ID, c.Trust, c.org, c.debt, nil, link.ID, "APPROVED")
	refused(`insert into audit_events (id, trust_id, hub_id, at, action, subject_type, request_id, fields) values (gen_random_uuid(), $1, $2, now(), 'person.read', 'person', 'r', '[]')`,
		c.Trust, c.Walton.ID)

	client := c.Store.Client(ctx)
	if _, err := client.Service.Query().Count(ctx); !problem.Is(err, problem.Forbidden) {
		t.Errorf("Ent counts services for a partner: %v", err)
	}
	if err := client.Organisation.Update().SetName("Mine").Exec(ctx); !problem.Is(err, problem.Forbidden) {
		t.Errorf("Ent changes partners for a partner: %v", err)
	}
	for _, id := range []uuid.UUID{c.their, c.gone, uuid.New()} {
		if _, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: id, Written: map[string]string{"name": "Mine"}}); !problem.Is(err, problem.NotFound) {
			t.Errorf("a change of %s: %v", id, err)
		}
		one := 1
		if err := c.partners.SetCapacity(ctx, id, partner.Capacity{Available: &one}); !problem.Is(err, problem.NotFound) {
			t.Errorf("places of %s: %v", id, err)
		}
		if n, err := c.partners.Confirm(ctx, day, &id); err != nil || n != 0 {
			t.Errorf("confirm %s: %d %v", id, n, err)
		}
	}
	if _, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Schedule, ID: c.theirTime, Service: c.debt, Written: map[string]string{"description": "Mine"}}); !problem.Is(err, problem.NotFound) {
		t.Errorf("a change of another's time: %v", err)
	}
	// The role lasts as long as the transaction: the same connections serve staff next.
	for range 20 {
		if n := c.Store.Client(c.manager).Organisation.Query().CountX(c.manager); n != 2 {
			t.Fatalf("the manager sees %d partners", n)
		}
		if ids, err := store.Collect(ctx, c.Store, pgx.RowTo[uuid.UUID], "select id from organisations"); err != nil || len(ids) != 1 {
			t.Fatalf("the partner sees %d partners (%v)", len(ids), err)
		}
	}
}

func TestLinksEnd(t *testing.T) {
	c := newCatalogue(t)
	ctx, made, token := c.link(c.org)
	guess := func() string {
		var b [32]byte
		_, _ = rand.Read(b[:])
		return base64.RawURLEncoding.EncodeToString(b[:])
	}
	for _, wrong := range []string{"", "x", guess(), token[:42], token + "A", strings.ToUpper(token), made.ID.String()} {
		if ctx, link, err := c.partners.Follow(context.Background(), wrong); ctx != nil || link != nil || err != nil {
			t.Errorf("%q leads to %v %v", wrong, link, err)
		}
	}
	if n := c.Count(t, "select count(*) from partner_links where position(token_hash in convert_to($1, 'UTF8')) > 0 or encode(token_hash, 'escape') like '%' || $1 || '%'", token); n != 0 {
		t.Error("the token is kept")
	}

	if _, err := c.partners.RevokeLink(c.manager, made.ID); err != nil {
		t.Fatal(err)
	}
	if now, link, err := c.partners.Follow(context.Background(), token); now != nil || link == nil || err != nil || link.RevokedAt == nil || link.HubName == "" {
		t.Errorf("a revoked link: %v %+v %v", now, link, err)
	}
	// Who had the page open still has the context.
	if _, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: c.debt, Written: map[string]string{"name": "Debt"}}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("a change by a revoked link: %v", err)
	}
	if _, err := c.partners.Confirm(ctx, day, nil); !problem.Is(err, problem.Forbidden) {
		t.Errorf("an assurance by a revoked link: %v", err)
	}
	one := 1
	if err := c.partners.SetCapacity(ctx, c.debt, partner.Capacity{Available: &one}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("places by a revoked link: %v", err)
	}

	_, expiring, late := c.link(c.org)
	c.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update partner_links set expires_at = now() - interval '1 second' where id = $1", expiring.ID); err != nil {
			t.Fatal(err)
		}
	})
	if now, link, err := c.partners.Follow(context.Background(), late); now != nil || link == nil || err != nil {
		t.Errorf("an expired link: %v %+v %v", now, link, err)
	}
	_, _, paused := c.link(c.org)
	c.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'SUSPENDED' where id = $1", c.Walton.ID); err != nil {
			t.Fatal(err)
		}
	})
	if now, link, err := c.partners.Follow(context.Background(), paused); now != nil || link == nil || err != nil {
		t.Errorf("a link of a hub that is paused: %v %+v %v", now, link, err)
	}
}

func TestALinkIsMadeOnce(t *testing.T) {
	c := newCatalogue(t)
	key := uuid.NewString()
	first, token, err := c.partners.CreateLink(c.manager, key, c.org, 14)
	if err != nil || token == "" {
		t.Fatal(err)
	}
	if days := time.Until(first.ExpiresAt).Hours() / 24; days < 13.9 || days > 14.1 {
		t.Errorf("it lasts %.1f days", days)
	}
	again, fresh, err := c.partners.CreateLink(c.manager, key, c.org, 14)
	if err != nil || again.ID != first.ID || fresh == "" || fresh == token {
		t.Fatalf("sent again: %v %v %q", again, err, fresh)
	}
	if ctx, _, _ := c.partners.Follow(context.Background(), token); ctx != nil {
		t.Error("the answer that was lost works, too")
	}
	ctx, _, _ := c.partners.Follow(context.Background(), fresh)
	if _, err := c.partners.Confirm(ctx, day, nil); err != nil {
		t.Fatal(err)
	}
	if opened, none, err := c.partners.CreateLink(c.manager, key, c.org, 14); err != nil || opened.ID != first.ID || none != "" {
		t.Errorf("sent again after it was used: %v %q", err, none)
	}
	for days, wrong := range map[int]bool{0: true, -1: true, 91: true, 1: false, 90: false} {
		if _, _, err := c.partners.CreateLink(c.manager, uuid.NewString(), c.org, days); problem.Is(err, problem.BadUserInput) != wrong {
			t.Errorf("%d days: %v", days, err)
		}
	}
	var done sync.WaitGroup
	same := uuid.NewString()
	for range 8 {
		done.Go(func() {
			if _, _, err := c.partners.CreateLink(c.manager, same, c.org, 30); err != nil {
				t.Errorf("eight at once: %v", err)
			}
		})
	}
	done.Wait()
	if n := c.Count(t, "select count(*) from partner_links where client_mutation_id = $1", same); n != 1 {
		t.Errorf("eight at once made %d links", n)
	}
	var failed error
	for range partner.MaxLinks {
		if _, _, err := c.partners.CreateLink(c.manager, uuid.NewString(), c.org, 30); err != nil {
			failed = err
		}
	}
	if !problem.Is(failed, problem.Conflict) {
		t.Errorf("links without end: %v", failed)
	}
	if _, _, err := c.partners.CreateLink(c.manager, uuid.NewString(), uuid.New(), 30); !problem.Is(err, problem.NotFound) {
		t.Errorf("a link of no partner: %v", err)
	}
}

func TestAChangeWaitsUntilItIsApproved(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	asked := c.propose(ctx, map[string]string{"name": " Debt   advice ", "phone": "0151 496 0005", "minimum_age": "16", "languages": "English; Welsh", "description": "Help with debt.\r\nCome in.", "free": "no"})
	if asked != 4 {
		t.Errorf("%d fields are asked for, want 4", asked)
	}
	if s := c.service(); s.Phone != nil || *s.MinimumAge != 18 {
		t.Errorf("it is so before anybody approves: %v", s)
	}
	e, err := c.partners.Entry(ctx)
	if err != nil || e.Services[0].Shown("phone") != "0151 496 0005" || !e.Services[0].Waits() || e.Services[0].Texts["phone"] != "" {
		t.Errorf("%v %+v", err, e.Services[0].Waiting)
	}
	all := c.waiting()
	if len(all) != 4 || all[0].Field != "free" || all[1].Field != "languages" || all[1].Before != "English, Polish" || all[1].Proposed != "English, Welsh" {
		t.Fatalf("%v", all)
	}
	// The partner writes again: its last word counts.
	if again := c.propose(ctx, map[string]string{"phone": "0151 496 0006"}); again != 1 {
		t.Errorf("%d", again)
	}
	if err := c.partners.Approve(c.manager, idsOf(all), nil); !problem.Is(err, problem.Conflict) {
		t.Errorf("what was replaced is approved: %v", err)
	}
	if s := c.service(); s.Phone != nil || *s.MinimumAge != 18 {
		t.Error("some were approved where one could not be")
	}
	all = c.waiting()
	if err := c.partners.Approve(c.manager, idsOf(all[:1]), []string{"no"}); !problem.Is(err, problem.Conflict) {
		t.Errorf("the manager saw something else: %v", err)
	}
	if err := c.partners.Approve(c.manager, idsOf(all[:1]), []string{"yes"}); err != nil {
		t.Fatal(err)
	}
	if err := c.partners.Approve(c.manager, idsOf(all), nil); err != nil { // the first of them a second time
		t.Fatal(err)
	}
	if s := c.service(); s.Phone == nil || *s.Phone != "0151 496 0006" || *s.MinimumAge != 16 || s.Free || strings.Join(s.Languages, "|") != "English|Welsh" {
		t.Errorf("%v", s)
	}
	if n := len(c.waiting()); n != 0 {
		t.Errorf("%d wait", n)
	}
	if err := c.partners.Reject(c.manager, idsOf(all), "Too late"); !problem.Is(err, problem.Conflict) {
		t.Errorf("what was approved is rejected: %v", err)
	}
	// Taking back what was asked for.
	c.propose(ctx, map[string]string{"phone": "0151 496 0007"})
	if n := c.propose(ctx, map[string]string{"phone": "0151 496 0006"}); n != 0 || len(c.waiting()) != 0 {
		t.Errorf("%d asked, %d wait", n, len(c.waiting()))
	}
	if n := c.Count(t, "select count(*) from audit_events where action = 'partner.proposed' and actor_id is null"); n != 3 {
		t.Errorf("%d records of what the partner asked", n)
	}
	if n := c.Count(t, "select count(*) from audit_events where action = 'proposed_change.approved' and actor_id is not null"); n != 4 {
		t.Errorf("%d records of approvals", n)
	}
}

func TestTimesAndPartnersAreCorrectedToo(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	asked, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Organisation, ID: c.org, Written: map[string]string{"phone": "", "url": "https://citizens.example.org"}},
		partner.Correction{Kind: partner.Schedule, ID: c.thursdays, Service: c.debt, Written: map[string]string{"description": "Not in August"}},
		partner.Correction{Kind: partner.Service, ID: c.debt, Written: map[string]string{partner.Offered: "no"}})
	if err != nil || asked != 4 {
		t.Fatal(asked, err)
	}
	if err := c.partners.Approve(c.manager, idsOf(c.waiting()), nil); err != nil {
		t.Fatal(err)
	}
	o := c.Store.Client(c.manager).Organisation.GetX(c.manager, c.org)
	if o.Phone != nil || o.URL == nil || *o.URL != "https://citizens.example.org" {
		t.Errorf("%v", o)
	}
	if d := c.Store.Client(c.manager).Schedule.GetX(c.manager, c.thursdays); d.Description != "Not in August" {
		t.Errorf("%v", d)
	}
	if s := c.service(); s.Status != "DEFUNCT" {
		t.Errorf("%v", s)
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	for field, text := range map[string]string{"name": " ", "email": "nobody", "url": "javascript:alert(1)", "minimum_age": "young", "maximum_age": "131", "free": "perhaps",
		"phone": strings.Repeat("1", 61), "description": strings.Repeat("x", 20001)} {
		_, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: c.debt, Written: map[string]string{field: text}})
		if wrong, ok := errors.AsType[partner.Mistakes](err); !ok || len(wrong) != 1 || wrong[0].Input != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: c.debt, Written: map[string]string{"name": "", "minimum_age": " 40", "maximum_age": "20 "}})
	if wrong, ok := errors.AsType[partner.Mistakes](err); !ok || len(wrong) != 2 || wrong[0].Fault != partner.Empty || wrong[1].Fault != partner.BelowYoungest {
		t.Errorf("%v", err)
	}
	// Each may be, but not together.
	c.propose(ctx, map[string]string{"maximum_age": "17"})
	if err := c.partners.Approve(c.manager, idsOf(c.waiting()), nil); !problem.Is(err, problem.BadUserInput) {
		t.Errorf("youngest 18, oldest 17: %v", err)
	}
	if len(c.waiting()) != 1 {
		t.Error("what could not be approved no longer waits")
	}
	if err := c.partners.Reject(c.manager, idsOf(c.waiting()), " "); !problem.Is(err, problem.BadUserInput) {
		t.Errorf("without a reason: %v", err)
	}
	if err := c.partners.Reject(c.manager, idsOf(c.waiting()), "Ask them"); err != nil {
		t.Fatal(err)
	}
	for _, ids := range [][]uuid.UUID{nil, make([]uuid.UUID, 0)} {
		if err := c.partners.Approve(c.manager, ids, nil); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("nothing is approved: %v", err)
		}
	}
	if err := c.partners.Approve(c.manager, []uuid.UUID{uuid.New()}, nil); !problem.Is(err, problem.NotFound) {
		t.Errorf("what is not there: %v", err)
	}
}

// TestTwoProposalsRace: two links of one partner ask for the same field at the same time, over and over; one of them waits
// in the end, and none is lost without trace.
func TestTwoProposalsRace(t *testing.T) {
	c := newCatalogue(t)
	first, _, _ := c.link(c.org)
	second, _, _ := c.link(c.org)
	var done sync.WaitGroup
	for n := range 10 {
		for _, ctx := range []context.Context{first, second} {
			done.Go(func() {
				_, err := c.partners.Propose(ctx, partner.Correction{Kind: partner.Service, ID: c.debt, Written: map[string]string{"phone": "0151 496 1" + string(rune('0'+n)), "name": "Debt"}})
				if err != nil {
					t.Errorf("%v", err)
				}
			})
		}
	}
	done.Wait()
	if all := c.waiting(); len(all) != 2 {
		t.Errorf("%d wait, want one for each field", len(all))
	}
	if n := c.Count(t, "select count(*) from proposed_changes where state = 'REPLACED'"); n != 38 {
		t.Errorf("%d were replaced, want 38", n)
	}
}

// TestTwoManagersDecideOnce: one approves and one rejects the same change at the same time.
func TestTwoManagersDecideOnce(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	other := c.As(t, c.Walton, viewer.Manager)
	for n := range 10 {
		phone := "0151 496 2" + string(rune('0'+n))
		c.propose(ctx, map[string]string{"phone": phone})
		ids := idsOf(c.waiting())
		var approved, rejected error
		var done sync.WaitGroup
		done.Go(func() { approved = c.partners.Approve(c.manager, ids, nil) })
		done.Go(func() { rejected = c.partners.Reject(other, ids, "No") })
		done.Wait()
		if (approved == nil) == (rejected == nil) {
			t.Fatalf("approved: %v, rejected: %v", approved, rejected)
		}
		if lost := errors.Join(approved, rejected); !problem.Is(lost, problem.Conflict) {
			t.Errorf("%v", lost)
		}
		if s := c.service(); (s.Phone != nil && *s.Phone == phone) != (approved == nil) {
			t.Errorf("approved %v, and the phone is %v", approved, s.Phone)
		}
	}
}

func TestAssurances(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	if n, err := c.partners.Confirm(ctx, day, nil); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if n, err := c.partners.Confirm(ctx, day, nil); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if s := c.service(); s.AssuredDate == nil || !s.AssuredDate.Equal(day) {
		t.Errorf("assured on %v", s.AssuredDate)
	}
	if n := c.Count(t, `select count(*) from assurances where "by" = 'PARTNER' and staff_id is null`); n != 2 {
		t.Errorf("%d assurances", n)
	}
	if s := c.Store.Client(c.manager).Service.GetX(c.manager, c.their); s.AssuredDate != nil {
		t.Error("another's service is assured")
	}
	// What waits for the hub is not said to be right.
	c.propose(ctx, map[string]string{"phone": "0151 496 0005"})
	if n, err := c.partners.Confirm(ctx, day.AddDate(0, 0, 1), nil); err != nil || n != 1 {
		t.Error(n, err)
	}
	if s := c.service(); !s.AssuredDate.Equal(day) {
		t.Errorf("assured on %v", s.AssuredDate)
	}
	later := day.AddDate(0, 0, 7)
	if err := c.partners.Assure(c.manager, later, []uuid.UUID{c.debt, c.their, c.debt}); err != nil {
		t.Fatal(err)
	}
	if err := c.partners.Assure(c.manager, day, []uuid.UUID{c.debt}); err != nil { // an earlier day changes nothing
		t.Fatal(err)
	}
	if s := c.service(); !s.AssuredDate.Equal(later) {
		t.Errorf("assured on %v", s.AssuredDate)
	}
	for _, ids := range [][]uuid.UUID{{c.debt, uuid.New()}, {c.gone}} {
		if err := c.partners.Assure(c.manager, later.AddDate(0, 0, 1), ids); !problem.Is(err, problem.NotFound) {
			t.Errorf("%v", err)
		}
	}
	if err := c.partners.Assure(c.manager, later, make([]uuid.UUID, 0)); !problem.Is(err, problem.BadUserInput) {
		t.Errorf("%v", err)
	}
	if s := c.service(); !s.AssuredDate.Equal(later) {
		t.Error("some were assured where one could not be")
	}
}

func TestCapacity(t *testing.T) {
	c := newCatalogue(t)
	ctx, _, _ := c.link(c.org)
	known := func() string {
		t.Helper()
		found, err := store.Collect(c.manager, c.Store, pgx.RowTo[*bool], "select (select has_places from capacities_of($1) where service_id = $2)", c.Walton.ID, c.debt)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case found[0] == nil:
			return "not known"
		case *found[0]:
			return "yes"
		}
		return "no"
	}
	if known() != "not known" {
		t.Error(known())
	}
	number := func(n int) *int { return &n }
	if err := c.partners.SetCapacity(c.manager, c.debt, partner.Capacity{Available: number(3), Maximum: number(10)}); err != nil {
		t.Fatal(err)
	}
	if known() != "yes" {
		t.Error(known())
	}
	if err := c.partners.SetCapacity(ctx, c.debt, partner.Capacity{Available: number(0)}); err != nil {
		t.Fatal(err)
	}
	row := c.Store.Client(c.manager).ServiceCapacity.Query().OnlyX(c.manager)
	if known() != "no" || row.By != "PARTNER" || row.StaffID != nil || row.Maximum != nil {
		t.Error(known(), row)
	}
	age := func(days int) {
		c.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, "update service_capacities set updated_at = now() - make_interval(days => $1)", days); err != nil {
				t.Fatal(err)
			}
		})
	}
	age(27)
	if known() != "no" {
		t.Error(known())
	}
	// To confirm the entry is to say its places again, as long as they are known.
	if _, err := c.partners.Confirm(ctx, day, nil); err != nil {
		t.Fatal(err)
	}
	if since := time.Since(c.Store.Client(c.manager).ServiceCapacity.Query().OnlyX(c.manager).UpdatedAt); since > time.Minute {
		t.Errorf("said %s ago", since)
	}
	age(29)
	if known() != "not known" {
		t.Error(known())
	}
	if _, err := c.partners.Confirm(ctx, day.AddDate(0, 0, 1), nil); err != nil || known() != "not known" {
		t.Errorf("what nobody said for a month is said again: %v %s", err, known())
	}
	if err := c.partners.SetCapacity(c.manager, c.debt, partner.Capacity{}); err != nil || c.Store.Client(c.manager).ServiceCapacity.Query().CountX(c.manager) != 0 {
		t.Error("not known", err)
	}
	for _, wrong := range []partner.Capacity{{Available: number(-1)}, {Available: number(1), Maximum: number(-1)}, {Available: number(5), Maximum: number(3)}, {Available: number(1), Unit: strings.Repeat("x", 61)}} {
		if err := c.partners.SetCapacity(c.manager, c.debt, wrong); !problem.Is(err, problem.BadUserInput) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if err := c.partners.SetCapacity(c.manager, c.gone, partner.Capacity{Available: number(1)}); !problem.Is(err, problem.NotFound) {
		t.Error(err)
	}
}

func TestAgreements(t *testing.T) {
	c := newCatalogue(t)
	at := func(days int) *time.Time { d := day.AddDate(0, 0, days); return &d }
	number := func(n int) *int { return &n }
	agreement := func() *ent.PartnerAgreement {
		all := c.Store.Client(c.manager).PartnerAgreement.Query().AllX(c.manager)
		if len(all) != 1 {
			t.Fatalf("%d agreements", len(all))
		}
		return all[0]
	}
	if partner.Current(nil, day) {
		t.Error("no agreement is current")
	}
	for _, step := range []struct {
		a       partner.Agreement
		current bool
		wrong   string
	}{
		{a: partner.Agreement{Note: "Waiting for a signature"}},
		{a: partner.Agreement{SignedOn: at(-10), SignedBy: "Jo Bloggs", ResponseDays: number(5)}, current: true},
		{a: partner.Agreement{SignedOn: at(-10), SignedBy: "Jo Bloggs", EndsOn: at(0)}, current: true},
		{a: partner.Agreement{SignedOn: at(-10), SignedBy: "Jo Bloggs", EndsOn: at(-1)}},
		{a: partner.Agreement{SignedOn: at(1), SignedBy: "Jo Bloggs"}, wrong: "dataProtectionSignedOn"},
		{a: partner.Agreement{SignedOn: at(-10)}, wrong: "signedBy"},
		{a: partner.Agreement{ResponseDays: number(0)}, wrong: "responseDays"},
		{a: partner.Agreement{SignedOn: at(-1), SignedBy: "Jo", EndsOn: at(-2)}, wrong: "endsOn"},
	} {
		_, err := c.partners.RecordAgreement(c.manager, day, c.org, step.a)
		if mistakes, _ := problem.Correctable(err); step.wrong != "" {
			if len(mistakes) != 1 || mistakes[0].Field != step.wrong {
				t.Errorf("%+v: %v", step.a, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		a := agreement()
		if partner.Current(a, day) != step.current || a.SignedBy != step.a.SignedBy {
			t.Errorf("%+v: %v", step.a, a)
		}
		sql, err := store.Collect(c.manager, c.Store, pgx.RowTo[bool],
			"select "+strings.ReplaceAll(strings.ReplaceAll(partner.CurrentSQL, "@row", "a"), "@today", "$1::date")+" from partner_agreements a", day)
		if err != nil || sql[0] != step.current {
			t.Errorf("%+v: SQL says %v %v", step.a, sql, err)
		}
	}
	before := c.Count(t, "select count(*) from audit_events where action = 'agreement.recorded'")
	if _, err := c.partners.RecordAgreement(c.manager, day, c.org, partner.Agreement{SignedOn: at(-10), SignedBy: "Jo Bloggs", EndsOn: at(-1)}); err != nil {
		t.Fatal(err)
	}
	if after := c.Count(t, "select count(*) from audit_events where action = 'agreement.recorded'"); after != before || before != 4 {
		t.Errorf("%d records, were %d", after, before)
	}
	if _, err := c.partners.RecordAgreement(c.manager, day, uuid.New(), partner.Agreement{}); !problem.Is(err, problem.NotFound) {
		t.Error(err)
	}
}
