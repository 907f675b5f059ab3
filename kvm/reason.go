package kvm

import "strconv"

// Reason is why KVM_RUN returned: KVM_EXIT_*.
type Reason uint32

const (
	ReasonUnknown       Reason = 0
	ReasonIO            Reason = 2
	ReasonHLT           Reason = 5
	ReasonMMIO          Reason = 6
	ReasonIRQWindowOpen Reason = 7
	ReasonShutdown      Reason = 8
	ReasonFailEntry     Reason = 9
	ReasonIntr          Reason = 10
	ReasonInternalError Reason = 17
	ReasonSystemEvent   Reason = 24
)

var reasonNames = [...]string{
	"UNKNOWN", "EXCEPTION", "IO", "HYPERCALL", "DEBUG", "HLT", "MMIO", "IRQ_WINDOW_OPEN", "SHUTDOWN", "FAIL_ENTRY",
	"INTR", "SET_TPR", "TPR_ACCESS", "S390_SIEIC", "S390_RESET", "DCR", "NMI", "INTERNAL_ERROR", "OSI", "PAPR_HCALL",
	"S390_UCONTROL", "WATCHDOG", "S390_TSCH", "EPR", "SYSTEM_EVENT", "S390_STSI", "IOAPIC_EOI", "HYPERV", "ARM_NISV",
	"X86_RDMSR", "X86_WRMSR", "DIRTY_RING_FULL", "AP_RESET_HOLD", "X86_BUS_LOCK", "XEN", "RISCV_SBI", "RISCV_CSR",
	"NOTIFY", "LOONGARCH_IOCSR", "MEMORY_FAULT", "TDX",
}

// String is the name in linux/kvm.h, or one with the number where it is newer than this package.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return "KVM_EXIT_" + reasonNames[r]
	}
	return "KVM_EXIT_" + strconv.Itoa(int(r))
}
