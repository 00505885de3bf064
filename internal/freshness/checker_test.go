package freshness

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"liferooms.io/liferooms/ent"
	"liferooms.io/liferooms/ent/linkcheck"
	"liferooms.io/liferooms/ent/organisation"
	"liferooms.io/liferooms/ent/service"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store/storetest"
	"liferooms.io/liferooms/internal/viewer"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// site is a site on this machine that notes what it is asked.
type site struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string // "HEAD /gone"
	agents  map[string]bool
	atOnce  atomic.Int32
	crowded atomic.Bool
}

func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// newSite answers by path. What a path does is said in newSite alone.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{agents: map[string]bool{}}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	to := func(where string, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, where, code) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "User-agent: *\nDisallow: /keep-out\n")
	})
	mux.HandleFunc("/fine", status(200))
	mux.HandleFunc("/gone", status(410))
	mux.HandleFunc("/missing", status(404))
	for _, code := range []int{401, 403, 429, 500, 503} {
		mux.HandleFunc(fmt.Sprint("/", code), status(code))
	}
	mux.HandleFunc("/no-head", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("/hangs-up-on-head", func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			panic(http.ErrAbortHandler)
		}
	})
	mux.HandleFunc("/moved", to("/fine", 301))
	mux.HandleFunc("/moved-twice", to("/moved", 308))
	mux.HandleFunc("/for-now", to("/fine", 302))
	mux.HandleFunc("/moved-for-now", to("/for-now", 301))
	mux.HandleFunc("/moved-to-nothing", to("/missing", 301))
	mux.HandleFunc("/front", to("/", 301))
	mux.HandleFunc("/round", to("/round", 302))
	mux.HandleFunc("/inward", to("http://169.254.169.254/secrets", 302))
	mux.HandleFunc("/mail", to("mailto:hello@example.org", 302))
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	})
	mux.HandleFunc("/keep-out", status(200))
	mux.HandleFunc("/{$}", status(200))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.atOnce.Add(1) > 1 {
			s.crowded.Store(true)
		}
		defer s.atOnce.Add(-1)
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path)
		s.agents[r.UserAgent()] = true
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	s.Server.Config.ErrorLog = nil
	s.Server.Start()
	t.Cleanup(s.Close)
	return s
}

// board is a world with a checker whose clock stands where the test sets it.
type board struct {
	*storetest.World
	*Checker
	ctx context.Context
	now time.Time
	org *ent.Organisation
}

func newBoard(t *testing.T, change ...func(*Config)) *board {
	t.Helper()
	b := &board{World: storetest.New(t), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	c := Config{Contact: "https://liferooms.test/", AllowPrivate: true, Pause: time.Millisecond, Limit: 300 * time.Millisecond, Now: func() time.Time { return b.now }}
	for _, f := range change {
		f(&c)
	}
	b.Checker, b.ctx = NewChecker(b.Store, c), b.Platform(b.Walton)
	b.org = b.partner(t, b.ctx, "Walton Advice", "", organisation.VisibilityPublic)
	return b
}

func (b *board) partner(t *testing.T, ctx context.Context, name, url string, v organisation.Visibility) *ent.Organisation {
	t.Helper()
	create := b.Store.Client(ctx).Organisation.Create().SetName(name).SetSource("local").SetExternalID(uuid.NewString()).SetVisibility(v)
	if url != "" {
		create.SetURL(url)
	}
	o, err := create.Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (b *board) offers(t *testing.T, ctx context.Context, o *ent.Organisation, url string, v service.Visibility) *ent.Service {
	t.Helper()
	s, err := b.Store.Client(ctx).Service.Create().SetName("Service at " + url).SetOrganisationID(o.ID).SetSource("local").SetExternalID(uuid.NewString()).
		SetURL(url).SetVisibility(v).Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (b *board) run(t *testing.T) {
	t.Helper()
	if err := b.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func (b *board) link(t *testing.T, url string) *ent.LinkCheck {
	t.Helper()
	l, err := b.Store.Client(b.ctx).LinkCheck.Query().Where(linkcheck.URL(url)).Only(b.ctx)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	return l
}

// TestWhatLinksLeadTo: each case by a real server, on the first day and on another.
func TestWhatLinksLeadTo(t *testing.T) {
	at := newSite(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String() + "/"
	closed.Close()
	selfSigned := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(selfSigned.Close)
	expired, roots := expiredSite(t)
	b := newBoard(t, func(c *Config) { c.Roots = roots })

	type want struct {
		first, second linkcheck.State
		says          string
		moved         string
	}
	cases := map[string]want{
		at.URL + "/fine":             {first: "FINE", second: "FINE"},
		at.URL + "/no-head":          {first: "FINE", second: "FINE"},
		at.URL + "/hangs-up-on-head": {first: "FINE", second: "FINE"},
		at.URL + "/for-now":          {first: "FINE", second: "FINE"},
		at.URL + "/moved-for-now":    {first: "FINE", second: "FINE"},
		at.URL + "/moved":            {"MOVED", "MOVED", "moved for good", at.URL + "/fine"},
		at.URL + "/moved-twice#top":  {"MOVED", "MOVED", "moved for good", at.URL + "/fine#top"},
		at.URL + "/front":            {"MOVED", "MOVED", "sent to a front page", at.URL + "/"},
		at.URL + "/missing":          {"FAILING", "DEAD", "no such page", ""},
		at.URL + "/gone":             {"FAILING", "DEAD", "no such page", ""},
		at.URL + "/moved-to-nothing": {"FAILING", "DEAD", "no such page", ""},
		at.URL + "/slow":             {"FAILING", "DEAD", "does not answer", ""},
		nobody:                       {"FAILING", "DEAD", "cannot be reached", ""},
		selfSigned.URL + "/":         {"FAILING", "DEAD", "certificate", ""},
		expired.URL + "/":            {"FAILING", "DEAD", "certificate", ""},
		at.URL + "/401":              {"UNSURE", "UNSURE", "(401)", ""},
		at.URL + "/403":              {"UNSURE", "UNSURE", "(403)", ""},
		at.URL + "/429":              {"UNSURE", "UNSURE", "(429)", ""},
		at.URL + "/500":              {"UNSURE", "UNSURE", "(500)", ""},
		at.URL + "/503":              {"UNSURE", "UNSURE", "(503)", ""},
		at.URL + "/round":            {"UNSURE", "UNSURE", "on and on", ""},
		at.URL + "/inward":           {"UNSURE", "UNSURE", "inside a network", ""},
		at.URL + "/mail":             {"UNSURE", "UNSURE", "no web page", ""},
		at.URL + "/keep-out":         {"UNSURE", "UNSURE", "keep away", ""},
		"https://www.example.org/":   {"UNSURE", "UNSURE", "for examples", ""},
		"ftp://somewhere.co.uk/file": {"UNSURE", "UNSURE", "not written as a web address", ""},
	}
	for url := range cases {
		b.offers(t, b.ctx, b.org, url, service.VisibilityPublic)
	}
	look := func(day string, state func(want) linkcheck.State) {
		t.Helper()
		for url, w := range cases {
			l := b.link(t, url)
			if l.State != state(w) || !strings.Contains(l.Message, w.says) || w.says == "" && l.Message != "" || w.moved != "" && (l.MovedTo == nil || *l.MovedTo != w.moved) {
				t.Errorf("%s, on the %s day: %s %q, moved to %v; want %s %q %s", url, day, l.State, l.Message, l.MovedTo, state(w), w.says, w.moved)
			}
			if l.CheckedAt == nil || !l.CheckedAt.Equal(b.now) {
				t.Errorf("%s was looked at %v, want %v", url, l.CheckedAt, b.now)
			}
		}
	}
	b.run(t)
	look("first", func(w want) linkcheck.State { return w.first })
	for _, r := range at.requests() {
		if strings.HasSuffix(r, " /keep-out") {
			t.Error("a page was asked for that programs are to keep away from")
		}
	}
	if len(at.agents) != 1 || !at.agents["LifeRooms-Links/1 (+https://liferooms.test/)"] {
		t.Errorf("it calls itself %v", at.agents)
	}
	if at.crowded.Load() {
		t.Error("a site was asked for two things at once")
	}

	// The same day again changes nothing: a site may be down for a night.
	b.now = b.now.Add(time.Hour)
	b.Store.Client(b.ctx).LinkCheck.Update().SetDueAt(b.now).ExecX(b.ctx)
	b.run(t)
	look("first", func(w want) linkcheck.State { return w.first })

	b.now = b.now.Add(9 * 24 * time.Hour)
	b.run(t)
	look("second", func(w want) linkcheck.State { return w.second })
}

// TestLinksAreAskedForOnceAWeek: once for all hubs, and the next day only where something failed.
func TestLinksAreAskedForOnceAWeek(t *testing.T) {
	at, b := newSite(t), newBoard(t)
	for _, hub := range []viewer.Hub{b.Walton, b.Southport, b.Elsewhere} {
		ctx := b.Platform(hub)
		o := b.partner(t, ctx, "Age Well", at.URL+"/fine", organisation.VisibilityPublic)
		b.offers(t, ctx, o, at.URL+"/fine", service.VisibilityStaff)
		b.offers(t, ctx, o, at.URL+"/missing", service.VisibilityPublic)
	}
	count := func(what string) (n int) {
		for _, r := range at.requests() {
			if r == what {
				n++
			}
		}
		return n
	}
	start := b.now
	for _, c := range []struct{ day, fine, missing int }{{0, 1, 1}, {0, 1, 1}, {2, 1, 2}, {6, 1, 2}, {8, 2, 2}, {10, 2, 3}} {
		b.now = start.Add(time.Duration(c.day) * 24 * time.Hour)
		b.run(t)
		if fine, missing := count("HEAD /fine"), count("HEAD /missing"); fine != c.fine || missing != c.missing {
			t.Errorf("by day %d the page that is there was asked for %d times, want %d; the missing one %d, want %d", c.day, fine, c.fine, missing, c.missing)
		}
	}
	if n := b.Count(t, "select count(*) from link_checks where state = 'DEAD'"); n != 3 {
		t.Errorf("%d hubs know that the page is gone, want 3", n)
	}
	// A page that is back is fine at once.
	at.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	b.now = start.Add(20 * 24 * time.Hour)
	b.run(t)
	if l := b.link(t, at.URL+"/missing"); l.State != linkcheck.StateFine || l.FailingSince != nil || l.Message != "" {
		t.Errorf("%+v", l)
	}
}

// TestWhatIsRestrictedIsNotAskedFor: not even the host hears of it, nor does a host of what is no longer offered.
func TestWhatIsRestrictedIsNotAskedFor(t *testing.T) {
	at, b := newSite(t), newBoard(t)
	c := b.Store.Client(b.ctx)
	refuge := b.partner(t, b.ctx, "Refuge", at.URL+"/refuge", organisation.VisibilityRestricted)
	b.offers(t, b.ctx, refuge, at.URL+"/refuge/public-service-of-it", service.VisibilityPublic)
	b.offers(t, b.ctx, b.org, at.URL+"/safe-house", service.VisibilityRestricted)
	gone := b.offers(t, b.ctx, b.org, at.URL+"/retired", service.VisibilityPublic)
	c.Service.UpdateOneID(gone.ID).SetRetiredAt(b.now).ExecX(b.ctx)
	over := b.offers(t, b.ctx, b.org, at.URL+"/over", service.VisibilityPublic)
	c.Service.UpdateOneID(over.ID).SetStatus(service.StatusDefunct).ExecX(b.ctx)
	later := b.offers(t, b.ctx, b.org, at.URL+"/fine", service.VisibilityPublic)
	b.run(t)
	if got := at.requests(); !slices.Equal(got, []string{"GET /robots.txt", "HEAD /fine"}) {
		t.Errorf("asked for %v", got)
	}
	c.Service.UpdateOneID(later.ID).SetVisibility(service.VisibilityRestricted).ExecX(b.ctx)
	b.now = b.now.Add(30 * 24 * time.Hour)
	b.run(t)
	if n := len(at.requests()); n != 2 || b.Count(t, "select count(*) from link_checks") != 0 {
		t.Errorf("once it is restricted it is asked for still (%d requests), or known (%d)", n, b.Count(t, "select count(*) from link_checks"))
	}
}

// TestALinkThatBecomesRestrictedOnTheWay: between the list and the request.
func TestALinkThatBecomesRestrictedOnTheWay(t *testing.T) {
	at, b := newSite(t), newBoard(t)
	s := b.offers(t, b.ctx, b.org, at.URL+"/fine", service.VisibilityPublic)
	scopes := map[uuid.UUID]context.Context{b.Walton.ID: b.ctx}
	links, err := b.gather(scopes)
	if err != nil || len(links) != 1 {
		t.Fatalf("%d links are due: %v", len(links), err)
	}
	b.Store.Client(b.ctx).Service.UpdateOneID(s.ID).SetVisibility(service.VisibilityRestricted).ExecX(b.ctx)
	asked, err := b.askSites(context.Background(), scopes, bySite(links))
	if err != nil || len(asked) != 0 || len(at.requests()) != 0 {
		t.Errorf("%d were asked for, %v (%v)", len(asked), at.requests(), err)
	}
}

// TestPrivateAddressesAreLeftAlone: as in production.
func TestPrivateAddressesAreLeftAlone(t *testing.T) {
	at := newSite(t)
	b := newBoard(t, func(c *Config) { c.AllowPrivate = false })
	b.offers(t, b.ctx, b.org, at.URL+"/missing", service.VisibilityPublic)
	b.run(t)
	if l := b.link(t, at.URL+"/missing"); l.State != linkcheck.StateUnsure || len(at.requests()) != 0 {
		t.Errorf("%s %q after %v", l.State, l.Message, at.requests())
	}
}

// TestOurOwnFaultIsNobodyElses: where no site at all answers, it is not that all of them are gone.
func TestOurOwnFaultIsNobodyElses(t *testing.T) {
	b := newBoard(t)
	for i := range silentSites {
		b.offers(t, b.ctx, b.org, fmt.Sprintf("http://127.0.0.%d:1/", 10+i), service.VisibilityPublic)
	}
	b.run(t)
	if n := b.Count(t, "select count(*) from link_checks where state <> 'UNCHECKED' or checked_at is not null"); n != 0 {
		t.Errorf("%d links are taken for broken", n)
	}
	at := newSite(t)
	b.offers(t, b.ctx, b.org, at.URL+"/fine", service.VisibilityPublic)
	b.run(t)
	if n := b.Count(t, "select count(*) from link_checks where state = 'FAILING'"); n != silentSites {
		t.Errorf("once one site answers, %d of %d silent ones are failing", n, silentSites)
	}
}

// TestOnlyLiveHubs: a hub that is paused has nobody to mend anything.
func TestOnlyLiveHubs(t *testing.T) {
	at, b := newSite(t), newBoard(t)
	b.offers(t, b.ctx, b.org, at.URL+"/fine", service.VisibilityPublic)
	b.Store.Client(b.ctx).Hub.Update().SetState("SUSPENDED").ExecX(b.ctx)
	b.run(t)
	if n := len(at.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

type queued []river.JobArgs

func (q *queued) Enqueue(_ context.Context, job river.JobArgs) error {
	*q = append(*q, job)
	return nil
}

func TestAskedForAgain(t *testing.T) {
	at, b := newSite(t), newBoard(t)
	b.offers(t, b.ctx, b.org, at.URL+"/missing", service.VisibilityPublic)
	b.now = time.Now()
	b.run(t)
	jobs := &queued{}
	links, link := NewLinks(b.Store, jobs), b.link(t, at.URL+"/missing")
	manager := b.As(t, b.Walton, viewer.Manager)
	if _, err := links.Again(manager, link.ID); !problem.Is(err, problem.Conflict) || len(*jobs) != 0 {
		t.Errorf("right after it was asked for: %v", err)
	}
	b.Store.Client(b.ctx).LinkCheck.Update().SetCheckedAt(b.now.Add(-time.Hour)).ExecX(b.ctx)
	if l, err := links.Again(manager, link.ID); err != nil || l.DueAt.After(time.Now()) || len(*jobs) != 1 {
		t.Errorf("an hour later: %v, %d jobs", err, len(*jobs))
	}
	if _, err := links.Again(b.As(t, b.Southport, viewer.Manager), link.ID); !problem.Is(err, problem.NotFound) {
		t.Errorf("of another hub: %v", err)
	}
}

// expiredSite has a certificate of somebody who is trusted, and it has run out.
func expiredSite(t *testing.T) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(made)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, roots
}
