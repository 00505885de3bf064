package partnerpage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/internal/findsupport"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/partner"
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

//go:embed pages
var files embed.FS

var (
	entryPage  = parse("entry")
	formPage   = parse("form")
	sorryPage  = parse("sorry")
	styleSheet = func() string {
		text, err := files.ReadFile("pages/style.css")
		if err != nil {
			panic(err) // it is embedded
		}
		return string(text)
	}()
)

func parse(name string) *template.Template {
	return template.Must(template.ParseFS(files, "pages/layout.html", "pages/"+name+".html"))
}

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
	Title string
	Style template.CSS
	// Hub is nil where nobody knows which it is.
	Hub        *store.PartnerLink
	HubAddress string
	// Until is the day on which the link ends.
	Until string
	// Base is the address of the entry.
	Base     string
	Problems []mistake
}

// mistake is something to mend, with the id of the field where.
type mistake struct{ ID, Text string }

// visit is one request by a link that is open.
type visit struct {
	frame
	w    http.ResponseWriter
	r    *http.Request
	zone *time.Location
}

func (p *Pages) frame(link *store.PartnerLink, base string) frame {
	f := frame{Hub: link, Base: base}
	var brand *string
	if link != nil {
		brand = link.BrandColour
		for _, part := range []*string{link.Address, link.Postcode} {
			if part != nil && *part != "" {
				f.HubAddress = strings.TrimPrefix(f.HubAddress+", "+*part, ", ")
			}
		}
	}
	f.Style = findsupport.Style(brand) + template.CSS(styleSheet)
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
		p.sorry(w, r, p.frame(nil, ""), http.StatusMethodNotAllowed, "This cannot be done here", "Go back and try again.")
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
		p.fail(w, r, p.frame(nil, ""), err)
		return
	case link == nil:
		if p.admit(w, r, costOfGuess) {
			p.sorry(w, r, p.frame(nil, ""), http.StatusNotFound, "This link does not work",
				"Check that all of the link was copied: it is long, and an email program may have cut it.",
				"If it still does not work, ask the person at the hub who sent it to you for a new one.")
		}
		return
	case asPartner == nil:
		p.ended(w, r, p.frame(link, ""), link)
		return
	}
	zone, err := time.LoadLocation(link.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	v := &visit{p.frame(link, Prefix+token), w, r.WithContext(asPartner), zone}
	v.Until = v.day(link.ExpiresAt)
	if r.Method == http.MethodPost {
		if !p.sameSite(r) {
			p.sorry(w, r, v.frame, http.StatusForbidden, "This came from another site", "Nothing was changed. Open your entry by its link and try again.")
			return
		}
		v.r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := v.r.ParseForm(); err != nil {
			p.sorry(w, r, v.frame, http.StatusRequestEntityTooLarge, "That was too much at once", "Nothing was changed. Write less, or send the changes one after the other.")
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
		p.sorry(w, r, p.frame(nil, ""), http.StatusTooManyRequests, "Please wait a moment", "There were many requests from where you are. Try again in a minute.")
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
func (p *Pages) ended(w http.ResponseWriter, r *http.Request, f frame, link *store.PartnerLink) {
	why := "It was ended by " + link.HubName + "."
	switch {
	case link.HubState != "LIVE":
		why = link.HubName + " is not open in Life Rooms at present."
	case link.RevokedAt == nil:
		zone, err := time.LoadLocation(link.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		why = "It worked until " + link.ExpiresAt.In(zone).Format("2 January 2006") + "."
	}
	p.sorry(w, r, f, http.StatusGone, "This link has ended", why, "Nothing is lost. To see or correct your entry, ask the person at "+link.HubName+" who sent you the link for a new one.")
}

// fail tells what went wrong, and the log what the reader is not told.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, f frame, err error) {
	switch told := problem.Of(err); told.Code {
	case problem.NotFound:
		p.sorry(w, r, f, http.StatusNotFound, "This is not here", "What you look for is not in your entry. It may have been removed meanwhile.")
		return
	case problem.Forbidden:
		p.sorry(w, r, f, http.StatusGone, "This link has ended", told.Message)
		return
	case problem.Internal:
		if !errors.Is(err, context.Canceled) {
			slog.ErrorContext(r.Context(), "a partner's page could not be made", "error", store.ForLog(err), "request", request.ID(r.Context()))
		}
	}
	p.show(w, r, http.StatusInternalServerError, sorryPage, sorry{withTitle(f, "Something went wrong"), []string{"Nothing was changed. Try again; if it goes on, tell the hub the number below."}, request.ID(r.Context())})
}

type sorry struct {
	frame
	Texts   []string
	Request string
}

func withTitle(f frame, title string) frame {
	f.Title = title
	return f
}

func (p *Pages) sorry(w http.ResponseWriter, r *http.Request, f frame, status int, title string, texts ...string) {
	p.show(w, r, status, sorryPage, sorry{withTitle(f, title), texts, ""})
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, t *template.Template, data interface{ style() template.CSS }) {
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, "layout", data); err != nil {
		slog.ErrorContext(r.Context(), "a partner's page could not be made", "error", err, "request", request.ID(r.Context()))
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(data.style()))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", "en-GB")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader has gone: nobody to tell
}

func (f frame) style() template.CSS { return f.Style }

// back leads to the entry, with a word about what was done.
func (v *visit) back(done string) {
	http.Redirect(v.w, v.r, v.Base+"?done="+done, http.StatusSeeOther)
}

func (v *visit) day(t time.Time) string { return t.In(v.zone).Format("2 January 2006") }

// today is the day at the hub, as days are kept.
func (p *Pages) today(v *visit) time.Time {
	y, m, d := p.now().In(v.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
