package virtio

// An availableRing is where the driver puts chains. A queue's layout (split, 2.7; some day packed, 2.8) implements it and
// usedRing. Only the goroutine that serves the queue calls it, but for survey.
type availableRing interface {
	// next decodes the next chain into c; it reports false if the driver has posted no more.
	next(c *Chain) (bool, error)
	// take says that the device has taken the n oldest chains which next gave and take did not take yet.
	take(n int)
	// kicks says whether the driver should notify. It reports whether there are chains that next has not given.
	kicks(want bool) (more bool)
	// survey counts the chains from cursor from, in no more steps than the ring has entries. Any goroutine may call it.
	survey(from Cursor) Posted
}

// A usedRing is where the device puts chains when it is done with them.
type usedRing interface {
	// put writes the element i places after the published ones; the driver does not see it.
	put(i int, head uint16, n uint32)
	// publish shows the driver the next n elements.
	publish(n int)
	// wanted reports whether anything was published since the last call, and whether the driver wants to be interrupted for
	// that; idle says that the device holds no chain.
	wanted(idle bool) (news, wanted bool)
}

var (
	_ availableRing = (*splitAvailable)(nil)
	_ usedRing      = (*splitUsed)(nil)
)
