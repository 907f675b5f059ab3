package virtiopci

import "github.com/drydock-vmm/drydock/devices/pci"

// setStatus is a write of device_status, legacy or modern (virtio_set_status). The caller holds mu.
func (t *Transport) setStatus(v uint32) {
	v &= 0xff
	old := t.status.Load()
	switch {
	case v == 0:
		t.reset()
	case v&^old&statusFeaturesOK != 0 && t.refused():
		// The whole write is lost, so that FEATURES_OK reads back 0.
	case v&statusDriverOK == 0:
		t.stopIf(old&statusDriverOK != 0)
		t.status.Store(v)
	default:
		t.status.Store(v)
		t.start()
	}
}

// stopIf ends the session if DRIVER_OK falls. A legacy session that began with a kick before DRIVER_OK goes on.
func (t *Transport) stopIf(falls bool) {
	if falls {
		t.stop()
	}
}

// reset brings everything back to the state of 2.4.1, when the device has let go of the rings. The caller holds mu.
//
// QEMU leaves the feature selectors and driver_feature as they were; a driver that counts on it would break elsewhere.
func (t *Transport) reset() {
	t.stop()
	t.clear()
	if t.info.Reset != nil {
		t.info.Reset()
	}
	t.updateLine()
}

// clear is the state at power on.
func (t *Transport) clear() {
	t.status.Store(0)
	t.broken.Store(false)
	t.started.Store(false)
	t.isr.Store(0)
	t.configVector.Store(noVector)
	t.negotiation = negotiation{}
	t.accept(t.negotiation.accepted)
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
}

// busReset is a reset of the PCI bus.
func (t *Transport) busReset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busMaster = false
	t.window.clear()
	t.reset()
}

// commandWritten follows bus master: a device that loses it stops, and stays stopped until the driver sets DRIVER_OK
// again, which only a reset lets it do properly (virtio_write_config).
func (t *Transport) commandWritten(command uint16) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busMaster = command&pci.CommandBusMaster != 0
	status := t.status.Load()
	switch {
	case !t.busMaster:
		t.stop()
		t.status.Store(status &^ statusDriverOK)
	case status&statusDriverOK != 0:
		t.start()
	}
}

// takeBusMaster sets bus master for a driver that does not: Linux before 2.6.34. The caller does not hold mu.
func (t *Transport) takeBusMaster() { t.commandWritten(t.fn.UpdateCommand(pci.CommandBusMaster, 0)) }
