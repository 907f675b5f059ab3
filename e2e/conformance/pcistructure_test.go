package conformance

import (
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

var structureSentences = []sentence{
	must("4.1.4.2", modern, "counts what follows a capability in its cap_len", func(e *env) {
		n := e.nic()
		for kind, want := range map[uint64]int{commonStructure: 16, notifyStructure: 20, isrStructure: 16, deviceStructure: 16, windowStructure: 20} {
			n.equal("cap_len", uint64(n.structure(kind).capLen), uint64(want))
		}
	}),
	should("4.1.4.2", modern, "has the better of two structures of a type first: the port before the page of memory", func(e *env) {
		n := e.nic(function(func(c *virtiopci.Config) { c.ModernPIONotify = true }))
		s := n.structures(notifyStructure)
		if len(s) != 2 || n.bars[s[0].bar].in != pci.Ports || n.bars[s[1].bar].in == pci.Ports {
			e.Errorf("notification structures: %+v", s)
		}
	}),
	described("4.1.4", modern, "has every structure inside a BAR", func(e *env) {
		n := e.nic(pairs(4))
		for kind := uint64(commonStructure); kind <= deviceStructure; kind++ {
			for _, s := range n.structures(kind) {
				if s.offset+s.length > n.bars[s.bar].size {
					e.Errorf("structure %d: %#x bytes at %#x of BAR%d, which has %#x", kind, s.length, s.offset, s.bar, n.bars[s.bar].size)
				}
			}
		}
	}),
	must("4.1.4.3.1", modern, "has a common configuration structure", func(e *env) { e.nic().structure(commonStructure) }),
	must("4.1.4.3.1", modern, "has it at an offset that is a multiple of 4", func(e *env) { e.nic().aligned(commonStructure, 4) }),
	must("4.1.4.6.1", modern, "has the device configuration at an offset that is a multiple of 4", func(e *env) { e.nic().aligned(deviceStructure, 4) }),
	untested("4.1.4.7.1", mustWord, "has each shared memory region inside its BAR, under an id of its own", "no device of Drydock's has one"),
	untested("4.1.4.8.1", mustWord, "has vendor data under another vendor's ID, of a multiple of 4 bytes, whose reads have no effects", "no device of Drydock's has any"),
}

// aligned checks where the structures of a type lie.
func (m *machine) aligned(kind, to uint64) {
	m.Helper()
	for _, s := range m.structures(kind) {
		if s.offset%to != 0 {
			m.Errorf("offset %#x", s.offset)
		}
	}
}
