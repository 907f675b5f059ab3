package virtiopci

import (
	"fmt"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/virtio"
)

const legacyAlign = 4096 // of a legacy ring's used part, and the unit of queue_pfn (2.7.2)

// queueState is what the registers say of one queue. The mutex of the transport guards all but the vector.
type queueState struct {
	num               uint16 // queue_size as the driver wrote it; queue_enable takes it once more
	size              uint16 // queue_size as it reads; 0: the device's default
	enabled           bool   // queue_enable
	desc, avail, used uint64 // queue_desc, queue_driver, queue_device
	ring              ring
	vector            atomic.Uint32 // queue_msix_vector; interrupts read it
}

// A ring is what the device uses: taken from the registers when the driver enables the queue, so that what it writes to the
// addresses later changes nothing. A descriptor table at 0 means that there is none, as in QEMU.
type ring struct {
	desc, avail, used uint64
	start             virtio.Position // where a session goes on; not zero only after DRIVER_OK fell without a reset
}

// clear is the state at power on.
func (q *queueState) clear() {
	q.num, q.enabled, q.desc, q.avail, q.used = 0, false, 0, 0, 0
	q.forget()
}

// forget is what a reset of the queue alone does (__virtio_queue_reset): its registers keep the addresses and the size that the
// driver wrote, and queue_enable takes them again.
func (q *queueState) forget() {
	q.size, q.enabled, q.ring = 0, false, ring{}
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

// setQueueSize is a write of queue_size: 16 bits of it, however wide it is.
func (t *Transport) setQueueSize(v uint32) {
	t.selected().num = uint16(v)
	t.setSize(int(t.queueSelect))
}

// setSize makes queue i as large as the driver wrote. What would make a queue appear, vanish or grow beyond its greatest size
// is ignored (virtio_queue_set_num); a queue that runs goes on with the new size.
func (t *Transport) setSize(i int) {
	q := &t.queues[i]
	now := t.sizeOf(uint32(i))
	if q.num == 0 || uint32(q.num) > t.maxSize() || now == 0 || now == q.num {
		return
	}
	t.suspend(i)
	q.size = q.num
	t.resume(i)
}

// ruleQueueEnable is what a driver breaks that tries to disable a queue by hand.
var ruleQueueEnable = &virtio.Rule{Section: "4.1.4.3.2", Text: "the driver writes nothing but 1 to queue_enable"}

// setQueueEnable is a write of queue_enable: size and ring are what the registers say now. A queue that the device is using
// moves, and goes on where it was (virtio_queue_set_rings).
func (t *Transport) setQueueEnable(v uint32) {
	q := t.selected()
	if v != 1 {
		t.stop()
		t.fail(&virtio.Violation{Rule: ruleQueueEnable, Queue: int(t.queueSelect), What: fmt.Sprintf("the driver wrote %#x to queue_enable", v)})
		return
	}
	t.setSize(int(t.queueSelect))
	t.setRing(q.desc, q.avail, q.used)
	q.enabled = true
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
	t.setRing(desc, avail, used)
}

// setRing gives the selected queue its ring, and the queue to a device that runs already. A ring of which only a part is memory
// breaks the device at once, long before DRIVER_OK (virtio_init_region_cache).
func (t *Transport) setRing(desc, avail, used uint64) {
	i := int(t.queueSelect)
	if t.sizeOf(t.queueSelect) == 0 {
		return
	}
	t.suspend(i)
	r := &t.queues[i].ring
	r.desc, r.avail, r.used = desc, avail, used
	if _, err := t.newQueue(i); err != nil {
		t.stop()
		t.fail(err)
		return
	}
	t.resume(i)
	t.moveDoorbells()
}

// suspend takes queue i from a running device, which has let go of it when it returns; resume gives it back, and it goes on
// where it was. The caller holds mu.
func (t *Transport) suspend(i int) {
	if t.life == nil {
		return
	}
	if q := t.life.session.Queue(i); q != nil {
		t.life.session.Disable(i)
		t.queues[i].ring.start = q.Rest()
	}
}

func (t *Transport) resume(i int) {
	if t.life == nil || t.paused {
		return
	}
	if err := t.enable(t.life.session, i); err != nil {
		t.stop()
		t.fail(err)
	}
}

// uses says whether queue i belongs to the running device, though it may be paused.
func (t *Transport) uses(i int) bool {
	return t.life != nil && (t.life.session.Queue(i) != nil || t.paused && t.queues[i].ring.desc != 0)
}

// enable hands queue i to a session if the driver has given it a ring.
func (t *Transport) enable(s *virtio.Session, i int) error {
	q, err := t.newQueue(i)
	if q != nil {
		s.Enable(i, q)
	}
	return err
}

// newQueue makes the device's side of queue i; nil if the driver has given it no ring. One that lies where nothing is reads as
// empty for ever in QEMU, and the other queues work: it is as good as none.
func (t *Transport) newQueue(i int) (*virtio.Queue, error) {
	r := t.queues[i].ring
	if r.desc == 0 || t.nowhere(i) {
		return nil, nil
	}
	return virtio.NewQueue(virtio.QueueConfig{
		Index: i, Size: t.sizeOf(uint32(i)), Desc: r.desc, Avail: r.avail, Used: r.used, Start: r.start,
		Features: t.negotiation.accepted, Memory: t.cfg.Memory,
		Interrupt: t.queueInterrupt(i), Kick: t.kicks[i].fd(),
	})
}

// nowhere reports a ring of which a part begins where no memory is.
func (t *Transport) nowhere(i int) bool {
	r := &t.queues[i].ring
	for _, gpa := range []uint64{r.desc, r.avail, r.used} {
		if _, err := t.cfg.Memory.Slice(gpa, 1); err != nil {
			t.log.Warn().Int("queue", i).Uint64("addr", gpa).Msg("virtiopci: the driver put a ring where there is no memory; the queue does nothing")
			return true
		}
	}
	return false
}

// resetQueue is a write of 1 to queue_reset (2.6.1): the device has let go of the ring when it returns, so that a driver
// never reads a 1 back.
func (t *Transport) resetQueue(v uint32) {
	if v != 1 {
		return
	}
	t.suspend(int(t.queueSelect))
	t.selected().forget()
	t.moveDoorbells()
}
