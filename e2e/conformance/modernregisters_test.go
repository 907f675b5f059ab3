package conformance

import "github.com/drydock-vmm/drydock/virtio/virtiotest"

// Fields of struct virtio_pci_common_cfg (4.1.4.3).
const (
	deviceFeatureSelect = 0x00
	deviceFeature       = 0x04
	driverFeatureSelect = 0x08
	driverFeature       = 0x0c
	configMSIXVector    = 0x10
	numQueues           = 0x12
	deviceStatus        = 0x14
	configGeneration    = 0x15
	queueSelect         = 0x16
	queueSize           = 0x18
	queueMSIXVector     = 0x1a
	queueEnable         = 0x1c
	queueNotifyOff      = 0x1e
	queueDesc           = 0x20
	queueDriver         = 0x28
	queueDevice         = 0x30
	queueReset          = 0x3a
)

// modernRegisters is the interface of 4.1.4, found through the capabilities.
type modernRegisters struct {
	common, notification, isrStatus, device structure
	multiplier                              uint64
}

func (m *machine) modern() *modernRegisters {
	m.Helper()
	r := &modernRegisters{common: m.structure(commonStructure), notification: m.structure(notifyStructure),
		isrStatus: m.structure(isrStructure), device: m.structure(deviceStructure)}
	r.multiplier = m.config(r.notification.at+16, 4)
	return r
}

func (r *modernRegisters) feature(word uint32) uint32 {
	r.common.store(deviceFeatureSelect, 4, uint64(word))
	return uint32(r.common.load(deviceFeature, 4))
}

func (r *modernRegisters) setFeature(word, v uint32) {
	r.common.store(driverFeatureSelect, 4, uint64(word))
	r.common.store(driverFeature, 4, uint64(v))
}

func (r *modernRegisters) status() byte       { return byte(r.common.load(deviceStatus, 1)) }
func (r *modernRegisters) setStatus(v byte)   { r.common.store(deviceStatus, 1, uint64(v)) }
func (r *modernRegisters) selectQueue(i int)  { r.common.store(queueSelect, 2, uint64(i)) }
func (r *modernRegisters) queueSize() int     { return int(r.common.load(queueSize, 2)) }
func (r *modernRegisters) setQueueSize(n int) { r.common.store(queueSize, 2, uint64(n)) }

func (r *modernRegisters) enableQueue(ring *virtiotest.Ring) {
	r.setQueueSize(ring.Size)
	r.common.store(queueDesc, 8, ring.Desc)
	r.common.store(queueDriver, 8, ring.Avail)
	r.common.store(queueDevice, 8, ring.Used)
	r.common.store(queueEnable, 2, 1)
}

func (r *modernRegisters) queueVector() uint64      { return r.common.load(queueMSIXVector, 2) }
func (r *modernRegisters) setQueueVector(v uint64)  { r.common.store(queueMSIXVector, 2, v) }
func (r *modernRegisters) configVector() uint64     { return r.common.load(configMSIXVector, 2) }
func (r *modernRegisters) setConfigVector(v uint64) { r.common.store(configMSIXVector, 2, v) }

func (r *modernRegisters) notify(queue int) {
	r.notification.store(r.notifyAt(queue), 2, uint64(queue))
}

func (r *modernRegisters) notifyData(queue int, next uint16) {
	r.notification.store(r.notifyAt(queue), 4, uint64(next)<<16|uint64(queue))
}

// notifyAt is the offset of a queue's notification address in its structure (4.1.4.4).
func (r *modernRegisters) notifyAt(queue int) uint64 {
	r.selectQueue(queue)
	return r.common.load(queueNotifyOff, 2) * r.multiplier
}

func (r *modernRegisters) isr() byte { return byte(r.isrStatus.load(0, 1)) }

func (r *modernRegisters) deviceConfig(off uint64, size int) uint64 { return r.device.load(off, size) }

func (r *modernRegisters) setDeviceConfig(off uint64, size int, v uint64) {
	r.device.store(off, size, v)
}
