package virtiotest

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// A packed ring is descriptors that go round and say themselves whose they are (2.8).
type packed struct {
	t        testing.TB
	size     int
	eventIdx bool

	ids    list
	lens   map[uint16]int // descriptors of the chain with that id
	idle   int            // descriptors that belong to no chain
	desc   area
	driver area // driver event suppression
	device []byte

	avail place // of the next descriptor
	fresh int   // descriptors added since the last publish
	first head  // what hides them
	used  place // up to where next has gone
}

// A place is an entry and the wrap counter, 0 or 1, that goes with it (2.8.1).
type place struct {
	index int
	wrap  uint16
}

// A head is the first descriptor of what is not published: its flags are written last.
type head struct {
	index     int
	id, flags uint16
}

func newPacked(r *Ring) *packed {
	n := r.Size
	r.Desc, r.Avail, r.Used = r.ram.Alloc(16*n, 16), r.ram.Alloc(4, 4), r.ram.Alloc(4, 4)
	p := &packed{
		t: r.t, size: n, eventIdx: r.features.Has(virtio.EventIdx),
		ids: newList(n, r.features), lens: make(map[uint16]int), idle: n,
		desc: newArea(r.ram, r.Desc, 16*n), driver: newArea(r.ram, r.Avail, 4), device: r.ram.Bytes(r.Used, 4),
		avail: place{wrap: 1}, used: place{wrap: 1},
	}
	p.interrupts(true)
	return p
}

// on goes n entries on.
func (p *packed) on(at place, n int) place {
	if at.index += n; at.index >= p.size {
		at.index -= p.size
		at.wrap ^= 1
	}
	return at
}

// offWrap is the place as an event suppression structure has it (2.8.14).
func (at place) offWrap() uint16 { return at.wrap<<15 | uint16(at.index) }

func (p *packed) room() int { return p.idle }

func (p *packed) add(bufs []Buffer, flags uint16) uint16 {
	id := p.ids.take(1)[0]
	p.lens[id] = len(bufs)
	p.idle -= len(bufs)
	for i, b := range bufs {
		p.put(b, id, flags|flagsOf(b, i == len(bufs)-1)|availFlags(p.avail.wrap))
		p.avail = p.on(p.avail, 1)
	}
	return id
}

func availFlags(wrap uint16) uint16 {
	if wrap == 1 {
		return AvailFlag
	}
	return UsedFlag
}

// put writes the next descriptor. That of the first one leaves the flags as they are, which say that it is not available.
func (p *packed) put(b Buffer, id, flags uint16) {
	d := encode(b.GPA, b.Len, id, flags)
	if p.fresh == 0 {
		p.first = head{p.avail.index, id, flags}
		d = d[:14]
	}
	p.desc.put(16*p.avail.index, d)
	p.fresh++
}

// table has no NEXT and needs no id.
func (p *packed) table(bufs []Buffer) (b []byte) {
	for _, buf := range bufs {
		b = append(b, encode(buf.GPA, buf.Len, 0, flagsOf(buf, true))...)
	}
	return b
}

func (p *packed) publish() {
	if p.fresh > 0 {
		p.desc.putPair(16*p.first.index+12, p.first.id, p.first.flags)
	}
	p.fresh = 0
}

// kick is the driver's half of notification suppression (2.8.14).
func (p *packed) kick() bool {
	n := p.fresh
	p.publish()
	offWrap, flags := getPair(p.device, 0)
	switch flags {
	case EventEnable:
		return true
	case EventDisable:
		return false
	}
	event := offWrap &^ (1 << 15)
	if offWrap>>15 != p.avail.wrap {
		event -= uint16(p.size)
	}
	return uint16(p.avail.index)-event-1 < uint16(n)
}

// isUsed says whether the device has written the descriptor there in this lap.
func (p *packed) isUsed(at place) (id uint16, is bool) {
	id, flags := getPair(p.desc.mem, 16*at.index+12)
	want := uint16(0)
	if at.wrap == 1 {
		want = AvailFlag | UsedFlag
	}
	return id, flags&(AvailFlag|UsedFlag) == want
}

// each calls f with the place of each used descriptor, and says how many there are.
func (p *packed) each(f func(at place)) (n int) {
	at := p.used
	for left := p.size - p.idle; left > 0; n++ {
		id, is := p.isUsed(at)
		if !is {
			break
		}
		f(at)
		step := max(p.lens[id], 1)
		left -= step
		at = p.on(at, step)
	}
	return n
}

func (p *packed) pending() int { return p.each(func(place) {}) }

func (p *packed) next() (id, n uint32) {
	off := 16 * p.used.index
	p.desc.accept(off, 16)
	d := p.desc.copy[off : off+16]
	id16, flags := binary.LittleEndian.Uint16(d[12:]), binary.LittleEndian.Uint16(d[14:])
	if n = binary.LittleEndian.Uint32(d[8:]); flags&Write == 0 && n != 0 {
		p.t.Errorf("2.8.4: the used descriptor in entry %d has length %d without WRITE", p.used.index, n)
	}
	p.used = p.on(p.used, max(p.lens[id16], 1))
	return uint32(id16), n
}

func (p *packed) free(head uint16) {
	p.ids.give(head)
	p.idle += p.lens[head]
	delete(p.lens, head)
}

func (p *packed) interrupts(on bool) {
	switch {
	case !on:
		p.driver.putPair(0, 0, EventDisable)
	case p.eventIdx:
		p.driver.putPair(0, p.used.offWrap(), EventDesc)
	default:
		p.driver.putPair(0, 0, EventEnable)
	}
}

func (p *packed) sections() sections { return sections{id: "2.8.13", length: "2.8.4", write: "2.8.15"} }

// checkPatience is far longer than a device takes to publish a frame, in the middle of which check may come.
const checkPatience = time.Second / 2

func (p *packed) check() {
	p.t.Helper()
	for deadline := time.Now().Add(checkPatience); !p.untouched(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Error("2.8.15: the device wrote descriptors that it has not used")
			break
		}
	}
	if !p.driver.intact() {
		p.t.Error("2.8.10: the device wrote the driver event suppression structure")
	}
	if _, flags := getPair(p.device, 0); flags > EventDesc || flags == EventDesc && !p.eventIdx {
		p.t.Errorf("2.8.14: the flags of the device event suppression structure are %#x", flags)
	}
}

// untouched says whether the device wrote nothing but the used descriptors that next will take.
func (p *packed) untouched() bool {
	now := area{p.desc.mem, append([]byte(nil), p.desc.copy...)}
	p.each(func(at place) { now.accept(16*at.index, 16) })
	return now.intact()
}
