package kvm

import "unsafe"

// The sizes of linux/kvm.h and asm/kvm.h on x86-64. An array has one type for each length, so a struct that is a byte off, either
// way, does not compile. Most sizes are part of an ioctl number besides, which the kernel would not know.
var (
	_ [144]byte  = [unsafe.Sizeof(Regs{})]byte{}
	_ [312]byte  = [unsafe.Sizeof(Sregs{})]byte{}
	_ [24]byte   = [unsafe.Sizeof(Segment{})]byte{}
	_ [16]byte   = [unsafe.Sizeof(Descriptor{})]byte{}
	_ [128]byte  = [unsafe.Sizeof(DebugRegs{})]byte{}
	_ [416]byte  = [unsafe.Sizeof(FPU{})]byte{}
	_ [64]byte   = [unsafe.Sizeof(VCPUEvents{})]byte{}
	_ [1024]byte = [unsafe.Sizeof(LAPIC{})]byte{}
	_ [4]byte    = [unsafe.Sizeof(MPState(0))]byte{}
	_ [8]byte    = [unsafe.Sizeof(tableHeader{})]byte{}
	_ [16]byte   = [unsafe.Sizeof(MSREntry{})]byte{}
	_ [40]byte   = [unsafe.Sizeof(CPUIDEntry{})]byte{}
	_ [48]byte   = [unsafe.Sizeof(ClockData{})]byte{}
	_ [64]byte   = [unsafe.Sizeof(pitConfig{})]byte{}
	_ [104]byte  = [unsafe.Sizeof(capRequest{})]byte{}
	_ [32]byte   = [unsafe.Sizeof(userspaceMemoryRegion{})]byte{}
	_ [16]byte   = [unsafe.Sizeof(dirtyLog{})]byte{}
	_ [8]byte    = [unsafe.Sizeof(irqLevel{})]byte{}
	_ [32]byte   = [unsafe.Sizeof(msiRequest{})]byte{}
	_ [32]byte   = [unsafe.Sizeof(irqfd{})]byte{}
	_ [64]byte   = [unsafe.Sizeof(ioeventfd{})]byte{}
	_ [8]byte    = [unsafe.Sizeof(routingHeader{})]byte{}
	_ [48]byte   = [unsafe.Sizeof(routingEntry{})]byte{}
	_ [288]byte  = [unsafe.Sizeof(runPage{})]byte{}
	_ [16]byte   = [unsafe.Sizeof(runIO{})]byte{}
	_ [24]byte   = [unsafe.Sizeof(runMMIO{})]byte{}
)

// Two offsets that a size does not show.
var (
	_ [8]byte  = [unsafe.Offsetof(runPage{}.exitReason)]byte{}
	_ [32]byte = [unsafe.Offsetof(runPage{}.exit)]byte{}
)
