package catalogue

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/cataloguecheck"
	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// desk is a bench at which a manager of Walton works, too.
type desk struct {
	*bench
	m  *Manager
	me context.Context
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	b := newBench(t, private)
	b.public = b.private // the test's feeds are at this machine
	log := audit.New(b.Store)
	t.Cleanup(log.Close)
	return &desk{bench: b, m: NewManager(b.Sources, b.Store, log), me: b.As(t, b.Walton, viewer.Manager)}
}

// check asks, and does by hand what the job does.
func (d *desk) check(t testing.TB, p Proposal) *ent.CatalogueCheck {
	t.Helper()
	c, err := d.m.Check(d.me, uuid.NewString(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.examine(d.ctx, c.ID, noJob); err != nil {
		t.Fatal(err)
	}
	if c, err = d.Store.Client(d.me).CatalogueCheck.Get(d.me, c.ID); err != nil {
		t.Fatal(err)
	}
	return c
}

func (d *desk) save(t testing.TB, c *ent.CatalogueCheck) *ent.CatalogueSource {
	t.Helper()
	row, err := d.m.Save(d.me, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func (d *desk) take(t testing.TB, id uuid.UUID) {
	t.Helper()
	if again, err := d.sync(d.ctx, id, noJob); again || err != nil {
		t.Fatal(again, err)
	}
}

func (d *desk) all(t testing.TB) []*ent.CatalogueSource {
	t.Helper()
	rows, err := d.rows(d.ctx)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAManagerAddsAFeed(t *testing.T) {
	d := newDesk(t)
	f := newFeed(t, 2, letters(5)...)
	c := d.check(t, Proposal{Name: "partners", URL: f.URL + "/services"})
	if c.State != cataloguecheck.StateDone || c.Result == nil || c.Result.Rows != 5 || c.Result.Counts[0].Added != 5 || c.PagesRead != 3 {
		t.Fatalf("%s: %s: %+v", c.State, c.Message, c.Result)
	}
	if d.parts(t) != 0 || len(d.offered(t)) != 0 || len(d.all(t)) != 0 {
		t.Errorf("a check left %d parts, %v on offer, %d sources", d.parts(t), d.offered(t), len(d.all(t)))
	}
	row := d.save(t, c)
	if again := d.save(t, c); again.ID != row.ID || len(d.all(t)) != 1 {
		t.Errorf("saved twice: %d sources", len(d.all(t)))
	}
	if !row.ByStaff || row.State != Pending || d.jobs(t) != 1 {
		t.Errorf("by staff %t, %s, %d jobs", row.ByStaff, row.State, d.jobs(t))
	}
	d.take(t, row.ID)
	wantOffered(t, d.bench, "A", "B", "C", "D", "E")

	// What it would be like with two less and one other: seen, and not done.
	f.change(func() { f.services = append(f.services[2:], service("new", "New")) })
	c = d.check(t, Proposal{Source: &row.ID})
	if c.State != cataloguecheck.StateDone {
		t.Fatalf("%s: %s", c.State, c.Message)
	}
	if n := c.Result.Counts[0]; n.Added != 1 || n.Retired != 2 || c.Result.Differences[0].What != "RETIRED" {
		t.Errorf("%+v", c.Result)
	}
	wantOffered(t, d.bench, "A", "B", "C", "D", "E")
	d.save(t, c)
	d.take(t, row.ID)
	wantOffered(t, d.bench, "C", "D", "E", "New")

	// The address changes: what is there stays until the new one is taken.
	other := newFeed(t, 2, service("x", "Other"))
	row = d.save(t, d.check(t, Proposal{Source: &row.ID, URL: other.URL + "/services"}))
	if value(row.URL) != other.URL+"/services" || !row.ByStaff {
		t.Errorf("%s, by staff %t", value(row.URL), row.ByStaff)
	}
	d.take(t, row.ID)
	wantOffered(t, d.bench, "Other")

	if err := d.m.Remove(d.me, row.ID); err != nil {
		t.Fatal(err)
	}
	d.take(t, row.ID)
	wantOffered(t, d.bench)
	if len(d.all(t)) != 0 {
		t.Error("it is still there")
	}
	for _, action := range []string{"catalogue.checked", "catalogue.source_saved", "catalogue.source_removed"} {
		if d.Count(t, "select count(*) from audit_events where action = $1 and actor_id is not null", action) == 0 {
			t.Errorf("%s is not on record", action)
		}
	}
}

func TestAManagerUploadsAFile(t *testing.T) {
	d := newDesk(t)
	sheet, err := os.ReadFile("../../../shared/data/outpost/services_valid.csv")
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the reference data is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	c := d.check(t, Proposal{Name: "sheet", Document: sheet, FileName: "Services 2026.csv"})
	if c.State != cataloguecheck.StateDone || c.Result.Counts[0].Added != 2 {
		t.Fatalf("%s: %s: %+v", c.State, c.Message, c.Result)
	}
	row := d.save(t, c)
	if row.Format != Outpost || value(row.FileName) != "Services 2026.csv" || row.Kind != Document {
		t.Errorf("%s %s %q", row.Kind, row.Format, value(row.FileName))
	}
	d.take(t, row.ID)
	if n := len(d.offered(t)); n != 2 {
		t.Errorf("%d on offer", n)
	}
	// Another file in its place.
	row = d.save(t, d.check(t, Proposal{Source: &row.ID, Document: []byte(`[{"id": "1", "name": "Art"}, {"name": "No id"}]`), FileName: "new.json"}))
	d.take(t, row.ID)
	wantOffered(t, d.bench, "Art")
	full, err := d.Store.Client(d.me).CatalogueSource.Get(d.me, row.ID)
	if err != nil {
		t.Fatal(err)
	}
	if full.RowsRefused != 1 || len(full.Problems) < 1 || full.Problems[0].Message != "it has no id" || full.Problems[0].Row != 2 || full.Problems[0].Mend == "" {
		t.Errorf("%d refused: %+v", full.RowsRefused, full.Problems)
	}
	if n := d.Count(t, "select count(*) from catalogue_checks where document is not null"); n != 0 {
		t.Errorf("%d documents are kept twice", n)
	}
}

// TestSettingsAndStaffLiveTogether: each has its own, and the settings win a name.
func TestSettingsAndStaffLiveTogether(t *testing.T) {
	d := newDesk(t)
	f, mine := newFeed(t, 2, service("1", "Art")), newFeed(t, 2, service("2", "Bread"))
	d.set(t, Source{Name: "settings", Kind: URL, URL: f.URL + "/services", AllowPrivate: true})
	theirs := d.list(t)[0]
	row := d.save(t, d.check(t, Proposal{Name: "mine", URL: mine.URL + "/services"}))
	d.take(t, theirs.ID)
	d.take(t, row.ID)

	if got := d.set(t, Source{Name: "settings", Kind: URL, URL: f.URL + "/services", AllowPrivate: true}); len(got) != 0 {
		t.Errorf("said again, changed %v", got)
	}
	if got := d.list(t); len(got) != 1 || got[0].Name != "settings" {
		t.Errorf("the settings' are %v", names(got))
	}
	wantOffered(t, d.bench, "Art", "Bread")

	for name, refused := range map[string]error{
		"removed":   d.m.Remove(d.me, theirs.ID),
		"changed":   only(d.m.Check(d.me, "a", Proposal{Source: &theirs.ID, URL: mine.URL})),
		"its name":  only(d.m.Check(d.me, "b", Proposal{Name: "settings", URL: mine.URL})),
		"too long":  only(d.m.Check(d.me, "c", Proposal{Name: "long", Document: make([]byte, MaxUpload+1)})),
		"both":      only(d.m.Check(d.me, "d", Proposal{Name: "both", URL: mine.URL, Document: []byte("[]")})),
		"neither":   only(d.m.Check(d.me, "e", Proposal{Name: "neither"})),
		"bad name":  only(d.m.Check(d.me, "f", Proposal{Name: "Bad name", URL: mine.URL})),
		"a refresh": only(d.m.Check(d.me, "g", Proposal{Name: "quick", URL: mine.URL, Refresh: time.Minute})),
	} {
		problems, rest := problem.Correctable(refused)
		if rest != nil || len(problems) != 1 || strings.Contains(problems[0].Field, ".") {
			t.Errorf("%s: %v", name, refused)
		}
	}
	// It can be looked at and fetched, though.
	if c := d.check(t, Proposal{Source: &theirs.ID}); c.State != cataloguecheck.StateDone {
		t.Errorf("%s: %s", c.State, c.Message)
	}
	if _, err := d.m.Sync(d.me, theirs.ID); err != nil {
		t.Error(err)
	}

	// The settings name what a manager added: it is theirs, and its records stay.
	d.set(t, Source{Name: "settings", Kind: URL, URL: f.URL + "/services", AllowPrivate: true}, Source{Name: "mine", Kind: URL, URL: mine.URL + "/services", AllowPrivate: true})
	if got := d.list(t); len(got) != 2 {
		t.Errorf("the settings' are %v", names(got))
	}
	wantOffered(t, d.bench, "Art", "Bread")
	if err := d.m.Remove(d.me, row.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("what is the settings' is removed: %v", err)
	}
	d.set(t)
	for _, row := range d.all(t) {
		d.take(t, row.ID)
	}
	wantOffered(t, d.bench)
}

func only(_ *ent.CatalogueCheck, err error) error { return err }

// TestChecksStayInTheirHub: what belongs to another hub is not there.
func TestChecksStayInTheirHub(t *testing.T) {
	d := newDesk(t)
	f := newFeed(t, 2, service("1", "Art"))
	c := d.check(t, Proposal{Name: "mine", URL: f.URL + "/services"})
	row := d.save(t, c)
	there := d.As(t, d.Southport, viewer.Manager)
	_, saved := d.m.Save(there, c.ID)
	_, synced := d.m.Sync(there, row.ID)
	_, checked := d.m.Check(there, "a", Proposal{Source: &row.ID})
	for what, err := range map[string]error{"saved": saved, "synced": synced, "checked": checked, "removed": d.m.Remove(there, row.ID)} {
		if !problem.Is(err, problem.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := d.examine(d.Platform(d.Southport), c.ID, noJob); err != nil {
		t.Error(err)
	}
}

// TestAskedTwiceIsOneCheck, and many at once are bounded.
func TestAskedTwiceIsOneCheck(t *testing.T) {
	d := newDesk(t)
	f := newFeed(t, 2, service("1", "Art"))
	ids := make([]uuid.UUID, 6)
	var asking sync.WaitGroup
	for i := range ids {
		asking.Go(func() {
			c, err := d.m.Check(d.me, "same", Proposal{Name: "mine", URL: f.URL + "/services"})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = c.ID
		})
	}
	asking.Wait()
	if len(slices.Compact(ids)) != 1 || d.Count(t, "select count(*) from catalogue_checks") != 1 {
		t.Errorf("checks %v", ids)
	}
	for range maxChecks + 3 {
		if _, err := d.m.Check(d.me, uuid.NewString(), Proposal{Name: "mine", URL: f.URL + "/services"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := d.Count(t, "select count(*) from catalogue_checks"); n != maxChecks {
		t.Errorf("%d checks are kept", n)
	}
}

// TestTheQueueChecks: the job finds the answer, also after a process died with it.
func TestTheQueueChecks(t *testing.T) {
	d := newDesk(t)
	f := newFeed(t, 2, letters(6)...)
	f.before = lost("3")
	c, err := d.m.Check(d.me, "a", Proposal{Name: "mine", URL: f.URL + "/services"})
	if err != nil {
		t.Fatal(err)
	}
	broken, err := d.m.Check(d.me, "b", Proposal{Name: "broken", Document: []byte("[{")})
	if err != nil {
		t.Fatal(err)
	}
	f.change(func() {
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			time.Sleep(10 * time.Millisecond)
			return false
		}
	})
	stop, err := d.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	state := func(id uuid.UUID) *ent.CatalogueCheck {
		row, err := d.Store.Client(d.me).CatalogueCheck.Get(d.me, id)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	until(t, "both are answered", func() bool {
		return state(c.ID).State == cataloguecheck.StateDone && state(broken.ID).State == cataloguecheck.StateFailed
	})
	if err := stop(); err != nil {
		t.Error(err)
	}
	if row := state(broken.ID); !strings.Contains(row.Message, "incomplete") || row.FinishedAt == nil {
		t.Errorf("%q", row.Message)
	}
	if _, err := d.m.Save(d.me, broken.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("what failed is saved: %v", err)
	}
	d.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
		var n int
		if err := conn.QueryRow(ctx, "select count(*) from river.river_job where kind = 'catalogue_check' and state <> 'completed'").Scan(&n); err != nil || n != 0 {
			t.Errorf("%d jobs are left: %v", n, err)
		}
	})
}
