package virtio

// A Position is where a queue stands in its ring. The zero value is the start of a fresh queue. Positions compare with ==.
type Position struct {
	Avail Cursor // of the next chain to take
	Used  Cursor // of the next used element to write
	Told  Told
}

// Told is what the device remembers of its last look at whether the driver wants an interrupt (2.7.7, 2.8.14). Zero: it has not
// looked, and the next one is sent whatever the driver's event says.
type Told struct {
	Index uint16 // of a split ring: the used index then
	Ever  bool
}

// A Cursor is a place in a ring, as far as the two sides must agree on it.
type Cursor struct {
	// Index is the free-running index of a split ring (2.7.6, 2.7.8), or the entry of a packed one (2.8.1), less than its size.
	Index uint16
	// Flipped says that the wrap counter of a packed ring (2.8.1), which starts at 1, is 0. It is false on a split one.
	Flipped bool
}

// What follows is of packed rings.

// advance goes n entries on in a ring of size entries, once around at most.
func (c Cursor) advance(n, size int) Cursor {
	i := int(c.Index) + n
	if i >= size {
		i -= size
		c.Flipped = !c.Flipped
	}
	c.Index = uint16(i)
	return c
}

// available says whether flags are those of a descriptor that the driver made available here, and not an old one.
func (c Cursor) available(flags uint16) bool {
	want := uint16(descAvail)
	if c.Flipped {
		want = descUsed
	}
	return flags&(descAvail|descUsed) == want
}

// usedFlags are those of a descriptor that the device has used here.
func (c Cursor) usedFlags() uint16 {
	if c.Flipped {
		return 0
	}
	return descAvail | descUsed
}

// offWrap is the cursor as it stands in an event suppression structure (2.8.14): the counter is bit 15.
func (c Cursor) offWrap() uint16 {
	if c.Flipped {
		return c.Index
	}
	return c.Index | 1<<15
}

func cursorOf(offWrap uint16) Cursor {
	return Cursor{Index: offWrap &^ (1 << 15), Flipped: offWrap>>15 == 0}
}
