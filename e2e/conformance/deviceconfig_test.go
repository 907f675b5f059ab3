package conformance

import (
	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

// Fields of struct virtio_net_config (5.1.4).
const (
	configMAC      = 0
	configStatus   = 6
	configMaxPairs = 8
	configMTU      = 10
	configSpeed    = 12
	configDuplex   = 16

	linkUp   = 1
	announce = 2
)

var configSentences = []sentence{
	must("2.5.2", modern, "lets the driver read every field before FEATURES_OK", func(e *env) {
		n := e.nic(pairs(2), mtu(1400))
		n.readsAll()
		n.setStatus(acknowledge | driverBit)
		n.readsAll()
	}),
	must("2.5.2", modern, "shows a field whose feature is offered, though the driver has not accepted it", func(e *env) {
		n := e.nic(pairs(2), mtu(1400))
		if !n.negotiate(virtio.Features{}) {
			e.Fatal("refused")
		}
		n.readsAll()
	}),
	described("2.5", everywhere, "drops what a driver writes to a field that is read-only", func(e *env) {
		n := e.nic(pairs(2), mtu(1400))
		n.readsAll()
		for _, off := range []uint64{configStatus, configMaxPairs, configMTU} {
			n.setDeviceConfig(off, 2, 0x5555)
		}
		n.readsAll()
	}),
	described("2.5", everywhere, "keeps mac when a driver that has not read the configuration writes another field", func(e *env) {
		n := e.nic()
		n.setDeviceConfig(configStatus, 2, 0)
		n.equal("mac", n.deviceConfig(configMAC, 4), 0)
	}).deviates("a write is taken for one of the whole configuration as the driver has last read it, and that is zeros at first"),
	described("2.5.3", legacy, "has its fields in the guest's native order, which is little-endian", func(e *env) {
		n := e.nic(pairs(2), mtu(1400))
		n.equal("low byte of mtu", n.deviceConfig(configMTU, 1), 1400&0xff)
		n.equal("high byte of mtu", n.deviceConfig(configMTU+1, 1), 1400>>8)
	}),
	described("2.5", modern, "has its fields in little-endian order", func(e *env) {
		n := e.nic(pairs(2), mtu(1400), with(SpeedDuplex), func(c *nicConfig) { c.device.Speed = 0x12345678 })
		for i, want := range []uint64{0x78, 0x56, 0x34, 0x12} {
			n.equal("byte of speed", n.deviceConfig(configSpeed+uint64(i), 1), want)
		}
	}),
}

// readsAll compares the fields of a card with two pairs and an MTU of 1400.
func (n *nic) readsAll() {
	n.Helper()
	for i, want := range ownMAC {
		n.equal("mac", n.deviceConfig(configMAC+uint64(i), 1), uint64(want))
	}
	n.equal("status", n.deviceConfig(configStatus, 2), linkUp)
	n.equal("max_virtqueue_pairs", n.deviceConfig(configMaxPairs, 2), 2)
	n.equal("mtu", n.deviceConfig(configMTU, 2), 1400)
}
