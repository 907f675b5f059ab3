package pci

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
)

// Message control of the MSI-X capability (6.8.2.3).
const (
	msixEnable       = 1 << 15
	msixFunctionMask = 1 << 14
	msixMaxVectors   = 2048
	msixEntrySize    = 16
)

// MSIX is a function's MSI-X table. Signal may be called by any goroutine while vCPUs mask, unmask and reprogram.
//
// An interrupt is never lost between the two sides: Signal stores the pending bit and then looks whether the vector became
// live; a vCPU makes the vector live and then looks at the pending bit. Both are sequentially consistent, so at least one
// sees the other, and whoever takes the pending bit sends.
type MSIX struct {
	msi     MSI
	enabled atomic.Bool
	master  atomic.Bool     // COMMAND bit 2
	live    []atomic.Bool   // enabled, not masked, programmed: Signal may send
	pending []atomic.Uint64 // PBA, as a guest reads it

	mu      sync.Mutex // guards the rest: vCPUs only, never Signal
	control uint16
	entries []msixEntry

	onEnable []func()
}

// AddMSIX adds the MSI-X capability (last of all capabilities, as in QEMU) with n vectors in BAR bar: table at 0, PBA at
// max(0x800, 16·n), size as QEMU's msix_init_exclusive_bar.
func (f *Function) AddMSIX(n, bar int, m MSI) *MSIX {
	if n < 1 || n > msixMaxVectors {
		panic(fmt.Sprintf("pci: %d MSI-X vectors; 1 to %d are possible", n, msixMaxVectors))
	}
	x := &MSIX{
		msi:     m,
		live:    make([]atomic.Bool, n),
		pending: make([]atomic.Uint64, (n+63)/64),
		entries: make([]msixEntry, n),
	}
	x.reset()
	table, pba, size := uint32(bar), max(0x800, uint32(msixEntrySize*n)), uint64(0x1000)
	if end := uint64(pba) + uint64(8*len(x.pending)); end > size {
		size = 1 << bits.Len64(end-1)
	}
	var body, mask [10]byte
	binary.LittleEndian.PutUint16(body[0:], uint16(n-1))
	binary.LittleEndian.PutUint32(body[2:], table)
	binary.LittleEndian.PutUint32(body[6:], pba|uint32(bar))
	binary.LittleEndian.PutUint16(mask[0:], msixEnable|msixFunctionMask)
	off := f.AddCapability(CapabilityMSIX, body[:], mask[:])
	f.renew(off+2, 2)
	f.AddBAR(bar, Mem32, size, &msixBAR{x: x, pba: uint64(pba)}, nil)
	f.HookConfig(off+2, 2, nil, func(p []byte) { x.written(binary.LittleEndian.Uint16(p)) })
	f.msix = x
	return x
}

// Vectors is the number of vectors in the table.
func (m *MSIX) Vectors() int { return len(m.live) }

// Enabled says whether MSI-X is on in message control. It is one atomic load.
func (m *MSIX) Enabled() bool { return m.enabled.Load() }

// OnEnable is called, from a vCPU, each time after the guest switched MSI-X on: Enabled says so already, and a device takes its
// INTx line down.
func (m *MSIX) OnEnable(fn func()) { m.onEnable = append(m.onEnable, fn) }

// Signal sends vector v, or sets its pending bit while it or the function is masked; delivered at unmask. A vector outside the
// table (virtio's NO_VECTOR) is nobody's, and while MSI-X is off nothing is sent or remembered. It takes no lock.
func (m *MSIX) Signal(v int) {
	if uint(v) >= uint(len(m.live)) {
		return
	}
	if m.live[v].Load() {
		m.send(v)
		return
	}
	if !m.enabled.Load() {
		return
	}
	m.pending[v/64].Or(1 << (v % 64))
	if m.live[v].Load() {
		m.deliver(v)
	}
}

// ClearPending forgets what vector v had to say: a device that gives up its use of the vector does so (virtio reset).
func (m *MSIX) ClearPending(v int) {
	if uint(v) < uint(len(m.live)) {
		m.take(v)
	}
}

// deliver sends vector v if it is pending.
func (m *MSIX) deliver(v int) {
	if m.take(v) {
		m.send(v)
	}
}

// send is a memory write on the bus. Of a function that is no master it goes nowhere, and nobody remembers it.
func (m *MSIX) send(v int) {
	if m.master.Load() {
		m.msi.Signal(v)
	}
}

// take clears the pending bit of v and says whether it was set: of two that try, one gets it.
func (m *MSIX) take(v int) bool {
	bit := uint64(1) << (v % 64)
	return m.pending[v/64].And(^bit)&bit != 0
}

// written follows a guest's write to message control.
func (m *MSIX) written(c uint16) {
	before := m.Enabled()
	m.setControl(c)
	if before || !m.Enabled() {
		return
	}
	for _, fn := range m.onEnable {
		fn()
	}
}

func (m *MSIX) setControl(c uint16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c == m.control {
		return
	}
	m.control = c
	m.enabled.Store(c&msixEnable != 0)
	for v := range m.entries {
		m.update(v)
	}
}

func (m *MSIX) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.control = 0
	m.enabled.Store(false)
	for v := range m.entries {
		e := &m.entries[v]
		e.addr, e.data, e.control = 0, 0, vectorMasked
		m.update(v)
		m.take(v)
	}
}
