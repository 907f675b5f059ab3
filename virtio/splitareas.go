package virtio

import "math/bits"

// splitAreas are the three parts of a split queue (2.7) as host memory.
type splitAreas struct {
	desc, avail, used []byte
	size              int    // entries
	mask              uint16 // size-1 if that is a power of two, else 0

	// The device's own fields of the used ring. The guest may scribble over them; what counts is here.
	usedFlags, usedIdx uint16
}

// newSplit lets a queue that goes on begin with kicks wanted: what the one before it asked for last still stands in the ring.
func newSplit(c *QueueConfig, s *stats) (availableRing, usedRing, error) {
	a, err := newSplitAreas(c)
	if err != nil {
		return nil, nil, err
	}
	if c.Start != (Position{}) {
		a.storeUsed()
	}
	avail := newSplitAvailable(a, c)
	return avail, newSplitUsed(avail, c, s), nil
}

// newSplitAreas takes any size, as QEMU does, though 2.7 wants a power of two.
func newSplitAreas(c *QueueConfig) (*splitAreas, error) {
	size := int(c.Size)
	if size == 0 || size > maxRing {
		return nil, c.broken(RuleQueueSize, "the size is %d", size)
	}
	a := &splitAreas{size: size, usedIdx: c.Start.Used.Index}
	if bits.OnesCount16(c.Size) == 1 {
		a.mask = c.Size - 1
	}
	for _, part := range []areaSpec{
		{"descriptor table", c.Desc, descBytes * size, &a.desc},
		{"available ring", c.Avail, availHeader + availEntry*size + eventBytes, &a.avail},
		{"used ring", c.Used, usedHeader + usedEntry*size + eventBytes, &a.used},
	} {
		if err := part.resolve(c, RuleRingInMemory); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// entry is where index i lies in a ring. That of a size which is no power of two jumps where the index overflows, on both
// sides alike.
func (a *splitAreas) entry(i uint16) int {
	if a.mask != 0 {
		return int(i & a.mask)
	}
	return int(i) % a.size
}

func (a *splitAreas) availIdx() uint16   { return load16(a.avail, availIdxOffset) }
func (a *splitAreas) availFlags() uint16 { return load16(a.avail, 0) }
func (a *splitAreas) availRing(i uint16) uint16 {
	return load16(a.avail, availHeader+availEntry*a.entry(i))
}
func (a *splitAreas) usedEvent() uint16 { return load16(a.avail, availHeader+availEntry*a.size) }

func (a *splitAreas) setAvailEvent(v uint16) { store16(a.used, usedHeader+usedEntry*a.size, v) }
func (a *splitAreas) storeUsed()             { storeUsedHeader(a.used, a.usedFlags, a.usedIdx) }
