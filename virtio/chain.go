package virtio

import "golang.org/x/sys/unix"

// A Chain is one available buffer: its descriptors decoded and checked, in the driver's order. Its vectors point into
// guest memory and are valid until the chain is pushed back.
type Chain struct {
	Head              uint16       // what the driver knows it by: its first descriptor, or the buffer id of a packed queue
	Read              []unix.Iovec // device-readable part
	Write             []unix.Iovec // device-writable part
	ReadLen, WriteLen uint64       // sums of the above, bytes

	arena    []unix.Iovec  // Read and Write lie in it; kept when the chain is used again
	first    [1]unix.Iovec // arena to begin with, beside what else is looked at
	readable int           // vectors of arena that are Read
	entries  int           // descriptors of the queue's own table
	popped   bool          // the device has it, to catch a second Push
	done     bool          // pushed, and waiting for older chains (order)
	used     uint32        // bytes written, while it waits
}

func (c *Chain) reset(head uint16) {
	c.Head = head
	c.Read, c.Write = nil, nil
	c.ReadLen, c.WriteLen = 0, 0
	c.arena, c.readable = c.arena[:0], 0
}

func (c *Chain) add(b []byte, write bool) {
	c.arena = append(c.arena, unix.Iovec{Base: &b[0], Len: uint64(len(b))})
	if write {
		c.WriteLen += uint64(len(b))
	} else {
		c.ReadLen += uint64(len(b))
		c.readable++
	}
}

// seal splits the arena: the device-readable vectors come first.
func (c *Chain) seal() { c.Read, c.Write = c.arena[:c.readable:c.readable], c.arena[c.readable:] }
