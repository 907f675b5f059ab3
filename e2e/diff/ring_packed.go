package main

// A packedRing is a virtqueue of 2.8.
type packedRing struct {
	d                   *driver
	size                int
	desc, event, device uint64
	next                int
	wrapped             bool // the driver's wrap counter is 0
	inflight            int
	id                  uint16
	head                uint64 // address of the flags that the last chain began with
	headFlags           uint16 // AVAIL and USED in them
}

func newPackedRing(d *driver, size int, desc, event, device uint64) *packedRing {
	return &packedRing{d: d, size: size, desc: desc, event: event, device: device}
}

func (r *packedRing) room() int { return r.size - r.inflight }
func (r *packedRing) done()     { r.inflight = 0 }

// availFlags are AVAIL and USED of an available descriptor.
func (r *packedRing) availFlags() uint16 {
	if r.wrapped {
		return 1 << 15
	}
	return 1 << 7
}

// A packedEntry is a descriptor and its place.
type packedEntry struct {
	at    uint64
	body  []byte
	flags uint16
}

func (r *packedRing) entry(s segment, flags uint16) packedEntry {
	e := packedEntry{r.desc + 16*uint64(r.next), descriptor(s.addr, s.len, r.id, 0)[:14], flags | r.availFlags()}
	r.inflight++
	if r.next++; r.next == r.size {
		r.next, r.wrapped = 0, !r.wrapped
	}
	return e
}

func (r *packedRing) add(chain []segment, indirect bool) {
	var entries []packedEntry
	r.head, r.headFlags = r.desc+16*uint64(r.next)+14, r.availFlags()
	if indirect {
		entries = append(entries, r.indirect(chain))
	} else {
		for i, s := range chain {
			flags := writeFlag(s)
			if i < len(chain)-1 {
				flags |= flagNext
			}
			entries = append(entries, r.entry(s, flags))
		}
	}
	r.id = (r.id + 1) % uint16(r.size)
	for i := len(entries) - 1; i >= 0; i-- { // the first last: its flags make the chain available
		r.d.setBytes(entries[i].at, entries[i].body, "descriptor")
		r.d.store(entries[i].at+14, 2, uint64(entries[i].flags), "descriptor")
	}
}

func (r *packedRing) indirect(chain []segment) packedEntry {
	var table []byte
	for _, s := range chain {
		table = append(table, descriptor(s.addr, s.len, 0, writeFlag(s))...)
	}
	at := r.d.allocate(len(table))
	r.d.setBytes(at, table, "table")
	return r.entry(segment{addr: at, len: uint32(len(table))}, flagIndirect)
}

// await is for one chain at a time: its used descriptor takes the place of its first.
func (r *packedRing) await() {
	used := uint16(1<<15 | 1<<7)
	if r.headFlags == 1<<15 {
		used = 0
	}
	r.d.emit("", "%s %#x 0x8080 %#x", verbAwait, r.head, used)
}

func (r *packedRing) look() { r.d.bytes(r.desc, 16*r.size, "used packed") }

func (r *packedRing) quiet() {
	flags := uint64(r.d.IntN(2))
	if r.d.has(featureEventIdx) && r.d.chance(50) {
		flags = 2
	}
	at := uint64(r.next)
	if !r.wrapped {
		at |= 1 << 15
	}
	r.d.store(r.event, 4, at|flags<<16, "driver-event")
}
