package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

var legacySentences = []sentence{
	must("4.1.4.10", legacy, "has the legacy registers in BAR0, an I/O region", func(e *env) {
		n := e.nic()
		r := n.legacy()
		n.equal("device features", r.in(legacyDeviceFeatures, 4)>>MAC&1, 1)
		r.out(legacyQueueSelect, 2, 1)
		n.equal("queue select", r.in(legacyQueueSelect, 2), 1)
		n.equal("queue size", r.in(legacyQueueSize, 2), 256)
		n.equal("queue address", r.in(legacyQueueAddress, 4), 0)
		n.equal("device status", r.in(legacyDeviceStatus, 1), 0)
		n.equal("ISR status", r.in(legacyISR, 1), 0)
	}),
	must("4.1.4.10", legacy, "gives the same device configuration by accesses of any width", func(e *env) {
		n := e.nic(pairs(2), mtu(1400))
		var bytes []uint64
		for i := range uint64(12) {
			bytes = append(bytes, n.deviceConfig(i, 1))
		}
		for _, size := range []int{2, 4} {
			for off := 0; off+size <= len(bytes); off++ {
				var want uint64
				for i := range size {
					want |= bytes[off+i] << (8 * i)
				}
				n.equal("device configuration", n.deviceConfig(uint64(off), size), want)
			}
		}
	}),
	must("4.1.4.10", legacy, "has the device configuration right behind the header: at 20 without MSI-X", func(e *env) {
		n := e.nic()
		n.equal("mac", n.legacy().in(20, 2), uint64(ownMAC[0])|uint64(ownMAC[1])<<8)
	}),
	must("4.1.4.10", legacy, "has the device configuration at 24 while MSI-X is enabled, and at 20 again after that", func(e *env) {
		n := e.nic()
		r := n.legacy()
		mac := r.in(20, 4)
		n.enableMSIX()
		n.equal("mac with MSI-X", r.in(24, 4), mac)
		n.disableMSIX()
		n.equal("mac without", r.in(20, 4), mac)
	}),
	described("4.1.4.10", legacy, "has its two vector registers behind the header while MSI-X is enabled", func(e *env) {
		n := e.nic()
		n.enableMSIX()
		r := n.legacy()
		r.out(20, 2, 1)
		r.out(22, 2, 2)
		n.equal("config_msix_vector", r.in(20, 2), 1)
		n.equal("queue_msix_vector", r.in(22, 2), 2)
	}),
	must("4.1.4.10", legacy, "takes feature bits 32 to 63 for not accepted", func(e *env) {
		n := e.nic()
		n.start()
		n.settle() // with the header of a driver without VERSION_1
		n.works()
	}),
	described("4.1.5.1.3.1", legacy, "takes a queue's address in units of 4096 bytes, with the parts of the ring aligned to that", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.selectQueue(1)
		if a := n.legacy().in(legacyQueueAddress, 4); a < legacyBase/page {
			e.Errorf("queue address %#x", a)
		}
		n.works()
	}),
	described("4.1.5.1.3.1", legacy, "does not let the driver change a queue's size", func(e *env) {
		n := e.nic()
		r := n.legacy()
		r.out(legacyQueueSize, 2, 64)
		n.equal("queue size", r.in(legacyQueueSize, 2), 256)
	}),
	described("4.1.4.10", legacy, "shows the driver's features as it has taken them", func(e *env) {
		n := e.nic()
		n.negotiate(virtio.FeaturesOf(MAC, MrgRxbuf))
		n.equal("driver features", n.legacy().in(legacyDriverFeatures, 4), uint64(virtio.FeaturesOf(MAC, MrgRxbuf, virtio.AnyLayout).Word(0)))
	}),
}
