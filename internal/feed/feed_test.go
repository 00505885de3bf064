package feed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"liferooms.io/liferooms/internal/gate"
)

func (p page) names() []string {
	var all []string
	for _, r := range p.Contents {
		all = append(all, r.name())
	}
	slices.Sort(all)
	return all
}

// shelf is a small catalogue of which each filter finds a part.
const shelf = `[
 {"id": "1", "name": "Debt clinic", "description": "Help with money owed.", "status": "active", "minimum_age": 18, "organization": {"id": "o", "name": "Advice"},
  "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "09:00", "closes_at": "12:00"}, {"id": "2", "freq": "WEEKLY", "byday": "MO", "opens_at": "17:00", "closes_at": "19:00"}],
  "service_at_locations": [{"id": "1", "location": {"id": "1", "name": "Library", "latitude": 53.4466, "longitude": -2.9625, "addresses": [{"address_1": "1 High Street", "postal_code": "L4 4AA"}]}},
   {"id": "1b", "location": {"id": "1b", "name": "Annexe", "latitude": 53.60, "longitude": -3.0, "addresses": [{"address_1": "2 Low Street", "postal_code": "PR8 1AA"}]}}],
  "attributes": [{"taxonomy_term": {"id": "debt", "name": "Debt", "taxonomy": "Needs"}}]},
 {"id": "2", "name": "Youth club", "description": "Games.", "status": "active", "minimum_age": 11, "maximum_age": 17, "organization": {"id": "o2", "name": "Young"},
  "schedules": [{"id": "1", "freq": "WEEKLY", "byday": "TH", "opens_at": "18:00", "closes_at": "20:00"}, {"id": "2", "freq": "WEEKLY", "byday": "FR", "opens_at": "09:00", "until": "2020-01-01"}],
  "service_at_locations": [{"id": "2", "location": {"id": "2", "name": "Hall", "latitude": 53.4476, "longitude": -2.9625, "addresses": [{"address_1": "3 High Street", "postal_code": "L4 4AB"}]}}],
  "attributes": [{"taxonomy_term": {"id": "play", "name": "Play", "taxonomy": "Activities"}}]},
 {"id": "3", "name": "Lunch", "description": "A dinner.", "status": "inactive", "minimum_age": 60, "organization": {"id": "o", "name": "Advice"},
  "schedules": [{"id": "1", "freq": "DAILY", "opens_at": "12:00", "closes_at": "14:00"}],
  "attributes": [{"taxonomy_term": {"id": "debt", "name": "Debt", "taxonomy": "Needs"}}]}
]`

func TestParameters(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", shelf)
	ids := map[string]string{}
	for _, kind := range []string{"taxonomies", "taxonomy_terms"} {
		for _, r := range s.page(t, "walton/"+kind).Contents {
			ids[r.Name] = r.ID
		}
	}
	debt, youth, lunch := "Debt clinic", "Youth club", "Lunch"
	for query, want := range map[string][]string{
		"":                                    {debt, lunch, youth},
		"search=money":                        {debt},
		"search=Advice":                       {debt, lunch},
		"search=debbt":                        {debt}, // spelt alike
		"search=zzqxzz":                       nil,
		"search=the":                          {debt, lunch, youth}, // says nothing
		"search=%00":                          {debt, lunch, youth},
		"taxonomy_term_id=" + ids["Debt"]:     {debt, lunch},
		"taxonomy_id=" + ids["Activities"]:    {youth},
		"taxonomy_id=" + ids["Debt"]:          nil, // a term is no taxonomy
		"minimum_age=18":                      {debt, lunch},
		"minimum_age=61":                      nil,
		"maximum_age=17":                      {youth},
		"maximum_age=16":                      nil,
		"day=TH":                              {debt, lunch, youth},
		"day=thursday&start_time=12:00":       {lunch, youth},
		"day=Mon&start_time=15:00":            {debt}, // of one and the same time
		"day=TH&start_time=17:30&end_time=19": nil,    // refused, below
		"start_time=09:00:00&end_time=12:00":  {debt},
		"end_time=14:00":                      {debt, lunch},
		"day=FR":                              {lunch}, // the club's Fridays are over
		"day=FR&search=money":                 nil,
		"per_page=1000":                       {debt, lunch, youth},
		"unknown=1&full=true":                 {debt, lunch, youth},
	} {
		if strings.HasSuffix(query, "=19") {
			if got := s.do(t, "GET", "walton/services?"+query); got.status != http.StatusBadRequest {
				t.Errorf("%s: %d", query, got.status)
			}
			continue
		}
		if diff := cmp.Diff(want, s.page(t, "walton/services?"+query).names()); diff != "" {
			t.Errorf("services?%s: %s", query, diff)
		}
	}
	for query, want := range map[string][]string{
		"":                                {debt, debt, youth},
		"search=money":                    {debt, debt},
		"maximum_age=17":                  {youth},
		"postcode=L4+4AA":                 {debt, debt, youth},
		"postcode=l44aa&proximity=50":     {debt},
		"postcode=L4+4AA&proximity=200":   {debt, youth},
		"postcode=L4+9ZZ&proximity=200":   {debt, youth}, // the middle of L4
		"postcode=PR8+1AA&proximity=1000": {debt},
		"postcode=L4+4AA&proximity=200&minimum_age=18": {debt},
	} {
		if diff := cmp.Diff(want, s.page(t, "walton/service_at_locations?"+query).names()); diff != "" {
			t.Errorf("service_at_locations?%s: %s", query, diff)
		}
	}
	if first := s.page(t, "walton/service_at_locations?postcode=PR8+1AA").Contents[0].name(); first != debt {
		t.Errorf("the nearest to PR8 1AA is %s", first)
	}
	// A hub that knows where it is knows its postcode.
	s.owner(t, "update hubs set postcode = 'L30 1ZZ', latitude = 53.4466, longitude = -2.9625 where slug = 'walton'")
	if got := s.page(t, "walton/service_at_locations?postcode=L301ZZ&proximity=10").names(); !slices.Equal(got, []string{debt}) {
		t.Errorf("near the hub: %v", got)
	}
}

func TestPages(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", shelf)
	for query, want := range map[string]page{
		"per_page=2":                 {TotalItems: 3, TotalPages: 2, PageNumber: 1, Size: 2, FirstPage: true},
		"per_page=2&page=2":          {TotalItems: 3, TotalPages: 2, PageNumber: 2, Size: 1, LastPage: true},
		"per_page=2&page=3":          {TotalItems: 3, TotalPages: 2, PageNumber: 3, LastPage: true, Empty: true},
		"search=zzqxzz":              {PageNumber: 1, FirstPage: true, LastPage: true, Empty: true},
		"page=1.0":                   {TotalItems: 3, TotalPages: 1, PageNumber: 1, Size: 3, FirstPage: true, LastPage: true},
		"page=50000&per_page=100000": {TotalItems: 3, TotalPages: 1, PageNumber: 50000, LastPage: true, Empty: true},
	} {
		got := s.page(t, "walton/services?"+query)
		got.Contents = nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	if got := s.do(t, "GET", "southport/services"); !strings.Contains(got.body, `"contents":[]`) {
		t.Errorf("of an empty catalogue: %s", got.body)
	}
	if got := s.do(t, "GET", "southport/export.json"); got.body != "[]\n" || got.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("the export of an empty catalogue: %q %v", got.body, got.header)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	s := newSite(t, unlimited)
	for path, want := range map[string]struct {
		status          int
		code, parameter string
	}{
		"walton/services?page=0":                                             {400, "BAD_USER_INPUT", "page"},
		"walton/services?page=two":                                           {400, "BAD_USER_INPUT", "page"},
		"walton/services?page=1e99":                                          {400, "BAD_USER_INPUT", "page"},
		"walton/services?per_page=-1":                                        {400, "BAD_USER_INPUT", "per_page"},
		"walton/services?page=1&page=2":                                      {400, "BAD_USER_INPUT", "page"},
		"walton/services?taxonomy_term_id=debt":                              {400, "BAD_USER_INPUT", "taxonomy_term_id"},
		"walton/services?minimum_age=old":                                    {400, "BAD_USER_INPUT", "minimum_age"},
		"walton/services?maximum_age=NaN":                                    {400, "BAD_USER_INPUT", "maximum_age"},
		"walton/services?start_time=25:00":                                   {400, "BAD_USER_INPUT", "start_time"},
		"walton/services?day=someday":                                        {400, "BAD_USER_INPUT", "day"},
		"walton/services?search=%zz":                                         {400, "BAD_USER_INPUT", ""},
		"walton/service_at_locations?proximity=100":                          {400, "BAD_USER_INPUT", "postcode"},
		"walton/service_at_locations?postcode=L4+4AA&proximity=far":          {400, "BAD_USER_INPUT", "proximity"},
		"walton/service_at_locations?postcode=nowhere":                       {400, "BAD_USER_INPUT", "postcode"},
		"walton/service_at_locations?postcode=L4+4AA":                        {400, "BAD_USER_INPUT", "postcode"}, // known to nobody here
		"walton/services/1":                                                  {404, "NOT_FOUND", ""},
		"walton/services/{0198b6a0-0000-7000-8000-000000000000}":             {404, "NOT_FOUND", ""},
		"walton/services/0198b6a0-0000-7000-8000-000000000000":               {404, "NOT_FOUND", ""},
		"walton/service_at_locations/0198b6a0-0000-7000-8000-000000000000":   {404, "NOT_FOUND", ""},
		"walton/taxonomies/0198b6a0-0000-7000-8000-000000000000":             {404, "NOT_FOUND", ""},
		"walton/taxonomy_terms/0198b6a0-0000-7000-8000-000000000000":         {404, "NOT_FOUND", ""},
		"walton/services/0198b6a0-0000-7000-8000-000000000000/organizations": {404, "NOT_FOUND", ""},
		"walton/organizations":                                               {404, "NOT_FOUND", ""},
		"nowhere/":                                                           {404, "NOT_FOUND", ""},
		"":                                                                   {404, "NOT_FOUND", ""},
	} {
		got := s.do(t, "GET", path)
		var told struct{ Code, Message, Parameter string }
		if err := json.Unmarshal([]byte(got.body), &told); err != nil {
			t.Errorf("%s: %v %q", path, err, got.body)
			continue
		}
		if got.status != want.status || told.Code != want.code || told.Parameter != want.parameter || len(told.Message) < 20 {
			t.Errorf("%s: %d %+v", path, got.status, told)
		}
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		if got := s.do(t, method, "walton/services"); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: %d %v", method, got.status, got.header)
		}
	}
}

func TestAnswersAreOpenAndKnownByTheirTag(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", shelf)
	first := s.do(t, "GET", "walton/services")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"Content-Type": "application/json; charset=utf-8", "Cache-Control": "public, no-cache",
	} {
		if got := first.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	tag := first.header.Get("ETag")
	for _, given := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if got := s.do(t, "GET", "walton/services", "If-None-Match", given); got.status != http.StatusNotModified || got.body != "" || got.header.Get("ETag") != tag {
			t.Errorf("If-None-Match: %s: %d %q", given, got.status, got.body)
		}
	}
	if got := s.do(t, "HEAD", "walton/services"); got.status != 200 || got.body != "" || got.header.Get("Content-Length") != fmt.Sprint(len(first.body)) {
		t.Errorf("HEAD: %d %v", got.status, got.header)
	}
	s.owner(t, "update services set visibility = 'STAFF' where name = 'Lunch'")
	if got := s.do(t, "GET", "walton/services", "If-None-Match", tag); got.status != 200 || got.header.Get("ETag") == tag || strings.Contains(got.body, "Lunch") {
		t.Errorf("after something was hidden: %d", got.status)
	}
	preflight := s.do(t, "OPTIONS", "walton/services", "Origin", "https://finder.example.org", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match")
	if preflight.status != http.StatusNoContent || preflight.header.Get("Access-Control-Allow-Methods") != "GET, HEAD" || !strings.Contains(preflight.header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("preflight: %d %v", preflight.status, preflight.header)
	}
}

func TestOnlyLiveHubsPublish(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", shelf)
	if got := s.do(t, "GET", "walton"); got.status != http.StatusPermanentRedirect || got.header.Get("Location") != "/open-referral/walton/" {
		t.Errorf("without a slash: %d %v", got.status, got.header)
	}
	id := s.page(t, "zz1/walton/services").Contents[0].ID
	for _, elsewhere := range []string{"southport", "elsewhere"} {
		if got := s.do(t, "GET", elsewhere+"/services/"+id); got.status != http.StatusNotFound {
			t.Errorf("%s gives a service of Walton: %d", elsewhere, got.status)
		}
	}
	for _, state := range []string{"SUSPENDED", "ARCHIVED", "PROVISIONING"} {
		s.owner(t, "update hubs set state = $1 where slug = 'walton'", state)
		for _, path := range []string{"walton/", "walton/services", "zz1/walton/services/" + id, "walton/export.json"} {
			if got := s.do(t, "GET", path); got.status != http.StatusNotFound {
				t.Errorf("%s while %s: %d", path, state, got.status)
			}
		}
	}
}

func TestEachAddressAsksOnlySoFast(t *testing.T) {
	s := newSite(t, gate.Config{Rate: 0.01, Burst: 21})
	if got := s.do(t, "GET", "walton/export.json"); got.status != 200 {
		t.Fatalf("%d", got.status)
	}
	if got := s.do(t, "GET", "walton/"); got.status != 200 {
		t.Errorf("the last of the burst: %d", got.status)
	}
	got := s.do(t, "GET", "walton/services")
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "100" || !strings.Contains(got.body, `"LIMITED"`) {
		t.Errorf("one too many: %d %v %s", got.status, got.header, got.body)
	}
}

// TestStatementsDoNotGrow counts what a long answer takes, and a short one.
func TestStatementsDoNotGrow(t *testing.T) {
	s := newSite(t, unlimited)
	s.demo(t)
	one := s.page(t, "walton/services").Contents[0].ID
	place := s.page(t, "walton/service_at_locations").Contents[0].ID
	for path, most := range map[string]int{
		"services?per_page=200":                             3, // find, services, organisations
		"services/" + one:                                   8, // service, organisation, times, places, locations, terms and their links, parents
		"service_at_locations?per_page=200":                 5,
		"service_at_locations?per_page=200&postcode=L4+0CK": 6,
		"service_at_locations/" + place:                     10,
		"taxonomies":                                        1,
		"taxonomy_terms?per_page=200":                       3,
		"export.json":                                       9, // in one batch
	} {
		s.Statements.Reset()
		s.get(t, "walton/"+path)
		if sent := s.Statements.Sent(); len(sent) > most {
			t.Errorf("%s takes %d statements, at most %d are needed:\n%s", path, len(sent), most, strings.Join(sent, "\n"))
		}
	}
}

func TestSearchesAreSafeToWrite(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", shelf)
	for _, text := range []string{"'; drop table services; --", `"`, `"debt`, "-", "!&|()", strings.Repeat("word ", 1000), "\xff\xfe", "%", "debt & (", "<b>", "🌻"} {
		if got := s.do(t, "GET", "walton/services?search="+url.QueryEscape(text)); got.status != http.StatusOK {
			t.Errorf("%.30q: %d %s", text, got.status, got.body)
		}
	}
}

// TestExceptionsAreToldInWords: a reader of the standard knows no field for days on which a time does not hold.
func TestExceptionsAreToldInWords(t *testing.T) {
	s := newSite(t, unlimited)
	s.stock(t, s.Walton, "shelf", `[{"id": "s1", "name": "Choir", "status": "active", "organization": {"id": "o1", "name": "Singers"},
		"schedules": [{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "18:00", "description": "In the hall", "exdate": "2026-12-28", "rdate": "2098-12-25"}]}]`)
	id := s.page(t, "walton/services").Contents[0].ID
	got := s.do(t, "GET", "walton/services/"+id)
	if want := `"description":"Every Monday, 18:00, not on 28 December 2026, also on 25 December 2098. In the hall"`; !strings.Contains(got.body, want) {
		t.Errorf("no %s in %s", want, got.body)
	}
	for day, want := range map[string]int{"MO": 1, "TH": 1, "TU": 0} { // 25 December 2098 is a Thursday
		if found := s.page(t, "walton/services?day="+day).TotalItems; found != want {
			t.Errorf("on %s: %d, want %d", day, found, want)
		}
	}
}
