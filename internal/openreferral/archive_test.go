package openreferral

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// packed is a ZIP archive of the files, by name and content in turn.
func packed(t testing.TB, files ...string) *bytes.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// TestReferencePackage: the published package of CSV files says what the same package in JSON says.
func TestReferencePackage(t *testing.T) {
	paths, err := filepath.Glob(reference(t, "hsds-3.1/examples/csv/*"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d files: %v", len(paths), err)
	}
	var files []string
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, "package/"+filepath.Base(p), string(content))
	}
	got, err := readAll(packed(t, files...), JSON)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := os.Open(reference(t, "hsds-3.1/examples/tabular.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	want, err := readAll(tables, JSON)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Row{}, "Line", "Offset", "Notes")); diff != "" {
		t.Error(diff)
	}
	service := got[len(got)-1].Service
	if service == nil || len(service.Locations) != 1 || len(service.Locations[0].Schedules) != 1 || len(service.Areas) != 1 || len(service.Costs) != 1 {
		t.Errorf("the service is not whole: %+v", service)
	}
}

const smallServices = "id,organization_id,name,status,minimum_age\ns1,o1,Debt clinic,active,\n"

func TestPackages(t *testing.T) {
	rows, err := readAll(packed(t,
		"__MACOSX/._services.csv", "\x00rubbish",
		"datapackage.json", `{"resources": [{"name": "services", "path": "data/what-we-do.csv"}, {"name": "organizations", "path": "organizations.csv"}]}`,
		"data/what-we-do.csv", "\xef\xbb\xbf"+smallServices,
		"organizations.csv", "id,name\no1,Walton Advice\n",
		"service_at_locations.csv", "id,service_id,location_id\na1,s1,l1\n",
		"locations.csv", "id,name\nl1,Library\nl2,Empty hall\n",
		"service_areas.csv", "id,service_id,service_at_location_id,name\nr1,s1,a1,Walton\n",
		"phones.csv", "id,service_id,service_at_location_id,number\np1,s1,a1,0151 496 0001\n",
		"units.csv", "id,name\nu1,bed\n",
		"service_capacity.csv", "id,service_id,unit_id,available,maximum,updated\nc1,s1,u1,3,10,2026-09-25T14:23:06Z\nc2,s1,u1,,,\n",
		"funding.csv", "id,service_id,organization_id,source\nf1,s1,,City council\nf2,s1,,\nf3,,o1,Gifts\n",
		"read.me", "Not a table.",
	), Auto)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range rows {
		kinds = append(kinds, string(r.Kind)+" "+r.Name)
	}
	if diff := cmp.Diff([]string{"organisation Walton Advice", "service Debt clinic", "location Empty hall"}, kinds); diff != "" {
		t.Fatal(diff)
	}
	ten := 10
	s := rows[1].Service
	want := &Service{
		ID: "s1", Name: "Debt clinic", Status: Active, OrganisationID: "o1", Organisation: &Organisation{ID: "o1", Name: "Walton Advice"},
		Locations:  []ServiceAtLocation{{ID: "a1", Location: Location{ID: "l1", Name: "Library"}, Phones: []Phone{{ID: "p1", Number: "0151 496 0001"}}}},
		Areas:      []ServiceArea{{ID: "r1", Name: "Walton"}},
		Capacities: []ServiceCapacity{{ID: "c1", Unit: Unit{Name: "bed"}, Available: 3, Maximum: &ten, Updated: "2026-09-25T14:23:06Z"}},
		Funding:    []Funding{{ID: "f1", Source: "City council"}},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if rows[1].Partial {
		t.Error("a service of a package is told of in part")
	}
}

func TestBrokenPackages(t *testing.T) {
	whole := packed(t, "services.csv", smallServices)
	cut := make([]byte, whole.Len()-30)
	if _, err := whole.Read(cut); err != nil {
		t.Fatal(err)
	}
	many := []string{}
	for range maxFiles + 1 {
		many = append(many, "x.csv", "")
	}
	for name, c := range map[string]struct {
		file *bytes.Reader
		says string
	}{
		"cut off":             {bytes.NewReader(cut), "damaged or incomplete"},
		"a spreadsheet":       {packed(t, "[Content_Types].xml", "<x/>", "xl/workbook.xml", ""), "Save its sheet as CSV"},
		"no services":         {packed(t, "organizations.csv", "id,name\n"), "no table services.csv"},
		"an open quote":       {packed(t, "services.csv", "id,name\n1,\"Art\n"), "The table services.csv cannot be read"},
		"many files":          {packed(t, many...), "201 files"},
		"unpacks to too much": {packed(t, "services.csv", "id,name\n"+strings.Repeat("1,"+strings.Repeat("a", 1000)+"\n", 20<<10)), "longer than 16 MiB"},
	} {
		rows, err := readAll(c.file, Auto)
		var file *FileError
		if !errors.As(err, &file) || !strings.Contains(file.Message, c.says) || len(rows) != 0 {
			t.Errorf("%s: %d rows, %v; want it to say %q", name, len(rows), err, c.says)
		}
	}
}

func TestRecognise(t *testing.T) {
	for want, text := range map[Format][]string{
		JSON:    {"[]", "\xef\xbb\xbf {}", "PK\x03\x04"},
		Outpost: {"import_id,import_id_reference,name\n"},
	} {
		for _, one := range text {
			if got, err := Recognise(strings.NewReader(one)); got != want || err != nil {
				t.Errorf("%q is %q, want %q: %v", one, got, want, err)
			}
		}
	}
	if _, err := Recognise(strings.NewReader("<html>")); err == nil {
		t.Error("a web page is a catalogue")
	}
}
