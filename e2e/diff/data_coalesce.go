package main

// coalesce sends segments of TCP of a few flows, which the card may join, and ends each flow with one that drives out what is held.
// Only where a card waits long enough: what would be joined hangs on time else.
func (d *driver) coalesce() bool {
	if !d.rsc || !d.coalesces() {
		return d.receive()
	}
	const most = 12
	if d.roomToReceive() < most {
		return false
	}
	flows := []*packet{d.flow(0)}
	if d.chance(50) {
		flows = append(flows, d.flow(1))
	}
	longest := 0
	var sent []*shipment
	for range 2 + d.IntN(most-2-len(flows)) {
		f := one(d.emitter, flows...)
		d.nextSegment(f)
		sent = append(sent, f.whole())
		longest += len(f.load)
	}
	for _, f := range flows {
		f.flags |= tcpFIN
		sent = append(sent, f.whole())
	}
	d.play(sent, longest+200)
	return true
}

// play posts a buffer for each frame, and compares what is in them when all have come.
func (d *driver) play(sent []*shipment, longest int) {
	r := d.queues[receiveQueue(0)]
	d.maybeQuiet(r)
	var posted []segment
	for range sent {
		posted = append(posted, d.postOne(r, d.headerLen()+longest, 1))
	}
	d.kick(receiveQueue(0))
	d.sendFrames(sent)
	d.settle(receiveQueue(0))
	for _, b := range posted {
		d.bytes(b.addr, int(b.len), "buffer coalesced"+d.headerNote())
	}
}

// whole is the packet with a complete checksum: one that is not is joined to nothing.
func (p *packet) whole() *shipment {
	l := p.lay()
	l.complete()
	return plainShipment(l.frame)
}

// flow is a connection.
func (d *driver) flow(n byte) *packet {
	return &packet{
		dst: d.mac, tag: -1, v6: d.chance(40), host: receivedFlows + n, protocol: protocolTCP, ports: [2]uint16{3000, 4000},
		flags: byte(one(d.emitter, tcpACK, tcpACK|tcpPSH)), seq: d.Uint32(), ack: d.Uint32(), window: 0x2000, fragment: dontFragment,
	}
}

// nextSegment is mostly the one that is expected.
func (d *driver) nextSegment(p *packet) {
	last := len(p.load)
	p.seq += uint32(last)
	switch d.IntN(10) {
	case 0:
		p.load = nil // an acknowledgment
		p.ack += uint32(d.IntN(2000))
	case 1:
		p.load = nil
		if last == 0 {
			p.window += uint16(d.IntN(3))
		}
	case 2:
		p.seq += uint32(d.IntN(3000)) // one was lost
		p.load = d.someBytes(1 + d.IntN(1000))
	case 3:
		d.left("no-old-segment")
		p.seq -= uint32(last)
	default:
		p.ack += uint32(d.IntN(100))
		p.load = d.someBytes(1 + d.IntN(1460))
	}
}
