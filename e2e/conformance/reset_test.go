package conformance

import (
	"bytes"
	"time"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var resetSentences = []sentence{
	must("2.4.1", everywhere, "sets its status to 0 at a reset", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		n.setStatus(0)
		n.equal("status", uint64(n.status()), 0)
	}),
	must("2.4.1", everywhere, "touches no ring and no buffer after a reset, until it is initialized again", func(e *env) {
		n := e.nic()
		n.busyThenReset()
		before := bytes.Clone(n.ram().Bytes(0, touched))
		n.tempt()
		if !bytes.Equal(n.ram().Bytes(0, touched), before) {
			e.Error("the device wrote memory")
		}
		n.nothingArrives()
	}),
	must("2.4.1", everywhere, "sends no notification after a reset, until it is initialized again", func(e *env) {
		n := e.nic()
		n.busyThenReset()
		before := n.interrupts()
		n.tempt()
		n.equal("interrupts", uint64(n.interrupts()), uint64(before))
		n.equal("ISR", uint64(n.isr()), 0)
	}),
	elsewhere("2.4.1", mustWord, everywhere, "shows a status of 0 only when it has let go of the rings, to any CPU",
		reference{"virtio/virtiopci", "TestResetWaitsForTheDevice/2.4.1: another vCPU does not read 0 before that"}),
	described("2.4", everywhere, "works again after a reset in the midst of traffic", func(e *env) {
		n := e.nic()
		for range 5 {
			n.busyThenReset()
		}
		n.startNIC()
		n.works()
	}),
}

// touched is more memory than a test's rings and buffers take.
const touched = 4 << 20

// busyThenReset has frames on their way in both directions when it resets the device.
func (n *nic) busyThenReset() {
	n.Helper()
	n.startVectors()
	n.settle()
	n.receiver(virtiotest.LinuxSmall)
	for i := range byte(8) {
		n.send(nil, frame(200, i))
		n.post(frame(200, i))
	}
	n.tx().Kick()
	n.setStatus(0)
	n.drain()
}

// tempt offers the device work that it must not take.
func (n *nic) tempt() {
	n.Helper()
	n.tx().Publish()
	n.notify(0)
	n.notify(1)
	n.send(nil, frame(200, 99))
	time.Sleep(glance)
}
