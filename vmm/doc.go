// Package vmm is the machine: guest RAM, the address map, the wiring of devices, and the life from power on to power off. It is an
// i440FX-class PC: COM1 and COM2, CMOS clock, keyboard-controller reset, ACPI power management and PCI hot-plug, and a PCI root
// with the virtio devices that it is handed.
//
// What runs the PC is an accelerator: KVM, with a thread for each CPU and PIC, IOAPIC, LAPIC and PIT in the kernel; or qtest, with no
// CPU at all, where a client makes the accesses (In, Out, Read, Write), watches the interrupt wires and moves the clock. Both reach
// the very same buses and devices.
//
// It never knows which virtio devices those are, nor where their frames or bytes go, nor how a client speaks.
package vmm
