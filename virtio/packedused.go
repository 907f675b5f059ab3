package virtio

import "sync/atomic"

// packedUsed is the used descriptors of a packed queue and the driver's wish to be interrupted (2.8.14).
type packedUsed struct {
	*packedAreas
	elements []packedElement // put, and not published

	fresh    int  // entries that were published since wanted was last called, at most two laps
	signaled bool // wanted was called after something was published

	at atomic.Uint32 // used, for position
}

// A packedElement is a used descriptor in waiting: nothing is written before it is published, because the driver's own
// descriptors stand there until then.
type packedElement struct {
	id      uint16
	entries uint16 // that its chain had, and the device skips
	len     uint32
}

func newPackedUsed(a *packedAreas, told Told) *packedUsed {
	r := &packedUsed{packedAreas: a, elements: make([]packedElement, a.size), signaled: told.Ever}
	r.at.Store(uint32(a.used.offWrap()))
	return r
}

func (r *packedUsed) put(i int, c *Chain, n uint32) {
	r.elements[i] = packedElement{id: c.Head, entries: uint16(c.entries), len: n}
}

// publish writes the first descriptor last (2.8.9; QEMU's virtqueue_packed_flush).
func (r *packedUsed) publish(n int) {
	first := r.used
	at := first.advance(int(r.elements[0].entries), r.size)
	entries := int(r.elements[0].entries)
	for _, e := range r.elements[1:n] {
		storePackedUsed(r.desc, int(at.Index), e.word(at))
		at = at.advance(int(e.entries), r.size)
		entries += int(e.entries)
	}
	r.used = at
	r.taken -= entries
	r.fresh = min(r.fresh+entries, 2*r.size)
	r.at.Store(uint32(at.offWrap()))
	if r.crooked {
		publishCrookedPackedUsed(r.desc, int(first.Index), r.elements[0].word(first))
		return
	}
	publishPackedUsed(r.desc, int(first.Index), r.elements[0].word(first))
}

// word has WRITE if the device wrote anything (2.8.3); QEMU leaves it out, and then the length has no meaning (2.8.4).
func (e packedElement) word(at Cursor) usedWord {
	flags := at.usedFlags()
	if e.len > 0 {
		flags |= descWrite
	}
	return newUsedWord(e.id, e.len, flags)
}

// wanted is QEMU's virtio_packed_should_notify, where the first signal of a queue's life is always sent with
// RING_EVENT_FLAGS_DESC. The barrier between the used descriptor and what the driver wishes is in publishPackedUsed.
func (r *packedUsed) wanted(bool) (news, wanted bool) {
	if r.fresh == 0 {
		return false, false
	}
	fresh, first := r.fresh, !r.signaled
	r.fresh, r.signaled = 0, true
	switch event, flags := loadEvent(r.driver); flags {
	case eventEnable:
		return true, true
	case eventDisable:
		return true, false
	default:
		return true, first || r.crossed(cursorOf(event), fresh)
	}
}

// crossed says whether the event is among the last n used entries. Places are counted over two laps, after which the wrap counter
// is what it was. QEMU's numbers are those of one lap, so that it interrupts at each wrap besides.
func (r *packedUsed) crossed(event Cursor, n int) bool {
	laps := 2 * r.size
	return (r.place(r.used)-1-r.place(event)+2*laps)%laps < n
}

func (r *packedUsed) place(c Cursor) int {
	i := int(c.Index) % r.size // the event's is the driver's word
	if c.Flipped {
		i += r.size
	}
	return i
}

func (r *packedUsed) position() Position {
	c := cursorOf(uint16(r.at.Load()))
	return Position{Avail: c, Used: c}
}

func (r *packedUsed) told() Told { return Told{Ever: r.signaled} }
