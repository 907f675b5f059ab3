package virtiotest

import "github.com/drydock-vmm/drydock/virtio"

// packed is the layout of a packed ring.
func (r *Ring) packed() *packed {
	if p, ok := r.layout.(*packed); ok {
		return p
	}
	r.t.Helper() // only here: it costs more than what is measured beside it
	r.t.Fatal("the ring is not packed")
	return nil
}

// SetPacked writes entry i of a packed ring, whatever is in it: id and flags last and at once, as the device polls them.
func (r *Ring) SetPacked(i int, addr uint64, n uint32, id, flags uint16) {
	desc := &r.packed().desc
	desc.put(16*i, encode(addr, n, 0, 0)[:12])
	desc.putPair(16*i+12, id, flags)
}

// SetDriverEvent writes the driver event suppression structure of a packed ring.
func (r *Ring) SetDriverEvent(offWrap, flags uint16) {
	r.packed().driver.putPair(0, offWrap, flags)
}

// DeviceEvent is what the device wrote into its event suppression structure.
func (r *Ring) DeviceEvent() (offWrap, flags uint16) {
	return getPair(r.packed().device, 0)
}

// AvailAt and UsedAt are where the driver of a packed ring makes the next descriptor available, and where it expects the
// next used one.
func (r *Ring) AvailAt() virtio.Cursor { return r.packed().avail.cursor() }
func (r *Ring) UsedAt() virtio.Cursor  { return r.packed().used.cursor() }

func (at place) cursor() virtio.Cursor {
	return virtio.Cursor{Index: uint16(at.index), Flipped: at.wrap == 0}
}
