package kvm

import "strconv"

var (
	getMPState = ior[MPState]("KVM_GET_MP_STATE", 0x98)
	setMPState = iow[MPState]("KVM_SET_MP_STATE", 0x99)
)

// MPState is what a processor is doing, for the protocol that starts the others. It needs VM.CreateIRQChip.
type MPState uint32

const (
	MPRunnable      MPState = 0
	MPUninitialized MPState = 1 // waits for INIT
	MPInitReceived  MPState = 2 // waits for SIPI
	MPHalted        MPState = 3
	MPSIPIReceived  MPState = 4
)

var mpStateNames = [...]string{"runnable", "uninitialized", "init received", "halted", "SIPI received"}

func (m MPState) String() string {
	if int(m) < len(mpStateNames) {
		return mpStateNames[m]
	}
	return "MP state " + strconv.Itoa(int(m))
}

// MPState returns the state.
func (v *VCPU) MPState() (MPState, error) { return getMPState.get(v.fd) }

// SetMPState sets it.
func (v *VCPU) SetMPState(m MPState) error { return setMPState.set(v.fd, m) }
