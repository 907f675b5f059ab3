package virtiopci

// commonConfig is struct virtio_pci_common_cfg (4.1.4.3). 64-bit fields are two halves. queue_notify_data and the
// administration queue's fields read 0, as every offset without a register does.
var commonConfig = newBlock(
	register{name: "device_feature_select", off: 0x00,
		read:  func(t *Transport) uint32 { return t.negotiation.deviceSelect },
		write: func(t *Transport, v uint32) { t.negotiation.deviceSelect = v }},
	register{name: "device_feature", off: 0x04, read: (*Transport).deviceFeature},
	register{name: "driver_feature_select", off: 0x08,
		read:  func(t *Transport) uint32 { return t.negotiation.driverSelect },
		write: func(t *Transport, v uint32) { t.negotiation.driverSelect = v }},
	register{name: "driver_feature", off: 0x0c, read: (*Transport).driverFeature, write: (*Transport).setDriverFeature},
	register{name: "config_msix_vector", off: 0x10, read: (*Transport).readConfigVector, write: (*Transport).setConfigVector},
	register{name: "num_queues", off: 0x12, read: func(t *Transport) uint32 { return uint32(len(t.sizes)) }},
	register{name: "device_status", off: 0x14, read: (*Transport).readStatus, write: (*Transport).setStatus},
	register{name: "config_generation", off: 0x15, free: true,
		read: func(t *Transport) uint32 { return uint32(t.info.Config.Generation()) }},
	register{name: "queue_select", off: 0x16, read: (*Transport).readQueueSelect, write: (*Transport).setQueueSelect},
	register{name: "queue_size", off: 0x18, read: (*Transport).readQueueSize, write: (*Transport).setQueueSize},
	register{name: "queue_msix_vector", off: 0x1a, read: (*Transport).readQueueVector, write: (*Transport).setQueueVector},
	register{name: "queue_enable", off: 0x1c, read: (*Transport).readQueueEnable, write: (*Transport).setQueueEnable},
	register{name: "queue_notify_off", off: 0x1e, read: (*Transport).readQueueSelect},
	low("queue_desc", 0x20, descOf), high("queue_desc", 0x24, descOf),
	low("queue_driver", 0x28, availOf), high("queue_driver", 0x2c, availOf),
	low("queue_device", 0x30, usedOf), high("queue_device", 0x34, usedOf),
	// It never reads 1: the queue is reset before the write returns.
	register{name: "queue_reset", off: 0x3a, write: (*Transport).resetQueue},
)

func descOf(q *queueState) *uint64  { return &q.desc }
func availOf(q *queueState) *uint64 { return &q.avail }
func usedOf(q *queueState) *uint64  { return &q.used }

// low and high are the halves of a 64-bit field of the selected queue (4.1.3.2).
func low(name string, off uint64, field func(*queueState) *uint64) register {
	return register{name: name + " low", off: off,
		read: func(t *Transport) uint32 { return uint32(*field(t.selected())) },
		write: func(t *Transport, v uint32) {
			f := field(t.selected())
			*f = *f>>32<<32 | uint64(v)
		}}
}

func high(name string, off uint64, field func(*queueState) *uint64) register {
	return register{name: name + " high", off: off,
		read: func(t *Transport) uint32 { return uint32(*field(t.selected()) >> 32) },
		write: func(t *Transport, v uint32) {
			f := field(t.selected())
			*f = uint64(v)<<32 | uint64(uint32(*f))
		}}
}

func (t *Transport) commonRegion() region {
	return region{
		read:  func(off uint64, _ int) uint32 { return commonConfig.read(t, off, 0) },
		write: func(off uint64, _ int, v uint32) { commonConfig.write(t, off, v) },
	}
}

// isrRegion reads the ISR at any offset of its page.
func (t *Transport) isrRegion() region {
	return region{read: func(uint64, int) uint32 { return t.readISR() }}
}

// configRegion is the device-specific configuration. Reading it takes no lock of the transport.
func (t *Transport) configRegion() region {
	return region{read: t.readConfig, write: t.writeConfig}
}

// readConfig reads all ones if the access reaches over the end, however much of it lies inside.
func (t *Transport) readConfig(off uint64, size int) uint32 {
	var b [4]byte
	if !t.info.Config.Show(int(off), b[:size]) {
		return ones
	}
	return load(b[:size])
}

func (t *Transport) writeConfig(off uint64, size int, v uint32) {
	var b [4]byte
	store(b[:size], v)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.info.Config.Write(t.negotiation.accepted, int(off), b[:size])
}
