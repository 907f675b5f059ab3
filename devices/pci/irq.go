package pci

import "github.com/drydock-vmm/drydock/devices"

// A Pin is an INTx line towards the interrupt controller. Set may be called by any goroutine; it must not block.
type Pin = devices.Pin

// MSI delivers message-signalled interrupts of one function: KVM's irqfd with a route each, or a plain store for qtest.
type MSI interface {
	// Program says what vector v sends from now on. It is called from a vCPU, before a Signal that needs it, and only
	// when the message changed. After an error the vector stays silent (its interrupts stay pending): the machine
	// knows why, and reports it.
	Program(v int, addr uint64, data uint32) error
	// Signal sends vector v. Any goroutine may call it; it neither blocks nor allocates.
	Signal(v int)
}
