package vmm

import "github.com/drydock-vmm/drydock/kvm"

// CPUID leaves that a VMM completes; the rest is what KVM says that it can do.
const (
	leafFeatures    = 0x1
	leafCache       = 0x4
	leafTopology    = 0xb
	leafTopologyV2  = 0x1f
	leafHypervisor  = 0x40000000
	leafTiming      = 0x40000010 // hypervisor timing information: TSC and bus frequency in kHz
	leafAMDSizes    = 0x80000008
	leafAMDTopology = 0x8000001e
)

// Feature bits of leaf 1.
const (
	ecxTSCDeadline = 1 << 24
	ecxHypervisor  = 1 << 31
	edxHTT         = 1 << 28
)

// busKHz is the local APIC timer's rate in KVM: a period of one nanosecond.
const busKHz = 1000000

// A cpuModel hides what a named model does not have: masks of leaf 1 and 7 that are and-ed in. nil keeps all.
type cpuModel struct{ ecx1, edx1, ebx7, ecx7, edx7 uint32 }

// cpuModels by the names of -cpu. The baselines keep SSE3, CMPXCHG16B, x2APIC, the hypervisor bit and TSC deadline in ECX, and what
// every x86-64 has in EDX: a guest that boots on them boots anywhere.
var cpuModels = map[string]*cpuModel{
	"host": nil, "max": nil, "": nil,
	"qemu64": {ecx1: 1<<0 | 1<<13 | 1<<21 | ecxTSCDeadline | ecxHypervisor, edx1: 0x178bfbff},
	"kvm64":  {ecx1: 1<<0 | 1<<13 | 1<<21 | ecxTSCDeadline | ecxHypervisor, edx1: 0x178bfbff},
}

// cpuid is what CPU id of n sees: KVM's leaves with the APIC ID, a topology of n single-threaded cores in one package, and the
// frequency of its time stamp counter.
func cpuid(supported []kvm.CPUIDEntry, model *cpuModel, id, n, tscKHz int, deadline bool) []kvm.CPUIDEntry {
	var out []kvm.CPUIDEntry
	for _, e := range supported {
		switch e.Function {
		case leafFeatures:
			completeFeatures(&e, id, n, deadline)
		case leafCache:
			e.Eax &= 0x3ffff // caches are shared by nobody: one core a cache and a package
		case leafTopology, leafTopologyV2:
			continue
		case leafAMDTopology:
			e.Eax, e.Ebx, e.Ecx = uint32(id), uint32(id), 0
		case leafAMDSizes:
			e.Ecx = uint32(n-1) | e.Ecx&^0xff
		case leafHypervisor:
			e.Eax = max(e.Eax, leafTiming)
		case leafTiming:
			continue
		}
		out = append(out, e)
	}
	model.hide(out)
	out = append(out, topology(leafTopology, id, n)...)
	return append(out, kvm.CPUIDEntry{Function: leafTiming, Eax: uint32(tscKHz), Ebx: busKHz})
}

func completeFeatures(e *kvm.CPUIDEntry, id, n int, deadline bool) {
	e.Ebx = e.Ebx&0xffff | uint32(n&0xff)<<16 | uint32(id)<<24
	e.Ecx |= ecxHypervisor
	if deadline {
		e.Ecx |= ecxTSCDeadline
	}
	e.Edx &^= edxHTT
	if n > 1 {
		e.Edx |= edxHTT
	}
}

// topology is leaf 0xb: one thread a core, all n cores in one package.
func topology(leaf uint32, id, n int) []kvm.CPUIDEntry {
	const smt, core = 1 << 8, 2 << 8
	level := func(index, shift, count, kind uint32) kvm.CPUIDEntry {
		return kvm.CPUIDEntry{Function: leaf, Index: index, Flags: kvm.CPUIDSignificantIndex,
			Eax: shift, Ebx: count, Ecx: index | kind, Edx: uint32(id)}
	}
	return []kvm.CPUIDEntry{level(0, 0, 1, smt), level(1, bits(n-1), uint32(n), core), level(2, 0, 0, 0)}
}

// bits is how many bits numbers up to v need.
func bits(v int) (n uint32) {
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

func (m *cpuModel) hide(entries []kvm.CPUIDEntry) {
	if m == nil {
		return
	}
	for i := range entries {
		switch e := &entries[i]; {
		case e.Function == leafFeatures:
			e.Ecx &= m.ecx1
			e.Edx &= m.edx1
		case e.Function == 7:
			e.Ebx &= m.ebx7
			e.Ecx &= m.ecx7
			e.Edx &= m.edx7
		case e.Function == 0xd:
			*e = kvm.CPUIDEntry{Function: e.Function, Index: e.Index, Flags: e.Flags} // no XSAVE
		}
	}
}
