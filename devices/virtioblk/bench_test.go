package virtioblk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// A loop is a driver that makes the same requests of 4 KiB available over and over. It allocates nothing.
type loop struct {
	q     *virtiotest.Ring
	depth int
	idx   uint16
}

// newLoop lays out depth requests of a type, three descriptors each.
func newLoop(t testing.TB, kind uint32, depth int, disk block.Backend) *loop {
	r := start(t, Config{Disk: disk}, modern.Without(virtio.EventIdx))
	l := &loop{q: r.Queue(0), depth: depth}
	data := uint16(virtiotest.Next)
	if kind == typeIn {
		data |= virtiotest.Write
	}
	for i := range depth {
		d := uint16(3 * i)
		l.q.SetDescriptor(int(d), r.RAM.Put(header(kind, uint64(8*i%(imageSize/512)))), headerLen, virtiotest.Next, d+1)
		l.q.SetDescriptor(int(d+1), r.RAM.Alloc(4096, 4096), 4096, data, d+2)
		l.q.SetDescriptor(int(d+2), r.RAM.Alloc(1, 1), 1, virtiotest.Write, 0)
	}
	return l
}

// round makes all of them available and waits until all are used.
func (l *loop) round() {
	for i := range l.depth {
		l.q.SetAvailEntry(int(l.idx), uint16(3*i))
		l.idx++
	}
	l.q.SetAvailIdx(l.idx)
	l.q.OnKick()
	for l.q.UsedIdx() != l.idx {
		<-l.q.Interrupted()
	}
}

// uncached is a disk that never knows at once, so that each request goes to a worker.
type uncached struct{ block.Backend }

func image(t testing.TB) *block.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, pattern(imageSize, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

func TestARequestAllocatesNothing(t *testing.T) {
	for _, tc := range []struct {
		name string
		kind uint32
		disk block.Backend
	}{
		{"a read that the host has in memory", typeIn, image(t)},
		{"a read by a worker", typeIn, uncached{image(t)}},
		{"a write", typeOut, image(t)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const depth = 64
			l := newLoop(t, tc.kind, depth, tc.disk)
			for range 50 { // until there are workers, and requests to decode into
				l.round()
			}
			// Go's own for threads and channels that are waited for are counted, too: some in a round, and never one a request.
			if n := testing.AllocsPerRun(100, l.round); n >= depth/2 {
				t.Errorf("%v allocations for %d requests", n, depth)
			}
		})
	}
}

// benchmark is what a request of 4 KiB costs when so many are in the ring.
func benchmark(b *testing.B, kind uint32, depth int, disk block.Backend) {
	l := newLoop(b, kind, depth, disk)
	b.SetBytes(4096)
	b.ReportAllocs()
	for done := 0; b.Loop(); done++ {
		if done%depth == 0 {
			l.round()
		}
	}
}

func BenchmarkRead(b *testing.B)         { benchmark(b, typeIn, 1, image(b)) }
func BenchmarkRead64(b *testing.B)       { benchmark(b, typeIn, 64, image(b)) }
func BenchmarkReadWorker(b *testing.B)   { benchmark(b, typeIn, 1, uncached{image(b)}) }
func BenchmarkReadWorker64(b *testing.B) { benchmark(b, typeIn, 64, uncached{image(b)}) }
func BenchmarkWrite(b *testing.B)        { benchmark(b, typeOut, 1, image(b)) }
func BenchmarkWrite64(b *testing.B)      { benchmark(b, typeOut, 64, image(b)) }
