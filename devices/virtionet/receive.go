package virtionet

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

const (
	// maxFrame is the longest frame of any link, without header (QEMU's NET_BUFSIZE).
	maxFrame = 4096 + 65536
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

// A receiver moves the frames of one link into the buffers of one receive queue.
//
// It first reserves buffers, then lets the link write a frame into them, then decides about the frame, and only then takes
// the buffers from the ring: until that commit the driver sees nothing, so that a frame that is refused has cost nothing.
type receiver struct {
	*life
	pair   int
	link   net.Link
	waiter waiter
	*receiveCounters
	limit int // buffers that a frame may take
	expectation

	// turn is held while frames are on their way, so that the control queue can wait for the end of it. It is free while the
	// receiver sleeps for want of a frame or of a first buffer, and when its pair goes out of use.
	turn sync.Mutex

	q      *virtio.Queue
	stream []unix.Iovec // where header and frame lie, in order; memory of the guest, and then spill
	room   uint64       // bytes of the buffers that are reserved
	direct uint64       // those of them that are in stream
	target []unix.Iovec // what of stream the link fills
	spill  []byte       // holds what of a frame the reservation does not
	head   head

	unsaidFrames, unsaidBytes int // since the driver was notified; dropped frames take time, too, and count
	failures                  int // of the link, one after the other
}

// head is a private copy of the beginning of a header and its frame.
type head [maxHeaderLen + 36]byte

func newReceiver(l *life, pair int) *receiver {
	r := &receiver{
		life:            l,
		pair:            pair,
		link:            l.links[pair],
		receiveCounters: &l.rx[pair],
		limit:           1,
		stream:          make([]unix.Iovec, 0, maxVectors),
		target:          make([]unix.Iovec, 0, maxVectors),
		spill:           make([]byte, maxHeaderLen+maxFrame+1),
	}
	if l.frame.merge {
		r.limit = maxChains
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
	r.q = q
	r.watch(&r.mu, q)
	defer r.unwatch(&r.mu)
	defer r.notify()
	q.DisableKicks()
	for !r.waiter.stopped.Load() {
		if !r.serving(r.pair) {
			r.waiter.wait(-1, 0)
			continue
		}
		sleep, err := r.many()
		if err != nil {
			return err
		}
		if sleep != nil {
			sleep(r)
		}
	}
	return nil
}

// many moves frames until one or a place for it is missing, and says how to wait for that. The lock is taken once for all.
func (r *receiver) many() (sleep func(*receiver), err error) {
	r.turn.Lock()
	defer r.turn.Unlock()
	for sleep == nil && err == nil && r.serving(r.pair) && !r.waiter.stopped.Load() {
		sleep, err = r.one()
	}
	return sleep, err
}

// one moves one frame, or says how to wait for what is missing.
func (r *receiver) one() (sleep func(*receiver), err error) {
	res, err := r.q.Reserve(r.want, r.limit)
	switch {
	case err != nil:
		return nil, err
	case res.Chains() == 0:
		return (*receiver).starve, nil
	}
	n, err := r.fill(res)
	if err == nil {
		r.failures = 0
		return nil, r.deliver(res, n)
	}
	res.Abort()
	return r.failed(err), nil
}

// fill lets the link write the next frame behind its header, and returns the bytes of both.
func (r *receiver) fill(res *virtio.Reservation) (uint64, error) {
	r.lay(res)
	if !r.frame.own {
		n, err := r.link.Receive(r.stream)
		return uint64(n), err
	}
	header := uint64(r.frame.header)
	r.target = appendAfter(r.target[:0], r.stream, header)
	n, err := r.link.Receive(r.target)
	if err != nil {
		return 0, err
	}
	// Only now: iPXE has one header for all its buffers, and may be reading the last frame's.
	var zero [maxHeaderLen]byte
	scatter(r.stream, 0, zero[:header])
	return header + uint64(n), nil
}

// lay makes the stream of a reservation. Whatever the driver posted, it has room for the longest frame: one that is longer
// than its buffers must be seen whole, to be told from one that is not.
func (r *receiver) lay(res *virtio.Reservation) {
	vecs := res.Vecs[:min(len(res.Vecs), maxVectors-1)]
	r.room, r.direct = res.Len, res.Len
	if len(vecs) < len(res.Vecs) {
		r.direct = lengthOf(vecs)
	}
	r.stream = append(r.stream[:0], vecs...)
	if r.direct < uint64(len(r.spill)) {
		r.stream = append(r.stream, vectorOf(r.spill))
	}
}

// failed is what follows when a link gives no frame.
func (r *receiver) failed(err error) (sleep func(*receiver)) {
	switch {
	case errors.Is(err, net.ErrWouldBlock):
		return (*receiver).idle
	case errors.Is(err, io.EOF):
		r.lost(r.pair, err)
		return (*receiver).stay
	}
	r.drop[DropHostError].Add(1)
	return (*receiver).rest
}

// deliver gives the driver the frame that lies in stream, n bytes with its header, or drops it.
func (r *receiver) deliver(res *virtio.Reservation, n uint64) (err error) {
	if reason, bad := r.judge(n); bad {
		r.drop[reason].Add(1)
		res.Abort()
		r.tell(n)
		return nil
	}
	r.mend(n)
	if n > r.direct {
		if res, err = r.unspill(n); res == nil {
			return err
		}
	}
	if r.frame.num {
		var num [2]byte
		binary.LittleEndian.PutUint16(num[:], uint16(res.Fit(n)))
		scatter(res.Vecs, headerNumBuffers, num[:])
	}
	r.delivered(n-uint64(r.frame.header), res.Commit(n))
	r.saw(n)
	r.tell(n)
	return nil
}

// judge says whether, and why, a frame is dropped.
func (r *receiver) judge(n uint64) (reason Drop, bad bool) {
	header := uint64(r.frame.header)
	r.head = head{}
	gather(r.head[:min(n, uint64(len(r.head)))], r.stream, 0)
	switch {
	case n <= header:
		return DropRunt, true
	case n > header+maxFrame || r.overMTU(n-header):
		return DropOversize, true
	case !r.up.Load():
		return DropLinkDown, true
	case !r.frame.gso.has(r.head[headerGSOType]):
		return DropSegments, true // it came before the netdev was told of this driver's offloads
	case !r.filter.Load().pass((*[filteredLen]byte)(r.head[header:])):
		return DropFiltered, true
	case n > r.room && !r.frame.merge:
		return DropTooBig, true
	}
	return 0, false
}

// overMTU: a frame that is not to be segmented must fit into the negotiated MTU (5.1.4.1).
func (r *receiver) overMTU(frame uint64) bool {
	return r.frame.mtu != 0 && r.head[headerGSOType] == gsoNone && frame > uint64(r.frame.mtu+overEthernet)
}

// tell notifies the driver, at once or with the frames that follow at once.
func (r *receiver) tell(n uint64) {
	r.unsaidFrames++
	r.unsaidBytes += int(n)
	if r.unsaidFrames >= notifyFrames || r.unsaidBytes >= notifyBytes {
		r.notify()
	}
}

func (r *receiver) notify() {
	if r.unsaidFrames == 0 {
		return
	}
	r.unsaidFrames, r.unsaidBytes = 0, 0
	r.q.Notify()
}
