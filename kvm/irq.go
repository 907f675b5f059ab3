package kvm

var (
	irqLine   = iow[irqLevel]("KVM_IRQ_LINE", 0x61)
	signalMSI = iow[msiRequest]("KVM_SIGNAL_MSI", 0xa5)
)

type irqLevel struct {
	irq   uint32
	level uint32
}

// MSI is a message-signalled interrupt as a device has it in its table: what it writes, and where to.
type MSI struct {
	Address uint64
	Data    uint32
}

type msiRequest struct {
	addressLo uint32
	addressHi uint32
	data      uint32
	_         [20]byte // flags and device ID, which x86 has none of
}

// IRQLine sets the level of a GSI of the in-kernel interrupt controllers. Devices that share a line must agree on its
// level before the call: the last caller wins.
func (vm *VM) IRQLine(gsi uint32, high bool) error {
	l := irqLevel{irq: gsi}
	if high {
		l.level = 1
	}
	return irqLine.set(vm.fd, l)
}

// SignalMSI delivers one MSI. It reports whether a local APIC took it; a guest that has switched its APIC off does not.
func (vm *VM) SignalMSI(m MSI) (delivered bool, err error) {
	r := msiRequest{addressLo: uint32(m.Address), addressHi: uint32(m.Address >> 32), data: m.Data}
	n, err := signalMSI.do(vm.fd, &r)
	return n > 0, err
}
