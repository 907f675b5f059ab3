package virtiopci

import (
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio"
)

// setStatus is a write of device_status, legacy or modern (virtio_set_status). The caller holds mu.
func (t *Transport) setStatus(v uint32) {
	v &= 0xff
	old := t.status.Load()
	switch {
	case v == 0:
		t.reset()
	case v&^old&statusFeaturesOK != 0 && t.refused():
		// The whole write is lost, so that FEATURES_OK reads back 0.
		t.resetIf(old == 0)
	case v&statusDriverOK == 0:
		t.stopIf(old&statusDriverOK != 0)
		t.status.Store(v)
	default:
		t.status.Store(v)
		t.start()
	}
}

// resetIf is QEMU's look at the status after each write of it: whoever leaves it 0 resets the device.
func (t *Transport) resetIf(zero bool) {
	if zero {
		t.reset()
	}
}

// stopIf ends the session if DRIVER_OK falls. A legacy session that began with a kick before DRIVER_OK goes on.
func (t *Transport) stopIf(falls bool) {
	if falls {
		t.stop()
	}
}

// reset brings everything back to the state of 2.4.1, when the device has let go of the rings. The caller holds mu. The feature
// selectors and driver_feature stay as they were, as in QEMU: drivers write before they read.
func (t *Transport) reset() {
	t.stop()
	t.clear()
	t.forget()
	t.updateLine()
}

// forget has the device return its configuration to what it was before the driver wrote there.
func (t *Transport) forget() {
	if t.info.Reset != nil {
		t.info.Reset()
	}
}

// clear is the state at power on.
func (t *Transport) clear() {
	t.status.Store(0)
	t.broken.Store(false)
	t.started.Store(false)
	t.isr.Store(0)
	t.configVector.Store(noVector)
	t.disabled.Store(false)
	t.setAccepted(virtio.Features{})
	t.queueSelect = 0
	for i := range t.queues {
		t.queues[i].clear()
	}
	for _, k := range t.kicks {
		k.drain()
	}
	for v := range t.vectorCount() {
		t.msix.ClearPending(v)
	}
	clear(t.vectorUsers)
}

// busReset is a reset of the PCI bus.
func (t *Transport) busReset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reset()
}

// commandWritten follows bus master: a device that loses it stops, and stays stopped until the driver sets DRIVER_OK again,
// which only a reset lets it do properly. DRIVER_OK that is set meanwhile waits for bus master, or for a reset: a device that
// was reset since works without it (virtio_write_config).
func (t *Transport) commandWritten(command uint16) {
	t.mu.Lock()
	defer t.mu.Unlock()
	disabled := command&pci.CommandBusMaster == 0
	t.disabled.Store(disabled)
	status := t.status.Load()
	switch {
	case disabled:
		t.stop()
		t.status.Store(status &^ statusDriverOK)
	case status&statusDriverOK != 0:
		t.start()
	}
}

// takeBusMaster sets bus master for a driver that does not: Linux before 2.6.34.
func (t *Transport) takeBusMaster() { t.fn.UpdateCommand(pci.CommandBusMaster, 0) }
