package virtiopci

const (
	legacyQueueNotify = 16
	legacyStatus      = 18

	// Where the device configuration begins: behind the vectors while MSI-X is enabled, in their place while it is not
	// (4.1.4.10).
	legacyConfig     = 20
	legacyConfigMSIX = 24
)

// legacyRegisters are those of BAR0 (4.1.4.10); the vectors are there only while MSI-X is enabled.
var legacyRegisters = newBlock(
	register{name: "host_features", off: 0, free: true, read: func(t *Transport) uint32 { return t.legacyOffer().Word(0) }},
	register{name: "guest_features", off: 4, write: (*Transport).setGuestFeatures,
		read: func(t *Transport) uint32 { return t.negotiation.accepted.Word(0) }},
	register{name: "queue_pfn", off: 8, write: (*Transport).setQueuePFN,
		read: func(t *Transport) uint32 { return uint32(t.selected().ring.desc / legacyAlign) }},
	register{name: "queue_num", off: 12, read: (*Transport).readQueueSize},
	register{name: "queue_sel", off: 14, read: (*Transport).readQueueSelect, write: (*Transport).setQueueSelect},
	register{name: "queue_notify", off: legacyQueueNotify, free: true, write: (*Transport).legacyNotify},
	register{name: "status", off: legacyStatus, read: (*Transport).readStatus, write: (*Transport).setStatus},
	register{name: "isr", off: 19, free: true, read: (*Transport).readISR},
	register{name: "config_vector", off: 20, read: (*Transport).readConfigVector, write: (*Transport).setConfigVector},
	register{name: "queue_vector", off: 22, read: (*Transport).readQueueVector, write: (*Transport).setQueueVector},
)

func (t *Transport) legacyRegion() region {
	return region{read: t.readLegacy, write: t.writeLegacy}
}

func (t *Transport) readLegacy(off uint64, size int) uint32 {
	if config := t.legacyConfig(); off >= config {
		return t.readConfig(off-config, size)
	}
	return legacyRegisters.read(t, off, ones)
}

func (t *Transport) writeLegacy(off uint64, size int, v uint32) {
	if config := t.legacyConfig(); off >= config {
		t.writeConfig(off-config, size, v)
		return
	}
	legacyRegisters.write(t, off, v)
	if off == legacyStatus && v == statusLegacyBound {
		t.takeBusMaster()
	}
}

func (t *Transport) legacyConfig() uint64 {
	if t.vectored() {
		return legacyConfigMSIX
	}
	return legacyConfig
}
