package virtiopci

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func TestManyVCPUsAtOnceNeverHang(t *testing.T) {
	r := mappedRig(t, func(c *Config, f *fake) {
		f.runs = nil
		c.Notifier = &lockedBells{}
	})
	var vcpus sync.WaitGroup
	for seed := range uint64(4) {
		vcpus.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 0))
			var b [8]byte
			for range 3000 {
				binary.LittleEndian.PutUint64(b[:], rng.Uint64())
				b[4] &= 0x0f // small values are what registers know
				b[5], b[6], b[7] = 0, 0, 0
				r.guest(b[:])
			}
		})
	}
	done := make(chan struct{})
	go func() { vcpus.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * patience):
		t.Fatal("the vCPUs wait for each other")
	}
}

// lockedBells is a notifier that only looks for calls at once.
type lockedBells struct{ mu sync.Mutex }

func (b *lockedBells) Attach(Doorbell) error { return b.alone() }
func (b *lockedBells) Detach(Doorbell) error { return b.alone() }

func (b *lockedBells) alone() error {
	if !b.mu.TryLock() {
		panic("two calls of a notifier at once")
	}
	b.mu.Unlock()
	return nil
}
