// Package vmm is the machine: guest RAM, the address map, the wiring of devices to KVM, the vCPU loops, and the life from
// power on to power off. It is an i440FX-class PC: PIC, IOAPIC, LAPIC and PIT in the kernel, COM1 and COM2, CMOS clock,
// keyboard-controller reset, ACPI power management, and a PCI root with the virtio devices that it is handed.
//
// It never knows which virtio devices those are, nor where their frames or bytes go.
package vmm
