package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// Prefix is where the feeds are: Prefix + "walton/services", or Prefix + "rw4/walton/services".
const Prefix = "/open-referral/"

// pages are what may follow a hub's name.
var pages = []string{"services", "service_at_locations", "taxonomies", "taxonomy_terms", "export.json", "export.zip"}

// timeLimit bounds one answer; an export has a limit of its own.
const timeLimit = 10 * time.Second

// root is the answer at the root of a feed.
var root = map[string]string{
	"version":     "HSDS-UK-3.0",
	"profile":     "https://docs.openreferraluk.org",
	"openapi_url": "https://openreferraluk.org/specifications/3.0/openapi.json",
}

// Feed answers for all hubs. It is safe for concurrent use.
type Feed struct {
	store     *store.Store
	directory *directory.Directory
	gate      *gate.Gate
}

// New makes the feeds of the hubs in the store.
func New(s *store.Store, d *directory.Directory, g *gate.Gate) *Feed { return &Feed{s, d, g} }

// ServeHTTP answers below Prefix.
func (f *Feed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Anybody may read it from any page: it is open data, and no cookie matters here.
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "Accept, If-None-Match, X-Request-Id")
		h.Set("Access-Control-Max-Age", "86400") // seconds
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		h.Set("Allow", "GET, HEAD, OPTIONS")
		refuse(w, r, http.StatusMethodNotAllowed, problem.New(problem.BadUserInput, "The catalogue can only be read: ask by GET."))
		return
	}
	if err := f.serve(w, r); err != nil {
		p := problem.Of(err)
		refuse(w, r, statusOf(p.Code), p)
	}
}

func (f *Feed) serve(w http.ResponseWriter, r *http.Request) error {
	if seconds, admitted := f.gate.Admit(r, costOf(r.URL.Path)); !admitted {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		return problem.New(problem.Limited, "That is too many requests at once. Come again in %d seconds.", seconds)
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
	defer cancel()
	address, err := f.gate.Find(ctx, strings.TrimPrefix(r.URL.Path, Prefix), pages...)
	if err != nil {
		return err
	}
	if !address.Slash { // so that relative addresses work
		http.Redirect(w, r, Prefix+address.Base+"/", http.StatusPermanentRedirect)
		return nil
	}
	c := catalogue{f.store, f.directory, address.Hub}
	switch address.Rest {
	case "export.json":
		return c.exportJSON(address.Context(r.Context()), w)
	case "export.zip":
		return c.exportTables(address.Context(r.Context()), w)
	}
	answer, err := c.answer(address.Context(ctx), address.Rest, r.URL.RawQuery)
	if name, ofService := strings.CutPrefix(address.Rest, "services/"); ofService && problem.Is(err, problem.NotFound) {
		if id, noID := uuid.Parse(name); noID == nil {
			successor, failed := f.directory.PublicSuccessor(address.Context(ctx), id)
			if successor != nil {
				// Asked again each time: a merge can be undone.
				w.Header().Set("Cache-Control", "no-cache")
				http.Redirect(w, r, Prefix+address.Base+"/services/"+successor.String(), http.StatusPermanentRedirect)
				return nil
			}
			err = errors.Join(failed, err)
		}
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	// Kept anywhere, but asked about each time: what a hub hides is gone at once.
	h.Set("Cache-Control", "public, no-cache")
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append(body, '\n')))
	return nil
}

// costOf is how many requests one counts as.
func costOf(path string) int {
	if strings.HasSuffix(path, "/export.json") || strings.HasSuffix(path, "/export.zip") {
		return 20
	}
	return 1
}

// answer is the record or the page at a path within a feed.
func (c catalogue) answer(ctx context.Context, path, rawQuery string) (any, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, problem.New(problem.BadUserInput, "The parameters cannot be read: write them as in ?search=debt&page=2, with %%20 for a space.")
	}
	p := &parameters{values: values}
	kind, name, one := strings.Cut(path, "/")
	if one {
		return c.one(ctx, kind, name)
	}
	at, q := p.page(), p.query()
	var postcode string
	if kind == "service_at_locations" {
		var metres int
		postcode, metres = p.around()
		if postcode != "" && p.err == nil {
			if q.Near, p.err = c.near(ctx, postcode, metres); p.err != nil {
				return nil, p.err
			}
		}
	}
	if p.err != nil {
		return nil, p.err
	}
	switch kind {
	case "":
		return root, nil
	case "services":
		return c.services(ctx, q, at)
	case "service_at_locations":
		return c.places(ctx, q, at)
	case "taxonomies":
		return c.taxonomies(ctx, at)
	case "taxonomy_terms":
		return c.terms(ctx, at)
	}
	return nil, noSuchAddress
}

var noSuchAddress = problem.New(problem.NotFound, "There is nothing at this address. There are: %s.", strings.Join(pages, ", "))

func (c catalogue) one(ctx context.Context, kind, name string) (any, error) {
	find, known := map[string]func(context.Context, uuid.UUID) (any, error){
		"services": c.service, "service_at_locations": c.place, "taxonomies": c.taxonomy, "taxonomy_terms": c.term,
	}[kind]
	if !known {
		return nil, noSuchAddress
	}
	id, err := uuid.Parse(name)
	if err != nil || id.String() != strings.ToLower(name) {
		return nil, problem.Missing("record")
	}
	return find(ctx, id)
}

func statusOf(code problem.Code) int {
	switch code {
	case problem.NotFound:
		return http.StatusNotFound
	case problem.BadUserInput:
		return http.StatusBadRequest
	case problem.Limited:
		return http.StatusTooManyRequests
	case problem.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// refuse answers with what is wrong.
func refuse(w http.ResponseWriter, r *http.Request, status int, p *problem.Problem) {
	ctx := r.Context()
	if cause := p.Unwrap(); cause != nil && !errors.Is(cause, context.Canceled) {
		slog.ErrorContext(ctx, "a feed could not be answered", "code", p.Code, "error", store.ForLog(cause), "request", request.ID(ctx))
	}
	body, err := json.Marshal(struct {
		Code      problem.Code `json:"code"`
		Message   string       `json:"message"`
		Parameter string       `json:"parameter,omitempty"`
		RequestID string       `json:"request_id,omitempty"`
	}{p.Code, p.Message, p.Field, request.ID(ctx)})
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"INTERNAL"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone: nobody to tell
}
