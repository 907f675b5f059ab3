package pci

import (
	"encoding/binary"
	"iter"
)

const vectorMasked = 1 // bit 0 of vector control (6.8.2.9)

// An msixEntry is a row of the table (6.8.2.6 to 6.8.2.9), and what the machine was told last of it.
type msixEntry struct {
	addr    uint64
	data    uint32
	control uint32

	known    bool // sent was given to MSI.Program
	sentAddr uint64
	sentData uint32
}

// update makes vector v live or not, and sends what waits. mu is held.
func (m *MSIX) update(v int) {
	e := &m.entries[v]
	live := m.control&(msixEnable|msixFunctionMask) == msixEnable && e.control&vectorMasked == 0 && m.program(v, e)
	m.live[v].Store(live)
	if live {
		m.deliver(v)
	}
}

// program tells the machine what vector v sends, if it does not know. Drivers write a row while it is masked, in three or
// four pieces; telling only what is about to be used makes one route of them.
func (m *MSIX) program(v int, e *msixEntry) bool {
	if e.known && e.sentAddr == e.addr && e.sentData == e.data {
		return true
	}
	e.known = m.msi.Program(v, e.addr, e.data) == nil
	e.sentAddr, e.sentData = e.addr, e.data
	return e.known
}

// msixBAR is the BAR in which table and pending bits lie. As in QEMU only aligned accesses of 4 and 8 bytes are answered, to which
// longer and unaligned ones are cut; others, and the space between, read as zero.
type msixBAR struct {
	x   *MSIX
	pba uint64
}

func (b *msixBAR) Read(off uint64, p []byte) {
	clear(p)
	for off, p := range dwords(off, p) {
		binary.LittleEndian.PutUint32(p, b.load(off))
	}
}

func (b *msixBAR) Write(off uint64, p []byte) {
	b.x.mu.Lock()
	defer b.x.mu.Unlock()
	for off, p := range dwords(off, p) {
		if v := off / msixEntrySize; v < uint64(len(b.x.entries)) {
			b.x.entries[v].store(off%msixEntrySize, binary.LittleEndian.Uint32(p))
			b.x.update(int(v))
		}
	}
}

// dwords are the aligned four bytes of an access. QEMU's memory core cuts an access that is not aligned to 4 into smaller ones,
// which the table does not take, up to where it is.
func dwords(off uint64, p []byte) iter.Seq2[uint64, []byte] {
	skip := min(-off%4, uint64(len(p)))
	off, p = off+skip, p[skip:]
	return func(yield func(uint64, []byte) bool) {
		for ; len(p) >= 4; off, p = off+4, p[4:] {
			if !yield(off, p[:4]) {
				return
			}
		}
	}
}

// load reads four bytes of the table or of the pending bits.
func (b *msixBAR) load(off uint64) uint32 {
	if v := off / msixEntrySize; v < uint64(len(b.x.entries)) {
		b.x.mu.Lock()
		defer b.x.mu.Unlock()
		return b.x.entries[v].load(off % msixEntrySize)
	}
	if off < b.pba {
		return 0
	}
	if word := (off - b.pba) / 8; word < uint64(len(b.x.pending)) {
		return uint32(b.x.pending[word].Load() >> (8 * (off % 8)))
	}
	return 0
}

func (e *msixEntry) load(off uint64) uint32 {
	switch off {
	case 0:
		return uint32(e.addr)
	case 4:
		return uint32(e.addr >> 32)
	case 8:
		return e.data
	default:
		return e.control
	}
}

func (e *msixEntry) store(off uint64, v uint32) {
	switch off {
	case 0:
		e.addr = e.addr&^0xffffffff | uint64(v)
	case 4:
		e.addr = e.addr&0xffffffff | uint64(v)<<32
	case 8:
		e.data = v
	default:
		e.control = v
	}
}
