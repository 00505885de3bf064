package partnerpage

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/partner"
	"liferooms.io/liferooms/internal/plainpage"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// Prefix is where the pages are: Prefix and a token.
const Prefix = partner.Path

// The bounds of one request.
const (
	timeLimit = 10 * time.Second
	maxForm   = 512 << 10 // bytes
	// What a request costs of what a stranger may ask: a change writes, and a token that opens nothing may be a guess.
	costOfPage, costOfChange, costOfGuess = 1, 3, 10
)

//go:embed pages messages
var files embed.FS

var (
	languages  = plainpage.Languages(files)
	entryPage  = plainpage.Template(files, "entry")
	formPage   = plainpage.Template(files, "form")
	sorryPage  = plainpage.Template(files, "sorry")
	styleSheet = plainpage.StyleSheet(files)
)

// Pages answers for all links. It is safe for concurrent use.
type Pages struct {
	partners *partner.Partners
	gate     *gate.Gate
	origin   *http.CrossOriginProtection
	now      func() time.Time
}

// New makes the pages.
func New(p *partner.Partners, g *gate.Gate) *Pages {
	return &Pages{p, g, http.NewCrossOriginProtection(), time.Now}
}

// frame is what all pages have.
type frame struct {
	plainpage.Page
	// Hub is nil where nobody knows which it is.
	Hub        *store.PartnerLink
	HubAddress string
	// Until is the day on which the link ends.
	Until string
	zone  *time.Location
}

func (f *frame) shared() *plainpage.Page { return &f.Page }

// visit is one request by a link that is open.
type visit struct {
	*frame
	w http.ResponseWriter
	r *http.Request
}

func newFrame(r *http.Request, link *store.PartnerLink, base string) *frame {
	f := &frame{Hub: link, zone: time.UTC}
	var brand *string
	if link != nil {
		brand, f.HubAddress = link.BrandColour, plainpage.Address(link.Address, link.Postcode)
		if zone, err := time.LoadLocation(link.TimeZone); err == nil {
			f.zone = zone
		}
	}
	f.Page = plainpage.New(r, languages, base, brand, styleSheet)
	f.Robots = "noindex, nofollow"
	if r.Method == http.MethodPost {
		f.Languages = nil // what was typed would not come along
	}
	return f
}

// ServeHTTP answers below Prefix. The token is in no log and in no header that goes elsewhere: the access log holds the
// route, and no page sends a referrer.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Nobody but who asked keeps the page, and nobody is told where they came from.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	cost := costOfPage
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		cost = costOfChange
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		f := newFrame(r, nil, "")
		p.sorry(w, r, f, http.StatusMethodNotAllowed, f.T("method.heading"), f.T("method.text"))
		return
	}
	if !p.admit(w, r, cost) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
	defer cancel()
	token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	asPartner, link, err := p.partners.Follow(ctx, token)
	switch {
	case err != nil:
		p.fail(w, r, newFrame(r, nil, ""), err)
		return
	case link == nil:
		if p.admit(w, r, costOfGuess) {
			f := newFrame(r, nil, "")
			p.sorry(w, r, f, http.StatusNotFound, f.T("wrong.heading"), f.T("wrong.copied"), f.T("wrong.ask"))
		}
		return
	case asPartner == nil:
		p.ended(w, r, newFrame(r, link, ""))
		return
	}
	v := &visit{newFrame(r, link, Prefix+token), w, r.WithContext(asPartner)}
	v.Until = v.day(link.ExpiresAt)
	if r.Method == http.MethodPost {
		if !p.sameSite(r) {
			p.sorry(w, r, v.frame, http.StatusForbidden, v.T("elsewhere.heading"), v.T("elsewhere.text"))
			return
		}
		v.r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := v.r.ParseForm(); err != nil {
			if _, tooMuch := errors.AsType[*http.MaxBytesError](err); tooMuch {
				p.sorry(w, r, v.frame, http.StatusRequestEntityTooLarge, v.T("big.heading"), v.T("big.text"))
			} else {
				p.sorry(w, r, v.frame, http.StatusBadRequest, v.T("broken.form.heading"), v.T("broken.form.text"))
			}
			return
		}
	}
	if err := p.page(v, rest); err != nil {
		p.fail(w, r, v.frame, err)
	}
}

func (p *Pages) page(v *visit, rest string) error {
	kind, name, _ := strings.Cut(rest, "/")
	post := v.r.Method == http.MethodPost
	switch {
	case kind == "" && !post:
		return p.entry(v)
	case kind == "confirm" && name == "" && post:
		return p.confirm(v)
	case kind == "organisation" && name == "":
		return p.organisation(v, post)
	case kind == "services":
		name, act, _ := strings.Cut(name, "/")
		id, err := uuid.Parse(name)
		switch {
		case err != nil || id.String() != name:
		case act == "":
			return p.service(v, id, post)
		case act == "places" && post:
			return p.places(v, id)
		case act == "ended" && post:
			return p.end(v, id)
		}
	}
	return problem.Missing("page")
}

// admit counts a request against what its sender may ask, and refuses it where that is used up.
func (p *Pages) admit(w http.ResponseWriter, r *http.Request, cost int) bool {
	seconds, admitted := p.gate.Admit(r, cost)
	if !admitted {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		f := newFrame(r, nil, "")
		p.sorry(w, r, f, http.StatusTooManyRequests, f.T("toomany.heading"), f.T("toomany.text"))
	}
	return admitted
}

// sameSite reports whether a form was sent by one of our own pages. Who does not know the token can send nothing at all;
// this keeps whoever saw it from having somebody else's browser send something. Browsers that do not say from where
// (Sec-Fetch-Site) name no origin either, since our pages send no referrer.
func (p *Pages) sameSite(r *http.Request) bool {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return true
	}
	return p.origin.Check(r) == nil
}

// ended tells whoever has a link that no longer works whom to ask.
func (p *Pages) ended(w http.ResponseWriter, r *http.Request, f *frame) {
	why := f.T("ended.revoked", "hub", f.Hub.HubName)
	switch {
	case f.Hub.HubState != "LIVE":
		why = f.T("ended.closed", "hub", f.Hub.HubName)
	case f.Hub.RevokedAt == nil:
		why = f.T("ended.expired", "date", f.day(f.Hub.ExpiresAt))
	}
	p.sorry(w, r, f, http.StatusGone, f.T("ended.heading"), why, f.T("ended.ask", "hub", f.Hub.HubName))
}

// fail tells what went wrong, and the log what the reader is not told.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, f *frame, err error) {
	switch code := problem.Of(err).Code; {
	case code == problem.NotFound:
		p.sorry(w, r, f, http.StatusNotFound, f.T("missing.heading"), f.T("missing.text"))
		return
	case code == problem.Forbidden && f.Hub != nil: // it ended while this was asked
		p.sorry(w, r, f, http.StatusGone, f.T("ended.heading"), f.T("ended.ask", "hub", f.Hub.HubName))
		return
	}
	if !errors.Is(err, context.Canceled) {
		slog.ErrorContext(r.Context(), "a partner's page could not be made", "error", store.ForLog(err), "request", request.ID(r.Context()))
	}
	f.Title = f.T("broken.heading")
	p.show(w, r, http.StatusInternalServerError, sorryPage, sorry{f, []string{f.T("broken.text")}, request.ID(r.Context())})
}

type sorry struct {
	*frame
	Texts   []string
	Request string
}

func (p *Pages) sorry(w http.ResponseWriter, r *http.Request, f *frame, status int, title string, texts ...string) {
	f.Title = title
	p.show(w, r, status, sorryPage, sorry{f, texts, ""})
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, t *template.Template, view interface{ shared() *plainpage.Page }) {
	page, err := view.shared().Render(w.Header(), t, view)
	if err != nil {
		slog.ErrorContext(r.Context(), "a partner's page could not be made", "error", err, "request", request.ID(r.Context()))
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(page) // the reader has gone: nobody to tell
}

// back leads to the entry, with a word about what was done.
func (v *visit) back(done string) {
	http.Redirect(v.w, v.r, v.With("", url.Values{"done": {done}}), http.StatusSeeOther)
}

func (f *frame) day(t time.Time) string { return f.Date(t.In(f.zone)) }

// today is the day at the hub, as days are kept.
func (p *Pages) today(v *visit) time.Time {
	y, m, d := p.now().In(v.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
