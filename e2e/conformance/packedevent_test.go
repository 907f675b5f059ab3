package conformance

import (
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var packedEventSentences = []sentence{
	described("2.8.10", packed, "sends a notification after a buffer is used while the driver's flags are ENABLE", func(e *env) {
		n := e.nic()
		n.startVectors()
		for i := range 5 {
			n.transmit(frame(60, 1))
			n.eventually("a notification", func() bool { return n.queueMessages(1) == i+1 })
		}
	}),
	described("2.8.10", packed, "sends no notification while the driver's flags are DISABLE", func(e *env) {
		for _, f := range [][]virtio.Feature{nil, {virtio.EventIdx}} {
			n := e.nic()
			n.startVectors(f...)
			n.tx().EnableInterrupts(false)
			for range 5 {
				n.transmit(frame(60, 1))
			}
			n.setStatus(0) // after which nothing is on its way
			n.equal("notifications", uint64(n.queueMessages(1)), 0)
		}
	}),
	described("2.8.10", packed, "with EVENT_IDX and DESC sends a notification when it uses the descriptor that the driver names", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.usePacked(1)
		n.eventually("the first notification", func() bool { return n.queueMessages(1) == 1 })
		n.tx().SetDriverEvent(4|1<<15, virtiotest.EventDesc)
		for i := range 4 {
			n.usePacked(i + 2)
		}
		n.eventually("the second", func() bool { return n.queueMessages(1) == 2 })
	}),
	described("2.8.10", packed, "with EVENT_IDX and DESC sends no other notification", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.usePacked(1)
		n.eventually("the first notification", func() bool { return n.queueMessages(1) == 1 })
		n.tx().SetDriverEvent(100|1<<15, virtiotest.EventDesc)
		for i := range 50 {
			n.usePacked(i + 2)
		}
		n.setStatus(0) // after which nothing is on its way
		n.equal("notifications", uint64(n.queueMessages(1)), 1)
	}),
	described("2.8.10", packed, "with EVENT_IDX and DESC takes the wrap counter for a part of the descriptor's name", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.usePacked(1)
		n.eventually("the first notification", func() bool { return n.queueMessages(1) == 1 })
		n.tx().SetDriverEvent(4, virtiotest.EventDesc) // of the second lap
		for i := range 20 {
			n.usePacked(i + 2)
		}
		n.setStatus(0) // after which nothing is on its way
		n.equal("notifications", uint64(n.queueMessages(1)), 1)
	}),
	described("2.8.10", packed, "with EVENT_IDX and DESC sends no notification for the first buffer if the driver names another", func(e *env) {
		n := e.nic()
		n.prepare(virtio.FeaturesOf(virtio.EventIdx))
		n.mapVectors()
		n.tx().SetDriverEvent(100|1<<15, virtiotest.EventDesc)
		n.ready()
		n.settle()
		n.usePacked(1)
		n.setStatus(0)
		n.equal("notifications", uint64(n.queueMessages(1)), 1)
	}).deviates("a queue's first used buffer is always notified (signalled_used_valid is false then)"),
	described("2.8.14", packed, "has ENABLE or DISABLE in its own flags without EVENT_IDX", func(e *env) {
		n := e.nic()
		n.startNIC()
		for range 100 {
			n.works()
			if _, flags := n.tx().DeviceEvent(); flags > virtiotest.EventDisable {
				e.Fatalf("flags %#x", flags)
			}
		}
	}),
	described("2.8.14", packed, "says that it needs no notification while it waits for the link", func(e *env) {
		n := e.nic()
		n.startNIC()
		r := n.receiver(virtiotest.LinuxSmall)
		n.send(nil, frame(60, 1))
		n.receives(r, frame(60, 1))
		n.eventually("DISABLE", func() bool { return n.needsNoKick(0) })
	}),
	described("2.8.14", packed, "with EVENT_IDX names a descriptor, with its wrap counter, of which it wants to be notified", func(e *env) {
		n := e.nic()
		n.sizes[1] = 8
		n.startNIC(virtio.EventIdx)
		for range 20 {
			n.works()
			n.eventually("DESC of the next descriptor", func() bool {
				offWrap, flags := n.tx().DeviceEvent()
				return flags == virtiotest.EventDesc && offWrap == n.next(1)
			})
		}
	}),
}

// usePacked has one frame sent, and waits until k buffers are used. It leaves the driver's event alone.
func (n *nic) usePacked(k int) {
	n.Helper()
	n.post(frame(60, byte(k)))
	n.tx().Publish()
	n.notify(1)
	n.eventually("a used buffer", func() bool { return n.tx().Pending() == k })
	n.arrives(frame(60, byte(k)))
}
