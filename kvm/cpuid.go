package kvm

import gokvm "github.com/bobuhiro11/gokvm/kvm"

var (
	setCPUID2 = iow[tableHeader]("KVM_SET_CPUID2", 0x90)
	getCPUID2 = iowr[tableHeader]("KVM_GET_CPUID2", 0x91)
)

// CPUIDSignificantIndex in the Flags of an entry says that its leaf has subleaves, told apart by Index
// (KVM_CPUID_FLAG_SIGNIFCANT_INDEX).
const CPUIDSignificantIndex uint32 = 1 << 0

// CPUIDEntry is what the CPUID instruction returns for one leaf (Function) and subleaf (Index).
type CPUIDEntry = gokvm.CPUIDEntry2

// The kernel allows 256 entries (KVM_MAX_CPUID_ENTRIES); the loop that looks for enough stops well above.
const (
	firstCPUIDEntries = 128
	maxCPUIDEntries   = 4096
)

// SetCPUID2 says what the CPUID instruction returns, and with it what the guest may use: before the first Run.
func (v *VCPU) SetCPUID2(entries []CPUIDEntry) error {
	h, t := table[tableHeader, CPUIDEntry](len(entries))
	h.n = uint32(len(entries))
	copy(t, entries)
	_, err := setCPUID2.do(v.fd, h)
	return err
}

// CPUID2 returns what SetCPUID2 set, with what the state of the processor changed in it since.
func (v *VCPU) CPUID2() ([]CPUIDEntry, error) { return readCPUID(getCPUID2, v.fd) }

func readCPUID(r request[tableHeader], fd int) ([]CPUIDEntry, error) {
	for n := firstCPUIDEntries; ; n *= 2 {
		h, entries := table[tableHeader, CPUIDEntry](n)
		h.n = uint32(n)
		_, err := r.do(fd, h)
		if err == nil {
			return entries[:h.n], nil
		}
		if !tooLong(err) || n >= maxCPUIDEntries {
			return nil, err
		}
	}
}
