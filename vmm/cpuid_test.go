package vmm

import (
	"testing"

	"github.com/drydock-vmm/drydock/kvm"
)

// hostLeaves is a host of sixteen cores with two threads each, of both vendors at once.
var hostLeaves = []kvm.CPUIDEntry{
	{Function: leafVendor, Eax: 0x7},
	{Function: leafFeatures, Ebx: 0x1f200800, Ecx: ^uint32(0) &^ ecxTSCDeadline, Edx: ^uint32(0)},
	{Function: leafCache, Index: 0, Eax: 0x7c00c000 | 1<<5 | 1},
	{Function: leafCache, Index: 3, Eax: 0x7c07c000 | 3<<5 | 3},
	{Function: leafCache, Index: 4},
	{Function: leafStructured, Eax: 2, Ebx: 0x20, Ecx: 4, Edx: 8},
	{Function: leafTopology, Eax: 1, Ebx: 2},
	{Function: leafXSave, Eax: 7},
	{Function: leafTopologyV2, Eax: 1, Ebx: 2},
	{Function: leafHypervisor, Eax: 0x40000001},
	{Function: leafAMDFeatures, Ecx: 0xffff},
	{Function: leafAMDSizes, Eax: 0x3030, Ecx: 0x7070},
	{Function: leafAMDCache, Index: 3, Eax: 0x7c000 | 3<<5 | 3},
	{Function: leafAMDTopology, Eax: 31, Ebx: 0x10f, Ecx: 1},
	{Function: leafAMDTopologyV2, Eax: 1, Ebx: 2},
}

func TestCPUIDTellsTheGuestsTopologyAndNotTheHosts(t *testing.T) {
	for _, c := range []struct {
		name             string
		id, cpus         int
		leaf, index      uint32
		eax, ebx, ecx    uint32
		eaxM, ebxM, ecxM uint32 // which bits matter
	}{
		{"leaf 0xb can be reached", 0, 1, leafVendor, 0, 0xb, 0, 0, ^uint32(0), 0, 0},
		{"the timing leaf can be reached", 0, 1, leafHypervisor, 0, leafTiming, 0, 0, ^uint32(0), 0, 0},
		{"one CPU is alone in its package", 0, 1, leafFeatures, 0, 0, 0x00010800, 1 << 31, 0, ^uint32(0), 1 << 31},
		{"a CPU has its APIC ID, and the package all of them", 2, 6, leafFeatures, 0, 0, 0x02060800, ecxTSCDeadline, 0, ^uint32(0), ecxTSCDeadline},
		{"255 CPUs", 254, 255, leafFeatures, 0, 0, 0xfeff0800, 0, 0, ^uint32(0), 0},
		{"a cache is shared by nobody", 2, 6, leafCache, 0, 5<<26 | 1<<5 | 1, 0, 0, ^uint32(0), 0, 0},
		{"the last level cache neither", 2, 6, leafCache, 3, 5<<26 | 3<<5 | 3, 0, 0, ^uint32(0), 0, 0},
		{"the end of the caches stays the end", 2, 6, leafCache, 4, 0, 0, 0, ^uint32(0), 0, 0},
		{"AMD's last level cache neither", 2, 6, leafAMDCache, 3, 3<<5 | 3, 0, 0, ^uint32(0), 0, 0},
		{"AMD counts cores and the bits of their numbers", 2, 6, leafAMDSizes, 0, 0x3030, 0, 0x3005, ^uint32(0), 0, ^uint32(0)},
		{"AMD's core has one thread, on node 0", 5, 6, leafAMDTopology, 0, 5, 5, 0, ^uint32(0), ^uint32(0), ^uint32(0)},
		{"AMD's count is of cores", 0, 2, leafAMDFeatures, 0, 0, 0, 0xffff, 0, 0, ^uint32(0)},
		{"AMD's one core is no multiprocessor", 0, 1, leafAMDFeatures, 0, 0, 0, 0xfffd, 0, 0, ^uint32(0)},
		{"a core has one thread", 5, 6, leafTopology, 0, 0, 1, 1 << 8, ^uint32(0), ^uint32(0), ^uint32(0)},
		{"a package has all cores", 5, 6, leafTopology, 1, 3, 6, 2<<8 | 1, ^uint32(0), ^uint32(0), ^uint32(0)},
		{"there are no further levels", 5, 6, leafTopology, 2, 0, 0, 2, ^uint32(0), ^uint32(0), ^uint32(0)},
		{"the frequencies are in kHz", 0, 1, leafTiming, 0, 2445426, 1000000, 0, ^uint32(0), ^uint32(0), ^uint32(0)},
	} {
		p := processor{id: c.id, cpus: c.cpus, tscKHz: 2445426, deadline: true}
		e := leaf(t, p.cpuid(hostLeaves, nil), c.leaf, c.index)
		if e.Eax&c.eaxM != c.eax || e.Ebx&c.ebxM != c.ebx || e.Ecx&c.ecxM != c.ecx {
			t.Errorf("%s: leaf %#x.%d is %#x %#x %#x; want %#x %#x %#x", c.name, c.leaf, c.index, e.Eax, e.Ebx, e.Ecx, c.eax, c.ebx, c.ecx)
		}
	}
}

// leaf finds the one entry of a leaf.
func leaf(t *testing.T, entries []kvm.CPUIDEntry, function, index uint32) (found kvm.CPUIDEntry) {
	t.Helper()
	n := 0
	for _, e := range entries {
		if e.Function == function && e.Index == index {
			found = e
			n++
		}
	}
	if n != 1 {
		t.Fatalf("leaf %#x.%d is there %d times", function, index, n)
	}
	return found
}

func TestCPUIDLeavesOutWhatItCannotTell(t *testing.T) {
	for _, e := range (processor{cpus: 1}).cpuid(hostLeaves, nil) {
		switch e.Function {
		case leafTiming:
			t.Error("there is a timing leaf, though nobody knows the frequency")
		case leafTopologyV2, leafAMDTopologyV2:
			t.Errorf("leaf %#x is the host's", e.Function)
		}
	}
}

func TestABaselineModelHidesWhatNeedsXSave(t *testing.T) {
	entries := (processor{cpus: 1, deadline: true}).cpuid(hostLeaves, cpuModels["qemu64"])
	const xsave, osxsave, avx = 1 << 26, 1 << 27, 1 << 28
	if e := leaf(t, entries, leafFeatures, 0); e.Ecx&(xsave|osxsave|avx) != 0 || e.Ecx&ecxHypervisor == 0 || e.Ecx&ecxTSCDeadline == 0 {
		t.Errorf("leaf 1 ECX is %#x", e.Ecx)
	}
	const xop, fma4 = 1 << 11, 1 << 16
	if e := leaf(t, entries, leafAMDFeatures, 0); e.Ecx&(xop|fma4) != 0 {
		t.Errorf("leaf 0x80000001 ECX is %#x", e.Ecx)
	}
	for _, function := range []uint32{leafStructured, leafXSave} {
		if e := leaf(t, entries, function, 0); e.Eax|e.Ebx|e.Ecx|e.Edx != 0 {
			t.Errorf("leaf %#x is %+v", function, e)
		}
	}
}

func TestKVMTakesTheCPUIDOfEveryModelAndCPU(t *testing.T) {
	for name := range cpuModels {
		c := Config{RAM: 1 << 20, CPUs: 3, CPU: name}
		m, err := newPC(&c, inputs{}, nil)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		for id, cpu := range m.accel.(*kvmAccel).cpus {
			entries, err := cpu.CPUID2()
			if err != nil {
				t.Fatal(err)
			}
			if e := leaf(t, entries, leafFeatures, 0); int(e.Ebx>>24) != id || e.Ebx>>16&0xff != 3 {
				t.Errorf("%q: CPU %d has leaf 1 EBX %#x", name, id, e.Ebx)
			}
		}
		if err := m.close(); err != nil {
			t.Error(err)
		}
	}
}
