package virtio_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// cycle is a driver that posts the same chain in every entry of its ring once, and from then on gives back each used chain
// by moving the index: the cost measured is the device's, and two stores.
type cycle struct {
	testing.TB
	ring *vt.Ring
	q    *virtio.Queue
	next uint16
}

func newCycle(t testing.TB, s vt.Strategy) *cycle {
	ram := vt.NewRAM(t, 64<<20)
	ring := vt.NewRing(ram, 256, virtio.FeaturesOf(virtio.EventIdx))
	var bufs []vt.Buffer
	for _, n := range s.Chain(12) {
		bufs = append(bufs, vt.Writable(ram.Alloc(n, 1), n))
	}
	add := ring.Add
	if s.Indirect {
		add = ring.AddIndirect
	}
	head := add(bufs...)
	for i := range ring.Size {
		ring.SetAvailEntry(i, head)
	}
	c := &cycle{TB: t, ring: ring, q: newQueue(t, ring.Config(0, eventfd(t)))}
	c.post(ring.Size)
	return c
}

func (c *cycle) post(n int) {
	c.next += uint16(n)
	c.ring.SetAvailIdx(c.next)
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
	if err := c.q.Wait(c.Context()); err != nil {
		c.Fatal(err)
	}
}

func BenchmarkPopPush(b *testing.B) {
	for _, s := range []vt.Strategy{vt.UBoot, vt.EDK2, vt.LinuxBig, vt.LinuxBigIndirect} {
		b.Run(s.Name, func(b *testing.B) {
			c := newCycle(b, s)
			b.ReportAllocs()
			for b.Loop() {
				c.popPush()
			}
		})
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
		b.Run(r.name, func(b *testing.B) {
			c := newCycle(b, r.s)
			b.ReportAllocs()
			for b.Loop() {
				c.receive(r.max, r.frame)
			}
		})
	}
}

func BenchmarkKicksOnAndOff(b *testing.B) {
	c := newCycle(b, vt.LinuxSmall)
	for b.Loop() {
		c.q.EnableKicks()
		c.q.DisableKicks()
	}
}

func BenchmarkWaitForAKickThatCame(b *testing.B) {
	c := newCycle(b, vt.LinuxSmall)
	b.ReportAllocs()
	for b.Loop() {
		c.kick()
	}
}

// That nothing is allocated for a frame is a promise, not a figure to look at.
func TestTheSteadyStateDoesNotAllocate(t *testing.T) {
	check := func(name string, round func()) {
		for range 1000 { // until every arena has its size
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for _, r := range receives {
		c := newCycle(t, r.s)
		check(r.name, func() { c.receive(r.max, r.frame) })
		check(r.name+", popped", c.popPush)
	}
	c := newCycle(t, vt.LinuxSmall)
	check("kick", c.kick)
}
