package feed

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent"
	entservice "liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// An export is read in batches, each of which has a time of its own; so the memory used
// does not grow with the catalogue, but for the tables, which are held compressed until they are complete.
const (
	exportBatch = 200
	batchLimit  = 30 * time.Second
	exportLimit = 10 * time.Minute
)

// eachBatch reads all public services whole, in the order of their ids.
func (c catalogue) eachBatch(ctx context.Context, do func([]*ent.Service) error) error {
	var after uuid.UUID
	for {
		q := c.store.Client(ctx).Service.Query().Where(entservice.IDGT(after)).Order(entservice.ByID()).Limit(exportBatch)
		whole(q)
		rows, err := q.All(ctx)
		if err != nil {
			return fmt.Errorf("read services: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		after = rows[len(rows)-1].ID
		if err := do(slices.DeleteFunc(rows, hiddenMeanwhile)); err != nil {
			return err
		}
	}
}

// exportJSON writes the catalogue as one array of full services.
func (c catalogue) exportJSON(ctx context.Context, w http.ResponseWriter) error {
	ctx, cancel := context.WithTimeout(ctx, exportLimit)
	defer cancel()
	begun := false
	var batch bytes.Buffer
	send := func() error {
		if !begun {
			begin(w, "application/json; charset=utf-8", c.hub.Slug+".json")
			begun = true
		}
		_, err := batch.WriteTo(w)
		return err
	}
	batch.WriteString("[")
	encoder := json.NewEncoder(&batch)
	separator := ""
	err := c.eachBatch(ctx, func(rows []*ent.Service) error {
		records, err := c.full(ctx, rows)
		if err != nil {
			return err
		}
		for _, record := range records {
			batch.WriteString(separator)
			if err := encoder.Encode(record); err != nil {
				return err
			}
			separator = ","
		}
		return errors.Join(allow(w), send())
	})
	if err == nil {
		batch.WriteString("]\n")
		err = send()
	}
	return c.unlessBegun(ctx, begun, err)
}

// unlessBegun is the error where the answer has not begun. One that has lacks its end, which no reader takes for whole.
func (c catalogue) unlessBegun(ctx context.Context, begun bool, err error) error {
	if err == nil || !begun {
		return err
	}
	slog.WarnContext(ctx, "an export broke off", "hub", c.hub.Slug, "error", store.ForLog(err), "request", request.ID(ctx))
	return nil
}

func begin(w http.ResponseWriter, contentType, name string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

// allow gives the next batch its time to leave.
func allow(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(batchLimit))
}

// exportTables writes the catalogue as the tables of HSDS 3.1, CSV files in a zip with their description.
func (c catalogue) exportTables(ctx context.Context, w http.ResponseWriter) error {
	ctx, cancel := context.WithTimeout(ctx, exportLimit)
	defer cancel()
	t, err := newTables()
	if err != nil {
		return err
	}
	err = c.eachBatch(ctx, func(rows []*ent.Service) error {
		records, err := c.full(ctx, rows)
		if err != nil {
			return err
		}
		for _, record := range records {
			t.add(record.(service))
		}
		return allow(w)
	})
	if err != nil {
		return err
	}
	taxonomies, err := c.allTaxonomies(ctx)
	if err != nil {
		return err
	}
	for _, one := range taxonomies {
		t.write("taxonomies", one.ID, one.Name, one.Description)
	}
	archive, err := t.archive()
	if err != nil {
		return err
	}
	begin(w, "application/zip", c.hub.Slug+".zip")
	_, err = w.Write(archive)
	return c.unlessBegun(ctx, true, err)
}

// columns are those of the tables of HSDS 3.1 of which a hub has something to say, in the order in which the archive has them.
var columns = []struct {
	table string
	names []string
}{
	{"organizations", []string{"id", "name", "alternate_name", "description", "email", "website", "legal_status"}},
	{"organization_identifiers", []string{"id", "organization_id", "identifier_scheme", "identifier_type", "identifier"}},
	{"services", []string{"id", "organization_id", "name", "alternate_name", "description", "url", "email", "status", "application_process",
		"fees_description", "accreditations", "eligibility_description", "minimum_age", "maximum_age", "assured_date", "alert", "last_modified"}},
	{"locations", []string{"id", "location_type", "name", "description", "latitude", "longitude"}},
	{"addresses", []string{"id", "location_id", "address_1", "city", "state_province", "postal_code", "country", "address_type"}},
	{"accessibility", []string{"id", "location_id", "description"}},
	{"service_at_location", []string{"id", "service_id", "location_id", "description"}},
	{"schedules", []string{"id", "service_id", "service_at_location_id", "valid_from", "valid_to", "dtstart", "until", "freq", "interval", "byday",
		"bymonthday", "description", "opens_at", "closes_at", "exdate", "rdate"}},
	{"phones", []string{"id", "service_id", "organization_id", "contact_id", "number"}},
	{"contacts", []string{"id", "service_id", "name", "title", "email"}},
	{"languages", []string{"id", "service_id", "name"}},
	{"cost_options", []string{"id", "service_id", "valid_from", "valid_to", "option", "currency", "amount", "amount_description"}},
	{"service_areas", []string{"id", "service_id", "name", "description", "uri"}},
	{"funding", []string{"id", "service_id", "source"}},
	{"service_capacity", []string{"id", "service_id", "unit_id", "available", "maximum", "description", "updated"}},
	{"units", []string{"id", "name"}},
	{"taxonomies", []string{"id", "name", "description"}},
	{"taxonomy_terms", []string{"id", "code", "name", "description", "parent_id", "taxonomy", "taxonomy_id"}},
	{"attributes", []string{"id", "link_id", "link_entity", "taxonomy_term_id"}},
}

// table is one of the archive's files while it grows, compressed: they grow side by side, and an archive takes one after
// the other.
type table struct {
	rows     *csv.Writer
	deflate  *flate.Writer
	packed   bytes.Buffer
	checksum hash.Hash32
	length   uint64 // bytes, unpacked
}

// Write takes what the rows come to.
func (t *table) Write(b []byte) (int, error) {
	t.length += uint64(len(b))
	_, _ = t.checksum.Write(b) // a hash takes all
	return t.deflate.Write(b)
}

func newTable(columns []string) (*table, error) {
	t := &table{checksum: crc32.NewIEEE()}
	t.deflate, _ = flate.NewWriter(&t.packed, flate.DefaultCompression) // fails for an unknown level only
	t.rows = csv.NewWriter(t)
	return t, t.rows.Write(columns)
}

// addTo puts the finished table into the archive.
func (t *table) addTo(z *zip.Writer, name string) error {
	t.rows.Flush()
	if err := errors.Join(t.rows.Error(), t.deflate.Close()); err != nil {
		return err
	}
	file, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Deflate, CRC32: t.checksum.Sum32(),
		CompressedSize64: uint64(t.packed.Len()), UncompressedSize64: t.length,
	})
	if err != nil {
		return err
	}
	_, err = t.packed.WriteTo(file)
	return err
}

// tables are those of columns, and what of them is written already.
type tables struct {
	all  map[string]*table
	seen map[string]bool
}

func newTables() (*tables, error) {
	t := &tables{all: map[string]*table{}, seen: map[string]bool{}}
	for _, c := range columns {
		one, err := newTable(c.names)
		if err != nil {
			return nil, err
		}
		t.all[c.table] = one
	}
	return t, nil
}

// write adds a row; a table's writer keeps the first error until the archive is made.
func (t *tables) write(table string, values ...any) {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = cell(v)
	}
	_ = t.all[table].rows.Write(row) // the writer keeps the error
}

// first reports whether a record that many services share has not been written yet.
func (t *tables) first(table, id string) bool {
	key := table + id
	if t.seen[key] {
		return false
	}
	t.seen[key] = true
	return true
}

func (t *tables) add(s service) {
	o := s.Organisation
	t.write("services", s.ID, o.ID, s.Name, s.AlternateName, s.Description, s.URL, s.Email, s.Status, s.Application, s.Fees, s.Accreditations,
		s.Eligibility, s.MinimumAge, s.MaximumAge, s.AssuredDate, s.Alert, s.LastModified)
	if t.first("organizations", o.ID) {
		t.write("organizations", o.ID, o.Name, o.AlternateName, o.Description, o.Email, o.Website, o.LegalStatus)
		for _, i := range o.Identifiers {
			t.write("organization_identifiers", i.ID, o.ID, i.Scheme, i.Type, i.Identifier)
		}
		for _, p := range o.Phones {
			t.write("phones", p.ID, "", o.ID, "", p.Number)
		}
	}
	for _, p := range s.Phones {
		t.write("phones", p.ID, s.ID, "", "", p.Number)
	}
	for _, c := range s.Contacts {
		t.write("contacts", c.ID, s.ID, c.Name, c.Title, c.Email)
		for _, p := range c.Phones {
			t.write("phones", p.ID, "", "", c.ID, p.Number)
		}
	}
	for _, at := range s.Places {
		t.write("service_at_location", at.ID, s.ID, at.Location.ID, at.Description)
		t.addLocation(at.Location)
	}
	for _, x := range s.Schedules {
		t.write("schedules", x.ID, s.ID, x.PlaceID, x.ValidFrom, x.ValidTo, x.Start, x.Until, x.Frequency, x.Interval, x.ByDay, x.ByMonthDay,
			x.Description, x.OpensAt, x.ClosesAt, x.Except, x.Also)
	}
	for _, l := range s.Languages {
		t.write("languages", l.ID, s.ID, l.Name)
	}
	for _, c := range s.CostOptions {
		t.write("cost_options", c.ID, s.ID, c.ValidFrom, c.ValidTo, c.Option, c.Currency, c.Amount, c.AmountDescription)
	}
	for _, a := range s.ServiceAreas {
		t.write("service_areas", a.ID, s.ID, a.Name, a.Description, a.URI)
	}
	for _, f := range s.Funding {
		t.write("funding", f.ID, s.ID, f.Source)
	}
	for _, c := range s.Capacities {
		t.write("service_capacity", c.ID, s.ID, c.Unit.ID, strconv.Itoa(c.Available), c.Maximum, c.Description, c.Updated)
		if t.first("units", c.Unit.ID) {
			t.write("units", c.Unit.ID, c.Unit.Name)
		}
	}
	for _, a := range s.Attributes {
		t.write("attributes", a.ID, s.ID, "service", a.Term.ID)
		if t.first("taxonomy_terms", a.Term.ID) {
			t.write("taxonomy_terms", a.Term.ID, a.Term.Code, a.Term.Name, a.Term.Description, a.Term.ParentID, a.Term.Taxonomy, a.Term.TaxonomyID)
		}
	}
}

func (t *tables) addLocation(l location) {
	if !t.first("locations", l.ID) {
		return
	}
	t.write("locations", l.ID, l.Type, l.Name, l.Description, l.Latitude, l.Longitude)
	for _, a := range l.Addresses {
		t.write("addresses", a.ID, l.ID, a.Line1, a.City, a.County, a.Postcode, a.Country, a.Type)
	}
	for _, a := range l.Accessibility {
		t.write("accessibility", a.ID, l.ID, a.Description)
	}
}

// cell writes a value as the tables have it; what is not known is empty.
func cell(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case *int:
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	case *float64:
		if v == nil {
			return ""
		}
		return fmt.Sprint(*v)
	case int:
		if v == 0 {
			return ""
		}
	}
	return fmt.Sprint(v)
}

// archive packs the tables that have rows, with datapackage.json, which says what each is (https://datapackage.org).
func (t *tables) archive() ([]byte, error) {
	type field struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	type resource struct {
		Name     string `json:"name"`
		Path     string `json:"path"`
		Profile  string `json:"profile"`
		Encoding string `json:"encoding"`
		Schema   struct {
			Fields     []field `json:"fields"`
			PrimaryKey string  `json:"primaryKey"`
		} `json:"schema"`
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var resources []resource
	for _, c := range columns {
		one := resource{Name: c.table, Path: c.table + ".csv", Profile: "tabular-data-resource", Encoding: "utf-8"}
		one.Schema.PrimaryKey = "id"
		for _, name := range c.names {
			one.Schema.Fields = append(one.Schema.Fields, field{name, "string"})
		}
		resources = append(resources, one)
		if err := t.all[c.table].addTo(z, one.Path); err != nil {
			return nil, fmt.Errorf("write the table %s: %w", c.table, err)
		}
	}
	file, err := z.Create("datapackage.json")
	if err != nil {
		return nil, err
	}
	encoder := json.NewEncoder(file)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(map[string]any{"name": "human_services_data", "profile": "tabular-data-package", "resources": resources}); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
