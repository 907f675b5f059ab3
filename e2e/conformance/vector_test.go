package conformance

import (
	"time"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var vectorSentences = []sentence{
	should("4.1.5.1.2.1", everywhere, "has 2 to 2048 MSI-X vectors", func(e *env) {
		for _, p := range []int{1, 4, 64} {
			if v := e.nic(pairs(p)).vectors(); v < 2 || v > 0x800 {
				e.Errorf("%d pairs: %d", p, v)
			}
		}
	}),
	must("4.1.5.1.2.1", everywhere, "reports the number of its vectors in Table Size", func(e *env) {
		for _, v := range []int{2, 3, 4, 17} {
			n := e.nic(function(func(c *virtiopci.Config) { c.Vectors = v }))
			n.equal("Table Size", uint64(n.vectors()), uint64(v))
			n.enableMSIX()
			n.setConfigVector(uint64(v - 1))
			n.equal("the last vector", n.configVector(), uint64(v-1))
		}
	}),
	should("4.1.5.1.2.1", everywhere, "has no more vectors than may be of use: one for each queue and one for the configuration", func(e *env) {
		n := e.nic(pairs(2))
		n.equal("vectors", uint64(n.vectors()), 6)
	}),
	must("4.1.5.1.2.1", everywhere, "maps any event to any vector", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.enableMSIX()
		for v := range uint64(n.vectors()) {
			n.setConfigVector(v)
			n.equal("config_msix_vector", n.configVector(), v)
			for i := range n.rings {
				n.selectQueue(i)
				n.setQueueVector(v)
				n.equal("queue_msix_vector", n.queueVector(), v)
			}
		}
	}),
	described("4.1.5.3", everywhere, "sends a queue's notifications by the vector that is mapped, two queues' by one if need be", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.enableMSIX()
		for i := range 2 {
			n.selectQueue(i)
			n.setQueueVector(3)
		}
		n.ready()
		n.settle()
		r := n.receiver(virtiotest.LinuxSmall)
		n.works()
		n.eventually("the first notification", func() bool { return n.messages(3) == 1 })
		n.send(nil, frame(60, 1))
		n.receives(r, frame(60, 1))
		n.eventually("the second", func() bool { return n.messages(3) == 2 })
		n.equal("interrupts in all", uint64(n.interrupts()), 2)
	}),
	must("4.1.5.1.2.1", everywhere, "unmaps any event", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.mapVectors()
		n.setConfigVector(noVector)
		n.equal("config_msix_vector", n.configVector(), noVector)
		for i := range n.rings {
			n.selectQueue(i)
			n.setQueueVector(noVector)
			n.equal("queue_msix_vector", n.queueVector(), noVector)
		}
	}),
	must("4.1.5.1.2.1", everywhere, "shows the vector to which an event is mapped, or NO_VECTOR", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.enableMSIX()
		n.equal("config_msix_vector", n.configVector(), noVector)
		n.mapVectors()
		for i := range n.rings {
			n.selectQueue(i)
			n.equal("queue_msix_vector", n.queueVector(), uint64(i+1))
		}
	}),
	must("4.1.5.1.2.1", everywhere, "has all events unmapped at a reset", func(e *env) {
		n := e.nic()
		n.startVectors()
		n.setStatus(0)
		n.equal("config_msix_vector", n.configVector(), noVector)
		for i := range 3 {
			n.selectQueue(i)
			n.equal("queue_msix_vector", n.queueVector(), noVector)
		}
	}),
	should("4.1.5.1.2.1", everywhere, "lets no mapping fail that is possible", func(e *env) {
		n := e.nic(pairs(2))
		n.start(MQ, CtrlVQ)
		n.mapVectors() // while it runs
		for i := range n.rings {
			n.selectQueue(i)
			n.equal("queue_msix_vector", n.queueVector(), uint64(i+1))
		}
	}),
	must("4.1.5.1.2.1", everywhere, "shows NO_VECTOR where a mapping has failed", func(e *env) {
		n := e.nic()
		n.enableMSIX()
		for _, v := range []uint64{uint64(n.vectors()), 0x7ff, 0xfffe} {
			n.setConfigVector(0)
			n.setConfigVector(v)
			n.equal("config_msix_vector", n.configVector(), noVector)
			n.selectQueue(0)
			n.setQueueVector(0)
			n.setQueueVector(v)
			n.equal("queue_msix_vector", n.queueVector(), noVector)
		}
	}),
	must("4.1.5.3.1", everywhere, "delivers no interrupt for a queue whose vector is NO_VECTOR, while MSI-X is enabled", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.mapVectors()
		n.selectQueue(1)
		n.setQueueVector(noVector)
		n.ready()
		n.settle()
		for range 5 {
			n.works()
		}
		n.setStatus(0) // after which nothing is on its way
		n.equal("interrupts", uint64(n.interrupts()), 0)
	}),
	must("4.1.5.4.1", everywhere, "delivers no interrupt for the configuration if its vector is NO_VECTOR, while MSI-X is enabled", func(e *env) {
		n := e.nic()
		n.prepare(virtio.FeaturesOf(Status))
		n.mapVectors()
		n.setConfigVector(noVector)
		n.ready()
		n.settle()
		n.device.SetLink(false)
		n.equal("status", n.deviceConfig(configStatus, 2), 0)
		time.Sleep(glance)
		n.equal("interrupts", uint64(n.interrupts()), 0)
	}),
	described("4.1.5.4", everywhere, "sends a change of the configuration by its vector", func(e *env) {
		n := e.nic()
		n.startVectors(Status)
		n.settle()
		n.device.SetLink(false)
		n.eventually("a notification", func() bool { return n.messages(0) == 1 })
		n.equal("interrupts in all", uint64(n.interrupts()), 1)
	}),
	described("4.1.5.3", everywhere, "does not assert INTx while MSI-X is enabled", func(e *env) {
		n := e.nic()
		n.startVectors()
		n.settle()
		n.works()
		n.eventually("a notification", func() bool { return n.queueMessages(1) == 1 })
		if n.high() {
			e.Error("INTx is high")
		}
	}),
}
