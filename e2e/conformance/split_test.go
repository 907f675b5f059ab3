package conformance

import (
	"runtime"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var splitSentences = []sentence{
	must("2.7.2", legacy, "finds the parts of a ring in contiguous pages: descriptors, available ring, padding to 4096, used ring", func(e *env) {
		n := e.nic() // whose memory has a fault anywhere else
		n.startNIC()
		for range 300 {
			n.works()
		}
	}),
	must("2.7.3", legacy, "has the ring's fields in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		used := n.ram().Bytes(n.tx().Used, 12)
		n.equal("low byte of the used index", uint64(used[2]), 1)
		n.equal("high byte of the used index", uint64(used[3]), 0)
	}),
	must("2.7.4.1", everywhere, "assumes nothing about the layout of descriptors: transmit", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		h := n.header()
		for i, cut := range [][]int{nil, {1}, {h - 1}, {h}, {h + 1}, {h, 14}, {4, h - 4}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
			n.transmit(frame(200, byte(i)), cut...)
			n.arrives(frame(200, byte(i)))
		}
	}),
	must("2.7.4.1", everywhere, "assumes nothing about the layout of descriptors: receive", func(e *env) {
		n := e.nic()
		for i, s := range virtiotest.Strategies {
			n.startNIC(virtio.IndirectDesc, MrgRxbuf)
			r := n.receiver(s)
			for _, size := range []int{60, 1400} {
				n.send(nil, frame(size, byte(i)))
				n.receives(r, frame(size, byte(i)))
			}
		}
	}),
	must("2.7.4.1", everywhere, "assumes nothing about the layout of descriptors: control", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		for _, cut := range [][]int{nil, {1}, {2}, {1, 1}, {1, 1, 1}} {
			if ack := n.commandCut([]byte{0, 0, 1}, cut...); ack != ackOK {
				e.Errorf("cut at %v: answer %d", cut, ack)
			}
		}
	}),
	may("2.7.4.1", everywhere, "allows 1024 descriptors in a chain", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		f := frame(1024-n.header(), 1)
		b := append(make([]byte, n.header()), f...)
		var bufs []virtiotest.Buffer
		for i := range b {
			bufs = append(bufs, virtiotest.Readable(n.ram().Put(b[i:i+1]), 1))
		}
		n.tx().AddIndirect(bufs...)
		n.tx().Kick()
		n.tx().Wait(patience)
		n.arrives(f)
	}),
	must("2.7.5.1", split, "writes no device-readable buffer, no descriptor and nothing of the available ring", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf, CtrlVQ, CtrlRX, virtio.IndirectDesc)
		n.traffic()
		for _, r := range n.rings {
			r.Check()
		}
	}),
	untested("2.7.5.1", shouldWord, "reads no device-writable buffer", "a read leaves no trace that a driver could see"),
	must("2.7.5.3.2", split, "ignores WRITE on a descriptor that refers to an indirect table", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		n.rawTransmit(1, virtiotest.Indirect|virtiotest.Write)
	}),
	must("2.7.5.3.2", split, "takes a chain of plain descriptors that ends in one that refers to an indirect table", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		n.rawTransmit(2, virtiotest.Indirect)
		n.rawTransmit(3, virtiotest.Indirect)
	}),
	must("2.7.8.2", split, "writes id and length of a used element before the used index", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		used := n.ram().Bytes(n.tx().Used+4, 8*n.tx().Size)
		for i := range used {
			used[i] = 0xff // an element that nobody has written
		}
		n.ready()
		n.settle()
		for range n.tx().Size {
			n.post(frame(60, 1))
			n.tx().Kick()
			for n.tx().Pending() == 0 {
				runtime.Gosched()
			}
			if u, _ := n.tx().Next(); u.Len != 0 {
				e.Fatalf("length %#x", u.Len)
			}
			n.arrives(frame(60, 1))
		}
	}),
	must("2.7.8.2", everywhere, "has written as many bytes as it says, from the first device-writable one on, when it says so", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		r := n.receiver(virtiotest.LinuxMergeable)
		for i, size := range []int{14, 60, 61, 1500, 1524, 1525, 9000, 60} {
			n.send(nil, frame(size, byte(i)))
			got := n.receives(r, frame(size, byte(i)))
			if sum := total(got.Lens); sum != n.header()+size {
				e.Errorf("%d bytes are said to be written, of %d", sum, n.header()+size)
			}
		}
	}),
	described("2.7.8", everywhere, "says that it has written nothing into a buffer without a device-writable part", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("length", uint64(n.transmit(frame(60, 1)).Len), 0)
	}),
	must("2.7.10.2", split, "without EVENT_IDX sets the used ring's flags to 0 or 1", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX)
		n.watchUsedFlags(1)
	}),
	may("2.7.10.2", split, "without EVENT_IDX says that it needs no notification while it waits for the link", func(e *env) {
		n := e.nic()
		n.startNIC()
		r := n.receiver(virtiotest.LinuxSmall)
		n.send(nil, frame(60, 1))
		n.receives(r, frame(60, 1))
		n.eventually("NO_NOTIFY", func() bool { return n.needsNoKick(0) })
	}),
	must("2.7.10.2", split, "with EVENT_IDX sets the used ring's flags to 0", func(e *env) {
		n := e.nic()
		n.startNIC(CtrlVQ, CtrlRX, virtio.EventIdx)
		n.watchUsedFlags(0)
	}),
	may("2.7.10.2", split, "with EVENT_IDX says in avail_event that it needs no notification while it waits for the link", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.EventIdx)
		r := n.receiver(virtiotest.LinuxSmall)
		n.send(nil, frame(60, 1))
		n.receives(r, frame(60, 1))
		n.eventually("an avail_event that is not the next index", func() bool { return n.rx().AvailEvent() != n.rx().AvailIdx() })
	}),
	must("2.7.10.2", everywhere, "takes notifications for which there is no reason", func(e *env) {
		n := e.nic()
		n.startNIC()
		for range 100 {
			for i := range n.rings {
				n.notify(i)
			}
		}
		n.works()
	}),
}

func total(lens []uint32) (n int) {
	for _, l := range lens {
		n += int(l)
	}
	return n
}

// traffic is a little of everything that a card with MRG_RXBUF and a control queue can do.
func (n *nic) traffic() {
	n.Helper()
	r := n.receiver(virtiotest.LinuxMergeable)
	for i := range byte(20) {
		n.send(nil, frame(60+int(i)*400, i))
		n.receives(r, frame(60+int(i)*400, i))
		n.transmit(frame(60+int(i)*400, i), 12, 300)
		n.arrives(frame(60+int(i)*400, i))
		n.obeyed(0, 0, 1)
	}
}

// watchUsedFlags looks at the flags of each used ring during traffic.
func (n *nic) watchUsedFlags(most uint16) {
	n.Helper()
	for range 100 {
		n.works()
		n.obeyed(0, 0, 1)
		for i, r := range n.rings {
			if f := r.UsedFlags(); f > most {
				n.Fatalf("used.flags of queue %d is %#x", i, f)
			}
		}
	}
}

// rawTransmit sends a frame in a chain of so many descriptors, the last of which refers to an indirect table by these flags, and
// starts the ring anew.
func (n *nic) rawTransmit(descriptors int, flags uint16) {
	n.Helper()
	f := frame(60, byte(descriptors))
	bufs := readable(n.ram(), append(make([]byte, n.header()), f...), 3, n.header())
	ring, last := n.tx(), descriptors-1
	for i, b := range bufs[:last] {
		ring.SetDescriptor(i, b.GPA, b.Len, virtiotest.Next, uint16(i+1))
	}
	var table []byte
	for i, b := range bufs[last:] {
		next := uint16(virtiotest.Next)
		if i == len(bufs[last:])-1 {
			next = 0
		}
		table = append(table, virtiotest.Descriptor(b.GPA, b.Len, next, uint16(i+1))...)
	}
	ring.SetDescriptor(last, n.ram().Put(table), uint32(len(table)), flags, 0)
	idx := ring.AvailIdx()
	ring.SetAvailEntry(int(idx), 0)
	ring.SetAvailIdx(idx + 1)
	n.notify(1)
	n.arrives(f)
}
