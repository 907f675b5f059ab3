package virtioballoon

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

func TestADriverThatPutsAnythingAnywhereHarmsNobody(t *testing.T) {
	onRings(t, func(d *driver) {
		if err := d.dev.SetStatsInterval(time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		// Pages of its own that it gives up, and none that its rings are in: those it would lose, which is its own loss.
		gpa := d.RAM.Alloc(16*pageSize, pageSize)
		for range 3000 {
			ring := d.Queue(r.IntN(d.Queues()))
			var bufs []virtiotest.Buffer
			for range r.IntN(3) {
				page := uint32(gpa/pageSize) + uint32(r.IntN(16))
				bufs = append(bufs, d.readable(list(page, 1<<31|r.Uint32())[:4+r.IntN(5)]))
			}
			if r.IntN(2) == 0 {
				bufs = append(bufs, virtiotest.Writable(gpa+uint64(r.IntN(pageSize)), 1+r.IntN(2*pageSize)))
			}
			if len(bufs) > 0 && ring.Room() >= len(bufs) {
				ring.Add(bufs...)
				ring.Kick()
			}
			for _, ok := ring.Next(); ok; _, ok = ring.Next() {
			}
		}
		if err := d.Stop(); err != nil {
			d.t.Error(err)
		}
	})
}
