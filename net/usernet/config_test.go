package usernet

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAForwardIsSpelledAsQEMUSpellsIt(t *testing.T) {
	for s, want := range map[string]string{
		"tcp:127.0.0.1:2222-:22":     "tcp:127.0.0.1:2222-10.0.2.15:22",
		"tcp::2222-:22":              "tcp:0.0.0.0:2222-10.0.2.15:22",
		"udp::53-10.0.2.20:5353":     "udp:0.0.0.0:53-10.0.2.20:5353",
		":127.0.0.2:0-10.0.2.20:443": "tcp:127.0.0.2:0-10.0.2.20:443",
	} {
		f, err := ParseForward(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		c, err := Config{Forwards: []Forward{f}}.withDefaults()
		if err != nil || c.Forwards[0].String() != want {
			t.Errorf("%s is %v, %v; want %s", s, &c.Forwards[0], err, want)
		}
	}
}

func TestAForwardThatIsNoneSaysWhy(t *testing.T) {
	for s, want := range map[string]string{
		"":                     "no colon",
		"sctp::1-:1":           `protocol "sctp"`,
		"tcp::22":              "no hyphen",
		"tcp::x-:22":           "no port",
		"tcp::65536-:22":       "no port",
		"tcp:host:1-:22":       "not an IPv4 address",
		"tcp:::1:1-:22":        "no port",
		"tcp:127.0.0.1:1-22":   "no port",
		"tcp:127.0.0.1:1-::22": "no port",
	} {
		if f, err := ParseForward(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v, want %q", s, f, err, want)
		}
	}
}

func TestAddressesThatCannotBeAreRefused(t *testing.T) {
	in := netip.MustParseAddr
	for want, c := range map[string]Config{
		"must be IPv4":                    {Net: netip.MustParsePrefix("fec0::/64")},
		"8 to 27 bits":                    {Net: netip.MustParsePrefix("10.0.0.0/30")},
		"host=10.9.0.2 is not in":         {Host: in("10.9.0.2")},
		"dns=10.0.2.2 is host already":    {DNS: in("10.0.2.2")},
		"host=10.0.2.0 is the network":    {Host: in("10.0.2.0")},
		"is the broadcast address":        {DHCPStart: in("10.0.2.255")},
		"guest's address must be in net":  {Forwards: []Forward{{"tcp", loopback, netip.MustParseAddrPort("10.0.3.1:1")}}},
		"guest's port must not be 0":      {Forwards: []Forward{{"tcp", loopback, netip.AddrPort{}}}},
		"protocol must be tcp or udp":     {Forwards: []Forward{{"icmp", loopback, netip.MustParseAddrPort("10.0.2.15:1")}}},
		"no host address":                 {Forwards: []Forward{{"tcp", netip.AddrPort{}, netip.MustParseAddrPort("10.0.2.15:1")}}},
		"another process has the port":    {Forwards: []Forward{twice(), twice()}},
		"hostname= and domainname= have ": {Hostname: strings.Repeat("x", 256)},
	} {
		u, err := New(c)
		if err == nil {
			u.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func twice() Forward {
	return Forward{"tcp", netip.MustParseAddrPort("127.0.0.77:47777"), netip.MustParseAddrPort("10.0.2.15:1")}
}

func TestTheDefaultsFollowTheNetwork(t *testing.T) {
	c, err := Config{Net: netip.MustParsePrefix("192.168.76.9/24")}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]any{"192.168.76.0/24": c.Net, "192.168.76.2": c.Host, "192.168.76.3": c.DNS, "192.168.76.15": c.DHCPStart, "127.0.0.1": c.Loopback} {
		if s := got.(interface{ String() string }).String(); s != want {
			t.Errorf("%s, want %s", s, want)
		}
	}
}
