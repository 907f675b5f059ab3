// Package acpi builds the ACPI tables of a machine from plain data: which CPUs, which PCI windows, which ports. It is a
// PC with fixed hardware, whose register addresses are QEMU's, so that a kernel that knows QEMU's machine finds ours the
// same; the AML is our own. It never knows the devices themselves, KVM or vmm types.
//
// Section numbers are those of the ACPI specification 6.5.
package acpi
