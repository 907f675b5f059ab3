package acpi

// Slots is how many devices a PCI bus has, Pins how many interrupt pins each.
const (
	Slots = 32
	Pins  = 4
)

// PinGSI is the global system interrupt that a PCI device's pin (0 is INTA) is wired to: 10 or 11, level triggered,
// active high. The same numbers are the ISA interrupts of a kernel that uses no I/O APIC. The tables say what this
// function says, so whoever raises interrupts must ask it.
func PinGSI(slot, pin int) int { return 10 + (slot+pin)&1 }
