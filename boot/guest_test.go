package boot

import (
	"bytes"
	"fmt"
	"testing"
)

// guest is sparse guest memory that counts what is written and refuses what is not RAM.
type guest struct {
	m       MemoryMap
	pages   map[int64]*[pageSize]byte
	written int64
}

func newGuest(m MemoryMap) *guest { return &guest{m: m, pages: map[int64]*[pageSize]byte{}} }

func (g *guest) WriteAt(p []byte, at int64) (int, error) {
	if !g.m.isRAM(uint64(at), uint64(len(p))) {
		return 0, fmt.Errorf("%#x bytes at %#x are not RAM", len(p), at)
	}
	g.written += int64(len(p))
	for n := 0; n < len(p); {
		page, off := at/pageSize, at%pageSize
		if g.pages[page] == nil {
			g.pages[page] = new([pageSize]byte)
		}
		c := copy(g.pages[page][off:], p[n:])
		n, at = n+c, at+int64(c)
	}
	return len(p), nil
}

// at reads n bytes back.
func (g *guest) at(addr uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		a := int64(addr) + int64(i)
		if p := g.pages[a/pageSize]; p != nil {
			b[i] = p[a%pageSize]
		}
	}
	return b
}

func (g *guest) u32(addr uint64) uint32 { return le.Uint32(g.at(addr, 4)) }
func (g *guest) u64(addr uint64) uint64 { return le.Uint64(g.at(addr, 8)) }

// flatGuest is memory in one piece that has Slice.
type flatGuest struct{ b []byte }

func (f flatGuest) WriteAt(p []byte, at int64) (int, error) { return copy(f.b[at:], p), nil }
func (f flatGuest) Slice(gpa, n uint64) ([]byte, error)     { return f.b[gpa : gpa+n], nil }

const testRAM = 64 << 20

func mapOf(t testing.TB, ram uint64) MemoryMap {
	t.Helper()
	m, err := NewMemoryMap(ram)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t testing.TB, file []byte) Kernel {
	t.Helper()
	k, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}
