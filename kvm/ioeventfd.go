package kvm

var assignIOEventFD = iow[ioeventfd]("KVM_IOEVENTFD", 0x79)

const (
	ioeventfdDatamatch = 1 << 0
	ioeventfdPIO       = 1 << 1
	ioeventfdDeassign  = 1 << 2
)

// An IOEventFD has the kernel count a guest's write in an eventfd instead of leaving KVM_RUN for it.
type IOEventFD struct {
	FD   int
	Addr uint64
	PIO  bool // Addr is a port, else a guest-physical address

	// Len is the width of the writes that count: 1, 2, 4 or 8; others exit as ever. 0 takes every width
	// (KVM_CAP_IOEVENTFD_ANY_LENGTH, and KVM_CAP_IOEVENTFD_NO_LENGTH for MMIO), and then allows no match.
	Len uint32

	// With Match only writes of the value Data count.
	Match bool
	Data  uint64
}

type ioeventfd struct {
	datamatch uint64
	addr      uint64
	length    uint32
	fd        int32
	flags     uint32
	_         [36]byte
}

func (e IOEventFD) request(flags uint32) ioeventfd {
	if e.PIO {
		flags |= ioeventfdPIO
	}
	if e.Match {
		flags |= ioeventfdDatamatch
	}
	return ioeventfd{datamatch: e.Data, addr: e.Addr, length: e.Len, fd: int32(e.FD), flags: flags}
}

// AssignIOEventFD registers e. The error is EEXIST where another one takes the same writes.
func (vm *VM) AssignIOEventFD(e IOEventFD) error { return assignIOEventFD.set(vm.fd, e.request(0)) }

// DeassignIOEventFD takes it away again; e must be what was assigned. Writes exit from then on.
func (vm *VM) DeassignIOEventFD(e IOEventFD) error {
	return assignIOEventFD.set(vm.fd, e.request(ioeventfdDeassign))
}
