package virtio

// splitTable decodes chains out of the descriptor table of a split queue (2.7.5).
type splitTable struct {
	decoder
	desc []byte
}

var splitChainRules = chainRules{
	segments: RuleSegments, length: RuleLength, inMemory: RuleBufferInMemory, readBeforeWrite: RuleReadBeforeWrite,
	indirectLength: RuleIndirectLength, indirectInMemory: RuleIndirectInMemory,
}

// decode fills c with the chain that starts at head, less than the table's size. Each descriptor is copied out of guest
// memory, then checked, then used.
//
// INDIRECT is honoured on any descriptor of the queue's own table, negotiated or not, and ends the chain there: NEXT
// beside it is not looked at (2.7.5.3.2; QEMU's virtqueue_split_pop knows it on the head only). Inside a table it means
// nothing.
func (t *splitTable) decode(head uint16, c *Chain) error {
	c.reset(head)
	d := loadDescriptor(t.desc, int(head))
	if d.flags&(descNext|descIndirect) == 0 {
		c.entries = 1
		err := t.buffer(d, c)
		c.seal()
		return err
	}
	last, err := t.walk(t.desc, d, descIndirect, c)
	c.entries = len(c.arena)
	if err != nil || last.flags&descIndirect == 0 {
		c.seal()
		return err
	}
	c.entries++
	table, err := t.table(head, last)
	if err != nil {
		return err
	}
	_, err = t.walk(table, loadDescriptor(table, 0), 0, c)
	c.seal()
	return err
}

// walk follows the chain that begins with d, and returns its last descriptor or, before that, the first that has the flag stop;
// c does not get that one. The number of steps is bounded by the table and by maxSegments.
func (t *splitTable) walk(table []byte, d descriptor, stop uint16, c *Chain) (descriptor, error) {
	max := len(table) / descBytes
	for n := 1; d.flags&stop == 0; n++ {
		if err := t.buffer(d, c); err != nil || d.flags&descNext == 0 {
			return d, err
		}
		i := int(d.next)
		switch {
		case i >= max:
			return d, t.broken(RuleNextInRange, c.Head, "next is %d in a table of %d", i, max)
		case n == max:
			return d, t.broken(RuleNoLoop, c.Head, "descriptor %d of a table of %d has a next", n, max)
		}
		d = loadDescriptor(table, i)
	}
	return d, nil
}
