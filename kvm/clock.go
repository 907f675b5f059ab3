package kvm

import gokvm "github.com/bobuhiro11/gokvm/kvm"

var (
	setClock = iow[ClockData]("KVM_SET_CLOCK", 0x7b)
	getClock = ior[ClockData]("KVM_GET_CLOCK", 0x7c)
)

// ClockData is the guest's kvmclock in nanoseconds and, as its flags say, the host's times that belong to it.
type ClockData = gokvm.ClockData

// GetClock returns the kvmclock as a guest would read it now.
func (vm *VM) GetClock() (ClockData, error) { return getClock.get(vm.fd) }

// SetClock sets it, so that a guest that was stopped sees no gap. Flags that GetClock returned and the kernel does not
// take (KVM_CLOCK_TSC_STABLE, KVM_CLOCK_HOST_TSC) must be cleared.
func (vm *VM) SetClock(c ClockData) error { return setClock.set(vm.fd, c) }
