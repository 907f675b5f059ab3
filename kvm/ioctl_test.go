package kvm

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRequestNumbersAreThoseOfTheKernelHeader(t *testing.T) {
	for _, c := range []struct {
		name string
		code uintptr
		want uintptr
	}{
		{createVM.name, createVM.code, 0xae01},
		{getMSRIndexList.name, getMSRIndexList.code, 0xc004ae02},
		{getSupportedCPUID.name, getSupportedCPUID.code, 0xc008ae05},
		{getDirtyLog.name, getDirtyLog.code, 0x4010ae42},
		{setUserMemoryRegion.name, setUserMemoryRegion.code, 0x4020ae46},
		{setIdentityMapAddr.name, setIdentityMapAddr.code, 0x4008ae48},
		{irqLine.name, irqLine.code, 0x4008ae61},
		{setGSIRouting.name, setGSIRouting.code, 0x4008ae6a},
		{assignIRQFD.name, assignIRQFD.code, 0x4020ae76},
		{createPIT2.name, createPIT2.code, 0x4040ae77},
		{assignIOEventFD.name, assignIOEventFD.code, 0x4040ae79},
		{setClock.name, setClock.code, 0x4030ae7b},
		{getClock.name, getClock.code, 0x8030ae7c},
		{runVCPU.name, runVCPU.code, 0xae80},
		{getRegs.name, getRegs.code, 0x8090ae81},
		{setRegs.name, setRegs.code, 0x4090ae82},
		{getSregs.name, getSregs.code, 0x8138ae83},
		{setSregs.name, setSregs.code, 0x4138ae84},
		{interrupt.name, interrupt.code, 0x4004ae86},
		{getMSRs.name, getMSRs.code, 0xc008ae88},
		{setMSRs.name, setMSRs.code, 0x4008ae89},
		{getFPU.name, getFPU.code, 0x81a0ae8c},
		{setFPU.name, setFPU.code, 0x41a0ae8d},
		{getLAPIC.name, getLAPIC.code, 0x8400ae8e},
		{setLAPIC.name, setLAPIC.code, 0x4400ae8f},
		{setCPUID2.name, setCPUID2.code, 0x4008ae90},
		{getCPUID2.name, getCPUID2.code, 0xc008ae91},
		{getMPState.name, getMPState.code, 0x8004ae98},
		{setMPState.name, setMPState.code, 0x4004ae99},
		{getVCPUEvents.name, getVCPUEvents.code, 0x8040ae9f},
		{setVCPUEvents.name, setVCPUEvents.code, 0x4040aea0},
		{getDebugRegs.name, getDebugRegs.code, 0x8080aea1},
		{setDebugRegs.name, setDebugRegs.code, 0x4080aea2},
		{setTSCKHz.name, setTSCKHz.code, 0xaea2},
		{enableCap.name, enableCap.code, 0x4068aea3},
		{signalMSI.name, signalMSI.code, 0x4020aea5},
		{kvmclockCtrl.name, kvmclockCtrl.code, 0xaead},
	} {
		if c.code != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, c.code, c.want)
		}
	}
}

func TestAnErrorNamesTheIoctlAndWrapsTheErrno(t *testing.T) {
	vm := newVM(t)
	_, err := vm.CreateVCPU(-1)
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "KVM_CREATE_VCPU") {
		t.Errorf("VCPU -1: %v", err)
	}
	err = vm.EnableCap(Capability(1 << 20))
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "KVM_ENABLE_CAP") {
		t.Errorf("unknown capability: %v", err)
	}
}

func TestATableIsOneBlockOfHeaderAndEntries(t *testing.T) {
	h, e := table[uint32, uint32](3)
	*h, e[0], e[2] = 3, 7, 9
	whole := (*[4]uint32)(ptr(h))
	if *whole != [4]uint32{3, 7, 0, 9} {
		t.Errorf("memory: %v", whole)
	}
	if h, e := table[tableHeader, MSREntry](0); h == nil || len(e) != 0 {
		t.Errorf("empty table: %v %v", h, e)
	}
}
