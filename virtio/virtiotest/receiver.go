package virtiotest

import (
	"encoding/binary"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
)

// mrgRxbuf is VIRTIO_NET_F_MRG_RXBUF.
const mrgRxbuf = virtio.Feature(15)

// poison stands in the header of a posted buffer, to show a field that the device leaves unwritten.
const poison = 0xee

// A Frame is what the device received into the driver's buffers.
type Frame struct {
	Header     []byte // virtio_net_hdr of the negotiated length
	NumBuffers int    // of the header; 1 if the header has no such field (10 bytes)
	Payload    []byte
	Lens       []uint32 // used.len of each chain

	posted []uint64 // writable bytes of each
}

// A Receiver is the receive half of a network driver: it posts buffers by a strategy and puts frames together.
type Receiver struct {
	Ring     *Ring
	Strategy Strategy
	Header   int // bytes of virtio_net_hdr: 10, 12, 20, 24

	// Keep leaves received chains to the test; otherwise Receive posts as many new ones. Kicks follow the device's wish.
	Keep bool

	idle   [][]Buffer          // memory of chains that are not posted
	posted map[uint16][]Buffer // by head
	shared *Buffer             // of Strategy.SharedHeader
}

// NewReceiver posts nothing yet.
func NewReceiver(r *Ring, s Strategy, header int) *Receiver {
	return &Receiver{Ring: r, Strategy: s, Header: header, posted: make(map[uint16][]Buffer)}
}

// Post adds up to n chains, as many as the ring has room for, kicks, and returns how many.
func (r *Receiver) Post(n int) int {
	i := 0
	for ; i < n && r.room(); i++ {
		r.add(r.chain())
	}
	r.Ring.Kick()
	return i
}

// Fill posts as many chains as the ring has room for and returns how many.
func (r *Receiver) Fill() int { return r.Post(r.Ring.Size) }

// Receive waits for a frame and checks how it lies in its chains (5.1.9.3.2, 5.1.9.4.1): num_buffers is there, all chains of
// the frame are published when the first is, and all but the last are full. What is wrong is a t.Error; it ends the test if
// there is no way to tell where the frame ends.
func (r *Receiver) Receive(timeout time.Duration) Frame {
	t := r.Ring.t
	t.Helper()
	r.Ring.await(1, timeout)
	pending := r.Ring.Pending()
	var f Frame
	b := r.take(&f, nil)
	for len(b) < r.Header && len(f.Lens) < pending {
		b = r.take(&f, b)
	}
	if len(b) < r.Header {
		t.Fatalf("5.1.9: %d bytes in %d published chains do not hold the header of %d", len(b), len(f.Lens), r.Header)
	}
	f.NumBuffers = r.numBuffers(b)
	if f.NumBuffers < len(f.Lens) || f.NumBuffers > pending {
		t.Fatalf("5.1.9.3.2: num_buffers is %d; %d chains are published, %d hold the header", f.NumBuffers, pending, len(f.Lens))
	}
	for len(f.Lens) < f.NumBuffers {
		b = r.take(&f, b)
	}
	f.Header, f.Payload = b[:r.Header:r.Header], b[r.Header:]
	r.check(&f)
	return f
}

// Empty checks that nothing more has been used.
func (r *Receiver) Empty() {
	r.Ring.t.Helper()
	if n := r.Ring.Pending(); n != 0 {
		r.Ring.t.Errorf("%d used elements beyond the frames", n)
	}
}

// take appends the bytes of the next used chain to b.
func (r *Receiver) take(f *Frame, b []byte) []byte {
	r.Ring.t.Helper()
	u, _ := r.Ring.Next()
	bufs := r.posted[u.Head]
	delete(r.posted, u.Head)
	f.Lens = append(f.Lens, u.Len)
	f.posted = append(f.posted, writableLen(bufs))
	rest := int(u.Len)
	for _, buf := range bufs {
		n := min(rest, int(buf.Len))
		b = append(b, r.Ring.ram.Bytes(buf.GPA, n)...)
		rest -= n
	}
	if len(bufs) > 0 {
		r.idle = append(r.idle, bufs)
	}
	return b
}

func (r *Receiver) check(f *Frame) {
	r.Ring.t.Helper()
	for i, n := range f.Lens[:len(f.Lens)-1] {
		if uint64(n) != f.posted[i] {
			r.Ring.t.Errorf("5.1.9.4.1: buffer %d of %d has %d bytes of %d: all but the last must be full", i, len(f.Lens), n, f.posted[i])
		}
	}
	if f.NumBuffers > 1 && !r.Ring.features.Has(mrgRxbuf) {
		r.Ring.t.Errorf("5.1.9.3.2: a frame in %d buffers without VIRTIO_NET_F_MRG_RXBUF", f.NumBuffers)
	}
	if !r.Keep {
		r.Post(len(f.Lens))
	}
}

func (r *Receiver) numBuffers(header []byte) int {
	if r.Header < 12 {
		return 1
	}
	return int(binary.LittleEndian.Uint16(header[10:]))
}

func (r *Receiver) room() bool {
	n := len(r.Strategy.Chain(r.Header))
	if r.Strategy.Indirect {
		n = 1
	}
	return r.Ring.Room() >= n
}

// chain returns idle memory, or new.
func (r *Receiver) chain() (bufs []Buffer) {
	if last := len(r.idle) - 1; last >= 0 {
		bufs, r.idle = r.idle[last], r.idle[:last]
		return bufs
	}
	for i, n := range r.Strategy.Chain(r.Header) {
		if i == 0 && r.Strategy.SharedHeader && r.shared != nil {
			bufs = append(bufs, *r.shared)
			continue
		}
		bufs = append(bufs, Writable(r.Ring.ram.Alloc(n, 1), n))
	}
	r.shared = &bufs[0]
	return bufs
}

func (r *Receiver) add(bufs []Buffer) {
	r.poison(bufs)
	add := r.Ring.Add
	if r.Strategy.Indirect {
		add = r.Ring.AddIndirect
	}
	r.posted[add(bufs...)] = bufs
}

// poison leaves a shared header alone: the device may be writing it for another chain.
func (r *Receiver) poison(bufs []Buffer) {
	left := r.Header
	for i, buf := range bufs {
		n := min(left, int(buf.Len))
		left -= n
		if i == 0 && r.Strategy.SharedHeader {
			continue
		}
		b := r.Ring.ram.Bytes(buf.GPA, n)
		for i := range b {
			b[i] = poison
		}
	}
}
