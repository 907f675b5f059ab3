package conformance

import (
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var brokenSplitSentences = []sentence{
	brokenChain("2.7.5.2", "a chain that loops", func(n *nic) {
		n.tx().SetDescriptor(0, page, 60, virtiotest.Next, 1)
		n.tx().SetDescriptor(1, page, 60, virtiotest.Next, 0)
	}),
	brokenChain("2.7.5", "a next outside the table", func(n *nic) {
		n.tx().SetDescriptor(0, page, 60, virtiotest.Next, uint16(n.tx().Size))
	}),
	brokenChain("2.7.5", "a buffer outside memory", func(n *nic) {
		n.tx().SetDescriptor(0, ^uint64(0)-30, 60, 0, 0)
	}),
	brokenChain("2.7.5", "a buffer without bytes", func(n *nic) {
		n.tx().SetDescriptor(0, page, 0, 0, 0)
	}),
	brokenChain("2.7.4.2", "a device-readable descriptor behind a device-writable one", func(n *nic) {
		n.tx().SetDescriptor(0, page, 60, virtiotest.Next|virtiotest.Write, 1)
		n.tx().SetDescriptor(1, page, 60, 0, 0)
	}),
	brokenChain("2.7.5.3.1", "an indirect table in an indirect table", func(n *nic) {
		at := n.ram().Put(virtiotest.Descriptor(page, 64, virtiotest.Indirect, 0))
		n.tx().SetDescriptor(0, at, 16, virtiotest.Indirect, 0)
	}),
	brokenChain("2.7.5.3.1", "INDIRECT and NEXT in one descriptor", func(n *nic) {
		at := n.ram().Put(virtiotest.Descriptor(page, 64, 0, 0))
		n.tx().SetDescriptor(0, at, 16, virtiotest.Indirect|virtiotest.Next, 0)
	}),
	brokenChain("2.7.5.3.1", "a chain that is longer than any queue", func(n *nic) {
		at := n.ram().Put(slices.Concat(slices.Repeat([][]byte{virtiotest.Descriptor(page, 1, virtiotest.Next, 1)}, 2000)...))
		n.tx().SetDescriptor(0, at, 2000*16, virtiotest.Indirect, 0)
	}),
	brokenChain("2.7.5.3", "an indirect table that is no whole number of descriptors long", func(n *nic) {
		n.tx().SetDescriptor(0, page, 24, virtiotest.Indirect, 0)
	}),
	brokenChain("2.7.5.3", "an indirect table outside memory", func(n *nic) {
		n.tx().SetDescriptor(0, n.ram().Size(), 16, virtiotest.Indirect, 0)
	}),
	brokenChain("2.7.6", "an available entry outside the table", func(n *nic) {
		n.tx().SetAvailEntry(0, uint16(n.tx().Size))
	}),
	brokenChain("2.7.6.1", "an available index that runs ahead of the ring", func(n *nic) {
		n.tx().SetAvailIdx(uint16(n.tx().Size) + 2)
	}),
}

// brokenChain is a driver that neglects one of its duties on the transmit queue, and what must remain possible: a reset, and life
// after it.
func brokenChain(section, what string, do func(n *nic)) sentence {
	return survives(section, split, "comes to no harm by "+what, func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		n.tx().SetAvailEntry(0, 0)
		do(n)
		if n.tx().AvailIdx() == 0 {
			n.tx().SetAvailIdx(1)
		}
		n.notify(1)
		n.eventually("the device is done with it", func() bool { return n.tx().UsedIdx() == 1 || n.status()&needsReset != 0 || n.column == legacyDriver })
		n.startNIC()
		n.drain() // some of these a device may take for frames
		n.works()
	})
}
