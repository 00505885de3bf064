package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// The folder is there without a build too (with .keep in it), so that Go builds first and the app when it is wanted.
//
//go:embed all:dist
var built embed.FS

//go:embed src/gql/persisted-documents.json
var documents []byte

// Documents gives the GraphQL documents that the app sends, by the id that it sends in their place ("sha256:…").
func Documents() map[string]string {
	var texts map[string]string
	if err := json.Unmarshal(documents, &texts); err != nil { // generated and embedded: wrong only if the build is
		panic(fmt.Sprintf("web: persisted-documents.json: %v", err))
	}
	return texts
}

// Handler serves the app: its files, and for every other address that a person may stand on, its one page.
func Handler() http.Handler {
	dist, err := fs.Sub(built, "dist")
	if err != nil { // the path is a constant, and valid
		panic(err)
	}
	page, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		return http.HandlerFunc(notBuilt)
	}
	files := http.FileServerFS(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		info, err := fs.Stat(dist, name)
		isFile := err == nil && !info.IsDir() && !strings.HasPrefix(path.Base(name), ".") && name != "index.html"
		switch {
		case strings.HasPrefix(name, "assets/") && isFile:
			// The name holds a hash of the content.
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			files.ServeHTTP(w, r)
		case isFile:
			w.Header().Set("Cache-Control", "public, max-age=3600")
			files.ServeHTTP(w, r)
		case strings.HasPrefix(name, "assets/"):
			// An asset of another build: the page would only be a riddle in its place.
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(page)))
		}
	})
}

func notBuilt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "The staff app is not built into this server. Run `make web`, then build and start the server again.\n")
}
