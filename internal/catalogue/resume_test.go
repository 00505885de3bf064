package catalogue

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	runmetrics "runtime/metrics"
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

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// letters are services called A, B, … by their ids.
func letters(n int) []map[string]any {
	all := make([]map[string]any, n)
	for i := range all {
		all[i] = service(fmt.Sprint("s", i), string(rune('A'+i)))
	}
	return all
}

// lost answers 502 in the place of a page.
func lost(page string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("page") == page {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	}
}

func (b *bench) parts(t testing.TB) int { return b.Count(t, "select count(*) from catalogue_parts") }

func TestAFeedThatBreaksOffGoesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		etags  bool
		change func(f *feedServer)
		want   []string // the pages that are asked for, "" for the first
		has    int
	}{
		{"as it was", false, func(*feedServer) {}, []string{"", "3", "4", "5", "6"}, 12},
		{"as its validators say", true, func(*feedServer) {}, []string{"", "3", "4", "5", "6"}, 12},
		{"one is gone", false, func(f *feedServer) { f.services = slices.Delete(f.services, 3, 4) }, []string{"", "", "2", "3", "4", "5", "6"}, 11},
		{"one is gone and one is new", false, func(f *feedServer) {
			f.services = append(slices.Delete(f.services, 3, 4), service("new", "New"))
		}, []string{"", "3", "", "2", "3", "4", "5", "6"}, 12},
		{"the first says something else", true, func(f *feedServer) { f.services[0]["description"] = "New" }, []string{"", "", "2", "3", "4", "5", "6"}, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, private)
			f := newFeed(t, 2, letters(12)...)
			f.etags, f.before = c.etags, lost("4")
			b.set(t, f.source("/services"))
			row := b.fetch(t)
			wantFailed(t, row, "Page 4: 127.0.0.1")
			if row.PagesRead != 3 || row.PagesTotal != 6 {
				t.Errorf("it says that %d pages of %d are read", row.PagesRead, row.PagesTotal)
			}
			wantOffered(t, b)
			if n := b.parts(t); n != 3 {
				t.Errorf("%d parts are kept, want one for each page", n)
			}
			f.change(func() {
				f.before = nil
				c.change(f)
			})
			if row := b.fetch(t); row.State != Synced || row.RowsTaken != c.has {
				t.Errorf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
			}
			var asked []string
			for _, uri := range f.requests() {
				asked = append(asked, mustParse(t, uri).Query().Get("page"))
			}
			if diff := cmp.Diff(c.want, asked); diff != "" {
				t.Errorf("asked for pages: %s", diff)
			}
			if n := len(b.offered(t)); n != c.has {
				t.Errorf("%d on offer, want %d", n, c.has)
			}
			if n := b.parts(t); n != 0 {
				t.Errorf("%d parts are left", n)
			}
		})
	}
}

// TestSummariesGoOn: what was fetched one by one is not fetched again.
func TestSummariesGoOn(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 4, letters(12)...)
	f.shallow, f.before = true, lost("3")
	b.set(t, f.source("/services"))
	wantFailed(t, b.fetch(t), "Page 3")
	f.change(func() { f.before = nil })
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 12 {
		t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	if n := len(f.requests()); n != 2+1+4 {
		t.Errorf("%d requests, want two to look, one page and four services: %v", n, f.requests())
	}
	if n := b.Count(t, "select count(*) from schedules"); n != 12 {
		t.Errorf("%d times, want one for each service", n)
	}
}

// TestTurns: a feed that takes long makes way for others, page by page.
func TestTurns(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 1, letters(4)...)
	b.limits.turn = 200 * time.Millisecond
	f.before = func(http.ResponseWriter, *http.Request) bool {
		time.Sleep(110 * time.Millisecond)
		return false
	}
	b.set(t, f.source("/services"))
	id := b.list(t)[0].ID
	turns := 1
	for ; turns < 10; turns++ {
		again, err := b.sync(b.ctx, id, noJob)
		if err != nil {
			t.Fatal(err)
		}
		if !again {
			break
		}
		wantOffered(t, b)
		if row := b.list(t)[0]; row.State != Pending || row.PagesRead == 0 || row.PagesTotal != 4 || row.HeldBy != nil {
			t.Errorf("between turns it is %s, %d pages of %d, held by %v", row.State, row.PagesRead, row.PagesTotal, row.HeldBy)
		}
	}
	wantOffered(t, b, "A", "B", "C", "D")
	if turns < 2 {
		t.Errorf("it took %d turns", turns)
	}
}

// TestWhatIsOldIsNotGoneOnFrom: pages that were read long ago and pages that are read now are of two catalogues.
func TestWhatIsOldIsNotGoneOnFrom(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, letters(6)...)
	f.before = lost("3")
	b.set(t, f.source("/services"))
	b.fetch(t)
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update catalogue_parts set read_at = read_at - interval '7 hours'"); err != nil {
			t.Fatal(err)
		}
	})
	f.change(func() { f.before = nil })
	wantFailed(t, b.fetch(t), "within 6 hours: it had come to page 2 of 3")
	if n := b.parts(t); n != 0 {
		t.Errorf("%d parts are kept", n)
	}
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 6 {
		t.Errorf("%s: %s", row.State, row.Message)
	}
}

// TestASourceThatIsSetAnewStartsAnew: pages of another address are not its own.
func TestASourceThatIsSetAnewStartsAnew(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, letters(6)...)
	f.before = lost("3")
	b.set(t, f.source("/services"))
	b.fetch(t)
	other := newFeed(t, 2, service("x", "Other"))
	b.set(t, other.source("/services"))
	b.fetch(t)
	wantOffered(t, b, "Other")
	if n := b.parts(t); n != 0 {
		t.Errorf("%d parts are kept", n)
	}
}

// TestWhoLosesASourceKeepsNothingOfIt: a process that slept for too long finds its source in other hands.
func TestWhoLosesASourceKeepsNothingOfIt(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, letters(6)...)
	b.set(t, f.source("/services"))
	row := b.list(t)[0]
	slow, quick := b.readingOf(row), b.readingOf(row)
	slow.held = time.Millisecond
	if err := slow.hold(b.ctx); err != nil {
		t.Fatal(err)
	}
	until(t, "it is free again", func() bool { return quick.hold(b.ctx) == nil })
	put := func(r *reading) error {
		p := newPacker(r)
		if err := p.put(b.ctx, openreferral.Row{Kind: openreferral.KindService, ID: "1"}); err != nil {
			return err
		}
		return p.flush(b.ctx, &schema.PageRead{Number: 1})
	}
	if err := put(slow); err != errBusy {
		t.Errorf("the one that lost it: %v", err)
	}
	if err := put(quick); err != nil {
		t.Error(err)
	}
	kept, release := slow.keep(b.ctx)
	<-kept.Done()
	if context.Cause(kept) != errBusy {
		t.Errorf("it ends for %v", context.Cause(kept))
	}
	release()
	if err := b.readingOf(row).hold(b.ctx); err != errBusy {
		t.Errorf("who lost it let go of it for the other: %v", err)
	}
	if n := b.parts(t); n != 1 {
		t.Errorf("%d parts", n)
	}
	// Many at once: one has it.
	if _, err := b.Store.Exec(b.ctx, "update catalogue_sources set held_until = null where hub_id = $1", b.Walton.ID); err != nil {
		t.Fatal(err)
	}
	var had atomic.Int32
	var racing sync.WaitGroup
	for range 8 {
		racing.Go(func() {
			if b.readingOf(row).hold(b.ctx) == nil {
				had.Add(1)
			}
		})
	}
	racing.Wait()
	if had.Load() != 1 {
		t.Errorf("%d have it at once", had.Load())
	}
}

// victim is the environment variable by which this program is started as a process to be killed.
const victim = "LIFEROOMS_TEST_VICTIM"

type victims struct {
	URL        string
	Trust, Hub uuid.UUID
	Source     uuid.UUID
}

// beKilled reads a source, until somebody kills it.
func beKilled(encoded string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	var of victims
	fail(json.Unmarshal([]byte(encoded), &of))
	s, err := store.Open(context.Background(), store.Config{URL: of.URL, MaxConns: 4})
	fail(err)
	log := audit.New(s)
	sources, err := New(s, directory.New(s, log), private)
	fail(err)
	_, err = sources.sync(viewer.NewContext(context.Background(), viewer.ForPlatform(of.Trust, viewer.Hub{ID: of.Hub})), of.Source, noJob)
	fail(err)
	fmt.Fprintln(os.Stderr, "nobody killed it")
	os.Exit(2)
}

// TestAProcessThatIsKilled is another process, killed in the middle of a page: who comes after it goes on.
func TestAProcessThatIsKilled(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 2, letters(12)...)
	b.set(t, f.source("/services"))
	at, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "5" {
			waits := false
			once.Do(func() { waits = true })
			if waits {
				_, _ = io.WriteString(w, `{"total_items": 12, "total_pages": 6, "page_number": 5, "contents": [{"id": "s8", "name": "I"},`)
				w.(http.Flusher).Flush()
				close(at)
				<-release
				return
			}
		}
		f.ServeHTTP(w, r)
	})
	defer close(release)
	encoded, err := json.Marshal(victims{b.AppURL, b.Trust, b.Walton.ID, b.list(t)[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), victim+"="+string(encoded))
	var said strings.Builder
	process.Stderr = &said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case <-at:
	case err := <-ended:
		t.Fatalf("it ended by itself: %v: %s", err, &said)
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	wantOffered(t, b)
	// For as long as it may only be slow, nobody takes it.
	b.fetch(t)
	wantOffered(t, b)
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "update catalogue_sources set held_until = now() - interval '1 second'"); err != nil {
			t.Fatal(err)
		}
	})
	f.change(func() {})
	if row := b.fetch(t); row.State != Synced || row.RowsTaken != 12 {
		t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	if asked := f.requests(); len(asked) != 4 || strings.Contains(strings.Join(asked, " "), "page=2") {
		t.Errorf("asked for %v, want the first and fourth to look, and then the fifth and sixth", asked)
	}
	if n := len(b.offered(t)); n != 12 {
		t.Errorf("%d on offer", n)
	}
}

// long has the feed of TestALongFeedTakesNoMoreMemory be as long as is promised: go test ./internal/catalogue -run TestALongFeed -long
var long = flag.Bool("long", false, "read 100,000 services where a test otherwise reads 10,000")

// TestALongFeedTakesNoMoreMemory: pages of 500 services, which come slowly in places.
func TestALongFeedTakesNoMoreMemory(t *testing.T) {
	services := 10_000
	if *long {
		services = 100_000
	}
	const perPage = 500
	b := newBench(t, private)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil {
			n = 1
		}
		fmt.Fprintf(w, `{"total_items": %d, "total_pages": %d, "page_number": %d, "contents": [`, services, services/perPage, n)
		for i := range perPage {
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			if n%10 == 0 && i%100 == 0 {
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
			id := (n-1)*perPage + i
			fmt.Fprintf(w, `{"id": "s%d", "name": "Service %d", "status": "active", "description": %q, "organization": {"id": "o%d", "name": "Partner %d"}, "schedules": []}`,
				id, id, strings.Repeat("Something for everybody. ", 20), id%500, id%500)
		}
		_, _ = io.WriteString(w, "]}")
	}))
	defer feed.Close()
	b.set(t, Source{Name: "feed", Kind: URL, URL: feed.URL + "/services", AllowPrivate: true})

	live := func() uint64 {
		sample := []runmetrics.Sample{{Name: "/gc/heap/live:bytes"}}
		runmetrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before := live()
	var peak uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, live())
			}
		}
	}()
	began := time.Now()
	row := b.fetch(t)
	took := time.Since(began)
	close(stop)
	<-stopped
	if row.State != Synced || row.RowsTaken != services {
		t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	grown := (max(peak, before) - before) >> 20
	t.Logf("%d services in %s, with %d MiB more of live memory at most", services, took.Round(time.Second), grown)
	if grown > 40 {
		t.Errorf("%d MiB of live memory", grown)
	}
	if n := b.Count(t, "select count(*) from services where retired_at is null"); n != services {
		t.Errorf("%d services", n)
	}
}
