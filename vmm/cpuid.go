package vmm

import (
	mathbits "math/bits"

	"github.com/drydock-vmm/drydock/kvm"
)

// CPUID leaves that a VMM completes; the rest is what KVM says that it can do.
const (
	leafVendor        = 0x0
	leafFeatures      = 0x1
	leafCache         = 0x4 // Intel's
	leafTopology      = 0xb
	leafTopologyV2    = 0x1f
	leafHypervisor    = 0x40000000
	leafTiming        = 0x40000010 // hypervisor timing information: TSC and bus frequency in kHz
	leafAMDFeatures   = 0x80000001
	leafAMDSizes      = 0x80000008
	leafAMDCache      = 0x8000001d
	leafAMDTopology   = 0x8000001e
	leafAMDTopologyV2 = 0x80000026
)

// Feature bits of leaf 1, and of leaf 0x80000001.
const (
	ecxTSCDeadline = 1 << 24
	ecxHypervisor  = 1 << 31
	edxHTT         = 1 << 28
	ecxCmpLegacy   = 1 << 1 // AMD: what leaf 1 counts are cores, not threads
)

// busKHz is the local APIC timer's rate in KVM: a period of one nanosecond.
const busKHz = 1000000

// A processor is what the leaves say of one CPU: its number, which is its APIC ID, that of all, the frequency of its time
// stamp counter in kHz (0: not known), and whether KVM's local APIC timer has a deadline mode.
type processor struct {
	id, cpus, tscKHz int
	deadline         bool
}

// cpuid is what p sees: KVM's leaves less what model hides, with a topology of single-threaded cores in one package.
func (p processor) cpuid(supported []kvm.CPUIDEntry, model *cpuModel) []kvm.CPUIDEntry {
	var out []kvm.CPUIDEntry
	for _, e := range supported {
		switch e.Function {
		case leafTopology, leafTopologyV2, leafAMDTopologyV2, leafTiming:
			continue // the host's
		}
		p.complete(&e)
		model.hide(&e)
		out = append(out, e)
	}
	out = append(out, p.topology()...)
	if p.tscKHz > 0 {
		out = append(out, kvm.CPUIDEntry{Function: leafTiming, Eax: uint32(p.tscKHz), Ebx: busKHz})
	}
	return out
}

// complete writes into a leaf of the host's what is the guest's.
func (p processor) complete(e *kvm.CPUIDEntry) {
	id, last := uint32(p.id), uint32(p.cpus-1)
	switch e.Function {
	case leafVendor:
		e.Eax = max(e.Eax, leafTopology)
	case leafHypervisor:
		e.Eax = max(e.Eax, leafTiming)
	case leafFeatures:
		p.completeFeatures(e)
	case leafCache:
		e.Eax &= cacheShape
		if e.Eax&cacheKind != 0 {
			e.Eax |= min(last, 0x3f) << 26 // cores in the package
		}
	case leafAMDCache:
		e.Eax &= cacheShape
	case leafAMDFeatures:
		p.setCmpLegacy(e)
	case leafAMDSizes:
		e.Ecx = last | bits(last)<<12 // cores, and how many bits of the APIC ID name one
	case leafAMDTopology:
		e.Eax, e.Ebx, e.Ecx = id, id, 0
	}
}

// Fields of EAX that describe a cache. What they leave out is who shares it: nobody, or the host's number of cores.
const (
	cacheKind  = 0x1f
	cacheShape = 0x3fff
)

func (p processor) completeFeatures(e *kvm.CPUIDEntry) {
	e.Ebx = e.Ebx&0xffff | uint32(p.cpus)<<16 | uint32(p.id)<<24
	e.Ecx |= ecxHypervisor
	if p.deadline {
		e.Ecx |= ecxTSCDeadline
	}
	e.Edx &^= edxHTT
	if p.cpus > 1 {
		e.Edx |= edxHTT
	}
}

// setCmpLegacy: KVM offers the bit where it means something.
func (p processor) setCmpLegacy(e *kvm.CPUIDEntry) {
	if p.cpus == 1 {
		e.Ecx &^= ecxCmpLegacy
	}
}

// topology is leaf 0xb: one thread a core, all cores in one package.
func (p processor) topology() []kvm.CPUIDEntry {
	const smt, core = 1 << 8, 2 << 8
	level := func(index, shift, count, kind uint32) kvm.CPUIDEntry {
		return kvm.CPUIDEntry{Function: leafTopology, Index: index, Flags: kvm.CPUIDSignificantIndex,
			Eax: shift, Ebx: count, Ecx: index | kind, Edx: uint32(p.id)}
	}
	n := uint32(p.cpus)
	return []kvm.CPUIDEntry{level(0, 0, 1, smt), level(1, bits(n-1), n, core), level(2, 0, 0, 0)}
}

// bits is how many bits numbers up to v need.
func bits(v uint32) uint32 { return uint32(mathbits.Len32(v)) }
