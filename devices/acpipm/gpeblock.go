package acpipm

import "github.com/drydock-vmm/drydock/devices"

// gpeBlock is GPE0 (4.8.4.3): status, of which written ones clear, and enable.
type gpeBlock struct{ m *PM }

func (b gpeBlock) Read(off uint64, p []byte) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	devices.Ones(p)
	if off < GPESize {
		copy(p, b.m.gpe[off:])
	}
}

func (b gpeBlock) Write(off uint64, p []byte) {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	for i, v := range p {
		switch at := off + uint64(i); {
		case at < GPESize/2:
			b.m.gpe[at] &^= v
		case at < GPESize:
			b.m.gpe[at] = v
		}
	}
	b.m.interrupt()
}
