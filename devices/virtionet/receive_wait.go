package virtionet

import (
	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/virtio"
)

// idle waits for the next frame.
func (r *receiver) idle() {
	r.notify()
	if gone(r.waiter.wait(r.link.FD(), unix.POLLIN), unix.POLLIN) {
		r.stay()
	}
}

// stay waits for the end, after the link's.
func (r *receiver) stay() {
	r.notify()
	for !r.waiter.stopped.Load() {
		r.waiter.wait(-1, 0)
	}
}

// A link that fails again and again may do so for ever, at once: the memory of a driver is gone, say. From failuresInARow on
// each further one costs a pause, so that a broken link takes no CPU, and one that mends itself is noticed.
const (
	failuresInARow = 16
	failurePause   = 10 // milliseconds
)

// rest lets time pass after a failure of the link.
func (r *receiver) rest() {
	r.notify()
	if r.failures++; r.failures >= failuresInARow {
		r.waiter.rest(failurePause)
	}
}

// starve waits for buffers. Frames wait in the link meanwhile, where the host bounds them: one that was read now could only
// be dropped.
func (r *receiver) starve() {
	r.starved.Add(1)
	r.waitMore()
}

func (r *receiver) waitKick() {
	if r.waiter.wait(r.q.KickFD(), unix.POLLIN) != 0 {
		r.q.Drain()
	}
}

// unspill moves the end of a frame, n bytes with its header, from spill to buffers that lie behind those that hold its
// beginning, and returns the reservation of all of them. Until the driver has posted enough, this frame waits, and in the link
// all that follow it. There is no reservation if the frame is dropped after all.
func (r *receiver) unspill(n uint64) (*virtio.Reservation, error) {
	r.spilled.Add(1)
	for waited := false; ; waited = true {
		res, err := r.q.Reserve(n, r.limit)
		if err != nil {
			return nil, err
		}
		if res.Len >= n {
			scatter(res.Vecs, r.direct, r.spill[:n-r.direct])
			return res, nil
		}
		chains := res.Chains()
		res.Abort()
		if reason, vain := r.vain(chains); vain {
			r.drop[reason].Add(1)
			return nil, nil
		}
		if !waited {
			r.waited.Add(1)
		}
		r.waitMore()
	}
}

// vain says why a frame that does not fit into so many chains, all that there are, need not wait for more.
func (r *receiver) vain(chains int) (reason Drop, vain bool) {
	switch {
	case chains == maxChains || r.full():
		return DropRingTooSmall, true
	case r.waiter.stopped.Load():
		return DropReset, true
	case !r.serving(r.pair):
		return DropUnserved, true
	}
	return 0, false
}

// full says that the driver has no room to post more: the ring has fewer free entries than one of its chains takes.
func (r *receiver) full() bool {
	p := r.q.Posted()
	return (r.q.Size()-p.Entries)*p.Chains < p.Entries
}

// waitMore waits until the driver has posted more than Reserve has seen, or something else happens.
func (r *receiver) waitMore() {
	r.notify()
	if !r.q.EnableKicks() {
		r.waitKick()
	}
	r.q.DisableKicks()
}
