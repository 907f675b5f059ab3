package conformance

import (
	"runtime"
	"time"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var receiveSentences = []sentence{
	must("5.1.9.3.2", modern, "has in num_buffers how many buffers hold the frame", func(e *env) { e.nic().countsBuffers() }),
	must("5.1.9.4.1", everywhere, "with MRG_RXBUF has in num_buffers over how many buffers the frame and its header spread", func(e *env) {
		e.nic().countsBuffers()
	}),
	must("5.1.9.3.2", everywhere, "uses a single buffer for a frame without MRG_RXBUF", func(e *env) {
		n := e.nic()
		n.startNIC()
		r := n.receiver(virtiotest.LinuxSmall)
		n.send(nil, frame(1519, 1)) // one byte more than there is room for
		n.send(nil, frame(9000, 2))
		n.send(nil, frame(1518, 3))
		n.equal("buffers", uint64(len(n.receives(r, frame(1518, 3)).Lens)), 1)
	}),
	must("5.1.9.4.1", modern, "has 1 in num_buffers without MRG_RXBUF", func(e *env) {
		n := e.nic()
		n.startNIC()
		r := n.receiver(virtiotest.LinuxSmall) // which poisons the field
		n.send(nil, frame(60, 1))
		n.equal("num_buffers", uint64(n.receives(r, frame(60, 1)).NumBuffers), 1)
	}),
	must("5.1.9.4.1", everywhere, "uses all buffers of a frame but the last to their full length", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf, virtio.IndirectDesc)
		for _, s := range []virtiotest.Strategy{virtiotest.LinuxMergeable, virtiotest.HeaderAstride, virtiotest.HeaderOnly} {
			n.startNIC(MrgRxbuf, virtio.IndirectDesc)
			r := n.receiver(s)
			for _, size := range []int{14, 60, 700} {
				n.send(nil, frame(size, 1))
				got := n.receives(r, frame(size, 1)) // which compares the lengths
				each := 0
				for _, k := range s.Chain(n.header()) {
					each += k
				}
				n.equal("buffers", uint64(len(got.Lens)), uint64((n.header()+size+each-1)/each))
			}
		}
	}),
	must("5.1.9.4.1", everywhere, "uses the buffers of a frame together: a driver never sees some of them", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		r := n.receiver(virtiotest.HeaderOnly)
		for i := range byte(100) {
			n.send(nil, frame(12*9, i))
			if p := n.firstSight(); p != 10 {
				e.Fatalf("%d of 10 buffers are used", p)
			}
			n.receives(r, frame(12*9, i))
		}
	}),
	described("5.1.9.4", everywhere, "gives the driver frames in the order in which they arrive", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		for i := range byte(60) {
			n.send(nil, frame(60+int(i)*50, i))
		}
		for i := range byte(60) {
			n.receives(r, frame(60+int(i)*50, i))
		}
	}),
	described("5.1.9.3", everywhere, "receives a frame of 64 KiB in one buffer, and in as many as it takes with MRG_RXBUF", func(e *env) {
		n := e.nic()
		for _, c := range []struct {
			s       virtiotest.Strategy
			f       []virtio.Feature
			buffers uint64
		}{
			{virtiotest.LinuxBig, []virtio.Feature{GuestCsum, GuestTSO4}, 1},
			{virtiotest.LinuxMergeable, []virtio.Feature{GuestCsum, GuestTSO4, MrgRxbuf}, 43},
			{virtiotest.NetKVMMergeable, []virtio.Feature{GuestCsum, GuestTSO4, MrgRxbuf}, 17},
		} {
			n.startNIC(c.f...)
			r := n.receiver(c.s)
			n.send(segment.bytes(), frame(65550, 1))
			n.equal("buffers", uint64(len(n.receives(r, frame(65550, 1)).Lens)), c.buffers)
		}
	}),
	described("5.1.9.3", everywhere, "loses no frame while the driver has posted no buffer", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		for i := range byte(10) {
			n.send(nil, frame(60, i))
		}
		time.Sleep(glance)
		r := n.receiver(virtiotest.LinuxMergeable)
		for i := range byte(10) {
			n.receives(r, frame(60, i))
		}
	}),
	survives("5.1.9.3.1", everywhere, "comes to no harm by buffers with room for a header and no more", func(e *env) {
		n := e.nic()
		n.startNIC()
		r := n.receiver(virtiotest.HeaderOnly)
		n.send(nil, frame(60, 1)) // which cannot arrive
		n.works()
		n.equal("used buffers", uint64(r.Ring.Pending()), 0)
		n = e.nic()
		n.startNIC(MrgRxbuf)
		r = n.receiver(virtiotest.HeaderOnly)
		n.send(nil, frame(60, 2))
		n.receives(r, frame(60, 2))
	}),
	survives("5.1.9.3", everywhere, "comes to no harm by a receive buffer without a device-writable part", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.rx().Add(virtiotest.Readable(page, 100))
		n.rx().Kick()
		n.send(nil, frame(60, 1))
		n.startNIC()
		n.works()
	}),
	described("5.1.9.8", legacy, "takes a header in a descriptor of its own, without ANY_LAYOUT: receive", func(e *env) {
		n := e.nic(without(virtio.AnyLayout))
		n.startNIC()
		r := n.receiver(virtiotest.EDK2)
		n.send(nil, frame(1000, 1))
		n.receives(r, frame(1000, 1))
	}),
}

// firstSight is how many receive buffers are used when the driver first sees that any is. It looks without a pause.
func (n *nic) firstSight() int {
	n.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		for range 1000 { // what there is to see may last for less than a microsecond
			if p := n.rx().Pending(); p > 0 {
				return p
			}
		}
	}
	n.Fatal("no buffer is used")
	return 0
}

// countsBuffers receives frames of all lengths around the ends of buffers.
func (n *nic) countsBuffers() {
	n.Helper()
	n.startNIC(MrgRxbuf)
	r := n.receiver(virtiotest.LinuxMergeable)
	for _, size := range []int{14, 60, 1523, 1524, 1525, 3060, 3061, 9000} {
		n.send(nil, frame(size, 1))
		got := n.receives(r, frame(size, 1))
		n.equal("num_buffers", uint64(got.NumBuffers), uint64((n.header()+size+1535)/1536))
		n.equal("buffers", uint64(len(got.Lens)), uint64(got.NumBuffers))
	}
}
