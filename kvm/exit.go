package kvm

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// An Exit is what the guest, or the host, wants of the caller of Run. A type switch tells which:
//
//	switch e := exit.(type) {
//	case *kvm.ExitIO:            // a port access
//	case *kvm.ExitMMIO:          // an access to where no memory is
//	case kvm.ExitIntr:           // a kick
//	…
//	}
//
// ExitIO and ExitMMIO belong to the VCPU and are overwritten by its next Run; all others may be kept.
type Exit interface {
	Reason() Reason
	String() string
}

// ExitIO is an access to a port: Count accesses of Size bytes each (more than one from INS and OUTS with REP). For
// !Write the caller fills Data.
type ExitIO struct {
	Write bool
	Port  uint16
	Size  int    // 1, 2 or 4
	Count int    // accesses, all to Port
	Data  []byte // Size*Count bytes of the shared area, in the guest's byte order
}

// ExitMMIO is an access to a guest-physical address without memory, or a write to read-only memory. For !Write the caller
// fills Data.
type ExitMMIO struct {
	Write bool
	Addr  uint64
	Data  []byte // 1 to 8 bytes of the shared area
}

// ExitHLT is a guest that halts. It comes only without an interrupt controller in the kernel.
type ExitHLT struct{}

// ExitIRQWindowOpen answers RequestInterruptWindow.
type ExitIRQWindowOpen struct{}

// ExitShutdown is a triple fault: the processor has stopped.
type ExitShutdown struct{}

// ExitIntr is a signal to the thread or a Kick: nothing happened in the guest. Signals come unasked too (a profiler), so the
// caller looks whether he has a reason to stop, and else calls Run again.
type ExitIntr struct{}

// ExitSystemEvent is a request of the guest's firmware interface to the host, such as a shutdown or a reset.
type ExitSystemEvent struct {
	Type uint32 // KVM_SYSTEM_EVENT_*
	Data []uint64
}

// ExitFailEntry is the processor's refusal to enter the guest: its state is one that hardware does not take.
type ExitFailEntry struct {
	HardwareReason uint64
	CPU            uint32 // of the host
}

// ExitUnknown is every exit that this package does not decode. HardwareReason is set with ReasonUnknown.
type ExitUnknown struct {
	Number         Reason
	HardwareReason uint64
}

// The unions of struct kvm_run.
type (
	runIO struct {
		direction  uint8
		size       uint8
		port       uint16
		count      uint32
		dataOffset uint64 // from the beginning of the shared area
	}
	runMMIO struct {
		addr    uint64
		data    [8]byte
		length  uint32
		isWrite uint8
	}
)

const ioDirectionOut = 1

// decode turns the shared page into an Exit. The kernel alone writes to the page, so it is believed.
func (v *VCPU) decode() Exit {
	u := v.run.exit[:]
	switch reason := v.run.exitReason; reason {
	case ReasonIO:
		return v.decodeIO()
	case ReasonMMIO:
		return v.decodeMMIO()
	case ReasonHLT:
		return ExitHLT{}
	case ReasonIRQWindowOpen:
		return ExitIRQWindowOpen{}
	case ReasonShutdown:
		return ExitShutdown{}
	case ReasonIntr:
		return v.interrupted()
	case ReasonSystemEvent:
		return &ExitSystemEvent{Type: word32(u, 0), Data: words64(u, 8, word32(u, 4))}
	case ReasonInternalError:
		return decodeInternalError(u)
	case ReasonFailEntry:
		return &ExitFailEntry{HardwareReason: word64(u, 0), CPU: word32(u, 8)}
	case ReasonUnknown:
		return &ExitUnknown{Number: reason, HardwareReason: word64(u, 0)}
	default:
		return &ExitUnknown{Number: reason}
	}
}

func (v *VCPU) decodeIO() *ExitIO {
	r := (*runIO)(unsafe.Pointer(&v.run.exit))
	n := uint64(r.size) * uint64(r.count)
	v.io = ExitIO{
		Write: r.direction == ioDirectionOut,
		Port:  r.port,
		Size:  int(r.size),
		Count: int(r.count),
		Data:  v.page[r.dataOffset : r.dataOffset+n : r.dataOffset+n],
	}
	return &v.io
}

func (v *VCPU) decodeMMIO() *ExitMMIO {
	r := (*runMMIO)(unsafe.Pointer(&v.run.exit))
	v.mmio = ExitMMIO{Write: r.isWrite != 0, Addr: r.addr, Data: r.data[:r.length:r.length]}
	return &v.mmio
}

func word32(u []byte, off int) uint32 { return binary.NativeEndian.Uint32(u[off:]) }
func word64(u []byte, off int) uint64 { return binary.NativeEndian.Uint64(u[off:]) }

// words64 copies n words, of at most the 16 that the unions with a count have room for.
func words64(u []byte, off int, n uint32) []uint64 {
	words := make([]uint64, min(n, 16))
	for i := range words {
		words[i] = word64(u, off+8*i)
	}
	return words
}

func (*ExitIO) Reason() Reason           { return ReasonIO }
func (*ExitMMIO) Reason() Reason         { return ReasonMMIO }
func (ExitHLT) Reason() Reason           { return ReasonHLT }
func (ExitIRQWindowOpen) Reason() Reason { return ReasonIRQWindowOpen }
func (ExitShutdown) Reason() Reason      { return ReasonShutdown }
func (ExitIntr) Reason() Reason          { return ReasonIntr }
func (*ExitSystemEvent) Reason() Reason  { return ReasonSystemEvent }
func (*ExitFailEntry) Reason() Reason    { return ReasonFailEntry }
func (e *ExitUnknown) Reason() Reason    { return e.Number }

func (e *ExitIO) String() string {
	return fmt.Sprintf("%s of %d x %d bytes at port %#x", direction(e.Write), e.Count, e.Size, e.Port)
}

func (e *ExitMMIO) String() string {
	return fmt.Sprintf("%s of %d bytes at guest address %#x", direction(e.Write), len(e.Data), e.Addr)
}

func (ExitHLT) String() string           { return "halt" }
func (ExitIRQWindowOpen) String() string { return "interrupt window open" }
func (ExitShutdown) String() string      { return "shutdown (triple fault)" }
func (ExitIntr) String() string          { return "interrupted" }

func (e *ExitSystemEvent) String() string {
	return fmt.Sprintf("system event %d, data %#x", e.Type, e.Data)
}

func (e *ExitFailEntry) String() string {
	return fmt.Sprintf("the processor refused to enter the guest: hardware reason %#x on host CPU %d", e.HardwareReason, e.CPU)
}

func (e *ExitUnknown) String() string {
	if e.Number == ReasonUnknown {
		return fmt.Sprintf("%v (%d), hardware reason %#x", e.Number, uint32(e.Number), e.HardwareReason)
	}
	return fmt.Sprintf("%v (%d)", e.Number, uint32(e.Number))
}

func direction(write bool) string {
	if write {
		return "write"
	}
	return "read"
}
