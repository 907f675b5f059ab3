package conformance

import (
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

var initializationSentences = []sentence{
	described("3.1.1", modern, "takes a driver through all steps to a device that works", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("status", uint64(n.status()), acknowledge|driverBit|featuresOK|driverOK)
		n.works()
	}),
	described("3.1.1", modern, "takes no features after FEATURES_OK", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.setFeature(0, uint32(virtio.FeaturesOf(virtio.EventIdx).Word(0)))
		n.ready()
		n.settle()
		n.works()
		if n.asksByIndex() {
			e.Error("EVENT_IDX is in use")
		}
	}),
	must("3.1.2", legacy, "lets the driver write the device configuration before it reads the features", func(e *env) {
		n := e.nic()
		n.reset()
		for i := range uint64(6) {
			n.setDeviceConfig(configMAC+i, 1, 0x20+i)
		}
		for i := range uint64(6) {
			n.equal("mac", n.deviceConfig(configMAC+i, 1), 0x20+i)
		}
	}),
	must("3.1.2", legacy, "serves a driver that uses it before DRIVER_OK", func(e *env) {
		n := e.nic()
		n.prepare(virtio.Features{})
		n.works()
		n.ready()
		n.works()
	}),
	must("3.1.2", legacy, "works without FEATURES_OK", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("status", uint64(n.status()), acknowledge|driverBit|driverOK)
		n.works()
	}),
	untested("3.4.2", mustWord, "ignores SUSPEND before it is initialized", noSuspend),
	untested("3.4.2", mustWord, "while it is suspended touches no queue, sends no notification and changes no configuration", noSuspend),
	untested("3.4.2", mustWord, "when it resumes sends the notification of a change while it was suspended", noSuspend),
	untested("3.4.2", mustWord, "suspends and resumes, or sets DEVICE_NEEDS_RESET", noSuspend),
	untested("3.4.2", shouldWord, "while it is suspended ignores writes to its configuration, but for the status", noSuspend),
	untested("3.4.2", shouldWord, "uses and notifies what is in progress before it shows SUSPEND", noSuspend),
}

// asksByIndex says whether the device has ever asked for a notification of a certain buffer, as it does with EVENT_IDX alone.
func (n *nic) asksByIndex() bool {
	if n.column == packedRings {
		_, flags := n.tx().DeviceEvent()
		return flags == virtiotest.EventDesc
	}
	return n.tx().AvailEvent() != 0
}

const noSuspend = "VIRTIO_F_SUSPEND is not offered"
