package outbound

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"
)

// ErrPrivate is the error of a connection to an address that nobody outside has any business with.
var ErrPrivate = errors.New("not a public address")

// never are addresses of no site, whatever is allowed: of no host, of the link (where clouds keep their machines' secrets),
// of many hosts, reserved, or another address in disguise (NAT64, 6to4, Teredo).
var never = prefixes("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")

// inside are addresses of one machine or one network (IANA's special-purpose registries, RFC 6890): loopback, RFC 1918,
// carrier-grade NAT, unique local, benchmarks, documentation.
var inside = prefixes("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"::1/128", "fc00::/7", "100::/64", "2001:2::/48", "2001:db8::/32", "3fff::/20", "5f00::/16")

func prefixes(all ...string) []netip.Prefix {
	made := make([]netip.Prefix, len(all))
	for i, p := range all {
		made[i] = netip.MustParsePrefix(p)
	}
	return made
}

// Reachable reports whether a feed or page may be at the address.
func Reachable(a netip.Addr, allowPrivate bool) bool {
	a = a.Unmap().WithZone("") // an IPv4 address written as IPv6 is an IPv4 address
	holds := func(p netip.Prefix) bool { return p.Contains(a) }
	return a.IsValid() && !slices.ContainsFunc(never, holds) && (allowPrivate || !slices.ContainsFunc(inside, holds))
}

// Control, of a net.Dialer, refuses connections by the address that they are made to, after the name was resolved: a name that is public
// when it is looked at and private when it is used does not pass.
func Control(allowPrivate bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp4" && network != "tcp6" {
			return fmt.Errorf("%w: %s %s", ErrPrivate, network, address)
		}
		if !Reachable(to.Addr(), allowPrivate) {
			return fmt.Errorf("%w: %s", ErrPrivate, to.Addr())
		}
		return nil
	}
}
