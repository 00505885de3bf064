package server

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"liferooms.io/liferooms/internal/audit"
	"liferooms.io/liferooms/internal/demo"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/openreferral"
	"liferooms.io/liferooms/internal/partner"
)

// stocked gives Walton the demo's catalogue.
func (s *site) stocked() {
	s.t.Helper()
	log := audit.New(s.world.Store)
	defer log.Close()
	if _, err := directory.New(s.world.Store, log).Import(s.platform(), "demo", openreferral.RowsOf(demo.Catalogue(demo.Walton)), nil); err != nil {
		s.t.Fatal(err)
	}
}

// TestTheFeedIsOpenToAnybody reads it as a stranger does, through all that is around it.
func TestTheFeedIsOpenToAnybody(t *testing.T) {
	s := newSite(t)
	s.stocked()
	r, err := http.NewRequest("GET", s.url+"/open-referral/walton/services?per_page=100", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Origin", "https://finder.example.org")
	raw := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	response, err := raw.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	h := response.Header
	if response.StatusCode != 200 || h.Get("Content-Encoding") != "gzip" || h.Get("Access-Control-Allow-Origin") != "*" ||
		h.Get("Cross-Origin-Resource-Policy") != "cross-origin" || h.Get("X-Request-Id") == "" || h.Get("Set-Cookie") != "" {
		t.Fatalf("%d %v", response.StatusCode, h)
	}
	unpacked, err := gzip.NewReader(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		TotalItems int `json:"total_items"`
	}
	if err := json.NewDecoder(unpacked).Decode(&page); err != nil || page.TotalItems != 120 {
		t.Errorf("%+v %v", page, err)
	}
	tag := h.Get("ETag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Errorf("compressed, and tagged %q", tag)
	}
	r.Header.Set("If-None-Match", tag)
	again, err := raw.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", again.StatusCode)
	}
	if stranger := (&caller{t, s.url, http.Header{}, http.DefaultClient}); len(stranger.get("/open-referral/walton/export.json").text) < 100_000 {
		t.Error("the export is short")
	}
}

func TestStrangersAreBounded(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Strangers = gate.Config{Rate: 0.1, Burst: 1} })
	c := &caller{t, s.url, http.Header{}, http.DefaultClient}
	if got := c.get("/open-referral/walton/"); got.status != 200 {
		t.Errorf("the first: %d", got.status)
	}
	if got := c.get("/open-referral/walton/", "X-Forwarded-For", "198.51.100.7"); got.status != http.StatusTooManyRequests {
		t.Errorf("the second, from who says to be another: %d", got.status)
	}
	if got := c.get("/readyz"); got.status != 200 {
		t.Errorf("the rest of the server: %d", got.status)
	}
}

func TestThePublicPagesAreStrict(t *testing.T) {
	s := newSite(t)
	s.stocked()
	c := &caller{t, s.url, http.Header{}, http.DefaultClient}
	got := c.get("/find-support/walton?q=benefits")
	policy := got.header.Values("Content-Security-Policy")
	if got.status != 200 || len(policy) != 1 || !strings.Contains(policy[0], "style-src 'sha256-") || strings.Contains(policy[0], "script-src") {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(got.text, "Benefits check") {
		t.Errorf("%v %.200s", got.header, got.text)
	}
	if got := c.get("/find-support/walton/services/x"); got.status != http.StatusNotFound || !strings.Contains(got.text, "There is no such page") {
		t.Errorf("%d %.200s", got.status, got.text)
	}
}

// heard is a log that several goroutines write to while a test reads it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// TestAPartnersLinkIsInNoLog follows one through all that is around the pages, in the log's most talkative state.
func TestAPartnersLinkIsInNoLog(t *testing.T) {
	s := newSite(t)
	s.stocked()
	log := audit.New(s.world.Store)
	defer log.Close()
	partners := partner.New(s.world.Store, log, directory.New(s.world.Store, log))
	o := s.world.Store.Client(s.platform()).Organisation.Query().FirstX(s.platform())
	_, token, err := partners.CreateLink(s.platform(), "1", o.ID, 30)
	if err != nil {
		t.Fatal(err)
	}
	logged := &heard{}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	c := &caller{t, s.url, http.Header{}, http.DefaultClient}
	got := c.get("/partner/" + token)
	if got.status != http.StatusOK || !strings.Contains(got.text, ": your entry") || got.header.Get("Set-Cookie") != "" {
		t.Errorf("%d %.300s", got.status, got.text)
	}
	if policy := got.header.Values("Content-Security-Policy"); len(policy) != 1 || strings.Contains(policy[0], "script-src") {
		t.Errorf("%v", policy)
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", got.header)
	}
	c.get("/partner/" + token + "/nothing")
	c.get("/partner/" + strings.Repeat("A", 43))
	if text := logged.String(); !strings.Contains(text, "route=/partner/") || strings.Contains(text, token) || strings.Contains(text, strings.Repeat("A", 43)) {
		t.Errorf("the log: %s", text)
	}
	told := httptest.NewRecorder()
	s.server.Metrics().ServeHTTP(told, httptest.NewRequest("GET", "/metrics", nil))
	if told.Code != http.StatusOK || strings.Contains(told.Body.String(), token) {
		t.Errorf("the metrics (%d) hold the token", told.Code)
	}
}
