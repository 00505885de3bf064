package findsupport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
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
	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/request"
	"liferooms.io/liferooms/internal/store"
)

// Prefix is where the pages are: Prefix + "walton", or Prefix + "rw4/walton".
const Prefix = "/find-support/"

// timeLimit bounds the making of a page.
const timeLimit = 10 * time.Second

//go:embed pages
var files embed.FS

var (
	searchPage  = parse("search")
	servicePage = parse("service")
	whatsOnPage = parse("whatson")
	sorryPage   = parse("sorry")
	styleSheet  = func() string {
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
	*locale
	Title string
	// Page is "search", "whatson" or empty: where in the navigation one is.
	Page string
	// Hub is nil on a page that belongs to none.
	Hub        *store.LiveHub
	HubAddress string
	// Open are the hub's opening hours, a line for each day on which it opens.
	Open []string
	// OtherDays are those of the coming four weeks on which other hours hold.
	OtherDays []otherDay
	// Base is the address of the hub's pages without a language.
	Base      string
	LangAsked bool
	Languages []languageLink
	Style     template.CSS
	// Content says that what follows is in the language of the catalogue and not of the interface.
	Content template.HTMLAttr
	Robots  string
	Feed    string

	zone *time.Location
}

// Style is the style sheet of a hub's public pages, in the hub's colour.
func Style(brandColour *string) template.CSS {
	return template.CSS(paletteOf(brandColour).css() + styleSheet)
}

type languageLink struct {
	Code, Name, URL string
	Current         bool
}

// At is the address of one of the hub's pages, in the language that was asked for.
func (f *frame) At(path string) string { return f.with(path, nil) }

func (f *frame) with(path string, query url.Values) string {
	all := url.Values{}
	for name, values := range query {
		all[name] = values
	}
	if f.LangAsked {
		all.Set("lang", f.Code)
	}
	if len(all) == 0 {
		return f.Base + path
	}
	return f.Base + path + "?" + all.Encode()
}

func (p *Pages) frame(r *http.Request, address *gate.Address) *frame {
	f := &frame{}
	f.locale, f.LangAsked = localeOf(r)
	var brand *string
	if address != nil {
		h := address.Hub
		f.Hub, f.Base, f.Feed, brand = &h, Prefix+address.Base, feed.Prefix+address.Base+"/", h.BrandColour
		f.HubAddress = strings.Join(present(text(h.Address), text(h.Postcode)), ", ")
		f.Open = f.openingHours(h.OpeningHours)
		zone, err := time.LoadLocation(h.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		f.zone = zone
		f.OtherDays = f.otherDays(h.OpeningExceptions, p.now().In(zone))
	}
	if f.Code != "en" {
		f.Content = ` lang="en-GB"`
	}
	f.Style = Style(brand)
	for _, l := range locales {
		query := r.URL.Query()
		query.Set("lang", l.Code)
		f.Languages = append(f.Languages, languageLink{l.Code, l.T("language"), r.URL.Path + "?" + query.Encode(), l == f.locale})
	}
	return f
}

func (l *locale) openingHours(hours []schema.OpeningHours) []string {
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

func (l *locale) otherDays(exceptions []schema.OpeningException, now time.Time) []otherDay {
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
	var page bytes.Buffer
	if err := sorryPage.ExecuteTemplate(&page, "layout", sorry{f, f.Title, f.T(what + ".text"), detail}); err != nil {
		http.Error(w, f.Title, http.StatusInternalServerError)
		return
	}
	f.headers(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader has gone: nobody to tell
}

// headers let the page do nothing but be read, follow links and send its own form.
func (f *frame) headers(h http.Header) {
	sum := sha256.Sum256([]byte(f.Style))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", f.Code)
	h.Add("Vary", "Accept-Language")
	// Kept, but asked about each time: what a hub hides is gone at once.
	h.Set("Cache-Control", "public, no-cache")
}

// show answers with a page.
func (f *frame) show(w http.ResponseWriter, r *http.Request, t *template.Template, data any) error {
	var page bytes.Buffer
	if err := t.ExecuteTemplate(&page, "layout", data); err != nil {
		return fmt.Errorf("make a page: %w", err)
	}
	f.headers(w.Header())
	serve(w, r, page.Bytes())
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

// present are the texts that are not empty.
func present(all ...string) []string {
	var some []string
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}

// paragraphs are the lines of a text.
func paragraphs(s string) []string { return present(strings.Split(s, "\n")...) }
