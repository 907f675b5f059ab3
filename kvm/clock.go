package kvm

import gokvm "github.com/bobuhiro11/gokvm/kvm"

var (
	setClock     = iow[ClockData]("KVM_SET_CLOCK", 0x7b)
	getClock     = ior[ClockData]("KVM_GET_CLOCK", 0x7c)
	kvmclockCtrl = io("KVM_KVMCLOCK_CTRL", 0xad)
)

// ClockData is the guest's kvmclock in nanoseconds and, as its flags say, the host's times that belong to it.
type ClockData = gokvm.ClockData

// GetClock returns the kvmclock as a guest would read it now.
func (vm *VM) GetClock() (ClockData, error) { return getClock.get(vm.fd) }

// SetClock sets it, so that a guest that was stopped sees no gap. Flags that GetClock returned and the kernel does not
// take (KVM_CLOCK_TSC_STABLE, KVM_CLOCK_HOST_TSC) must be cleared.
func (vm *VM) SetClock(c ClockData) error { return setClock.set(vm.fd, c) }

// KVMClockCtrl tells a guest that reads the kvmclock, before its next instruction, that the host had stopped it: its watchdogs then
// do not take the gap for a processor that hangs. The error is EINVAL where the guest does not use that clock.
func (v *VCPU) KVMClockCtrl() error {
	_, err := kvmclockCtrl.do(v.fd, 0)
	return err
}
