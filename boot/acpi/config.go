package acpi

import (
	"fmt"
	"slices"
)

// Ports of the fixed hardware, as in QEMU's pc machine.
const (
	PM1aEvent    = 0x600 // 4 bytes: status, enable
	PM1aControl  = 0x604 // 2 bytes
	PMTimer      = 0x608 // 4 bytes, all 32 bits count, at 3.579545 MHz
	GPE0         = 0xafe0
	GPE0Len      = 4 // status and enable, 2 bytes each
	ResetPort    = 0xcf9
	ResetValue   = 0x06 // full reset, as a PIIX3 has it
	SCI          = 9    // level triggered, active high
	SleepTypeOff = 0    // SLP_TYP of S5 in PM1aControl; bit 13, SLP_EN, makes it so
)

// Addresses that every PC has.
const (
	LocalAPICBase = 0xfee00000
	IOAPICBase    = 0xfec00000
)

// Config is the machine that the tables describe.
type Config struct {
	CPUs     []CPU    // at least one; the first is the one that starts
	IO       []Window // I/O ports that PCI0 passes on; nil for all but 0xcf8 to 0xcff
	Memory   []Window // memory that PCI0 passes on
	Serial   []Serial // 16550s, COM1 first
	Hotplug  *Hotplug // PCI slots can be filled and emptied; nil if not
	Keyboard bool     // there is an 8042 with a keyboard: a kernel looks for it, and resets through it
}

// A CPU is known by the identity of its local APIC.
type CPU struct{ APICID uint32 }

// Hotplug is QEMU's ACPI PCI hot-plug controller (docs/specs/acpi_pci_hotplug).
type Hotplug struct {
	Base  uint16 // its registers: slots filled, slots asked back, and at +8 slots to empty
	GPE   int    // the event after which to look at them
	First int    // the first slot that can be emptied, with all behind it
}

// A Window is Size addresses from Base.
type Window struct{ Base, Size uint64 }

// last is the last address in the window.
func (w Window) last() uint64 { return w.Base + w.Size - 1 }

// A Serial is one 16550 at eight I/O ports, with an ISA interrupt.
type Serial struct {
	Base uint16
	IRQ  uint8
}

// MaxCPUs is how many CPUs fit into the tables' area at boot.ACPIBase.
const MaxCPUs = 1024

var defaultIO = []Window{{0, 0xcf8}, {0xd00, 0x10000 - 0xd00}}

// check refuses what no table can say.
func (c *Config) check() error {
	if len(c.CPUs) == 0 || len(c.CPUs) > MaxCPUs {
		return fmt.Errorf("acpi: %d CPUs: must be 1 to %d", len(c.CPUs), MaxCPUs)
	}
	for _, w := range slices.Concat(c.Memory, c.IO) {
		if w.Size == 0 || w.last() < w.Base {
			return fmt.Errorf("acpi: PCI window at %#x of %#x bytes", w.Base, w.Size)
		}
	}
	for _, w := range c.IO {
		if w.last() > 0xffff {
			return fmt.Errorf("acpi: PCI I/O window at %#x of %#x ports ends above 0xffff", w.Base, w.Size)
		}
	}
	for _, s := range c.Serial {
		if s.IRQ > 15 || s.Base > 0xfff8 {
			return fmt.Errorf("acpi: serial port at %#x with IRQ %d: must be an ISA device", s.Base, s.IRQ)
		}
	}
	return nil
}
