package virtio_test

import (
	"slices"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// packedBreaks has one driver for each rule of packed queues that breaks it and no other.
var packedBreaks = map[*virtio.Rule]func(r *rig) error{
	virtio.RulePackedSize: func(r *rig) error {
		c := r.ring.Config(3, eventfd(r))
		c.Size = 0
		return newQueueError(c)
	},
	virtio.RulePackedInMemory: func(r *rig) error {
		c := r.ring.Config(3, eventfd(r))
		c.Used = r.ram.Size()
		return newQueueError(c)
	},
	virtio.RulePackedInFlight: func(r *rig) error {
		for range 8 {
			r.writable(1)
			r.pop()
		}
		return packedError(r, 0, vt.Write|vt.UsedFlag) // the second lap begins over what the device has
	},
	virtio.RuleListLength: func(r *rig) error {
		for i := range 8 {
			r.ring.SetPacked(i, 4096, 1, 0, vt.Next|vt.AvailFlag)
		}
		return popError(r)
	},
	virtio.RuleListAvailable: func(r *rig) error {
		return packedError(r, 0, vt.Next|vt.AvailFlag)
	},
	virtio.RulePackedSegments: func(r *rig) error {
		r.ring.AddIndirect(slices.Repeat([]vt.Buffer{vt.Writable(4096, 1)}, 1025)...)
		r.ring.Publish()
		return popError(r)
	},
	virtio.RulePackedLength: func(r *rig) error {
		r.ring.SetPacked(0, 4096, 0, 0, vt.Write|vt.AvailFlag)
		return popError(r)
	},
	virtio.RulePackedBufferInMemory: func(r *rig) error {
		r.ring.SetPacked(0, r.ram.Size()-1, 2, 0, vt.Write|vt.AvailFlag)
		return popError(r)
	},
	virtio.RulePackedReadBeforeWrite: func(r *rig) error {
		r.ring.Add(vt.Writable(4096, 1), vt.Readable(8192, 1))
		r.ring.Publish()
		return popError(r)
	},
	virtio.RulePackedIndirectLength: func(r *rig) error {
		r.ring.SetPacked(0, 4096, 24, 0, vt.Indirect|vt.AvailFlag)
		return popError(r)
	},
	virtio.RulePackedIndirectInMemory: func(r *rig) error {
		r.ring.SetPacked(0, r.ram.Size(), 16, 0, vt.Indirect|vt.AvailFlag)
		return popError(r)
	},
	virtio.RuleIndirectAlone: func(r *rig) error {
		r.ring.SetPacked(1, r.table(vt.Descriptor(4096, 1, 0, 0)), 16, 0, vt.Indirect|vt.AvailFlag)
		return packedError(r, 0, vt.Next|vt.AvailFlag)
	},
	virtio.RuleReceiveWritable: receiveReadable,
}

// packedError makes entry i one byte with these flags.
func packedError(r *rig, i int, flags uint16) error {
	r.ring.SetPacked(i, 4096, 1, 7, flags)
	return popError(r)
}

// table is an indirect table.
func (r *rig) table(descs ...[]byte) uint64 { return r.ram.Put(slices.Concat(descs...)) }

func TestPackedViolations(t *testing.T) {
	for name, c := range map[string]struct {
		rule *virtio.Rule
		post func(r *rig) error
	}{
		"a size above 32768 is refused": {virtio.RulePackedSize, func(r *rig) error {
			c := r.ring.Config(3, eventfd(r))
			c.Size = 32769
			return newQueueError(c)
		}},
		"a ring whose end wraps around 2^64 is refused": {virtio.RulePackedInMemory, func(r *rig) error {
			c := r.ring.Config(3, eventfd(r))
			c.Desc = ^uint64(15)
			return newQueueError(c)
		}},
		"a list that goes on where the last lap's descriptors stand": {virtio.RuleListAvailable, func(r *rig) error {
			for range 8 {
				r.writable(1)
				r.use(r.pop(), 1)
				r.next()
			}
			return packedError(r, 0, vt.Next|vt.UsedFlag)
		}},
		"a list whose second descriptor has the other wrap counter": {virtio.RuleListAvailable, func(r *rig) error {
			r.ring.SetPacked(1, 4096, 1, 7, vt.UsedFlag)
			return packedError(r, 0, vt.Next|vt.AvailFlag)
		}},
		"a chain longer than what is left of the ring": {virtio.RulePackedInFlight, func(r *rig) error {
			r.writable(1, 1, 1)
			r.pop()
			for i := 3; i < 9; i++ {
				flags := uint16(vt.Next | vt.AvailFlag)
				if i == 8 {
					flags = vt.UsedFlag
				}
				r.ring.SetPacked(i%8, 4096, 1, 0, flags)
			}
			return popError(r)
		}},
		"an indirect table of no bytes": {virtio.RulePackedIndirectLength, func(r *rig) error {
			r.ring.SetPacked(0, 4096, 0, 0, vt.Indirect|vt.AvailFlag)
			return popError(r)
		}},
		"an indirect table of 4 GiB": {virtio.RulePackedIndirectInMemory, func(r *rig) error {
			r.ring.SetPacked(0, 4096, 0xfffffff0, 0, vt.Indirect|vt.AvailFlag)
			return popError(r)
		}},
		"a descriptor that wraps around 2^64": {virtio.RulePackedBufferInMemory, func(r *rig) error {
			r.ring.SetPacked(0, ^uint64(0), 2, 0, vt.Write|vt.AvailFlag)
			return popError(r)
		}},
		"a zero-length buffer in an indirect table": {virtio.RulePackedLength, func(r *rig) error {
			r.ring.AddIndirect(vt.Writable(4096, 1), vt.Writable(4096, 0))
			r.ring.Publish()
			return popError(r)
		}},
		"a readable buffer after a writable one in an indirect table": {virtio.RulePackedReadBeforeWrite, func(r *rig) error {
			r.ring.AddIndirect(vt.Writable(4096, 1), vt.Readable(8192, 1))
			r.ring.Publish()
			return popError(r)
		}},
		"a bad chain behind the first of a frame": {virtio.RulePackedLength, func(r *rig) error {
			r.writable(100)
			r.ring.Add(vt.Writable(4096, 0))
			r.ring.Publish()
			_, err := r.q.Reserve(200, 8)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) { violates(t, c.post(layouts["packed"].rig(t, 8)), c.rule) })
	}
}

// A driver that does these things is not right, and QEMU goes on.
func TestPackedToleratesWhatQEMUDoes(t *testing.T) {
	for name, c := range map[string]struct {
		flags uint16
		table []byte
	}{
		"NEXT beside INDIRECT":  {vt.Indirect | vt.Next, vt.Descriptor(4096, 5, 0, 0)},
		"WRITE beside INDIRECT": {vt.Indirect | vt.Write, vt.Descriptor(4096, 5, 0, 0)},
		"NEXT in a table":       {vt.Indirect, vt.Descriptor(4096, 5, 99, vt.Next)},
		"INDIRECT in a table":   {vt.Indirect, vt.Descriptor(4096, 5, 0, vt.Indirect)},
		"AVAIL and USED there":  {vt.Indirect, vt.Descriptor(4096, 5, 0, vt.AvailFlag|vt.UsedFlag)},
	} {
		t.Run(name, func(t *testing.T) {
			r := layouts["packed"].rig(t, 8)
			r.ring.SetPacked(0, r.table(c.table), 16, 0xffff, c.flags|vt.AvailFlag)
			if c := r.pop(); c.Head != 0xffff || c.ReadLen != 5 || c.WriteLen != 0 {
				t.Errorf("id %d, %d readable and %d writable bytes, want 65535, 5 and 0", c.Head, c.ReadLen, c.WriteLen)
			}
		})
	}
}
