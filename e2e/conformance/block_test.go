package conformance

import (
	"bytes"

	. "github.com/drydock-vmm/drydock/devices/virtioblk"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of struct virtio_blk_config (5.2.4).
const (
	blockCapacity    = 0
	blockSegMax      = 12
	blockSize        = 20
	blockWriteback   = 32
	blockUnused0     = 33
	blockQueues      = 34
	blockMayUnmap    = 56
	blockUnused1     = 57
	unknownFlag      = 1 << 7
	unmapFlag        = 1
	blockUnknownType = 77
)

var blockSentences = []sentence{
	must("4.1.2.1", everywhere, "has the device ID 0x1001 or 0x1042", func(e *env) { e.drive().identified(0x1001, 0x1042) }),
	described("5.2.2", everywhere, "has as many queues as num_queues says, with MQ", func(e *env) {
		d := e.drive(func(c *Config) { c.Queues = 4 })
		d.start(MQ)
		d.equal("num_queues", d.deviceConfig(blockQueues, 2), 4)
		d.equal("queues", uint64(len(d.rings)), 4)
		for i := range d.rings {
			d.rings[0], d.rings[i] = d.rings[i], d.rings[0]
			d.write(i)
		}
	}),
	described("5.2.4", everywhere, "has its size in capacity, in sectors of 512 bytes whatever blk_size is", func(e *env) {
		d := e.drive(func(c *Config) { c.LogicalBlock, c.PhysicalBlock = 4096, 4096 })
		d.equal("capacity", d.deviceConfig(blockCapacity, 4), 256)
		d.equal("blk_size", d.deviceConfig(blockSize, 4), 4096)
	}),
	described("5.2.4", everywhere, "has in seg_max no more segments than its queue has room for, and takes so many", func(e *env) {
		d := e.drive()
		d.start(SegMax)
		n := int(d.deviceConfig(blockSegMax, 4))
		b := frame(2*sector, 1)
		var cuts []int
		for range n - 1 {
			cuts = append(cuts, 1)
		}
		status, _ := d.requestCut(blockOut, 3, b, 0, append([]int{16}, cuts...)...)
		d.equal("status", uint64(status), blockOK)
		d.stands(3, b)
	}),
	must("5.2.4.1", legacy, "has its fields in the guest's native order, which is little-endian", func(e *env) {
		d := e.drive()
		d.equal("low byte of capacity", d.deviceConfig(blockCapacity, 1), 256&0xff)
		d.equal("next byte of capacity", d.deviceConfig(blockCapacity+1, 1), 256>>8)
	}),
	should("5.2.5.2", everywhere, "offers FLUSH", func(e *env) {
		if f := e.drive().offered(); !f.Has(Flush) {
			e.Errorf("offered: %v", f)
		}
	}),
	must("5.2.5.2", everywhere, "offers FLUSH if it offers CONFIG_WCE", func(e *env) {
		for _, through := range []bool{false, true} {
			f := e.drive(func(c *Config) { c.WriteThrough = through }).offered()
			if f.Has(ConfigWCE) && !f.Has(Flush) {
				e.Errorf("offered: %v", f)
			}
		}
	}),
	must("5.2.5.2", everywhere, "has 0 in unused0", func(e *env) {
		d := e.drive()
		d.equal("unused0", d.deviceConfig(blockUnused0, 1), 0)
	}),
	must("5.2.5.2", everywhere, "has 0 in unused1", func(e *env) {
		d := e.drive()
		d.equal("unused1", d.deviceConfig(blockUnused1, 1), 0xff)
	}).deviates("the configuration ends before the padding, and there is nothing behind it"),
	should("5.2.5.2", everywhere, "does not offer ZONED, since it is not zoned", func(e *env) {
		if f := e.drive().offered(); f.Has(17) {
			e.Errorf("offered: %v", f)
		}
	}),
	described("5.2.6", everywhere, "reads and writes sectors, in descriptors of any lengths", func(e *env) {
		d := e.drive()
		d.start()
		for i, cut := range [][]int{{16}, nil, {4}, {16, 100}, {1, 15, 512}} {
			b := frame(3*sector, byte(i))
			status, _ := d.requestCut(blockOut, uint64(10*i), b, 0, cut...)
			d.equal("status of a write", uint64(status), blockOK)
			d.stands(10*i, b)
			status, got := d.request(blockIn, uint64(10*i), nil, 3*sector)
			if d.equal("status of a read", uint64(status), blockOK); !bytes.Equal(got, b) {
				e.Error("another sector")
			}
		}
	}),
	described("5.2.6", everywhere, "says that it has written the data and the status", func(e *env) {
		d := e.drive()
		d.start()
		bufs := append(readable(d.ram(), make([]byte, 16)), virtiotest.Writable(d.ram().Alloc(sector, 1), sector), virtiotest.Writable(d.ram().Alloc(1, 1), 1))
		d.rings[0].Add(bufs...)
		d.rings[0].Kick()
		d.equal("length", uint64(d.rings[0].Wait(patience).Len), sector+1)
	}),
	described("5.2.6", everywhere, "answers GET_ID with the serial number", func(e *env) {
		d := e.drive(func(c *Config) { c.Serial = "dry dock no. 1" })
		d.start()
		_, id := d.request(blockGetID, 0, nil, 20)
		if want := "dry dock no. 1\x00\x00\x00\x00\x00\x00"; string(id) != want {
			e.Errorf("%q, want %q", id, want)
		}
	}),
	described("5.2.6", everywhere, "answers a type that it does not know with UNSUPP", func(e *env) {
		d := e.drive()
		d.start()
		d.status("an unknown type", blockUnsupp, blockUnknownType, 0, nil)
	}),
	described("5.2.6", everywhere, "answers a request beyond capacity with IOERR, and writes nothing", func(e *env) {
		d := e.drive()
		d.start()
		for _, at := range []uint64{256, 255, 1 << 40, ^uint64(0)} {
			d.status("a write", blockIOErr, blockOut, at, frame(2*sector, 1))
		}
		d.stands(255, make([]byte, sector))
	}),
	should("5.2.6.2", everywhere, "sends a configuration change notification when capacity changes", func(e *env) {
		d := e.drive()
		d.startVectors()
		d.write(0) // it runs
		if err := d.device.Resize(128 * sector); err != nil {
			e.Fatal(err)
		}
		d.eventually("a notification", func() bool { return d.messages(0) == 1 })
		d.equal("capacity", d.deviceConfig(blockCapacity, 4), 128)
		d.status("a write beyond the new end", blockIOErr, blockOut, 128, make([]byte, sector))
	}),
	must("5.2.6.2", everywhere, "answers a write with IOERR and writes nothing if it offers RO", func(e *env) {
		d := e.drive(func(c *Config) { c.ReadOnly = true })
		d.start(RO)
		d.status("a write", blockIOErr, blockOut, 3, frame(sector, 1))
		d.status("zeroes", blockIOErr, blockWriteZeroes, 0, extent(3, 1, 0))
		d.stands(3, make([]byte, sector))
	}),
	must("5.2.6.2", everywhere, "answers DISCARD and WRITE_ZEROES with UNSUPP if a flag is unknown", func(e *env) {
		d := e.drive()
		d.start(Discard, WriteZeroes)
		b := d.write(3)
		d.status("a discard", blockUnsupp, blockDiscard, 0, extent(3, 1, unknownFlag))
		d.status("zeroes", blockUnsupp, blockWriteZeroes, 0, extent(3, 1, unknownFlag))
		d.stands(3, b)
	}),
	must("5.2.6.2", everywhere, "answers DISCARD with UNSUPP if the flag unmap is set", func(e *env) {
		d := e.drive()
		d.start(Discard)
		d.status("a discard", blockUnsupp, blockDiscard, 0, extent(3, 1, unmapFlag))
	}),
	may("5.2.6.2", everywhere, "gives the room of discarded sectors back", func(e *env) {
		d := e.drive()
		d.start(Discard)
		d.status("a discard", blockOK, blockDiscard, 0, extent(8, 16, 0))
		d.equal("bytes given back", uint64(d.disk.givenBack()), 16*sector)
	}),
	must("5.2.6.2", everywhere, "reads zeroes after WRITE_ZEROES, with the flag unmap or without", func(e *env) {
		d := e.drive()
		d.start(WriteZeroes)
		for _, flags := range []uint32{0, unmapFlag} {
			d.write(3)
			after := d.write(4)
			d.status("zeroes", blockOK, blockWriteZeroes, 0, extent(3, 1, flags))
			_, got := d.request(blockIn, 3, nil, 2*sector)
			if !bytes.Equal(got[:sector], make([]byte, sector)) || !bytes.Equal(got[sector:], after) {
				e.Error("not the one sector alone")
			}
		}
	}),
	should("5.2.6.2", everywhere, "has 0 in write_zeroes_may_unmap only if no room can be given back", func(e *env) {
		d := e.drive()
		d.equal("write_zeroes_may_unmap", d.deviceConfig(blockMayUnmap, 1), 1)
	}),
	must("5.2.6.2", everywhere, "answers all requests of zones with UNSUPP without ZONED", func(e *env) {
		d := e.drive()
		d.start()
		for _, kind := range []uint32{15, 16, 18, 20, 22, 24, 26} {
			d.status("a request of zones", blockUnsupp, kind, 0, nil)
		}
	}),
	described("5.2.6.3", legacy, "takes FLUSH_OUT for FLUSH", func(e *env) {
		d := e.drive()
		d.start(Flush)
		b := d.write(3)
		d.status("a flush", blockOK, blockFlushOut, 0, nil)
		d.stable(3, b, true)
	}),
	described("5.2.6.4", legacy, "takes header, data and status in descriptors of their own, without ANY_LAYOUT", func(e *env) {
		d := e.drive(func(c *Config) { c.Features = c.Features.Without(virtio.AnyLayout) })
		d.start()
		d.stands(3, d.write(3))
	}),
	survives("5.2.6.1", everywhere, "comes to no harm by a request without a whole header", func(e *env) {
		e.drive().broken(func(d *drive) []virtiotest.Buffer {
			return append(readable(d.ram(), make([]byte, 15)), virtiotest.Writable(d.ram().Alloc(1, 1), 1))
		})
	}),
	survives("5.2.6.1", everywhere, "comes to no harm by a request without room for the status", func(e *env) {
		e.drive().broken(func(d *drive) []virtiotest.Buffer { return readable(d.ram(), make([]byte, 16)) })
	}),
	survives("5.2.6.1", everywhere, "comes to no harm by a discard without its extent", func(e *env) {
		e.drive().broken(func(d *drive) []virtiotest.Buffer {
			return append(readable(d.ram(), append(le32(blockDiscard), make([]byte, 20)...)), virtiotest.Writable(d.ram().Alloc(1, 1), 1))
		})
	}),
	untested("5.2.6.2", mustWord, "answers SECURE_ERASE with UNSUPP if a flag is unknown", "SECURE_ERASE is not offered"),
	untested("5.2.6.2", mustWord, "sends no reserved values of lifetime metrics, and offers LIFETIME only if it has them", "LIFETIME is not offered"),
	untested("5.2.5.2", mustWord, "describes its zones in the configuration with ZONED", "ZONED is not offered"),
	untested("5.2.6.2", mustWord, "follows the states of zones with ZONED", "ZONED is not offered"),
}

// identified checks the PCI device ID of a type.
func (m *machine) identified(transitional, modern uint64) {
	m.Helper()
	want := transitional
	if m.column == nonTransitional {
		want = modern
	}
	m.equal("device", m.config(pciDevice, 2), want)
}

// stands checks what a read of the disk gives.
func (d *drive) stands(at int, want []byte) {
	d.Helper()
	if now, _ := d.disk.holds(at, want); !now {
		d.Errorf("sector %d has other bytes", at)
	}
}

// broken posts a request that breaks the rules. The device works again after a reset.
func (d *drive) broken(request func(*drive) []virtiotest.Buffer) {
	d.Helper()
	d.start()
	d.rings[0].Add(request(d)...)
	d.rings[0].Kick()
	d.start()
	d.stands(3, d.write(3))
}
