package catalogue

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/viewer"
)

// label is a name as DNS-1123 has it.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// check says all that is to mend in a hub's sources, or gives them with their defaults.
func check(hub viewer.Hub, sources []Source) ([]*wanted, error) {
	if len(sources) > MaxSources {
		return nil, problem.Field("catalogueSources", "A hub has at most %d catalogue sources; there are %d. Put small ones together.", MaxSources, len(sources))
	}
	var all []*wanted
	var wrong []error
	names, from := map[string]bool{}, map[string]bool{}
	for i, given := range sources {
		w := &wanted{Source: given, source: given.Name}
		mend := func(field, format string, args ...any) {
			wrong = append(wrong, problem.Field(fmt.Sprintf("catalogueSources.%d.%s", i, field), format, args...))
		}
		switch {
		case !label.MatchString(w.Name):
			mend("name", "A source's name is 1 to 63 lower-case letters, digits and hyphens, such as sefton-directory.")
		case w.Name == "local":
			mend("name", `"local" stands for what staff added themselves. Name the feed.`)
		case names[w.Name]:
			mend("name", "Two sources are called %s. Give each a name of its own.", w.Name)
		}
		names[w.Name] = true
		if w.Format == "" {
			w.Format = OpenReferral
		}
		if w.Format != OpenReferral && w.Format != Outpost {
			mend("format", "The format is OPEN_REFERRAL (Open Referral UK 3.0 and HSDS 3) or OUTPOST.")
		}
		if w.Refresh == 0 {
			w.Refresh = DefaultRefresh
		}
		w.Refresh = w.Refresh.Truncate(time.Minute)
		if w.Refresh < MinRefresh || w.Refresh > MaxRefresh {
			mend("refresh", "A source is fetched every 5 minutes at most and every 30 days at least.")
		}
		w.check(hub, mend)
		if w.Kind == Hub {
			w.source = "hub:" + w.Hub
		}
		if w.Kind == Hub && from[w.source] {
			mend("hub", "Two sources are the hub %s. Keep one.", w.Hub)
		}
		from[w.source] = true
		all = append(all, w)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return all, nil
}

// check sees to what the kind needs, and clears what it has no use for.
func (w *wanted) check(hub viewer.Hub, mend func(field, format string, args ...any)) {
	if w.Kind != URL && w.URL != "" || w.Kind != Document && len(w.Document) > 0 || w.Kind != Hub && w.Hub != "" {
		mend("kind", "A source is one of three: the address of a feed (URL), a document (DOCUMENT) or another hub (HUB). Give only what belongs to its kind.")
		return
	}
	switch w.Kind {
	case URL:
		if message := badAddress(w.URL); message != "" {
			mend("url", "%s", message)
		}
	case Document:
		switch {
		case len(strings.TrimSpace(string(w.Document))) == 0:
			mend("document", "The document is empty. Put the catalogue into it, in JSON or Outpost's CSV.")
		case len(w.Document) > MaxDocument:
			mend("document", "The document is %d KiB long; at most 1024 are taken. Serve it at an address instead, and give that.", len(w.Document)>>10)
		}
		w.digest = digestOf(w.Document)
	case Hub:
		switch {
		case !label.MatchString(w.Hub) || len(w.Hub) > 40:
			mend("hub", "Name the other hub by its slug, such as walton.")
		case w.Hub == hub.Slug:
			mend("hub", "A hub cannot be a source of its own catalogue. Name another hub of the trust.")
		}
	default:
		mend("kind", "A source is the address of a feed (URL), a document (DOCUMENT) or another hub (HUB).")
	}
	if w.Kind != URL {
		w.AllowPrivate = false
	}
}

// badAddress says what is wrong with a feed's address; empty where nothing is.
func badAddress(address string) string {
	u, err := url.Parse(address)
	switch {
	case len(address) > 2000 || strings.ContainsFunc(address, func(r rune) bool { return !unicode.IsGraphic(r) || r == ' ' }):
		return "An address has at most 2000 characters, and no spaces."
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "Give the whole address of the feed: https://example.org/api/services."
	case u.User != nil:
		return "Leave the user name and password out of the address: it is shown to whoever looks after the hub."
	}
	return ""
}

// plainFields names the fields of the only source that was checked as they are called where there is no list.
func plainFields(err error) error {
	problems, rest := problem.Correctable(err)
	if rest != nil {
		return rest
	}
	plain := make([]error, len(problems))
	for i, p := range problems {
		plain[i] = problem.Field(strings.TrimPrefix(p.Field, "catalogueSources.0."), "%s", p.Message)
	}
	return errors.Join(plain...)
}
