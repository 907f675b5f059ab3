// Package pcihotplug is the ACPI PCI hot-plug controller of QEMU's pc machine (docs/specs/acpi_pci_hotplug, acpi_pcihp.c): the
// registers by which AML learns which slots of bus 0 were filled or are asked back, and says that a slot may be emptied. It never
// knows what is in a slot, nor who interrupts the guest.
package pcihotplug

import (
	"encoding/binary"
	"math/bits"
	"sync"

	"github.com/drydock-vmm/drydock/devices"
)

// Where QEMU has the registers, and the general purpose event that says "look at them".
const (
	Base  = 0xae00
	Ports = 0x18
	GPE   = 1
)

// The registers, of four bytes each, which no other access reaches.
const (
	regUp        = 0x00 // slots that were filled; reading clears
	regDown      = 0x04 // slots that the guest is asked to give back
	regEject     = 0x08 // written: empty the lowest of these slots
	regRemovable = 0x0c // slots that can be emptied
	regSelect    = 0x10 // of which bus the others speak
	regIndex     = 0x14 // acpi-index of a slot; no device here has one
)

// buses is how many the select register can name. There is one.
const buses = 256

// A Controller has the registers. Any goroutine may use it.
type Controller struct {
	eject func(slot int)

	mu       sync.Mutex
	up, down uint32
	fixed    uint32
	bus      uint32
}

// New makes the controller of a bus with nothing on it. eject is called, from a vCPU, when the guest gives up a slot that is not
// among the fixed ones, asked or not.
func New(eject func(slot int), fixed ...int) *Controller {
	c := &Controller{eject: eject}
	for _, slot := range fixed {
		c.fixed |= 1 << slot
	}
	return c
}

// Filled says that a slot was filled while the guest ran.
func (c *Controller) Filled(slot int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up |= 1 << slot
}

// Ask asks the guest to give a slot back. It reports false if that slot is asked for already.
func (c *Controller) Ask(slot int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.down&(1<<slot) != 0
	c.down |= 1 << slot
	return !again
}

// Asked says which slots the guest has not given back yet, as a mask.
func (c *Controller) Asked() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// Read implements devices.Region.
func (c *Controller) Read(off uint64, p []byte) {
	clear(p)
	if len(p) != 4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	binary.LittleEndian.PutUint32(p, c.read(off))
}

func (c *Controller) read(off uint64) (v uint32) {
	switch {
	case c.bus >= buses:
	case off == regSelect:
		v = c.bus
	case off == regRemovable && c.bus != 0:
		v = ^uint32(0)
	case off == regRemovable:
		v = ^c.fixed
	case c.bus != 0:
	case off == regUp:
		v, c.up = c.up, 0
	case off == regDown:
		v = c.down
	}
	return v
}

// Write implements devices.Region.
func (c *Controller) Write(off uint64, p []byte) {
	if len(p) != 4 {
		return
	}
	v := binary.LittleEndian.Uint32(p)
	switch off {
	case regSelect:
		c.mu.Lock()
		c.bus = v
		c.mu.Unlock()
	case regEject:
		if slot, ok := c.given(v); ok {
			c.eject(slot)
		}
	}
}

// given forgets what was asked for the lowest slot of a mask, and says whether the slot can be emptied.
func (c *Controller) given(mask uint32) (slot int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot = bits.TrailingZeros32(mask)
	if mask == 0 || c.bus != 0 {
		return 0, false
	}
	c.up &^= 1 << slot
	c.down &^= 1 << slot
	return slot, c.fixed&(1<<slot) == 0
}

var _ devices.Region = (*Controller)(nil)
