package conformance

import (
	"math/bits"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

var commonSentences = []sentence{
	must("4.1.4.3.1", modern, "shows the offered bits of whatever word is selected, and 0 where it offers none", func(e *env) {
		n := e.nic()
		n.equal("MAC", uint64(n.feature(0)>>MAC&1), 1)
		n.equal("VERSION_1", uint64(n.feature(1)&1), 1)
		for _, word := range []uint32{2, 3, 4, 31, 32, 64, 1 << 16, 1<<31 + 1, ^uint32(0)} {
			n.equal("device_feature", uint64(n.feature(word)), 0)
		}
		n.equal("device_feature_select", n.structure(commonStructure).load(deviceFeatureSelect, 4), 0xffffffff)
	}),
	must("4.1.4.3.1", modern, "shows the valid bits that the driver has written, word by word", func(e *env) {
		n := e.nic()
		n.begin()
		want := virtio.FeaturesOf(MAC, MrgRxbuf, virtio.Version1, virtio.RingReset)
		for w := range uint32(2) {
			n.setFeature(w, want.Word(w))
		}
		common := n.structure(commonStructure)
		for w := range uint32(2) {
			common.store(driverFeatureSelect, 4, uint64(w))
			n.equal("driver_feature", common.load(driverFeature, 4), uint64(want.Word(w)))
		}
	}),
	must("4.1.4.3.1", modern, "shows another config_generation when what the driver has read has changed", func(e *env) {
		n := e.nic()
		n.startNIC(Status)
		common := n.structure(commonStructure)
		for _, up := range []bool{false, true, false} {
			n.deviceConfig(configStatus, 2)
			before := common.load(configGeneration, 1)
			n.device.SetLink(up)
			if common.load(configGeneration, 1) == before {
				e.Errorf("config_generation stays %d", before)
			}
		}
	}),
	must("4.1.4.3.1", modern, "resets when 0 is written to device_status, and then shows 0", func(e *env) {
		n := e.nic()
		n.sizes[0] = 64
		n.startVectors()
		n.setStatus(0)
		common := n.structure(commonStructure)
		n.equal("device_status", common.load(deviceStatus, 1), 0)
		n.selectQueue(0)
		n.equal("queue_size", common.load(queueSize, 2), 256)
		n.equal("queue_desc", common.load(queueDesc, 8), 0)
	}),
	must("4.1.4.3.1", modern, "shows 0 in queue_enable at a reset", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.selectQueue(1)
		common := n.structure(commonStructure)
		n.equal("queue_enable of a queue in use", common.load(queueEnable, 2), 1)
		n.setStatus(0)
		for i := range 3 {
			n.selectQueue(i)
			n.equal("queue_enable", common.load(queueEnable, 2), 0)
		}
	}),
	must("4.1.4.3.1", modern, "shows 0 in queue_reset at a reset", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.setStatus(0)
		n.equal("queue_reset", n.structure(commonStructure).load(queueReset, 2), 0)
	}),
	must("4.1.4.3.1", modern, "shows 0 in queue_reset after a queue is enabled", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.resetQueue(1)
		n.enable(1)
		n.equal("queue_reset", n.structure(commonStructure).load(queueReset, 2), 0)
		n.equal("queue_enable", n.structure(commonStructure).load(queueEnable, 2), 1)
	}),
	must("4.1.4.3.1", modern, "resets the selected queue, and no other, when 1 is written to queue_reset", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		common := n.structure(commonStructure)
		n.selectQueue(0)
		common.store(queueReset, 2, 1)
		n.eventually("the queue is reset", func() bool { return common.load(queueEnable, 2) == 0 })
		n.works()
	}),
	must("4.1.4.3.1", modern, "shows 1 in queue_reset only while the queue is being reset: never after the write that resets it", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.selectQueue(1)
		common := n.structure(commonStructure)
		common.store(queueReset, 2, 1)
		if common.load(queueReset, 2) == 0 {
			n.post(frame(60, 1))
			n.tx().Publish()
			n.notify(1)
			n.nothingArrives()
		}
	}),
	must("4.1.4.3.1", modern, "shows 0 in queue_reset and queue_enable when a queue has been reset", func(e *env) {
		n := e.nic()
		n.startNIC(virtio.RingReset)
		n.resetQueue(1)
		n.equal("queue_enable", n.structure(commonStructure).load(queueEnable, 2), 0)
	}),
	must("4.1.4.3.1", everywhere, "shows 0 in queue_size of a queue that does not exist", func(e *env) {
		n := e.nic(pairs(2))
		n.begin()
		for _, i := range []int{3, 4, 5, 64, 1023} {
			n.selectQueue(i)
			n.equal("queue_size", uint64(n.queueSize()), 0)
		}
	}),
	must("4.1.4.3.1", split, "shows a power of two in queue_size, without RING_PACKED", func(e *env) {
		n := e.nic(pairs(2))
		n.startNIC(MQ, CtrlVQ)
		for i := range n.rings {
			n.selectQueue(i)
			if bits.OnesCount(uint(n.queueSize())) != 1 {
				e.Errorf("queue %d: %d", i, n.queueSize())
			}
		}
	}),
	must("4.1.4.3.1", splitModern, "shows a power of two in queue_size when the driver has written another number", func(e *env) {
		n := e.nic()
		n.negotiate(virtio.Features{})
		n.setQueueSize(100)
		n.equal("queue_size", uint64(n.queueSize()), 100)
	}).deviates("the register keeps what the driver writes, up to 1024, and a ring of that size works"),
	described("4.1.4.3", modern, "counts its queues in num_queues", func(e *env) {
		n := e.nic(pairs(2))
		common := n.structure(commonStructure)
		n.negotiate(virtio.FeaturesOf(MQ, CtrlVQ))
		count := 0
		for n.selectQueue(count); n.queueSize() != 0; n.selectQueue(count) {
			count++
		}
		n.equal("queues that exist", uint64(count), 5)
		n.equal("num_queues", common.load(numQueues, 2), 5)
	}),
	described("4.1.4.3", modern, "takes the size that the driver writes to queue_size, down to 1", func(e *env) {
		n := e.nic()
		for _, n.sizes[1] = range []int{1, 2, 4, 128, 1024} {
			n.startNIC(virtio.IndirectDesc)
			for range 3 {
				n.transmitIndirect(frame(60, 7))
				n.arrives(frame(60, 7))
			}
		}
	}),
	untested("4.1.4.3.1", mustWord, "with ADMIN_VQ has its administration queues behind all others", "ADMIN_VQ is not offered"),
}

// transmitIndirect sends a frame that takes one entry of the ring.
func (n *nic) transmitIndirect(frame []byte) {
	n.Helper()
	n.tx().AddIndirect(readable(n.ram(), append(make([]byte, n.header()), frame...), n.header())...)
	n.tx().Kick()
	n.tx().Wait(patience)
}
