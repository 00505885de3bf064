package catalogue

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/viewer"
)

// feedServer is a feed of services over HTTP, in pages, that a test changes as it goes.
type feedServer struct {
	*httptest.Server
	mu       sync.Mutex
	services []map[string]any
	perPage  int
	etags    bool
	shallow  bool
	// before may answer in the feed's place, and says whether it did.
	before func(w http.ResponseWriter, r *http.Request) bool
	asked  []string
}

func service(id, name string) map[string]any {
	return map[string]any{
		"id": id, "name": name, "description": "About " + name, "status": "active",
		"organization": map[string]any{"id": "o-" + id, "name": "Partner of " + name},
		"schedules":    []any{map[string]any{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "10:00"}},
	}
}

func newFeed(t *testing.T, perPage int, services ...map[string]any) *feedServer {
	t.Helper()
	f := &feedServer{services: services, perPage: perPage}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *feedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, r.URL.RequestURI())
	if f.before != nil && f.before(w, r) {
		return
	}
	if id, one := strings.CutPrefix(r.URL.Path, "/services/"); one {
		at := slices.IndexFunc(f.services, func(s map[string]any) bool { return s["id"] == id })
		if at < 0 {
			http.NotFound(w, r)
			return
		}
		f.answer(w, r, f.services[at])
		return
	}
	switch r.URL.Path {
	case "/":
		f.answer(w, r, map[string]any{"version": "HSDS-UK-3.0", "openapi_url": f.URL + "/openapi.json"})
	case "/services":
		n, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil {
			n = 1
		}
		from, to := min((n-1)*f.perPage, len(f.services)), min(n*f.perPage, len(f.services))
		contents := []any{}
		for _, s := range f.services[from:to] {
			if f.shallow {
				s = map[string]any{"id": s["id"], "name": s["name"], "status": s["status"]}
			}
			contents = append(contents, s)
		}
		f.answer(w, r, map[string]any{
			"total_items": len(f.services), "total_pages": (len(f.services) + f.perPage - 1) / f.perPage, "page_number": n, "size": len(contents), "contents": contents,
		})
	default:
		http.NotFound(w, r)
	}
}

func (f *feedServer) answer(w http.ResponseWriter, r *http.Request, what any) {
	encoded, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	if f.etags {
		tag := `"` + digestOf(encoded)[:16] + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(encoded) // the reader may have gone
}

// change changes the feed between requests.
func (f *feedServer) change(fn func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = nil
	fn()
}

func (f *feedServer) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// source is the feed as a source that may be at this machine.
func (f *feedServer) source(path string) Source {
	return Source{Name: "feed", Kind: URL, URL: f.URL + path, AllowPrivate: true}
}

// noJob is the job of who has none.
func noJob(context.Context) error { return nil }

// fetch does by hand what a job does, for the only source of the hub.
func (b *bench) fetch(t testing.TB) *ent.CatalogueSource {
	t.Helper()
	if again, err := b.sync(b.ctx, b.list(t)[0].ID, noJob); err != nil || again {
		t.Fatalf("again %t, %v", again, err)
	}
	return b.list(t)[0]
}

func (b *bench) offered(t testing.TB) []string {
	t.Helper()
	hub, _ := viewer.FromContext(b.ctx).OneHub()
	all := []string{}
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		rows, err := conn.Query(ctx, "select name from services where hub_id = $1 and retired_at is null order by name", hub.ID)
		if err != nil {
			t.Fatal(err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, names...)
	})
	return all
}

func wantOffered(t testing.TB, b *bench, want ...string) {
	t.Helper()
	if got := b.offered(t); !slices.Equal(got, want) {
		t.Errorf("on offer: %v, want %v", got, want)
	}
}

func wantFailed(t testing.TB, row *ent.CatalogueSource, says string) {
	t.Helper()
	if row.State != Failed || !strings.Contains(row.Message, says) || row.FailingSince == nil || row.TriedAt == nil {
		t.Errorf("%s since %v: %q; want it to have failed and say %q", row.State, row.FailingSince, row.Message, says)
	}
}

var private = Config{AllowPrivate: true}

func TestAFeedIsReadToItsLastPage(t *testing.T) {
	for _, path := range []string{"/services", "/", ""} {
		b := newBench(t, private)
		f := newFeed(t, 2, service("1", "Art"), service("2", "Bread"), service("3", "Choir"), service("4", "Debt"), service("5", "English"))
		b.set(t, f.source(path))
		row := b.fetch(t)
		if row.State != Synced || row.RowsTaken != 5 || row.RowsRefused != 0 || row.Message != "" || row.SyncedAt == nil || row.FailingSince != nil {
			t.Errorf("%q: %s, %d taken, %d refused, %q", path, row.State, row.RowsTaken, row.RowsRefused, row.Message)
		}
		if due := time.Until(row.DueAt); due < 21*time.Hour || due > 24*time.Hour {
			t.Errorf("%q: due in %s, want about a day", path, due)
		}
		wantOffered(t, b, "Art", "Bread", "Choir", "Debt", "English")
		if n := b.Count(t, "select count(*) from services where source = 'feed'"); n != 5 {
			t.Errorf("%d records of the feed", n)
		}
	}
}

func TestSummariesAreReadInFull(t *testing.T) {
	b := newBench(t, private)
	var services []map[string]any
	var want []string
	for i := range 100 {
		services = append(services, service(fmt.Sprint("s", i), fmt.Sprintf("Service %02d", i)))
		want = append(want, fmt.Sprintf("Service %02d", i))
	}
	f := newFeed(t, 70, services...)
	f.shallow, f.etags = true, true
	b.set(t, f.source("/services"))
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 100 {
		t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	wantOffered(t, b, want...)
	if n := b.Count(t, "select count(*) from schedules"); n != 100 {
		t.Errorf("%d times, want one for each service", n)
	}
	// A list that is as it was says nothing of its services.
	f.change(func() { f.services[7]["description"] = "New" })
	b.fetch(t)
	if n := b.Count(t, "select count(*) from services where description = 'New'"); n != 1 {
		t.Error("a change of a service behind a list that is as it was is not seen")
	}
	// Where the feed has only its list, that is taken.
	f.change(func() {
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/services/") {
				http.NotFound(w, r)
				return true
			}
			return false
		}
	})
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 100 {
		t.Errorf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	if n := len(f.requests()); n != 3 {
		t.Errorf("%d requests, want 2 pages and 1 service", n)
	}
}

func TestWhatDidNotChangeIsNotRead(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 1, service("1", "Art"), service("2", "Bread"))
	f.etags = true
	b.set(t, f.source("/services"))
	first := b.fetch(t)
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update services set description = 'mark'"); err != nil {
			t.Fatal(err)
		}
	})
	f.change(func() {})
	second := b.fetch(t)
	if second.State != Synced || !second.SyncedAt.After(*first.SyncedAt) || second.RowsTaken != 2 {
		t.Errorf("%s at %v, %d taken", second.State, second.SyncedAt, second.RowsTaken)
	}
	if n := b.Count(t, "select count(*) from services where description = 'mark'"); n != 2 {
		t.Error("records that are as they were at their source were written")
	}
	if got := f.requests(); len(got) != 2 {
		t.Errorf("asked for %v", got)
	}
	f.change(func() { f.services[1]["name"] = "Bread and more" })
	b.fetch(t)
	wantOffered(t, b, "Art", "Bread and more")
	if n := b.Count(t, "select count(*) from services where description = 'mark'"); n != 0 {
		t.Error("a later page that differs had the first not read")
	}
}

// TestADocumentWithADate: a server that knows only when a document was changed.
func TestADocumentWithADate(t *testing.T) {
	b := newBench(t, private)
	const changed = "Tue, 24 Nov 2026 10:00:00 GMT"
	var read, spared atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if agent := r.Header.Get("User-Agent"); agent != userAgent {
			t.Errorf("it calls itself %q", agent)
		}
		w.Header().Set("Last-Modified", changed)
		if r.Header.Get("If-Modified-Since") == changed {
			spared.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		read.Add(1)
		w.Header().Set("Content-Encoding", "gzip")
		pack := gzip.NewWriter(w)
		_, _ = io.WriteString(pack, `[{"id": "1", "name": "Art", "status": "active", "schedules": []}]`) // a reader that is gone fails below
		if err := pack.Close(); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	b.set(t, Source{Name: "feed", Kind: URL, URL: server.URL + "/catalogue.json", AllowPrivate: true})
	for range 3 {
		if row := b.fetch(t); row.State != Synced || row.RowsTaken != 1 {
			t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
		}
	}
	if read.Load() != 1 || spared.Load() != 2 {
		t.Errorf("read %d times and spared %d", read.Load(), spared.Load())
	}
	wantOffered(t, b, "Art")
	// A source that is set anew is read anew.
	b.set(t, Source{Name: "feed", Kind: URL, URL: server.URL + "/catalogue.json?all", AllowPrivate: true})
	b.fetch(t)
	if read.Load() != 2 {
		t.Errorf("read %d times", read.Load())
	}
}

func TestACertificateIsLookedAt(t *testing.T) {
	b := newBench(t, private)
	var served atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it is told of the refusal
	server.StartTLS()
	defer server.Close()
	b.set(t, Source{Name: "feed", Kind: URL, URL: server.URL + "/services", AllowPrivate: true})
	wantFailed(t, b.fetch(t), "The certificate of 127.0.0.1")
	b.set(t, Source{Name: "feed", Kind: URL, URL: strings.Replace(server.URL, "https:", "http:", 1) + "/services", AllowPrivate: true})
	wantFailed(t, b.fetch(t), "400 (Bad Request)")
	if served.Load() != 0 {
		t.Errorf("served %d times", served.Load())
	}
}

// TestMetrics counts each fetch by how it went.
func TestMetrics(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	f.etags = true
	b.set(t, f.source("/services"))
	b.fetch(t)
	b.fetch(t)
	f.change(func() { f.services = nil })
	b.fetch(t)
	registry := prometheus.NewRegistry()
	registry.MustRegister(b.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			if m.Histogram != nil {
				got[family.GetName()] = float64(m.Histogram.GetSampleCount())
			} else {
				got[m.Label[0].GetValue()] = m.Counter.GetValue()
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{"synced": 1, "unchanged": 1, "failed": 1, "liferooms_catalogue_sync_seconds": 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFailureKeepsWhatThereWas(t *testing.T) {
	b := newBench(t, private)
	b.limits.idle, b.limits.bytes, b.limits.pages = 300*time.Millisecond, 1<<20, 4
	f := newFeed(t, 2, service("1", "Art"), service("2", "Bread"), service("3", "Choir"))
	b.set(t, f.source("/services?key=sesame"))
	good := b.fetch(t)
	if good.State != Synced {
		t.Fatal(good.Message)
	}
	answer := func(fn func(w http.ResponseWriter, r *http.Request)) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			fn(w, r)
			return true
		}
	}
	onPage2 := func(fn func(w http.ResponseWriter, r *http.Request)) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("page") != "2" {
				return false
			}
			fn(w, r)
			return true
		}
	}
	write := func(text string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	var packed bytes.Buffer
	pack := gzip.NewWriter(&packed)
	if _, err := io.WriteString(pack, "["+strings.Repeat(" ", 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := pack.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := packed.Bytes()
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb is %d bytes long", len(bomb))
	}
	release := make(chan struct{})
	var since *time.Time
	for name, c := range map[string]struct {
		before func(w http.ResponseWriter, r *http.Request) bool
		says   string
	}{
		"a broken page in the middle": {onPage2(write(`{"contents": [{"id": "9", "name": "Never"}, {"id":`)), "Page 2: line 1: The file is incomplete"},
		"a page that is another":      {onPage2(write(`{"total_pages": 2, "page_number": 1, "contents": []}`)), "answered another one"},
		"a page that is gone":         {onPage2(http.NotFound), "Page 2: 127.0.0.1"},
		"a web page":                  {answer(write("<html>")), "begins with neither"},
		"nothing":                     {answer(write(`{"contents": []}`)), "not one record"},
		"only what is refused":        {answer(write(`{"contents": [{"name": "No id"}]}`)), "None of its 1 records could be taken. The first: it has no id"},
		"too many pages": {answer(func(w http.ResponseWriter, r *http.Request) {
			n := r.URL.Query().Get("page")
			if n == "" {
				n = "1"
			}
			fmt.Fprintf(w, `{"total_pages": 900, "page_number": %s, "contents": [{"id": "%[1]s", "name": "More"}]}`, n)
		}), "900 pages"},
		"too long": {answer(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"contents": [`)
			for range 2 << 10 {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<10)); err != nil {
					return
				}
			}
		}), "longer than is taken"},
		"a bomb":  {answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bomb) }), "longer than is taken"},
		"damaged": {answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\x1f\x8b nothing of the kind")) }), "damaged"},
		"slow": {answer(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"contents": [`)
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-release:
			}
		}), "stopped answering"},
		"no right to it": {answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), "403 (Forbidden)"},
		"a fault":        {answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }), "tried again by itself"},
		"hung up":        {answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "cannot be reached, or hung up"},
		"round and round": {answer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
		}), "more than 5 times"},
		"redirected to a file": {answer(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}), "not safe"},
	} {
		f.change(func() { f.before = c.before })
		row := b.fetch(t)
		wantFailed(t, row, c.says)
		if row.SyncedAt == nil || !row.SyncedAt.Equal(*good.SyncedAt) || row.RowsTaken != 3 {
			t.Errorf("%s: synced at %v, %d taken", name, row.SyncedAt, row.RowsTaken)
		}
		if since != nil && !row.FailingSince.Equal(*since) {
			t.Errorf("%s: failing since %s, and before that %s", name, row.FailingSince, since)
		}
		since = row.FailingSince
		if strings.Contains(row.Message, "sesame") || strings.Contains(row.Message, "Never") {
			t.Errorf("%s: the message tells too much: %s", name, row.Message)
		}
		wantOffered(t, b, "Art", "Bread", "Choir")
	}
	close(release)
	row := b.list(t)[0]
	if wait := time.Until(row.DueAt); wait < 5*time.Hour || wait > 6*time.Hour {
		t.Errorf("after %d failures tried again in %s", row.Failures, wait)
	}
	if errors := b.Count(t, "select count(*) from catalogue_sources where message like '%sesame%'"); errors != 0 {
		t.Error("a key is kept in a message")
	}
	f.change(func() { f.before = nil })
	if row := b.fetch(t); row.State != Synced || row.FailingSince != nil || row.Failures != 0 || row.Message != "" {
		t.Errorf("well again: %s, %v, %q", row.State, row.FailingSince, row.Message)
	}
}

func TestVanishedRecordsAreRetiredAndComeBack(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, service("1", "Art"), service("2", "Bread"), service("3", "Choir"))
	b.set(t, f.source("/services"))
	b.fetch(t)
	before := b.Count(t, "select hashtext(id::text) from services where name = 'Bread'")
	f.change(func() { f.services = slices.Delete(f.services, 1, 2) })
	b.fetch(t)
	wantOffered(t, b, "Art", "Choir")
	if n := b.Count(t, "select count(*) from services where name = 'Bread' and retired_at is not null"); n != 1 {
		t.Error("what vanished is not kept")
	}
	f.change(func() { f.services = append(f.services, service("2", "Bread")) })
	b.fetch(t)
	wantOffered(t, b, "Art", "Bread", "Choir")
	if b.Count(t, "select hashtext(id::text) from services where name = 'Bread'") != before {
		t.Error("what came back is another record")
	}
}

func TestRefusedRecordsAreToldOf(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"), map[string]any{"id": "2", "name": ""}, service("1", "Art again"))
	b.set(t, f.source("/services"))
	row := b.fetch(t)
	if row.State != Synced || row.RowsRefused != 1 || row.Message != "1 of 3 records were refused. The first: it has no name. Give the service a name." {
		t.Errorf("%s, %d refused: %q", row.State, row.RowsRefused, row.Message)
	}
	wantOffered(t, b, "Art again")
}

func TestDocuments(t *testing.T) {
	b := newBench(t, Config{})
	document := func(names ...string) []byte {
		var services []map[string]any
		for _, n := range names {
			services = append(services, service(n, n))
		}
		encoded, err := json.Marshal(services)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	b.set(t, Source{Name: "list", Kind: Document, Document: document("Art", "Bread")})
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 2 {
		t.Errorf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	wantOffered(t, b, "Art", "Bread")
	b.set(t, Source{Name: "list", Kind: Document, Document: document("Art")})
	if row := b.list(t)[0]; row.State != Pending || row.SyncedAt == nil {
		t.Errorf("changed, it is %s, synced at %v", row.State, row.SyncedAt)
	}
	b.fetch(t)
	wantOffered(t, b, "Art")
	b.set(t, Source{Name: "list", Kind: Document, Format: Outpost, Document: []byte("import_id,import_id_reference,name,organisation\n1,,Chess,Chess Club\n")})
	if row := b.fetch(t); row.State != Synced {
		t.Error(row.Message)
	}
	wantOffered(t, b, "Chess")
	b.set(t, Source{Name: "list", Kind: Document, Format: Outpost, Document: document("Art")})
	wantFailed(t, b.fetch(t), "not well-formed CSV")
	wantOffered(t, b, "Chess")
}

func TestHubsOfOneTrustShare(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"), service("2", "Bread"))
	b.set(t, f.source("/services"))
	b.fetch(t)

	there := b.in(b.Southport)
	there.set(t, Source{Name: "walton", Kind: Hub, Hub: "walton"})
	if row := there.fetch(t); row.State != Synced || row.RowsTaken != 2 {
		t.Errorf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	wantOffered(t, there, "Art", "Bread")
	if n := b.Count(t, "select count(*) from services where hub_id = $1 and source = 'hub:walton'", b.Southport.ID); n != 2 {
		t.Errorf("%d records are from the hub", n)
	}
	// What a hub hides from strangers never leaves it.
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update services set visibility = 'RESTRICTED' where hub_id = $1 and name = 'Art'", b.Walton.ID); err != nil {
			t.Fatal(err)
		}
	})
	there.fetch(t)
	wantOffered(t, there, "Bread")
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update services set visibility = 'PUBLIC' where hub_id = $1", b.Walton.ID); err != nil {
			t.Fatal(err)
		}
	})
	f.change(func() { f.services = f.services[:1] })
	b.fetch(t)
	there.fetch(t)
	wantOffered(t, there, "Art")

	// Another trust's hub is as if it were not there.
	elsewhere := b.in(b.Elsewhere)
	elsewhere.set(t, Source{Name: "walton", Kind: Hub, Hub: "walton"})
	theirs := elsewhere.fetch(t)
	wantFailed(t, theirs, "The trust has no hub walton.")
	elsewhere.set(t, Source{Name: "walton", Kind: Hub, Hub: "nowhere"})
	if none := elsewhere.fetch(t); strings.ReplaceAll(none.Message, "nowhere", "walton") != theirs.Message {
		t.Errorf("a hub of another trust is told from one that is not: %q, %q", theirs.Message, none.Message)
	}
	wantOffered(t, elsewhere)
	if n := b.Count(t, "select count(*) from organisations where hub_id = $1", b.Elsewhere.ID); n != 0 {
		t.Errorf("%d partners came over from another trust", n)
	}

	// A hub that is archived keeps what the other has of it.
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update hubs set state = 'ARCHIVED' where id = $1", b.Walton.ID); err != nil {
			t.Fatal(err)
		}
	})
	wantFailed(t, there.fetch(t), "not in use now")
	wantOffered(t, there, "Art")
}

// TestHubsFollow: a hub that is a source is fetched anew when its own catalogue changes, not at the next refresh.
func TestHubsFollow(t *testing.T) {
	b := newBench(t, private)
	there, elsewhere := b.in(b.Southport), b.in(b.Elsewhere)
	stop, err := b.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	there.set(t, Source{Name: "walton", Kind: Hub, Hub: "walton"})
	elsewhere.set(t, Source{Name: "walton", Kind: Hub, Hub: "walton"})
	until(t, "the other hub has nothing yet", func() bool { return there.list(t)[0].State == Synced })
	until(t, "another trust's is not found", func() bool { return elsewhere.list(t)[0].State == Failed })
	tries := elsewhere.list(t)[0].Failures

	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	until(t, "what one hub has, the other has", func() bool { return slices.Equal(there.offered(t), []string{"Art"}) })
	f.change(func() { f.services[0]["name"] = "Art and craft" })
	if err := b.Sync(b.ctx, ""); err != nil {
		t.Fatal(err)
	}
	until(t, "a change follows", func() bool { return slices.Equal(there.offered(t), []string{"Art and craft"}) })
	b.set(t)
	until(t, "and an end", func() bool { return len(there.offered(t)) == 0 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if row := elsewhere.list(t)[0]; row.Failures != tries || row.Revision != 1 {
		t.Errorf("another trust's hub heard of it: %d failures, revision %d", row.Failures, row.Revision)
	}
}

func TestARemovedSourceGoesWithItsRecords(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	id := b.fetch(t).ID
	b.set(t)
	if rows := b.list(t); len(rows) != 0 {
		t.Errorf("there are %v", names(rows))
	}
	if again, err := b.sync(b.ctx, id, noJob); again || err != nil {
		t.Fatal(again, err)
	}
	wantOffered(t, b)
	if n := b.Count(t, "select count(*) from services where retired_at is not null"); n != 1 {
		t.Error("its records are not kept")
	}
	if n := b.Count(t, "select count(*) from catalogue_sources"); n != 0 {
		t.Error("it is not forgotten")
	}
	if again, err := b.sync(b.ctx, id, noJob); again || err != nil {
		t.Errorf("a source that is gone: %t, %v", again, err)
	}
	b.set(t, f.source("/services"))
	b.fetch(t)
	wantOffered(t, b, "Art")
}

// TestAChangeMeanwhileCounts: a source that is removed or changed while it is fetched keeps nothing of that.
func TestAChangeMeanwhileCounts(t *testing.T) {
	b := newBench(t, private)
	old, fresh := newFeed(t, 10, service("1", "Old")), newFeed(t, 10, service("2", "Fresh"))
	b.set(t, old.source("/services"))
	id := b.list(t)[0].ID
	old.change(func() {
		old.before = func(http.ResponseWriter, *http.Request) bool {
			if _, err := b.Set(b.ctx, []Source{fresh.source("/services")}); err != nil {
				t.Error(err)
			}
			return false
		}
	})
	if again, err := b.sync(b.ctx, id, noJob); !again || err != nil {
		t.Errorf("again %t, %v", again, err)
	}
	wantOffered(t, b)
	if row := b.list(t)[0]; row.State != Pending {
		t.Errorf("it is %s", row.State)
	}
	if again, err := b.sync(b.ctx, id, noJob); again || err != nil {
		t.Errorf("again %t, %v", again, err)
	}
	wantOffered(t, b, "Fresh")
}

func TestOneAtATime(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	id := b.list(t)[0].ID
	var running, most, served atomic.Int32
	release := make(chan struct{})
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		served.Add(1)
		<-release
		f.ServeHTTP(w, r)
	})
	var first sync.WaitGroup
	first.Go(func() {
		if again, err := b.sync(b.ctx, id, noJob); again || err != nil {
			t.Error(again, err)
		}
	})
	until(t, "the first is at it", func() bool { return served.Load() == 1 })
	for range 3 { // others find it taken, and leave it
		if again, err := b.sync(b.ctx, id, noJob); again || err != nil {
			t.Error(again, err)
		}
	}
	close(release)
	first.Wait()
	if served.Load() != 1 || most.Load() != 1 {
		t.Errorf("%d fetches, %d at once", served.Load(), most.Load())
	}
	wantOffered(t, b, "Art")
}

func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("in vain: %s", what)
		}
	}
}

func TestAHubThatIsNotInUseIsNotFetched(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	set := func(state string) {
		b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, "update hubs set state = $1 where id = $2", state, b.Walton.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, state := range []string{"SUSPENDED", "ARCHIVED"} {
		set(state)
		if row := b.fetch(t); row.State != Pending || len(f.requests()) != 0 {
			t.Errorf("%s: fetched, and %s", state, row.State)
		}
		if due, err := b.Store.DueCatalogueSources(context.Background(), 10); len(due) != 0 || err != nil {
			t.Errorf("%s: due are %v, %v", state, due, err)
		}
	}
	set("LIVE")
	if due, err := b.Store.DueCatalogueSources(context.Background(), 10); len(due) != 1 || err != nil {
		t.Errorf("due are %v, %v", due, err)
	}
}

// TestAJobOfAnotherTrustFindsNothing: ids that do not belong together lead nowhere.
func TestAJobOfAnotherTrustFindsNothing(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	id := b.list(t)[0].ID
	for name, v := range map[string]*viewer.Viewer{
		"another trust":        viewer.ForPlatform(b.OtherTrust, viewer.Hub{ID: b.Walton.ID}),
		"another hub":          viewer.ForPlatform(b.Trust, viewer.Hub{ID: b.Southport.ID}),
		"a hub that is not":    viewer.ForPlatform(b.Trust, viewer.Hub{ID: uuid.Must(uuid.NewV7())}),
		"another trust's hub":  viewer.ForPlatform(b.OtherTrust, viewer.Hub{ID: b.Elsewhere.ID}),
		"a mixture of the two": viewer.ForPlatform(b.Trust, viewer.Hub{ID: b.Elsewhere.ID}),
	} {
		if again, err := b.sync(viewer.NewContext(context.Background(), v), id, noJob); again || err != nil {
			t.Errorf("%s: %t, %v", name, again, err)
		}
	}
	if n := len(f.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestTheQueueKeepsThemInStep runs two processes on one database, from Set to the records.
func TestTheQueueKeepsThemInStep(t *testing.T) {
	b := newBench(t, private)
	second, err := New(b.Store, b.directory, private)
	if err != nil {
		t.Fatal(err)
	}
	f := newFeed(t, 1, service("1", "Art"), service("2", "Bread"))
	var stops []func() error
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, s := range []*Sources{b.Sources, second} {
		stop, err := s.Start(ctx)
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stop)
	}
	synced := func() bool {
		rows := b.list(t)
		return len(rows) == 1 && rows[0].State == Synced
	}
	b.set(t, f.source("/services"))
	until(t, "set, it is fetched", synced)
	wantOffered(t, b, "Art", "Bread")

	at := *b.list(t)[0].SyncedAt
	if err := b.Sync(b.ctx, "feed"); err != nil {
		t.Fatal(err)
	}
	until(t, "asked for, it is fetched", func() bool { return b.list(t)[0].SyncedAt.After(at) })

	b.set(t)
	until(t, "removed, it is retired", func() bool { return len(b.offered(t)) == 0 })
	if n := len(f.requests()); n != 4 {
		t.Errorf("%d requests, want two pages twice: %v", n, f.requests())
	}

	// What is due with no job is found, whoever lost the job.
	b.set(t, f.source("/services"))
	until(t, "set again, it is fetched", synced)
	cancel()
	for _, stop := range stops {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "delete from river.river_job; delete from river.river_leader; update catalogue_sources set due_at = now(), synced_at = now() - interval '1 day'"); err != nil {
			t.Fatal(err)
		}
	})
	third, err := New(b.Store, b.directory, private)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := third.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	until(t, "due, it is found", func() bool { return time.Since(*b.list(t)[0].SyncedAt) < time.Hour })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if n := b.Count(t, "select count(*) from river.river_job where errors is not null and cardinality(errors) > 0"); n != 0 {
		t.Errorf("%d jobs have errors", n)
	}
}

// TestStoppingHandsOn: a process that stops leaves the source as it was and its job to another.
func TestStoppingHandsOn(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	asked := make(chan struct{}, 1)
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	})
	stop, err := b.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if row := b.list(t)[0]; row.State != Pending || row.TriedAt != nil {
		t.Errorf("it is %s, tried at %v: %s", row.State, row.TriedAt, row.Message)
	}
	if n := b.jobs(t); n != 1 {
		t.Errorf("%d jobs are left, want 1", n)
	}
	wantOffered(t, b)
}

// TestAKilledProcessLeavesItsJob: its job is given up; that of one that is at work is not, however long it takes.
func TestAKilledProcessLeavesItsJob(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update river.river_job set state = 'running', attempt = 1, attempted_at = now() - interval '10 minutes', attempted_by = '{killed}'"); err != nil {
			t.Fatal(err)
		}
	})
	givenUp := func() bool {
		return b.Count(t, "select count(*) from river.river_job where kind = 'catalogue_sync' and metadata ? 'cancel_attempted_at'") == 1
	}
	r := b.readingOf(b.list(t)[0])
	if err := r.hold(b.ctx); err != nil {
		t.Fatal(err)
	}
	_, release := r.keep(b.ctx)
	if err := b.look(b.ctx, nil); err != nil || givenUp() {
		t.Errorf("while somebody is at it, given up %t: %v", givenUp(), err)
	}
	release()
	if err := b.look(b.ctx, nil); err != nil || !givenUp() {
		t.Errorf("given up %t: %v", givenUp(), err)
	}
	stop, err := b.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the queue lets go of it", func() bool {
		return b.Count(t, "select count(*) from river.river_job where kind = 'catalogue_sync' and state = 'cancelled'") == 1
	})
	if err := b.look(b.ctx, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "another one is fetched", func() bool { return b.list(t)[0].State == Synced })
	if err := stop(); err != nil {
		t.Error(err)
	}
	wantOffered(t, b, "Art")
}

// TestALongFetchOutlivesItsJob: a job that takes long is given up by the queue, and the next one leaves the source to it.
func TestALongFetchOutlivesItsJob(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	b.set(t, f.source("/services"))
	asked, release := make(chan struct{}, 10), make(chan struct{})
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-release
		f.ServeHTTP(w, r)
	})
	stop, err := b.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	<-asked
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update river.river_job set state = 'discarded', finalized_at = now() where kind = 'catalogue_sync'"); err != nil {
			t.Fatal(err)
		}
	})
	if err := b.Sync(b.ctx, ""); err != nil {
		t.Fatal(err)
	}
	until(t, "the next one gives way", func() bool {
		return b.Count(t, "select count(*) from river.river_job where kind = 'catalogue_sync' and state = 'completed'") == 1
	})
	close(release)
	until(t, "the first one is done", func() bool { return b.list(t)[0].State == Synced })
	if err := stop(); err != nil {
		t.Error(err)
	}
	wantOffered(t, b, "Art")
	if len(asked) != 0 {
		t.Errorf("%d more requests", len(asked))
	}
}

func mustParse(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
