package gate

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"liferooms.io/liferooms/internal/problem"
	"liferooms.io/liferooms/internal/store"
	"liferooms.io/liferooms/internal/viewer"
)

// Config says how fast strangers may ask. The zero value of a limit is its default.
type Config struct {
	// Rate is how many requests a client may send in a second, and Burst how many at once; a Rate below 0: no limit. A client
	// is an IPv4 address or the /64 of an IPv6 one.
	Rate  float64
	Burst int
	// TrustedProxies are the networks whose X-Forwarded-For is believed. Without them the client is who connects.
	TrustedProxies []netip.Prefix
}

func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = 10
	}
	if c.Burst == 0 {
		c.Burst = 60
	}
	return c
}

// maxClients bounds the memory: whoever was not seen for longest starts afresh, with a full bucket.
const maxClients = 50_000

// Gate is safe for concurrent use.
type Gate struct {
	store   *store.Store
	config  Config
	clients *lru.Cache[netip.Prefix, *rate.Limiter]
}

// New makes a gate to the public catalogues in the store.
func New(s *store.Store, c Config) *Gate {
	clients, _ := lru.New[netip.Prefix, *rate.Limiter](maxClients) // fails for a size below one only
	return &Gate{s, c.withDefaults(), clients}
}

// Admit counts a request that costs as much as so many. Where it is too much it says in how many seconds to come again.
func (g *Gate) Admit(r *http.Request, cost int) (seconds int, admitted bool) {
	if g.config.Rate < 0 {
		return 0, true
	}
	client := g.client(r)
	bucket, known := g.clients.Get(client)
	if !known {
		bucket = rate.NewLimiter(rate.Limit(g.config.Rate), g.config.Burst)
		if before, had, _ := g.clients.PeekOrAdd(client, bucket); had {
			bucket = before
		}
	}
	cost = min(cost, g.config.Burst) // or it would never be admitted
	if bucket.AllowN(time.Now(), cost) {
		return 0, true
	}
	return int(math.Ceil(max(1, float64(cost)/g.config.Rate))), false
}

// client is who asks: the last address that no trusted proxy vouches for as another proxy. What a client itself writes
// into X-Forwarded-For stands before that.
func (g *Gate) client(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address := parse(host)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !g.trusted(address) {
			break
		}
		before := parse(strings.TrimSpace(hop))
		if !before.IsValid() {
			break
		}
		address = before
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // an address that is none, such as of a Unix socket: one client
	}
	return network
}

func parse(address string) netip.Addr {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Addr{}
	}
	return parsed.Unmap().WithZone("")
}

func (g *Gate) trusted(address netip.Addr) bool {
	return slices.ContainsFunc(g.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

// Address is a public address, taken apart.
type Address struct {
	Hub store.LiveHub
	// Base is the part that names the hub, as it was written: "walton", or "rw4/walton".
	Base string
	// Rest is what follows, without the slashes around it; "services/0198…".
	Rest string
	// Slash: the hub's name was followed by one.
	Slash bool
}

// Context is ctx with the stranger who reads the hub's public catalogue.
func (a Address) Context(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.ForPublic(a.Hub.TrustID, viewer.Hub{ID: a.Hub.HubID, Slug: a.Hub.Slug}))
}

var (
	slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	odsForm  = regexp.MustCompile(`^[A-Za-z0-9]{2,12}$`)
)

// Find finds the live hub of a path such as "walton/services" or "rw4/walton/services". Pages are the names that may follow
// a hub's, by which the two forms are told apart. The error is a problem with the code NotFound where there is no such
// hub, it is not live, or several trusts have one of that name and the path does not say which.
func (g *Gate) Find(ctx context.Context, path string, pages ...string) (Address, error) {
	parts := strings.Split(path, "/")
	ods := ""
	if len(parts) > 1 && parts[1] != "" && !slices.Contains(pages, parts[1]) {
		ods, parts = parts[0], parts[1:]
	}
	address := Address{Base: parts[0], Rest: strings.Trim(strings.Join(parts[1:], "/"), "/"), Slash: len(parts) > 1}
	if ods != "" {
		address.Base = ods + "/" + address.Base
	}
	if !slugForm.MatchString(parts[0]) || ods != "" && !odsForm.MatchString(ods) {
		return Address{}, problem.Missing("hub")
	}
	hubs, err := g.store.LiveHubs(ctx, parts[0])
	if err != nil {
		return Address{}, err
	}
	if ods != "" {
		hubs = slices.DeleteFunc(hubs, func(h store.LiveHub) bool { return !strings.EqualFold(h.TrustODS, ods) })
	}
	switch len(hubs) {
	case 0:
		return Address{}, problem.Missing("hub")
	case 1:
		address.Hub = hubs[0]
		return address, nil
	}
	var names []string
	for _, h := range hubs {
		names = append(names, fmt.Sprintf("%s/%s", strings.ToLower(h.TrustODS), h.Slug))
	}
	return Address{}, problem.New(problem.NotFound, "Several trusts have a hub of this name. Say which: %s.", strings.Join(names, ", "))
}
