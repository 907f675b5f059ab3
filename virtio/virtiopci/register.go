package virtiopci

// A register is one field of a register block, at the only offset where an access reaches it. Accesses are passed on as
// they come: a narrow read is truncated, a narrow write is a small value (QEMU's virtio_pci_common_read and
// virtio_ioport_read switch on the exact offset).
type register struct {
	name  string // the specification's; the trace log says it
	off   uint64
	read  func(t *Transport) uint32    // nil: as where there is no register
	write func(t *Transport, v uint32) // nil: ignored

	// free registers take no mutex; all others are called with it held.
	free bool
}

// A block is registers by offset.
type block map[uint64]register

func newBlock(rs ...register) block {
	b := make(block, len(rs))
	for _, r := range rs {
		b[r.off] = r
	}
	return b
}

// read answers none where there is nothing to read.
func (b block) read(t *Transport, off uint64, none uint32) uint32 {
	r := b[off]
	if r.read == nil {
		return none
	}
	if !r.free {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	v := r.read(t)
	t.cfg.Log.Trace().Str("register", r.name).Uint32("value", v).Msg("virtiopci: read")
	return v
}

func (b block) write(t *Transport, off uint64, v uint32) {
	r := b[off]
	if r.write == nil {
		return
	}
	if !r.free {
		t.mu.Lock()
		defer t.mu.Unlock()
	}
	t.cfg.Log.Trace().Str("register", r.name).Uint32("value", v).Msg("virtiopci: write")
	r.write(t, v)
}
