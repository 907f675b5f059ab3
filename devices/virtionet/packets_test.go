package virtionet

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// ether puts packets behind Ethernet addresses and VLAN tags.
func ether(tags []uint16, etherType uint16, packet []byte) []byte {
	b := append(make([]byte, 12), tagged(tags)...)
	return append(binary.BigEndian.AppendUint16(b, etherType), packet...)
}

func tagged(tags []uint16) (b []byte) {
	for _, tpid := range tags {
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, tpid), 1)
	}
	return b
}

// ipv4 is a packet without options that may not be fragmented.
func ipv4(src, dst netip.Addr, protocol byte, load []byte) []byte {
	b := make([]byte, ipv4Len)
	b[0], b[8], b[9] = 0x45, 64, protocol
	binary.BigEndian.PutUint16(b[ipv4Total:], uint16(ipv4Len+len(load)))
	binary.BigEndian.PutUint16(b[ipv4Fragment:], dontFragment)
	copy(b[12:], src.AsSlice())
	copy(b[16:], dst.AsSlice())
	binary.BigEndian.PutUint16(b[ipv4Sum:], ^fold(onesSum(b)))
	return append(b, load...)
}

// ipv6 is a packet whose load begins with extension headers, if next is one.
func ipv6(src, dst netip.Addr, next byte, load []byte) []byte {
	b := make([]byte, ipv6Len)
	b[0], b[6], b[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(b[ipv6Payload:], uint16(len(load)))
	copy(b[8:], src.AsSlice())
	copy(b[24:], dst.AsSlice())
	return append(b, load...)
}

func ports(src, dst netip.AddrPort) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, src.Port()), dst.Port())
}

// tcp is a segment with a right checksum.
func tcp(src, dst netip.AddrPort, seq, ack uint32, flags byte, window uint16, data []byte) []byte {
	b := append(ports(src, dst), make([]byte, minTCP-4)...)
	binary.BigEndian.PutUint32(b[tcpSeq:], seq)
	binary.BigEndian.PutUint32(b[tcpAck:], ack)
	b[tcpOffset], b[tcpFlags] = minTCP<<2, flags
	binary.BigEndian.PutUint16(b[tcpWindow:], window)
	b = append(b, data...)
	pseudo := slices.Concat(src.Addr().AsSlice(), dst.Addr().AsSlice(), []byte{0, protocolTCP, byte(len(b) >> 8), byte(len(b))})
	binary.BigEndian.PutUint16(b[16:], ^fold(onesSum(pseudo)+onesSum(b)))
	return b
}

func udp(src, dst netip.AddrPort, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(ports(src, dst), uint16(minUDP+len(data)))
	return append(append(b, 0, 0), data...)
}

// carried puts a load of TCP, UDP or anything else behind IP of the addresses' version.
func carried(src, dst netip.AddrPort, protocol byte, load []byte) []byte {
	if src.Addr().Is4() {
		return ether(nil, etherTypeIPv4, ipv4(src.Addr(), dst.Addr(), protocol, load))
	}
	return ether(nil, etherTypeIPv6, ipv6(src.Addr(), dst.Addr(), protocol, load))
}

// tcpFrame is a segment of n bytes.
func tcpFrame(src, dst string, n int) []byte {
	s, d := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	return carried(s, d, protocolTCP, tcp(s, d, 1, 1, tcpACK, 1000, frame(n, 1)))
}
