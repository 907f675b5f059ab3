package conformance

import "github.com/drydock-vmm/drydock/virtio/virtiotest"

// registers are what a driver does to a device, through either interface.
type registers interface {
	feature(word uint32) uint32
	setFeature(word, v uint32)
	status() byte
	setStatus(v byte)
	selectQueue(i int)
	queueSize() int // of the selected queue; 0 if there is none
	setQueueSize(n int)
	enableQueue(r *virtiotest.Ring) // gives the selected queue its ring
	queueVector() uint64
	setQueueVector(v uint64)
	configVector() uint64
	setConfigVector(v uint64)
	notify(queue int)
	isr() byte
	deviceConfig(off uint64, size int) uint64
	setDeviceConfig(off uint64, size int, v uint64)
}

// noVector is VIRTIO_MSI_NO_VECTOR.
const noVector = 0xffff
