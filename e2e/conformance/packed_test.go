package conformance

import (
	"bytes"
	"encoding/binary"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var packedSentences = []sentence{
	described("2.8.1", packed, "writes used descriptors with both flags as its wrap counter, which starts at 1 and flips at the ring's end", func(e *env) {
		n := e.nic()
		n.sizes[1] = 4
		n.startNIC()
		for i := range 20 {
			n.works()
			want := uint16(0)
			if i/4%2 == 0 {
				want = virtiotest.AvailFlag | virtiotest.UsedFlag
			}
			_, flags := n.packedEntry(i % 4)
			n.equal("AVAIL and USED", uint64(flags&(virtiotest.AvailFlag|virtiotest.UsedFlag)), uint64(want))
		}
	}),
	described("2.8.3", packed, "sets WRITE in a used descriptor if, and only if, it has written into the buffer", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		_, flags := n.packedEntry(0)
		n.equal("WRITE of a sent frame", uint64(flags&virtiotest.Write), 0)
		r := n.receiver(virtiotest.LinuxSmall)
		n.send(nil, frame(60, 1))
		n.receives(r, frame(60, 1))
		first := n.ram().Bytes(n.rx().Desc, 16)
		n.equal("WRITE of a received frame", uint64(binary.LittleEndian.Uint16(first[14:])&virtiotest.Write), virtiotest.Write)
	}),
	described("2.8", packed, "takes queue sizes that are no powers of two", func(e *env) {
		n := e.nic()
		for _, size := range []int{3, 7, 100, 1000} {
			n.sizes[0], n.sizes[1] = size, size
			n.startNIC(MrgRxbuf)
			r := n.receiver(virtiotest.LinuxMergeable)
			for i := range 3 * min(size, 20) {
				n.works()
				n.send(nil, frame(60, byte(i)))
				n.receives(r, frame(60, byte(i)))
			}
		}
	}),
	described("2.8.6", packed, "takes the buffer's id from the last descriptor of a list", func(e *env) {
		n := e.nic()
		n.startNIC()
		bufs := readable(n.ram(), append(make([]byte, n.header()), frame(60, 1)...), n.header())
		n.tx().SetPacked(1, bufs[1].GPA, bufs[1].Len, 77, virtiotest.AvailFlag)
		n.tx().SetPacked(0, bufs[0].GPA, bufs[0].Len, 11, virtiotest.AvailFlag|virtiotest.Next)
		n.notify(1)
		n.arrives(frame(60, 1))
		n.eventually("a used descriptor", func() bool { id, flags := n.packedEntry(0); return flags&virtiotest.UsedFlag != 0 && id == 77 })
	}),
	described("2.8.7", packed, "ignores WRITE on a descriptor that refers to an indirect table", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		n.packedTable(virtiotest.Indirect|virtiotest.Write, 0, 0)
	}),
	described("2.8.7", packed, "ignores ids and all flags but WRITE in an indirect table", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.IndirectDesc)
		n.packedTable(virtiotest.Indirect, 0x5555, virtiotest.Next|virtiotest.AvailFlag|virtiotest.UsedFlag)
	}),
	must("2.8.12", packed, "starts on descriptors in the order in which they are in the ring", func(e *env) {
		n := e.nic()
		n.startNIC()
		for i := range byte(100) {
			n.post(frame(60, i), int(i)%3*12)
		}
		n.tx().Kick()
		for i := range byte(100) {
			n.arrives(frame(60, i))
		}
	}),
	must("2.8.12", packed, "writes used descriptors in the order in which buffers are done", func(e *env) {
		n := e.nic()
		n.startNIC()
		var ids []uint16
		for range 100 {
			f := frame(60, 1)
			ids = append(ids, n.tx().Add(readable(n.ram(), append(make([]byte, n.header()), f...))...))
		}
		n.tx().Kick()
		for _, want := range ids {
			n.equal("id", uint64(n.tx().Wait(patience).Head), uint64(want))
			n.arrives(frame(60, 1))
		}
	}),
	must("2.8.15", packed, "writes no device-readable buffer, and of the ring nothing but used descriptors", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf, CtrlVQ, CtrlRX, virtio.IndirectDesc)
		n.traffic()
		for _, r := range n.rings {
			r.Check()
		}
	}),
	untested("2.8.15", shouldWord, "reads no device-writable buffer", "a read leaves no trace that a driver could see"),
	must("2.8.15", packed, "uses no descriptor before its AVAIL bit changes", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.post(frame(60, 1), 12, 20) // all descriptors but the first have the bit
		n.notify(1)
		n.nothingArrives()
		n.tx().Publish()
		n.notify(1)
		n.arrives(frame(60, 1))
	}),
	must("2.8.15", packed, "changes no descriptor after it has changed its USED bit", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		entry := n.ram().Bytes(n.tx().Desc, 16)
		before := bytes.Clone(entry)
		for range n.tx().Size - 1 {
			n.works()
		}
		if !bytes.Equal(entry, before) {
			e.Errorf("%x, was %x", entry, before)
		}
	}),
	must("2.8.18", packed, "uses the descriptors of a list in their order", func(e *env) {
		n := e.nic()
		n.startNIC()
		for i := range byte(50) { // also around the ring's end
			n.transmit(frame(400, i), 3, 9, 100, 50, 1)
			n.arrives(frame(400, i))
		}
	}),
	described("2.8.9", packed, "marks the first buffer of a frame used after the others", func(e *env) {
		n := e.nic()
		n.startNIC(MrgRxbuf)
		r := n.receiver(virtiotest.HeaderOnly)
		for i := range byte(100) {
			n.send(nil, frame(12*199, i))
			if p := n.firstSight(); p != 200 { // of which it sees the first one first
				e.Fatalf("%d of 200 buffers are used", p)
			}
			n.receives(r, frame(12*199, i))
		}
	}),
}

// packedEntry is the id and the flags of an entry of the transmit ring.
func (n *nic) packedEntry(i int) (id, flags uint16) {
	n.Helper()
	b := n.ram().Bytes(n.tx().Desc+16*uint64(i), 16)
	return binary.LittleEndian.Uint16(b[12:]), binary.LittleEndian.Uint16(b[14:])
}

// packedTable sends a frame through an indirect table whose entries have an id and further flags.
func (n *nic) packedTable(flags, id, further uint16) {
	n.Helper()
	f := frame(60, 1)
	var table []byte
	for _, b := range readable(n.ram(), append(make([]byte, n.header()), f...), 3, n.header()) {
		table = append(table, virtiotest.Descriptor(b.GPA, b.Len, id, further)...)
	}
	n.tx().SetPacked(0, n.ram().Put(table), uint32(len(table)), 0, flags|virtiotest.AvailFlag)
	n.notify(1)
	n.arrives(f)
}
