package kvm

var (
	getFPU = ior[FPU]("KVM_GET_FPU", 0x8c)
	setFPU = iow[FPU]("KVM_SET_FPU", 0x8d)
)

// FPU is the state of x87 and SSE, struct kvm_fpu.
type FPU struct {
	FPR        [8][16]byte
	FCW        uint16
	FSW        uint16
	FTWX       uint8 // the tag word as FXSAVE abridges it
	_          uint8
	LastOpcode uint16
	LastIP     uint64
	LastDP     uint64
	XMM        [16][16]byte
	MXCSR      uint32 // always 0 from the kernel, and not taken by it
	_          uint32
}

// FPU returns the floating-point state.
func (v *VCPU) FPU() (FPU, error) { return getFPU.get(v.fd) }

// SetFPU sets it, but for MXCSR, which stays as it was: 0x1f80 since the VCPU was made, the value that ABIs ask for. A zero
// FCW unmasks every exception; 0x37f masks them.
func (v *VCPU) SetFPU(f FPU) error { return setFPU.set(v.fd, f) }
