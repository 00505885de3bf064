package catalogue

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"liferooms.io/liferooms/ent/schema"
)

func TestReachable(t *testing.T) {
	for address, want := range map[string]struct{ public, inside bool }{
		"1.1.1.1": {true, true}, "81.2.69.160": {true, true}, "2606:4700::1111": {true, true}, "::ffff:1.1.1.1": {true, true},
		"127.0.0.1": {false, true}, "127.8.9.10": {false, true}, "10.0.0.1": {false, true}, "172.16.0.1": {false, true}, "172.31.255.255": {false, true},
		"192.168.1.1": {false, true}, "100.64.0.1": {false, true}, "100.127.255.255": {false, true}, "::1": {false, true}, "fd00::1": {false, true},
		"fc00::1": {false, true}, "::ffff:127.0.0.1": {false, true}, "::ffff:10.0.0.1": {false, true}, "192.0.2.1": {false, true}, "198.18.0.1": {false, true},
		"2001:db8::1": {false, true}, "172.32.0.1": {true, true}, "100.128.0.1": {true, true},
		"0.0.0.0": {}, "0.1.2.3": {}, "169.254.169.254": {}, "::ffff:169.254.169.254": {}, "224.0.0.1": {}, "239.255.255.255": {}, "255.255.255.255": {},
		"240.0.0.1": {}, "::": {}, "fe80::1": {}, "fe80::1%eth0": {}, "ff02::1": {}, "64:ff9b::7f00:1": {}, "2002:7f00:1::": {}, "2001::1": {},
	} {
		a := netip.MustParseAddr(address)
		if got := reachable(a, false); got != want.public {
			t.Errorf("%s: %t, want %t", address, got, want.public)
		}
		if got := reachable(a, true); got != want.inside {
			t.Errorf("%s where private addresses are allowed: %t, want %t", address, got, want.inside)
		}
	}
}

// TestPrivateAddressesAreRefused: it takes the server's leave and the source's.
func TestPrivateAddressesAreRefused(t *testing.T) {
	f := newFeed(t, 10, service("1", "Art"))
	for _, c := range []struct{ server, source, reached bool }{{false, false, false}, {true, false, false}, {false, true, false}, {true, true, true}} {
		b := newBench(t, Config{AllowPrivate: c.server})
		f.change(func() {})
		source := f.source("/services")
		source.AllowPrivate = c.source
		b.set(t, source)
		row := b.fetch(t)
		if reached := len(f.requests()) > 0; reached != c.reached {
			t.Errorf("allowed by the server %t, by the source %t: reached %t", c.server, c.source, reached)
		}
		if !c.reached {
			wantFailed(t, row, "not at a public address")
		}
	}
}

// TestARedirectIsHeldToTheSame: a feed at one address sends its reader on to another machine's secrets.
func TestARedirectIsHeldToTheSame(t *testing.T) {
	b := newBench(t, private)
	f := newFeed(t, 10, service("1", "Art"))
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		return true
	}
	b.set(t, f.source("/services"))
	wantFailed(t, b.fetch(t), "not at a public address")

	f.change(func() {
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/services" {
				http.Redirect(w, r, "/moved", http.StatusPermanentRedirect)
				return true
			}
			r.URL.Path = "/services"
			return false
		}
	})
	if row := b.fetch(t); row.State != Synced {
		t.Errorf("a feed that moved: %s", row.Message)
	}
}

// TestANameThatChangesItsMind: a name is public when it is first looked up, and this machine when it is used.
func TestANameThatChangesItsMind(t *testing.T) {
	var served atomic.Int32
	feed := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer feed.Close()
	resolver, lookups := rebinding(t)
	port := mustParse(t, feed.URL).Port()
	for _, allowed := range []bool{false, true} {
		f := &fetch{client: newClient(allowed, resolver), limits: defaultLimits}
		// The first look-up is what a check of the name alone would see.
		if first, err := resolver.LookupNetIP(context.Background(), "ip4", "feed.example.org"); err != nil || !reachable(first[0], false) {
			t.Fatalf("looked up first: %v, %v", first, err)
		}
		a, err := f.get(context.Background(), mustParse(t, "http://feed.example.org:"+port+"/services"), schema.Validator{})
		switch {
		case allowed && err != nil:
			t.Errorf("allowed, it is not reached: %v", err)
		case allowed:
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		case err == nil || !strings.Contains(err.Error(), "not at a public address") || served.Load() != 0:
			t.Errorf("served %d times: %v", served.Load(), err)
		}
		lookups.Store(0)
	}
	if served.Load() != 1 {
		t.Errorf("served %d times, want only where that is allowed", served.Load())
	}
}

// rebinding resolves any name to a public address the first time, and to this machine from then on.
func rebinding(t *testing.T) (*net.Resolver, *atomic.Int32) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() }) // it ends the loop below
	var lookups atomic.Int32
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			var question dnsmessage.Message
			if question.Unpack(packet[:n]) != nil || len(question.Questions) != 1 {
				continue
			}
			q := question.Questions[0]
			answer := dnsmessage.Message{Header: dnsmessage.Header{ID: question.ID, Response: true, Authoritative: true}, Questions: question.Questions}
			if q.Type == dnsmessage.TypeA {
				to := [4]byte{81, 2, 69, 160}
				if lookups.Add(1) > 1 {
					to = [4]byte{127, 0, 0, 1}
				}
				answer.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: to},
				}}
			}
			if packed, err := answer.Pack(); err == nil {
				_, _ = server.WriteTo(packed, from) // the resolver asks again
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}, &lookups
}
