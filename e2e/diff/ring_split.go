package main

import "encoding/binary"

// A splitRing is a virtqueue of 2.7. Descriptors are taken in turn, so that a script that knows its buffers to be used goes
// around the table.
type splitRing struct {
	d                 *driver
	size              int
	desc, avail, used uint64
	next              int    // descriptor
	index             uint16 // of avail
	inflight          int    // descriptors
}

func newSplitRing(d *driver, size int, desc, avail, used uint64) *splitRing {
	return &splitRing{d: d, size: size, desc: desc, avail: avail, used: used}
}

func (r *splitRing) room() int { return r.size - r.inflight }
func (r *splitRing) done()     { r.inflight = 0 }

func (r *splitRing) take() int {
	at := r.next
	r.next = (r.next + 1) % r.size
	r.inflight++
	return at
}

func (r *splitRing) put(at int, b []byte) { r.d.setBytes(r.desc+16*uint64(at), b, "descriptor") }

func (r *splitRing) add(chain []segment, indirect bool) {
	if indirect {
		r.addIndirect(chain)
		return
	}
	head := r.next
	for i, s := range chain {
		at := r.take()
		flags := writeFlag(s)
		if i < len(chain)-1 {
			flags |= flagNext
		}
		r.put(at, descriptor(s.addr, s.len, flags, uint16(r.next)))
	}
	r.offer(uint16(head))
}

func (r *splitRing) addIndirect(chain []segment) {
	var table []byte
	for i, s := range chain {
		flags := writeFlag(s)
		if i < len(chain)-1 {
			flags |= flagNext
		}
		table = append(table, descriptor(s.addr, s.len, flags, uint16(i+1))...)
	}
	at := r.d.allocate(len(table))
	r.d.setBytes(at, table, "table")
	head := r.take()
	r.put(head, descriptor(at, uint32(len(table)), flagIndirect, 0))
	r.offer(uint16(head))
}

func (r *splitRing) offer(head uint16) {
	r.d.store(r.avail+4+2*(uint64(r.index)%uint64(r.size)), 2, uint64(head), "avail")
	r.index++
	r.d.store(r.avail+2, 2, uint64(r.index), "avail")
}

func (r *splitRing) await() { r.d.emit("", "%s %#x 0xffff %#x", verbAwait, r.used+2, r.index) }

// look leaves out the two hints that a device gives a driver, used.flags and avail_event: they say how it polls.
func (r *splitRing) look() { r.d.bytes(r.used+2, 2+8*r.size, "used") }

func (r *splitRing) quiet() {
	if r.d.has(featureEventIdx) {
		r.d.store(r.avail+4+2*uint64(r.size), 2, uint64(r.index)+uint64(r.d.IntN(4))-1, "used_event")
	} else {
		r.d.store(r.avail, 2, binary.LittleEndian.Uint64([]byte{byte(r.d.IntN(2)), 7: 0}), "avail.flags")
	}
}
