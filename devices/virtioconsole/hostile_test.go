package virtioconsole

import (
	"io"
	"math/rand/v2"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// chain is a chain of any shape, with what looks like control messages in its readable part.
func (d *driver) chain(r *rand.Rand) (bufs []virtiotest.Buffer) {
	for range r.IntN(3) {
		b := make([]byte, 1+r.IntN(24))
		for i := range b {
			b[i] = byte(r.IntN(8))
		}
		bufs = append(bufs, virtiotest.Readable(d.RAM.Put(b), len(b)))
	}
	for range r.IntN(3) {
		n := 1 + r.IntN(24)
		bufs = append(bufs, virtiotest.Writable(d.RAM.Alloc(n, 1), n))
	}
	return bufs
}

func TestADriverThatPutsAnythingAnywhereHarmsNobody(t *testing.T) {
	onRings(t, func(t *testing.T, f virtio.Features) {
		p, c := NewPort("p", 0), NewConsole("c", AnyNumber)
		d := start(t, Config{Features: f, MaxPorts: 4, Ports: []*Port{p, c}})
		go func() { _, _ = io.Copy(io.Discard, p) }()
		go func() { _, _ = c.Write(make([]byte, 1<<20)) }()
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 3000 {
			ring := d.Queue(r.IntN(d.Queues()))
			if bufs := d.chain(r); len(bufs) > 0 && ring.Room() >= len(bufs) {
				ring.Add(bufs...)
				ring.Kick()
			}
			for _, ok := ring.Next(); ok; _, ok = ring.Next() {
			}
			switch i % 100 {
			case 50:
				d.dev.Remove(p)
			case 99:
				if err := d.dev.Add(p); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
		_, _ = p.Close(), c.Close()
	})
}
