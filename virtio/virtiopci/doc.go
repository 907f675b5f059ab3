// Package virtiopci carries a virtio device over PCI: chapter 4.1 of virtio 1.4, register for register as QEMU 7.2 has it.
// A Transport is one PCI function with the legacy interface, the modern one, or both (transitional, the default): it
// negotiates features, programs queues and vectors, and runs the device from DRIVER_OK to reset.
//
// It never knows which device it carries, what a buffer holds, or what delivers interrupts and kicks: a virtio.Device is
// handed in, MSI and Notifier are asked of the machine.
//
// # Who may call what, and which lock it takes
//
// Register accesses come from any vCPU at any time. One mutex guards the negotiation, the status and the queue registers;
// an access that ends a session (reset, clearing bus master, DRIVER_OK cleared) holds it until Device.Run has returned, so
// that no vCPU reads a status of 0 before the device has let go of the rings (2.4.1).
//
// Nothing that a running device calls takes that mutex: interrupts and configuration changes are atomics and, while
// MSI-X is off, a lock of the INTx line alone. So Run may interrupt while a reset waits for it. Neither do the accesses
// that a driver makes while it works: notifications, the ISR, and reading the device configuration.
package virtiopci
