package signin

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"liferooms.io/liferooms/ent/hub"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// site is where a browser is: at the app's public address, or at the host name of a hub. What a request says of its host is
// believed only where it is one of these; anything else is the public address.
type site struct {
	url string // a scheme and a host
	hub *store.HubRef
}

// siteOf finds the site of a request. known is false where its host is neither the app's nor a hub's.
func (s *SignIn) siteOf(r *http.Request) (at site, known bool, err error) {
	public := site{url: s.config.PublicURL}
	asked := strings.ToLower(r.Host)
	if asked == s.publicHost {
		return public, true, nil
	}
	name, port, err := net.SplitHostPort(asked)
	if err != nil {
		name, port = asked, ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		return public, false, nil
	}
	ref, known, err := s.hubs.named(r.Context(), strings.TrimSuffix(name, "."))
	if err != nil || !known {
		return public, false, err
	}
	host := strings.TrimSuffix(name, ".")
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	return site{url: s.config.PublicScheme + "://" + host, hub: &ref}, true, nil
}

// at is siteOf where an unknown host is as good as the public address.
func (s *SignIn) at(r *http.Request) (site, error) {
	at, _, err := s.siteOf(r)
	return at, err
}

func (a site) secure() bool { return strings.HasPrefix(a.url, "https://") }

// paused reports whether the site is that of a hub in which nobody may work now.
func (a site) paused() bool { return a.hub != nil && hub.State(a.hub.State) != hub.StateLive }

// slugFor is the hub of the site, where it is one of the viewer's own.
func (a site) slugFor(v *viewer.Viewer) string {
	if a.hub == nil || a.hub.TrustID != v.TrustID {
		return ""
	}
	if _, theirs := v.Hub(a.hub.Slug); !theirs {
		return ""
	}
	return a.hub.Slug
}

// Lost gives the address at which a page that was asked for is, where the request's host is neither the app's nor a hub's:
// the app is not shown under a name that is not its own. Empty where the host is known.
func (s *SignIn) Lost(r *http.Request) (string, error) {
	at, known, err := s.siteOf(r)
	if err != nil || known {
		return "", err
	}
	to := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/"), RawQuery: r.URL.RawQuery}
	return at.url + to.String(), nil
}
