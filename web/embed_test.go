package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDocumentsAreNamedByTheirHash(t *testing.T) {
	documents := Documents()
	if len(documents) < 20 {
		t.Fatalf("the app sends %d documents; some are missing", len(documents))
	}
	for id, text := range documents {
		sum := sha256.Sum256([]byte(text))
		if want := "sha256:" + hex.EncodeToString(sum[:]); id != want {
			t.Errorf("a document is called %s and hashes to %s", id, want)
		}
	}
}

func TestHandler(t *testing.T) {
	_, err := built.ReadFile("dist/index.html")
	builtIn := err == nil
	for _, path := range []string{"/", "/walton", "/walton/people/0192f0c1-0000-7000-8000-000000000000", "/index.html"} {
		answer := get(t, path)
		switch {
		case !builtIn:
			if answer.Code != http.StatusServiceUnavailable || !strings.Contains(answer.Body.String(), "make web") {
				t.Errorf("%s without a build: %d %q, want 503 and how to build", path, answer.Code, answer.Body)
			}
		case answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `id="app"`):
			t.Errorf("%s: %d, want the app's page", path, answer.Code)
		case answer.Header().Get("Cache-Control") != "no-cache":
			t.Errorf("%s: Cache-Control %q: an old page would name assets that are gone", path, answer.Header().Get("Cache-Control"))
		}
	}
	if !builtIn {
		return
	}
	entries, err := built.ReadDir("dist/assets")
	if err != nil || len(entries) == 0 {
		t.Fatalf("dist/assets: %d files, %v", len(entries), err)
	}
	for _, entry := range entries {
		answer := get(t, "/assets/"+entry.Name())
		if answer.Code != http.StatusOK || !strings.Contains(answer.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("/assets/%s: %d, Cache-Control %q", entry.Name(), answer.Code, answer.Header().Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/assets/index-gone.js", "/assets/", "/assets"} {
		if answer := get(t, path); strings.HasPrefix(path, "/assets/") && path != "/assets/" && answer.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, answer.Code)
		} else if strings.Contains(answer.Body.String(), "index-") && !strings.Contains(answer.Body.String(), `id="app"`) {
			t.Errorf("%s lists the folder", path)
		}
	}
}

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}
