package virtio

// packedTable decodes chains out of the ring of a packed queue (2.8.6, 2.8.7).
type packedTable struct {
	*packedAreas // of which it reads what never changes
	decoder
}

var packedChainRules = chainRules{
	segments: RulePackedSegments, length: RulePackedLength, inMemory: RulePackedBufferInMemory,
	readBeforeWrite: RulePackedReadBeforeWrite,
	indirectLength:  RulePackedIndirectLength, indirectInMemory: RulePackedIndirectInMemory,
}

// decode fills c with the chain that begins there; it reports false if there is none. Each descriptor is copied out of guest
// memory, then checked, then used. A chain is known by the id in its last descriptor, which the device only gives back; until
// that is known, and in a violation, c.Head is the entry of the first.
//
// INDIRECT is honoured on the first descriptor, negotiated or not, and NEXT beside it is not looked at, as in QEMU's
// virtqueue_packed_pop. Two more things differ from QEMU: that takes an indirect descriptor later in a list for a buffer, and
// does not look whether it is available. Here both are violations, since the first hands a table out as data and the second
// an address that the driver has freed.
func (t *packedTable) decode(at Cursor, c *Chain) (bool, error) {
	d, id := loadPackedDescriptor(t.desc, int(at.Index))
	if !at.available(d.flags) {
		return false, nil
	}
	if t.crooked { // the flags may have come before the rest
		d, id = loadPackedDescriptor(t.desc, int(at.Index))
	}
	c.reset(at.Index)
	c.entries = 1
	if d.flags&descIndirect != 0 {
		return t.finish(c, id, t.indirect(d, c))
	}
	err := t.buffer(d, c)
	for err == nil && d.flags&descNext != 0 {
		at = at.advance(1, t.size)
		d, id, err = t.link(at, c)
	}
	return t.finish(c, id, err)
}

func (t *packedTable) finish(c *Chain, id uint16, err error) (bool, error) {
	c.Head = id
	c.seal()
	return err == nil, err
}

// link adds the next descriptor of a list.
func (t *packedTable) link(at Cursor, c *Chain) (d descriptor, id uint16, err error) {
	if c.entries == t.size {
		return d, id, t.broken(RuleListLength, c.Head, "descriptor %d of a ring of %d has a next", c.entries, t.size)
	}
	d, id = loadPackedDescriptor(t.desc, int(at.Index))
	c.entries++
	switch {
	case !at.available(d.flags):
		err = t.broken(RuleListAvailable, c.Head, "descriptor %d of the list, in entry %d, has flags %#x", c.entries, at.Index, d.flags)
	case d.flags&descIndirect != 0:
		err = t.broken(RuleIndirectAlone, c.Head, "descriptor %d of the list, in entry %d, points to a table", c.entries, at.Index)
	default:
		err = t.buffer(d, c)
	}
	return d, id, err
}

// indirect adds a table: all its entries, one after the other. No flag but WRITE means anything there.
func (t *packedTable) indirect(d descriptor, c *Chain) error {
	table, err := t.table(c.Head, d)
	for i := 0; err == nil && i < len(table)/descBytes; i++ {
		d := loadDescriptor(table, i)
		d.flags = d.next // where a packed descriptor has them
		err = t.buffer(d, c)
	}
	return err
}
