package kvm

import "encoding/binary"

var (
	getLAPIC = ior[LAPIC]("KVM_GET_LAPIC", 0x8e)
	setLAPIC = iow[LAPIC]("KVM_SET_LAPIC", 0x8f)
)

// LAPIC is the register page of a local APIC, as it lies at 0xfee00000.
type LAPIC struct{ Regs [1024]byte }

// Register returns the 32-bit register at an offset of the page, such as 0x20 for the ID. The offset is one of the Intel
// SDM's table of local APIC registers, all below 1024.
func (l *LAPIC) Register(off int) uint32 { return binary.LittleEndian.Uint32(l.Regs[off:]) }

// SetRegister sets one.
func (l *LAPIC) SetRegister(off int, value uint32) {
	binary.LittleEndian.PutUint32(l.Regs[off:], value)
}

// LAPIC returns the local APIC. It needs VM.CreateIRQChip.
func (v *VCPU) LAPIC() (LAPIC, error) { return getLAPIC.get(v.fd) }

// SetLAPIC sets it.
func (v *VCPU) SetLAPIC(l LAPIC) error { return setLAPIC.set(v.fd, l) }
