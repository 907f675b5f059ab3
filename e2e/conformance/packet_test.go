package conformance

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// A flow is one direction of a connection of TCP, or of UDP.
type flow struct {
	src, dst netip.AddrPort
	udp      bool
}

// flowOf is a flow of TCP.
func flowOf(src, dst string) flow {
	return flow{src: netip.MustParseAddrPort(src), dst: netip.MustParseAddrPort(dst)}
}

func (f flow) asUDP() flow { f.udp = true; return f }

// frame is a frame of the flow with 20 bytes of payload.
func (f flow) frame(seed byte) []byte {
	if f.udp {
		return f.packet(17, slices.Concat(f.ports(), []byte{0, 28, 0, 0}, payload(20, seed)))
	}
	return f.tcp(1000, tcpACK, payload(20, seed))
}

const (
	tcpFIN = 1
	tcpACK = 16
)

// tcp is a segment of the flow. Its checksum is not right.
func (f flow) tcp(seq uint32, flags byte, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(f.ports(), seq)
	b = binary.BigEndian.AppendUint32(b, 1)
	return f.packet(6, slices.Concat(b, []byte{5 << 4, flags, 1, 0, 0, 0, 0, 0}, data))
}

func (f flow) ports() (b []byte) {
	b = binary.BigEndian.AppendUint16(b, f.src.Port())
	return binary.BigEndian.AppendUint16(b, f.dst.Port())
}

// packet puts IP and Ethernet before what they carry.
func (f flow) packet(protocol byte, data []byte) []byte {
	src, dst := f.src.Addr().AsSlice(), f.dst.Addr().AsSlice()
	if f.src.Addr().Is4() {
		total := 20 + len(data)
		ip := []byte{0x45, 0, byte(total >> 8), byte(total), 0, 0, 0x40, 0, 64, protocol, 0, 0}
		return slices.Concat(ethernet(0x0800), ip, src, dst, data)
	}
	ip := []byte{0x60, 0, 0, 0, byte(len(data) >> 8), byte(len(data)), protocol, 64}
	return slices.Concat(ethernet(0x86dd), ip, src, dst, data)
}

func ethernet(kind uint16) []byte {
	return binary.BigEndian.AppendUint16(slices.Concat(ownMAC[:], otherMAC[:]), kind)
}

func payload(n int, seed byte) []byte { return slices.Repeat([]byte{seed}, n) }
