package virtionet

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

const (
	// maxFrame is the longest frame of any link, without header.
	maxFrame = net.MaxFrame
	// maxMerged is the longest frame that a driver with segmentation offload expects (5.1.9.3.1, up to 1.3).
	maxMerged = 65550
	// overEthernet is what surrounds the MTU in a frame: the addresses and the type, and a VLAN tag.
	overEthernet = 14 + 4
	defaultMTU   = 1500

	// maxChains bounds the buffers of one frame (VIRTQUEUE_MAX_SIZE).
	maxChains = 1024
)

// How long the driver may be left without a notification of frames that it already has, while more are arriving: the price of
// a notification is shared by a few small frames, or paid for each large one.
const (
	notifyFrames = 16
	notifyBytes  = 64 << 10
)

// A receiver moves the frames of one link into the buffers of a receive queue: that of its own pair, or with RSS that of the pair
// that a frame belongs to.
//
// It first reserves buffers, then lets the link write a frame into them, then decides about the frame, and only then takes
// the buffers from the ring: until that commit the driver sees nothing, so that a frame that is refused has cost nothing.
type receiver struct {
	*life
	link   net.Link
	waiter *waiter
	own    *port // of the pair that the link is of
	*port        // where the next frame is expected: own, or with RSS that of the last frame
	limit  int   // buffers that a frame may take
	expectation

	// turn is free while the receiver sleeps, and when its pair is out of use.
	turn *turn

	stream []unix.Iovec // where header and frame lie, in order; memory of the guest, and then spill
	room   uint64       // bytes of the buffers that are reserved
	direct uint64       // those of them that are in stream
	target []unix.Iovec // what of stream the link fills
	spill  []byte       // holds what of a frame the reservation does not
	head   head
	look   int // bytes of head that are looked at

	seen int // bytes of header and frame in head

	kept  []byte // a frame that waits for buffers of port, with its header; nil if there is none
	fresh bool   // kept has not waited yet

	looked bool // a frame has come, and the ring is still empty

	classifies bool               // RSS or HASH_REPORT was accepted
	routed     bool               // a router serves all ports
	none       virtio.Reservation // of a port without a queue
	rsc        *coalescer         // nil without RSC_EXT
	failures   int                // of the link, one after the other
	over       bool               // the link is gone
}

func newReceiver(l *life, pair int, w *waiter, t *turn) *receiver {
	own := &port{pair: pair, receiveCounters: &l.rx[pair]}
	r := &receiver{
		life:   l,
		link:   l.links[pair],
		waiter: w,
		turn:   t,
		own:    own,
		port:   own,
		limit:  1,
		look:   plainLook,
		stream: make([]unix.Iovec, 0, iovec.Max),
		target: make([]unix.Iovec, 0, iovec.Max),
		spill:  make([]byte, maxHeaderLen+maxFrame+1),
	}
	if l.frame.merge {
		r.limit = maxChains
	}
	if l.features.Has(HashReport) || l.features.Has(RSS) {
		r.classifies, r.look = true, len(r.head)
	}
	if l.features.Has(RscExt) && !l.frame.own {
		r.rsc = newCoalescer(l.frame.header, l.cfg.RSCInterval)
	}
	var most int
	if l.offload&^net.OffloadCsum != 0 {
		most = l.frame.header + maxMerged
	}
	least := l.frame.header + max(defaultMTU, int(l.cfg.MTU)) + overEthernet
	r.expectation = expect(uint64(least), uint64(most))
	return r
}

func (r *receiver) serve(ctx context.Context, q *virtio.Queue) error {
	defer r.waiter.follow(ctx)()
	r.q, r.over = q, false
	r.watch(&r.mu, q)
	defer r.unwatch(&r.mu)
	defer r.notify()
	q.DisableKicks()
	for !r.waiter.stopped.Load() {
		need, err := r.many()
		if err != nil {
			return err
		}
		r.await(need)
	}
	return nil
}

// A need is what a receiver lacks to go on.
type need int

const (
	nothing need = iota
	aTurn        // its pair is not in use
	aFrame       // from the link
	buffers      // from the driver, in the queue of port
	aMoment      // to see whether the queue of port comes back
	aPause       // for the link, which fails
	aLink        // this one is gone
)

// many moves frames until something is missing, and says what. The lock is taken once for all.
func (r *receiver) many() (n need, err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	for n == nothing && err == nil && r.turn.wanted.Load() == 0 && !r.waiter.stopped.Load() {
		n, err = r.one()
	}
	return n, err
}

// one moves one frame, or says what is missing.
func (r *receiver) one() (need, error) {
	switch {
	case r.kept != nil:
		return r.retry()
	case !r.serving(r.own.pair) || r.own.q == nil:
		return aTurn, nil
	case r.over:
		return aLink, nil
	case r.coalesces():
		return r.oneCoalesced()
	}
	return r.oneDirect()
}

// oneDirect has the link write into the driver's buffers.
func (r *receiver) oneDirect() (need, error) {
	res, err := r.reserve()
	switch {
	case err != nil:
		return nothing, err
	case res == nil:
		r.starved.Add(1)
		return buffers, nil
	}
	r.lay(res)
	var n int
	if r.frame.own {
		n, err = r.fillOwn()
	} else {
		n, err = r.link.Receive(r.stream)
	}
	if err == nil {
		r.failures, r.looked = 0, false
		return r.deliver(res, uint64(n))
	}
	res.Abort()
	return r.failed(err), nil
}

// reserve takes buffers for a frame, nil if there are none.
func (r *receiver) reserve() (*virtio.Reservation, error) {
	if r.routed {
		return r.guess()
	}
	res, err := r.q.Reserve(r.want, r.limit)
	if err != nil || res.Chains() == 0 {
		return nil, err
	}
	return res, nil
}

// fillOwn lets a link that has no headers write the next frame behind one of zeros, and returns the bytes of both.
func (r *receiver) fillOwn() (int, error) {
	header := r.frame.header
	r.target = iovec.AppendAfter(r.target[:0], r.stream, uint64(header))
	n, err := r.link.Receive(r.target)
	if err != nil {
		return 0, err
	}
	// Only now: iPXE has one header for all its buffers, and may be reading the last frame's.
	var zero [maxHeaderLen]byte
	iovec.Scatter(r.stream, 0, zero[:header])
	return header + n, nil
}

// lay makes the stream of a reservation, buffers side by side as one. Whatever the driver posted, it has room for the longest
// frame: one that is longer than its buffers must be seen whole, to be told from one that is not.
func (r *receiver) lay(res *virtio.Reservation) {
	vecs := res.Vecs[:min(len(res.Vecs), iovec.Max-1)]
	r.room, r.direct = res.Len, res.Len
	if len(vecs) < len(res.Vecs) {
		r.direct = iovec.Length(vecs)
	}
	r.stream = iovec.AppendJoined(r.stream[:0], vecs)
	if r.direct < uint64(len(r.spill)) {
		r.stream = append(r.stream, iovec.Of(r.spill))
	}
}

// failed is what follows when a link gives no frame.
func (r *receiver) failed(err error) need {
	switch {
	case errors.Is(err, net.ErrWouldBlock):
		return aFrame
	case errors.Is(err, io.EOF):
		r.end(err)
		return aLink
	}
	r.own.drop[DropHostError].Add(1)
	return aPause
}

// end is for a link that has nothing more to give.
func (r *receiver) end(err error) {
	r.over = true
	r.lost(r.own.pair, err)
}

// deliver gives the driver the frame that lies in stream, n bytes with its header, or drops it.
func (r *receiver) deliver(res *virtio.Reservation, n uint64) (need, error) {
	if reason, bad := r.judge(n); bad {
		r.refuse(reason, n)
		res.Abort()
		return nothing, nil
	}
	r.mend(n)
	if r.classifies {
		if to := r.classify(r.stream); to != r.port {
			return r.divert(to, n)
		}
	}
	if n > r.direct {
		return r.unspill(n)
	}
	r.commit(res, n)
	return nothing, nil
}

func (r *receiver) refuse(reason Drop, n uint64) {
	r.drop[reason].Add(1)
	r.tell(n)
}

// commit makes the frame that lies in a reservation the driver's.
func (r *receiver) commit(res *virtio.Reservation, n uint64) {
	if r.frame.num {
		var num [2]byte
		binary.LittleEndian.PutUint16(num[:], uint16(res.Fit(n)))
		iovec.Scatter(res.Vecs, headerNumBuffers, num[:])
	}
	r.delivered(n-uint64(r.frame.header), res.Commit(n))
	r.saw(n)
	r.tell(n)
}
