package kvm

import (
	"fmt"
	"strings"
)

// Suberror says what KVM failed at.
type Suberror uint32

const (
	SuberrorEmulation            Suberror = 1 // an instruction that KVM had to emulate and can not
	SuberrorSimulEx              Suberror = 2 // an exception while one was being delivered
	SuberrorDeliveryEvent        Suberror = 3 // an exit that hardware does not allow during delivery
	SuberrorUnexpectedExitReason Suberror = 4 // an exit of the processor that KVM does not know
)

var suberrorNames = [...]string{
	"unknown", "emulation failure", "simultaneous exceptions", "event delivery failed", "unexpected exit reason",
}

func (s Suberror) String() string {
	if int(s) < len(suberrorNames) {
		return suberrorNames[s]
	}
	return fmt.Sprintf("suberror %d", uint32(s))
}

// ExitInternalError is KVM's own failure: the guest can not go on. It is an error, too.
type ExitInternalError struct {
	Suberror Suberror
	Data     []uint64 // as the kernel gave it, of undocumented meaning

	// Instruction holds the bytes at the guest's RIP that an emulation failure failed at, the instruction and what follows
	// it, up to 15. It is empty where the kernel could not read them or is older than Linux 5.15.
	Instruction []byte
}

// An emulation failure has its own layout: suberror, ndata, flags, size of the instruction, its bytes.
const (
	emulationFlags       = 8
	emulationInsnSize    = 16
	emulationInsn        = 17
	emulationInsnMax     = 15
	emulationFlagInsn    = 1 << 0
	emulationInsnMinData = 3 // words of data that flags, size and bytes take
)

func decodeInternalError(u []byte) *ExitInternalError {
	n := word32(u, 4)
	e := &ExitInternalError{Suberror: Suberror(word32(u, 0)), Data: words64(u, 8, n)}
	if e.Suberror == SuberrorEmulation && n >= emulationInsnMinData && word64(u, emulationFlags)&emulationFlagInsn != 0 {
		size := min(u[emulationInsnSize], emulationInsnMax)
		e.Instruction = append(e.Instruction, u[emulationInsn:emulationInsn+int(size)]...)
	}
	return e
}

// Reason is ReasonInternalError.
func (*ExitInternalError) Reason() Reason { return ReasonInternalError }

// Error is String.
func (e *ExitInternalError) Error() string { return e.String() }

func (e *ExitInternalError) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "KVM internal error: %v", e.Suberror)
	if len(e.Instruction) > 0 {
		fmt.Fprintf(&b, " at the instruction bytes % x", e.Instruction)
	} else if len(e.Data) > 0 {
		fmt.Fprintf(&b, ", data %#x", e.Data)
	}
	return b.String()
}
