package virtionet

import (
	"time"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// coalesces says whether frames go through the coalescer. That they do not any more does not keep those back that are in it.
func (r *receiver) coalesces() bool {
	return r.rsc != nil && (r.rscKinds() != 0 || !r.rsc.empty())
}

// rscKinds are what the driver has switched on.
func (l *life) rscKinds() rscKinds { return rscKinds(l.rscOn.Load()) }

// setRSC follows the features, or the offloads that the driver switched on (QEMU's rsc4_enabled and rsc6_enabled). The command can
// name the bit also where it was not accepted, and that does nothing.
func (l *life) setRSC(f virtio.Features) {
	var kinds rscKinds
	if l.features.Has(RscExt) && f.Has(RscExt) {
		if f.Has(GuestTSO4) {
			kinds |= rscIPv4
		}
		if f.Has(GuestTSO6) {
			kinds |= rscIPv6
		}
	}
	l.rscOn.Store(uint32(kinds))
}

// oneCoalesced moves one frame into the coalescer, or one out of it.
func (r *receiver) oneCoalesced() (need, error) {
	c := r.rsc
	if s := c.next(); s != nil {
		return r.emit(s)
	}
	if c.due() == 0 || r.rscKinds() == 0 {
		c.releaseAll()
	}
	if len(c.out) > 0 {
		return nothing, nil
	}
	s := c.blank()
	if s == nil {
		return nothing, nil
	}
	return r.absorb(s)
}

// absorb reads a frame into a segment.
func (r *receiver) absorb(s *segment) (need, error) {
	r.stream = append(r.stream[:0], iovec.Of(s.buf))
	r.room, r.direct = uint64(len(s.buf)), uint64(len(s.buf))
	n, err := r.link.Receive(r.stream)
	if err != nil {
		r.rsc.free(s)
		return r.failed(err), nil
	}
	r.failures = 0
	if reason, bad := r.judge(uint64(n)); bad {
		r.rsc.free(s)
		r.refuse(reason, uint64(n))
		return nothing, nil
	}
	r.mend(uint64(n))
	s.n = n
	if r.rsc.add(s, r.rscKinds()) {
		r.own.coalesced.Add(1)
	}
	return nothing, nil
}

// emit gives the driver a frame of the coalescer's.
func (r *receiver) emit(s *segment) (need, error) {
	r.stream = append(r.stream[:0], iovec.Of(s.buf[:s.n]))
	r.port = r.own
	if r.classifies {
		r.peek(uint64(s.n))
		r.port = r.classify(r.stream)
	}
	r.kept, r.fresh = s.buf[:s.n], true
	return r.retry()
}

// due is how long the receiver may sleep at most, negative for ever.
func (r *receiver) due() time.Duration {
	if r.rsc == nil {
		return -1
	}
	return r.rsc.due()
}

// abandon counts what the device still has of a driver that is gone.
func (r *receiver) abandon() {
	r.discard(DropReset)
	if r.rsc != nil {
		r.own.drop[DropReset].Add(uint64(len(r.rsc.held) + len(r.rsc.out)))
	}
}
