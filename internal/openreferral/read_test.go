package openreferral

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// readAll reads a document to its end, or to its error.
func readAll(in io.Reader, format Format) ([]Row, error) {
	var rows []Row
	for row, err := range NewReader(in, format).Rows() {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func mustRead(t *testing.T, document string) []Row {
	t.Helper()
	rows, err := readAll(strings.NewReader(document), Auto)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return rows
}

func reference(t *testing.T, path string) string {
	t.Helper()
	path = filepath.Join("..", "..", "..", "shared", "data", path)
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, os.ErrNotExist) {
		t.Skipf("the reference data is not here: %s", path)
	}
	return path
}

// TestReferenceExamples takes every published example, whatever its shape.
func TestReferenceExamples(t *testing.T) {
	tests := map[string][]Kind{
		"oruk-3.0/examples/organization_full.json":        {KindOrganisation, KindService},
		"oruk-3.0/examples/organization_list.json":        {KindOrganisation},
		"oruk-3.0/examples/service_at_location_full.json": {KindServiceAtLocation},
		"oruk-3.0/examples/service_at_location_list.json": {KindServiceAtLocation},
		"oruk-3.0/examples/service_full.json":             {KindService},
		"oruk-3.0/examples/service_list.json":             {KindService},
		"oruk-3.0/examples/taxonomy.json":                 {KindTaxonomy},
		"oruk-3.0/examples/taxonomy_list.json":            {KindTaxonomy},
		"oruk-3.0/examples/taxonomy_term.json":            {KindTaxonomyTerm},
		"oruk-3.0/examples/taxonomy_term_list.json":       {KindTaxonomyTerm},
		"hsds-3.1/examples/base.json":                     {KindFeed},
		"hsds-3.1/examples/location.json":                 {KindLocation},
		"hsds-3.1/examples/organization_full.json":        {KindOrganisation, KindService},
		"hsds-3.1/examples/organization_list.json":        {KindOrganisation},
		"hsds-3.1/examples/service_at_location_full.json": {KindServiceAtLocation},
		"hsds-3.1/examples/service_at_location_list.json": {KindServiceAtLocation},
		"hsds-3.1/examples/service_full.json":             {KindService},
		"hsds-3.1/examples/service_list.json":             {KindService},
		"hsds-3.1/examples/tabular.json":                  {KindTaxonomy, KindTaxonomyTerm, KindOrganisation, KindService},
		"hsds-3.1/examples/taxonomy.json":                 {KindTaxonomy},
		"hsds-3.1/examples/taxonomy_list.json":            {KindTaxonomy},
		"hsds-3.1/examples/taxonomy_term.json":            {KindTaxonomyTerm},
		"hsds-3.1/examples/taxonomy_term_list.json":       {KindTaxonomyTerm},
		"outpost/services--with-sample-data.csv":          {KindService, KindService},
		"outpost/services_valid.csv":                      {KindService, KindService},
	}
	for _, pattern := range []string{"oruk-3.0/examples/*.json", "hsds-3.1/examples/*.json", "outpost/*.csv"} {
		files, err := filepath.Glob(reference(t, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no examples at %s: %v", pattern, err)
		}
		for _, file := range files {
			name := filepath.ToSlash(filepath.Join(filepath.Dir(pattern), filepath.Base(file)))
			if _, expected := tests[name]; !expected {
				t.Errorf("%s is an example that this test does not expect", name)
			}
		}
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			file, err := os.Open(reference(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			rows, err := readAll(file, Auto)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []Kind
			for _, row := range rows {
				kinds = append(kinds, row.Kind)
				if row.Refused != nil {
					t.Errorf("row %d was refused: %s", row.Index, row.Refused)
				}
				for _, note := range row.Notes {
					t.Logf("row %d: %s", row.Index, note)
				}
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("rows are %q, want %q", kinds, want)
			}
		})
	}
}

func TestReferenceServiceInFull(t *testing.T) {
	for _, name := range []string{"oruk-3.0/examples/service_full.json", "hsds-3.1/examples/service_full.json", "hsds-3.1/examples/tabular.json"} {
		t.Run(name, func(t *testing.T) {
			file, err := os.Open(reference(t, name))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			rows, err := readAll(file, JSON)
			if err != nil {
				t.Fatal(err)
			}
			s := rows[len(rows)-1].Service
			if s.Organisation == nil || s.Organisation.Name != "Example Organization Inc." || s.OrganisationID != s.Organisation.ID {
				t.Errorf("the organisation is %+v", s.Organisation)
			}
			if len(s.Locations) != 1 || s.Locations[0].Location.Name != "MyCity Civic Center" || len(s.Locations[0].Location.Addresses) != 1 {
				t.Errorf("the places are %+v", s.Locations)
			} else if s.Locations[0].Location.Latitude != nil {
				t.Error("a latitude of 100 was kept")
			}
			if *s.MinimumAge != 12 || *s.MaximumAge != 100 || s.AssuredDate != "2005-01-01" || s.LastModified != "2023-03-15T10:30:45.123Z" || s.Fees == "" {
				t.Errorf("the service is %+v", s)
			}
			if name != "hsds-3.1/examples/tabular.json" { // there, schedules hang on the service's place, and links are broken
				if len(s.Schedules) != 1 || s.Schedules[0].ByDay != "TH,FR" || s.Schedules[0].OpensAt != "10:00" || s.Schedules[0].ByMonthDay != "2,3,4" {
					t.Errorf("the schedules are %+v", s.Schedules)
				}
				if len(s.Attributes) != 1 || s.Attributes[0].Term.Taxonomy != "taxonomy" {
					t.Errorf("the attributes are %+v", s.Attributes)
				}
			}
		})
	}
}

func TestReferenceOutpostSheet(t *testing.T) {
	file, err := os.Open(reference(t, "outpost/services_valid.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := readAll(file, Outpost)
	if err != nil {
		t.Fatal(err)
	}
	first, second := rows[0].Service, rows[1].Service
	if first.Status != Inactive || second.Status != Active {
		t.Errorf("statuses are %q and %q; the first is not visible in its source", first.Status, second.Status)
	}
	if len(first.Locations) != 2 || len(first.Contacts) != 1 || len(first.Costs) != 2 || len(first.Schedules) != 2 || len(first.Links) != 2 {
		t.Errorf("the lines that refer to the first service were not gathered: %+v", first)
	}
	if got := first.Schedules[0]; got.ByDay != "MO" || got.OpensAt != "09:00" || got.ClosesAt != "18:00" {
		t.Errorf("the schedule is %+v", got)
	}
	if len(second.Locations[0].Location.Accessibility) != 13 || second.Locations[0].Location.Addresses[0].Postcode != "EC1N 8BA" {
		t.Errorf("the place is %+v", second.Locations[0].Location)
	}
	if rows[1].Line != 9 || second.Organisation.Name != "Organisation 2" || len(second.Attributes) != 4 {
		t.Errorf("the second row is %+v", rows[1])
	}
}

func TestOutpostKeepsPrivatePlacesPrivate(t *testing.T) {
	const sheet = "import_id,import_id_reference,name,organisation,location_name,location_address_1,location_city,location_postcode,location_latitude,location_longitude,location_visible,mask_exact_address,contact_name,contact_visible\n" +
		"1,,Refuge,Example,Hidden House,1 Secret Street,Liverpool,L4 0ZZ,53.4,-2.9,TRUE,TRUE,Private Person,FALSE\n" +
		"2,1,,,Other House,2 Secret Street,Liverpool,L4 0ZZ,53.4,-2.9,FALSE,FALSE,,\n" +
		"3,7,,,,,,,,,,,,\n"
	rows, err := readAll(strings.NewReader(sheet), Auto)
	if err != nil {
		t.Fatal(err)
	}
	told, _ := json.Marshal(rows[1].Service)
	for _, secret := range []string{"Secret", "L4", "53.4", "Hidden", "Other", "Private"} {
		if bytes.Contains(told, []byte(secret)) {
			t.Errorf("%q is in the service: %s", secret, told)
		}
	}
	if rows[0].Refused == nil || rows[0].Line != 4 {
		t.Errorf("a line that refers to no service above it was not refused: %+v", rows[0])
	}
}

const twoServices = `{"total_items":2,"total_pages":1,"page_number":1,"size":2,"contents":[
 {"id":"a","name":"First","status":"active","organization":{"id":"o","name":"Örg 🎈"},"schedules":[{"freq":"WEEKLY","byday":"MO","opens_at":"10:00"}]},
 {"id":"b","name":"Second \"quoted\" \\","description":"braces } ] in { text","status":"active","organization":{"id":"o","name":"Örg"}}
 ],"last_page":true}`

func TestShapes(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, twoServices)
	w.Close()
	tests := map[string]string{
		"page":      twoServices,
		"mark":      "\ufeff" + twoServices,
		"gzip":      zipped.String(),
		"array":     `[{"id":"a","name":"First"},{"id":"b","name":"Second"}]`,
		"pretty":    "\n\n [\r\n {\"id\":\"a\",\"name\":\"First\"}\t,\n{\"id\":\"b\",\"name\":\"Second\"} ]\n\n",
		"crossed":   `{"last_page":false,"contents":[{"id":"a","name":"First"},{"id":"b","name":"Second"}]}`,
		"numbered":  `[{"id":17,"name":"First"},{"id":18,"name":"Second"}]`,
		"named":     `{"services":[{"id":"a","name":"First"},{"id":"b","name":"Second"}]}`,
		"no status": `[{"id":"a","name":"First"},{"id":"b","name":"Second","status":null}]`,
	}
	for name, document := range tests {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, document)
			if len(rows) != 2 || rows[0].Service == nil || rows[1].Service == nil || rows[0].Name != "First" || rows[1].Index != 2 {
				t.Fatalf("rows are %+v", rows)
			}
			if rows[1].Service.Status != Active {
				t.Errorf("status is %q", rows[1].Service.Status)
			}
		})
	}
	if rows := mustRead(t, `[]`); len(rows) != 0 {
		t.Errorf("an empty list gives %+v", rows)
	}
	if rows := mustRead(t, `{"contents":[],"empty":true}`); len(rows) != 0 {
		t.Errorf("an empty page gives %+v", rows)
	}
}

func TestRowsSayWhereTheyAre(t *testing.T) {
	r := NewReader(strings.NewReader(twoServices), Auto)
	var rows []Row
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if rows[0].Line != 2 || rows[1].Line != 3 {
		t.Errorf("lines are %d and %d, want 2 and 3", rows[0].Line, rows[1].Line)
	}
	for _, row := range rows {
		if !strings.HasPrefix(twoServices[row.Offset:], `{"id":"`+row.ID) {
			t.Errorf("row %d does not begin at byte %d", row.Index, row.Offset)
		}
	}
	if got := r.Page(); got != (Page{Number: 1, TotalPages: 1, TotalItems: 2}) {
		t.Errorf("the page is %+v", got)
	}
	if rows[0].Partial || !rows[1].Partial {
		t.Error("only the second row is a summary")
	}
}

// TestCutOffAnywhere cuts a page at every byte: the whole records before the cut are there, and the error says
// that the file is incomplete and where.
func TestCutOffAnywhere(t *testing.T) {
	secondEnds := strings.Index(twoServices, "\n ],")
	firstEnds := strings.Index(twoServices, ",\n {\"id\":\"b\"")
	for at := range len(twoServices) {
		rows, err := readAll(strings.NewReader(twoServices[:at]), Auto)
		var fault *FileError
		if !errors.As(err, &fault) || fault.Problem != FileIncomplete {
			t.Fatalf("cut at %d: the error is %v", at, err)
		}
		if fault.Offset != int64(at) || fault.Line != 1+strings.Count(twoServices[:at], "\n") {
			t.Fatalf("cut at %d: the error says line %d, byte %d", at, fault.Line, fault.Offset)
		}
		want := 0
		if at >= firstEnds {
			want++
		}
		if at >= secondEnds {
			want++
		}
		if len(rows) != want {
			t.Fatalf("cut at %d: %d rows, want %d", at, len(rows), want)
		}
	}
}

// TestReferenceExamplesCutOff cuts every published JSON example at every 97th byte.
func TestReferenceExamplesCutOff(t *testing.T) {
	for _, pattern := range []string{"oruk-3.0/examples/*.json", "hsds-3.1/examples/*.json"} {
		files, _ := filepath.Glob(reference(t, pattern))
		for _, file := range files {
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			whole = bytes.TrimSpace(whole)
			for at := 97; at < len(whole); at += 97 {
				_, err := readAll(bytes.NewReader(whole[:at]), Auto)
				var fault *FileError
				if !errors.As(err, &fault) || fault.Problem != FileIncomplete || fault.Offset != int64(at) {
					t.Fatalf("%s cut at %d: the error is %v", file, at, err)
				}
			}
		}
	}
}

func TestOutpostCutOff(t *testing.T) {
	whole, err := os.ReadFile(reference(t, "outpost/services--with-sample-data.csv"))
	if err != nil {
		t.Fatal(err)
	}
	incomplete := 0
	for at := 97; at < len(whole)-97; at += 97 {
		rows, err := readAll(bytes.NewReader(whole[:at]), Outpost)
		var fault *FileError
		if !errors.As(err, &fault) || fault.Problem != FileIncomplete && fault.Problem != FileUnknown {
			t.Fatalf("cut at %d: %d rows and the error %v", at, len(rows), err)
		}
		if fault.Problem == FileIncomplete {
			incomplete++
		}
	}
	if incomplete < 15 {
		t.Errorf("only %d cuts were recognised", incomplete)
	}
}

func TestGzipCutOff(t *testing.T) {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	for i := range 2000 {
		fmt.Fprintf(w, `{"id":"%d","name":"Service %x"}`, i, i*7919)
	}
	w.Close()
	for _, at := range []int{1, 5, 20, zipped.Len() / 2, zipped.Len() - 1} {
		_, err := readAll(bytes.NewReader(zipped.Bytes()[:at]), JSON)
		var fault *FileError
		if !errors.As(err, &fault) {
			t.Errorf("cut at %d: the error is %v", at, err)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	tests := map[string]struct {
		document string
		problem  FileProblem
		rows     int
		line     int
	}{
		"empty":              {"", FileIncomplete, 0, 1},
		"blank":              {" \n ", FileIncomplete, 0, 1},
		"text":               {"hello", FileUnknown, 0, 1},
		"html":               {"<!doctype html><p>404", FileUnknown, 0, 1},
		"utf16":              {"\xff\xfe[\x00", FileUnknown, 0, 1},
		"archive":            {"PK\x03\x04....", FileBroken, 0, 1},
		"hsds table":         {"id,name,description\n1,a,b\n", FileUnknown, 0, 1},
		"missing comma":      {"[{\"id\":\"a\",\"name\":\"A\"}\n{\"id\":\"b\",\"name\":\"B\"}]", FileBroken, 1, 2},
		"inside a record":    {"[{\"id\":\"a\",\"name\":\"A\"},\n{\"id\":\"b\"\n,,\"name\":\"B\"}]", FileBroken, 1, 3},
		"crossed brackets":   {`[{"id":"a","name":"A"},{"id":"b"]}]`, FileBroken, 1, 1},
		"trailing comma":     {`[{"id":"a","name":"A"},]`, FileBroken, 1, 1},
		"two documents":      {"{\"contents\":[{\"id\":\"a\",\"name\":\"A\"}]}\n{}", FileBroken, 1, 2},
		"bare word":          {`[{"id":"a","name":"A"},nonsense]`, FileBroken, 1, 1},
		"unquoted key":       {`{contents:[]}`, FileBroken, 0, 1},
		"raw newline in key": {"{\"con\ntents\":[]}", FileBroken, 0, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rows, err := readAll(strings.NewReader(test.document), Auto)
			var fault *FileError
			if !errors.As(err, &fault) {
				t.Fatalf("the error is %v", err)
			}
			if fault.Problem != test.problem || fault.Line != test.line || len(rows) != test.rows {
				t.Errorf("%d rows and %q in line %d (%s), want %d, %q, %d", len(rows), fault.Problem, fault.Line, fault.Message, test.rows, test.problem, test.line)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", MaxRecord)
	tests := map[string]struct{ record, reason string }{
		"no id":        {`{"name":"A","status":"active"}`, "it has no id"},
		"null id":      {`{"id":null,"name":"A"}`, "it has no id"},
		"object id":    {`{"id":{},"name":"A"}`, "its id cannot be used"},
		"long id":      {`{"id":"` + long[:201] + `","name":"A"}`, "its id cannot be used"},
		"control id":   {`{"id":"a\u0000b","name":"A"}`, "its id cannot be used"},
		"no name":      {`{"id":"a"}`, "it has no name"},
		"blank name":   {`{"id":"a","name":" \u202e "}`, "it has no name"},
		"bare value":   {`"a"`, "the entry is not a record but a bare value"},
		"null":         {`null`, "the entry is not a record but a bare value"},
		"too long":     {`{"id":"a","name":"A","description":"` + long + `"}`, "the record is longer than 1 MiB"},
		"too deep":     {`{"id":"a","name":"A","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "the record is nested too deep"},
		"placed":       {`{"id":"a","service_id":"b","location":{"id":"c"}}`, "it does not say which service is given there"},
		"organisation": {`{"name":"A","website":"https://example.org"}`, "it has no id"},
		"taxonomy":     {`{"id":"a","version":"1"}`, "it has no name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rows := mustRead(t, "["+test.record+`,{"id":"next","name":"Next"}]`)
			if len(rows) != 2 || rows[0].Refused == nil || rows[0].Refused.Reason != test.reason || rows[0].Refused.Mend == "" {
				t.Fatalf("rows are %+v", rows)
			}
			if rows[1].ID != "next" || rows[1].Service == nil {
				t.Errorf("the record after the refused one is %+v", rows[1])
			}
		})
	}
	if rows := mustRead(t, `{"id":"a","description":"`+long+`","name":"A"}`); len(rows) != 1 || rows[0].Refused == nil {
		t.Errorf("a single record that is too long gives %+v", rows)
	}
}

// TestLongDocument reads a document far longer than any buffer, and stops when its consumer does.
func TestLongDocument(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		io.WriteString(out, `{"contents":[`)
		for i := range 210_000 {
			if i > 0 {
				io.WriteString(out, ",")
			}
			if _, err := fmt.Fprintf(out, `{"id":"%d","name":"Service"}`, i%205_000); err != nil {
				return
			}
		}
		io.WriteString(out, `]}`)
		out.Close()
	}()
	r := NewReader(in, JSON)
	rows, twice := 0, 0
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		twice += len(slices.DeleteFunc(row.Notes, func(n Note) bool { return n.Field != "id" }))
	}
	if rows != 210_000 || twice != 5_000 || len(r.seen) != maxSeen {
		t.Errorf("%d rows, %d ids noted as coming twice, %d ids held", rows, twice, len(r.seen))
	}
	for range NewReader(strings.NewReader(twoServices+"broken"), JSON).Rows() {
		break // the iterator must not call on after this
	}
}

func TestReadingFails(t *testing.T) {
	broken := errors.New("the line went dead")
	_, err := readAll(io.MultiReader(strings.NewReader(twoServices[:200]), failing{broken}), JSON)
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	_, err = readAll(io.MultiReader(strings.NewReader("import_id,import_id_reference,name\n1,,a\n"), failing{broken}), Outpost)
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestOutpostOpenQuote(t *testing.T) {
	sheet := "import_id,import_id_reference,name\n1,,a\n2,,\"b\n" + strings.Repeat("x,y,z\n", MaxRecord/3)
	rows, err := readAll(strings.NewReader(sheet), Outpost)
	var fault *FileError
	if !errors.As(err, &fault) || fault.Problem != FileBroken || len(rows) != 1 {
		t.Errorf("%d rows and the error %v", len(rows), err)
	}
	// Lines in great number are not one long record.
	rows, err = readAll(strings.NewReader("import_id,import_id_reference,name\n"+strings.Repeat("1,,a\n", 250_000)), Outpost)
	if err != nil || len(rows) != 250_000 {
		t.Errorf("%d rows and the error %v", len(rows), err)
	}
}

// TestRoundTrip writes what was read and reads it again: nothing is left to clean.
func TestRoundTrip(t *testing.T) {
	file, err := os.Open(reference(t, "hsds-3.1/examples/service_full.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := readAll(file, JSON)
	if err != nil {
		t.Fatal(err)
	}
	for again, err := range RowsOf([]Service{*rows[0].Service}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, note := range again.Notes {
			if !strings.Contains(note.Message, "kept as written") {
				t.Errorf("noted: %s", note)
			}
		}
		if diff := cmp.Diff(rows[0].Service, again.Service); diff != "" {
			t.Error(diff)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		twoServices, `[]`, `{}`, `[{"id":1,"name":"<b>x</b>&amp;"}]`, `{"contents":[{"id":"a","name":"\ud83d\ude00\u202e\u0000"}]}`,
		`{"services.csv":[{"id":"a","name":"b","organization_id":"c"}],"organizations.csv":[{"id":"c","name":"d"}]}`,
		`[{"id":"a","name":"A","schedules":[{"freq":"monthly","byday":"-1fr,9XX","bymonthday":"31,0","dtstart":"2026-02-30"}]}]`,
		`[{"id":"a","name":"A","minimum_age":1e999,"latitude":"NaN"}]`, "[\"\xff\"]", `[[[[`, `{"contents":{}}`, `{"contents":[1,`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		rows, err := readAll(bytes.NewReader(document), JSON)
		var fault *FileError
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("the error is no fault of the file: %v", err)
		}
		if fault != nil && (fault.Offset < 0 || fault.Offset > int64(len(document)) || fault.Message == "") {
			t.Fatalf("the error says byte %d of %d", fault.Offset, len(document))
		}
		for _, row := range rows {
			if row.Refused == nil && row.Kind != KindFeed && row.Service == nil && row.Organisation == nil && row.Location == nil && row.Taxonomy == nil && row.Term == nil {
				t.Fatalf("row %d holds nothing", row.Index)
			}
			if row.Service == nil {
				continue
			}
			for again, err := range RowsOf([]Service{*row.Service}) {
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(row.Service, again.Service); diff != "" {
					t.Fatalf("cleaning what is clean changes it: %s", diff)
				}
			}
		}
	})
}
