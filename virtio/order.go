package virtio

// order keeps the chains that the device took until all older ones are done, where VIRTIO_F_IN_ORDER (6.2) was negotiated: a
// device may push in any order, and the driver sees the order of availability. One used element for a batch of chains, which
// 2.7.9 and 2.8.8 allow, is not written: it would save a store a chain and lose the lengths of all but the last.
type order struct {
	ring []*Chain // oldest first; nil without IN_ORDER
	head int
	n    int
}

func newOrder(c *QueueConfig) (o order) {
	if c.Features.Has(InOrder) {
		o.ring = make([]*Chain, ceilPowerOfTwo(int(c.Size)))
	}
	return o
}

// take is a chain that the device holds from now on.
func (o *order) take(c *Chain) {
	if o.ring == nil {
		return
	}
	c.done = false
	o.ring[(o.head+o.n)&(len(o.ring)-1)] = c
	o.n++
}

// next is the oldest chain, if the device is done with it.
func (o *order) next() *Chain {
	if o.n == 0 || !o.ring[o.head].done {
		return nil
	}
	c := o.ring[o.head]
	o.head = (o.head + 1) & (len(o.ring) - 1)
	o.n--
	return c
}
