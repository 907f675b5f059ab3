package kvm

var (
	setTSCKHz = io("KVM_SET_TSC_KHZ", 0xa2)
	getTSCKHz = io("KVM_GET_TSC_KHZ", 0xa3)
)

// TSCKHz returns the rate of the guest's time stamp counter in kHz. The error is EIO where the host's is not stable.
func (v *VCPU) TSCKHz() (int, error) { return getTSCKHz.do(v.fd, 0) }

// SetTSCKHz sets it. Rates other than the host's need KVM_CAP_TSC_CONTROL.
func (v *VCPU) SetTSCKHz(khz int) error {
	_, err := setTSCKHz.do(v.fd, uintptr(khz))
	return err
}
