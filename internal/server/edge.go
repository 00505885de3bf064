package server

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
)

// requestIDHeader names a request to people, logs and proxies.
const requestIDHeader = "X-Request-Id"

// A proxy's id is taken where it cannot do harm in a log or a header. 60 is what the audit keeps.
var wellFormedID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{7,59}$`)

// entry is the line of the access log; those who learn more about the request fill it in.
type entry struct {
	operation string
	trust     uuid.UUID
	hub       string
	code      problem.Code
}

type entryKey struct{}

func entryOf(ctx context.Context) *entry {
	if e, ok := ctx.Value(entryKey{}).(*entry); ok {
		return e
	}
	return &entry{}
}

// edge is around everything: it names the request, sets the headers that every answer carries, survives a panic, and
// writes one log line. The line holds the route and not the address: addresses hold ids and what people searched for.
func (s *Server) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := r.Header.Get(requestIDHeader)
		if !wellFormedID.MatchString(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		line := &entry{}
		r = r.WithContext(context.WithValue(request.WithID(r.Context(), id), entryKey{}, line))
		answer := &observed{ResponseWriter: w}
		answer.Header().Set(requestIDHeader, id)
		s.setSecurityHeaders(answer.Header())
		if s.drained.Load() {
			// The caller's next request must not meet a connection that is being closed: it would have to guess whether
			// the request was taken.
			answer.Header().Set("Connection", "close")
		}
		defer func() {
			if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
				slog.ErrorContext(r.Context(), "a handler panicked", "request", id, "panic", fault, "stack", string(debug.Stack()))
				line.code = problem.Internal
				if answer.status == 0 {
					refuse(answer, r, http.StatusInternalServerError, problem.Of(errPanic))
				}
			}
			s.logRequest(r, answer, line, time.Since(began))
		}()
		next.ServeHTTP(answer, r)
	})
}

func (s *Server) logRequest(r *http.Request, answer *observed, line *entry, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case answer.status >= http.StatusInternalServerError:
		level = slog.LevelWarn
	case r.Pattern == "GET /healthz" || r.Pattern == "GET /readyz":
		level = slog.LevelDebug
	}
	if !slog.Default().Enabled(r.Context(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("method", method(r.Method)), slog.String("route", r.Pattern), slog.Int("status", answer.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("request", request.ID(r.Context())))
	if line.operation != "" {
		attrs = append(attrs, slog.String("operation", line.operation))
	}
	if line.code != "" {
		attrs = append(attrs, slog.String("code", string(line.code)))
	}
	if line.trust != uuid.Nil {
		attrs = append(attrs, slog.String("trust", line.trust.String()))
	}
	if line.hub != "" {
		attrs = append(attrs, slog.String("hub", line.hub))
	}
	slog.LogAttrs(r.Context(), level, "request", attrs...)
}

// method bounds what a stranger can put into the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// contentPolicy lets the app load what is its own and nothing else, but for pictures, since a hub's logo may be anywhere;
// and it lets nobody frame it.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// setSecurityHeaders sets what every answer carries; a handler that needs less (a page of the sign-in) narrows it.
func (s *Server) setSecurityHeaders(h http.Header) {
	h["Content-Security-Policy"] = policyValue
	h["X-Content-Type-Options"] = noSniffValue
	h["Referrer-Policy"] = noReferrerValue
	h["Cross-Origin-Opener-Policy"] = sameOriginValue
	h["Cross-Origin-Resource-Policy"] = sameOriginValue
	h["Permissions-Policy"] = permissionsValue
	if s.https {
		h["Strict-Transport-Security"] = transportValue
	}
}

// The values are shared by all answers: seven allocations less for each request. http.Header.Set on a shared key replaces
// the slice and leaves it unchanged.
var (
	policyValue      = []string{contentPolicy}
	noSniffValue     = []string{"nosniff"}
	noReferrerValue  = []string{"no-referrer"}
	sameOriginValue  = []string{"same-origin"}
	permissionsValue = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}
	transportValue   = []string{"max-age=31536000; includeSubDomains"}
)

// observed remembers what was answered.
type observed struct {
	http.ResponseWriter
	status int
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	return o.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }
