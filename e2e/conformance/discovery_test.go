package conformance

import (
	"math/bits"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

var discoverySentences = []sentence{
	must("4.1.1", everywhere, "is a PCI function: its capabilities form a list in its configuration space", func(e *env) {
		n := e.nic()
		n.equal("Capabilities List in Status", n.config(pciStatus, 2)&statusCapabilities, statusCapabilities)
		for _, at := range n.capabilities() {
			if at < 0x40 || at%4 != 0 {
				e.Errorf("a capability at %#x", at)
			}
		}
	}),
	must("4.1.1", everywhere, "is a PCI function: each BAR's size is a power of two", func(e *env) {
		n := e.nic()
		for i, b := range n.bars {
			if b.size != 0 && bits.OnesCount64(b.size) != 1 {
				e.Errorf("BAR%d: %#x bytes", i, b.size)
			}
		}
	}),
	must("4.1.1", everywhere, "is a PCI function: it decodes nothing while the command register forbids it", func(e *env) {
		n := e.nic()
		n.setConfig(pciCommand, 2, 0)
		for i, b := range n.bars {
			if _, _, ok := n.root.Lookup(b.in, b.addr); ok && b.size != 0 {
				e.Errorf("BAR%d answers", i)
			}
		}
	}),
	must("4.1.2.1", everywhere, "has the vendor ID 0x1AF4", func(e *env) {
		e.nic().equal("vendor", e.nic().config(pciVendor, 2), 0x1af4)
	}),
	must("4.1.2.1", everywhere, "has 0x1040 plus its device type for a device ID, or the transitional ID of its type", func(e *env) {
		want := uint64(0x1000)
		if e.column == nonTransitional {
			want = 0x1041
		}
		n := e.nic()
		n.equal("device", n.config(pciDevice, 2), want)
	}),
	may("4.1.2.1", everywhere, "has a vendor's subsystem IDs", func(e *env) {
		n := e.nic()
		n.equal("subsystem vendor", n.config(pciSubsystemVendor, 2), 0x1af4)
	}),
	should("4.1.2.1", newborn, "has a device ID from 0x1040 to 0x107f", func(e *env) {
		n := e.nic()
		if id := n.config(pciDevice, 2); id < 0x1040 || id > 0x107f {
			e.Errorf("%#x", id)
		}
	}),
	should("4.1.2.1", newborn, "has a revision ID of 1 or more", func(e *env) {
		n := e.nic()
		if n.config(pciRevision, 1) < 1 {
			e.Error("0")
		}
	}),
	should("4.1.2.1", newborn, "has a subsystem ID of 0x40 or more", func(e *env) {
		n := e.nic()
		if id := n.config(pciSubsystem, 2); id < 0x40 {
			e.Errorf("%#x", id)
		}
	}),
	must("4.1.2.3", both, "has the revision ID 0 if it is transitional", func(e *env) {
		n := e.nic()
		n.equal("revision", n.config(pciRevision, 1), 0)
	}),
	must("4.1.2.3", both, "has its device type for a subsystem ID if it is transitional", func(e *env) {
		n := e.nic()
		n.equal("subsystem", n.config(pciSubsystem, 2), 1)
	}),
	must("4.1.2.3", both, "has a device ID from 0x1000 to 0x103f if it is transitional", func(e *env) {
		n := e.nic()
		if id := n.config(pciDevice, 2); id < 0x1000 || id > 0x103f {
			e.Errorf("%#x", id)
		}
	}),
	must("4.1.3.2", modern, "lets the driver access the halves of a 64-bit field on their own", func(e *env) {
		n := e.nic()
		common := n.structure(commonStructure)
		for _, field := range []uint64{queueDesc, queueDriver, queueDevice} {
			common.store(field+4, 4, 0x12)
			common.store(field, 4, 0x3456789a)
			common.store(field+4, 4, 0x56)
			n.equal("low half", common.load(field, 4), 0x3456789a)
			n.equal("high half", common.load(field+4, 4), 0x56)
			n.equal("field", common.load(field, 8), 0x563456789a)
		}
	}),
	must("4.1.5.1.1.1", both, "has the legacy interface in I/O BAR0 if it is transitional", func(e *env) {
		n := e.nic()
		if b := n.bars[0]; b.in != pci.Ports || b.size < 20 {
			e.Errorf("BAR0: %+v", b)
		}
	}),
	described("4.1.5.1.1.1", legacy, "has no virtio capability if it is a legacy device", func(e *env) {
		n := e.nic(function(func(c *virtiopci.Config) { c.DisableModern = true }))
		for _, at := range n.capabilities() {
			if n.config(at, 1) == capabilityVendor {
				e.Errorf("one at %#x", at)
			}
		}
		n.startNIC()
		n.works()
	}),
	untested("4.1.4.11.0.1", shouldWord, "has an I/O BAR0 that vanishes when 0 is written at 18, if it is non-transitional and a legacy driver of its ID is known",
		"none is known for 0x1041"),
}
