package virtiotest

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// RAM is guest memory from guest-physical address 0 up. It implements virtio.Memory. It is mapped, not Go's: the race
// detector does not see the accesses of the two sides, as it must not, since rings are shared without locks.
type RAM struct {
	t    testing.TB
	b    []byte
	next uint64
}

// NewRAM maps size bytes (taken from the host as they are touched) and unmaps them when the test is over. Address 0 is never
// allocated, since some drivers take it for "none".
func NewRAM(t testing.TB, size int) *RAM {
	t.Helper()
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatalf("mmap of %d bytes of RAM: %v", size, err)
	}
	m := &RAM{t: t, b: b, next: 4096}
	t.Cleanup(m.Close)
	return m
}

// Close unmaps the memory; no device may run on it. It may be called twice.
func (m *RAM) Close() {
	if m.b != nil {
		_ = unix.Munmap(m.b)
		m.b = nil
	}
}

// Size is the first address that is not RAM.
func (m *RAM) Size() uint64 { return uint64(len(m.b)) }

// Slice returns the n bytes at gpa, as virtio.Memory asks.
func (m *RAM) Slice(gpa, n uint64) ([]byte, error) {
	if gpa > m.Size() || n > m.Size()-gpa {
		return nil, fmt.Errorf("%#x..%#x is not RAM, which ends at %#x", gpa, gpa+n, m.Size())
	}
	return m.b[gpa : gpa+n : gpa+n], nil
}

// Bytes is Slice for addresses that the test knows to be RAM.
func (m *RAM) Bytes(gpa uint64, n int) []byte {
	m.t.Helper()
	b, err := m.Slice(gpa, uint64(n))
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

// Alloc returns the address of n zero bytes, a multiple of align (a power of two). Nothing is given back.
func (m *RAM) Alloc(n, align int) uint64 {
	m.t.Helper()
	gpa := (m.next + uint64(align) - 1) &^ (uint64(align) - 1)
	m.Bytes(gpa, n)
	m.next = gpa + uint64(n)
	return gpa
}

// Put allocates a copy of b.
func (m *RAM) Put(b []byte) uint64 {
	m.t.Helper()
	gpa := m.Alloc(len(b), 1)
	copy(m.Bytes(gpa, len(b)), b)
	return gpa
}
