package virtio_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
	"golang.org/x/sys/unix"
)

func packedRig(t *testing.T, size int, features ...virtio.Feature) *rig {
	t.Helper()
	return layouts["packed"].rig(t, size, features...)
}

// entries is a copy of the descriptor ring.
func (r *rig) entries() [][]byte {
	var all [][]byte
	for b := bytes.Clone(r.ram.Bytes(r.ring.Desc, 16*r.ring.Size)); len(b) > 0; b = b[16:] {
		all = append(all, b[:16])
	}
	return all
}

func TestAUsedDescriptorSaysWhatTheDeviceDid(t *testing.T) {
	const both = vt.AvailFlag | vt.UsedFlag
	for name, c := range map[string]struct {
		laps, written int
		flags         uint16
	}{
		"read only, first lap":     {0, 0, both},
		"written, first lap":       {0, 9, both | vt.Write},
		"read only, second lap":    {1, 0, 0},
		"written, second lap":      {1, 9, vt.Write},
		"written, the third again": {2, 9, both | vt.Write},
	} {
		t.Run(name, func(t *testing.T) {
			r := packedRig(t, 4)
			for range 4 * c.laps {
				r.writable(1)
				r.use(r.pop(), 1)
				r.next()
			}
			id := r.writable(10, 20)
			before := r.entries()
			r.use(r.pop(), uint32(c.written))
			want := binary.LittleEndian.AppendUint32(before[0][:8:8], uint32(c.written))
			want = binary.LittleEndian.AppendUint16(want, id)
			before[0] = binary.LittleEndian.AppendUint16(want, c.flags)
			for i, got := range r.entries() {
				if !bytes.Equal(got, before[i]) {
					t.Errorf("entry %d is %x, want %x", i, got, before[i])
				}
			}
		})
	}
}

func TestNothingOfAPackedRingChangesBeforePublish(t *testing.T) {
	r := packedRig(t, 8)
	for range 3 {
		r.writable(1, 1)
	}
	before := r.entries()
	for range 3 {
		r.q.Push(r.pop(), 1)
	}
	for i, got := range r.entries() {
		if !bytes.Equal(got, before[i]) {
			t.Errorf("entry %d changed to %x", i, got)
		}
	}
	r.q.Publish()
	for _, i := range []int{0, 2, 4} {
		if now := r.entries(); now[i][15]>>7 != 1 {
			t.Errorf("entry %d is not used: %x", i, now[i])
		}
	}
}

// The ring lies over the edge of a page that the device cannot write: it fails at the second used descriptor, and the first one,
// which would show the driver both, is not written yet.
func TestTheFirstOfAFrameIsUsedLast(t *testing.T) {
	const page = 4096
	ram := vt.NewRAM(t, 1<<20)
	edge := ram.Alloc(page-16, page) + page
	ring := vt.NewRing(ram, 8, virtio.FeaturesOf(virtio.RingPacked))
	r := &rig{T: t, ram: ram, ring: ring, q: newQueue(t, ring.Config(3, eventfd(t)))}
	for range 3 {
		r.bytes(1)
	}
	res := r.reserve(3, 3)
	if ring.Desc != edge-16 {
		t.Fatalf("the ring is at %#x, not %#x", ring.Desc, edge-16)
	}
	protect := func(prot int) {
		if err := unix.Mprotect(ram.Bytes(edge, page), prot); err != nil {
			t.Fatal(err)
		}
	}
	protect(unix.PROT_READ)
	faulted := faults(func() { res.Commit(3) })
	protect(unix.PROT_READ | unix.PROT_WRITE)
	if !faulted || ring.Pending() != 0 {
		t.Errorf("faulted: %v, used: %d", faulted, ring.Pending())
	}
}

// faults reports whether f wrote where it must not.
func faults(f func()) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	f()
	return false
}

func TestTheDeviceGivesBackWhateverIdAChainHas(t *testing.T) {
	r := packedRig(t, 4)
	r.ring.SetPacked(1, 8192, 1, 0xbeef, vt.Write|vt.AvailFlag)
	r.ring.SetPacked(0, 4096, 1, 0x1234, vt.Write|vt.Next|vt.AvailFlag) // 2.8.6: not the last descriptor's
	c := r.pop()
	if c.Head != 0xbeef || c.WriteLen != 2 {
		t.Errorf("id %#x, %d bytes", c.Head, c.WriteLen)
	}
	r.use(c, 2)
	if got := r.entries()[0]; binary.LittleEndian.Uint16(got[12:]) != 0xbeef {
		t.Errorf("the used descriptor is %x", got)
	}
}

func TestPackedChainsMayBeUsedOutOfOrder(t *testing.T) {
	r := packedRig(t, 7)
	rng := rand.New(rand.NewPCG(3, 4))
	type held struct {
		chain *virtio.Chain
		id    uint16
	}
	var device []held
	for range 5000 {
		for r.ring.Room() >= 3 {
			id := r.bytes(1 + rng.IntN(3))
			device = append(device, held{r.pop(), id})
		}
		i := rng.IntN(len(device))
		h := device[i]
		device = append(device[:i], device[i+1:]...)
		r.use(h.chain, 1)
		if u := r.next(); u != (vt.Used{Head: h.id, Len: 1}) {
			t.Fatalf("used %+v, want chain %d", u, h.id)
		}
	}
	r.ring.Check()
}

func TestRingsOfAnySizeGoRound(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for _, size := range []int{1, 2, 3, 5, 7, 100, 255, 257, 1000, 32767, 32768} {
			r := l.rig(t, size, virtio.EventIdx)
			rng := rand.New(rand.NewPCG(uint64(size), 0))
			for n := 0; n < min(5*size+50, 40000); {
				for r.ring.Room() > 0 && rng.IntN(5) > 0 {
					r.bytes(1 + rng.IntN(min(r.ring.Room(), 4)))
				}
				for res := r.reserve(3, 9); res.Commit(res.Len) > 0; res = r.reserve(3, 9) {
				}
				for ; r.ring.Pending() > 0; n++ {
					r.next()
				}
			}
			r.ring.Check()
			if r.ring.Posted() != 0 || r.q.Posted().Chains != 0 {
				t.Errorf("size %d: %d chains are left, the device sees %d", size, r.ring.Posted(), r.q.Posted().Chains)
			}
		}
	})
}

// A queue ends with one chain used and one held, and the next one begins with that.
func TestAPackedQueueGoesOnInAnyLap(t *testing.T) {
	r := packedRig(t, 5, virtio.EventIdx)
	ids := []uint16{r.bytes(2)}
	for i := range 40 {
		ids = append(ids, r.bytes(1+i%3))
		r.use(r.pop(), 1)
		if held := r.pop(); held.Head != ids[1] {
			t.Fatalf("round %d: popped %d, want %d", i, held.Head, ids[1])
		}
		if u := r.next(); u != (vt.Used{Head: ids[0], Len: 1}) {
			t.Fatalf("round %d: used %+v, want chain %d", i, u, ids[0])
		}
		ids = ids[1:]
		want := r.ring.UsedAt()
		if got := r.q.Position(); got != (virtio.Position{Avail: want, Used: want}) {
			t.Fatalf("round %d: position %+v, want %+v", i, got, want)
		}
		r.goOn()
	}
	r.ring.Check()
}

// goOn ends the queue and makes another one.
func (r *rig) goOn() {
	r.Helper()
	c := r.ring.Config(3, eventfd(r))
	c.Start = r.q.Position()
	r.q = newQueue(r, c)
}

func TestWhatWasPushedAndNotPublishedIsTakenAgain(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 4)
		r.bytes(1)
		r.use(r.pop(), 1)
		r.next()
		first, second := r.bytes(1), r.bytes(1)
		for range 2 {
			r.q.Push(r.pop(), 1)
		}
		r.goOn()
		for _, head := range []uint16{first, second} {
			if c := r.pop(); c == nil || c.Head != head {
				t.Fatalf("popped %v, want chain %d", c, head)
			}
		}
	})
}

func TestAQueueThatGoesOnWantsKicks(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 4)
		r.bytes(1)
		r.use(r.pop(), 1)
		r.q.DisableKicks()
		r.goOn()
		r.expect("more", r.q.EnableKicks(), false)
		r.expect("kick", r.ring.Kick(), true)
	})
}

func TestAPackedQueueCannotGoOnOutsideItsRing(t *testing.T) {
	r := packedRig(t, 4)
	for _, start := range []virtio.Position{{Avail: virtio.Cursor{Index: 4}}, {Used: virtio.Cursor{Index: 4}}} {
		c := r.ring.Config(3, eventfd(t))
		c.Start = start
		var v *virtio.Violation
		if err := newQueueError(c); err == nil || errors.As(err, &v) {
			t.Errorf("start %+v: %v, want an error of the host's", start, err)
		}
	}
}
