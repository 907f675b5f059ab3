package conformance

import (
	"time"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var deviceStatusSentences = []sentence{
	described("2.1", everywhere, "shows the status bits that the driver has set", func(e *env) {
		n := e.nic()
		for _, v := range []byte{acknowledge, acknowledge | driverBit, acknowledge | driverBit | failedBit} {
			n.setStatus(v)
			n.equal("status", uint64(n.status()), uint64(v))
		}
	}),
	must("2.1.2", modern, "consumes no buffer before DRIVER_OK", func(e *env) {
		n := e.nic()
		n.earlyBuffer()
		if p := n.tx().Pending(); p != 0 {
			e.Errorf("%d buffers are used", p)
		}
		n.nothingArrives()
		n.ready()
		n.tx().Wait(patience)
		n.arrives(frame(60, 1))
	}),
	must("2.1.2", modern, "sends no used buffer notification before DRIVER_OK", func(e *env) {
		n := e.nic()
		n.earlyBuffer()
		n.equal("interrupts", uint64(n.interrupts()), 0)
		n.equal("ISR", uint64(n.isr()), 0)
		n.ready()
		n.eventually("an interrupt", func() bool { return n.interrupts() > 0 })
	}),
	should("2.1.2", modern, "sets DEVICE_NEEDS_RESET where it cannot go on without a reset", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.breakQueue()
		n.eventually("DEVICE_NEEDS_RESET", func() bool { return n.status()&needsReset != 0 })
	}),
	must("2.1.2", modern, "sends a configuration change notification after it has set DEVICE_NEEDS_RESET", func(e *env) {
		n := e.nic()
		n.startVectors()
		n.breakQueue()
		n.eventually("a configuration change notification", func() bool { return n.messages(0) == 1 })
		n.equal("DEVICE_NEEDS_RESET", uint64(n.status()&needsReset), needsReset)
	}),
	described("2.1", modern, "keeps DEVICE_NEEDS_RESET until it is reset, and works after that", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.breakQueue()
		n.eventually("DEVICE_NEEDS_RESET", func() bool { return n.status()&needsReset != 0 })
		n.startNIC()
		n.works()
		n.equal("DEVICE_NEEDS_RESET", uint64(n.status()&needsReset), 0)
	}),
}

const failedBit = 128

// earlyBuffer makes a frame available, with a notification, before DRIVER_OK, and gives the device time to do wrong.
func (n *nic) earlyBuffer() {
	n.Helper()
	n.prepare(n.accepted)
	n.mapVectors()
	n.post(frame(60, 1))
	n.tx().Publish()
	n.notify(1)
	time.Sleep(glance)
}

// breakQueue makes a buffer available that is not RAM.
func (n *nic) breakQueue() {
	n.tx().Add(virtiotest.Readable(n.ram().Size(), 60))
	n.tx().Kick()
}
