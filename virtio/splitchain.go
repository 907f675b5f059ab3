package virtio

import "fmt"

// maxSegments bounds the buffers of one chain: QEMU's VIRTQUEUE_MAX_SIZE, and Linux's UIO_MAXIOV, so that a chain fits one
// readv or writev.
const maxSegments = 1024

// splitTable decodes chains out of a descriptor table. It keeps no position, so any goroutine may.
type splitTable struct {
	desc   []byte
	memory Memory
	queue  int
}

// decode fills c with the chain that starts at head, less than the table's size. Each descriptor is copied out of guest
// memory, then checked, then used.
//
// INDIRECT is honoured on any descriptor of the queue's own table, negotiated or not, and ends the chain there: NEXT
// beside it is not looked at (2.7.5.3.2; QEMU's virtqueue_split_pop knows it on the head only). Inside a table it means
// nothing. One more thing differs from QEMU: that accepts a buffer outside RAM, and the data goes nowhere. Here it is a
// violation, because no driver means it and its author wants to know.
func (t *splitTable) decode(head uint16, c *Chain) error {
	c.reset(head)
	last, err := t.walk(t.desc, head, descIndirect, c)
	c.entries = len(c.arena)
	if err != nil || last.flags&descIndirect == 0 {
		c.seal()
		return err
	}
	c.entries++
	table, err := t.indirect(head, last)
	if err != nil {
		return err
	}
	_, err = t.walk(table, 0, 0, c)
	c.seal()
	return err
}

func (t *splitTable) indirect(head uint16, d descriptor) ([]byte, error) {
	if d.len == 0 || d.len%descBytes != 0 {
		return nil, t.broken(RuleIndirectLength, head, "its indirect table has %d bytes", d.len)
	}
	table, err := t.memory.Slice(d.addr, uint64(d.len))
	if err != nil {
		return nil, t.broken(RuleIndirectInMemory, head, "its indirect table is at %#x: %v", d.addr, err)
	}
	return table, nil
}

// walk follows the chain from a table's entry i, and returns its last descriptor or, before that, the first that has the
// flag stop; c does not get that one. The number of steps is bounded by the table and by maxSegments.
func (t *splitTable) walk(table []byte, i, stop uint16, c *Chain) (d descriptor, err error) {
	max := len(table) / descBytes
	for n := 1; ; n++ {
		if d = loadDescriptor(table, int(i)); d.flags&stop != 0 {
			return d, nil
		}
		if len(c.arena) == maxSegments {
			return d, t.broken(RuleSegments, c.Head, "more than %d", maxSegments)
		}
		if err := t.buffer(d, c); err != nil {
			return d, err
		}
		if d.flags&descNext == 0 {
			return d, nil
		}
		if i = d.next; int(i) >= max {
			return d, t.broken(RuleNextInRange, c.Head, "next is %d in a table of %d", i, max)
		}
		if n == max {
			return d, t.broken(RuleNoLoop, c.Head, "descriptor %d of a table of %d has a next", n, max)
		}
	}
}

func (t *splitTable) buffer(d descriptor, c *Chain) error {
	write := d.flags&descWrite != 0
	switch {
	case d.len == 0:
		return t.broken(RuleLength, c.Head, "the buffer at %#x has no bytes", d.addr)
	case !write && c.WriteLen > 0:
		return t.broken(RuleReadBeforeWrite, c.Head, "the buffer at %#x is readable and follows a writable one", d.addr)
	}
	b, err := t.memory.Slice(d.addr, uint64(d.len))
	if err != nil {
		return t.broken(RuleBufferInMemory, c.Head, "the buffer at %#x of %d bytes: %v", d.addr, d.len, err)
	}
	c.add(b, write)
	return nil
}

func (t *splitTable) broken(r *Rule, head uint16, format string, args ...any) error {
	return &Violation{Rule: r, Queue: t.queue, Head: head, What: fmt.Sprintf(format, args...)}
}
