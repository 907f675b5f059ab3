package virtionet

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// await sleeps until what a receiver lacks may be there, or something else happens.
func (r *receiver) await(n need) {
	switch n {
	case aTurn, aLink:
		r.notify()
		r.waiter.wait(-1, 0)
	case aFrame:
		r.idle()
	case buffers:
		r.waitMore()
	case aMoment, aPause:
		r.rest()
	}
}

// idle waits for the next frame, or until one that is held back for coalescing is due.
func (r *receiver) idle() {
	r.notify()
	if gone(r.waiter.poll(r.link.FD(), unix.POLLIN, r.due()), unix.POLLIN) {
		r.end(io.EOF)
	}
}

// A link that fails again and again may do so for ever, at once: the memory of a driver is gone, say. From failuresInARow on
// each further one costs a pause, so that a broken link takes no CPU, and one that mends itself is noticed.
const (
	failuresInARow = 16
	failurePause   = 10 * time.Millisecond
)

// rest lets time pass after a failure of the link.
func (r *receiver) rest() {
	r.notify()
	if r.failures++; r.failures >= failuresInARow {
		r.waiter.rest(failurePause)
	}
}

// waitMore waits until the driver has posted more than Reserve has seen. Frames wait in the link meanwhile, where the host bounds
// them: one that was read now could only be dropped.
func (r *receiver) waitMore() {
	r.notify()
	if !r.q.EnableKicks() {
		r.waitKick()
	}
	r.q.DisableKicks()
}

// waitKick sleeps until the driver kicks. The first frame that comes meanwhile has it look at the ring again: QEMU does, so that
// drivers which post buffers and do not kick receive there. Only then the frame waits for a kick, or the poll would never sleep.
func (r *receiver) waitKick() {
	link := r.link.FD()
	if r.looked || r.keeps() {
		link = -1
	}
	kicked, came := r.waiter.either(r.q.KickFD(), link)
	if kicked {
		r.q.Drain()
	}
	r.looked = came || r.looked && !kicked
}

// keeps says whether a frame waits. The control queue may drop it (settle).
func (r *receiver) keeps() bool {
	r.turn.Lock()
	defer r.turn.Unlock()
	return r.kept != nil
}

// unspill moves the end of a frame, n bytes with its header, from spill to buffers that lie behind those that hold its
// beginning.
func (r *receiver) unspill(n uint64) (need, error) {
	r.spilled.Add(1)
	if r.q == nil {
		return r.keep(n)
	}
	res, err := r.q.Reserve(n, r.limit)
	switch {
	case err != nil:
		return nothing, err
	case res.Len < n:
		return r.keep(n)
	}
	iovec.Scatter(res.Vecs, r.direct, r.spill[:n-r.direct])
	r.commit(res, n)
	return nothing, nil
}

// keep takes a frame that finds no room out of the driver's buffers, which it has no claim to: the queue may be paused, or reset
// and enabled again, while the frame waits for more. All that follow it wait in the link.
func (r *receiver) keep(n uint64) (need, error) {
	direct := min(r.direct, n)
	copy(r.spill[direct:n], r.spill[:n-direct])
	iovec.Gather(r.spill[:direct], r.stream, 0)
	r.kept, r.fresh = r.spill[:n], true
	return r.retry()
}

// retry looks for room for the frame that is kept.
func (r *receiver) retry() (need, error) {
	if r.q == nil {
		return r.orphan()
	}
	n := uint64(len(r.kept))
	res, err := r.q.Reserve(n, r.limit)
	switch {
	case err != nil:
		return nothing, err
	case res.Len < n:
		return r.wait(res), nil
	}
	if reason, bad := r.unwanted(); bad {
		res.Abort()
		r.discard(reason)
		return nothing, nil
	}
	iovec.Scatter(res.Vecs, 0, r.kept)
	r.kept = nil
	r.commit(res, n)
	return nothing, nil
}

// unwanted judges the frame that is kept once more: while it waited the cable may have been pulled, or the filter set.
func (r *receiver) unwanted() (reason Drop, bad bool) {
	var head [filteredLen]byte
	copy(head[:], r.kept[r.frame.header:])
	switch {
	case !r.up.Load():
		return DropLinkDown, true
	case !r.filter.Load().pass(&head):
		return DropFiltered, true
	}
	return 0, false
}

// wait is for a frame that a reservation, which is all that there is, has no room for.
func (r *receiver) wait(res *virtio.Reservation) need {
	if reason, vain := r.vain(res); vain {
		r.discard(reason)
		return nothing
	}
	if r.fresh {
		r.fresh = false
		r.waited.Add(1)
	}
	return buffers
}

// vain says why the frame that is kept need not wait for more.
func (r *receiver) vain(res *virtio.Reservation) (reason Drop, vain bool) {
	switch {
	case !r.serving(r.pair):
		return DropUnserved, true
	case !r.frame.merge && res.Chains() > 0:
		return DropTooBig, true
	case res.Chains() == maxChains || r.full():
		return DropRingTooSmall, true
	}
	return 0, false
}

// discard drops the frame that is kept, if there is one.
func (r *receiver) discard(reason Drop) {
	if r.kept != nil {
		r.drop[reason].Add(1)
		r.kept = nil
	}
}

// settle returns when the frame that was on its way, if any, has arrived or waits for the driver, who waits for the answer to its
// command; or it has been dropped if its pair is out of use.
func (r *receiver) settle() {
	r.turn.take()
	defer r.turn.Unlock()
	if !r.serving(r.pair) {
		r.discard(DropUnserved)
	}
}
