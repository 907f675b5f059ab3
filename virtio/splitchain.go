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
// It follows QEMU (virtqueue_split_pop) where the specification leaves a choice: INDIRECT is honoured on the head, negotiated
// or not, and NEXT beside it is not looked at; nor is INDIRECT anywhere else. It differs in one thing: QEMU accepts a
// buffer outside RAM, and the data goes nowhere. Here that is a violation, because no driver means it and its author
// wants to know.
func (t *splitTable) decode(head uint16, c *Chain) error {
	c.reset(head)
	d := loadDescriptor(t.desc, int(head))
	if d.flags&descIndirect == 0 {
		readable, err := t.walk(t.desc, d, c)
		c.seal(readable, len(c.arena))
		return err
	}
	table, err := t.indirect(head, d)
	if err != nil {
		return err
	}
	readable, err := t.walk(table, loadDescriptor(table, 0), c)
	c.seal(readable, 1)
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

// walk follows the chain from d, its first descriptor, and counts the readable ones. The number of steps is bounded by the
// table and by maxSegments.
func (t *splitTable) walk(table []byte, d descriptor, c *Chain) (readable int, err error) {
	max := len(table) / descBytes
	for n := 1; ; n++ {
		if n > maxSegments {
			return 0, t.broken(RuleSegments, c.Head, "more than %d", maxSegments)
		}
		if err := t.buffer(d, c); err != nil {
			return 0, err
		}
		if d.flags&descWrite == 0 {
			readable = n
		}
		if d.flags&descNext == 0 {
			return readable, nil
		}
		if int(d.next) >= max {
			return 0, t.broken(RuleNextInRange, c.Head, "next is %d in a table of %d", d.next, max)
		}
		if n == max {
			return 0, t.broken(RuleNoLoop, c.Head, "descriptor %d of a table of %d has a next", n, max)
		}
		d = loadDescriptor(table, int(d.next))
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
