package virtionet

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// endless is a netdev whose link always has a frame, or always room, and costs next to nothing: what is left is the device's.
type endless struct {
	size int
	sent int
}

func (e *endless) Links() []net.Link            { return []net.Link{e} }
func (e *endless) Offloads() net.Offload        { return tapOffload }
func (e *endless) SetHeader(int) error          { return nil }
func (e *endless) SetOffload(net.Offload) error { return nil }
func (e *endless) SetQueues(int) error          { return nil }
func (e *endless) Close() error                 { return nil }
func (e *endless) FD() int                      { return -1 }

func (e *endless) Receive([]unix.Iovec) (int, error) { return e.size, nil }

func (e *endless) Send([]unix.Iovec) error {
	e.sent++
	return nil
}

// A looped ring posts its first fill again each time that it is used, with three writes of the driver: no allocation, and
// cheap beside the device's work.
type looped struct {
	ring *virtiotest.Ring
	idx  uint16
	used []uint16
}

// bench is a queue with chains of the given descriptors, on which b's goroutine plays both sides.
func bench(b *testing.B, f virtio.Features, lens []int, write bool) (*virtio.Queue, *looped) {
	ram := virtiotest.NewRAM(b, 64<<20)
	ring := virtiotest.NewRing(ram, 256, f)
	kick, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { unix.Close(kick) })
	q, err := virtio.NewQueue(ring.Config(0, kick))
	if err != nil {
		b.Fatal(err)
	}
	ram.Alloc(0, 4096) // as in bare: how a copy lies to pages decides its price
	for ring.Room() >= len(lens) {
		var bufs []virtiotest.Buffer
		for _, n := range lens {
			bufs = append(bufs, virtiotest.Buffer{GPA: ram.Alloc(n, 64), Len: uint32(n), Write: write})
		}
		ring.Add(bufs...)
	}
	ring.Publish()
	ring.EnableInterrupts(false)
	return q, &looped{ring: ring, idx: ring.AvailIdx(), used: elements(ram, ring)}
}

// elements are the used ring's ids and lengths as 16-bit words.
func elements(ram *virtiotest.RAM, ring *virtiotest.Ring) []uint16 {
	b := ram.Bytes(ring.Used+4, 8*ring.Size)
	return unsafe.Slice((*uint16)(unsafe.Pointer(&b[0])), 4*ring.Size)
}

// again makes available what was used since the index seen.
func (l *looped) again(seen uint16) uint16 {
	to := l.ring.UsedIdx()
	for ; seen != to; seen++ {
		l.ring.SetAvailEntry(int(l.idx), l.used[4*(int(seen)&(l.ring.Size-1))])
		l.idx++
	}
	l.ring.SetAvailIdx(l.idx)
	return seen
}

func benchReceiver(b *testing.B, nd net.Netdev, s virtiotest.Strategy) (*receiver, *looped) {
	m := merged.features.Or(guestOffloads).Without(virtio.EventIdx)
	d := device(b, Config{Netdev: nd})
	l, err := d.begin(virtio.NewSession(m, false, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.end(l) })
	r := l.receivers[0]
	var loop *looped
	r.q, loop = bench(b, m, s.Chain(merged.header), true)
	return r, loop
}

var benchFrames = []struct {
	name     string
	size     int
	strategy virtiotest.Strategy
}{
	{"60 bytes, Linux mergeable", 60, virtiotest.LinuxMergeable},
	{"1514 bytes, Linux mergeable", 1514, virtiotest.LinuxMergeable},
	{"64 KB, Linux mergeable", 65226, virtiotest.LinuxMergeable},
	{"64 KB, NetKVM mergeable", 65226, virtiotest.NetKVMMergeable},
	{"64 KB, Linux big", 65226, virtiotest.LinuxBig},
}

// The device's own work on a received frame: reserve, decide, num_buffers, commit.
func BenchmarkReceiveAlone(b *testing.B) {
	for _, c := range benchFrames {
		b.Run(c.name, func(b *testing.B) {
			r, loop := benchReceiver(b, &endless{size: merged.header + c.size}, c.strategy)
			var seen uint16
			b.ReportAllocs()
			for b.Loop() {
				if need, err := r.one(); need != nothing || err != nil {
					b.Fatal("no frame", err)
				}
				seen = loop.again(seen)
			}
		})
	}
}

// socket is a link and the other end of it.
func socket(b *testing.B, size int) (*net.Memory, func()) {
	nd, peer := pipe(b, tapOffload, 1)
	if err := nd.SetHeader(merged.header); err != nil {
		b.Fatal(err)
	}
	data := frame(size, 1)
	return nd, func() {
		if err := peer.Send(0, nil, data); err != nil {
			b.Fatal(err)
		}
	}
}

// The same with a real link, and the price of the bare readv beside it: frames are queued with the clock stopped.
func BenchmarkReceive(b *testing.B) {
	for _, c := range benchFrames {
		b.Run(c.name+"/device", func(b *testing.B) {
			nd, send := socket(b, c.size)
			r, loop := benchReceiver(b, nd, c.strategy)
			var seen uint16
			drain(b, send, func() {
				if need, err := r.one(); need != nothing || err != nil {
					b.Fatal("no frame", err)
				}
				seen = loop.again(seen)
			})
		})
		b.Run(c.name+"/bare readv", func(b *testing.B) {
			nd, send := socket(b, c.size)
			link, next := nd.Links()[0], bare(b, c.strategy, merged.header+c.size)
			drain(b, send, func() {
				if _, err := link.Receive(next()); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// bare gives the vectors of one frame after the other, just as many as it takes, going around as much memory as the ring has.
func bare(b *testing.B, s virtiotest.Strategy, n int) (next func() []unix.Iovec) {
	lens := s.Chain(merged.header)
	chains := 256 / len(lens)
	ram := virtiotest.NewRAM(b, 64<<20)
	var vecs []unix.Iovec
	for range chains {
		for _, l := range lens {
			vecs = append(vecs, vectorOf(ram.Bytes(ram.Alloc(l, 64), l)))
		}
	}
	need := (n + sum(lens) - 1) / sum(lens) * len(lens)
	around := len(vecs)
	vecs = append(vecs, vecs[:need]...)
	at := 0
	return func() []unix.Iovec {
		at = (at + need) % around
		return vecs[at : at+need]
	}
}

// drain measures receive alone.
func drain(b *testing.B, send, receive func()) {
	b.ReportAllocs()
	const batch = 16
	for i := 0; b.Loop(); i++ {
		if i%batch == 0 {
			b.StopTimer()
			for range batch {
				send()
			}
			b.StartTimer()
		}
		receive()
	}
}

func BenchmarkTransmitAlone(b *testing.B) {
	for _, c := range []struct {
		name string
		lens []int
	}{{"header and 1514 bytes in one", []int{12 + 1514}}, {"64 KB in 18", append([]int{12 + 54}, virtiotest.NetKVM.Chain(0)...)}} {
		b.Run(c.name, func(b *testing.B) {
			m := modern.features.Or(hostOffloads).Without(virtio.EventIdx)
			d := device(b, Config{Netdev: &endless{}, TXBurst: 8})
			l, err := d.begin(virtio.NewSession(m, false, nil))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { d.end(l) })
			t := l.transmitters[0]
			var loop *looped
			t.q, loop = bench(b, m, c.lens, false)
			var seen uint16
			b.ReportAllocs()
			for b.Loop() {
				chain, err := t.q.Pop()
				if chain == nil || err != nil {
					b.Fatal("no chain", err)
				}
				if err := t.one(chain); err != nil {
					b.Fatal(err)
				}
				t.complete(chain)
				seen = loop.again(seen)
			}
		})
	}
}
