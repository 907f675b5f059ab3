package virtio

const availNoInterrupt = 1 // VIRTQ_AVAIL_F_NO_INTERRUPT

// splitUsed is the used ring of a split queue (2.7.8) and the driver's wish to be interrupted (2.7.7).
type splitUsed struct {
	*splitAreas
	avail                   *splitAvailable
	start                   Position
	stats                   *stats
	eventIdx, notifyOnEmpty bool

	news     bool   // something was published since wanted was last called
	signal   uint16 // used index at that call
	signaled bool   // signal is valid
}

func newSplitUsed(avail *splitAvailable, c *QueueConfig, s *stats) *splitUsed {
	return &splitUsed{
		splitAreas: avail.splitAreas, avail: avail, start: c.Start, stats: s,
		eventIdx: c.Features.Has(EventIdx), notifyOnEmpty: c.Features.Has(NotifyOnEmpty),
		signal: c.Start.Told.Index, signaled: c.Start.Told.Ever,
	}
}

func (r *splitUsed) put(i int, c *Chain, n uint32) {
	storeUsedElement(r.used, r.entry(r.usedIdx+uint16(i)), uint32(c.Head), n)
}

// publish forgets the last signal if it goes past it a whole time around: the span could no longer be told from a short one.
func (r *splitUsed) publish(n int) {
	r.news = true
	r.usedIdx += uint16(n)
	if int(r.usedIdx-r.signal) < n {
		r.signaled = false
	}
	r.storeUsed()
}

// wanted is QEMU's virtio_split_should_notify: the first signal of a queue's life is always sent with EVENT_IDX, because
// there is no earlier index to span from. The barrier between used.idx and what the driver wishes is in storeUsed.
func (r *splitUsed) wanted(idle bool) (news, wanted bool) {
	if !r.news {
		return false, false
	}
	from, valid := r.signal, r.signaled
	r.news, r.signal, r.signaled = false, r.usedIdx, true
	switch {
	case r.notifyOnEmpty && idle && r.availIdx() == r.avail.taken:
		return true, true
	case !r.eventIdx:
		return true, r.availFlags()&availNoInterrupt == 0
	}
	return true, !valid || needEvent(r.usedEvent(), r.usedIdx, from)
}

func (r *splitUsed) position() Position {
	n := uint16(r.stats.chains.Load())
	p := r.start
	p.Told = Told{}
	p.Avail.Index += n
	p.Used.Index += n
	return p
}

func (r *splitUsed) told() Told { return Told{r.signal, r.signaled} }

// needEvent is vring_need_event (2.7.7.2): going from old to new passes event.
func needEvent(event, new, old uint16) bool {
	return new-event-1 < new-old
}
