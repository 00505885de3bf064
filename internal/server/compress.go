package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

// worthwhile is the shortest answer that is compressed, in bytes: below, it costs more than the network.
const worthwhile = 4 << 10

var writers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // fails for an unknown level only
	return w
}}

// compressed compresses answers of text that are long enough, where the caller accepts that. Streams pass as they are.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !acceptsGzip(r.Header.Get("Accept-Encoding")) || r.Header.Get("Range") != "" {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressing{ResponseWriter: w}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

func acceptsGzip(accepted string) bool {
	for part := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(coding) == "gzip" {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && !strings.HasPrefix(weight, "q=0.0")
		}
	}
	return false
}

// compressing decides by the first write, which for our answers is the whole.
type compressing struct {
	http.ResponseWriter
	status  int
	decided bool
	gzip    *gzip.Writer
}

func (c *compressing) WriteHeader(status int) {
	if status < 200 {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	if c.status == 0 {
		c.status = status
	}
}

func (c *compressing) Write(b []byte) (int, error) {
	if !c.decided {
		c.decide(len(b))
	}
	if c.gzip != nil {
		return c.gzip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

func (c *compressing) decide(first int) {
	c.decided = true
	if c.status == 0 {
		c.status = http.StatusOK
	}
	h := c.Header()
	if first >= worthwhile && c.status == http.StatusOK && h.Get("Content-Encoding") == "" && isText(h.Get("Content-Type")) {
		h.Del("Content-Length")
		h.Del("Accept-Ranges")
		h.Set("Content-Encoding", "gzip")
		if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
			h.Set("Etag", "W/"+tag) // the same content, other bytes
		}
		c.gzip = writers.Get().(*gzip.Writer)
		c.gzip.Reset(c.ResponseWriter)
	}
	c.ResponseWriter.WriteHeader(c.status)
}

func isText(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	switch media = strings.TrimSpace(media); media {
	case plainJSON, graphqlJSON, "application/javascript", "image/svg+xml", "application/manifest+json":
		return true
	case eventStream:
		return false
	}
	return strings.HasPrefix(media, "text/")
}

// Flush sends what is written, for streams.
func (c *compressing) Flush() {
	if !c.decided {
		c.decide(0)
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush() // the caller has gone: nobody to tell
}

// Unwrap lets http.ResponseController reach deadlines.
func (c *compressing) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressing) close() {
	if !c.decided && c.status != 0 {
		c.decide(0)
	}
	if c.gzip != nil {
		_ = c.gzip.Close() // the caller has gone: nobody to tell
		writers.Put(c.gzip)
	}
}
