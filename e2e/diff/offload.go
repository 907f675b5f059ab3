package main

import (
	"encoding/binary"
	"slices"
)

// Flags and segmentation of struct virtio_net_hdr (5.1.6).
const (
	hdrNeedsCsum = 1

	gsoNone = 0
	gsoTCP4 = 1
	gsoUFO  = 3
	gsoTCP6 = 4
	gsoUSO  = 5
	gsoECN  = 0x80

	plainHeaderLen = 10
)

// An offload is the first ten bytes of a struct virtio_net_hdr.
type offload struct {
	flags, gso                           byte
	hdrLen, gsoSize, csumStart, csumDown uint16
}

func (o *offload) bytes() []byte {
	b := []byte{o.flags, o.gso}
	for _, v := range []uint16{o.hdrLen, o.gsoSize, o.csumStart, o.csumDown} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

// A shipment is what goes over a tap in one piece: a header, and a frame that may become several.
type shipment struct {
	header  []byte
	frame   []byte
	count   int // frames, at most
	longest int // of them
}

// plainShipment asks for nothing.
func plainShipment(frame []byte) *shipment {
	return &shipment{make([]byte, plainHeaderLen), frame, 1, len(frame)}
}

// wire is what is sent.
func (s *shipment) wire() []byte { return slices.Concat(s.header, s.frame) }

// ship asks for what the draw says of a packet, which has that many bytes behind its headers at most.
func (d *driver) ship(p *packet) *shipment {
	l := p.lay()
	switch {
	case l.sum == 0 || p.fragment&^dontFragment != 0:
		return plainShipment(l.frame)
	case d.chance(30):
		if l.complete(); d.chance(10) {
			l.frame[l.l4+l.sum] ^= 0x55
		}
		return plainShipment(l.frame)
	}
	o := offload{flags: hdrNeedsCsum, csumStart: uint16(l.l4), csumDown: uint16(l.sum)}
	s := &shipment{frame: l.frame, count: 1, longest: len(l.frame)}
	if d.chance(50) && len(p.load) > 8 {
		o.segment(d, p, &l, s)
	}
	if d.chance(3) {
		o.csumStart = uint16(d.IntN(70000))
	}
	s.header = o.bytes()
	return s
}

// segment asks for the load to be cut into a few pieces.
func (o *offload) segment(d *driver, p *packet, l *laidPacket, s *shipment) {
	o.hdrLen = uint16(one(d.emitter, l.load, l.load, l.load, 0, l.l4, len(l.frame)))
	o.gso = d.segmentation(p)
	pieces := 1 + d.IntN(4)
	size := (len(p.load)+pieces-1)/pieces + d.IntN(3)
	if o.gso == gsoUFO {
		size = (size + 7) &^ 7
	}
	o.gsoSize = uint16(size)
	s.count = (len(p.load)+8)/size + 1
	if d.chance(2) {
		o.gsoSize = 0
	}
}

func (d *driver) segmentation(p *packet) byte {
	switch {
	case p.protocol == protocolUDP && (p.v6 || d.chance(50)):
		return gsoUSO // a fragment of IPv6 has a random number
	case p.protocol == protocolUDP:
		return gsoUFO
	case p.v6:
		return gsoTCP6 | byte(one(d.emitter, 0, 0, 0, gsoECN))
	}
	return gsoTCP4 | byte(one(d.emitter, 0, 0, 0, gsoECN))
}
