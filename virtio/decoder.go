package virtio

import "fmt"

// maxSegments bounds the buffers of one chain: QEMU's VIRTQUEUE_MAX_SIZE, and Linux's UIO_MAXIOV, so that a chain fits one
// readv or writev.
const maxSegments = 1024

// A decoder turns descriptors into the vectors of a chain. It keeps no position, so any goroutine may use it.
//
// One thing differs from QEMU: that accepts a buffer outside RAM, and the data goes nowhere. Here it is a violation, because
// no driver means it and its author wants to know.
type decoder struct {
	memory Memory
	queue  int
	rules  *chainRules
}

// chainRules are the rules of chains that both layouts have, each in its own section.
type chainRules struct {
	segments, length, inMemory, readBeforeWrite, indirectLength, indirectInMemory *Rule
}

// buffer adds what d describes to c.
func (t *decoder) buffer(d descriptor, c *Chain) error {
	write := d.flags&descWrite != 0
	switch {
	case len(c.arena) == maxSegments:
		return t.broken(t.rules.segments, c.Head, "more than %d", maxSegments)
	case d.len == 0:
		return t.broken(t.rules.length, c.Head, "the buffer at %#x has no bytes", d.addr)
	case !write && c.WriteLen > 0:
		return t.broken(t.rules.readBeforeWrite, c.Head, "the buffer at %#x is readable and follows a writable one", d.addr)
	}
	b, err := t.memory.Slice(d.addr, uint64(d.len))
	if err != nil {
		return t.broken(t.rules.inMemory, c.Head, "the buffer at %#x of %d bytes: %v", d.addr, d.len, err)
	}
	c.add(b, write)
	return nil
}

// table is the indirect table that d describes.
func (t *decoder) table(head uint16, d descriptor) ([]byte, error) {
	if d.len == 0 || d.len%descBytes != 0 {
		return nil, t.broken(t.rules.indirectLength, head, "its indirect table has %d bytes", d.len)
	}
	table, err := t.memory.Slice(d.addr, uint64(d.len))
	if err != nil {
		return nil, t.broken(t.rules.indirectInMemory, head, "its indirect table is at %#x: %v", d.addr, err)
	}
	return table, nil
}

func (t *decoder) broken(r *Rule, head uint16, format string, args ...any) error {
	return &Violation{Rule: r, Queue: t.queue, Head: head, What: fmt.Sprintf(format, args...)}
}
