package virtio

// A Position is where a queue stands in its ring. The zero value is the start of a fresh queue. Positions compare with ==.
type Position struct {
	Avail Cursor // of the next chain to take
	Used  Cursor // of the next used element to write
}

// A Cursor is a place in a ring, as far as the two sides must agree on it.
type Cursor struct {
	// Index is the free-running index of a split ring (2.7.6, 2.7.8), or the entry of a packed one (2.8.1), less than its size.
	Index uint16
	// Flipped says that the wrap counter of a packed ring (2.8.1), which starts at 1, is 0. It is false on a split one.
	Flipped bool
}
