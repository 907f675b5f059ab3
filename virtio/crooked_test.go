package virtio_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// A driver that puts a ring at odd addresses breaks a rule (2.7, 2.8.10), and QEMU serves it. virtiotest's would not do it: here the
// test writes the bytes.
func TestARingAtOddAddressesIsServed(t *testing.T) {
	for _, by := range []uint64{1, 2, 3, 7, 61, 63} {
		t.Run(fmt.Sprintf("split, by %d", by), func(t *testing.T) {
			r := newRig(t, 8, virtio.EventIdx)
			c := moved(r, by)
			desc, avail, used := r.area(c.Desc, 16*8), r.area(c.Avail, 4+2*8+2), r.area(c.Used, 4+8*8+2)
			q := newQueue(t, c)
			for i := range uint16(20) {
				head := i % 8
				binary.LittleEndian.PutUint64(desc[16*head:], 0x8000)
				binary.LittleEndian.PutUint32(desc[16*head+8:], 100)
				binary.LittleEndian.PutUint16(desc[16*head+12:], 2) // WRITE
				binary.LittleEndian.PutUint16(avail[4+2*head:], head)
				binary.LittleEndian.PutUint16(avail[2:], i+1)
				use(t, q, uint32(i))
				if got := binary.LittleEndian.Uint16(used[2:]); got != i+1 {
					t.Fatalf("used.idx is %d, want %d", got, i+1)
				}
				if id, n := binary.LittleEndian.Uint32(used[4+8*head:]), binary.LittleEndian.Uint32(used[8+8*head:]); id != uint32(head) || n != uint32(i) {
					t.Fatalf("used element %d is %d, %d bytes", i, id, n)
				}
				q.EnableKicks()
				if got := binary.LittleEndian.Uint16(used[4+8*8:]); got != i+1 {
					t.Fatalf("avail_event is %d, want %d", got, i+1)
				}
			}
		})
		t.Run(fmt.Sprintf("packed, by %d", by), func(t *testing.T) {
			r := newRig(t, 8, virtio.RingPacked)
			c := moved(r, by)
			ring, device := r.area(c.Desc, 16*8), r.area(c.Used, 4)
			q := newQueue(t, c)
			for i := range uint16(20) {
				at, first := ring[16*(i%8):], i/8%2 == 0 // the wrap counter is 1
				binary.LittleEndian.PutUint64(at, 0x8000)
				binary.LittleEndian.PutUint32(at[8:], 100)
				binary.LittleEndian.PutUint16(at[12:], 0x40+i)
				binary.LittleEndian.PutUint16(at[14:], either(first, 0x0082, 0x8002))
				use(t, q, uint32(i)+1)
				if flags := binary.LittleEndian.Uint16(at[14:]); flags != either(first, 0x8082, 0x0002) {
					t.Fatalf("descriptor %d has flags %#x", i, flags)
				}
				if id, n := binary.LittleEndian.Uint16(at[12:]), binary.LittleEndian.Uint32(at[8:]); id != 0x40+i || n != uint32(i)+1 {
					t.Fatalf("used descriptor %d is %#x, %d bytes", i, id, n)
				}
				if q.DisableKicks(); device[2] != 1 {
					t.Fatal("the device wants kicks")
				}
				if q.EnableKicks(); device[2] != 0 {
					t.Fatal("the device wants no kicks")
				}
			}
		})
	}
}

// moved is the rig's ring in fresh memory, each part off its alignment.
func moved(r *rig, by uint64) virtio.QueueConfig {
	c := r.ring.Config(3, eventfd(r))
	c.Desc, c.Avail, c.Used = 0x10000+by, 0x20000+by, 0x30000+by
	return c
}

func (r *rig) area(gpa, n uint64) []byte {
	r.Helper()
	b, err := r.ram.Slice(gpa, n)
	if err != nil {
		r.Fatal(err)
	}
	return b
}

func use(t *testing.T, q *virtio.Queue, n uint32) {
	t.Helper()
	c, err := q.Pop()
	if c == nil || err != nil {
		t.Fatalf("no chain, error %v", err)
	}
	if c.WriteLen != 100 {
		t.Fatalf("a chain of %d writable bytes", c.WriteLen)
	}
	q.Push(c, n)
	q.Publish()
}

func either(first bool, a, b uint16) uint16 {
	if first {
		return a
	}
	return b
}
