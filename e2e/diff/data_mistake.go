package main

// mistake is a chain that no driver may offer; a device stops over it until it is reset.
func (d *driver) mistake() bool {
	q := d.IntN(len(d.queues))
	if d.full(q, 4) {
		return false
	}
	at := d.allocate(4096)
	d.emit("", "memset %#x 0x1000 0x0", at)
	in, out := segment{at, 2048, true}, segment{at + 2048, 100, false}
	var chain []segment
	switch d.IntN(5) {
	case 0:
		chain = []segment{in, out} // readable behind writable
	case 1:
		chain = []segment{{at, 0, q == receiveQueue}}
	case 2:
		chain = []segment{out, {at, 0, true}}
	case 3: // nothing for this queue in it
		chain = []segment{{at, 2048, q != receiveQueue}}
	default:
		d.badHead(q)
	}
	if chain != nil {
		d.queues[q].add(chain, false)
	}
	d.kick(q)
	if q == receiveQueue { // QEMU looks at a receive queue when a frame comes
		d.sendFrames([][]byte{d.frame(d.mac, 60)})
	}
	d.settle(q)
	d.begin()
	return true
}

// badHead is an index that is ahead by more than there are descriptors, or a head that is no descriptor.
func (d *driver) badHead(q int) {
	r, ok := d.queues[q].(*splitRing)
	switch {
	case !ok:
		d.queues[q].add([]segment{{d.buffers, 0, false}}, false)
	case d.chance(50):
		r.d.store(r.avail+2, 2, uint64(r.index)+uint64(r.size)+1, "avail")
	default:
		r.offer(uint16(r.size))
	}
}
