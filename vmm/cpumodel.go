package vmm

import "github.com/drydock-vmm/drydock/kvm"

// A cpuModel hides what a named model does not have: masks that are and-ed into leaf 1 and 0x80000001. All of leaf 7 and of
// XSAVE is hidden too. nil keeps all.
type cpuModel struct{ ecx1, edx1, ecxAMD uint32 }

// baseline keeps SSE3, CMPXCHG16B, x2APIC, the hypervisor bit and TSC deadline in ECX, what every x86-64 has in EDX, and of AMD's
// bits those for LAHF, the count of cores and CR8: a guest that boots on it boots anywhere.
var baseline = cpuModel{
	ecx1:   1<<0 | 1<<13 | 1<<21 | ecxTSCDeadline | ecxHypervisor,
	edx1:   0x178bfbff,
	ecxAMD: 1<<0 | ecxCmpLegacy | 1<<4,
}

// cpuModels by the names of -cpu.
var cpuModels = map[string]*cpuModel{"host": nil, "max": nil, "": nil, "qemu64": &baseline, "kvm64": &baseline}

const (
	leafStructured = 0x7
	leafXSave      = 0xd
)

func (m *cpuModel) hide(e *kvm.CPUIDEntry) {
	if m == nil {
		return
	}
	switch e.Function {
	case leafFeatures:
		e.Ecx &= m.ecx1
		e.Edx &= m.edx1
	case leafAMDFeatures:
		e.Ecx &= m.ecxAMD
	case leafStructured, leafXSave:
		e.Eax, e.Ebx, e.Ecx, e.Edx = 0, 0, 0, 0
	}
}
