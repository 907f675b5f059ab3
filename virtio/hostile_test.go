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
	ram := vt.NewRAM(t, 1<<20)
	ring := vt.NewRing(ram, 8, virtio.Features{})
	table := ram.Alloc(64, 16)
	for i := range 8 {
		ring.SetAvailEntry(i, uint16(i))
	}
	stop := time.Now().Add(100 * time.Millisecond)
	var guest sync.WaitGroup
	guest.Go(func() {
		rng := rand.New(rand.NewPCG(1, 1))
		for time.Now().Before(stop) {
			for _, gpa := range []uint64{ring.Desc + 16*rng.Uint64N(8), table + 16*rng.Uint64N(4)} {
				copy(ram.Bytes(gpa, 16), randomDescriptor(rng, table))
			}
		}
	})
	defer guest.Wait()
	config := ring.Config(0, eventfd(t))
	for ; time.Now().Before(stop); config.Start.Avail.Index++ {
		ring.SetAvailIdx(config.Start.Avail.Index + 8)
		q := newQueue(t, config)
		for {
			c, err := q.Pop()
			if c == nil || err != nil {
				break
			}
			checkChain(t, c, ram)
		}
	}
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
	r, s := newRig(t, 8), newSession()
	s.Enable(0, r.q)
	cancel, ended := runs(s, pingPong)
	r.ring.OnKick = func() { kick(r.q.KickFD()) }
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.drive(2000)
	}()
	for range 200 {
		q := s.Queue(0)
		if p := q.Posted(); p.Chains > q.Size() || q.Stats().Chains > 2008 {
			t.Errorf("posted %+v, stats %+v", p, q.Stats())
		}
	}
	soon(t, "the last chain is used", done)
	cancel()
	soon(t, "the session ends", ended)
	if got := r.q.Stats(); got.Chains < 2000 || got.Kicks == 0 || got.Interrupts == 0 {
		t.Errorf("stats %+v", got)
	}
}
