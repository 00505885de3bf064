package feed_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent/servicecapacity"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/viewer"
)

// holdings are the questions that give a hub's catalogue without ids: what refers to another row names it instead.
var holdings = map[string]string{
	"organisations": `select to_jsonb(o) - '{id,hub_id,source,external_id,imported_at}'::text[] from organisations o where o.hub_id = $1`,
	"locations":     `select to_jsonb(l) - '{id,hub_id,source,external_id,imported_at}'::text[] from locations l where l.hub_id = $1`,
	"terms": `select to_jsonb(t) - '{id,hub_id,source,external_id,imported_at,need_id,parent_external_id}'::text[] || jsonb_build_object('need', n.code, 'parent', p.name)
		from taxonomy_terms t left join needs n on n.id = t.need_id
		left join taxonomy_terms p on p.hub_id = t.hub_id and p.source = t.source and p.external_id = t.parent_external_id where t.hub_id = $1`,
	"services": `select to_jsonb(s) - '{id,hub_id,source,external_id,imported_at,organisation_id,last_modified}'::text[]
		  || jsonb_build_object('organisation', o.name, 'modified', coalesce(s.last_modified, s.imported_at) at time zone 'UTC')
		from services s join organisations o on o.id = s.organisation_id where s.hub_id = $1`,
	"places": `select jsonb_build_array(s.name, l.name, l.address, a.description, a.visibility)
		from service_at_locations a join services s on s.id = a.service_id join locations l on l.id = a.location_id where a.hub_id = $1`,
	"schedules": `select to_jsonb(c) - '{id,hub_id,source,external_id,imported_at,service_id,service_at_location_id}'::text[]
		  || jsonb_build_object('service', s.name, 'place', l.name)
		from schedules c join services s on s.id = c.service_id
		left join service_at_locations a on a.id = c.service_at_location_id left join locations l on l.id = a.location_id where c.hub_id = $1`,
	"capacities": `select jsonb_build_array(s.name, c.unit, c.available, c.maximum, c.description, c.updated_at)
		from service_capacities c join services s on s.id = c.service_id where c.hub_id = $1`,
	"terms of services": `select jsonb_build_array(s.name, t.taxonomy, t.name)
		from service_terms x join services s on s.id = x.service_id join taxonomy_terms t on t.id = x.taxonomy_term_id where x.hub_id = $1`,
	"needs of services": `select jsonb_build_array(s.name, n.code)
		from service_needs x join services s on s.id = x.service_id join needs n on n.id = x.need_id where x.hub_id = $1`,
}

func (s *site) holds(t *testing.T, hub viewer.Hub) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		for what, sql := range holdings {
			rows, err := conn.Query(ctx, sql, hub.ID)
			if err != nil {
				t.Fatal(what, err)
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
			if err != nil {
				t.Fatal(what, err)
			}
			for _, line := range lines {
				all[what] = append(all[what], string(line))
			}
			slices.Sort(all[what])
		}
	})
	return all
}

// TestAFeedImportsIntoAnotherHub takes the feed of one hub into two others, one record at a time and as one document: all
// three then have the same catalogue.
func TestAFeedImportsIntoAnotherHub(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	// The standard has neither days nor years; what becomes of these is told by TestAServiceSaysAllThatTheHubHolds.
	s.owner(t, "delete from schedules where freq in ('DAILY', 'YEARLY')")
	var records []string
	for _, id := range s.all(t, "walton/services") {
		records = append(records, s.do(t, "GET", "walton/services/"+id).body)
	}
	s.needs(t, s.Southport)
	s.stock(t, s.Southport, "https://walton.example.org/open-referral/walton/", "["+strings.Join(records, ",")+"]")
	s.needs(t, s.Elsewhere)
	s.stock(t, s.Elsewhere, "https://walton.example.org/open-referral/walton/", s.do(t, "GET", "walton/export.json").body)

	want := s.holds(t, s.Walton)
	for what, least := range map[string]int{"services": 122, "organisations": 62, "locations": 60, "places": 120, "schedules": 100, "capacities": 1, "terms": 12, "needs of services": 120, "terms of services": 120} {
		if len(want[what]) < least {
			t.Errorf("only %d %s are compared", len(want[what]), what)
		}
	}
	for _, hub := range []viewer.Hub{s.Southport, s.Elsewhere} {
		if diff := cmp.Diff(want, s.holds(t, hub)); diff != "" {
			t.Errorf("%s differs: %s", hub.Slug, diff)
		}
	}

	// Taken again, nothing changes; and so it is with what the other hub publishes in turn.
	document := s.do(t, "GET", "southport/export.json").body
	summary, err := s.directory.Import(s.Platform(s.Elsewhere), "again", openreferral.NewReader(strings.NewReader(document), openreferral.Auto).Rows(), nil)
	if err != nil || summary.Added != summary.Rows || summary.Refused > 0 {
		t.Errorf("%+v %v", summary, err)
	}
	summary, err = s.directory.Import(s.Platform(s.Elsewhere), "again", openreferral.NewReader(strings.NewReader(document), openreferral.Auto).Rows(),
		func(r directory.RowResult) {
			if len(r.Notes) > 0 {
				t.Errorf("%s: %v", r.Name, r.Notes)
			}
		})
	if err != nil || summary.Unchanged != summary.Rows {
		t.Errorf("the second time: %+v %v", summary, err)
	}
}

// TestTheTablesAreThoseOfHSDS reads the archive as a tabular package, and compares it with the JSON.
func TestTheTablesAreThoseOfHSDS(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	platform := s.Platform(s.Walton)
	of := s.Store.Client(platform).Service.Query().FirstIDX(platform)
	s.Store.Client(platform).ServiceCapacity.Create().SetServiceID(of).SetUnit("beds").SetAvailable(0).SetMaximum(10).SetDescription("For one night").
		SetUpdatedAt(time.Date(2026, 1, 5, 10, 0, 0, 123_000_000, time.UTC)).SetBy(servicecapacity.ByStaff).ExecX(platform)
	got := s.do(t, "GET", "walton/export.zip")
	if got.status != 200 || got.header.Get("Content-Type") != "application/zip" || got.header.Get("Content-Disposition") != `attachment; filename="walton.zip"` {
		t.Fatalf("%d %v", got.status, got.header)
	}
	z, err := zip.NewReader(bytes.NewReader([]byte(got.body)), int64(len(got.body)))
	if err != nil {
		t.Fatal(err)
	}
	document := map[string]any{}
	for _, file := range z.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if file.Name == "datapackage.json" {
			var described struct {
				Resources []struct {
					Path   string
					Schema struct{ Fields []struct{ Name string } }
				}
			}
			if err := json.NewDecoder(r).Decode(&described); err != nil || len(described.Resources) != len(z.File)-1 {
				t.Errorf("%v %v", described, err)
			}
			continue
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil {
			t.Fatal(file.Name, err)
		}
		ids := map[string]bool{}
		var records []any
		for _, row := range rows[1:] {
			record := map[string]any{}
			for i, name := range rows[0] {
				if row[i] != "" {
					record[name] = row[i]
				}
			}
			if ids[row[0]] {
				t.Errorf("%s has the id %s twice", file.Name, row[0])
			}
			ids[row[0]] = true
			records = append(records, record)
		}
		document[filepath.Base(file.Name)] = records
	}
	for table, want := range map[string]int{"services.csv": 122, "organizations.csv": 62, "taxonomy_terms.csv": 15, "taxonomies.csv": 2} {
		if n := len(document[table].([]any)); n != want {
			t.Errorf("%s has %d rows, want %d", table, n, want)
		}
	}
	row := func(table, column, value string) map[string]any {
		for _, one := range document[table].([]any) {
			if one := one.(map[string]any); one[column] == value {
				return one
			}
		}
		t.Fatalf("%s has no row whose %s is %s", table, column, value)
		return nil
	}
	beds := row("units.csv", "name", "beds")
	said := row("service_capacity.csv", "unit_id", beds["id"].(string))
	if said["service_id"] != of.String() || said["available"] != "0" || said["maximum"] != "10" ||
		said["description"] != "For one night" || said["updated"] != "2026-01-05T10:00:00.123Z" {
		t.Errorf("%v %v", said, beds)
	}
	tabular, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	s.needs(t, s.Southport)
	s.stock(t, s.Southport, "tables", string(tabular))
	southport := s.Platform(s.Southport)
	if c := s.Store.Client(southport).ServiceCapacity.Query().Where(servicecapacity.Unit("beds")).WithService().OnlyX(southport); c.Edges.Service.ExternalID != of.String() || c.Unit != "beds" || c.Available != 0 || *c.Maximum != 10 ||
		c.Description != "For one night" || !c.UpdatedAt.Equal(time.Date(2026, 1, 5, 10, 0, 0, 123_000_000, time.UTC)) || c.By != servicecapacity.BySource {
		t.Errorf("%+v", c)
	}
	s.needs(t, s.Elsewhere)
	s.stock(t, s.Elsewhere, "tables", s.do(t, "GET", "walton/export.json").body)
	if diff := cmp.Diff(s.holds(t, s.Elsewhere), s.holds(t, s.Southport)); diff != "" {
		t.Errorf("tables and JSON differ: %s", diff)
	}
}
