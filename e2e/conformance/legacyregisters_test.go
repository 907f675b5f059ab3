package conformance

import (
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Fields of the legacy header (4.1.4.10).
const (
	legacyDeviceFeatures = 0
	legacyDriverFeatures = 4
	legacyQueueAddress   = 8
	legacyQueueSize      = 12
	legacyQueueSelect    = 14
	legacyQueueNotify    = 16
	legacyDeviceStatus   = 18
	legacyISR            = 19
	legacyConfigVector   = 20
	legacyQueueVector    = 22
	legacyConfig         = 20 // 24 while MSI-X is enabled
	legacyConfigMSIX     = 24
)

// legacyRegisters is the interface of 4.1.4.10 in BAR0.
type legacyRegisters struct{ m *machine }

func (m *machine) legacy() *legacyRegisters { return &legacyRegisters{m} }

func (r *legacyRegisters) in(off uint64, size int) uint64 {
	return r.m.load(pci.Ports, r.m.bars[0].addr+off, size)
}

func (r *legacyRegisters) out(off uint64, size int, v uint64) {
	r.m.store(pci.Ports, r.m.bars[0].addr+off, size, v)
}

func (r *legacyRegisters) feature(word uint32) uint32 {
	if word > 0 {
		return 0
	}
	return uint32(r.in(legacyDeviceFeatures, 4))
}

func (r *legacyRegisters) setFeature(word, v uint32) {
	if word == 0 {
		r.out(legacyDriverFeatures, 4, uint64(v))
	}
}

func (r *legacyRegisters) status() byte      { return byte(r.in(legacyDeviceStatus, 1)) }
func (r *legacyRegisters) setStatus(v byte)  { r.out(legacyDeviceStatus, 1, uint64(v)) }
func (r *legacyRegisters) selectQueue(i int) { r.out(legacyQueueSelect, 2, uint64(i)) }
func (r *legacyRegisters) queueSize() int    { return int(r.in(legacyQueueSize, 2)) }
func (r *legacyRegisters) setQueueSize(int)  {} // there was no mechanism (4.1.5.1.3.1)

func (r *legacyRegisters) enableQueue(ring *virtiotest.Ring) {
	r.out(legacyQueueAddress, 4, r.m.memory.legacy(ring)/page)
}

func (r *legacyRegisters) queueVector() uint64      { return r.in(legacyQueueVector, 2) }
func (r *legacyRegisters) setQueueVector(v uint64)  { r.out(legacyQueueVector, 2, v) }
func (r *legacyRegisters) configVector() uint64     { return r.in(legacyConfigVector, 2) }
func (r *legacyRegisters) setConfigVector(v uint64) { r.out(legacyConfigVector, 2, v) }

func (r *legacyRegisters) notify(queue int) { r.out(legacyQueueNotify, 2, uint64(queue)) }
func (r *legacyRegisters) isr() byte        { return byte(r.in(legacyISR, 1)) }

func (r *legacyRegisters) deviceConfig(off uint64, size int) uint64 {
	return r.in(r.configAt()+off, size)
}

func (r *legacyRegisters) setDeviceConfig(off uint64, size int, v uint64) {
	r.out(r.configAt()+off, size, v)
}

// configAt is where the device configuration begins: it moves with MSI-X.
func (r *legacyRegisters) configAt() uint64 {
	if r.m.config(r.m.capability(capabilityMSIX)+2, 2)&0x8000 != 0 {
		return legacyConfigMSIX
	}
	return legacyConfig
}
