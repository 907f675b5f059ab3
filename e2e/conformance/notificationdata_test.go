package conformance

import (
	"math/bits"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

var notificationDataSentences = []sentence{
	must("4.1.4.4.1", modern, "with NOTIFICATION_DATA has the notification structure at an offset that is a multiple of 4", func(e *env) {
		for _, shape := range notifyShapes {
			e.nic(with(virtio.NotificationData), function(shape)).aligned(notifyStructure, 4)
		}
	}),
	must("4.1.4.4.1", modern, "with NOTIFICATION_DATA has 0 or a power of two of at least 4 for notify_off_multiplier", func(e *env) {
		for _, shape := range notifyShapes {
			n := e.nic(with(virtio.NotificationData), function(shape))
			for _, s := range n.structures(notifyStructure) {
				if m := n.config(s.at+16, 4); m != 0 && (bits.OnesCount64(m) != 1 || m < 4) {
					e.Errorf("notify_off_multiplier %d", m)
				}
			}
		}
	}),
	must("4.1.4.4.1", modern, "with NOTIFICATION_DATA has at least 4 bytes in the notification structure", func(e *env) {
		for _, shape := range notifyShapes {
			n := e.nic(with(virtio.NotificationData), function(shape))
			for _, s := range n.structures(notifyStructure) {
				if s.length < 4 {
					e.Errorf("%d bytes", s.length)
				}
			}
		}
	}),
	must("4.1.4.4.1", modern, "with NOTIFICATION_DATA has room for 4 bytes at the notification address of each queue", func(e *env) {
		for _, shape := range notifyShapes {
			n := e.nic(pairs(4), with(virtio.NotificationData), function(shape))
			n.negotiate(virtio.FeaturesOf(MQ, CtrlVQ))
			n.notificationsFit(4)
		}
	}),
	described("4.1.5.2.1", modern, "with NOTIFICATION_DATA is notified by a write of 4 bytes: the queue, and where the driver goes on", func(e *env) {
		for _, shape := range notifyShapes {
			n := e.nic(with(virtio.NotificationData), function(shape))
			n.sizes[1] = 8
			n.startNIC(virtio.NotificationData)
			for range 20 { // around the ring's end
				n.works()
			}
		}
	}),
}
