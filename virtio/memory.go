package virtio

// Memory is guest-physical memory. Slice is its only door.
type Memory interface {
	// Slice returns the n bytes at gpa, or an error if any of them is not RAM. The guest may change them at any
	// moment: read each field once, check it, then use it. A slice never spans two RAM regions that are not adjacent
	// in the host's address space; the caller gets an error then.
	// It may be called by any goroutine at once and does not allocate when it succeeds.
	Slice(gpa, n uint64) ([]byte, error)
}
