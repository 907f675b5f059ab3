package kvm

var (
	createVCPU         = io("KVM_CREATE_VCPU", 0x41)
	setTSSAddr         = io("KVM_SET_TSS_ADDR", 0x47)
	setIdentityMapAddr = iow[uint64]("KVM_SET_IDENTITY_MAP_ADDR", 0x48)
	createIRQChip      = io("KVM_CREATE_IRQCHIP", 0x60)
	createPIT2         = iow[pitConfig]("KVM_CREATE_PIT2", 0x77)
	enableCap          = iow[capRequest]("KVM_ENABLE_CAP", 0xa3)
)

// VM is a virtual machine: what its processors share. It lives until it, all its VCPUs and their mappings are closed.
type VM struct {
	fd      int
	runSize int
}

// PITSpeakerDummy has KVM answer port 0x61 as well, the gate and the output of the timer's channel 2, which guests
// calibrate against (KVM_PIT_SPEAKER_DUMMY).
const PITSpeakerDummy uint32 = 1

type pitConfig struct {
	flags uint32
	_     [15]uint32
}

type capRequest struct {
	capability uint32
	_          uint32 // flags, none defined
	args       [4]uint64
	_          [64]byte
}

// Close closes the VM. Its memory regions stay mapped in this process: they are the caller's.
func (vm *VM) Close() error { return closeFD(&vm.fd) }

// CheckExtension is System.CheckExtension for this VM.
func (vm *VM) CheckExtension(c Capability) int {
	n, _ := checkExtension.do(vm.fd, uintptr(c))
	return n
}

// EnableCap turns on a capability that is off by default. The meaning of args is the capability's.
func (vm *VM) EnableCap(c Capability, args ...uint64) error {
	return enableCap.set(vm.fd, newCapRequest(c, args))
}

func newCapRequest(c Capability, args []uint64) capRequest {
	r := capRequest{capability: uint32(c)}
	copy(r.args[:], args)
	return r
}

// CreateIRQChip puts a pair of 8259 PICs, an I/O APIC and, into each VCPU made after it, a local APIC into the kernel,
// and routes GSI 0-15 to PIC and I/O APIC, 16-23 to the I/O APIC.
func (vm *VM) CreateIRQChip() error {
	_, err := createIRQChip.do(vm.fd, 0)
	return err
}

// CreatePIT2 puts an 8254 timer into the kernel. It needs CreateIRQChip first. Flags are 0 or PITSpeakerDummy.
func (vm *VM) CreatePIT2(flags uint32) error {
	return createPIT2.set(vm.fd, pitConfig{flags: flags})
}

// SetTSSAddr gives the kernel three pages of guest-physical space below 4 GB, in no memory region, which Intel processors
// need for guests in real mode.
func (vm *VM) SetTSSAddr(gpa uint32) error {
	_, err := setTSSAddr.do(vm.fd, uintptr(gpa))
	return err
}

// SetIdentityMapAddr gives the kernel one more such page. It must be called before the first VCPU is made.
func (vm *VM) SetIdentityMapAddr(gpa uint64) error {
	return setIdentityMapAddr.set(vm.fd, gpa)
}
