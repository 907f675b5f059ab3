package virtionet

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

// classify computes the hash of the frame whose beginning is in head, writes it into the frame's header, which lies in vecs, if the
// driver wants to see it, and says to which port the frame goes.
func (r *receiver) classify(vecs []unix.Iovec) *port {
	s := r.steering.Load()
	var hash uint32
	var report hashReport
	if s != nil {
		hash, report = s.hash(r.head[r.frame.header:r.seen])
	}
	if r.frame.hash {
		var b [hashHeaderLen - headerHash]byte
		binary.LittleEndian.PutUint32(b[:], hash)
		b[4] = byte(report)
		iovec.Scatter(vecs, headerHash, b[:])
	}
	if !s.spreads() {
		return r.own
	}
	return r.receivers[s.pair(hash, report, int(r.active.Load()))].own
}

// guess reserves buffers of the port to which the last frame went: frames of a flow come in a row, so that most are written to
// where they belong. If that port has none it is the frame that shows where to look, and the reservation is empty.
func (r *receiver) guess() (*virtio.Reservation, error) {
	spreads := r.steering.Load().spreads()
	if !spreads {
		r.port = r.own
	}
	if r.q == nil {
		return &r.none, nil
	}
	res, err := r.q.Reserve(r.want, r.limit)
	if err == nil && res.Chains() == 0 && !spreads {
		return nil, nil
	}
	return res, err
}

// divert gives the frame in stream, n bytes, to another port than it was expected for: one copy from buffer to buffer, which the
// next frame of the same flow will not need.
func (r *receiver) divert(to *port, n uint64) (need, error) {
	r.port = to
	r.diverted.Add(1)
	if to.q == nil {
		return r.keep(n)
	}
	res, err := to.q.Reserve(n, r.limit)
	switch {
	case err != nil:
		return nothing, err
	case res.Len < n:
		return r.keep(n)
	}
	iovec.Copy(res.Vecs, r.stream, n)
	r.commit(res, n)
	return nothing, nil
}

// orphan is for a frame whose port has no queue. A queue that the driver has reset drops its frames (5.1.9.5.7.3); one that is away
// with all the others, or for a moment, will be back: the machine is being stopped.
func (r *receiver) orphan() (need, error) {
	switch {
	case r.own.q == nil:
		return aTurn, nil
	case r.absent:
		r.discard(DropUnserved)
		return nothing, nil
	}
	return aMoment, nil
}
