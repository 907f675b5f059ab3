package main

// transmit sends a few frames.
func (d *driver) transmit() bool {
	const most = 4
	n := 1 + d.IntN(4)
	q := transmitQueue(d.IntN(d.pairs))
	if d.full(q, n*most) {
		if n = 1; d.full(q, 2) {
			return false
		}
	}
	r := d.queues[q]
	d.maybeQuiet(r)
	for range n {
		d.transmitOne(r, min(most, r.room()))
		if d.chance(30) {
			d.kick(q)
		}
	}
	d.kick(q)
	d.emit("", "%s", verbFence)
	d.emit("", "%s %d", verbRecv, d.peer)
	d.settle(q)
	r.done()
	return true
}

func (d *driver) transmitOne(r ring, parts int) {
	bytes := d.outgoing()
	at := d.allocate(len(bytes) + 64)
	d.setBytes(at, bytes, "frame")
	r.add(d.chain(at, len(bytes), parts, false), d.indirectly())
}

// outgoing is a header and a frame.
func (d *driver) outgoing() []byte {
	header := make([]byte, d.headerLen())
	random := d.chance(15) // means nothing to a device without offloads, and over a tap often nothing to the kernel
	if random {
		for i := range header {
			header[i] = byte(d.Uint32())
		}
	}
	if d.tap == 0 {
		return append(header, d.frame(d.destination(), d.frameLen())...)
	}
	s := d.shipped(d.destination(), sentFlows)
	if !random {
		copy(header, s.header)
	}
	return append(header, s.frame...)
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
