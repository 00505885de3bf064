package feed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the published one: the schema of each answer, by its path in openapi.json.
type contract struct{ compiler *jsonschema.Compiler }

// schemata finds the schemas that the contract names by their addresses beside the repository, by their file names. A list's
// are those of its records: it has fewer fields, none of them required.
type schemata string

func (s schemata) Load(url string) (any, error) {
	name := path.Base(url)
	if name != "openapi.json" {
		name = "schemata/" + strings.Replace(name, "_list.json", ".json", 1)
	}
	file, err := os.Open(filepath.Join(string(s), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return jsonschema.UnmarshalJSON(file)
}

func publishedContract(t *testing.T) contract {
	t.Helper()
	folder := filepath.Join("..", "..", "..", "shared", "data", "oruk-3.0")
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		t.Skipf("the reference data is not here: %s", folder)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(schemata(folder))
	compiler.AssertFormat()
	return contract{compiler}
}

func (c contract) check(t *testing.T, answer string, value any) {
	t.Helper()
	pointer := strings.ReplaceAll(answer, "/", "~1")
	schema, err := c.compiler.Compile("https://contract.example.org/openapi.json#/paths/" + pointer + "/get/responses/200/content/application~1json/schema")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", answer, err)
	}
}

// record checks one record, for what the contract leaves open.
func (c contract) record(t *testing.T, kind string, value any) {
	t.Helper()
	schema, err := c.compiler.Compile("https://contract.example.org/" + kind + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", kind, err)
	}
}

// required are the fields that the standard wants even where they are empty.
var required = []string{"address_1", "city", "state_province", "postal_code", "identifier_type"}

// checkEmpties finds null anywhere, and what is empty and should be left out.
func checkEmpties(t *testing.T, where string, value any) {
	t.Helper()
	switch value := value.(type) {
	case nil:
		t.Errorf("%s is null", where)
	case string:
		if value == "" && !slices.Contains(required, path.Base(where)) {
			t.Errorf("%s is empty", where)
		}
	case []any:
		if len(value) == 0 && path.Base(where) != "contents" {
			t.Errorf("%s is empty", where)
		}
		for i, one := range value {
			checkEmpties(t, fmt.Sprintf("%s/%d", where, i), one)
		}
	case map[string]any:
		for name, one := range value {
			checkEmpties(t, where+"/"+name, one)
		}
	}
}

func TestEveryAnswerIsAsPublished(t *testing.T) {
	c := publishedContract(t)
	s := newSite(t, unlimited)
	s.demo(t)
	check := func(answer, at string) any {
		t.Helper()
		value := s.get(t, "walton/"+at)
		c.check(t, answer, value)
		checkEmpties(t, at, value)
		return value
	}
	root := check("/", "").(map[string]any)
	if root["version"] != "HSDS-UK-3.0" || root["openapi_url"] == nil || root["profile"] == nil {
		t.Errorf("%v", root)
	}
	kinds := map[string]string{"services": "service", "service_at_locations": "service_at_location", "taxonomies": "taxonomy", "taxonomy_terms": "taxonomy_term"}
	for list, kind := range kinds {
		for _, query := range []string{"", "?per_page=200", "?page=2&per_page=3", "?page=9999", "?search=club", "?search=zzqqxx&day=MO", "?minimum_age=18&maximum_age=65"} {
			value := check("/"+list, list+query).(map[string]any)
			for _, record := range value["contents"].([]any) {
				c.record(t, kind, record)
				if s, placed := record.(map[string]any)["service"]; placed {
					c.record(t, "service", s)
				}
			}
		}
		ids := s.all(t, "walton/"+list)
		if len(ids) < 2 && list != "taxonomies" {
			t.Errorf("only %d %s", len(ids), list)
		}
		for _, id := range ids {
			value := check("/"+list+"/{id}", list+"/"+id)
			c.record(t, kind, value)
			if s, placed := value.(map[string]any)["service"]; placed {
				c.record(t, "service", s)
			}
		}
	}
	for _, one := range s.get(t, "walton/export.json").([]any) {
		c.record(t, "service", one)
		checkEmpties(t, "export.json", one)
	}
}

// TestAServiceSaysAllThatTheHubHolds compares one that has everything with what it should be, ids aside.
func TestAServiceSaysAllThatTheHubHolds(t *testing.T) {
	s := newSite(t, unlimited)
	s.needs(t, s.Walton)
	s.stock(t, s.Walton, "everything", everything)
	id := s.page(t, "walton/services?search=everything").Contents[0].ID
	got := withoutIDs(s.get(t, "walton/services/"+id))
	var want any
	if err := json.Unmarshal([]byte(everythingOut), &want); err != nil {
		t.Fatal(err)
	}
	if a, b := pretty(got), pretty(want); a != b {
		t.Errorf("got %s\nwant %s", a, b)
	}
}

func withoutIDs(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = withoutIDs(value[i])
		}
		slices.SortFunc(value, func(a, b any) int { return strings.Compare(pretty(a), pretty(b)) })
	case map[string]any:
		for name := range value {
			if name == "id" || strings.HasSuffix(name, "_id") {
				delete(value, name)
				continue
			}
			value[name] = withoutIDs(value[name])
		}
	}
	return value
}

func pretty(value any) string {
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

const everythingOut = `{
 "name": "Everything club", "alternate_name": "The club", "description": "All of it.", "url": "https://club.example.org/", "email": "club@example.org",
 "status": "temporarily closed", "application_process": "Ring first.", "fees": "Two pounds", "accreditations": "Quality mark", "eligibility_description": "Anybody.",
 "minimum_age": 18, "maximum_age": 65, "assured_date": "2026-03-01", "alert": "Closed until May", "last_modified": "2026-03-02T10:00:00Z",
 "phones": [{"number": "0151 496 0700"}],
 "organization": {"name": "Everything CIC", "alternate_name": "ECIC", "description": "They do it all.", "email": "all@example.org", "website": "https://all.example.org/", "legal_status": "CIC",
  "organization_identifiers": [{"identifier_scheme": "GB-COH", "identifier_type": "Company number", "identifier": "00000000"}], "phones": [{"number": "0151 496 0701"}]},
 "contacts": [{"name": "Front desk", "title": "Reception", "email": "desk@example.org", "phones": [{"number": "0151 496 0702"}]}],
 "languages": [{"name": "English"}, {"name": "Polish"}],
 "cost_options": [{"option": "Standard", "amount": 2, "currency": "GBP", "amount_description": "a session", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}],
 "service_areas": [{"name": "Walton", "uri": "https://areas.example.org/walton"}],
 "funding": [{"source": "City council"}, {"source": "Gifts"}],
 "capacities": [{"unit": {"name": "chairs"}, "available": 0, "maximum": 12, "description": "Ask again on Friday", "updated": "2026-03-02T10:00:00.000Z"}],
 "schedules": [
  {"byday": "-1FR", "closes_at": "15:30:00", "freq": "MONTHLY", "interval": 1, "opens_at": "14:00:00", "valid_from": "2026-01-01", "valid_to": "2027-06-30"},
  {"byday": "MO,TU,WE,TH,FR,SA,SU", "freq": "WEEKLY", "interval": 1, "opens_at": "09:00:00"},
  {"byday": "TU,TH", "closes_at": "12:00:00", "description": "Tuesday and Thursday of every other week, 10:00 to 12:00, from 6 January 2026 to 31 December 2027, not on 29 December 2026 and 31 December 2026, also on 30 December 2026. Not in August",
   "dtstart": "2026-01-06", "exdate": "2026-12-29,2026-12-31", "freq": "WEEKLY", "interval": 2, "opens_at": "10:00:00", "rdate": "2026-12-30", "until": "2027-12-31"},
  {"bymonthday": "1,15", "description": "1st and 15th of the month, not on 15 December 2026", "exdate": "2026-12-15", "freq": "MONTHLY", "interval": 1},
  {"bymonthday": "5", "dtstart": "2026-11-05", "freq": "MONTHLY", "interval": 12},
  {"description": "By appointment"},
  {"description": "Second Monday of every year"},
  {"dtstart": "2027-05-09", "opens_at": "11:00:00"}],
 "service_at_locations": [
  {"description": "First floor", "location": {"accessibility": [{"description": "Loop"}, {"description": "Ramp at the side."}],
   "addresses": [{"address_1": "1 Full Street", "address_type": "physical", "city": "Liverpool", "country": "GB", "postal_code": "L4 0CK", "state_province": "Merseyside"}],
   "description": "Red door.", "latitude": 53.4466, "location_type": "physical", "longitude": -2.9625, "name": "The house"}},
  {"location": {"addresses": [{"address_1": "PO Box 7", "address_type": "postal", "city": "", "country": "GB", "postal_code": "", "state_province": ""}], "location_type": "postal", "name": "Letters"}},
  {"location": {"location_type": "virtual", "name": "Online"}}],
 "attributes": [
  {"taxonomy_term": {"code": "M", "description": "Money", "name": "Money", "taxonomy": "Lists"}},
  {"taxonomy_term": {"description": "Loose", "name": "Loose"}},
  {"taxonomy_term": {"description": "Owing.", "name": "Debt", "taxonomy": "Lists"}}]
}`
