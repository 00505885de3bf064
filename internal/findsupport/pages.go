package findsupport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"liferooms.io/liferooms/ent/schema"
	"liferooms.io/liferooms/internal/directory"
	"liferooms.io/liferooms/internal/feed"
	"liferooms.io/liferooms/internal/gate"
	"liferooms.io/liferooms/internal/plainpage"
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// Prefix is where the pages are: Prefix + "walton", or Prefix + "rw4/walton".
const Prefix = "/find-support/"

// timeLimit bounds the making of a page.
const timeLimit = 10 * time.Second

//go:embed pages messages
var files embed.FS

var (
	languages   = plainpage.Languages(files)
	searchPage  = plainpage.Template(files, "search")
	servicePage = plainpage.Template(files, "service")
	whatsOnPage = plainpage.Template(files, "whatson")
	sorryPage   = plainpage.Template(files, "sorry")
	styleSheet  = plainpage.StyleSheet(files)
)

// Pages answers for all hubs. It is safe for concurrent use.
type Pages struct {
	store     *store.Store
	directory *directory.Directory
	gate      *gate.Gate
	publicURL string
	now       func() time.Time
}

// New makes the pages of the hubs in the store. PublicURL is how browsers reach the server: it is what the QR codes say.
func New(s *store.Store, d *directory.Directory, g *gate.Gate, publicURL string) *Pages {
	return &Pages{s, d, g, strings.TrimSuffix(publicURL, "/"), time.Now}
}

// frame is what all pages have.
type frame struct {
	plainpage.Page
	// Here is "search", "whatson" or empty: where in the navigation one is.
	Here string
	// Hub is nil on a page that belongs to none.
	Hub        *store.LiveHub
	HubAddress string
	// Open are the hub's opening hours, a line for each day on which it opens.
	Open []string
	// OtherDays are those of the coming four weeks on which other hours hold.
	OtherDays []otherDay
	Feed      string

	zone *time.Location
}

func (p *Pages) frame(r *http.Request, address *gate.Address) *frame {
	if address == nil {
		return &frame{Page: plainpage.New(r, languages, "", nil, styleSheet)}
	}
	h := address.Hub
	f := &frame{
		Page: plainpage.New(r, languages, Prefix+address.Base, h.BrandColour, styleSheet),
		Hub:  &h, HubAddress: plainpage.Address(h.Address, h.Postcode), Feed: feed.Prefix + address.Base + "/",
	}
	f.Alternates = true
	f.Open = openingHours(f.Locale, h.OpeningHours)
	var err error
	if f.zone, err = time.LoadLocation(h.TimeZone); err != nil {
		f.zone = time.UTC
	}
	f.OtherDays = otherDays(f.Locale, h.OpeningExceptions, p.now().In(f.zone))
	return f
}

func openingHours(l *plainpage.Locale, hours []schema.OpeningHours) []string {
	var lines []string
	for _, d := range week {
		var times []string // a hub may close over lunch
		for _, h := range hours {
			if strings.EqualFold(string(h.Day), d.String()) {
				times = append(times, l.T("from.to", "from", h.Opens, "to", h.Closes))
			}
		}
		if len(times) > 0 {
			lines = append(lines, l.Weekday(d)+": "+strings.Join(times, ", "))
		}
	}
	return lines
}

// otherDay is a day on which the hub's week does not hold.
type otherDay struct{ Day, Times, Note string }

// otherDaysAhead is how many days ahead such a day is told.
const otherDaysAhead = 28

func otherDays(l *plainpage.Locale, exceptions []schema.OpeningException, now time.Time) []otherDay {
	today, last := now.Format(time.DateOnly), now.AddDate(0, 0, otherDaysAhead).Format(time.DateOnly)
	soon := slices.DeleteFunc(slices.Clone(exceptions), func(e schema.OpeningException) bool { return e.Date < today || e.Date > last })
	slices.SortStableFunc(soon, func(a, b schema.OpeningException) int { return strings.Compare(a.Date, b.Date) })
	var days []otherDay
	for _, e := range soon {
		day, err := time.Parse(time.DateOnly, e.Date)
		if err != nil {
			continue // provisioning takes days only
		}
		times := l.T("footer.closed")
		if e.Opens != "" {
			times = l.T("from.to", "from", e.Opens, "to", e.Closes)
		}
		days = append(days, otherDay{l.Day(day), times, e.Note})
	}
	return days
}

// ServeHTTP answers below Prefix.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		p.sorry(w, r, nil, http.StatusMethodNotAllowed, "broken", "")
		return
	}
	if seconds, admitted := p.gate.Admit(r, 1); !admitted {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		p.sorry(w, r, nil, http.StatusTooManyRequests, "toomany", "")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeLimit)
	defer cancel()
	address, err := p.gate.Find(ctx, strings.TrimPrefix(r.URL.Path, Prefix), "services", "whats-on")
	if err != nil {
		p.fail(w, r, nil, err)
		return
	}
	if address.Slash && address.Rest == "" {
		target := url.URL{Path: Prefix + address.Base, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, target.String(), http.StatusPermanentRedirect)
		return
	}
	err = p.page(address.Context(ctx), w, r, &address)
	if problem.Is(err, problem.NotFound) {
		err = p.moved(address.Context(ctx), w, r, &address, err)
	}
	if err != nil {
		p.fail(w, r, &address, err)
	}
}

// moved leads from a service that was merged into another to that one. It is asked again each time: a merge can be undone.
func (p *Pages) moved(ctx context.Context, w http.ResponseWriter, r *http.Request, address *gate.Address, missing error) error {
	rest, ofService := strings.CutPrefix(address.Rest, "services/")
	name, _, _ := strings.Cut(rest, "/")
	id, err := uuid.Parse(name)
	if !ofService || err != nil {
		return missing
	}
	successor, err := p.directory.PublicSuccessor(ctx, id)
	if err != nil || successor == nil {
		return errors.Join(err, missing)
	}
	target := url.URL{Path: Prefix + address.Base + "/services/" + strings.Replace(rest, name, successor.String(), 1), RawQuery: r.URL.RawQuery}
	w.Header().Set("Cache-Control", "no-cache")
	http.Redirect(w, r, target.String(), http.StatusPermanentRedirect)
	return nil
}

func (p *Pages) page(ctx context.Context, w http.ResponseWriter, r *http.Request, address *gate.Address) error {
	f := p.frame(r, address)
	kind, rest, _ := strings.Cut(address.Rest, "/")
	switch {
	case kind == "":
		return p.search(ctx, w, r, f)
	case kind == "whats-on" && rest == "":
		return p.whatsOn(ctx, w, r, f)
	case kind == "services":
		name, file, _ := strings.Cut(rest, "/")
		id, err := uuid.Parse(name)
		switch {
		case err != nil || id.String() != name:
		case file == "":
			return p.service(ctx, w, r, f, id)
		case file == "sessions.ics":
			return p.calendar(ctx, w, r, f, id)
		case file == "qr.svg":
			return p.qrPicture(ctx, w, r, f, id)
		}
	}
	return problem.Missing("page")
}

// fail tells what went wrong, and the log what the reader is not told.
func (p *Pages) fail(w http.ResponseWriter, r *http.Request, address *gate.Address, err error) {
	told := problem.Of(err)
	switch {
	case told.Code == problem.NotFound:
		detail := ""
		if address == nil && !strings.HasPrefix(told.Message, "There is no") {
			detail = told.Message // which of several hubs
		}
		p.sorry(w, r, address, http.StatusNotFound, "missing", detail)
		return
	case errors.Is(err, context.Canceled):
	default:
		slog.ErrorContext(r.Context(), "a public page could not be made", "error", store.ForLog(err), "request", request.ID(r.Context()))
	}
	p.sorry(w, r, address, http.StatusInternalServerError, "broken", request.ID(r.Context()))
}

type sorry struct {
	*frame
	Heading, Text, Detail string
}

func (p *Pages) sorry(w http.ResponseWriter, r *http.Request, address *gate.Address, status int, what, detail string) {
	f := p.frame(r, address)
	f.Title, f.Robots = f.T(what+".heading"), "noindex"
	text := f.T(what + ".text")
	if what == "missing" && f.Hub == nil { // there is nothing to search
		text = f.T("missing.hub")
	}
	page, err := f.Render(w.Header(), sorryPage, sorry{f, f.Title, text, detail})
	if err != nil {
		http.Error(w, f.Title, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page) // the reader has gone: nobody to tell
}

// show answers with a page.
func (f *frame) show(w http.ResponseWriter, r *http.Request, t *template.Template, view any) error {
	page, err := f.Render(w.Header(), t, view)
	if err != nil {
		return err
	}
	// Kept, but asked about each time: what a hub hides is gone at once.
	w.Header().Set("Cache-Control", "public, no-cache")
	serve(w, r, page)
	return nil
}

// serve answers with a body that is known again by its tag.
func serve(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
