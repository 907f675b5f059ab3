package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var inOrderSentences = []sentence{
	must("6.2", modern, "with IN_ORDER uses buffers in the order in which they became available: transmit", func(e *env) {
		n := e.nic(with(virtio.InOrder))
		n.startNIC(virtio.InOrder)
		for round := range byte(5) {
			for i := range 60 { // which the ring compares
				n.post(frame(60+100*(i%7), round), 12)
			}
			n.tx().Kick()
			for i := range 60 {
				n.tx().Wait(patience)
				n.arrives(frame(60+100*(i%7), round))
			}
		}
	}),
	must("6.2", modern, "with IN_ORDER uses buffers in the order in which they became available: receive", func(e *env) {
		n := e.nic(with(virtio.InOrder))
		n.startNIC(virtio.InOrder, MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		for i := range 300 {
			n.send(nil, frame(60+i%9*900, byte(i)))
			n.receives(r, frame(60+i%9*900, byte(i)))
		}
	}),
	must("6.2", modern, "with IN_ORDER uses buffers in the order in which they became available: control", func(e *env) {
		n := e.nic(with(virtio.InOrder))
		n.startNIC(virtio.InOrder, CtrlVQ, CtrlRX)
		for range 100 {
			n.obeyed(rxClass, rxPromisc, 1)
		}
	}),
	untested("2.7.9", isWord, "writes a single used element for a batch of buffers with IN_ORDER", "a device may, and ours do not: each buffer has its own"),
	untested("2.8.8", isWord, "writes a single used descriptor for a batch of buffers with IN_ORDER", "a device may, and ours do not: each buffer has its own"),
}
