package virtioblk

import (
	"sync"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/virtio"
)

// Stats are counts since New; they survive resets. The fields are read one after the other, while queues may be working.
type Stats struct {
	Queues []QueueStats
}

// QueueStats are those of one queue.
type QueueStats struct {
	Read, Write, Flush, Discard, WriteZeroes Operation

	Invalid     uint64 // I/O errors that are the driver's: out of range, not a whole block, a write to a read-only disk
	Unsupported uint64 // requests of a type or with flags that the device does not know

	Kicks      uint64 // available buffer notifications
	Interrupts uint64 // used buffer notifications
	Suppressed uint64 // those that the driver did not want
}

// Operation counts the requests of one type that came as far as the disk.
type Operation struct {
	Requests uint64
	Bytes    uint64 // of those that succeeded
	Errors   uint64 // of the host: a full disk, a short file, an I/O error
}

// Stats returns the counts so far. Any goroutine may call it.
func (d *Device) Stats() Stats {
	s := Stats{Queues: make([]QueueStats, len(d.queues))}
	for i := range d.queues {
		s.Queues[i] = d.queues[i].stats()
	}
	return s
}

// counters are those of one queue number over all its lives. Its goroutine writes them, anyone reads them.
type counters struct {
	ops                  [numOps]struct{ requests, bytes, errors atomic.Uint64 }
	invalid, unsupported atomic.Uint64

	mu    sync.Mutex
	ended virtio.Stats  // of the queues that were
	live  *virtio.Queue // nil while there is none

	_ [64]byte // keeps the counters of two queues apart: each is written for every request by another CPU
}

func (c *counters) count(r *request) {
	o := &c.ops[r.op]
	o.requests.Add(1)
	if r.err != nil {
		o.errors.Add(1)
		return
	}
	o.bytes.Add(uint64(r.size))
}

// refuse counts a request that was answered without the disk, if the answer was no.
func (c *counters) refuse(r *request) {
	switch r.status {
	case statusIOErr:
		c.invalid.Add(1)
	case statusUnsupp:
		c.unsupported.Add(1)
	}
}

func (c *counters) watch(q *virtio.Queue) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = q
}

func (c *counters) unwatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended, c.live = c.signals(), nil
}

// signals needs mu.
func (c *counters) signals() virtio.Stats {
	out := c.ended
	if c.live != nil {
		q := c.live.Stats()
		out.Kicks += q.Kicks
		out.Interrupts += q.Interrupts
		out.Suppressed += q.Suppressed
	}
	return out
}

func (c *counters) stats() QueueStats {
	c.mu.Lock()
	signals := c.signals()
	c.mu.Unlock()
	return QueueStats{
		Read: c.operation(OpRead), Write: c.operation(OpWrite), Flush: c.operation(OpFlush),
		Discard: c.operation(OpDiscard), WriteZeroes: c.operation(OpWriteZeroes),
		Invalid: c.invalid.Load(), Unsupported: c.unsupported.Load(),
		Kicks: signals.Kicks, Interrupts: signals.Interrupts, Suppressed: signals.Suppressed,
	}
}

func (c *counters) operation(op Op) Operation {
	o := &c.ops[op]
	return Operation{Requests: o.requests.Load(), Bytes: o.bytes.Load(), Errors: o.errors.Load()}
}
