package virtio_test

import (
	"context"
	"slices"
	"testing"
	"unsafe"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// cycle is a driver that posts the same chain as often as its ring holds it, and gives back each used chain in the cheapest
// way: on a split ring by moving the index, on a packed one by writing its descriptors again. The cost measured is the
// device's, and those stores.
type cycle struct {
	testing.TB
	q    *virtio.Queue
	post func(chains int)
}

func newCycle(t testing.TB, s vt.Strategy, l layout) *cycle {
	ram := vt.NewRAM(t, 64<<20)
	ring := vt.NewRing(ram, 256, virtio.FeaturesOf(append(l, virtio.EventIdx)...))
	var bufs []vt.Buffer
	for _, n := range s.Chain(12) {
		bufs = append(bufs, vt.Writable(ram.Alloc(n, 1), n))
	}
	add := ring.Add
	if s.Indirect {
		add = ring.AddIndirect
	}
	head := add(bufs...)
	c := &cycle{TB: t, q: newQueue(t, ring.Config(0, eventfd(t)))}
	if slices.Contains(l, virtio.RingPacked) {
		c.post = packedAgain(ring, ring.Size-ring.Room())
	} else {
		c.post = splitAgain(ring, head)
	}
	c.post(ring.Size / (ring.Size - ring.Room()))
	return c
}

func splitAgain(ring *vt.Ring, head uint16) func(int) {
	for i := range ring.Size {
		ring.SetAvailEntry(i, head)
	}
	var next uint16
	return func(chains int) {
		next += uint16(chains)
		ring.SetAvailIdx(next)
	}
}

// packedAgain repeats the chain in the ring's first n entries.
func packedAgain(ring *vt.Ring, n int) func(int) {
	ring.Publish()
	words := unsafe.Slice((*uint64)(unsafe.Pointer(&ring.RAM().Bytes(ring.Desc, 16*ring.Size)[0])), 2*ring.Size)
	chain := slices.Clone(words[:2*n])
	clear(words)
	at, wraps := 0, uint64(0)
	return func(chains int) {
		for i := range chains * n {
			d := chain[2*(i%n):]
			words[2*at], words[2*at+1] = d[0], d[1]^wraps
			if at++; at == ring.Size {
				at, wraps = 0, wraps^(vt.AvailFlag|vt.UsedFlag)<<48
			}
		}
	}
}

func (c *cycle) popPush() {
	chain, err := c.q.Pop()
	if err != nil {
		c.Fatal(err)
	}
	c.q.Push(chain, 60)
	c.q.Publish()
	c.q.Notify()
	c.post(1)
}

func (c *cycle) receive(max int, frame uint64) {
	res, err := c.q.Reserve(65562, max)
	if err != nil {
		c.Fatal(err)
	}
	n := res.Commit(frame)
	c.q.Notify()
	c.post(n)
}

func (c *cycle) kick() {
	kick(c.q.KickFD())
	if err := c.q.Wait(context.Background()); err != nil {
		c.Fatal(err)
	}
}

// benchLayouts are those whose costs are compared.
var benchLayouts = []string{"split", "packed"}

func BenchmarkPopPush(b *testing.B) {
	for _, s := range []vt.Strategy{vt.UBoot, vt.EDK2, vt.LinuxBig, vt.LinuxBigIndirect} {
		for _, l := range benchLayouts {
			b.Run(s.Name+"/"+l, func(b *testing.B) {
				c := newCycle(b, s, layouts[l])
				b.ReportAllocs()
				for b.Loop() {
					c.popPush()
				}
			})
		}
	}
}

var receives = []struct {
	name  string
	s     vt.Strategy
	max   int
	frame uint64
}{
	{"60 bytes in 1 of 43 reserved chains", vt.LinuxMergeable, 1024, 72},
	{"60 bytes in 1 of 17 reserved chains", vt.NetKVMMergeable, 1024, 72},
	{"64 KiB in 17 chains", vt.NetKVMMergeable, 1024, 65562},
	{"64 KiB in 43 chains", vt.LinuxMergeable, 1024, 65562},
	{"60 bytes in one descriptor", vt.LinuxSmall, 1, 72},
	{"60 bytes in a chain of 19", vt.LinuxBig, 1, 72},
	{"60 bytes in a table of 19", vt.LinuxBigIndirect, 1, 72},
}

func BenchmarkReceive(b *testing.B) {
	for _, r := range receives {
		for _, l := range benchLayouts {
			b.Run(r.name+"/"+l, func(b *testing.B) {
				c := newCycle(b, r.s, layouts[l])
				b.ReportAllocs()
				for b.Loop() {
					c.receive(r.max, r.frame)
				}
			})
		}
	}
}

func BenchmarkKicksOnAndOff(b *testing.B) {
	for _, l := range benchLayouts {
		b.Run(l, func(b *testing.B) {
			c := newCycle(b, vt.LinuxSmall, layouts[l])
			for b.Loop() {
				c.q.EnableKicks()
				c.q.DisableKicks()
			}
		})
	}
}

func BenchmarkWaitForAKickThatCame(b *testing.B) {
	c := newCycle(b, vt.LinuxSmall, nil)
	b.ReportAllocs()
	for b.Loop() {
		c.kick()
	}
}

// That nothing is allocated for a frame is a promise, not a figure to look at.
func TestTheSteadyStateDoesNotAllocate(t *testing.T) {
	check := func(t *testing.T, name string, round func()) {
		for range 1000 { // until every arena has its size
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	eachLayout(t, func(t *testing.T, l layout) {
		for _, r := range receives {
			c := newCycle(t, r.s, l)
			check(t, r.name, func() { c.receive(r.max, r.frame) })
			check(t, r.name+", popped", c.popPush)
		}
		c := newCycle(t, vt.LinuxSmall, l)
		check(t, "kick", c.kick)
	})
}
