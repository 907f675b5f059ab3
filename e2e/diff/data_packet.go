package main

import "encoding/binary"

// Hosts of flows: the kernel remembers on which queue a card sends a flow, for a while, and delivers the other direction there. So no
// flow of the test has another direction.
const (
	receivedFlows = 0x10
	sentFlows     = 0x80

	sentEtherType     = 0x88b6
	receivedEtherType = 0x88b5
)

// shipped is something to send over a tap: mostly TCP or UDP with offloads.
func (d *driver) shipped(dst [6]byte, flows byte) *shipment {
	if d.chance(20) || d.has(featureMTU) && d.mtu < mostHeaders {
		f := d.frame(dst, d.receivedLen())
		if flows == sentFlows {
			d.markSent(f)
		}
		return plainShipment(f)
	}
	return d.ship(d.packet(dst, flows))
}

// sendFirst sends a frame over a tap and waits until it is used: the tap is as the features want it then.
func (d *driver) sendFirst() {
	if d.tap == 0 {
		return
	}
	d.left("no-early-frame")
	q, n := transmitQueue(0), d.headerLen()
	at := d.allocate(n + 60)
	f := d.frame(d.mac, 60)
	d.markSent(f)
	d.setBytes(at, append(make([]byte, n), f...), "frame")
	d.queues[q].add([]segment{{at, uint32(n + 60), false}}, false)
	d.kick(q)
	d.queues[q].await()
	d.emit("", "%s %d", verbRecv, d.peer)
	d.settle(q)
	d.queues[q].done()
}

// markSent changes the type of a frame that no protocol has.
func (d *driver) markSent(f []byte) {
	for _, at := range []int{12, 16} {
		if len(f) >= at+2 && binary.BigEndian.Uint16(f[at:]) == receivedEtherType {
			binary.BigEndian.PutUint16(f[at:], sentEtherType)
		}
	}
}

func (d *driver) packet(dst [6]byte, flows byte) *packet {
	p := &packet{
		dst: dst, tag: -1, v6: d.chance(40), host: flows + byte(d.IntN(8)),
		protocol: byte(one(d.emitter, protocolTCP, protocolTCP, protocolTCP, protocolUDP, protocolUDP, 47)),
		ports:    [2]uint16{1000 + uint16(d.IntN(8)), 2000 + uint16(d.IntN(8))},
		flags:    byte(one(d.emitter, tcpACK, tcpACK, tcpACK|tcpPSH, tcpACK|tcpFIN, tcpSYN)),
		seq:      d.Uint32(), ack: d.Uint32(), window: 0x2000, fragment: dontFragment,
	}
	if d.chance(12) {
		p.tag = d.IntN(4)
	}
	if p.protocol == protocolUDP && d.chance(15) {
		p.ports[0] = 67 // a DHCP server's
	}
	if d.chance(12) {
		d.unusual(p)
	}
	if d.coalesces() {
		p.flags |= tcpSYN // which nobody holds back
	}
	p.load = d.payload()
	return p
}

// unusual packets are hashed in other ways.
func (d *driver) unusual(p *packet) {
	switch {
	case p.v6:
		p.options = d.extension(p.protocol)
	case d.chance(50):
		p.fragment = one[uint16](d.emitter, 0x2000, 0x2010, 0x0010, 0)
	default:
		p.options = []byte{1, 1, 1, 0}
	}
}

// extension is a hop-by-hop header, and sometimes one behind it.
func (d *driver) extension(protocol byte) []byte {
	const destination, routing, fragment = 60, 43, 44
	hop := []byte{protocol, 0, 1, 4, 0, 0, 0, 0}
	switch d.IntN(4) {
	case 0:
		hop[0] = fragment
		return append(hop, protocol, 0, 0, 1, 0, 0, 0, 7)
	case 1:
		hop[0] = destination
		home := append([]byte{protocol, 2, 1, 2, 0, 0, 0xc9, 16}, make([]byte, 16)...)
		home[len(home)-1] = byte(d.IntN(3))
		return append(hop, home...)
	case 2:
		hop[0] = routing
		via := append([]byte{protocol, 2, 2, 1, 0, 0, 0, 0}, make([]byte, 16)...)
		via[len(via)-1] = byte(d.IntN(3))
		return append(hop, via...)
	}
	return hop
}

// payloadLen is mostly short: what is long takes time to compare.
func (d *driver) payloadLen() int {
	return one(d.emitter, 0, 1, 18, 64, 500, 1400, 1448, d.IntN(1500), d.IntN(1500), d.IntN(6000), d.IntN(6000), d.IntN(20000), d.IntN(65000))
}

const mostHeaders = 4 + 40 + 32 + 20

func (d *driver) payload() []byte {
	n := d.payloadLen()
	if d.has(featureMTU) {
		n = min(n, max(d.mtu-mostHeaders, 0))
	}
	return d.someBytes(n)
}
