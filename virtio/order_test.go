package virtio_test

import (
	"math/rand/v2"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// inOrder runs a test on both layouts with VIRTIO_F_IN_ORDER.
func inOrder(t *testing.T, f func(t *testing.T, l layout)) {
	for _, name := range []string{"split, in order", "packed, in order"} {
		t.Run(name, func(t *testing.T) { f(t, layouts[name]) })
	}
}

// used checks that the driver sees these elements and no more.
func (r *rig) used(want ...vt.Used) {
	r.Helper()
	for _, w := range want {
		if u := r.next(); u != w {
			r.Errorf("used %+v, want %+v", u, w)
		}
	}
	if n := r.ring.Pending(); n != 0 {
		r.Errorf("%d more are used", n)
	}
}

func TestInOrderAChainWaitsForOlderOnes(t *testing.T) {
	inOrder(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		a, b, c := r.bytes(1), r.bytes(2), r.bytes(1)
		first, second, third := r.pop(), r.pop(), r.pop()
		r.use(third, 1)
		r.used()
		r.use(second, 2)
		r.used()
		r.expect("an interrupt before the first is used", r.ring.Interrupts() > 0, false)
		r.use(first, 0)
		r.used(vt.Used{Head: a}, vt.Used{Head: b, Len: 2}, vt.Used{Head: c, Len: 1})
		r.expect("an interrupt after that", r.ring.Interrupts() == 1, true)
	})
}

func TestInOrderAFrameWaitsForChainsThatTheDeviceHolds(t *testing.T) {
	inOrder(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		a, b, c, d := r.bytes(1), r.bytes(1), r.bytes(1), r.bytes(1)
		held := r.pop()
		if n := r.reserve(2, 2).Commit(2); n != 2 {
			t.Errorf("Commit is %d", n)
		}
		r.used()
		r.use(held, 1)
		r.used(vt.Used{Head: a, Len: 1}, vt.Used{Head: b, Len: 1}, vt.Used{Head: c, Len: 1})
		r.reserve(1, 1).Commit(1)
		r.used(vt.Used{Head: d, Len: 1})
		if got := r.q.Stats(); got.Chains != 4 || got.Bytes != 4 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestInOrderADeviceMayPushInAnyOrder(t *testing.T) {
	inOrder(t, func(t *testing.T, l layout) {
		r := l.rig(t, 9)
		rng := rand.New(rand.NewPCG(5, 6))
		var posted []uint16
		var held []*virtio.Chain
		for range 3000 {
			for r.ring.Room() >= 3 && rng.IntN(3) > 0 {
				posted = append(posted, r.bytes(1+rng.IntN(3)))
				held = append(held, r.pop())
			}
			if len(held) > 0 {
				i := rng.IntN(len(held))
				r.use(held[i], 1)
				held = append(held[:i], held[i+1:]...)
			}
			for ; r.ring.Pending() > 0; posted = posted[1:] {
				if u := r.next(); u != (vt.Used{Head: posted[0], Len: 1}) {
					t.Fatalf("used %+v, want chain %d", u, posted[0])
				}
			}
			if len(held) == 0 && len(posted) > 0 {
				t.Fatalf("the device holds nothing, and %d chains are not used", len(posted))
			}
		}
		r.ring.Check()
	})
}
