package kvm

var assignIRQFD = iow[irqfd]("KVM_IRQFD", 0x76)

const (
	irqfdDeassign = 1 << 0
	irqfdResample = 1 << 1
)

type irqfd struct {
	fd         uint32
	gsi        uint32
	flags      uint32
	resampleFD uint32
	_          [16]byte
}

// AssignIRQFD makes each write to the eventfd a rising edge of the GSI. The kernel keeps the eventfd until it is
// deassigned or its last descriptor is closed.
func (vm *VM) AssignIRQFD(fd int, gsi uint32) error {
	return assignIRQFD.set(vm.fd, irqfd{fd: uint32(fd), gsi: gsi})
}

// AssignResampleIRQFD is AssignIRQFD for a level-triggered line: a write raises it, the guest's end of interrupt lowers it
// and writes to the eventfd resample, on which the device raises it again if it still has a reason
// (KVM_CAP_IRQFD_RESAMPLE).
func (vm *VM) AssignResampleIRQFD(fd, resample int, gsi uint32) error {
	return assignIRQFD.set(vm.fd, irqfd{fd: uint32(fd), gsi: gsi, flags: irqfdResample, resampleFD: uint32(resample)})
}

// DeassignIRQFD undoes either. After it returns, no write to the eventfd reaches the guest.
func (vm *VM) DeassignIRQFD(fd int, gsi uint32) error {
	return assignIRQFD.set(vm.fd, irqfd{fd: uint32(fd), gsi: gsi, flags: irqfdDeassign})
}
