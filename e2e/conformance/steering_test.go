package conformance

import (
	"bytes"
	"errors"
	"time"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var steeringSentences = []sentence{
	must("5.1.9.5.6.2", everywhere, "queues frames on receiveq1 only after a reset", func(e *env) {
		n := e.nic(pairs(2))
		for range 2 {
			n.startNIC(MQ, CtrlVQ)
			r := n.receiver(virtiotest.LinuxSmall)
			if err := n.peer.Send(1, nil, frame(60, 1)); !errors.Is(err, net.ErrDetached) {
				e.Errorf("the link's second queue takes a frame: %v", err)
			}
			n.send(nil, frame(60, 2))
			n.receives(r, frame(60, 2))
			n.obeyed(mqClass, 0, le16(2)...)
		}
	}),
	described("5.1.9.5.6", everywhere, "receives and transmits on as many pairs as VQ_PAIRS_SET says", func(e *env) {
		n := e.nic(pairs(3))
		n.startNIC(MQ, CtrlVQ)
		n.obeyed(mqClass, 0, le16(3)...)
		for p := range 3 {
			n.pairWorks(p)
		}
	}),
	must("5.1.9.5.6.2", everywhere, "queues no frame above virtqueue_pairs once it has used VQ_PAIRS_SET", func(e *env) {
		n := e.nic(pairs(2))
		n.startNIC(MQ, CtrlVQ)
		n.obeyed(mqClass, 0, le16(2)...)
		if err := n.peer.Send(1, nil, frame(60, 1)); err != nil { // there is no buffer for it
			e.Fatal(err)
		}
		n.obeyed(mqClass, 0, le16(1)...)
		virtiotest.NewReceiver(n.rings[2], virtiotest.LinuxSmall, n.header()).Fill()
		time.Sleep(glance)
		n.equal("frames", uint64(n.rings[2].Pending()), 0)
		if err := n.peer.Send(1, nil, frame(60, 2)); !errors.Is(err, net.ErrDetached) {
			e.Errorf("the link's second queue takes a frame: %v", err)
		}
	}),
	described("5.1.9.5.6", everywhere, "refuses a number of pairs that is 0 or more than it has", func(e *env) {
		n := e.nic(pairs(2))
		n.startNIC(MQ, CtrlVQ)
		for _, p := range []uint16{0, 3, 0x8000, 0xffff} {
			n.equal("answer", uint64(n.command(mqClass, 0, le16(p)...)), ackErr)
		}
	}),
	must("5.1.9.5.6.3", legacy, "takes virtqueue_pairs in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic(pairs(2))
		n.startNIC(MQ, CtrlVQ)
		n.obeyed(mqClass, 0, 2, 0)
		n.pairWorks(1)
	}),
	must("5.1.9.5.6.2", modern, "drops frames that arrive while all receive queues are reset", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.resetQueue(0)
		n.send(nil, frame(60, 1))
		n.enable(0)
		r := n.receiver(virtiotest.LinuxSmall)
		n.receives(r, frame(60, 1))
	}).deviates("the link is not read meanwhile, and frames wait there as they do for a driver that posts no buffers"),
	untested("5.1.9.5.6.2", shouldWord, "chooses another queue for frames of a receive queue that is reset", "the host's kernel chooses; the frames wait in its queue, as in QEMU"),
}

// pairWorks sends a frame each way through a queue pair.
func (n *nic) pairWorks(p int) {
	n.Helper()
	rx, tx := n.rings[2*p], n.rings[2*p+1]
	r := virtiotest.NewReceiver(rx, virtiotest.LinuxSmall, n.header())
	r.Post(4)
	if err := n.peer.Send(p, nil, frame(60, byte(p))); err != nil {
		n.Fatal(err)
	}
	n.receives(r, frame(60, byte(p)))
	tx.Add(readable(n.ram(), append(make([]byte, n.header()), frame(60, byte(p))...))...)
	tx.Kick()
	tx.Wait(patience)
	if _, got, err := n.peer.Receive(p, patience); err != nil || !bytes.Equal(got, frame(60, byte(p))) {
		n.Errorf("pair %d: %v, %x", p, err, got)
	}
}
