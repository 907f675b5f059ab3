package virtiotest_test

import (
	"encoding/binary"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const bothFlags = virtiotest.AvailFlag | virtiotest.UsedFlag

// usePacked writes a used descriptor of the first lap.
func (c *crook) usePacked(entry int, u virtiotest.Used, flags uint16) {
	b := c.mem(c.ring.Desc+16*uint64(entry), 16)
	binary.LittleEndian.PutUint32(b[8:], u.Len)
	binary.LittleEndian.PutUint16(b[12:], u.Head)
	binary.LittleEndian.PutUint16(b[14:], flags)
}

// A misdeed on a packed ring of 8 happens while a readable and a writable byte are posted as chain id, in entries 0 and 1.
var packedMisdeeds = map[string]struct {
	section string
	do      func(c *crook, id uint16, readable uint64)
}{
	"writing a descriptor that it does not use": {"2.8.15", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Desc+7*16, 1)[0]++
	}},
	"writing the second descriptor of a chain that it uses": {"2.8.15", func(c *crook, id uint16, _ uint64) {
		c.usePacked(0, virtiotest.Used{Head: id, Len: 1}, bothFlags|virtiotest.Write)
		c.usePacked(1, virtiotest.Used{Head: id, Len: 1}, bothFlags|virtiotest.Write)
	}},
	"writing the driver event suppression structure": {"2.8.10", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Avail, 4)[0]++
	}},
	"writing a readable buffer that it uses": {"2.8.15", func(c *crook, id uint16, readable uint64) {
		c.mem(readable, 1)[0]++
		c.usePacked(0, virtiotest.Used{Head: id}, bothFlags)
	}},
	"claiming more bytes than are writable": {"2.8.4", func(c *crook, id uint16, _ uint64) {
		c.usePacked(0, virtiotest.Used{Head: id, Len: 2}, bothFlags|virtiotest.Write)
	}},
	"a length without WRITE": {"2.8.4", func(c *crook, id uint16, _ uint64) {
		c.usePacked(0, virtiotest.Used{Head: id, Len: 1}, bothFlags)
	}},
	"using a chain that was not posted": {"2.8.13", func(c *crook, id uint16, _ uint64) {
		c.usePacked(0, virtiotest.Used{Head: id ^ 1}, bothFlags)
	}},
	"a device event that 2.8.14 does not know": {"2.8.14", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Used, 4)[2] = 3
	}},
	"a device event by place without EVENT_IDX": {"2.8.14", func(c *crook, _ uint16, _ uint64) {
		c.mem(c.ring.Used, 4)[2] = virtiotest.EventDesc
	}},
}

func TestAPackedRingSeesADevice(t *testing.T) {
	for name, m := range packedMisdeeds {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			judge(func() {
				ring := virtiotest.NewRing(virtiotest.NewRAM(v, 1<<20), 8, virtio.FeaturesOf(virtio.RingPacked))
				readable := ring.RAM().Put([]byte{1})
				id := ring.Add(virtiotest.Readable(readable, 1), virtiotest.Writable(ring.RAM().Alloc(1, 1), 1))
				ring.Publish()
				m.do(&crook{ring: ring}, id, readable)
				for ring.Pending() > 0 {
					ring.Next()
				}
				ring.Check()
			})
			v.mustSay(t, m.section)
		})
	}
}

func TestAHonestPackedDeviceIsNotBlamed(t *testing.T) {
	v := &verdict{TB: t}
	ring := virtiotest.NewRing(virtiotest.NewRAM(v, 1<<20), 8, virtio.FeaturesOf(virtio.RingPacked))
	c := &crook{ring: ring}
	first := ring.Add(virtiotest.Writable(4096, 1), virtiotest.Writable(4097, 1))
	second := ring.Add(virtiotest.Writable(4098, 1))
	ring.Publish()
	c.usePacked(0, virtiotest.Used{Head: second, Len: 1}, bothFlags|virtiotest.Write) // over the first of two descriptors
	c.usePacked(1, virtiotest.Used{Head: first, Len: 2}, bothFlags|virtiotest.Write)
	ring.Check()
	for _, id := range []uint16{second, first} {
		if u, ok := ring.Next(); !ok || u.Head != id {
			t.Errorf("used %+v, want chain %d", u, id)
		}
	}
	ring.Check()
	if len(v.said) != 0 || ring.Room() != 8 {
		t.Errorf("said %q, %d descriptors are free", v.said, ring.Room())
	}
}

func TestInOrderADeviceThatIsNotIsSeen(t *testing.T) {
	for name, features := range map[string]virtio.Features{
		"split":  virtio.FeaturesOf(virtio.InOrder),
		"packed": virtio.FeaturesOf(virtio.InOrder, virtio.RingPacked),
	} {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			ring := virtiotest.NewRing(virtiotest.NewRAM(v, 1<<20), 8, features)
			c := &crook{ring: ring}
			first, second := ring.Add(virtiotest.Writable(4096, 1)), ring.Add(virtiotest.Writable(4097, 1))
			ring.Publish()
			for i, head := range []uint16{second, first} {
				if features.Has(virtio.RingPacked) {
					c.usePacked(i, virtiotest.Used{Head: head}, bothFlags)
				} else {
					c.use(virtiotest.Used{Head: head})
				}
				ring.Next()
			}
			v.mustSay(t, "6.2")
		})
	}
}

func TestInOrderDescriptorsAreTakenInRingOrder(t *testing.T) {
	ring := virtiotest.NewRing(virtiotest.NewRAM(t, 1<<20), 4, virtio.FeaturesOf(virtio.InOrder))
	c := &crook{ring: ring}
	for i := range 10 {
		head := ring.Add(virtiotest.Writable(4096, 1), virtiotest.Writable(4097, 1))
		ring.Publish()
		b := c.mem(ring.Desc+16*uint64(head), 16)
		if next := binary.LittleEndian.Uint16(b[14:]); head != uint16(2*i%4) || next != head+1 {
			t.Errorf("chain %d is descriptors %d and %d", i, head, next)
		}
		b = c.mem(ring.Used+4+8*uint64(i%4), 8)
		binary.LittleEndian.PutUint32(b, uint32(head))
		binary.LittleEndian.PutUint16(c.mem(ring.Used+2, 2), uint16(i+1))
		ring.Next()
	}
}

func TestRawWritersOfTheOtherLayoutEndTheTest(t *testing.T) {
	for name, f := range map[string]func(split, packed *virtiotest.Ring){
		"SetDescriptor of a packed ring": func(_, packed *virtiotest.Ring) { packed.SetDescriptor(0, 0, 0, 0, 0) },
		"SetPacked of a split ring":      func(split, _ *virtiotest.Ring) { split.SetPacked(0, 0, 0, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			ram := virtiotest.NewRAM(v, 1<<20)
			split := virtiotest.NewRing(ram, 4, virtio.Features{})
			packed := virtiotest.NewRing(ram, 4, virtio.FeaturesOf(virtio.RingPacked))
			judge(func() { f(split, packed) })
			if len(v.said) != 1 {
				t.Errorf("said %q", v.said)
			}
		})
	}
}
