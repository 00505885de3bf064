package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/graph"
	"liferooms.io/liferooms/internal/freshness"
	"liferooms.io/liferooms/internal/viewer"
)

// board is Walton with something on each list of the board, and some of each that is not to be on it.
func (a *api) board(t *testing.T) (ctx context.Context) {
	t.Helper()
	ctx = a.As(t, a.Walton, viewer.Manager)
	c := a.Store.Client(ctx)
	today, now := time.Now().UTC().Truncate(24*time.Hour), time.Now()
	at := func(name string, change func(*ent.ServiceUpdateOne)) {
		u := a.service(t, ctx, name).Update()
		change(u)
		u.ExecX(ctx)
	}
	at("Never assured", func(u *ent.ServiceUpdateOne) {})
	at("Never assured, too", func(u *ent.ServiceUpdateOne) { u.SetStatus("TEMPORARILY_CLOSED") })
	at("Long ago", func(u *ent.ServiceUpdateOne) { u.SetAssuredDate(today.AddDate(-1, 0, 0)) })
	at("A day too long ago", func(u *ent.ServiceUpdateOne) { u.SetAssuredDate(today.AddDate(0, -3, -2)) })
	at("Lately", func(u *ent.ServiceUpdateOne) { u.SetAssuredDate(today.AddDate(0, -2, 0)).SetURL("https://a.test/gone") })
	at("Defunct", func(u *ent.ServiceUpdateOne) { u.SetStatus("DEFUNCT") })
	at("Retired last week", func(u *ent.ServiceUpdateOne) { u.SetRetiredAt(now.AddDate(0, 0, -7)).SetURL("https://a.test/gone") })
	at("Retired yesterday", func(u *ent.ServiceUpdateOne) { u.SetRetiredAt(now.AddDate(0, 0, -1)) })
	at("Retired last year", func(u *ent.ServiceUpdateOne) { u.SetRetiredAt(now.AddDate(-1, 0, 0)) })
	c.Organisation.Create().SetName("Partner with a link").SetURL("https://a.test/gone").SetSource("local").SetExternalID("o").ExecX(ctx)
	agreed := func(service string, signed, ends *time.Time) {
		o := c.Organisation.Query().Where(organisation.Name("Partner of " + service)).OnlyX(ctx)
		c.PartnerAgreement.Create().SetOrganisationID(o.ID).SetNillableSignedOn(signed).SetNillableEndsOn(ends).SetUpdatedAt(now).ExecX(ctx)
	}
	said := func(name, unit string, at time.Time) {
		s := c.Service.Query().Where(service.Name(name)).OnlyX(ctx)
		c.ServiceCapacity.Create().SetServiceID(s.ID).SetUnit(unit).SetAvailable(0).SetUpdatedAt(at).SetBy("PARTNER").ExecX(ctx)
	}
	past, before := today.AddDate(0, 0, -9), today.AddDate(-1, 0, 0)
	agreed("Long ago", &past, nil)            // and nobody said how many places
	agreed("A day too long ago", &past, nil)  // whose places are known
	agreed("Lately", &before, &past)          // ended, and said something once
	agreed("Never assured", nil, nil)         // not signed
	agreed("Never assured, too", &past, nil)  // closed for a while
	agreed("Retired yesterday", &before, nil) // and not on offer
	said("A day too long ago", "places", now.AddDate(0, 0, -27))
	said("A day too long ago", "beds", now.AddDate(0, 0, -40))
	said("Lately", "places", now.AddDate(0, 0, -29))
	c.LinkCheck.Create().SetURL("https://a.test/gone").SetState("DEAD").SetFailingSince(now.AddDate(0, 0, -9)).SetCheckedAt(now.Add(-time.Hour)).SetMessage("There is no such page any more (404).").SetStatus(404).ExecX(ctx)
	c.LinkCheck.Create().SetURL("https://a.test/gone-longer").SetState("DEAD").SetFailingSince(now.AddDate(0, 0, -90)).SetCheckedAt(now).ExecX(ctx)
	c.LinkCheck.Create().SetURL("https://a.test/failing").SetState("FAILING").SetFailingSince(now).SetCheckedAt(now).ExecX(ctx)
	c.LinkCheck.Create().SetURL("https://a.test/old").SetState("MOVED").SetMovedTo("https://a.test/new").SetCheckedAt(now).ExecX(ctx)
	c.LinkCheck.Create().SetURL("https://a.test/fine").SetState("FINE").SetCheckedAt(now).ExecX(ctx)
	source := func(name string) *ent.CatalogueSourceCreate {
		return c.CatalogueSource.Create().SetName(name).SetSource(name).SetKind("URL").SetURL("https://a.test/feed")
	}
	source("council").SetState("FAILED").SetFailingSince(now.AddDate(0, 0, -3)).SetMessage("a.test cannot be reached.").SetFailures(4).ExecX(ctx)
	source("charity").SetState("SYNCED").ExecX(ctx)
	source("given-up").SetState("FAILED").SetFailingSince(now).SetRemovedAt(now).ExecX(ctx)
	return ctx
}

// pages reads a list page by page, of two, and gives the names of its rows, in order; by both readers, which agree.
func (a *api) pages(t *testing.T, ctx context.Context, list, name string, path ...any) (all []string) {
	t.Helper()
	var after any
	for range 20 {
		query := fmt.Sprintf(list, `pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount edges { cursor node { id } } nodes`)
		variables := map[string]any{"after": after}
		got, want := a.ask(ctx, query, variables), a.interpreted().ask(ctx, query, variables)
		if diff := cmp.Diff(want.Raw, got.Raw); diff != "" || len(want.Errors) > 0 {
			t.Fatalf("%s\nanswers otherwise (-interpreted +compiled):\n%s\n%v", query, diff, want.Errors)
		}
		page := dig(t, got.Data, path...)
		for _, n := range dig(t, page, "nodes").([]any) {
			all = append(all, fmt.Sprint(dig(t, n, name)))
		}
		if dig(t, page, "pageInfo", "hasNextPage") != true {
			if total := dig(t, page, "totalCount"); int(total.(float64)) != len(all) {
				t.Errorf("%v counts %v rows and shows %d", path, total, len(all))
			}
			return all
		}
		after = dig(t, page, "pageInfo", "endCursor")
	}
	t.Fatal("it has no end")
	return nil
}

func TestTheBoard(t *testing.T) {
	var run graph.Run
	a := newAPI(t, graph.OnRun(func(_ context.Context, r graph.Run) { run = r }))
	ctx := a.board(t)
	for list, want := range map[string]struct {
		name, more string
		rows       []string
	}{
		"unassured":        {"name", "name assuredDate retiredAt organisation { name }", []string{"Never assured", "Never assured, too", "Long ago", "A day too long ago"}},
		"retired":          {"name", "name retired retiredAt", []string{"Retired last week", "Retired yesterday"}},
		"withoutCapacity":  {"name", "name capacities { current }", []string{"Long ago", "Lately"}},
		"withoutAgreement": {"name", "name agreement { current endsOn }", []string{"Partner of Lately", "Partner of Never assured"}},
		"deadLinks":        {"url", "url state message movedTo checkedAt failingSince dueAt services { name organisation { name } } organisations { name services { name } }", []string{"https://a.test/gone-longer", "https://a.test/gone"}},
		"movedLinks":       {"movedTo", "movedTo services { id }", []string{"https://a.test/new"}},
		"failedImports":    {"name", "name message failingSince failures syncedAt", []string{"council"}},
	} {
		query := `query ($after: String) { hub(slug: "walton") { freshness { ` + list + `(first: 2, after: $after) { %s { ` + want.more + ` } } } } }`
		if got := a.pages(t, ctx, query, want.name, "hub", "freshness", list); !slices.Equal(got, want.rows) {
			t.Errorf("%s: %q, want %q", list, got, want.rows)
		}
		if run.Result == graph.Interpreted {
			t.Errorf("%s is not compiled because of %s", list, run.Because)
		}
	}
	dead := a.must(t, ctx, `{ hub(slug: "walton") { freshness { deadLinks { nodes { services { name } organisations { name } } } } } }`)
	given := dig(t, dead, "hub", "freshness", "deadLinks", "nodes", 1)
	if services := dig(t, given, "services").([]any); len(services) != 1 || dig(t, services[0], "name") != "Lately" {
		t.Errorf("the link is given by %v", services)
	}
	if got := dig(t, given, "organisations", 0, "name"); got != "Partner with a link" {
		t.Errorf("and by %v", got)
	}
	if got := a.ask(a.As(t, a.Walton, viewer.Advisor), `{ hub(slug: "walton") { freshness { retired { totalCount } } } }`); len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != "FORBIDDEN" {
		t.Errorf("an advisor is told %v", got.Errors)
	}
}

// TestTheBoardIsIndexed: each list is cut out of an index in its order.
func TestTheBoardIsIndexed(t *testing.T) {
	a := newAPI(t)
	rule := strings.NewReplacer("@row", "row", "@today", "date '2026-11-25'").Replace
	for sql, index := range map[string]string{
		`select id from services where hub_id = $1 and retired_at is null and status in ('ACTIVE', 'TEMPORARILY_CLOSED') and coalesce(assured_date, date '0001-01-01') < '2026-01-01'
			order by coalesce(assured_date, date '0001-01-01'), id limit 26`: "hand_services_assured",
		`select row.id from services row where row.hub_id = $1 and ` + rule(freshness.NoCapacitySQL) + ` order by coalesce(assured_date, date '0001-01-01'), id limit 26`:  "hand_services_assured",
		`select row.id from organisations row where row.hub_id = $1 and ` + rule(freshness.NoAgreementSQL) + ` order by name, id limit 26`:                                 "organisation_hub_id_name_id",
		`select id from services where hub_id = $1 and retired_at >= '2026-01-01' order by retired_at, id limit 26`:                                                        "hand_services_retired",
		`select id from link_checks where hub_id = $1 and state = 'DEAD' order by failing_since, id limit 26`:                                                              "linkcheck_hub_id_state_failing_since_id",
		`select id from catalogue_sources where hub_id = $1 and state = 'FAILED' and removed_at is null and failing_since is not null order by failing_since, id limit 26`: "hand_catalogue_sources_failing",
		`select id from services where hub_id = $1 and md5(url) = md5('x') and url = 'x' and retired_at is null`:                                                           "hand_services_url",
		`select id from organisations where hub_id = $1 and md5(url) = md5('x') and url = 'x' and retired_at is null`:                                                      "hand_organisations_url",
	} {
		a.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, "set enable_seqscan = off; set enable_sort = off"); err != nil {
				t.Fatal(err)
			}
			rows, err := conn.Query(ctx, "explain "+strings.ReplaceAll(sql, "$1", "'"+a.Walton.ID.String()+"'"))
			if err != nil {
				t.Fatal(err)
			}
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil || !strings.Contains(strings.Join(plan, "\n"), index) || strings.Contains(strings.Join(plan, "\n"), "Sort") {
				t.Errorf("%s\nis not served by %s (%v):\n%s", sql, index, err, strings.Join(plan, "\n"))
			}
		})
	}
}

func TestCheckLinkAgain(t *testing.T) {
	a := newAPI(t)
	ctx := a.board(t)
	id := dig(t, a.must(t, ctx, `{ hub(slug: "walton") { freshness { deadLinks(first: 2) { nodes { id } } } } }`), "hub", "freshness", "deadLinks", "nodes", 1, "id")
	const again = `mutation ($id: ID!) { checkLinkAgain(input: {hub: "walton", linkId: $id}) { link { url services { name } } userErrors { code message } } }`
	got := a.must(t, ctx, again, map[string]any{"id": id})
	if dig(t, got, "checkLinkAgain", "link", "services", 0, "name") != "Lately" {
		t.Errorf("%v", got)
	}
	if n := a.Count(t, "select count(*) from river.river_job where kind = 'link_check' and queue = 'links'"); n != 1 {
		t.Errorf("%d jobs", n)
	}
	a.Store.Client(ctx).LinkCheck.Update().SetCheckedAt(time.Now()).ExecX(ctx)
	got = a.must(t, ctx, again, map[string]any{"id": id})
	if dig(t, got, "checkLinkAgain", "link") != nil || dig(t, got, "checkLinkAgain", "userErrors", 0, "code") != "CONFLICT" {
		t.Errorf("%v", got)
	}
}

// terms gives Walton two services with terms of two feeds.
func (a *api) terms(t *testing.T) (ctx context.Context) {
	t.Helper()
	a.fill(t, 0)
	ctx = a.As(t, a.Walton, viewer.Manager)
	c := a.Store.Client(ctx)
	money := c.Need.Query().Where().AllX(ctx)[1]
	one, two := a.service(t, ctx, "One"), a.service(t, ctx, "Two")
	for i, term := range []struct{ source, code, name string }{{"a", "", "Owing"}, {"b", "", "owing"}, {"a", "107", "Cash"}, {"a", "", "Hats"}, {"a", "", "Shoes"}} {
		create := c.TaxonomyTerm.Create().SetSource(term.source).SetExternalID(fmt.Sprint(i)).SetTaxonomy("Things").SetName(term.name)
		if term.code != "" {
			create.SetCode(term.code).SetNeedID(money.ID)
		}
		made := create.SaveX(ctx)
		if term.name != "Shoes" {
			c.ServiceTerm.Create().SetServiceID(one.ID).SetTaxonomyTermID(made.ID).ExecX(ctx)
		}
		if term.name == "owing" {
			c.ServiceTerm.Create().SetServiceID(two.ID).SetTaxonomyTermID(made.ID).ExecX(ctx)
		}
	}
	return ctx
}

func TestCatalogueTerms(t *testing.T) {
	var run graph.Run
	a := newAPI(t, graph.OnRun(func(_ context.Context, r graph.Run) { run = r }))
	ctx := a.terms(t)
	const list = `query ($after: String) { hub(slug: "walton") { catalogueTerms(first: 2, after: $after) { %s { name taxonomy code meaning need { code } serviceCount } } } }`
	if got := a.pages(t, ctx, list, "name", "hub", "catalogueTerms"); !slices.Equal(got, []string{"owing", "Hats", "Shoes", "Cash"}) && !slices.Equal(got, []string{"Owing", "Hats", "Shoes", "Cash"}) {
		t.Errorf("%q", got)
	}
	if run.Result == graph.Interpreted {
		t.Errorf("it is not compiled because of %s", run.Because)
	}
	for _, filter := range []string{`{text: "HAT"}`, `{meaning: ASSUMED}`, `{text: "107", meaning: ASSUMED}`, `{text: "thing", meaning: CHOSEN}`, `{text: "` + strings.Repeat("x", 101) + `"}`, `{text: null}`} {
		query := `{ hub(slug: "walton") { catalogueTerms(filter: ` + filter + `) { nodes { name meaning need { name } serviceCount } totalCount } } }`
		got, want := a.ask(ctx, query), a.interpreted().ask(ctx, query)
		if got.Raw != want.Raw || len(got.Errors) != len(want.Errors) {
			t.Errorf("%s\ncompiled %s %v\ninterpreted %s %v", query, got.Raw, got.Errors, want.Raw, want.Errors)
		}
	}
	all := a.must(t, ctx, `{ hub(slug: "walton") { catalogueTerms { nodes { id name } } } }`)
	ids := map[string]any{"owing": dig(t, all, "hub", "catalogueTerms", "nodes", 0, "id"), "cash": dig(t, all, "hub", "catalogueTerms", "nodes", 3, "id")}
	const change = `mutation ($owing: ID!, $cash: ID!) { mapTerms(input: {hub: "walton", %s terms: [{termId: $owing, decision: NEED, need: "isolation"}, {termId: $cash, decision: NOT_OURS}]}) {
		servicesChanged terms { id name meaning need { code } serviceCount } userErrors { code field message } } }`
	preview := a.must(t, ctx, fmt.Sprintf(change, "preview: true,"), ids)
	if n := dig(t, preview, "mapTerms", "servicesChanged"); n != float64(2) || a.Count(t, "select count(*) from term_mappings") != 0 || a.Count(t, "select count(*) from service_needs") != 0 {
		t.Errorf("a preview says %v, and there are %d decisions", n, a.Count(t, "select count(*) from term_mappings"))
	}
	done := a.must(t, ctx, fmt.Sprintf(change, ""), ids)
	if dig(t, done, "mapTerms", "servicesChanged") != float64(2) || dig(t, done, "mapTerms", "terms", 0, "meaning") != "CHOSEN" ||
		dig(t, done, "mapTerms", "terms", 0, "need", "code") != "isolation" || dig(t, done, "mapTerms", "terms", 1, "meaning") != "NOT_OURS" {
		t.Errorf("%v", done)
	}
	bad := a.must(t, ctx, `mutation ($owing: ID!) { mapTerms(input: {hub: "walton", terms: [{termId: $owing, decision: NEED, need: "flying"}]}) { servicesChanged userErrors { field } } }`, ids)
	if dig(t, bad, "mapTerms", "userErrors", 0, "field") != "terms.0.need" {
		t.Errorf("%v", bad)
	}
}
