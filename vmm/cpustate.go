package vmm

import (
	"github.com/drydock-vmm/drydock/boot"
	"github.com/drydock-vmm/drydock/kvm"
)

// Model specific registers that firmware would set.
const (
	msrMiscEnable  = 0x1a0
	msrMTRRDefType = 0x2ff

	miscFastString = 1 << 0
	mtrrEnabled    = 1 << 11 // the fixed ranges stay off: they would say that the first megabyte is not cacheable
	mtrrWriteBack  = 6
	apicLINT0      = 0x350
	apicLINT1      = 0x360
	apicModeExtINT = 7 << 8
	apicModeNMI    = 4 << 8
	apicLINTMask   = 0x7 << 8
	apicLINTMasked = 1 << 16
)

// prepare gives a CPU what firmware leaves behind: cacheable memory, the PIC on LINT0 and NMI on LINT1.
func prepare(cpu *kvm.VCPU) error {
	// A KVM that has no such register has no use for it either: software KVMs know fewer.
	misc := []kvm.MSREntry{{Index: msrMiscEnable}}
	if cpu.MSRs(misc) == nil { // it has bits of KVM's, which say what is not there
		misc[0].Data |= miscFastString
		_ = cpu.SetMSRs(misc)
	}
	_ = cpu.SetMSRs([]kvm.MSREntry{{Index: msrMTRRDefType, Data: mtrrEnabled | mtrrWriteBack}})
	apic, err := cpu.LAPIC()
	if err != nil {
		return err
	}
	setLINT(&apic, apicLINT0, apicModeExtINT)
	setLINT(&apic, apicLINT1, apicModeNMI)
	return cpu.SetLAPIC(apic)
}

func setLINT(apic *kvm.LAPIC, reg int, mode uint32) {
	apic.SetRegister(reg, apic.Register(reg)&^(apicLINTMask|apicLINTMasked)|mode)
}

// enter puts the first CPU into the state that a loader wants.
func enter(cpu *kvm.VCPU, e boot.Entry) error {
	s, err := cpu.Sregs()
	if err != nil {
		return err
	}
	s.CS, s.DS, s.ES, s.FS, s.GS, s.SS = segment(e.CS), segment(e.DS), segment(e.ES), segment(e.FS), segment(e.GS), segment(e.SS)
	s.TR, s.LDT = segment(e.TR), segment(e.LDT)
	s.GDT = kvm.Descriptor{Base: e.GDT.Base, Limit: e.GDT.Limit}
	s.IDT = kvm.Descriptor{Base: e.IDT.Base, Limit: e.IDT.Limit}
	s.CR0, s.CR3, s.CR4, s.EFER = e.CR0, e.CR3, e.CR4, e.EFER
	if err := cpu.SetSregs(s); err != nil {
		return err
	}
	return cpu.SetRegs(kvm.Regs{RIP: e.RIP, RSP: e.RSP, RSI: e.RSI, RBX: e.RBX, RFLAGS: e.RFLAGS})
}

func segment(s boot.Segment) kvm.Segment {
	return kvm.Segment{
		Base: s.Base, Limit: s.Limit, Selector: s.Selector, Typ: s.Type, Present: bit(s.Present), DPL: s.DPL, DB: bit(s.DB),
		S: bit(s.S), L: bit(s.L), G: bit(s.G), AVL: bit(s.AVL), Unusable: bit(s.Unusable),
	}
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
