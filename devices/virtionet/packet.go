package virtionet

import "encoding/binary"

// A packet is what a hash, and coalescing, look at: slices of a private copy of a frame's beginning.
type packet struct {
	choice hashChoice // nil if it is no IP packet
	ip     int        // where IP begins
	l4     int        // where what it carries begins; 0 if that is neither TCP nor UDP, or a fragment

	src, dst     []byte // addresses of the packet
	exSrc, exDst []byte // of its extension headers, nil where there is none
	ports        []byte // both
}

const (
	etherTypeIPv6 = 0x86dd
	etherTypeVLAN = 0x8100
	etherTypeQinQ = 0x88a8

	protocolTCP = 6

	minTCP = 20
	minUDP = 8

	ipv4Len = 20
	ipv6Len = 40
)

// parse reads a frame's headers from b, which are its first bytes, all if it is short. What is not there, or is not as it
// should be, ends the reading: the packet is of the kind that was known by then (QEMU's eth_get_protocols).
func parse(b []byte) (p packet) {
	at, kind := network(b)
	switch {
	case kind == etherTypeIPv4 && len(b) >= at+ipv4Len && b[at]>>4 == 4:
		p.parseIPv4(b, at)
	case kind == etherTypeIPv6 && len(b) >= at+ipv6Len:
		p.parseIPv6(b, at)
	}
	return p
}

// network finds what Ethernet carries, behind up to two VLAN tags.
func network(b []byte) (at int, etherType uint16) {
	if len(b) < ipAt+4 {
		return 0, 0
	}
	etherType, at = binary.BigEndian.Uint16(b[etherTypeAt:]), ipAt
	if etherType == etherTypeQinQ {
		etherType, at = binary.BigEndian.Uint16(b[at+2:]), at+4
	}
	if etherType == etherTypeVLAN && len(b) >= at+4 {
		etherType, at = binary.BigEndian.Uint16(b[at+2:]), at+4
	}
	return at, etherType
}

func (p *packet) parseIPv4(b []byte, at int) {
	const moreOrOffset = 0x3fff
	p.choice, p.ip = chooseIPv4, at
	p.src, p.dst = b[at+12:at+16], b[at+16:at+20]
	if binary.BigEndian.Uint16(b[at+6:])&moreOrOffset == 0 {
		p.parseTransport(b, at+int(b[at]&0xf)*4, b[at+9], chooseTCPv4, chooseUDPv4)
	}
}

func (p *packet) parseIPv6(b []byte, at int) {
	p.choice, p.ip = chooseIPv6, at
	p.src, p.dst = b[at+8:at+24], b[at+24:at+40]
	if transport, protocol := p.parseExtensions(b, at+ipv6Len, b[at+6]); transport != 0 {
		p.parseTransport(b, transport, protocol, chooseTCPv6, chooseUDPv6)
	}
}

func (p *packet) parseTransport(b []byte, at int, protocol byte, tcp, udp hashChoice) {
	switch {
	case protocol == protocolTCP && len(b) >= at+minTCP:
		p.choice = tcp
	case protocol == protocolUDP && len(b) >= at+minUDP:
		p.choice = udp
	default:
		return
	}
	p.l4, p.ports = at, b[at:at+4]
}

// IPv6 extension headers (RFC 8200), and those of mobility (RFC 6275).
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extAuth        = 51
	extDestination = 60
	extMobility    = 135

	optionPad1        = 0
	optionHomeAddress = 0xc9
)

func isExtension(protocol byte) bool {
	switch protocol {
	case extHopByHop, extRouting, extFragment, extAuth, extDestination, extMobility:
		return true
	}
	return false
}

// parseExtensions goes over the headers from at on and says where the packet's load begins: 0 in a fragment, and if they do not end
// in b.
func (p *packet) parseExtensions(b []byte, at int, protocol byte) (load int, carries byte) {
	fragment := false
	for isExtension(protocol) {
		if len(b) < at+2 {
			return 0, 0
		}
		switch protocol {
		case extRouting:
			p.exDst = routedTo(b[at:])
		case extDestination:
			p.exSrc = homeAddress(b[at:])
		case extFragment:
			fragment = true
		}
		protocol, at = b[at], at+(int(b[at+1])+1)*8
	}
	if fragment {
		at = 0
	}
	return at, protocol
}

// routedTo is the address of a type 2 routing header that has one segment left.
func routedTo(b []byte) []byte {
	if len(b) < 24 || b[1] != 2 || b[2] != 2 || b[3] != 1 {
		return nil
	}
	return b[8:24]
}

// homeAddress is the address of that option of a destination options header.
func homeAddress(b []byte) []byte {
	left := b[2:min(len(b), (int(b[1])+1)*8)]
	for len(left) > 2 {
		n := 1
		if left[0] != optionPad1 {
			n = 2 + int(left[1])
		}
		switch {
		case n > len(left):
			return nil
		case left[0] == optionHomeAddress && len(left) >= 18:
			return left[2:18]
		case left[0] == optionHomeAddress:
			return nil
		}
		left = left[n:]
	}
	return nil
}
