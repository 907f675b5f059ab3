// Package pci is PCI as a guest sees it on an i440FX machine: configuration space as bytes and a write mask, base address
// registers decoded at the access, the host bridge at 0xcf8/0xcfc, and MSI-X. It never knows virtio or KVM; it asks the
// machine for interrupts through Pin and MSI.
package pci

import "github.com/drydock-vmm/drydock/devices"

// A Pin is an INTx line towards the interrupt controller. Set may be called by any goroutine; it must not block.
type Pin interface{ Set(level bool) }

// MSI delivers message-signalled interrupts of one function: KVM's irqfd with a route each, or a plain store for qtest.
type MSI interface {
	// Program says what vector v sends from now on. It is called from a vCPU, before a Signal that needs it.
	Program(v int, addr uint64, data uint32) error
	// Signal sends vector v. Any goroutine may call it; it neither blocks nor allocates.
	Signal(v int)
}

// Identity is the fixed part of a configuration header.
type Identity struct {
	Vendor, Device, SubVendor, SubDevice uint16
	Class                                uint32 // 24 bits: base class, sub-class, programming interface
	Revision                             uint8
	Pin                                  uint8 // interrupt pin: 1 is INTA, 0 none
}

// BARKind is what a base address register decodes.
type BARKind int

const (
	IO            BARKind = iota
	Mem32                 // 32-bit, not prefetchable
	Mem64Prefetch         // 64-bit prefetchable; takes the next register too
)

// A Function is one PCI function.
type Function struct{ unexported struct{} }

func NewFunction(id Identity) *Function { panic("contract") }

// AddBAR makes register n decode size bytes (a power of two) for r. mapped, if not nil, is told each time what the BAR answers
// changes: the address, or ok=false while it decodes nothing (COMMAND bit off, or no address). It is called from a vCPU.
func (f *Function) AddBAR(n int, kind BARKind, size uint64, r devices.Region, mapped func(addr uint64, ok bool)) {
	panic("contract")
}

// AddCapability links a capability in front of the list (QEMU links them downwards) and returns its offset. body begins
// after the id and next bytes; mask says which of its bits a guest may write (nil: none).
func (f *Function) AddCapability(id byte, body, mask []byte) (off int) { panic("contract") }

// HookConfig calls read before the guest reads, and write after it writes, any byte of [off, off+n) of configuration space.
// p are the live bytes of that range. It serves the virtio PCI_CFG window (4.1.4.9).
func (f *Function) HookConfig(off, n int, read, write func(p []byte)) { panic("contract") }

// OnCommand is called after each change of the COMMAND register, with its old and new value.
func (f *Function) OnCommand(fn func(old, new uint16)) { panic("contract") }

// Command returns COMMAND; SetCommand changes it as a device may (virtio legacy sets bus master by itself).
func (f *Function) Command() uint16     { panic("contract") }
func (f *Function) SetCommand(v uint16) { panic("contract") }

// SetPin connects INTx; SetLevel drives it: PCI STATUS bit 3 follows the level even while COMMAND bit 10 disables the pin.
func (f *Function) SetPin(p Pin)        { panic("contract") }
func (f *Function) SetLevel(level bool) { panic("contract") }

// OnReset is called when the machine resets the bus.
func (f *Function) OnReset(fn func()) { panic("contract") }

// AddMSIX adds the MSI-X capability (last of all capabilities, as in QEMU) with n vectors in BAR bar: table at 0, PBA at
// max(0x800, 16·n), size as QEMU's msix_init_exclusive_bar.
func (f *Function) AddMSIX(n, bar int, m MSI) *MSIX { panic("contract") }

// MSIX is a function's MSI-X table.
type MSIX struct{ unexported struct{} }

func (m *MSIX) Vectors() int { panic("contract") }

// Enabled says whether MSI-X is on in message control. It is one atomic load.
func (m *MSIX) Enabled() bool { panic("contract") }

// Signal sends vector v, or sets its pending bit while it or the function is masked; delivered at unmask.
func (m *MSIX) Signal(v int) { panic("contract") }

// Root is the PCI root of an i440FX machine: host bridge at 00.0, configuration mechanism 1, and the windows in which BARs
// are decoded.
type Root struct{ unexported struct{} }

func NewRoot() *Root { panic("contract") }

// Attach puts f at a slot (0..31; -1 takes the first free one from 2 up; QEMU puts the first NIC of -nodefaults at 2... pc: 3).
func (r *Root) Attach(slot int, f *Function) (int, error) { panic("contract") }

// Config is the region of ports 0xcf8..0xcff; PIO and MMIO are the windows of BARs, whose offset is the absolute address:
// register them at base 0 of a bus range with an offset adapter, or ask them directly.
func (r *Root) Config() devices.Region { panic("contract") }

// Lookup finds who answers a memory or port address through an enabled BAR.
func (r *Root) Lookup(io bool, addr uint64) (reg devices.Region, off uint64, ok bool) {
	panic("contract")
}

// Reset is a bus reset: every function back to its state at power on.
func (r *Root) Reset() { panic("contract") }
