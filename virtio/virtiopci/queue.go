package virtiopci

import (
	"fmt"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/virtio"
)

const legacyAlign = 4096 // of a legacy ring's used part, and the unit of queue_pfn (2.7.2)

// queueState is what the registers say of one queue. The mutex of the transport guards all but the vector.
type queueState struct {
	size              uint16 // queue_size as the driver wrote it; 0: the device's default
	enabled           bool   // queue_enable
	desc, avail, used uint64 // queue_desc, queue_driver, queue_device
	ring              ring
	vector            atomic.Uint32 // queue_msix_vector; interrupts read it
}

// A ring is what the device will use: taken from the registers when the driver enables the queue, so that what it writes
// to them later changes nothing. A descriptor table at 0 means that there is none, as in QEMU.
type ring struct {
	size              uint16
	desc, avail, used uint64
	start             virtio.Position // where a session goes on; not zero only after DRIVER_OK fell without a reset
}

func (q *queueState) clear() {
	q.size, q.enabled, q.desc, q.avail, q.used, q.ring = 0, false, 0, 0, 0, ring{}
	q.vector.Store(noVector)
}

// selected is the queue that queue_select names. It may be one that does not exist.
func (t *Transport) selected() *queueState { return &t.queues[t.queueSelect] }

// sizeOf is queue_size: 0 for a queue that does not exist (4.1.4.3.1).
func (t *Transport) sizeOf(i uint32) uint16 {
	switch {
	case i >= uint32(len(t.sizes)) || t.sizes[i] == 0:
		return 0
	case t.queues[i].size != 0:
		return t.queues[i].size
	}
	return t.sizes[i]
}

// setQueueSize ignores what would make a queue appear, vanish or grow beyond its greatest size (virtio_queue_set_num).
func (t *Transport) setQueueSize(v uint32) {
	if v != 0 && v <= t.maxSize() && t.sizeOf(t.queueSelect) != 0 {
		t.selected().size = uint16(v)
	}
}

// ruleQueueEnable is what a driver breaks that tries to disable a queue by hand.
var ruleQueueEnable = &virtio.Rule{Section: "4.1.4.3.2", Text: "the driver writes nothing but 1 to queue_enable"}

// setQueueEnable is a write of queue_enable: the ring is what the registers say now. A queue that the device is using is
// not moved under it.
func (t *Transport) setQueueEnable(v uint32) {
	q := t.selected()
	if v != 1 {
		t.stop()
		t.fail(&virtio.Violation{Rule: ruleQueueEnable, Queue: int(t.queueSelect), What: fmt.Sprintf("the driver wrote %#x to queue_enable", v)})
		return
	}
	q.enabled = true
	t.setRing(ring{desc: q.desc, avail: q.avail, used: q.used})
}

// setQueuePFN is a write of the legacy queue_pfn; 0 resets the whole device. The size is not negotiable (4.1.5.1.3.1).
func (t *Transport) setQueuePFN(v uint32) {
	if v == 0 {
		t.reset()
		return
	}
	size := uint64(t.sizeOf(t.queueSelect))
	desc := uint64(v) * legacyAlign
	avail := desc + 16*size
	used := (avail + 2*(3+size) + legacyAlign - 1) &^ (legacyAlign - 1)
	t.setRing(ring{desc: desc, avail: avail, used: used})
}

// setRing gives the selected queue its ring, and the queue to a device that runs already.
func (t *Transport) setRing(r ring) {
	r.size = t.sizeOf(t.queueSelect)
	if r.size == 0 || t.inUse(t.queueSelect) {
		return
	}
	t.selected().ring = r
	if t.life == nil {
		return
	}
	if err := t.enable(t.life.session, int(t.queueSelect)); err != nil {
		t.stop()
		t.fail(err)
		return
	}
	t.moveDoorbells()
}

func (t *Transport) inUse(i uint32) bool {
	return t.life != nil && t.life.session.Queue(int(i)) != nil
}

// enable hands queue i to a session if the driver has given it a ring.
func (t *Transport) enable(s *virtio.Session, i int) error {
	r := t.queues[i].ring
	if r.desc == 0 {
		return nil
	}
	q, err := virtio.NewQueue(virtio.QueueConfig{
		Index: i, Size: r.size, Desc: r.desc, Avail: r.avail, Used: r.used, Start: r.start,
		Features: t.negotiation.accepted, Memory: t.cfg.Memory,
		Interrupt: t.queueInterrupt(i), Kick: t.kicks[i].fd(),
	})
	if err != nil {
		return err
	}
	s.Enable(i, q)
	return nil
}

// resetQueue is a write of 1 to queue_reset (2.6.1): the device has let go of the ring when it returns, so that a driver
// never reads a 1 back; the queue's registers are as after a reset of the device. QEMU keeps the address registers.
func (t *Transport) resetQueue(v uint32) {
	if v != 1 {
		return
	}
	if t.life != nil {
		t.life.session.Disable(int(t.queueSelect))
	}
	t.selected().clear()
	t.moveDoorbells()
}
