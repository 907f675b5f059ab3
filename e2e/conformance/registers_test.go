package conformance

import "github.com/drydock-vmm/drydock/virtio/virtiotest"

// registers are what a driver does to a device, through either interface.
type registers interface {
	negotiation
	queueRegisters
	vectors
	isr() byte
	deviceConfig(off uint64, size int) uint64
	setDeviceConfig(off uint64, size int, v uint64)
}

type negotiation interface {
	feature(word uint32) uint32
	setFeature(word, v uint32)
	status() byte
	setStatus(v byte)
}

// queueRegisters are those of the selected queue, but for notify.
type queueRegisters interface {
	selectQueue(i int)
	queueSize() int // 0 if there is none
	setQueueSize(n int)
	enableQueue(r *virtiotest.Ring) // gives the queue its ring
	notify(queue int)
}

// vectors say where interrupts go.
type vectors interface {
	queueVector() uint64 // of the selected queue
	setQueueVector(v uint64)
	configVector() uint64
	setConfigVector(v uint64)
}

// noVector is VIRTIO_MSI_NO_VECTOR.
const noVector = 0xffff
