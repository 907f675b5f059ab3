package virtiopci

import (
	"testing"

	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

func TestPause(t *testing.T) {
	// stopped is a rig whose device has used one buffer of queue 0, paused.
	stopped := func(t *testing.T) (*rig, *virtio.Session) {
		r := mappedRig(t, nil)
		r.vectors()
		s := r.drive()
		r.write(rSelect, 2, 0)
		r.write(rVector, 2, 0)
		r.offer(0, 0)
		r.write(rNotify, 2, 0)
		r.signalled(0)
		r.t.Pause()
		return r, s
	}
	t.Run("the queues leave the session, which lives on", func(t *testing.T) {
		r, s := stopped(t)
		if s.Queue(0) != nil || s.Queue(1) != nil {
			t.Error("a queue is still in the session")
		}
		if r.t.lifeSession() != s {
			t.Error("the session has ended")
		}
		r.equal("status", r.read(rStatus, 1), 0x0f)
		r.t.Pause()
		r.t.Resume()
		r.t.Resume()
		if s.Queue(0) == nil || s.Queue(1) == nil || r.t.lifeSession() != s {
			t.Error("the session has not got its queues back")
		}
	})
	t.Run("a kick that comes meanwhile is served after it, where the queue stopped", func(t *testing.T) {
		r, _ := stopped(t)
		r.offer(0, 1)
		r.write(rNotify, 2, 0)
		r.equal("used index", uint64(r.usedIndex(0)), 1)
		r.t.Resume()
		r.signalled(0)
		r.equal("used index", uint64(r.usedIndex(0)), 2)
	})
	t.Run("a reset meanwhile ends the session", func(t *testing.T) {
		r, _ := stopped(t)
		r.write(rStatus, 1, 0)
		r.t.Resume()
		if r.t.lifeSession() != nil {
			t.Error("a session without DRIVER_OK")
		}
		r.drive()
	})
	t.Run("DRIVER_OK meanwhile begins a session, which gets its queues after it", func(t *testing.T) {
		r, _ := stopped(t)
		s := r.drive()
		if s.Queue(0) != nil {
			t.Error("a queue while paused")
		}
		r.t.Resume()
		if s.Queue(0) == nil || s.Queue(1) == nil {
			t.Error("no queues")
		}
	})
	t.Run("a queue that is enabled or reset meanwhile is so after it", func(t *testing.T) {
		r, s := stopped(t)
		r.enable(2, 8)
		r.write(rSelect, 2, 1)
		r.write(rReset, 2, 1)
		r.t.Resume()
		if s.Queue(0) == nil || s.Queue(1) != nil || s.Queue(2) == nil {
			t.Error("not queues 0 and 2")
		}
	})
}

func TestNotificationData(t *testing.T) {
	t.Run("4.1.5.2.1: the lower half of what is written to the port is the queue", func(t *testing.T) {
		r := mappedRig(t, func(c *Config, f *fake) {
			c.ModernPIONotify = true
			f.info.Features = f.info.Features.With(virtio.NotificationData)
		})
		r.vectors()
		r.accept(virtio.FeaturesOf(virtio.Version1, virtio.NotificationData))
		r.enable(1, 8)
		r.write(rVector, 2, 2)
		r.write(rStatus, 1, 0x0f)
		r.offer(1, 0)
		r.store(pci.Ports, pioPort, 4, 0x80010001)
		r.signalled(2)
	})
	t.Run("4.1.5.2.1: four bytes at the queue's address are one notification", func(t *testing.T) {
		r := mappedRig(t, func(_ *Config, f *fake) { f.info.Features = f.info.Features.With(virtio.NotificationData) })
		r.vectors()
		r.accept(virtio.FeaturesOf(virtio.Version1, virtio.NotificationData))
		r.enable(1, 8)
		r.write(rVector, 2, 2)
		r.write(rStatus, 1, 0x0f)
		r.offer(1, 0)
		r.write(rNotify+4, 4, 0x00010001)
		r.signalled(2)
	})
}
