package kvm

import gokvm "github.com/bobuhiro11/gokvm/kvm"

var (
	getRegs      = ior[Regs]("KVM_GET_REGS", 0x81)
	setRegs      = iow[Regs]("KVM_SET_REGS", 0x82)
	getSregs     = ior[Sregs]("KVM_GET_SREGS", 0x83)
	setSregs     = iow[Sregs]("KVM_SET_SREGS", 0x84)
	getDebugRegs = ior[DebugRegs]("KVM_GET_DEBUGREGS", 0xa1)
	setDebugRegs = iow[DebugRegs]("KVM_SET_DEBUGREGS", 0xa2)
)

// The registers are gokvm's, whose layouts are right; abi.go holds them to the kernel's sizes.
type (
	Regs       = gokvm.Regs       // general purpose, RIP and RFLAGS
	Sregs      = gokvm.Sregs      // segments, tables and control registers
	Segment    = gokvm.Segment    // one segment register with its hidden part; Typ is the descriptor's type
	Descriptor = gokvm.Descriptor // base and limit of the GDT or IDT
	DebugRegs  = gokvm.DebugRegs  // DR0 to DR3, DR6, DR7
)

// Regs returns the general purpose registers.
func (v *VCPU) Regs() (Regs, error) { return getRegs.get(v.fd) }

// SetRegs sets them. RFLAGS must have bit 1 set.
func (v *VCPU) SetRegs(r Regs) error { return setRegs.set(v.fd, r) }

// Sregs returns segments, tables and control registers.
func (v *VCPU) Sregs() (Sregs, error) { return getSregs.get(v.fd) }

// SetSregs sets them. The kernel checks some of what hardware would fault on; the rest shows as ExitFailEntry.
func (v *VCPU) SetSregs(s Sregs) error { return setSregs.set(v.fd, s) }

// DebugRegs returns the debug registers.
func (v *VCPU) DebugRegs() (DebugRegs, error) { return getDebugRegs.get(v.fd) }

// SetDebugRegs sets them.
func (v *VCPU) SetDebugRegs(d DebugRegs) error { return setDebugRegs.set(v.fd, d) }
