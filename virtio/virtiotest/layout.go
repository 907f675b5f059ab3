package virtiotest

import "github.com/drydock-vmm/drydock/virtio"

// A layout is a ring as the driver's side of it sees it: split (2.7) or packed (2.8).
type layout interface {
	availableSide
	usedSide
	// check looks at what the device must not have written.
	check()
	sections() sections
}

// availableSide is what the driver writes.
type availableSide interface {
	// room is the number of descriptors that belong to no chain.
	room() int
	// add makes a chain of the descriptors, which the device does not see before publish, and returns what it is known by.
	add(bufs []Buffer, flags uint16) (head uint16)
	// table is an indirect table of the buffers.
	table(bufs []Buffer) []byte
	publish()
	// kick publishes, and says whether the device wants to know.
	kick() bool
}

// usedSide is what the device answers.
type usedSide interface {
	// pending is how many used elements wait for next, which takes one and says whose chain it is; free gives the
	// descriptors of a chain back.
	pending() int
	next() (id, n uint32)
	free(head uint16)
	// interrupts says whether the driver wants to know of what is used from here on.
	interrupts(on bool)
}

// sections are where the specification says of this layout what both have.
type sections struct {
	id     string // what a used element names
	length string // and how many bytes it says were written
	write  string // what memory the device may write
}

// newLayout allocates the areas of a ring and leaves their addresses in r.
func newLayout(r *Ring) layout {
	if r.features.Has(virtio.RingPacked) {
		return newPacked(r)
	}
	return newSplit(r)
}
