package virtionet

import (
	"net/netip"
	"slices"
	"testing"
)

var (
	src4, dst4 = netip.MustParseAddrPort(msSums[0].src), netip.MustParseAddrPort(msSums[0].dst)
	src6, dst6 = netip.MustParseAddrPort(msSums[5].src), netip.MustParseAddrPort(msSums[5].dst)
	home, care = netip.MustParseAddrPort(msSums[7].src), netip.MustParseAddrPort(msSums[7].dst)
)

// Extension headers: a fragment of no consequence, a routing header of type 2 to dst6, a home address option with src6.
func fragmentHeader(next byte) []byte { return []byte{next, 0, 0, 1, 0, 0, 0, 9} }

func routingTo(a netip.Addr, next byte) []byte {
	return append([]byte{next, 2, 2, 1, 0, 0, 0, 0}, a.AsSlice()...)
}

func homeOf(a netip.Addr, next byte) []byte {
	return slices.Concat([]byte{next, 2, 1, 2, 0, 0, optionHomeAddress, 16}, a.AsSlice())
}

// What QEMU 7.2.22 reported over a tap for the same frames, but for those that are cut within IP.
func TestAFrameIsHashedByTheFirstOfItsKindsThatIsEnabled(t *testing.T) {
	segment4, segment6 := tcp(src4, dst4, 1, 1, tcpACK, 1, nil), tcp(src6, dst6, 1, 1, tcpACK, 1, nil)
	v4, v6 := msSums[0], msSums[5]
	mobile := func(load []byte, protocol byte) []byte {
		ext := slices.Concat(homeOf(src6.Addr(), extRouting), routingTo(dst6.Addr(), protocol), load)
		return ether(nil, etherTypeIPv6, ipv6(home.Addr(), care.Addr(), extDestination, ext))
	}
	fragment4 := ipv4(src4.Addr(), dst4.Addr(), protocolTCP, segment4)
	fragment4[ipv4Fragment] = 0x20
	for _, c := range []struct {
		name    string
		frame   []byte
		enabled hashSet
		report  hashReport
		hash    uint32
	}{
		{"TCP over IPv4", carried(src4, dst4, protocolTCP, segment4), supportedHashes, reportTCPv4, v4.withPort},
		{"TCP over IPv4, TCP not enabled", carried(src4, dst4, protocolTCP, segment4), hashIPv4 | hashUDPv4, reportIPv4, v4.without},
		{"TCP over IPv4, only UDP enabled", carried(src4, dst4, protocolTCP, segment4), hashUDPv4, reportNone, 0},
		{"UDP over IPv4", carried(src4, dst4, protocolUDP, udp(src4, dst4, nil)), supportedHashes, reportUDPv4, v4.withPort},
		{"ICMP", carried(src4, dst4, 1, make([]byte, 8)), supportedHashes, reportIPv4, v4.without},
		{"a fragment of TCP over IPv4", ether(nil, etherTypeIPv4, fragment4), supportedHashes, reportIPv4, v4.without},
		{"TCP in a VLAN", ether([]uint16{etherTypeVLAN}, etherTypeIPv4, ipv4(src4.Addr(), dst4.Addr(), protocolTCP, segment4)),
			supportedHashes, reportTCPv4, v4.withPort},
		{"TCP in a VLAN in a VLAN", ether([]uint16{etherTypeQinQ, etherTypeVLAN}, etherTypeIPv4, ipv4(src4.Addr(), dst4.Addr(), protocolTCP, segment4)),
			supportedHashes, reportTCPv4, v4.withPort},
		{"TCP over IPv6", carried(src6, dst6, protocolTCP, segment6), hashTCPv6 | hashIPv6, reportTCPv6, v6.withPort},
		{"UDP over IPv6", carried(src6, dst6, protocolUDP, udp(src6, dst6, nil)), hashUDPv6 | hashIPv6, reportUDPv6, v6.withPort},
		{"something else over IPv6", carried(src6, dst6, 58, make([]byte, 8)), hashUDPv6 | hashIPv6, reportIPv6, v6.without},
		{"TCP over IPv6 with the extended types", carried(src6, dst6, protocolTCP, segment6), supportedHashes, reportTCPv6Ex, v6.withPort},
		{"a fragment of TCP over IPv6", carried(src6, dst6, extFragment, append(fragmentHeader(protocolTCP), segment6...)),
			hashTCPv6 | hashIPv6, reportIPv6, v6.without},
		{"TCP to and from addresses in extension headers", mobile(segment6, protocolTCP), supportedHashes, reportTCPv6Ex, v6.withPort},
		{"UDP to and from addresses in extension headers", mobile(udp(src6, dst6, nil), protocolUDP), supportedHashes, reportUDPv6Ex, v6.withPort},
		{"anything between addresses in extension headers", mobile(make([]byte, 8), 58), supportedHashes, reportIPv6Ex, v6.without},
		{"extension headers that run out", mobile(nil, extHopByHop), supportedHashes, reportIPv6Ex, v6.without},
		{"a TCP header that is cut", carried(src4, dst4, protocolTCP, segment4[:19]), supportedHashes, reportIPv4, v4.without},
		{"IPv4 that is cut", ether(nil, etherTypeIPv4, make([]byte, 19)), supportedHashes, reportNone, 0},
		{"IPv4 that says to be of version 6", ether(nil, etherTypeIPv4, ipv6(src6.Addr(), dst6.Addr(), 1, nil)), supportedHashes, reportNone, 0},
		{"ARP", ether(nil, 0x0806, make([]byte, 46)), supportedHashes, reportNone, 0},
		{"a frame of one byte", []byte{1}, supportedHashes, reportNone, 0},
	} {
		s := steering{hashes: c.enabled, key: newToeplitz(testKeyBytes)}
		if hash, report := s.hash(c.frame); hash != c.hash || report != c.report {
			t.Errorf("%s: %#x as report %d, want %#x as %d", c.name, hash, report, c.hash, c.report)
		}
	}
}

func TestNoFrameIsReadBeyondItsEnd(t *testing.T) {
	ext := slices.Concat(homeOf(src6.Addr(), extRouting), routingTo(dst6.Addr(), protocolTCP), tcp(src6, dst6, 1, 1, tcpACK, 1, nil))
	whole := ether([]uint16{etherTypeQinQ, etherTypeVLAN}, etherTypeIPv6, ipv6(home.Addr(), care.Addr(), extDestination, ext))
	s := steering{hashes: supportedHashes, key: newToeplitz(testKeyBytes)}
	for n := range len(whole) {
		if _, report := s.hash(whole[:n:n]); report.ports() {
			t.Errorf("%d of %d bytes have ports", n, len(whole))
		}
	}
}
