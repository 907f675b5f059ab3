package usernet

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A Forward is a port of the host that leads to one of the guest.
type Forward struct {
	Network string         // "tcp" or "udp"
	Host    netip.AddrPort // port 0: the host chooses, see User.Forwards
	Guest   netip.AddrPort // no address: the first that DHCP gives
}

const forwardSyntax = "[tcp|udp]:[HOSTADDR]:HOSTPORT-[GUESTADDR]:GUESTPORT"

// ParseForward reads QEMU's hostfwd=, as in tcp:127.0.0.1:2222-:22. No host address means all of the host's.
func ParseForward(s string) (Forward, error) {
	fail := func(why string) (Forward, error) {
		return Forward{}, fmt.Errorf("usernet: hostfwd=%s: %s; it is %s", s, why, forwardSyntax)
	}
	network, rest, ok := strings.Cut(s, ":")
	if !ok {
		return fail("no colon")
	}
	if network = orDefault(network, "tcp"); network != "tcp" && network != "udp" {
		return fail(fmt.Sprintf("protocol %q", network))
	}
	host, guest, ok := strings.Cut(rest, "-")
	if !ok {
		return fail("no hyphen between host and guest")
	}
	h, err := addrPort(host, netip.IPv4Unspecified())
	if err != nil {
		return fail(err.Error())
	}
	g, err := addrPort(guest, netip.Addr{})
	if err != nil {
		return fail(err.Error())
	}
	return Forward{network, h, g}, nil
}

func addrPort(s string, otherwise netip.Addr) (netip.AddrPort, error) {
	name, number, ok := strings.Cut(s, ":")
	port, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q has no port of 0 to 65535", s)
	}
	addr := otherwise
	if name != "" {
		if addr, err = netip.ParseAddr(name); err != nil || !addr.Is4() {
			return netip.AddrPort{}, fmt.Errorf("%q is not an IPv4 address", name)
		}
	}
	return netip.AddrPortFrom(addr, uint16(port)), nil
}

func (f *Forward) String() string { return fmt.Sprintf("%s:%v-%v", f.Network, f.Host, f.Guest) }

func (f *Forward) complete(c *Config) error {
	if !f.Guest.Addr().IsValid() {
		f.Guest = netip.AddrPortFrom(c.DHCPStart, f.Guest.Port())
	}
	switch {
	case f.Network != "tcp" && f.Network != "udp":
		return fmt.Errorf("usernet: hostfwd %v: protocol must be tcp or udp", f)
	case !c.Net.Contains(f.Guest.Addr()) || c.ours(f.Guest.Addr()):
		return fmt.Errorf("usernet: hostfwd %v: the guest's address must be in net=%v and not ours", f, c.Net)
	case f.Guest.Port() == 0:
		return fmt.Errorf("usernet: hostfwd %v: the guest's port must not be 0", f)
	case !f.Host.Addr().IsValid():
		return fmt.Errorf("usernet: hostfwd %v: no host address", f)
	}
	return nil
}
