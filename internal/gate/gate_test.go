package gate

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func TestFindsTheHubOfAnAddress(t *testing.T) {
	w := storetest.New(t)
	g := New(w.Store, Config{})
	exec := func(sql string) {
		w.Owner(t, func(ctx context.Context, conn *pgx.Conn) {
			if _, err := conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		})
	}
	find := func(path string) (Address, error) {
		return g.Find(context.Background(), path, "services", "taxonomies")
	}
	for path, want := range map[string]Address{
		"walton":                {Base: "walton"},
		"walton/":               {Base: "walton", Slash: true},
		"walton/services":       {Base: "walton", Rest: "services", Slash: true},
		"walton/services/1":     {Base: "walton", Rest: "services/1", Slash: true},
		"zz1/walton":            {Base: "zz1/walton"},
		"ZZ1/walton/":           {Base: "ZZ1/walton", Slash: true},
		"zz1/walton/taxonomies": {Base: "zz1/walton", Rest: "taxonomies", Slash: true},
	} {
		got, err := find(path)
		if err != nil || got.Hub.HubID != w.Walton.ID {
			t.Errorf("%s: %v %v", path, got.Hub.Slug, err)
			continue
		}
		got.Hub = want.Hub
		if got.Base != want.Base || got.Rest != want.Rest || got.Slash != want.Slash {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	nowhere := []string{"", "/", "nowhere", "WALTON", "zz2/walton", "zz1/elsewhere/services", "walton/unknown", "walton%00", "walton'--", "zz1/walton'", "../walton",
		strings.Repeat("x", 5000), "\x00/walton", "walton\xff"}
	for _, path := range nowhere {
		if got, err := find(path); !problem.Is(err, problem.NotFound) {
			t.Errorf("%.40q: %v %v", path, got.Hub.Slug, err)
		}
	}

	// Another trust's hub takes the same name: the short address no longer says which, the qualified ones do.
	exec("update hubs set slug = 'walton' where slug = 'elsewhere'")
	if _, err := find("walton/services"); !problem.Is(err, problem.NotFound) || !strings.Contains(err.Error(), "zz1/walton, zz2/walton") {
		t.Errorf("two of a name: %v", err)
	}
	for path, want := range map[string]string{"zz1/walton": "ZZ1", "zz2/walton/services": "ZZ2"} {
		if got, err := find(path); err != nil || got.Hub.TrustODS != want {
			t.Errorf("%s: %s %v", path, got.Hub.TrustODS, err)
		}
	}
	// A hub that is not live takes no name from one that is.
	exec("update hubs set state = 'SUSPENDED' where trust_id = (select id from trusts where ods_code = 'ZZ2')")
	if got, err := find("walton"); err != nil || got.Hub.TrustODS != "ZZ1" {
		t.Errorf("one of two is live: %s %v", got.Hub.TrustODS, err)
	}
	if _, err := find("zz2/walton"); !problem.Is(err, problem.NotFound) {
		t.Errorf("a suspended hub: %v", err)
	}
}

func from(address string, forwarded ...string) *http.Request {
	return &http.Request{RemoteAddr: address, Header: http.Header{"X-Forwarded-For": forwarded}}
}

func TestBoundsEachClient(t *testing.T) {
	g := New(nil, Config{Rate: 0.001, Burst: 2})
	for n, want := range []bool{true, true, false} {
		if _, ok := g.Admit(from("192.0.2.1:5000"), 1); ok != want {
			t.Errorf("request %d: %t", n, ok)
		}
	}
	if seconds, _ := g.Admit(from("192.0.2.1:5001", "198.51.100.9"), 1); seconds != 1000 {
		t.Errorf("another port of the same address is told %d", seconds)
	}
	if _, ok := g.Admit(from("192.0.2.2:5000"), 500); !ok {
		t.Error("a costly request of somebody new is never admitted")
	}
	if _, ok := g.Admit(from("192.0.2.2:5000"), 1); ok {
		t.Error("a costly request cost nothing")
	}
	for _, neighbour := range []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1"} {
		_, ok := g.Admit(from(neighbour), 1)
		if want := neighbour != "[2001:db8::3]:1"; ok != want {
			t.Errorf("%s: %t", neighbour, ok)
		}
	}
	if _, ok := New(nil, Config{Rate: -1}).Admit(from("192.0.2.1:5000"), 1); !ok {
		t.Error("no limit, and yet refused")
	}
}

func TestBelievesTrustedProxiesOnly(t *testing.T) {
	g := New(nil, Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct {
		remote    string
		forwarded []string
		want      string
	}{
		{"192.0.2.1:1", nil, "192.0.2.1/32"},
		{"192.0.2.1:1", []string{"198.51.100.1"}, "192.0.2.1/32"},
		{"10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1/32"},
		{"10.0.0.1:1", []string{"203.0.113.7, 198.51.100.1"}, "198.51.100.1/32"},
		{"10.0.0.1:1", []string{"203.0.113.7", "198.51.100.1, 10.2.3.4"}, "198.51.100.1/32"},
		{"[::ffff:10.0.0.1]:1", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::/64"},
		{"10.0.0.1:1", []string{"unknown"}, "10.0.0.1/32"},
		{"10.0.0.1:1", nil, "10.0.0.1/32"},
		{"@", nil, "invalid Prefix"},
	} {
		if got := g.client(from(c.remote, c.forwarded...)).String(); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
}
