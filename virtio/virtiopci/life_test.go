package virtiopci

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

func TestSession(t *testing.T) {
	t.Run("2.1.2: the device runs from DRIVER_OK, with the queues that are enabled", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(0, 8)
		r.enable(1, 8)
		r.write(rNotify, 2, 0)
		r.idle("before DRIVER_OK")
		r.write(rStatus, 1, 0x0f)
		s := r.session()
		if s.Legacy || s.Features != virtio.FeaturesOf(virtio.Version1) {
			t.Errorf("legacy %v, features %x", s.Legacy, s.Features)
		}
		if s.Queue(0) == nil || s.Queue(1) == nil || s.Queue(2) != nil {
			t.Error("not the queues that were enabled")
		}
		r.equal("queue_size", uint64(s.Queue(0).Size()), 8)
	})
	t.Run("4.1.4.3.1: a queue whose size was not written has the default", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.write(rSelect, 2, 2)
		r.write(rDesc, 8, 0x10000)
		r.write(rAvail, 8, 0x11000)
		r.write(rUsed, 8, 0x12000)
		r.write(rEnable, 2, 1)
		r.write(rStatus, 1, 0x0f)
		r.equal("queue_size", uint64(r.session().Queue(2).Size()), 64)
	})
	t.Run("a kick before DRIVER_OK is remembered", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(1, 8)
		r.write(rVector, 2, 2)
		r.offer(1, 0)
		r.write(rNotify+4, 2, 1)
		r.write(rStatus, 1, 0x0f)
		r.signalled(2)
	})
	t.Run("a queue that is enabled after DRIVER_OK joins the session", func(t *testing.T) {
		r := mappedRig(t, nil)
		s := r.drive()
		r.enable(2, 8)
		if s.Queue(2) == nil {
			t.Error("no queue")
		}
	})
	t.Run("a second enable moves a queue that the device uses, and it goes on where it was", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 0)
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.signalled(0)
		desc, avail, used := area(3)
		r.offer(3, 0) // what the device has used already: it looks as soon as it has the ring
		r.write(rDesc, 8, desc)
		r.write(rAvail, 8, avail)
		r.write(rUsed, 8, used)
		r.write(rEnable, 2, 1)
		r.offer(3, 1)
		r.write(rNotify, 2, 0)
		r.signalled(0)
		r.equal("used index", uint64(r.usedIndex(3)), 2)
		r.equal("queue_size", uint64(s.Queue(0).Size()), 8)
	})
	t.Run("a queue that is made smaller while it runs goes on with the new size", func(t *testing.T) {
		r := mappedRig(t, nil)
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rSize, 2, 4)
		r.equal("queue_size", uint64(s.Queue(0).Size()), 4)
	})
	t.Run("queue_size is 16 bits of a wider write", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.write(rSize, 4, 0x00100040)
		r.equal("queue_size", r.read(rSize, 2), 0x40)
	})
	t.Run("a ring where no memory is does nothing, and the other queues work", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		r.accept(virtio.FeaturesOf(virtio.Version1))
		r.enable(0, 8)
		r.enable(1, 8)
		r.write(rDesc, 8, 1<<40)
		r.write(rEnable, 2, 1)
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 1)
		r.write(rStatus, 1, 0x0f)
		if s := r.session(); s.Queue(0) == nil || s.Queue(1) != nil {
			t.Error("not queue 0 alone")
		}
		r.equal("status", r.read(rStatus, 1), 0x0f)
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.signalled(1)
	})
	t.Run("2.6.1: a queue reset takes the queue away, and its addresses stay for the next enable", func(t *testing.T) {
		r := mappedRig(t, nil)
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 1)
		r.write(rReset, 2, 1)
		if s.Queue(0) != nil || s.Queue(1) == nil {
			t.Error("not the selected queue alone")
		}
		r.equal("queue_reset", r.read(rReset, 2), 0)
		r.equal("queue_enable", r.read(rEnable, 2), 0)
		r.equal("queue_size", r.read(rSize, 2), 256)
		r.equal("queue_msix_vector", r.read(rVector, 2), 0xffff)
		r.equal("status", r.read(rStatus, 1), 0x0f)
		desc, _, _ := area(0)
		r.equal("queue_desc", r.read(rDesc, 8), desc)
		r.write(rEnable, 2, 1)
		r.equal("queue_size that was written before the reset", uint64(s.Queue(0).Size()), 8)
		r.enable(0, 16)
		r.equal("queue_size of the session's queue", uint64(s.Queue(0).Size()), 16)
	})
	t.Run("a write of something else to queue_reset does nothing", func(t *testing.T) {
		r := mappedRig(t, nil)
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rReset, 2, 2)
		if s.Queue(0) == nil {
			t.Error("the queue is gone")
		}
	})
	t.Run("a device that lost bus master stops, and DRIVER_OK is gone", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.setConfig(4, 2, 3)
		r.equal("status", r.read(rStatus, 1), 0x0b)
		r.setConfig(4, 2, 7)
		r.equal("status", r.read(rStatus, 1), 0x0b)
		r.idle("again with bus master")
	})
	t.Run("a write of COMMAND without bus master drops DRIVER_OK, though it changes nothing", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(4, 2, 3)
		r.write(rStatus, 1, 0x0f)
		r.setConfig(4, 2, 3)
		r.equal("status", r.read(rStatus, 1), 0x0b)
		r.setConfig(5, 1, 4)
		r.equal("status after a write of the other byte", r.read(rStatus, 1), 0x0b)
	})
	t.Run("a device that was reset works without bus master", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(4, 2, 3)
		r.drive()
	})
	t.Run("DRIVER_OK after bus master was taken away waits for it", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.setConfig(4, 2, 3)
		r.write(rStatus, 1, 0x0f)
		r.idle("without bus master")
		r.setConfig(4, 2, 7)
		r.session()
	})
	t.Run("a session that follows without a reset goes on where the last one stopped", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.vectors()
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 0)
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.signalled(0)
		r.write(rStatus, 1, 0x0b)
		if s == r.t.lifeSession() {
			t.Error("the session goes on without DRIVER_OK")
		}
		r.write(rStatus, 1, 0x0f)
		r.session()
		r.offer(0, 1)
		r.write(rNotify, 2, 0)
		r.signalled(0)
		r.equal("used index", uint64(r.usedIndex(0)), 2)
	})
	t.Run("a bus reset resets the device", func(t *testing.T) {
		r := mappedRig(t, nil)
		r.drive()
		r.root.Reset()
		r.place()
		checkModernReset(t, r)
	})
}

func (t *Transport) lifeSession() *virtio.Session {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.life == nil {
		return nil
	}
	return t.life.session
}

func (r *rig) usedIndex(i int) uint16 {
	_, _, used := area(i)
	return uint16(load(r.mem[used+2 : used+4]))
}

func TestResetWaitsForTheDevice(t *testing.T) {
	t.Run("2.4.1: the write of 0 returns when Run has, though Run interrupts meanwhile", func(t *testing.T) {
		var left atomic.Bool
		r := mappedRig(t, func(c *Config, f *fake) {
			c.Vectors = 0
			f.run = func(ctx context.Context, s *virtio.Session) error {
				<-ctx.Done()
				for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
					s.ConfigChanged()
				}
				left.Store(true)
				return ctx.Err()
			}
		})
		r.drive()
		r.write(rStatus, 1, 0)
		if !left.Load() {
			t.Error("status was written before the device had ended")
		}
		r.equal("status", r.read(rStatus, 1), 0)
		r.equal("ISR", r.read(rISR, 1), 0)
		if r.high() {
			t.Error("INTx is high after a reset")
		}
	})
	t.Run("2.4.1: another vCPU does not read 0 before that", func(t *testing.T) {
		var left atomic.Bool
		r := mappedRig(t, func(_ *Config, f *fake) {
			f.run = func(ctx context.Context, _ *virtio.Session) error {
				<-ctx.Done()
				time.Sleep(20 * time.Millisecond)
				left.Store(true)
				return ctx.Err()
			}
		})
		r.drive()
		var vcpu sync.WaitGroup
		vcpu.Go(func() { r.write(rStatus, 1, 0) })
		for r.read(rStatus, 1) != 0 {
			time.Sleep(100 * time.Microsecond)
		}
		if !left.Load() {
			t.Error("status 0 while the device runs")
		}
		vcpu.Wait()
	})
	t.Run("a driver in the PCI_CFG window does not stop INTx", func(t *testing.T) {
		r := mappedRig(t, func(c *Config, f *fake) {
			c.Vectors = 0
			f.run = func(ctx context.Context, s *virtio.Session) error {
				<-ctx.Done()
				s.ConfigChanged()
				return ctx.Err()
			}
		})
		r.drive()
		r.setConfig(0x84+8, 4, 0x14)
		r.setConfig(0x84+12, 4, 1)
		r.setConfig(0x84+16, 1, 0)
		r.equal("status", r.read(rStatus, 1), 0)
	})
}

func TestWhatADeviceShowsFromDriverOKOnIsThereWhenTheWriteIsOver(t *testing.T) {
	var asked virtio.Features
	r := mappedRig(t, func(_ *Config, f *fake) {
		shown := f.info.Config
		f.info.Start = func(accepted virtio.Features) {
			asked = accepted
			shown.Put(6, []byte{0x5a})
		}
	})
	r.accept(virtio.FeaturesOf(virtio.Version1))
	r.equal("before DRIVER_OK", r.read(rConfig+6, 1), 1)
	r.write(rStatus, 1, 0x0f)
	r.equal("after DRIVER_OK", r.read(rConfig+6, 1), 0x5a)
	if asked != virtio.FeaturesOf(virtio.Version1) {
		t.Errorf("it was told of %x", asked)
	}
}
