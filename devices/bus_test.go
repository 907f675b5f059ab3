package devices

import (
	"bytes"
	"math"
	"strings"
	"sync"
	"testing"
)

// echo answers with the offset it was asked for and keeps the last write.
type echo struct {
	mu   sync.Mutex
	off  uint64
	data []byte
}

func (e *echo) Read(off uint64, p []byte) {
	clear(p)
	p[0] = byte(off)
}

func (e *echo) Write(off uint64, p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.off, e.data = off, append(e.data[:0], p...)
}

func mustAdd(t testing.TB, b *Bus, base, size uint64, name string) *echo {
	t.Helper()
	e := new(echo)
	if err := b.Add(base, size, name, e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBusLookup(t *testing.T) {
	var b Bus
	mustAdd(t, &b, 0x3f8, 8, "serial")
	mustAdd(t, &b, 0x60, 1, "keyboard data")
	mustAdd(t, &b, math.MaxUint64-0xf, 0x10, "top")
	mustAdd(t, &b, 0x400, 4, "behind serial")

	for _, c := range []struct {
		name string
		addr uint64
		size int
		ok   bool
		off  byte
	}{
		{"the first byte of a region is offset zero", 0x3f8, 1, true, 0},
		{"the last byte of a region answers", 0x3ff, 1, true, 7},
		{"an access that ends at the end of a region answers", 0x3fc, 4, true, 4},
		{"an access that crosses into the neighbour is not answered", 0x3fe, 4, false, 0},
		{"the neighbour begins where the region ends", 0x400, 1, true, 0},
		{"below the first region nobody answers", 0x10, 1, false, 0},
		{"between two regions nobody answers", 0x61, 1, false, 0},
		{"above the last region nobody answers", 0x10000, 8, false, 0},
		{"a region may end at the top of the address space", math.MaxUint64, 1, true, 15},
		{"an access that wraps is not answered", math.MaxUint64, 2, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := make([]byte, c.size)
			if ok := b.Read(c.addr, p); ok != c.ok {
				t.Fatalf("Read reports %v, want %v", ok, c.ok)
			}
			if ok := b.Write(c.addr, make([]byte, c.size)); ok != c.ok {
				t.Errorf("Write reports %v, want %v", ok, c.ok)
			}
			if !c.ok && !bytes.Equal(p, bytes.Repeat([]byte{0xff}, c.size)) {
				t.Errorf("read % x, want all ones", p)
			}
			if c.ok && p[0] != c.off {
				t.Errorf("region saw offset %d, want %d", p[0], c.off)
			}
		})
	}
}

func TestBusWriteCarriesOffsetAndBytes(t *testing.T) {
	var b Bus
	e := mustAdd(t, &b, 0x1000, 0x100, "r")
	b.Write(0x1010, []byte{1, 2, 3, 4})
	if e.off != 0x10 || !bytes.Equal(e.data, []byte{1, 2, 3, 4}) {
		t.Errorf("region saw % x at %#x", e.data, e.off)
	}
}

func TestBusRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, size uint64
		r          Region
		want       []string
	}{
		{"an overlap at the front and names both", 0xf0, 0x20, new(echo), []string{"new", "old", "0x100"}},
		{"an overlap at the back", 0x1ff, 1, new(echo), []string{"new", "old"}},
		{"a region around another", 0, 0x1000, new(echo), []string{"new", "old"}},
		{"a region inside another", 0x180, 8, new(echo), []string{"new", "old"}},
		{"an empty region", 0x300, 0, new(echo), []string{"new", "size is zero"}},
		{"a region that wraps", math.MaxUint64, 2, new(echo), []string{"new", "end of the address space"}},
		{"a nil region", 0x300, 1, nil, []string{"new", "no region"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Bus
			mustAdd(t, &b, 0x100, 0x100, "old")
			err := b.Add(c.base, c.size, "new", c.r)
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if !b.Read(0x100, make([]byte, 1)) {
				t.Error("the old region is gone")
			}
		})
	}
}

func TestBusMayGrowWhileVCPUsLookUp(t *testing.T) {
	var b Bus
	mustAdd(t, &b, 0, 1, "first")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			p := make([]byte, 1)
			for range 10000 {
				if !b.Read(0, p) {
					t.Error("the first region vanished")
					return
				}
			}
		})
	}
	for i := range uint64(100) {
		mustAdd(t, &b, 0x1000-0x10*i, 0x10, "more")
	}
	wg.Wait()
}

func TestBusAllocatesNothing(t *testing.T) {
	var b Bus
	mustAdd(t, &b, 0x100, 0x100, "r")
	p := make([]byte, 4)
	if n := testing.AllocsPerRun(100, func() { b.Read(0x104, p); b.Read(0, p) }); n != 0 {
		t.Errorf("%v allocations per lookup", n)
	}
}

func BenchmarkBusRead(b *testing.B) {
	var bus Bus
	for i := range uint64(32) {
		mustAdd(b, &bus, 0x100*i, 0x10, "r")
	}
	p := make([]byte, 4)
	b.ReportAllocs()
	for b.Loop() {
		bus.Read(0xf04, p)
	}
}
