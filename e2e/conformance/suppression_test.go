package conformance

import (
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var suppressionSentences = []sentence{
	must("2.7.7.2", split, "without EVENT_IDX ignores used_event", func(e *env) {
		n := e.nic()
		n.startVectors()
		n.tx().SetUsedEvent(0x7fff)
		for i := range 3 {
			n.transmit(frame(60, 1))
			n.eventually("a notification", func() bool { return n.queueMessages(1) == i+1 })
		}
	}),
	should("2.7.7.2", split, "without EVENT_IDX sends no notification while the available ring's flags are 1", func(e *env) {
		n := e.nic()
		n.startVectors()
		n.tx().EnableInterrupts(false)
		for range 5 {
			n.transmit(frame(60, 1))
		}
		n.setStatus(0) // after which nothing is on its way
		n.equal("notifications", uint64(n.queueMessages(1)), 0)
	}),
	must("2.7.7.2", split, "without EVENT_IDX sends a notification after a buffer is used while the available ring's flags are 0", func(e *env) {
		n := e.nic()
		n.startVectors()
		for i := range 5 {
			n.transmit(frame(60, 1))
			n.eventually("a notification", func() bool { return n.queueMessages(1) == i+1 })
		}
	}),
	must("2.7.7.2", split, "with EVENT_IDX ignores the available ring's flags", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.tx().SetAvailFlags(virtiotest.NoInterrupt)
		for i := range 5 {
			n.transmit(frame(60, 1))
			n.eventually("a notification", func() bool { return n.queueMessages(1) == i+1 })
		}
	}),
	must("2.7.7.2", split, "with EVENT_IDX sends a notification when the used index passes used_event", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.useOne(1)
		n.eventually("the first notification", func() bool { return n.queueMessages(1) == 1 })
		n.tx().SetUsedEvent(4)
		for i := range uint16(4) {
			n.useOne(i + 2)
		}
		n.eventually("the second", func() bool { return n.queueMessages(1) == 2 })
	}),
	should("2.7.7.2", split, "with EVENT_IDX sends no other notification", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.useOne(1)
		n.eventually("the first notification", func() bool { return n.queueMessages(1) == 1 })
		n.tx().SetUsedEvent(100)
		for i := range uint16(50) {
			n.useOne(i + 2)
		}
		n.setStatus(0) // after which nothing is on its way
		n.equal("notifications", uint64(n.queueMessages(1)), 1)
	}),
	should("2.7.7.2", split, "with EVENT_IDX sends no notification for the first buffer if used_event is another", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.EventIdx)
		n.tx().SetUsedEvent(100)
		n.useOne(1)
		n.setStatus(0)
		n.equal("notifications", uint64(n.queueMessages(1)), 1)
	}).deviates("a queue's first used buffer is always notified (signalled_used_valid is false then)"),
}

// useOne has one frame sent, and waits until the used index is idx. It leaves used_event alone.
func (n *nic) useOne(idx uint16) {
	n.Helper()
	n.post(frame(60, byte(idx)))
	n.tx().Publish()
	n.notify(1)
	n.eventually("a used buffer", func() bool { return n.tx().UsedIdx() == idx })
	n.arrives(frame(60, byte(idx)))
}
