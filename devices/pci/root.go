package pci

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/devices"
)

const (
	slots     = 32
	functions = 8 // of a slot
)

// Root is the PCI root of an i440FX machine: host bridge at 00.0, configuration mechanism 1, and the windows in which BARs
// are decoded. Any goroutine may use it.
type Root struct {
	mu  sync.Mutex // guards bus; never held over an access
	bus [slots][functions]*Function

	config  configPorts
	onRoute func(pirqrc [PIRQs]byte)

	remaps  sync.Mutex // one rebuild of windows at a time
	windows [2]atomic.Pointer[windowMap]
}

// NewRoot makes a root with nothing but the host bridge on it.
func NewRoot() *Root {
	r := &Root{}
	r.config.root = r
	r.remap()
	r.put(0, 0, hostBridge())
	return r
}

// Attach puts f at a slot (0..31; -1 takes the first free one from 2 up, where QEMU's pc machine puts the first card of
// -nodefaults) and returns the slot.
func (r *Root) Attach(slot int, f *Function) (int, error) {
	if slot < 0 {
		if slot = r.freeSlot(); slot < 0 {
			return 0, fmt.Errorf("pci: all %d slots are taken", slots)
		}
	}
	return slot, r.AttachAt(slot, 0, f)
}

// AttachAt puts f at a slot (0..31) and function number (0..7). Function 0 of a slot that has others says so in its header;
// guests do not look for others where it does not exist.
func (r *Root) AttachAt(slot, function int, f *Function) error {
	if slot < 0 || slot >= slots || function < 0 || function >= functions {
		return fmt.Errorf("pci: no address %02x.%x: slots are 0 to 1f, functions 0 to 7", slot, function)
	}
	if !r.put(slot, function, f) {
		return fmt.Errorf("pci: %02x.%x is taken; leave the address out to get a free slot", slot, function)
	}
	return nil
}

func (r *Root) freeSlot() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for slot := 2; slot < slots; slot++ {
		if r.bus[slot] == [functions]*Function{} {
			return slot
		}
	}
	return -1
}

func (r *Root) put(slot, function int, f *Function) bool {
	r.mu.Lock()
	if r.bus[slot][function] != nil {
		r.mu.Unlock()
		return false
	}
	r.bus[slot][function] = f
	r.markMultifunction(slot)
	r.mu.Unlock()

	f.mu.Lock()
	f.root = r
	f.mu.Unlock()
	r.remap()
	return true
}

// Detach empties a slot: what was in it decodes nothing more. An access that is under way may still reach it.
func (r *Root) Detach(slot int) {
	for function := range functions {
		r.DetachAt(slot, function)
	}
}

// DetachAt is Detach for one function.
func (r *Root) DetachAt(slot, function int) {
	r.mu.Lock()
	f := r.bus[slot][function]
	r.bus[slot][function] = nil
	r.mu.Unlock()
	if f == nil {
		return
	}
	f.mu.Lock()
	f.root = nil
	f.mu.Unlock()
	r.remap()
}

// markMultifunction sets the header bit of function 0 when the slot has others. mu is held.
func (r *Root) markMultifunction(slot int) {
	first := r.bus[slot][0]
	if first == nil {
		return
	}
	for _, other := range r.bus[slot][1:] {
		if other != nil {
			first.mu.Lock()
			first.SetMultifunction()
			first.mu.Unlock()
			return
		}
	}
}

// Function returns what is at an address, or nil.
func (r *Root) Function(slot, function int) *Function {
	if slot < 0 || slot >= slots || function < 0 || function >= functions {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bus[slot][function]
}

// each calls fn for every function in the order of their addresses, until it returns an error.
func (r *Root) each(fn func(slot, function int, f *Function) error) error {
	r.mu.Lock()
	bus := r.bus
	r.mu.Unlock()
	for slot := range bus {
		for function, f := range bus[slot] {
			if f == nil {
				continue
			}
			if err := fn(slot, function, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// Reset is a bus reset: every function back to its state at power on.
func (r *Root) Reset() {
	r.config.reset()
	_ = r.each(func(_, _ int, f *Function) error { f.Reset(); return nil })
}

// Config is the region of ports 0xcf8..0xcff.
func (r *Root) Config() devices.Region { return &r.config }
