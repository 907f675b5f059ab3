package virtio_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestReserveTakesNoMoreChainsThanNeeded(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for name, c := range map[string]struct {
			want          uint64
			max           int
			chains, bytes int
		}{
			"one that is exactly full":                   {100, 9, 1, 100},
			"a second for one byte more":                 {101, 9, 2, 300},
			"no more than max":                           {1000, 2, 2, 300},
			"all of them if they do not suffice":         {1000, 9, 3, 600},
			"none for nothing":                           {0, 9, 0, 0},
			"none if none are allowed":                   {100, 0, 0, 0},
			"a chain of its own for the last of 3 parts": {600, 3, 3, 600},
		} {
			t.Run(name, func(t *testing.T) {
				r := l.rig(t, 16)
				r.writable(100)
				r.writable(150, 50)
				r.writable(1, 299)
				for range 2 { // decoded once, asked for twice
					res := r.reserve(c.want, c.max)
					if res.Chains() != c.chains || res.Len != uint64(c.bytes) {
						t.Errorf("%d chains of %d bytes, want %d of %d", res.Chains(), res.Len, c.chains, c.bytes)
					}
				}
			})
		}
	})
}

func TestReserveMayAskForLessThanBefore(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 16)
		for range 4 {
			r.writable(60, 40)
		}
		r.reserve(400, 9)
		for _, want := range []uint64{1, 100, 101, 300, 301} {
			res := r.reserve(want, 9)
			if n := int(want+99) / 100; res.Chains() != n || len(res.Vecs) != 2*n || res.Len != uint64(100*n) {
				t.Errorf("%d bytes: %d chains, %d vectors, %d bytes", want, res.Chains(), len(res.Vecs), res.Len)
			}
		}
		if res := r.reserve(400, 3); res.Chains() != 3 {
			t.Errorf("%d chains of at most 3", res.Chains())
		}
	})
}

func TestCommitFillsAllButTheLastAndPublishesOnce(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for name, c := range map[string]struct {
			n    uint64
			lens []uint32
		}{
			"one byte":             {1, []uint32{1}},
			"a full chain":         {100, []uint32{100}},
			"into the second":      {101, []uint32{100, 1}},
			"to the brim":          {600, []uint32{100, 200, 300}},
			"more than there is":   {601, nil},
			"nothing at all":       {0, nil},
			"into the third chain": {350, []uint32{100, 200, 50}},
		} {
			t.Run(name, func(t *testing.T) {
				r := l.rig(t, 16)
				heads := []uint16{r.writable(100), r.writable(150, 50), r.writable(1, 299)}
				res := r.reserve(600, 9)
				if got := res.Fit(c.n); got != len(c.lens) {
					t.Errorf("Fit is %d", got)
				}
				if got := res.Commit(c.n); got != len(c.lens) || r.ring.Pending() != len(c.lens) {
					t.Errorf("Commit is %d, %d published", got, r.ring.Pending())
				}
				for i, n := range c.lens {
					if u := r.next(); u != (vt.Used{Head: heads[i], Len: n}) {
						t.Errorf("used %+v, want head %d with %d", u, heads[i], n)
					}
				}
				if rest := r.reserve(1, 1); len(c.lens) < 3 && (rest.Chains() != 1 || rest.Vecs[0].Len == 0) {
					t.Errorf("%d chains are left", rest.Chains())
				}
			})
		}
	})
}

func TestReadablePartsOfReceiveChainsArePassedOver(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		r.ring.Add(vt.Readable(4096, 50), vt.Writable(8192, 60))
		r.ring.Publish()
		res := r.reserve(60, 9)
		if got := lens(res.Vecs); !reflect.DeepEqual(got, []uint64{60}) || res.Len != 60 {
			t.Errorf("vectors of %v bytes", got)
		}
		res.Commit(60)
		if got := r.q.Stats().Bytes; got != 60 {
			t.Errorf("%d bytes counted", got)
		}
	})
}

func TestAnAbortedReservationLeavesTheChains(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		head := r.writable(100)
		r.reserve(100, 1).Abort()
		if c := r.pop(); c.Head != head {
			t.Errorf("popped %d, want %d", c.Head, head)
		}
		if res := r.reserve(1, 1); res.Chains() != 0 {
			t.Error("the popped chain is reserved")
		}
	})
}

func TestPopTakesTheOldestReservedChain(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		first, second := r.writable(100), r.writable(200)
		r.reserve(300, 2)
		c := r.pop()
		res := r.reserve(200, 2)
		if c.Head != first || res.Chains() != 1 || res.Len != 200 {
			t.Errorf("popped %d, %d chains of %d bytes reserved", c.Head, res.Chains(), res.Len)
		}
		r.q.Push(c, 7)
		res.Commit(150)
		if a, b := r.next(), r.next(); a != (vt.Used{Head: first, Len: 7}) || b != (vt.Used{Head: second, Len: 150}) {
			t.Errorf("used %+v and %+v", a, b)
		}
	})
}

// The vectors slide through an arena; a model without one must agree at every step.
func TestVectorsAreThoseOfTheOldestChains(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 64, virtio.EventIdx)
		rng := rand.New(rand.NewPCG(1, 2))
		var model [][]uint64 // lengths of the writable descriptors of each posted chain
		for range 5000 {
			for r.ring.Room() >= 5 && rng.IntN(3) > 0 {
				chain := make([]uint64, 1+rng.IntN(5))
				bufs := make([]vt.Buffer, len(chain))
				for i := range chain {
					chain[i] = uint64(1 + rng.IntN(100))
					bufs[i] = vt.Writable(4096, int(chain[i]))
				}
				r.ring.Add(bufs...)
				model = append(model, chain)
			}
			r.ring.Publish()
			res := r.reserve(uint64(rng.IntN(1500)), 1+rng.IntN(30))
			var want []uint64
			for _, chain := range model[:res.Chains()] {
				want = append(want, chain...)
			}
			if got := lens(res.Vecs); !reflect.DeepEqual(got, want) {
				t.Fatalf("vectors %v, want %v", got, want)
			}
			model = model[res.Commit(uint64(rng.Int64N(int64(res.Len)+1))):]
			for r.ring.Pending() > 0 {
				r.next()
			}
		}
	})
}
