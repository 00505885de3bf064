package outbound

import (
	"net/netip"
	"testing"
)

func TestReachable(t *testing.T) {
	for address, want := range map[string]struct{ public, inside bool }{
		"1.1.1.1": {true, true}, "81.2.69.160": {true, true}, "2606:4700::1111": {true, true}, "::ffff:1.1.1.1": {true, true},
		"127.0.0.1": {false, true}, "127.8.9.10": {false, true}, "10.0.0.1": {false, true}, "172.16.0.1": {false, true}, "172.31.255.255": {false, true},
		"192.168.1.1": {false, true}, "100.64.0.1": {false, true}, "100.127.255.255": {false, true}, "::1": {false, true}, "fd00::1": {false, true},
		"fc00::1": {false, true}, "::ffff:127.0.0.1": {false, true}, "::ffff:10.0.0.1": {false, true}, "192.0.2.1": {false, true}, "198.18.0.1": {false, true},
		"2001:db8::1": {false, true}, "172.32.0.1": {true, true}, "100.128.0.1": {true, true},
		"0.0.0.0": {}, "0.1.2.3": {}, "169.254.169.254": {}, "::ffff:169.254.169.254": {}, "224.0.0.1": {}, "239.255.255.255": {}, "255.255.255.255": {},
		"240.0.0.1": {}, "::": {}, "fe80::1": {}, "fe80::1%eth0": {}, "ff02::1": {}, "64:ff9b::7f00:1": {}, "2002:7f00:1::": {}, "2001::1": {},
	} {
		a := netip.MustParseAddr(address)
		if got := Reachable(a, false); got != want.public {
			t.Errorf("%s: %t, want %t", address, got, want.public)
		}
		if got := Reachable(a, true); got != want.inside {
			t.Errorf("%s where private addresses are allowed: %t, want %t", address, got, want.inside)
		}
	}
}
