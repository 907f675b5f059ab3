package kvm

var (
	interrupt     = iow[uint32]("KVM_INTERRUPT", 0x86)
	getVCPUEvents = ior[VCPUEvents]("KVM_GET_VCPU_EVENTS", 0x9f)
	setVCPUEvents = iow[VCPUEvents]("KVM_SET_VCPU_EVENTS", 0xa0)
)

// VCPUEvents is what is pending or being delivered, struct kvm_vcpu_events. Bytes are booleans of 0 and 1, but for
// numbers. Flags (KVM_VCPUEVENT_VALID_*) says which of the later additions are meant.
type VCPUEvents struct {
	Exception struct {
		Injected     uint8
		Number       uint8
		HasErrorCode uint8
		Pending      uint8
		ErrorCode    uint32
	}
	Interrupt struct {
		Injected uint8
		Number   uint8
		Soft     uint8
		Shadow   uint8 // 1 after MOV SS, 2 after STI
	}
	NMI struct {
		Injected uint8
		Pending  uint8
		Masked   uint8
		_        uint8
	}
	SIPIVector uint32
	Flags      uint32
	SMI        struct {
		SMM          uint8
		Pending      uint8
		SMMInsideNMI uint8
		LatchedInit  uint8
	}
	TripleFaultPending  uint8
	_                   [26]uint8
	ExceptionHasPayload uint8
	ExceptionPayload    uint64
}

// VCPUEvents returns pending events.
func (v *VCPU) VCPUEvents() (VCPUEvents, error) { return getVCPUEvents.get(v.fd) }

// SetVCPUEvents sets them.
func (v *VCPU) SetVCPUEvents(e VCPUEvents) error { return setVCPUEvents.set(v.fd, e) }

// Interrupt injects an interrupt into a VM without an interrupt controller in the kernel, after ExitIRQWindowOpen.
func (v *VCPU) Interrupt(vector uint8) error { return interrupt.set(v.fd, uint32(vector)) }
