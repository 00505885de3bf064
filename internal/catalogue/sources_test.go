package catalogue

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) {
	if of := os.Getenv(victim); of != "" {
		beKilled(of)
	}
	storetest.Main(m)
}

// bench is a world with sources, at work in Walton as the platform.
type bench struct {
	*storetest.World
	*Sources
	ctx context.Context
}

func newBench(t *testing.T, c Config) *bench {
	t.Helper()
	w := storetest.New(t)
	log := audit.New(w.Store)
	t.Cleanup(log.Close)
	s, err := New(w.Store, directory.New(w.Store, log), c)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{World: w, Sources: s, ctx: w.Platform(w.Walton)}
}

// in is the same sources at work in another hub.
func (b *bench) in(hub viewer.Hub) *bench {
	return &bench{World: b.World, Sources: b.Sources, ctx: b.Platform(hub)}
}

func (b *bench) set(t testing.TB, sources ...Source) []string {
	t.Helper()
	changed, err := b.Set(b.ctx, sources)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func (b *bench) list(t testing.TB) []*ent.CatalogueSource {
	t.Helper()
	rows, err := b.List(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func (b *bench) jobs(t testing.TB) int {
	t.Helper()
	return b.Count(t, "select count(*) from river.river_job where kind = 'catalogue_sync' and state not in ('completed', 'cancelled', 'discarded')")
}

func names(rows []*ent.CatalogueSource) []string {
	all := []string{}
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}

func TestSetKeepsWhatIsSaid(t *testing.T) {
	b := newBench(t, Config{})
	feed := Source{Name: "sefton", Kind: URL, URL: "https://sefton.example.org/services", Refresh: 6 * time.Hour}
	sheet := Source{Name: "sheet", Kind: Document, Format: Outpost, Document: []byte("import_id,import_id_reference,name\n")}
	other := Source{Name: "southport", Kind: Hub, Hub: "southport"}

	if got, want := b.set(t, feed, sheet, other), []string{"sefton", "sheet", "southport"}; !slices.Equal(got, want) {
		t.Errorf("changed %v, want %v", got, want)
	}
	rows := b.list(t)
	if got, want := names(rows), []string{"sefton", "sheet", "southport"}; !slices.Equal(got, want) {
		t.Fatalf("there are %v, want %v", got, want)
	}
	type view struct {
		Kind    Kind
		Format  Format
		URL     string
		Digest  bool
		Hub     string
		Minutes int
		Source  string
	}
	var got []view
	for _, r := range rows {
		got = append(got, view{r.Kind, r.Format, value(r.URL), value(r.DocumentDigest) == digestOf(sheet.Document), value(r.FromHub), r.RefreshMinutes, r.Source})
		if r.State != Pending || r.SyncedAt != nil || r.Document != nil {
			t.Errorf("%s is %s, synced at %v, with %d bytes", r.Name, r.State, r.SyncedAt, len(value(r.DocumentDigest)))
		}
	}
	want := []view{
		{URL, OpenReferral, feed.URL, false, "", 360, "sefton"},
		{Document, Outpost, "", true, "", 1440, "sheet"},
		{Hub, OpenReferral, "", false, "southport", 1440, "hub:southport"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := b.jobs(t); n != 3 {
		t.Errorf("%d jobs, want one for each source", n)
	}
	if n := b.Count(t, "select count(*) from river.river_job where args::text like '%sefton%'"); n != 0 {
		t.Error("a job says more than ids")
	}

	b.Statements.Reset()
	if got := b.set(t, other, sheet, feed); len(got) != 0 {
		t.Errorf("said again, changed: %v", got)
	}
	for _, sql := range b.Statements.Sent() {
		if low := strings.ToLower(sql); strings.HasPrefix(low, "update") || strings.HasPrefix(low, "insert") || strings.HasPrefix(low, "delete") {
			t.Errorf("said again, it wrote: %s", sql)
		}
	}

	sheet.Document = append(sheet.Document, "1,,Chess\n"...)
	feed.Refresh = time.Hour
	if got, want := b.set(t, feed, sheet), []string{"sefton", "sheet", "southport"}; !slices.Equal(got, want) {
		t.Errorf("changed %v, want %v", got, want)
	}
	if got, want := names(b.list(t)), []string{"sefton", "sheet"}; !slices.Equal(got, want) {
		t.Errorf("there are %v, want %v", got, want)
	}
	if got, want := b.set(t, feed, other), []string{"southport", "sheet"}; !slices.Equal(got, want) {
		t.Errorf("one back and one gone, changed %v, want %v", got, want)
	}
	if n := b.Count(t, "select coalesce(sum(length(document)), 0) from catalogue_sources"); n != 0 {
		t.Errorf("%d bytes of a document that is gone", n)
	}
	if got, want := b.set(t, other, feed, sheet), []string{"sheet"}; !slices.Equal(got, want) {
		t.Errorf("back again, changed %v, want %v", got, want)
	}
	if n := b.jobs(t); n != 3 {
		t.Errorf("%d jobs, want still one for each source", n)
	}
	if rows := b.in(b.Southport).list(t); len(rows) != 0 {
		t.Errorf("another hub has %v", names(rows))
	}
	if _, err := b.List(b.Platform(b.Walton, b.Southport)); err == nil {
		t.Error("two hubs at once have a list")
	}
}

// TestSetIsTheCallersTransaction: what is set, and the job for it, are saved with the rest or not at all.
func TestSetIsTheCallersTransaction(t *testing.T) {
	b := newBench(t, Config{})
	undone := errors.New("undone")
	err := b.Store.Tx(b.ctx, func(ctx context.Context) error {
		if _, err := b.Set(ctx, []Source{{Name: "sefton", Kind: URL, URL: "https://sefton.example.org"}}); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	if rows := b.list(t); len(rows) != 0 {
		t.Errorf("there are %v", names(rows))
	}
	if n := b.jobs(t); n != 0 {
		t.Errorf("%d jobs", n)
	}
}

func TestSetAtOnce(t *testing.T) {
	b := newBench(t, Config{})
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			if _, err := b.Set(b.ctx, []Source{{Name: "sefton", Kind: URL, URL: "https://sefton.example.org", Refresh: time.Duration(5+i%2) * time.Minute}}); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if rows := b.list(t); len(rows) != 1 {
		t.Errorf("there are %v", names(rows))
	}
	if n := b.jobs(t); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}

func TestSetSaysWhatToMend(t *testing.T) {
	b := newBench(t, Config{})
	feed := Source{Name: "feed", Kind: URL, URL: "https://example.org"}
	many := make([]Source, MaxSources+1)
	for _, c := range []struct {
		field   string
		says    string
		sources []Source
	}{
		{"catalogueSources", "at most 20", many},
		{"catalogueSources.0.name", "lower-case", []Source{{Name: "Feed One", Kind: URL, URL: feed.URL}}},
		{"catalogueSources.0.name", "staff", []Source{{Name: "local", Kind: URL, URL: feed.URL}}},
		{"catalogueSources.1.name", "Two sources", []Source{feed, feed}},
		{"catalogueSources.0.format", "OUTPOST", []Source{{Name: "feed", Kind: URL, URL: feed.URL, Format: "XML"}}},
		{"catalogueSources.0.refresh", "5 minutes", []Source{{Name: "feed", Kind: URL, URL: feed.URL, Refresh: time.Minute}}},
		{"catalogueSources.0.refresh", "30 days", []Source{{Name: "feed", Kind: URL, URL: feed.URL, Refresh: MaxRefresh + time.Hour}}},
		{"catalogueSources.0.url", "whole address", []Source{{Name: "feed", Kind: URL, URL: "ftp://example.org"}}},
		{"catalogueSources.0.url", "whole address", []Source{{Name: "feed", Kind: URL}}},
		{"catalogueSources.0.url", "password", []Source{{Name: "feed", Kind: URL, URL: "https://me:secret@example.org"}}},
		{"catalogueSources.0.url", "2000", []Source{{Name: "feed", Kind: URL, URL: "https://example.org/" + strings.Repeat("a", 2000)}}},
		{"catalogueSources.0.document", "empty", []Source{{Name: "feed", Kind: Document, Document: []byte("  ")}}},
		{"catalogueSources.0.document", "1024", []Source{{Name: "feed", Kind: Document, Document: make([]byte, MaxDocument+1024)}}},
		{"catalogueSources.0.kind", "one of three", []Source{{Name: "feed", Kind: Document, Document: []byte("[]"), URL: feed.URL}}},
		{"catalogueSources.0.kind", "HUB", []Source{{Name: "feed", Kind: "FILE"}}},
		{"catalogueSources.0.hub", "slug", []Source{{Name: "feed", Kind: Hub, Hub: "Life Rooms"}}},
		{"catalogueSources.0.hub", "its own", []Source{{Name: "feed", Kind: Hub, Hub: "walton"}}},
		{"catalogueSources.1.hub", "Keep one", []Source{{Name: "a", Kind: Hub, Hub: "southport"}, {Name: "b", Kind: Hub, Hub: "southport"}}},
	} {
		_, err := b.Set(b.ctx, c.sources)
		problems, rest := problem.Correctable(err)
		if rest != nil || len(problems) == 0 {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		if p := problems[0]; p.Field != c.field || !strings.Contains(p.Message, c.says) {
			t.Errorf("%s: %q, want %s that says %q", p.Field, p.Message, c.field, c.says)
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s repeats a password", c.field)
		}
	}
	if rows := b.list(t); len(rows) != 0 {
		t.Errorf("something was kept: %v", names(rows))
	}
}

func TestSyncMakesDue(t *testing.T) {
	b := newBench(t, Config{})
	if err := b.Sync(b.ctx, "sefton"); !problem.Is(err, problem.NotFound) {
		t.Errorf("a source that is not there: %v", err)
	}
	if err := b.Sync(b.ctx, ""); err != nil {
		t.Errorf("all of none: %v", err)
	}
	b.set(t, Source{Name: "sefton", Kind: URL, URL: "https://sefton.example.org"})
	b.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		if _, err := conn.Exec(ctx, "delete from river.river_job; update catalogue_sources set due_at = now() + '1 day'"); err != nil {
			t.Fatal(err)
		}
	})
	if err := b.Sync(b.ctx, "sefton"); err != nil {
		t.Fatal(err)
	}
	if due := b.list(t)[0].DueAt; due.After(time.Now()) {
		t.Errorf("due at %s", due)
	}
	if n := b.jobs(t); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}
