package vmm

import "github.com/drydock-vmm/drydock/boot"

// Ports and interrupts of the platform, as on QEMU's "pc"; memory is laid out as package boot says, and ACPI's ports are
// package acpi's.
const (
	pioBase = 0xc000 // where PCI I/O BARs are put, in QEMU's firmware too
	pioEnd  = 0x10000

	hostPages = boot.HostPagesBase // identity map page, then three pages for the TSS

	portCOM1      = 0x3f8
	portCOM2      = 0x2f8
	portPCIConfig = 0xcf8
	gsiKeyboard   = 1
	gsiCOM1       = 4
	gsiCOM2       = 3

	ioapicPins    = 24
	firstMSIRoute = ioapicPins // GSIs below are the I/O APIC's pins
	maxCPUs       = 255
)
