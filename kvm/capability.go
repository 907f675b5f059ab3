package kvm

import "strconv"

// Capability is KVM_CAP_*, a thing that a kernel may or may not do. CheckExtension asks.
type Capability uint32

const (
	CapIRQChip                  Capability = 0
	CapHLT                      Capability = 1
	CapUserMemory               Capability = 3
	CapSetTSSAddr               Capability = 4
	CapExtCPUID                 Capability = 7
	CapClockSource              Capability = 8
	CapNRVCPUs                  Capability = 9
	CapNRMemSlots               Capability = 10
	CapPIT                      Capability = 11
	CapMPState                  Capability = 14
	CapCoalescedMMIO            Capability = 15
	CapSyncMMU                  Capability = 16
	CapDestroyMemoryRegionWorks Capability = 21
	CapIRQRouting               Capability = 25
	CapJoinMemoryRegionsWorks   Capability = 30
	CapMCE                      Capability = 31
	CapIRQFD                    Capability = 32
	CapPIT2                     Capability = 33
	CapSetBootCPUID             Capability = 34
	CapPITState2                Capability = 35
	CapIOEventFD                Capability = 36
	CapSetIdentityMapAddr       Capability = 37
	CapAdjustClock              Capability = 39
	CapInternalErrorData        Capability = 40
	CapVCPUEvents               Capability = 41
	CapDebugRegs                Capability = 50
	CapEnableCap                Capability = 54
	CapXSave                    Capability = 55
	CapXCRs                     Capability = 56
	CapAsyncPF                  Capability = 59
	CapTSCControl               Capability = 60
	CapGetTSCKHz                Capability = 61
	CapMaxVCPUs                 Capability = 66
	CapTSCDeadlineTimer         Capability = 72
	CapSyncRegs                 Capability = 74
	CapKVMClockCtrl             Capability = 76
	CapSignalMSI                Capability = 77
	CapReadOnlyMem              Capability = 81
	CapIRQFDResample            Capability = 82
	CapEnableCapVM              Capability = 98
	CapIOEventFDNoLength        Capability = 100
	CapCheckExtensionVM         Capability = 105
	CapX86SMM                   Capability = 117
	CapSplitIRQChip             Capability = 121
	CapIOEventFDAnyLength       Capability = 122
	CapMaxVCPUID                Capability = 128
	CapX2APICAPI                Capability = 129
	CapImmediateExit            Capability = 136
	CapX86DisableExits          Capability = 143
	CapCoalescedPIO             Capability = 162
	CapManualDirtyLogProtect2   Capability = 168
	CapX86UserSpaceMSR          Capability = 188
	CapEnforcePVFeatureCPUID    Capability = 190
	CapDirtyLogRing             Capability = 192
	CapExitOnEmulationFailure   Capability = 204
	CapVMGPABits                Capability = 207
	CapXSave2                   Capability = 208
	CapVMTSCControl             Capability = 214
)

var capabilityNames = map[Capability]string{
	CapIRQChip:                  "IRQCHIP",
	CapHLT:                      "HLT",
	CapUserMemory:               "USER_MEMORY",
	CapSetTSSAddr:               "SET_TSS_ADDR",
	CapExtCPUID:                 "EXT_CPUID",
	CapClockSource:              "CLOCKSOURCE",
	CapNRVCPUs:                  "NR_VCPUS",
	CapNRMemSlots:               "NR_MEMSLOTS",
	CapPIT:                      "PIT",
	CapMPState:                  "MP_STATE",
	CapCoalescedMMIO:            "COALESCED_MMIO",
	CapSyncMMU:                  "SYNC_MMU",
	CapDestroyMemoryRegionWorks: "DESTROY_MEMORY_REGION_WORKS",
	CapIRQRouting:               "IRQ_ROUTING",
	CapJoinMemoryRegionsWorks:   "JOIN_MEMORY_REGIONS_WORKS",
	CapMCE:                      "MCE",
	CapIRQFD:                    "IRQFD",
	CapPIT2:                     "PIT2",
	CapSetBootCPUID:             "SET_BOOT_CPU_ID",
	CapPITState2:                "PIT_STATE2",
	CapIOEventFD:                "IOEVENTFD",
	CapSetIdentityMapAddr:       "SET_IDENTITY_MAP_ADDR",
	CapAdjustClock:              "ADJUST_CLOCK",
	CapInternalErrorData:        "INTERNAL_ERROR_DATA",
	CapVCPUEvents:               "VCPU_EVENTS",
	CapDebugRegs:                "DEBUGREGS",
	CapEnableCap:                "ENABLE_CAP",
	CapXSave:                    "XSAVE",
	CapXCRs:                     "XCRS",
	CapAsyncPF:                  "ASYNC_PF",
	CapTSCControl:               "TSC_CONTROL",
	CapGetTSCKHz:                "GET_TSC_KHZ",
	CapMaxVCPUs:                 "MAX_VCPUS",
	CapTSCDeadlineTimer:         "TSC_DEADLINE_TIMER",
	CapSyncRegs:                 "SYNC_REGS",
	CapKVMClockCtrl:             "KVMCLOCK_CTRL",
	CapSignalMSI:                "SIGNAL_MSI",
	CapReadOnlyMem:              "READONLY_MEM",
	CapIRQFDResample:            "IRQFD_RESAMPLE",
	CapEnableCapVM:              "ENABLE_CAP_VM",
	CapIOEventFDNoLength:        "IOEVENTFD_NO_LENGTH",
	CapCheckExtensionVM:         "CHECK_EXTENSION_VM",
	CapX86SMM:                   "X86_SMM",
	CapSplitIRQChip:             "SPLIT_IRQCHIP",
	CapIOEventFDAnyLength:       "IOEVENTFD_ANY_LENGTH",
	CapMaxVCPUID:                "MAX_VCPU_ID",
	CapX2APICAPI:                "X2APIC_API",
	CapImmediateExit:            "IMMEDIATE_EXIT",
	CapX86DisableExits:          "X86_DISABLE_EXITS",
	CapCoalescedPIO:             "COALESCED_PIO",
	CapManualDirtyLogProtect2:   "MANUAL_DIRTY_LOG_PROTECT2",
	CapX86UserSpaceMSR:          "X86_USER_SPACE_MSR",
	CapEnforcePVFeatureCPUID:    "ENFORCE_PV_FEATURE_CPUID",
	CapDirtyLogRing:             "DIRTY_LOG_RING",
	CapExitOnEmulationFailure:   "EXIT_ON_EMULATION_FAILURE",
	CapVMGPABits:                "VM_GPA_BITS",
	CapXSave2:                   "XSAVE2",
	CapVMTSCControl:             "VM_TSC_CONTROL",
}

// String is the name in linux/kvm.h, or one with the number for those that have no constant here.
func (c Capability) String() string {
	if name, ok := capabilityNames[c]; ok {
		return "KVM_CAP_" + name
	}
	return "KVM_CAP_" + strconv.FormatUint(uint64(c), 10)
}
