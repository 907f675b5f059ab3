package pci

import (
	"encoding/binary"
	"sync"
)

// A Function is one PCI function. It is built (NewFunction, Add..., On...) by one goroutine before it is attached to a
// Root; after that any goroutine may use it.
//
// Locks are taken in this order: access, decode, intx.mu, mu. A callback may use everything of a Function but its
// configuration accesses: no lock that SetLevel, SetCommand or Signal need is held while one runs.
type Function struct {
	access sync.Mutex // held over a guest's configuration access with its hooks: two vCPUs take turns
	decode sync.Mutex // held over a change of decoding with its mapped callbacks: they tell the order of events

	mu     sync.Mutex // guards all that follows, and is never held over a callback
	config space
	mask   space // bits that a guest may change
	reset  space // state after power on
	free   int   // where the next capability goes
	bars   []*bar
	root   *Root // nil until attached
	hot    bool  // attached while guests ran; no longer changed then

	renewed   []span // behind the header: what a bus reset brings back
	hooks     []hook
	onCommand []func(old, new uint16)
	onReset   []func()
	msix      *MSIX
	intx      intx
}

// NewFunction makes a function without base address registers or capabilities.
func NewFunction(id Identity) *Function {
	f := &Function{free: headerSize}
	id.put(&f.config)
	binary.LittleEndian.PutUint16(f.mask[regCommand:], commandMask)
	f.mask[regCacheLineSize] = 0xff
	f.mask[regInterruptLine] = 0xff
	// What belongs to no capability is plain storage in QEMU; drivers see the difference when they scribble there.
	for i := headerSize; i < len(f.mask); i++ {
		f.mask[i] = 0xff
	}
	f.reset = f.config
	return f
}

// initial sets bytes that are there at power on, and what a guest may change of them.
func (f *Function) initial(off int, b, mask []byte) {
	copy(f.config[off:], b)
	copy(f.reset[off:], b)
	clear(f.mask[off : off+len(b)])
	copy(f.mask[off:off+len(b)], mask)
}

// SetMultifunction says in the header that the slot may have more functions, whether it has or not: guests look for them then. mu
// is held, or nobody knows of f yet.
func (f *Function) SetMultifunction() { f.initial(regHeaderType, []byte{multifunction}, nil) }

// A span is some bytes of configuration space.
type span struct{ off, end int }

// renew makes n bytes behind the header return to their state at power on with a bus reset.
func (f *Function) renew(off, n int) { f.renewed = append(f.renewed, span{off, off + n}) }

// OnReset is called when the machine resets the bus, before the registers return to their state at power on.
func (f *Function) OnReset(fn func()) { f.onReset = append(f.onReset, fn) }

// Reset is a bus reset: nothing decoded, INTx low, MSI-X off and masked, the header as at power on. Behind the header only what is
// a register of the function itself returns; other bytes keep what a guest wrote, as in QEMU (pci_do_device_reset). OnCommand is
// not called: OnReset is.
func (f *Function) Reset() {
	f.access.Lock()
	defer f.access.Unlock()
	for _, fn := range f.onReset {
		fn()
	}
	f.SetLevel(false)
	if f.msix != nil {
		f.msix.reset()
	}
	f.mu.Lock()
	copy(f.config[:headerSize], f.reset[:])
	for _, s := range f.renewed {
		copy(f.config[s.off:s.end], f.reset[s.off:])
	}
	f.mu.Unlock()
	f.followCommand()
	f.redecode()
}
