package virtio

const usedNoNotify = 1 // VIRTQ_USED_F_NO_NOTIFY

// splitAvailable is the available ring of a split queue (2.7.6).
//
//	taken  ≤  seen  ≤  posted     indexes modulo 65536
//
// taken is what the device has popped, seen what has been decoded, posted the driver's index when it was last read.
type splitAvailable struct {
	*splitAreas
	splitTable
	taken, seen, posted uint16
	eventIdx            bool
	kicked              bool // the driver is asked to notify
	fence               fence
}

func newSplitAvailable(a *splitAreas, c *QueueConfig) *splitAvailable {
	return &splitAvailable{
		splitAreas: a,
		splitTable: splitTable{decoder{c.Memory, c.Index, &splitChainRules}, a.desc},
		taken:      c.Start.Avail.Index, seen: c.Start.Avail.Index, posted: c.Start.Avail.Index,
		eventIdx: c.Features.Has(EventIdx),
		kicked:   true,
	}
}

func (r *splitAvailable) next(c *Chain) (bool, error) {
	if r.seen == r.posted {
		if err := r.look(); err != nil || r.seen == r.posted {
			return false, err
		}
	}
	head := r.availRing(r.seen)
	if int(head) >= r.size {
		return false, r.broken(RuleHeadInRange, head, "entry %d of a ring of %d", r.entry(r.seen), r.size)
	}
	if err := r.decode(head, c); err != nil {
		return false, err
	}
	r.seen++
	return true, nil
}

// look reads the driver's index. What has been seen and not taken is still in the ring, so the driver can be ahead of seen
// only by the rest of it; an index that went back looks like one far ahead.
func (r *splitAvailable) look() error {
	idx := r.availIdx()
	if ahead, free := int(idx-r.seen), r.size-int(r.seen-r.taken); ahead > free {
		return r.broken(RuleAvailIndex, 0, "the index is %d, the device is at %d, the size is %d", idx, r.taken, r.size)
	}
	r.posted = idx
	return nil
}

// take leaves avail_event behind while kicks are not wanted, so that the driver's index does not cross it (QEMU's
// vring_set_avail_event).
func (r *splitAvailable) take(n int) {
	r.taken += uint16(n)
	if r.eventIdx && r.kicked {
		r.setAvailEvent(r.taken)
	}
}

func (r *splitAvailable) kicks(want bool) (more bool) {
	switch {
	case r.eventIdx && want:
		r.setAvailEvent(r.seen)
		r.fence.full()
	case !r.eventIdx && want != r.kicked:
		r.usedFlags = usedNoNotify
		if want {
			r.usedFlags = 0
		}
		r.storeUsed()
	}
	r.kicked = want
	return want && r.availIdx() != r.seen
}

func (r *splitAvailable) survey(from Cursor) (p Posted) {
	var c Chain
	i := from.Index
	for n := min(int(r.availIdx()-i), r.size); n > 0; n-- {
		head := r.availRing(i)
		i++
		if int(head) < r.size && r.decode(head, &c) == nil {
			p.add(&c)
		}
	}
	return p
}
