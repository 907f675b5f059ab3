package virtionet

import (
	"sync"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/virtio"
)

// Stats are counts since New; they survive resets. Fields of one queue are read one after the other, while it may be working.
type Stats struct {
	Receive  []ReceiveStats  // by queue pair
	Transmit []TransmitStats // by queue pair
	Control  ControlStats
}

// MaxBuffers is the last class of ReceiveStats.ByBuffers. A frame of 64 KB over Linux's buffers of 1,536 bytes takes 43.
const MaxBuffers = 64

// ReceiveStats are those of one receive queue.
type ReceiveStats struct {
	Frames uint64 // given to the driver
	Bytes  uint64 // of those frames, without headers

	// ByBuffers[n] are the frames with num_buffers n; its last element is all from MaxBuffers up, and its first is 0.
	ByBuffers [MaxBuffers + 1]uint64
	Buffers   uint64 // used for all of them: the sum of num_buffers

	// Spilled frames did not fit into what was reserved for them. Part of each went through a buffer of the device.
	Spilled uint64
	Starved uint64 // times that a frame's place was looked for in an empty ring
	Waited  uint64 // frames that waited for the driver to post more

	// Diverted frames came to this queue pair by RSS after they had been written into another's buffers, or none's, at the cost of
	// a copy; Coalesced are TCP segments that were appended to the one before (RSC_EXT).
	Diverted, Coalesced uint64

	Drops  Drops
	Posted Posted
	Signals
}

// Posted is the guest memory that the driver has given to a receive queue and the device has not used, and the most of it
// that any call of Stats has seen.
type Posted struct {
	Buffers     int    // chains: what one frame takes at least one of
	Descriptors int    // in them, those of indirect tables included
	Entries     int    // of the ring's descriptor table
	Bytes       uint64 // of guest memory
	MaxBytes    uint64
}

// TransmitStats are those of one transmit queue.
type TransmitStats struct {
	Frames uint64 // given to the link
	Bytes  uint64 // of those frames, without headers
	Waited uint64 // frames that waited for room in the link
	Drops  Drops
	Signals
}

// ControlStats count commands by their answer.
type ControlStats struct {
	OK, Err uint64
	Signals
}

// Signals are what crosses between the two sides.
type Signals struct {
	Kicks      uint64 // available buffer notifications
	Interrupts uint64 // used buffer notifications
	Suppressed uint64 // those that the driver did not want
}

// Stats returns the counts so far. Any goroutine may call it.
func (d *Device) Stats() Stats {
	d.mu.Lock() // queues that are watched stay alive
	defer d.mu.Unlock()
	s := Stats{
		Receive:  make([]ReceiveStats, len(d.rx)),
		Transmit: make([]TransmitStats, len(d.tx)),
		Control:  d.cq.stats(),
	}
	for i := range d.rx {
		s.Receive[i] = d.rx[i].stats()
		s.Transmit[i] = d.tx[i].stats()
	}
	return s
}

// counter is written by one goroutine and read by any. On amd64 an atomic addition costs what an atomic store would.
type counter = atomic.Uint64

// cacheLine keeps the counters of two queues apart: each is written for every frame by another CPU.
type cacheLine [64]byte

// signalCounters are those of a queue number over all its lives. The mutex of its methods is the device's.
type signalCounters struct {
	ended Signals       // of the queues that were
	live  *virtio.Queue // nil while there is none
}

func (s *signalCounters) watch(mu *sync.Mutex, q *virtio.Queue) {
	mu.Lock()
	defer mu.Unlock()
	s.live = q
}

func (s *signalCounters) unwatch(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	s.ended, s.live = s.signals(), nil
}

func (s *signalCounters) signals() Signals {
	out := s.ended
	if s.live != nil {
		q := s.live.Stats()
		out.Kicks += q.Kicks
		out.Interrupts += q.Interrupts
		out.Suppressed += q.Suppressed
	}
	return out
}

type receiveCounters struct {
	bytes, buffers           counter
	byBuffers                [MaxBuffers + 1]counter
	spilled, starved, waited counter
	diverted, coalesced      counter
	drop                     dropCounters
	signalCounters
	maxPosted uint64 // bytes; under the device's mutex
	_         cacheLine
}

func (c *receiveCounters) delivered(bytes uint64, buffers int) {
	c.bytes.Add(bytes)
	c.buffers.Add(uint64(buffers))
	c.byBuffers[min(buffers, MaxBuffers)].Add(1)
}

func (c *receiveCounters) posted() (p Posted) {
	if c.live != nil {
		q := c.live.Posted()
		p = Posted{Buffers: q.Chains, Descriptors: q.Buffers, Entries: q.Entries, Bytes: q.Bytes}
	}
	c.maxPosted = max(c.maxPosted, p.Bytes)
	p.MaxBytes = c.maxPosted
	return p
}

func (c *receiveCounters) stats() ReceiveStats {
	s := ReceiveStats{
		Bytes:   c.bytes.Load(),
		Buffers: c.buffers.Load(),
		Spilled: c.spilled.Load(),
		Starved: c.starved.Load(),
		Waited:  c.waited.Load(),

		Diverted:  c.diverted.Load(),
		Coalesced: c.coalesced.Load(),

		Drops:   c.drop.drops(),
		Signals: c.signals(),
		Posted:  c.posted(),
	}
	for i := range c.byBuffers {
		s.ByBuffers[i] = c.byBuffers[i].Load()
		s.Frames += s.ByBuffers[i]
	}
	return s
}

type transmitCounters struct {
	frames, bytes, waited counter
	drop                  dropCounters
	signalCounters
	_ cacheLine
}

func (c *transmitCounters) stats() TransmitStats {
	return TransmitStats{
		Frames:  c.frames.Load(),
		Bytes:   c.bytes.Load(),
		Waited:  c.waited.Load(),
		Drops:   c.drop.drops(),
		Signals: c.signals(),
	}
}

type controlCounters struct {
	ok, err counter
	signalCounters
}

func (c *controlCounters) stats() ControlStats {
	return ControlStats{OK: c.ok.Load(), Err: c.err.Load(), Signals: c.signals()}
}
