package main

// mistake is a chain that no driver may offer; a device stops over it until it is reset.
func (d *driver) mistake() bool {
	q := transmitQueue(0)
	if d.has(featureCtrlVQ) && d.chance(50) {
		q = d.controlQueue()
	}
	if d.full(q, 4) {
		return false
	}
	d.unsteer()
	d.left(one(d.emitter, "no-receive-mistake", "no-index-ahead", "no-short-header")) // what else could be wrong
	at := d.allocate(4096)
	d.emit("", "memset %#x 0x1000 0x0", at)
	in, out := segment{at, 2048, true}, segment{at + 2048, 100, false}
	var chain []segment
	switch d.IntN(5) {
	case 0:
		chain = []segment{in, out} // readable behind writable
	case 1:
		chain = []segment{{at, 0, false}}
	case 2:
		chain = []segment{out, {at, 0, true}}
	case 3: // nothing for this queue in it
		chain = []segment{{at, 2048, true}}
	default:
		d.badHead(q)
	}
	if chain != nil {
		d.queues[q].add(chain, false)
	}
	d.kick(q)
	d.settle(q)
	d.begin()
	return true
}

// badHead is a head that is no descriptor.
func (d *driver) badHead(q int) {
	if r, ok := d.queues[q].(*splitRing); ok {
		r.offer(uint16(r.size))
	} else {
		d.queues[q].add([]segment{{d.buffers, 0, false}}, false)
	}
}
