package conformance

import (
	"sync"

	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

const (
	page = 4096
	// legacyBase is where legacy rings begin, above RAM, and legacyStride how far apart they are.
	legacyBase   = 4 << 30
	legacyStride = 2 << 20
)

// memory is the guest's: RAM from address 0, and above it the contiguous pages in which a legacy driver has its rings. There the
// parts of a ring lie where 2.7.2 has them, and nothing is between them: a device that looks elsewhere has a fault.
type memory struct {
	*virtiotest.RAM
	mu    sync.Mutex
	parts []part
	rings uint64
}

// A part is a run of bytes above RAM that stands for one in it.
type part struct{ at, gpa, n uint64 }

func newMemory(ram *virtiotest.RAM) *memory { return &memory{RAM: ram} }

// Slice implements virtio.Memory.
func (m *memory) Slice(gpa, n uint64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.parts {
		if gpa >= p.at && gpa-p.at <= p.n && n <= p.n-(gpa-p.at) {
			return m.RAM.Slice(p.gpa+gpa-p.at, n)
		}
	}
	return m.RAM.Slice(gpa, n)
}

// legacy makes a ring appear in contiguous pages and returns the address of the first.
func (m *memory) legacy(r *virtiotest.Ring) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	base, n := uint64(legacyBase+m.rings*legacyStride), uint64(r.Size)
	m.rings++
	avail := base + 16*n
	used := (avail + 2*(3+n) + page - 1) &^ (page - 1)
	m.parts = append(m.parts, part{base, r.Desc, 16 * n}, part{avail, r.Avail, 6 + 2*n}, part{used, r.Used, 6 + 8*n})
	return base
}
