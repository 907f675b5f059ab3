package virtionet

import (
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
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

// A looped ring posts its first fill again each time that it is used, with a few writes of the driver: no allocation, and
// cheap beside the device's work.
type looped interface {
	// again makes as many chains available as were used, the oldest first.
	again(chains int)
}

// loopedSplit is one whose driver looks at the used ring.
type loopedSplit struct {
	ring *virtiotest.Ring
	idx  uint16
	seen uint16
	used []uint16
}

func (l *loopedSplit) again(int) {
	to := l.ring.UsedIdx()
	for ; l.seen != to; l.seen++ {
		l.ring.SetAvailEntry(int(l.idx), l.used[4*(int(l.seen)&(l.ring.Size-1))])
		l.idx++
	}
	l.ring.SetAvailIdx(l.idx)
}

// loopedPacked is one whose driver writes the descriptors of its first fill behind each other for ever.
type loopedPacked struct {
	words, fill []uint64
	chain       int // descriptors of one
	at, next    int // in words, and in fill
	wraps       uint64
}

func (l *loopedPacked) again(chains int) {
	for range chains * l.chain {
		l.words[l.at], l.words[l.at+1] = l.fill[l.next], l.fill[l.next+1]^l.wraps
		if l.at += 2; l.at == len(l.words) {
			l.at, l.wraps = 0, l.wraps^(virtiotest.AvailFlag|virtiotest.UsedFlag)<<48
		}
		if l.next += 2; l.next == len(l.fill) {
			l.next = 0
		}
	}
}

// bench is a queue with chains of the given descriptors, each beginning with the given bytes, on which b's goroutine plays both sides.
func bench(b testing.TB, f virtio.Features, lens []int, write bool, content []byte) (*virtio.Queue, looped) {
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
		copy(ram.Bytes(bufs[0].GPA, lens[0]), content)
		ring.Add(bufs...)
	}
	ring.Publish()
	ring.EnableInterrupts(false)
	if f.Has(virtio.RingPacked) {
		words := unsafe.Slice((*uint64)(unsafe.Pointer(&ram.Bytes(ring.Desc, 16*ring.Size)[0])), 2*ring.Size)
		filled := 2 * (ring.Size - ring.Room())
		l := &loopedPacked{words: words, fill: slices.Clone(words[:filled]), chain: len(lens), at: filled % len(words)}
		if l.at == 0 {
			l.wraps = (virtiotest.AvailFlag | virtiotest.UsedFlag) << 48
		}
		return q, l
	}
	return q, &loopedSplit{ring: ring, idx: ring.AvailIdx(), used: elements(ram, ring)}
}

// elements are the used ring's ids and lengths as 16-bit words.
func elements(ram *virtiotest.RAM, ring *virtiotest.Ring) []uint16 {
	b := ram.Bytes(ring.Used+4, 8*ring.Size)
	return unsafe.Slice((*uint16)(unsafe.Pointer(&b[0])), 4*ring.Size)
}

func benchReceiver(b testing.TB, nd net.Netdev, s virtiotest.Strategy, f virtio.Features, content []byte) (*receiver, looped) {
	m := f.Or(guestOffloads).Without(virtio.EventIdx)
	d := device(b, Config{Netdev: nd})
	l, err := d.begin(virtio.NewSession(m, false, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.end(l) })
	r := l.receivers[0]
	var loop looped
	r.q, loop = bench(b, m, s.Chain(l.frame.header), true, content)
	return r, loop
}

// oneMore is what a benchmark of receiving does.
func oneMore(b testing.TB, r *receiver, loop looped) {
	before := r.buffers.Load()
	if need, err := r.one(); need != nothing || err != nil {
		b.Fatal("no frame", err)
	}
	loop.again(int(r.buffers.Load() - before))
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
	for _, m := range []mode{merged, packedMerged} {
		for _, c := range benchFrames {
			b.Run(c.name+"/"+m.name, func(b *testing.B) {
				r, loop := benchReceiver(b, &endless{size: m.header + c.size}, c.strategy, m.features, nil)
				b.ReportAllocs()
				for b.Loop() {
					oneMore(b, r, loop)
				}
			})
		}
	}
}

// The same with a hash of each frame, which chooses its queue.
func BenchmarkReceiveSteered(b *testing.B) {
	for _, m := range []mode{rssModes[0], rssModes[2]} {
		b.Run(m.name, func(b *testing.B) {
			r, loop := steered(b, m)
			b.ReportAllocs()
			for b.Loop() {
				oneMore(b, r, loop)
			}
		})
	}
}

func steered(b testing.TB, m mode) (*receiver, looped) {
	segment := tcpFrame(msSums[5].src, msSums[5].dst, 1400)
	content := append(make([]byte, m.header), segment...)
	r, loop := benchReceiver(b, &endless{size: len(content)}, virtiotest.LinuxMergeable, m.features, content)
	r.routed = true
	r.steering.Store(&steering{redirects: true, hashes: supportedHashes, key: newToeplitz(testKeyBytes)})
	return r, loop
}

// Two segments that become one, and one that ends what is held.
func BenchmarkReceiveCoalesced(b *testing.B) {
	r, loop := coalesced(b)
	b.ReportAllocs()
	for b.Loop() {
		oneMore(b, r, loop)
	}
}

func coalesced(b testing.TB) (*receiver, looped) {
	nd := &repeating{header: merged.header, frames: [][]byte{data(1, 1400).frame(src4, dst4), data(1401, 1400).frame(src4, dst4), fin.frame(src4, dst4)}}
	return benchReceiver(b, nd, virtiotest.NetKVMMergeable, rscFeatures, nil)
}

func TestAFrameCostsNoAllocation(t *testing.T) {
	alone := func(m mode, s virtiotest.Strategy, size int) func() (*receiver, looped) {
		return func() (*receiver, looped) {
			return benchReceiver(t, &endless{size: m.header + size}, s, m.features, nil)
		}
	}
	for name, setUp := range map[string]func() (*receiver, looped){
		"split":               alone(merged, virtiotest.LinuxMergeable, 1514),
		"split, 64 KB":        alone(merged, virtiotest.LinuxMergeable, 65226),
		"packed":              alone(packedMerged, virtiotest.LinuxMergeable, 1514),
		"packed, 64 KB":       alone(packedMerged, virtiotest.NetKVMMergeable, 65226),
		"steered":             func() (*receiver, looped) { return steered(t, rssModes[0]) },
		"steered with hashes": func() (*receiver, looped) { return steered(t, rssModes[2]) },
		"coalesced":           func() (*receiver, looped) { return coalesced(t) },
	} {
		r, loop := setUp()
		for range 1000 {
			oneMore(t, r, loop) // until all memory is there that a steady state needs
		}
		if n := testing.AllocsPerRun(1000, func() { oneMore(t, r, loop) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// repeating is a netdev whose link gives the same frames again and again.
type repeating struct {
	endless
	header int
	frames [][]byte
	next   int
}

func (r *repeating) Links() []net.Link { return []net.Link{r} }

func (r *repeating) Receive(vecs []unix.Iovec) (int, error) {
	f := r.frames[r.next%len(r.frames)]
	r.next++
	var header [maxHeaderLen]byte
	iovec.Scatter(vecs, 0, header[:r.header])
	return r.header + iovec.Scatter(vecs, uint64(r.header), f), nil
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
			r, loop := benchReceiver(b, nd, c.strategy, merged.features, nil)
			drain(b, send, func() { oneMore(b, r, loop) })
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
			vecs = append(vecs, iovec.Of(ram.Bytes(ram.Alloc(l, 64), l)))
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
	for _, m := range []mode{modern, packed} {
		for _, c := range []struct {
			name string
			lens []int
		}{{"header and 1514 bytes in one", []int{12 + 1514}}, {"64 KB in 18", append([]int{12 + 54}, virtiotest.NetKVM.Chain(0)...)}} {
			b.Run(c.name+"/"+m.name, func(b *testing.B) { benchTransmit(b, m, c.lens) })
		}
	}
}

func benchTransmit(b *testing.B, m mode, lens []int) {
	f := m.features.Or(hostOffloads).Without(virtio.EventIdx)
	d := device(b, Config{Netdev: &endless{}, TXBurst: 8})
	l, err := d.begin(virtio.NewSession(f, false, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.end(l) })
	t := l.transmitters[0]
	var loop looped
	t.q, loop = bench(b, f, lens, false, nil)
	b.ReportAllocs()
	held := 0 // chains that the driver has not got back
	for b.Loop() {
		chain, err := t.q.Pop()
		if chain == nil || err != nil {
			b.Fatal("no chain", err)
		}
		if done, err := t.one(chain); !done || err != nil {
			b.Fatal(done, err)
		}
		t.complete(chain)
		if held++; t.pushed == 0 {
			loop.again(held)
			held = 0
		}
	}
}
