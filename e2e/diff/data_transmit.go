package main

// transmit sends a few frames.
func (d *driver) transmit() bool {
	const most = 4
	n := 1 + d.IntN(4)
	if d.full(transmitQueue, n*most) {
		if n = 1; d.full(transmitQueue, 2) {
			return false
		}
	}
	r := d.queues[transmitQueue]
	d.maybeQuiet(r)
	for range n {
		d.transmitOne(r, min(most, r.room()))
		if d.chance(30) {
			d.kick(transmitQueue)
		}
	}
	d.kick(transmitQueue)
	d.emit("", "%s", verbFence)
	d.emit("", "%s %d", verbRecv, d.peer)
	d.settle(transmitQueue)
	r.done()
	return true
}

func (d *driver) transmitOne(r ring, parts int) {
	header := make([]byte, d.headerLen())
	if d.chance(15) { // means nothing to a device without offloads
		for i := range header {
			header[i] = byte(d.Uint32())
		}
	}
	bytes := append(header, d.frame(d.destination(), d.frameLen())...)
	at := d.allocate(len(bytes) + 64)
	d.setBytes(at, bytes, "frame")
	r.add(d.chain(at, len(bytes), parts, false), d.indirectly())
}

// chain spreads n bytes at an address over at most parts buffers.
func (d *driver) chain(at uint64, n, parts int, write bool) (out []segment) {
	for _, k := range d.split(n, parts) {
		out = append(out, segment{at, uint32(k), write})
		at += uint64(k)
	}
	return out
}

// destination is an address that means something to a filter.
func (d *driver) destination() [6]byte {
	switch d.IntN(6) {
	case 0:
		return [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	case 1:
		return [6]byte{0x01, 0x00, 0x5e, 0, 0, byte(d.IntN(4))}
	case 2:
		return [6]byte{0x52, 0x54, 0, 0, 0, byte(d.IntN(4))}
	}
	return d.mac
}
