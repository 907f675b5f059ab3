package usernet

import (
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// accept says whether the stack may see a frame of the guest. The stack takes every address for its own, as address
// translation needs it; so what it would answer in the name of others is held back here: ARP requests for other addresses
// (the guest's probe for its own address among them) and pings of the world.
func (c *Config) accept(frame []byte) bool {
	if len(frame) < header.EthernetMinimumSize {
		return false
	}
	switch p := frame[header.EthernetMinimumSize:]; header.Ethernet(frame).Type() {
	case header.ARPProtocolNumber:
		return c.acceptARP(p)
	case header.IPv4ProtocolNumber:
		return c.acceptIPv4(p)
	}
	return false // IPv6 is off
}

func (c *Config) acceptARP(p header.ARP) bool {
	return p.IsValid() && (p.Op() != header.ARPRequest || c.ours(addr(p.ProtocolAddressTarget())))
}

func (c *Config) acceptIPv4(p header.IPv4) bool {
	return len(p) >= header.IPv4MinimumSize && (p.TransportProtocol() != header.ICMPv4ProtocolNumber || c.ours(addr(p[16:20])))
}

func addr(b []byte) netip.Addr { return netip.AddrFrom4([4]byte(b)) }

// outside gives the host's address and port for what the guest calls dst; false if the guest may not go there.
func (c *Config) outside(dst netip.AddrPort) (netip.AddrPort, bool) {
	a := dst.Addr()
	switch {
	case c.Restrict:
		return dst, false
	case a == c.Host:
		return netip.AddrPortFrom(c.Loopback, dst.Port()), true
	case c.Net.Contains(a), a.IsLoopback(), a.IsLinkLocalUnicast(), a.IsUnspecified(), a.As4()[0] >= 224:
		return dst, false
	}
	return dst, true
}
