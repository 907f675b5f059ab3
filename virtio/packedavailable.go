package virtio

// packedAvailable is what the driver makes available in a packed queue's ring (2.8.12).
type packedAvailable struct {
	packedTable
	seen     Cursor // up to where chains are decoded
	eventIdx bool
	kicked   bool // the driver is asked to notify
}

func newPackedAvailable(a *packedAreas, c *QueueConfig) *packedAvailable {
	return &packedAvailable{
		packedTable: packedTable{a, decoder{c.Memory, c.Index, &packedChainRules}},
		seen:        c.Start.Avail,
		eventIdx:    c.Features.Has(EventIdx),
		kicked:      true,
	}
}

// next does not go once around over what the device still has: there only a lie can stand.
func (r *packedAvailable) next(c *Chain) (bool, error) {
	ok, err := r.decode(r.seen, c)
	if !ok || err != nil {
		return false, err
	}
	if r.taken+c.entries > r.size {
		return false, r.broken(RulePackedInFlight, r.seen.Index, "the device has %d of %d entries, and the chain has %d", r.taken, r.size, c.entries)
	}
	r.taken += c.entries
	r.seen = r.seen.advance(c.entries, r.size)
	return true, nil
}

// take moves the event along while kicks are wanted, so that the driver kicks for the next chain, too.
func (r *packedAvailable) take(int) {
	if r.eventIdx && r.kicked {
		storeEvent(r.device, r.seen.offWrap(), eventDesc)
	}
}

func (r *packedAvailable) kicks(want bool) (more bool) {
	switch {
	case want && r.eventIdx:
		publishEvent(r.device, r.seen.offWrap(), eventDesc)
	case want && !r.kicked:
		publishEvent(r.device, 0, eventEnable)
	case !want && r.kicked:
		storeEvent(r.device, 0, eventDisable)
	}
	r.kicked = want
	return want && r.seen.available(loadPackedFlags(r.desc, int(r.seen.Index)))
}

func (r *packedAvailable) survey(from Cursor) (p Posted) {
	var c Chain
	for p.Entries < r.size {
		if ok, err := r.decode(from, &c); !ok || err != nil {
			break
		}
		p.add(&c)
		from = from.advance(c.entries, r.size)
	}
	return p
}
