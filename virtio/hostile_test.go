package virtio_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// The guest rewrites descriptors and an indirect table while the device decodes them. Whatever mixture it reads, a chain
// lies in RAM and agrees with its own sums, or the driver is to blame.
func TestTheGuestMayChangeAChainWhileItIsDecoded(t *testing.T) {
	ring := vt.NewRing(vt.NewRAM(t, 1<<20), 8, virtio.Features{})
	for i := range 8 {
		ring.SetAvailEntry(i, uint16(i))
	}
	config := ring.Config(0, eventfd(t))
	decodes(t, ring, randomDescriptor, func() virtio.QueueConfig {
		config.Start.Avail.Index++
		ring.SetAvailIdx(config.Start.Avail.Index + 8)
		return config
	})
}

func TestTheGuestMayChangeAPackedRingWhileItIsDecoded(t *testing.T) {
	ring := vt.NewRing(vt.NewRAM(t, 1<<20), 8, virtio.FeaturesOf(virtio.RingPacked))
	config := ring.Config(0, eventfd(t))
	decodes(t, ring, randomPacked, func() virtio.QueueConfig {
		config.Start.Avail.Index = (config.Start.Avail.Index + 1) % 8
		return config
	})
}

// decodes pops all it can of one queue after the other, while the guest writes descriptors into the ring and a table.
func decodes(t *testing.T, ring *vt.Ring, random func(*rand.Rand, uint64) []byte, next func() virtio.QueueConfig) {
	ram := ring.RAM()
	table := ram.Alloc(64, 16)
	stop := time.Now().Add(100 * time.Millisecond)
	var guest sync.WaitGroup
	guest.Go(func() {
		rng := rand.New(rand.NewPCG(1, 1))
		for time.Now().Before(stop) {
			for _, gpa := range []uint64{ring.Desc + 16*rng.Uint64N(8), table + 16*rng.Uint64N(4)} {
				copy(ram.Bytes(gpa, 16), random(rng, table))
			}
		}
	})
	defer guest.Wait()
	for time.Now().Before(stop) {
		q := newQueue(t, next())
		for {
			c, err := q.Pop()
			if c == nil || err != nil {
				break
			}
			checkChain(t, c, ram)
		}
	}
}

// randomPacked is available in the first lap, as a rule.
func randomPacked(rng *rand.Rand, table uint64) []byte {
	flags := uint16(vt.AvailFlag)
	if rng.IntN(20) == 0 {
		flags = vt.UsedFlag
	}
	if rng.IntN(4) == 0 {
		return vt.Descriptor(table, 16*rng.Uint32N(5), uint16(rng.Uint32()), flags|vt.Indirect)
	}
	return vt.Descriptor(rng.Uint64N(1<<20), rng.Uint32N(4096), uint16(rng.Uint32()), flags|uint16(rng.IntN(4)))
}

func randomDescriptor(rng *rand.Rand, table uint64) []byte {
	if rng.IntN(4) == 0 {
		return vt.Descriptor(table, 16*rng.Uint32N(5), vt.Indirect, 0)
	}
	return vt.Descriptor(rng.Uint64N(1<<20), rng.Uint32N(4096), uint16(rng.IntN(4)), uint16(rng.IntN(9)))
}

func checkChain(t *testing.T, c *virtio.Chain, ram *vt.RAM) {
	t.Helper()
	if n := len(gather(c.Read)); uint64(n) != c.ReadLen || uint64(n)+c.WriteLen > 1024*ram.Size() {
		t.Errorf("%d bytes gathered, ReadLen %d, WriteLen %d", n, c.ReadLen, c.WriteLen)
	}
	var n uint64
	for _, v := range c.Write {
		n += v.Len
	}
	if n != c.WriteLen {
		t.Errorf("%d writable bytes, WriteLen %d", n, c.WriteLen)
	}
}

func TestAnyoneMayLookAtAQueueThatRuns(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		var looks sync.WaitGroup
		looks.Go(func() {
			for range 200 {
				if p := r.q.Posted(); p.Chains > 8 || r.q.Stats().Chains > 2008 || r.q.Position().Used.Index > 2008 {
					t.Errorf("posted %+v, stats %+v, position %+v", p, r.q.Stats(), r.q.Position())
				}
			}
		})
		r.serve(pingPong, func() { r.drive(2000) })
		looks.Wait()
		if got := r.q.Stats(); got.Chains < 2000 || got.Kicks == 0 || got.Interrupts == 0 {
			t.Errorf("stats %+v", got)
		}
	})
}
