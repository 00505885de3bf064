package catalogue

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	openfeed "liferooms.io/liferooms/internal/feed"
	"liferooms.io/liferooms/internal/gate"
)

// TestAHubsFeedIsReadAtItsPace: a hub's open feed lists its services in short and lets nobody ask for more than so many at once.
// A hub of another trust reads it page by page and service by service, and has all of it in full.
func TestAHubsFeedIsReadAtItsPace(t *testing.T) {
	b := newBench(t, private)
	const services = 30
	var all []string
	for i := range services {
		all = append(all, fmt.Sprintf(`{"id": "s%d", "name": "Service %02[1]d", "description": "About it", "status": "active", "organization": {"id": "o", "name": "Partner"},
			"schedules": [{"id": "1", "freq": "WEEKLY", "byday": "MO", "opens_at": "10:00"}]}`, i))
	}
	b.set(t, Source{Name: "list", Kind: Document, Document: []byte("[" + strings.Join(all, ",") + "]")})
	if row := b.fetch(t); row.State != Synced {
		t.Fatal(row.Message)
	}
	var refused atomic.Int64
	open := openfeed.New(b.Store, b.directory, gate.New(b.Store, gate.Config{Rate: 10, Burst: 15}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { open.ServeHTTP(&watched{w, &refused}, r) }))
	defer server.Close()

	elsewhere := b.in(b.Elsewhere)
	elsewhere.set(t, Source{Name: "walton", Kind: URL, URL: server.URL + openfeed.Prefix + "walton/?per_page=10", AllowPrivate: true})
	if row := elsewhere.fetch(t); row.State != Synced || row.RowsTaken != services || row.RowsRefused > 0 {
		t.Fatalf("%s, %d taken: %s", row.State, row.RowsTaken, row.Message)
	}
	if refused.Load() == 0 {
		t.Error("the feed was never asked too often: this tests nothing")
	}
	if n := b.Count(t, "select count(*) from schedules where hub_id = $1 and opens_at = '10:00'", b.Elsewhere.ID); n != services {
		t.Errorf("%d services have their times, want %d", n, services)
	}
}

// watched counts the answers that tell somebody to come again later.
type watched struct {
	http.ResponseWriter
	refused *atomic.Int64
}

func (w *watched) WriteHeader(status int) {
	if status == http.StatusTooManyRequests {
		w.refused.Add(1)
	}
	w.ResponseWriter.WriteHeader(status)
}

func TestWhoSaysWhenToComeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		status, times int
		after, says   string
	}{
		"once":                {http.StatusTooManyRequests, 1, "1", ""},
		"at once":             {http.StatusServiceUnavailable, 1, "0", ""},
		"again and again":     {http.StatusTooManyRequests, 100, "1", "asked too often"},
		"not for an hour":     {http.StatusServiceUnavailable, 1, "3600", "tried again by itself"},
		"without a time":      {http.StatusTooManyRequests, 1, "", "asked too often"},
		"in words":            {http.StatusTooManyRequests, 1, "soon", "asked too often"},
		"in ages":             {http.StatusTooManyRequests, 1, "99999999999999999999", "asked too often"},
		"with another status": {http.StatusForbidden, 1, "1", "403"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, private)
			b.limits.patience = 1500 * time.Millisecond
			f := newFeed(t, 2, service("1", "Art"))
			left := c.times
			f.before = func(w http.ResponseWriter, _ *http.Request) bool {
				if left == 0 {
					return false
				}
				left--
				w.Header().Set("Retry-After", c.after)
				w.WriteHeader(c.status)
				return true
			}
			b.set(t, f.source("/services"))
			row := b.fetch(t)
			if c.says != "" {
				wantFailed(t, row, c.says)
			} else if row.State != Synced || len(f.requests()) != 2 {
				t.Errorf("%s after %v: %s", row.State, f.requests(), row.Message)
			}
		})
	}
}
