package catalogue

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/outbound"
)

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
		if first, err := resolver.LookupNetIP(context.Background(), "ip4", "feed.example.org"); err != nil || !outbound.Reachable(first[0], false) {
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
