package conformance

import (
	"sync/atomic"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
)

// The bits of the ISR status (4.1.4.5).
const (
	isrQueue  = 1
	isrConfig = 2
)

var isrSentences = []sentence{
	must("4.1.4.5.1", modern, "has an ISR status structure", func(e *env) { e.nic().structure(isrStructure) }),
	must("4.1.4.5.1", everywhere, "sets the configuration bit before it sends a configuration change notification, with MSI-X", func(e *env) {
		n := e.nic()
		var seen atomic.Uint32
		n.onSignal = func(int) { seen.Store(uint32(n.isr())) }
		n.startVectors(Status)
		n.settle()
		n.device.SetLink(false)
		n.eventually("the notification", func() bool { return n.messages(0) == 1 })
		n.equal("configuration bit as the message arrives", uint64(seen.Load()&isrConfig), isrConfig)
	}),
	must("4.1.4.5.1", everywhere, "sets the configuration bit before it sends a configuration change notification, without MSI-X", func(e *env) {
		n := e.nic()
		n.startNIC(Status)
		n.device.SetLink(false)
		n.eventually("INTx", n.high)
		n.equal("configuration bit", uint64(n.isr()&isrConfig), isrConfig)
	}),
	must("4.1.4.5.1", everywhere, "without MSI-X sets the queue bit before it sends a used buffer notification", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		n.eventually("INTx", n.high)
		n.equal("ISR", uint64(n.isr()), isrQueue)
	}),
	must("4.1.4.5.1", everywhere, "without MSI-X shows in Interrupt Status of PCI whether any bit of the ISR status is set", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("Interrupt Status", n.config(pciStatus, 2)&statusInterrupt, 0)
		n.works()
		n.eventually("Interrupt Status", func() bool { return n.config(pciStatus, 2)&statusInterrupt != 0 })
		n.isr()
		n.equal("Interrupt Status", n.config(pciStatus, 2)&statusInterrupt, 0)
	}),
	must("4.1.4.5.1", everywhere, "without MSI-X asserts INTx with Interrupt Status, unless the command register disables it", func(e *env) {
		n := e.nic()
		const disable = 1 << 10
		n.setConfig(pciCommand, 2, n.config(pciCommand, 2)|disable)
		n.startNIC()
		n.works()
		n.eventually("Interrupt Status", func() bool { return n.config(pciStatus, 2)&statusInterrupt != 0 })
		n.equal("INTx", uint64(n.interrupts()), 0)
		n.setConfig(pciCommand, 2, n.config(pciCommand, 2)&^disable)
		n.eventually("INTx", n.high)
	}),
	must("4.1.4.5.1", everywhere, "resets the ISR status to 0 when the driver reads it, and deasserts INTx", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.works()
		n.eventually("INTx", n.high)
		n.isr()
		n.equal("ISR", uint64(n.isr()), 0)
		if n.high() {
			e.Error("INTx is high")
		}
	}),
}
