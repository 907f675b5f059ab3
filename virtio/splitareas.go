package virtio

import (
	"fmt"
	"math/bits"
)

// splitAreas are the three parts of a split queue (2.7) as host memory, found once: what the driver does to its page tables
// or its BARs cannot move them.
type splitAreas struct {
	desc, avail, used []byte
	size              int // entries, a power of two
	mask              uint16

	// The device's own fields of the used ring. The guest may scribble over them; what counts is here.
	usedFlags, usedIdx uint16
}

func newSplitAreas(c *QueueConfig) (*splitAreas, error) {
	size := int(c.Size)
	if bits.OnesCount16(c.Size) != 1 { // a uint16 that is a power of two is at most 32768
		return nil, c.broken(RuleQueueSize, fmt.Sprintf("the size is %d", size))
	}
	a := &splitAreas{size: size, mask: c.Size - 1, usedIdx: c.Start.Used.Index}
	for _, part := range []struct {
		name    string
		gpa     uint64
		align   uint64
		bytes   int
		resolve *[]byte
	}{
		{"descriptor table", c.Desc, 16, descBytes * size, &a.desc},
		{"available ring", c.Avail, 2, availHeader + availEntry*size + eventBytes, &a.avail},
		{"used ring", c.Used, 4, usedHeader + usedEntry*size + eventBytes, &a.used},
	} {
		if part.gpa%part.align != 0 {
			return nil, c.broken(RuleRingAlignment, fmt.Sprintf("the %s is at %#x", part.name, part.gpa))
		}
		b, err := c.Memory.Slice(part.gpa, uint64(part.bytes))
		if err != nil {
			return nil, c.broken(RuleRingInMemory, fmt.Sprintf("the %s is at %#x: %v", part.name, part.gpa, err))
		}
		*part.resolve = b
	}
	return a, nil
}

func (a *splitAreas) availIdx() uint16   { return load16(a.avail, availIdxOffset) }
func (a *splitAreas) availFlags() uint16 { return load16(a.avail, 0) }
func (a *splitAreas) availRing(i uint16) uint16 {
	return load16(a.avail, availHeader+availEntry*int(i&a.mask))
}
func (a *splitAreas) usedEvent() uint16 { return load16(a.avail, availHeader+availEntry*a.size) }

func (a *splitAreas) setAvailEvent(v uint16) { store16(a.used, usedHeader+usedEntry*a.size, v) }
func (a *splitAreas) storeUsed()             { storeUsedHeader(a.used, a.usedFlags, a.usedIdx) }

func (c *QueueConfig) broken(r *Rule, what string) error {
	return &Violation{Rule: r, Queue: c.Index, What: what}
}
