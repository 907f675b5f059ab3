package virtio_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

func TestPopGivesTheDriversBuffersInOrder(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for name, add := range map[string]func(*vt.Ring, ...vt.Buffer) uint16{
			"chained":  (*vt.Ring).Add,
			"indirect": (*vt.Ring).AddIndirect, // honoured though not negotiated, as in QEMU
		} {
			t.Run(name, func(t *testing.T) {
				r := l.rig(t, 8)
				w := r.ram.Alloc(30, 1)
				head := add(r.ring, vt.Readable(r.ram.Put([]byte("head")), 4), vt.Readable(r.ram.Put([]byte("er")), 2),
					vt.Writable(w, 10), vt.Writable(w+10, 20))
				if r.pop() != nil {
					t.Fatal("a chain before the driver published it")
				}
				r.ring.Publish()
				c := r.pop()
				if c.Head != head || string(gather(c.Read)) != "header" || c.ReadLen != 6 || c.WriteLen != 30 {
					t.Errorf("head %d, read %q of %d, write %d", c.Head, gather(c.Read), c.ReadLen, c.WriteLen)
				}
				if got := lens(c.Write); !reflect.DeepEqual(got, []uint64{10, 20}) {
					t.Errorf("writable descriptors of %v bytes", got)
				}
				copy(bytesOf(c.Write[1]), "answer")
				r.use(c, 16)
				if u := r.next(); u != (vt.Used{Head: head, Len: 16}) || !bytes.Equal(r.ram.Bytes(w+10, 6), []byte("answer")) {
					t.Errorf("used %+v, memory %q", u, r.ram.Bytes(w, 30))
				}
				r.ring.Check()
			})
		}
	})
}

func TestAPlainChainMayEndInAnIndirectTable(t *testing.T) {
	table := slices.Concat(vt.Descriptor(8192, 5, vt.Next, 1), vt.Descriptor(12288, 7, vt.Write, 0))
	for name, flags := range map[string]uint16{"alone": vt.Indirect, "with WRITE, which is ignored": vt.Indirect | vt.Write} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 8)
			r.ring.SetDescriptor(0, 4096, 3, vt.Next, 4)
			r.ring.SetDescriptor(4, 5000, 4, vt.Next, 2)
			r.ring.SetDescriptor(2, r.ram.Put(table), 32, flags, 0)
			r.ring.SetAvailIdx(1)
			if p := r.q.Posted(); p.Buffers != 4 || p.Entries != 3 {
				t.Errorf("%d buffers in %d entries are posted, want 4 in 3", p.Buffers, p.Entries)
			}
			if c := r.pop(); c.ReadLen != 12 || len(c.Read) != 3 || c.WriteLen != 7 || len(c.Write) != 1 {
				t.Errorf("%d bytes to read in %d, %d to write in %d; want 12 in 3, 7 in 1", c.ReadLen, len(c.Read), c.WriteLen, len(c.Write))
			}
		})
	}
}

func TestIndirectMeansNothingInsideATable(t *testing.T) {
	r := newRig(t, 8)
	r.ring.SetDescriptor(0, r.ram.Put(slices.Concat(
		vt.Descriptor(4096, 5, vt.Indirect|vt.Next, 1), vt.Descriptor(8192, 7, vt.Write|vt.Indirect, 0))),
		32, vt.Indirect|vt.Next|vt.Write, 99)
	r.ring.SetAvailIdx(1)
	if c := r.pop(); c.ReadLen != 5 || c.WriteLen != 7 {
		t.Errorf("%d readable and %d writable bytes, want 5 and 7", c.ReadLen, c.WriteLen)
	}
}

func TestChainOf1024BuffersIsAccepted(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		r.ring.AddIndirect(slices.Repeat([]vt.Buffer{vt.Writable(4096, 1)}, 1024)...)
		r.ring.Publish()
		if c := r.pop(); len(c.Write) != 1024 {
			t.Errorf("%d vectors", len(c.Write))
		}
	})
}

func TestChainAsLongAsTheRing(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		r.writable(1, 2, 3, 4, 5, 6, 7, 8)
		if c := r.pop(); c.WriteLen != 36 || len(c.Write) != 8 {
			t.Errorf("%d bytes in %d vectors", c.WriteLen, len(c.Write))
		}
	})
}

func TestAnIndirectTableMayLieAtAnyAddress(t *testing.T) {
	r := newRig(t, 8)
	table := r.ram.Alloc(33, 2) + 1
	copy(r.ram.Bytes(table, 32), slices.Concat(vt.Descriptor(4097, 3, vt.Next, 1), vt.Descriptor(8193, 5, vt.Write, 0)))
	r.ring.SetDescriptor(0, table, 32, vt.Indirect, 0)
	r.ring.SetAvailIdx(1)
	if c := r.pop(); c.ReadLen != 3 || c.WriteLen != 5 {
		t.Errorf("%d readable and %d writable bytes, want 3 and 5", c.ReadLen, c.WriteLen)
	}
}

func TestChainsMayBeUsedOutOfOrder(t *testing.T) {
	r := newRig(t, 4)
	var heads []uint16
	var chains []*virtio.Chain
	for i := range 4 {
		heads = append(heads, r.writable(10+i))
		chains = append(chains, r.pop())
	}
	if r.pop() != nil {
		t.Fatal("a fifth chain of a ring of 4")
	}
	for _, i := range []int{2, 0, 3, 1} {
		r.q.Push(chains[i], uint32(i))
	}
	if n := r.ring.Pending(); n != 0 {
		t.Errorf("%d used elements before Publish", n)
	}
	r.q.Publish()
	if n := r.ring.Pending(); n != 4 {
		t.Errorf("%d used elements after Publish", n)
	}
	for _, i := range []int{2, 0, 3, 1} {
		if u := r.next(); u != (vt.Used{Head: heads[i], Len: uint32(i)}) {
			t.Errorf("used %+v, want chain %d", u, heads[i])
		}
	}
}

func TestIndexesWrapAround(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 4, virtio.EventIdx)
		for i := range 3 * 65536 / 2 {
			head := r.writable(1)
			r.use(r.pop(), 1)
			if u := r.next(); u.Head != head {
				t.Fatalf("round %d: head %d, want %d", i, u.Head, head)
			}
			if i%1024 == 0 {
				r.ring.Check()
			}
		}
		if got := r.q.Stats().Chains; got != 3*65536/2 {
			t.Errorf("%d chains counted", got)
		}
	})
}

// The entry of an index is its remainder, as in QEMU, which jumps from 65535 to 0 if the size is no power of two: both lie in
// entry 0 of a ring of 3.
func TestAnIndexOverflowsInARingOfAnySize(t *testing.T) {
	r := newRig(t, 3)
	for i := range 3 {
		r.ring.SetDescriptor(i, 4096, 1, vt.Write, 0)
	}
	c := r.ring.Config(3, eventfd(t))
	c.Start = virtio.Position{Avail: virtio.Cursor{Index: 65534}, Used: virtio.Cursor{Index: 65534}}
	r.q = newQueue(t, c)
	for i, head := range []uint16{1, 2, 0} {
		idx := uint16(65534 + i)
		r.ring.SetAvailEntry(int(idx), head)
		r.ring.SetAvailIdx(idx + 1)
		c := r.pop()
		if c == nil || c.Head != head {
			t.Fatalf("index %d: popped %v, want chain %d", idx, c, head)
		}
		r.use(c, 1)
		if got := r.ram.Bytes(r.ring.Used+4+8*uint64(idx%3), 1)[0]; uint16(got) != head || r.ring.UsedIdx() != idx+1 {
			t.Errorf("index %d: used element %d, index %d", idx, got, r.ring.UsedIdx())
		}
	}
	if got := r.q.Position().Used.Index; got != 1 {
		t.Errorf("position %d", got)
	}
}

func TestAQueueGoesOnWhereAnotherStopped(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 4)
		for range 7 {
			r.writable(1)
			r.use(r.pop(), 1)
			r.next()
		}
		c := r.ring.Config(3, eventfd(t))
		c.Start = r.q.Position()
		head := r.writable(5)
		r.q = newQueue(t, c)
		r.use(r.pop(), 5)
		if u := r.next(); u != (vt.Used{Head: head, Len: 5}) {
			t.Errorf("used %+v", u)
		}
	})
}

func TestPushOfAChainTwicePanics(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 4)
		r.writable(1)
		c := r.pop()
		r.q.Push(c, 1)
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		r.q.Push(c, 1)
	})
}

func TestAKickDescriptorThatIsNoneIsTheHostsError(t *testing.T) {
	r := newRig(t, 4)
	var v *virtio.Violation
	if err := newQueueError(r.ring.Config(3, -1)); !errors.Is(err, unix.EBADF) || errors.As(err, &v) {
		t.Errorf("NewQueue: %v", err)
	}
}

func TestPostedCountsWhatIsNotUsed(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 16)
		r.writable(100, 200)
		r.writable(1)
		r.ring.AddIndirect(vt.Writable(4096, 10), vt.Writable(8192, 20), vt.Writable(4096, 30))
		r.ring.Publish()
		if got, want := r.q.Posted(), (virtio.Posted{Chains: 3, Buffers: 6, Entries: 4, Bytes: 361}); got != want {
			t.Errorf("posted %+v, want %+v", got, want)
		}
		r.reserve(301, 2).Commit(300)
		if got, want := r.q.Posted(), (virtio.Posted{Chains: 2, Buffers: 4, Entries: 2, Bytes: 61}); got != want {
			t.Errorf("posted %+v after the first was used, want %+v", got, want)
		}
		if got := r.q.Stats(); got.Chains != 1 || got.Bytes != 300 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestPostedIsNeverMoreThanTheRing(t *testing.T) {
	r := newRig(t, 16)
	r.ring.SetDescriptor(0, 4096, 1, vt.Write, 0)
	r.ring.SetAvailIdx(60000)
	if got := r.q.Posted(); got.Chains != 16 {
		t.Errorf("%d chains posted on a ring of 16", got.Chains)
	}

	packed := packedRig(t, 16)
	for i := range 16 {
		packed.ring.SetPacked(i, 4096, 1, 0, vt.Write|vt.AvailFlag)
	}
	if got := packed.q.Posted(); got.Chains != 16 {
		t.Errorf("%d chains posted on a packed ring of 16", got.Chains)
	}
	packed.ring.SetPacked(7, 4096, 0, 0, vt.Write|vt.AvailFlag)
	if got := packed.q.Posted(); got.Chains != 7 {
		t.Errorf("%d chains posted before one that breaks a rule, want 7", got.Chains)
	}
}
