package conformance

import (
	"math/bits"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

var notifySentences = []sentence{
	must("4.1.4.4.1", modern, "has a notification structure", func(e *env) { e.nic().structure(notifyStructure) }),
	must("4.1.4.4.1", modern, "has it at an even offset", func(e *env) { e.nic().aligned(notifyStructure, 2) }),
	must("4.1.4.4.1", modern, "has 0 or an even power of two for notify_off_multiplier", func(e *env) {
		for _, change := range notifyShapes {
			n := e.nic(function(change))
			for _, s := range n.structures(notifyStructure) {
				if m := n.config(s.at+16, 4); m != 0 && (bits.OnesCount64(m) != 1 || m < 2) {
					e.Errorf("notify_off_multiplier %d", m)
				}
			}
		}
	}),
	must("4.1.4.4.1", modern, "has at least 2 bytes in the notification structure", func(e *env) {
		for _, change := range notifyShapes {
			n := e.nic(function(change))
			for _, s := range n.structures(notifyStructure) {
				if s.length < 2 {
					e.Errorf("%d bytes", s.length)
				}
			}
		}
	}),
	must("4.1.4.4.1", modern, "has the notification address of each queue inside the structure", func(e *env) {
		for _, change := range notifyShapes {
			n := e.nic(pairs(4), function(change))
			n.negotiate(virtio.FeaturesOf(MQ, CtrlVQ))
			n.notificationsFit(2)
		}
	}),
	described("4.1.5.2", everywhere, "is notified by a write of the queue's number to the queue's address", func(e *env) {
		for _, change := range notifyShapes {
			n := e.nic(function(func(c *virtiopci.Config) {
				if e.column != legacyDriver {
					change(c)
				}
			}))
			n.startNIC()
			n.works()
		}
	}),
	described("4.1.5.2", modern, "is notified through each of its notification structures", func(e *env) {
		n := e.nic(function(func(c *virtiopci.Config) { c.ModernPIONotify = true }))
		for _, s := range n.structures(notifyStructure) {
			n.startNIC()
			r := n.registers.(*modernRegisters)
			r.notification, r.multiplier = s, n.config(s.at+16, 4)
			n.works()
		}
	}),
}

// notifyShapes are the ways in which a function can have its notification addresses.
var notifyShapes = []func(*virtiopci.Config){
	func(*virtiopci.Config) {},
	func(c *virtiopci.Config) { c.PagePerVQ = true },
	func(c *virtiopci.Config) { c.ModernPIONotify = true },
}

// notificationsFit checks that the address of each queue has room for a write of so many bytes.
func (d *driver) notificationsFit(width uint64) {
	d.Helper()
	for _, s := range d.structures(notifyStructure) {
		multiplier := d.config(s.at+16, 4)
		for i := 0; ; i++ {
			if d.selectQueue(i); d.queueSize() == 0 {
				break
			}
			if off := d.structure(commonStructure).load(queueNotifyOff, 2) * multiplier; off+width > s.length {
				d.Errorf("queue %d is notified at %#x of %#x bytes", i, off, s.length)
			}
		}
	}
}
