package catalogue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"liferooms.io/liferooms/ent"
)

// What feeds get wrong at large (broken pages, bombs, redirects, silence) is in TestAFailureKeepsWhatThereWas. Here is what
// they get wrong in what they say, over HTTP as the rest: it is survived, and the report says what became of it.

// answering is a source whose one document is the text, with the header.
func answering(t *testing.T, text string, header ...string) Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, text) // a reader that is gone fails below
	}))
	t.Cleanup(server.Close)
	return Source{Name: "feed", Kind: URL, URL: server.URL + "/services", AllowPrivate: true}
}

// told gives the report of the only source: a line for each problem.
func (b *bench) told(t testing.TB) string {
	t.Helper()
	row, err := b.Store.Client(b.ctx).CatalogueSource.Get(b.ctx, b.list(t)[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range row.Problems {
		lines = append(lines, fmt.Sprintf("%d %s %q %s: %s", p.Row, p.Kind, p.ID, p.Field, p.Message))
	}
	return strings.Join(lines, "\n")
}

func TestFeedsThatLieInWhatTheySay(t *testing.T) {
	one := func(fields string) string {
		return `{"contents": [{"id": "1", "name": "Art", "status": "active", ` + fields + `, "schedules": []}]}`
	}
	place := func(latitude, longitude string) string {
		return one(`"service_at_locations": [{"id": "a", "location": {"id": "l", "name": "Hall", "latitude": ` + latitude + `, "longitude": ` + longitude + `}}]`)
	}
	const aLocation = "select count(*) from locations where latitude is null and longitude is null"
	for name, c := range map[string]struct {
		text   string
		header []string
		says   string // in the report; empty: nothing
		holds  string // SQL that counts one where it was taken as it should be
	}{
		"HTML and scripts": {one(`"description": "<p>Come &amp; see<script>alert(1)</script> <img src=x onerror=alert(1)>us</p>"`), nil,
			"description: HTML was turned into plain text", "select count(*) from services where description = 'Come & see us'"},
		"scripts for an address": {one(`"url": "javascript:alert(1)", "email": "nobody"`), nil,
			"url: left out: a web address begins with http", "select count(*) from services where url is null and email is null"},
		"coordinates out of range":  {place("153.4", "-2.96"), nil, "a latitude lies from -90 to 90", aLocation},
		"coordinates at sea":        {place("0", "0"), nil, "0, 0 is in the sea", aLocation},
		"half a coordinate":         {place("53.4", "null"), nil, "one of the two is missing", aLocation},
		"coordinates that are text": {place(`"north"`, `"-2.9"`), nil, "a number belongs here", aLocation},
		"coordinates swapped": {place("-2.96", "53.44"), nil, "the wrong way round",
			"select count(*) from locations where latitude = 53.44 and longitude = -2.96"},
		"days that do not exist": {one(`"assured_date": "2026-02-30", "last_modified": "2026-13-01T25:00:00Z"`), nil,
			"assured_date: left out", "select count(*) from services where assured_date is null and last_modified is null"},
		"ages upside down": {one(`"minimum_age": 65, "maximum_age": 18`), nil,
			"both ages left out", "select count(*) from services where minimum_age is null and maximum_age is null"},
		"a status that is none": {strings.Replace(one(`"fees": "Free"`), `"active"`, `"perhaps"`, 1), nil,
			"the service was taken as inactive", "select count(*) from services where status = 'INACTIVE'"},
		"an enormous text": {one(`"description": "` + strings.Repeat("Something. ", 50_000) + `"`), nil,
			"cut to 20000 characters", "select count(*) from services where length(description) between 19990 and 20000"},
		"an enormous list": {one(`"phones": [` + strings.Repeat(`{"number": "0151 496 0001"},`, 5000) + `{"number": "1"}]`), nil,
			"cut to the first 200 of 5001", "select count(*) from services where phone = '0151 496 0001'"},
		"an enormous record": {`{"contents": [{"id": "2", "name": "Huge", "description": "` + strings.Repeat("x", 1<<20) + `"}, {"id": "1", "name": "Art"}]}`, nil,
			"the record is longer than 1 MiB", "select count(*) from services where name = 'Art'"},
		"an enormous id": {`{"contents": [{"id": "` + strings.Repeat("9", 5000) + `", "name": "Long"}, {"id": "1", "name": "Art"}]}`, nil,
			"its id cannot be used", "select count(*) from services where name = 'Art'"},
		"nested without end": {`{"contents": [{"id": "2", "name": "Deep", "x": ` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}, {"id": "1", "name": "Art"}]}`, nil,
			"nested too deep", "select count(*) from services where name = 'Art'"},
		"not UTF-8": {one("\"description\": \"Caf\xe9 \x00and\\u0000 tea\""), nil, // NUL cannot be saved anywhere
			"", "select count(*) from services where false"},
		"bytes that are no text": {one("\"description\": \"Caf\xe9 and tea\""), nil,
			"characters that could not be read were removed", "select count(*) from services where description = 'Caf and tea'"},
		"control characters": {one(`"description": "Tea\u0000 and\u0007 \u202ecake"`), nil,
			"control characters were removed", "select count(*) from services where description = 'Tea and cake'"},
		"a byte order mark":        {"\xef\xbb\xbf" + one(`"fees": "Free"`), nil, "", "select count(*) from services where name = 'Art'"},
		"another type of content":  {one(`"fees": "Free"`), []string{"Content-Type", "text/html; charset=iso-8859-1"}, "", "select count(*) from services where name = 'Art'"},
		"compression that is none": {one(`"fees": "Free"`), []string{"Content-Encoding", "gzip"}, "", "select count(*) from services where name = 'Art'"},
		"types that are wrong": {one(`"description": {"en": "Art"}, "phones": "0151", "organization": 7, "languages": [3]`), nil,
			"description: left out: a text belongs here", "select count(*) from services where name = 'Art'"},
		"terms in a circle": {`{"contents": [{"id": "1", "name": "Art", "attributes": [
			{"taxonomy_term": {"id": "t1", "name": "One", "parent_id": "t2"}}, {"taxonomy_term": {"id": "t2", "name": "Two", "parent_id": "t3"}},
			{"taxonomy_term": {"id": "t3", "name": "Three", "parent_id": "t1"}}, {"taxonomy_term": {"id": "t4", "name": "Own", "parent_id": "t4"}}]}]}`, nil,
			`taxonomy term "t4" parent_id: its parents lead back to itself`, "select count(*) / 4 from taxonomy_terms"},
		"partners in a circle": {`{"contents": [{"id": "1", "name": "Art", "organization": {"id": "o1", "name": "One", "parent_organization_id": "o2"}},
			{"id": "2", "name": "Band", "organization": {"id": "o2", "name": "Two", "parent_organization_id": "o1"}}]}`, nil,
			"parent_id: its parents lead back to itself", "select count(*) / 2 from organisations"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, private)
			b.set(t, answering(t, c.text, c.header...))
			row := b.fetch(t)
			if name == "not UTF-8" { // what is no JSON at all fails whole
				wantFailed(t, row, "well-formed")
				return
			}
			if row.State != Synced {
				t.Fatalf("%s: %s", row.State, row.Message)
			}
			if told := b.told(t); !strings.Contains(told, c.says) {
				t.Errorf("the report says %s; want %q", told, c.says)
			}
			if n := b.Count(t, c.holds); n != 1 {
				t.Errorf("it was not taken as it should be; the report says %s", b.told(t))
			}
		})
	}
}

// TestAnIdOnTwoPages: the later record counts, and the report says so.
func TestAnIdOnTwoPages(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, service("1", "Art"), service("2", "Bread"), service("1", "Art again"), service("3", "Choir"))
	b.set(t, f.source("/services"))
	if row := b.fetch(t); row.State != Synced {
		t.Fatalf("%s: %s", row.State, row.Message)
	}
	wantOffered(t, b, "Art again", "Bread", "Choir")
	if told := b.told(t); !strings.Contains(told, `3 service "1" id: the same id stands on an earlier record of this source`) {
		t.Errorf("the report says %s", told)
	}
}

// TestPagesWithoutEnd: a feed that always has one page more, and one that says the same on each.
func TestPagesWithoutEnd(t *testing.T) {
	for name, c := range map[string]struct {
		page func(n int) string
		says string
	}{
		"one more each time": {func(n int) string {
			return fmt.Sprintf(`{"total_pages": %d, "page_number": %d, "contents": [{"id": "%d", "name": "More", "schedules": []}]}`, n+1, n, n)
		}, "at most 20 are read"},
		"the same each time": {func(n int) string {
			return fmt.Sprintf(`{"total_pages": %d, "page_number": %d, "contents": [{"id": "1", "name": "Same", "schedules": []}]}`, n+1, n)
		}, "Pages 1 and 2 of the feed are the same"},
		"the same without a number": {func(n int) string {
			return `{"total_pages": 50, "contents": [{"id": "1", "name": "Same", "schedules": []}]}`
		}, "Pages 1 and 2 of the feed are the same"},
		"two in turn": {func(n int) string {
			return fmt.Sprintf(`{"total_pages": 50, "page_number": %d, "contents": [{"id": "%d", "name": "Turn", "schedules": []}]}`, n, n%2)
		}, "Pages 1 and 3 of the feed are the same"},
		"nothing on each": {func(n int) string {
			if n == 1 {
				return `{"total_pages": 1000, "contents": [{"id": "1", "name": "First", "schedules": []}]}`
			}
			return `{"total_pages": 1000, "contents": []}`
		}, "Page 2 of 1000 is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, private)
			b.limits.pages = 20
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				n, err := strconv.Atoi(r.URL.Query().Get("page"))
				if err != nil {
					n = 1
				}
				_, _ = io.WriteString(w, c.page(n))
			}))
			defer server.Close()
			b.set(t, Source{Name: "feed", Kind: URL, URL: server.URL + "/services", AllowPrivate: true})
			wantFailed(t, b.fetch(t), c.says)
			wantOffered(t, b)
			if asked.Load() > 20 {
				t.Errorf("asked for %d pages", asked.Load())
			}
			wantFailed(t, b.fetch(t), c.says) // and it is not otherwise when it goes on
		})
	}
}

// TestACertificateThatExpired is one that was good: by an authority that is trusted, and for the host.
func TestACertificateThatExpired(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(until time.Time) tls.Certificate {
		about := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "feed"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	}
	fetched := func(c tls.Certificate) *ent.CatalogueSource {
		b := newBench(t, private)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `[{"id": "1", "name": "Art"}]`)
		}))
		server.TLS = &tls.Config{Certificates: []tls.Certificate{c}}
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the refusal
		server.StartTLS()
		defer server.Close()
		trusted := x509.NewCertPool()
		trusted.AddCert(c.Leaf)
		b.private.Transport.(*http.Transport).TLSClientConfig.RootCAs = trusted
		b.set(t, Source{Name: "feed", Kind: URL, URL: server.URL + "/services", AllowPrivate: true})
		return b.fetch(t)
	}
	if row := fetched(issue(time.Now().Add(time.Hour))); row.State != Synced {
		t.Fatalf("a good one: %s: %s", row.State, row.Message)
	}
	wantFailed(t, fetched(issue(time.Now().Add(-24*time.Hour))), "has expired")
}
