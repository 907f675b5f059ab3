package main

import "encoding/binary"

// A packet is TCP or UDP, or neither, over one of the two versions of IP in an Ethernet frame.
type packet struct {
	dst      [6]byte
	tag      int // VLAN id, negative for none
	v6       bool
	protocol byte
	host     byte // of the addresses: of a flow
	ports    [2]uint16
	flags    byte   // of TCP
	seq, ack uint32 // of TCP
	window   uint16 // of TCP
	fragment uint16 // flags and offset, of IPv4
	options  []byte // of IPv4, or extension headers of IPv6, the first of them a hop-by-hop one
	load     []byte // behind the headers
}

const (
	protocolTCP = 6
	protocolUDP = 17

	extensionHopByHop = 0

	tcpSYN, tcpFIN, tcpPSH, tcpACK = 2, 1, 8, 0x10

	dontFragment = 0x4000
)

// A laidPacket is the bytes of a packet and where its parts begin.
type laidPacket struct {
	frame  []byte
	l3, l4 int
	sum    int // of the checksum of the transport, from l4; 0 if there is none
	load   int
}

// lay writes the frame, with the sum of the pseudo header where a partial checksum begins.
func (p *packet) lay() (l laidPacket) {
	b := append(p.dst[:], 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc)
	if p.tag >= 0 {
		b = append(b, 0x81, 0x00, byte(p.tag>>8), byte(p.tag))
	}
	transport := p.transport()
	if p.v6 {
		b = append(b, 0x86, 0xdd)
		l.l3 = len(b)
		b = p.ipv6(b, len(transport)+len(p.load))
	} else {
		b = append(b, 0x08, 0x00)
		l.l3 = len(b)
		b = p.ipv4(b, len(transport)+len(p.load))
	}
	l.l4 = len(b)
	l.frame = append(append(b, transport...), p.load...)
	l.load = l.l4 + len(transport)
	switch p.protocol {
	case protocolTCP:
		l.sum = 16
	case protocolUDP:
		l.sum = 6
	}
	if l.sum != 0 {
		binary.BigEndian.PutUint16(l.frame[l.l4+l.sum:], fold(p.pseudo(len(l.frame)-l.l4)))
	}
	return l
}

// complete makes the partial checksum a whole one.
func (l *laidPacket) complete() {
	if l.sum != 0 {
		binary.BigEndian.PutUint16(l.frame[l.l4+l.sum:], ^fold(ones(l.frame[l.l4:])))
	}
}

func (p *packet) transport() []byte {
	ports := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, p.ports[0]), p.ports[1])
	switch p.protocol {
	case protocolTCP:
		b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(ports, p.seq), p.ack)
		b = binary.BigEndian.AppendUint16(append(b, 5<<4, p.flags), p.window)
		return append(b, 0, 0, 0, 0)
	case protocolUDP:
		return append(binary.BigEndian.AppendUint16(ports, uint16(8+len(p.load))), 0, 0)
	}
	return nil
}

func (p *packet) ipv4(b []byte, n int) []byte {
	at := len(b)
	length := 20 + len(p.options)
	b = append(b, 0x40|byte(length/4), 0)
	b = binary.BigEndian.AppendUint16(b, uint16(length+n))
	b = binary.BigEndian.AppendUint16(b, 0x1234)
	b = binary.BigEndian.AppendUint16(b, p.fragment)
	b = append(b, 64, p.protocol, 0, 0)
	b = append(append(b, p.address(1)...), p.address(2)...)
	b = append(b, p.options...)
	binary.BigEndian.PutUint16(b[at+10:], ^fold(ones(b[at:])))
	return b
}

func (p *packet) ipv6(b []byte, n int) []byte {
	next := p.protocol
	if len(p.options) > 0 {
		next = extensionHopByHop
	}
	b = binary.BigEndian.AppendUint16(append(b, 0x60, 0, 0, 0), uint16(len(p.options)+n))
	b = append(b, next, 64)
	b = append(append(b, p.address(1)...), p.address(2)...)
	return append(b, p.options...)
}

// address is of one of the two ends.
func (p *packet) address(end byte) []byte {
	if p.v6 {
		return append([]byte{0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, p.host, end)
	}
	return []byte{10, 0, p.host, end}
}

// pseudo is the sum of the pseudo header of n bytes of transport.
func (p *packet) pseudo(n int) uint32 {
	return ones(p.address(1)) + ones(p.address(2)) + uint32(p.protocol) + uint32(n)
}

// ones adds big-endian words, fold makes 16 bits of a sum (RFC 1071).
func ones(b []byte) (sum uint32) {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
