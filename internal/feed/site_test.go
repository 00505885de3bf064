package feed_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/demo"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/feed"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site serves the feeds of a world's hubs.
type site struct {
	*storetest.World
	directory *directory.Directory
	url       string
}

func newSite(t *testing.T, limits gate.Config) *site {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	d := directory.New(w.Store, log)
	mux := http.NewServeMux()
	mux.Handle(feed.Prefix, feed.New(w.Store, d, gate.New(w.Store, limits)))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &site{w, d, server.URL + feed.Prefix}
}

var unlimited = gate.Config{Rate: -1}

// stock imports a document into a hub, which has the demo's needs.
func (s *site) stock(t *testing.T, hub viewer.Hub, source, document string) {
	t.Helper()
	ctx := s.Platform(hub)
	summary, err := s.directory.Import(ctx, source, openreferral.NewReader(strings.NewReader(document), openreferral.Auto).Rows(), func(r directory.RowResult) {
		if r.Refused != nil {
			t.Errorf("%s: %v", r.ID, r.Refused)
		}
	})
	if err != nil || summary.Added == 0 {
		t.Fatalf("%+v %v", summary, err)
	}
}

// demo puts the demo's catalogue into Walton, and with it a service that has everything.
func (s *site) demo(t *testing.T) {
	t.Helper()
	s.needs(t, s.Walton)
	ctx := s.Platform(s.Walton)
	if _, err := s.directory.Import(ctx, "demo", openreferral.RowsOf(demo.Catalogue(demo.Walton)), nil); err != nil {
		t.Fatal(err)
	}
	s.stock(t, s.Walton, "everything", everything)
}

func (s *site) needs(t *testing.T, hub viewer.Hub) {
	t.Helper()
	ctx := s.Platform(hub)
	for i, n := range demo.Needs {
		s.Store.Client(ctx).Need.Create().SetCode(n.Code).SetName(n.Name).SetPosition(i).ExecX(ctx)
	}
}

func (s *site) owner(t *testing.T, sql string, args ...any) {
	t.Helper()
	s.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, sql, args...); err != nil {
			t.Fatal(err)
		}
	})
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(t *testing.T, method, path string, header ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

// get gives what is at a path, which must be there.
func (s *site) get(t *testing.T, path string) any {
	t.Helper()
	got := s.do(t, "GET", path)
	if got.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	var value any
	if err := json.Unmarshal([]byte(got.body), &value); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return value
}

// page is a page of a list.
type page struct {
	TotalItems int  `json:"total_items"`
	TotalPages int  `json:"total_pages"`
	PageNumber int  `json:"page_number"`
	Size       int  `json:"size"`
	FirstPage  bool `json:"first_page"`
	LastPage   bool `json:"last_page"`
	Empty      bool `json:"empty"`
	Contents   []record
}

// record is what the tests ask of any record.
type record struct {
	ID, Name string
	Service  *struct{ Name string }
}

func (r record) name() string {
	if r.Service != nil {
		return r.Service.Name
	}
	return r.Name
}

func (s *site) page(t *testing.T, path string) page {
	t.Helper()
	got := s.do(t, "GET", path)
	if got.status != http.StatusOK {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	var p page
	if err := json.Unmarshal([]byte(got.body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// all gives the ids of a whole list, page by page.
func (s *site) all(t *testing.T, list string) []string {
	t.Helper()
	var ids []string
	for number := 1; ; number++ {
		p := s.page(t, list+"?per_page=100&page="+string(rune('0'+number)))
		for _, r := range p.Contents {
			ids = append(ids, r.ID)
		}
		if p.LastPage {
			if len(ids) != p.TotalItems {
				t.Errorf("%s has %d records on its pages and says %d", list, len(ids), p.TotalItems)
			}
			return ids
		}
	}
}

// everything is a catalogue whose services have all that a hub keeps, or next to nothing.
const everything = `[
 {"id": "full", "name": "Everything club", "alternate_name": "The club", "description": "All of it.", "url": "https://club.example.org/", "email": "club@example.org",
  "status": "temporarily closed", "application_process": "Ring first.", "fees": "Two pounds", "accreditations": "Quality mark", "eligibility_description": "Anybody.",
  "minimum_age": 18, "maximum_age": 65, "assured_date": "2026-03-01", "alert": "Closed until May", "last_modified": "2026-03-02T10:00:00Z",
  "phones": [{"number": "0151 496 0700"}],
  "organization": {"id": "o-full", "name": "Everything CIC", "alternate_name": "ECIC", "description": "They do it all.", "email": "all@example.org", "website": "https://all.example.org/",
    "legal_status": "CIC", "organization_identifiers": [{"identifier_scheme": "GB-COH", "identifier_type": "Company number", "identifier": "00000000"}], "phones": [{"number": "0151 496 0701"}]},
  "contacts": [{"name": "Front desk", "title": "Reception", "email": "desk@example.org", "phones": [{"number": "0151 496 0702"}]}],
  "languages": [{"name": "English"}, {"name": "Polish"}],
  "cost_options": [{"option": "Standard", "amount": 2, "currency": "GBP", "amount_description": "a session", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}],
  "service_areas": [{"name": "Walton", "uri": "https://areas.example.org/walton"}],
  "funding": [{"source": "City council"}, {"source": "Gifts"}],
  "capacities": [{"unit": {"name": "chairs"}, "available": 0, "maximum": 12, "description": "Ask again on Friday", "updated": "2026-03-02T10:00:00Z"}],
  "schedules": [
    {"id": "w", "freq": "WEEKLY", "interval": 2, "byday": "TU,TH", "dtstart": "2026-01-06", "until": "2027-12-31", "opens_at": "10:00", "closes_at": "12:00", "description": "Not in August", "service_at_location_id": "a-full",
      "exdate": "2026-12-29,2026-12-31", "rdate": "2026-12-30"},
    {"id": "m", "freq": "MONTHLY", "byday": "-1FR", "opens_at": "14:00", "closes_at": "15:30", "valid_from": "2026-01-01", "valid_to": "2027-06-30"},
    {"id": "d", "freq": "DAILY", "opens_at": "09:00"}, {"id": "y", "freq": "YEARLY", "dtstart": "2026-11-05"}, {"id": "y2", "freq": "YEARLY", "byday": "2MO"},
    {"id": "n", "freq": "MONTHLY", "bymonthday": "1,15", "exdate": "2026-12-15"}, {"id": "once", "dtstart": "2027-05-09", "opens_at": "11:00"}, {"id": "words", "description": "By appointment"}],
  "service_at_locations": [{"id": "a-full", "description": "First floor", "location": {"id": "l-full", "location_type": "physical", "name": "The house", "description": "Red door.",
    "latitude": 53.4466, "longitude": -2.9625, "addresses": [{"address_1": "1 Full Street", "city": "Liverpool", "state_province": "Merseyside", "postal_code": "L4 0CK", "country": "GB", "address_type": "physical"}],
    "accessibility": [{"description": "Ramp at the side."}, {"description": "Loop"}]}},
   {"id": "a-net", "location": {"id": "l-net", "location_type": "virtual"}}, {"id": "a-post", "location": {"id": "l-post", "location_type": "postal", "name": "Letters", "addresses": [{"address_1": "PO Box 7"}]}}],
  "attributes": [{"taxonomy_term": {"id": "t-parent", "name": "Money", "taxonomy": "Lists", "code": "M"}}, {"taxonomy_term": {"id": "t-child", "name": "Debt", "description": "Owing.", "taxonomy": "Lists", "parent_id": "t-parent"}}, {"taxonomy_term": {"id": "t-loose", "name": "Loose"}}]},
 {"id": "bare", "name": "Bare", "status": "active", "organization": {"id": "o-bare", "name": "Bare Ltd"}, "schedules": []}
]`
