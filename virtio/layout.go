package virtio

// An availableRing is where the driver puts chains. The two layouts of a queue, split (2.7) and packed (2.8), implement it
// and usedRing. Only the goroutine that serves the queue calls it, but for survey.
type availableRing interface {
	// next decodes the next chain into c; it reports false if the driver has posted no more.
	next(c *Chain) (bool, error)
	// take says that the device has taken the n oldest chains which next gave and take did not take yet.
	take(n int)
	// kicks says whether the driver should notify. It reports whether there are chains that next has not given.
	kicks(want bool) (more bool)
	// survey counts the chains from there on, in no more steps than the ring has entries. Any goroutine may call it.
	survey(from Cursor) Posted
}

// A usedRing is where the device puts chains when it is done with them.
type usedRing interface {
	// put makes c, with n bytes written, the element i places after the published ones; the driver does not see it.
	put(i int, c *Chain, n uint32)
	// publish shows the driver the next n elements, all at once.
	publish(n int)
	// wanted reports whether anything was published since the last call, and whether the driver wants to be interrupted for
	// that; idle says that the device holds no chain.
	wanted(idle bool) (news, wanted bool)
	// position is that of what is published. Any goroutine may call it.
	position() Position
	// told is what wanted goes on from. Only whoever calls wanted may call it.
	told() Told
}

// newLayout makes the two halves of the ring that the driver has negotiated.
func newLayout(c *QueueConfig, s *stats) (availableRing, usedRing, error) {
	if c.Features.Has(RingPacked) {
		return newPacked(c)
	}
	return newSplit(c, s)
}

// maxRing is the greatest number of entries of a ring of either layout.
const maxRing = 32768

// An areaSpec is one of the three parts of a ring as a transport knows it.
type areaSpec struct {
	name  string
	gpa   uint64
	bytes int
	to    *[]byte
}

// resolve finds an area's host memory once: what the driver does to its page tables or its BARs cannot move it.
func (a areaSpec) resolve(c *QueueConfig, inMemory *Rule) error {
	b, err := c.Memory.Slice(a.gpa, uint64(a.bytes))
	if err != nil {
		return c.broken(inMemory, "the %s is at %#x: %v", a.name, a.gpa, err)
	}
	*a.to = b
	return nil
}
