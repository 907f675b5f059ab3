package kvm

import (
	"fmt"

	gokvm "github.com/bobuhiro11/gokvm/kvm"
)

var (
	getMSRs = iowr[tableHeader]("KVM_GET_MSRS", 0x88)
	setMSRs = iow[tableHeader]("KVM_SET_MSRS", 0x89)
)

// maxMSRs is how many the kernel takes in one call: fewer than its MAX_IO_MSRS, which is 256.
const maxMSRs = 255

// MSREntry is the number of a model-specific register, and its value.
type MSREntry = gokvm.MSREntry

// tableHeader stands before the entries of the MSR and CPUID calls.
type tableHeader struct {
	n uint32
	_ uint32
}

// MSRs fills in the Data of each entry. The kernel stops at the first register that it does not know: the error names it, and the
// entries before it are filled in.
func (v *VCPU) MSRs(entries []MSREntry) error { return v.doMSRs(getMSRs, entries) }

// SetMSRs sets registers in the order given, and stops as MSRs does.
func (v *VCPU) SetMSRs(entries []MSREntry) error { return v.doMSRs(setMSRs, entries) }

func (v *VCPU) doMSRs(r request[tableHeader], entries []MSREntry) error {
	for len(entries) > 0 {
		n := min(len(entries), maxMSRs)
		if err := v.doMSRChunk(r, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// doMSRChunk finds a refused register by the count of those done, which is all that the kernel tells.
func (v *VCPU) doMSRChunk(r request[tableHeader], entries []MSREntry) error {
	h, t := table[tableHeader, MSREntry](len(entries))
	h.n = uint32(len(entries))
	copy(t, entries)
	done, err := r.do(v.fd, h)
	if err != nil {
		return err
	}
	copy(entries[:done], t)
	if done < len(entries) {
		return fmt.Errorf("%s: the kernel refused MSR %#x", r.name, entries[done].Index)
	}
	return nil
}
