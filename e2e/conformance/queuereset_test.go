package conformance

import (
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var queueResetSentences = []sentence{
	must("2.6.1.1.1", modern, "executes no request of a queue that was reset", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.works()
		n.resetQueue(1)
		n.post(frame(60, 2))
		n.tx().Publish()
		n.notify(1)
		n.nothingArrives()
		n.equal("used buffers", uint64(n.tx().Pending()), 0)
	}),
	must("2.6.1.1.1", modern, "sends no notification for a queue that was reset", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.RingReset)
		n.settle()
		n.receiver(virtiotest.LinuxSmall)
		n.resetQueue(0)
		n.send(nil, frame(60, 2))
		time.Sleep(glance)
		n.equal("notifications", uint64(n.queueMessages(0)), 0)
	}),
	must("2.6.1.1.1", modern, "returns the state of a queue that is reset to its default: size, vector, positions", func(e *env) {
		n := e.nic()
		n.sizes[1] = 16
		n.startVectors(virtio.RingReset)
		n.settle()
		for range 20 { // past the ring's end
			n.works()
		}
		n.resetQueue(1)
		n.equal("queue_size", uint64(n.queueSize()), 256)
		n.equal("queue_msix_vector", n.queueVector(), noVector)
		n.enable(1)
		n.works()
	}),
	must("2.6.1.1.1", modern, "leaves the other queues alone", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		r := n.receiver(virtiotest.LinuxSmall)
		n.resetQueue(1)
		n.send(nil, frame(60, 3))
		n.receives(r, frame(60, 3))
	}),
	must("2.6.1.2.1", modern, "observes size and addresses that the driver changes before it enables a queue again", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		for _, n.sizes[1] = range []int{8, 64, 16} {
			n.resetQueue(1)
			n.equal("ring", uint64(n.enable(1).Size), uint64(n.sizes[1]))
			for range 70 {
				n.works()
			}
		}
	}),
}

// resetQueue resets one queue (2.6.1.1).
func (d *driver) resetQueue(i int) {
	d.Helper()
	d.selectQueue(i)
	common := d.structure(commonStructure)
	common.store(queueReset, 2, 1)
	d.eventually("queue_reset is 0", func() bool { return common.load(queueReset, 2) == 0 })
}
