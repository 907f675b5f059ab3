package conformance

import (
	"slices"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// posted and listed are the flags of a descriptor that is available in the first lap, and of one that others follow.
const (
	posted = virtiotest.AvailFlag
	listed = virtiotest.AvailFlag | virtiotest.Next
)

var brokenPackedSentences = []sentence{
	brokenList("2.8.17", "a list that goes around the ring without an end", func(n *nic) {
		for i := range n.tx().Size {
			n.tx().SetPacked(i, page, 60, 0, listed)
		}
	}),
	brokenList("2.8.17", "a list that ends in a descriptor that is not available", func(n *nic) {
		n.tx().SetPacked(0, page, 60, 0, listed)
	}),
	brokenList("2.8.17", "a device-readable descriptor behind a device-writable one", func(n *nic) {
		n.tx().SetPacked(1, page, 60, 0, posted)
		n.tx().SetPacked(0, page, 60, 0, listed|virtiotest.Write)
	}),
	brokenList("2.8.4", "a buffer without bytes", func(n *nic) { n.tx().SetPacked(0, page, 0, 0, posted) }),
	brokenList("2.8.4", "a buffer outside memory", func(n *nic) { n.tx().SetPacked(0, ^uint64(0)-30, 60, 0, posted) }),
	brokenList("2.8.7", "an indirect table that is no whole number of descriptors long", func(n *nic) {
		n.tx().SetPacked(0, page, 24, 0, posted|virtiotest.Indirect)
	}),
	brokenList("2.8.7", "an indirect table outside memory", func(n *nic) {
		n.tx().SetPacked(0, n.ram().Size(), 16, 0, posted|virtiotest.Indirect)
	}),
	brokenList("2.8.19", "a list that is longer than any queue", func(n *nic) {
		at := n.ram().Put(slices.Concat(slices.Repeat([][]byte{virtiotest.Descriptor(page, 1, 0, 0)}, 2000)...))
		n.tx().SetPacked(0, at, 2000*16, 0, posted|virtiotest.Indirect)
	}),
	brokenList("2.8.19", "an indirect table in an indirect table", func(n *nic) {
		at := n.ram().Put(virtiotest.Descriptor(page, 64, 0, virtiotest.Indirect))
		n.tx().SetPacked(0, at, 16, 0, posted|virtiotest.Indirect)
	}),
	brokenList("2.8.19", "an indirect table in a list of descriptors", func(n *nic) {
		at := n.ram().Put(virtiotest.Descriptor(page, 64, 0, 0))
		n.tx().SetPacked(1, at, 16, 0, posted|virtiotest.Indirect)
		n.tx().SetPacked(0, page, 60, 0, listed)
	}),
	brokenList("2.8.13", "an id that is no number of a descriptor", func(n *nic) { n.tx().SetPacked(0, page, 60, 0xffff, posted) }),
}

// brokenList is brokenChain on a packed ring.
func brokenList(section, what string, do func(n *nic)) sentence {
	return survives(section, packed, "comes to no harm by "+what, func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		do(n)
		n.notify(1)
		n.eventually("the device is done with it", func() bool {
			_, flags := n.packedEntry(0)
			return flags&virtiotest.UsedFlag != 0 || n.status()&needsReset != 0
		})
		n.startNIC()
		n.drain() // some of these a device may take for frames
		n.works()
	})
}
