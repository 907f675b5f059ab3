package virtiopci

import (
	"sync"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestInterrupts(t *testing.T) {
	t.Run("4.1.5.3: a queue's interrupt is its vector, and the ISR is set all the same", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		r.drive()
		r.write(rSelect, 2, 1)
		r.write(rVector, 2, 3)
		r.offer(1, 0)
		r.write(rNotify+4, 2, 1)
		r.signalled(3)
		r.equal("ISR", r.read(rISR, 1), 1)
		if r.high() {
			t.Error("INTx is high with MSI-X on")
		}
	})
	t.Run("4.1.5.3.1: a queue without a vector is silent", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		r.drive()
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.eventually("ISR", func() bool { return r.read(rISR, 1) == 1 })
		r.equal("interrupts", uint64(len(r.signals)), 0)
	})
	t.Run("4.1.4.5.1: without MSI-X INTx follows the ISR, and a read of it lowers both", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		if !<-r.levels {
			t.Error("INTx went low")
		}
		r.equal("PCI status", uint64(r.config(6, 2)), 0x18)
		r.equal("ISR", r.read(rISR, 1), 1)
		r.equal("PCI status", uint64(r.config(6, 2)), 0x10)
		r.equal("ISR", r.read(rISR, 4), 0)
		if r.high() {
			t.Error("INTx stays high")
		}
	})
	t.Run("a driver that enables MSI-X no longer hears INTx, and the ISR keeps what it has", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.t.queueInterrupt(0)()
		if !r.high() {
			t.Error("INTx is low")
		}
		r.vectors()
		if r.high() {
			t.Error("INTx stays high")
		}
		r.setConfig(int(r.config(0x34, 1))+2, 2, 0)
		if r.high() {
			t.Error("INTx rises again")
		}
		r.equal("ISR", r.read(rISR, 1), 1)
	})
	t.Run("PCI status shows the level though INTx is disabled", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(4, 2, 0x407)
		r.drive()
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.eventually("level", func() bool { return r.config(6, 2) == 0x18 })
		r.equal("ISR", r.in(19, 1), 1)
		r.equal("pin changes", uint64(len(r.levels)), 0)
	})
	t.Run("2.3: a configuration change sets ISR to 3 and sends config_msix_vector", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		s := r.drive()
		r.write(rConfigVector, 2, 0)
		s.ConfigChanged()
		r.signalled(0)
		r.equal("ISR", r.read(rISR, 1), 3)
	})
	t.Run("2.3: no configuration change before DRIVER_OK", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.legacyDrive(3)
		r.out(16, 2, 0)
		r.session().ConfigChanged()
		r.equal("ISR", r.in(19, 1), 0)
	})
	t.Run("2.3: a configuration change is told from DRIVER_OK on, whether the device runs or is broken", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1))
		told := r.device.info.Config.Notify
		told()
		r.equal("ISR before DRIVER_OK", r.read(rISR, 1), 0)
		r.write(rStatus, 1, 0x0f)
		told()
		r.equal("ISR after it", r.read(rISR, 1), 3)
		r.write(rEnable, 2, 0)
		r.equal("status", r.read(rStatus, 1), 0x4f)
		r.read(rISR, 1)
		told()
		r.equal("pin of a broken device", uint64(len(r.levels)), 4)
		r.equal("ISR of a broken device", r.read(rISR, 1), 3)
		r.write(rStatus, 1, 0)
		told()
		r.equal("ISR after a reset", r.read(rISR, 1), 0)
	})
	t.Run("a configuration change of a device without bus master is in the ISR alone", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(4, 2, 3)
		r.out(18, 1, 7)
		r.device.info.Config.Notify()
		r.equal("pin changes", uint64(len(r.levels)), 0)
		r.equal("ISR", r.in(19, 1), 3)
	})
	t.Run("an interrupt that races with a read of the ISR is not lost", func(t *testing.T) {
		r := mappedRig(t, func(c *Config, _ *fake) { c.Vectors = 0 })
		r.drive()
		raise := r.t.queueInterrupt(0)
		var device sync.WaitGroup
		device.Go(func() {
			for range 5000 {
				raise()
			}
		})
		for range 5000 {
			r.read(rISR, 1)
		}
		device.Wait()
		if got, want := r.high(), r.t.isr.Load() != 0; got != want {
			t.Errorf("INTx %v, ISR set %v", got, want)
		}
	})
}

func TestAnInterruptAllocatesNothing(t *testing.T) {
	r := mappedRig(t, nil)
	r.vectors()
	r.accept(virtio.FeaturesOf(virtio.Version1))
	r.write(rVector, 2, 0)
	raise := r.t.queueInterrupt(0)
	if n := testing.AllocsPerRun(100, raise); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
