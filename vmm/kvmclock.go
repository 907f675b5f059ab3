package vmm

import "github.com/drydock-vmm/drydock/kvm"

// stopClock and startClock have the guest's kvmclock stand still while its machine does, as QEMU does (hw/i386/kvm/clock.c): a guest
// that saw the gap would take it for processors that hung. All CPUs stand at the gate, so that any thread may speak to them. A KVM
// without such a clock has nothing to stop.
func (k *kvmAccel) stopClock() { k.stopped, k.clockErr = k.vm.GetClock() }

func (k *kvmAccel) startClock() {
	if k.clockErr != nil {
		return
	}
	if err := k.vm.SetClock(kvm.ClockData{Clock: k.stopped.Clock}); err != nil {
		k.log.Warn().Err(err).Msg("the guest's clock cannot be set back: it sees for how long the machine was stopped")
		return
	}
	for _, cpu := range k.cpus {
		_ = cpu.KVMClockCtrl() // EINVAL: its guest does not look at the clock
	}
}
