package usernet

import (
	"encoding/binary"
	"fmt"
	stdnet "net"
	"net/netip"

	"github.com/rs/zerolog"
)

// Config is what -netdev user says, with QEMU's defaults for what is left zero.
type Config struct {
	Net       netip.Prefix // net=: 10.0.2.0/24
	Host      netip.Addr   // host=: the host as the guest sees it; the network's address + 2
	DNS       netip.Addr   // dns=: the name server; + 3
	DHCPStart netip.Addr   // dhcpstart=: the first of up to 16 leases; + 15

	Hostname string   // hostname=: told by DHCP
	Domain   string   // domainname=: told by DHCP
	Search   []string // dnssearch=: told by DHCP

	Restrict bool      // restrict=on: the guest reaches nobody, not even the host and the name server; Forwards still work
	Forwards []Forward // hostfwd=

	// Loopback is where Host leads: 127.0.0.1. A VMM that is itself in a guest gives the outer network's host here.
	Loopback netip.Addr
	// Resolver answers the guest's names: the host's, without cgo. A host without resolv.conf knows only /etc/hosts.
	Resolver *stdnet.Resolver

	Log zerolog.Logger
}

// withDefaults fills in and checks.
func (c Config) withDefaults() (Config, error) {
	c.Net = orDefault(c.Net, netip.MustParsePrefix("10.0.2.0/24")).Masked()
	if !c.Net.Addr().Is4() || c.Net.Bits() < 8 || c.Net.Bits() > 27 {
		return c, fmt.Errorf("usernet: net=%v: must be IPv4 with a prefix of 8 to 27 bits", c.Net)
	}
	c.Host = orDefault(c.Host, offset(c.Net, 2))
	c.DNS = orDefault(c.DNS, offset(c.Net, 3))
	c.DHCPStart = orDefault(c.DHCPStart, offset(c.Net, 15))
	c.Loopback = orDefault(c.Loopback, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if c.Resolver == nil {
		c.Resolver = &stdnet.Resolver{PreferGo: true}
	}
	return c, c.check()
}

func (c *Config) check() error {
	seen := map[netip.Addr]string{offset(c.Net, 0): "the network", broadcast(c.Net): "the broadcast address"}
	for _, a := range []struct {
		name string
		addr netip.Addr
	}{{"host", c.Host}, {"dns", c.DNS}, {"dhcpstart", c.DHCPStart}} {
		if !c.Net.Contains(a.addr) {
			return fmt.Errorf("usernet: %s=%v is not in net=%v", a.name, a.addr, c.Net)
		}
		if other, taken := seen[a.addr]; taken {
			return fmt.Errorf("usernet: %s=%v is %s already", a.name, a.addr, other)
		}
		seen[a.addr] = a.name
	}
	if len(c.Hostname) > 255 || len(c.Domain) > 255 {
		return fmt.Errorf("usernet: hostname= and domainname= have at most 255 bytes (DHCP)")
	}
	for i := range c.Forwards {
		if err := c.Forwards[i].complete(c); err != nil {
			return err
		}
	}
	return nil
}

// ours says whether a is one that the stack answers for.
func (c *Config) ours(a netip.Addr) bool { return a == c.Host || a == c.DNS && !c.Restrict }

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func offset(p netip.Prefix, n uint32) netip.Addr {
	b := p.Masked().Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+n)
	return netip.AddrFrom4(b)
}

func broadcast(p netip.Prefix) netip.Addr { return offset(p, 1<<(32-p.Bits())-1) }
