package virtio

import "sync/atomic"

// Stats counts what a queue did since it was made. The numbers are read one after the other while the queue goes on.
type Stats struct {
	Kicks      uint64 // available buffer notifications that came; one more at the end, which wakes the queue's goroutine
	Interrupts uint64 // used buffer notifications sent
	Suppressed uint64 // Notify calls after which the driver did not want one
	Chains     uint64 // buffers used
	Bytes      uint64 // in them: read by the device, or written
}

// Stats may be called by any goroutine.
func (q *Queue) Stats() Stats {
	return Stats{
		Kicks:      q.stats.kicks.Load(),
		Interrupts: q.stats.interrupts.Load(),
		Suppressed: q.stats.suppressed.Load(),
		Chains:     q.stats.chains.Load(),
		Bytes:      q.stats.bytes.Load(),
	}
}

// Posted is what a driver has made available and the device has not used yet.
type Posted struct {
	Chains  int
	Buffers int    // descriptors in them, those of indirect tables included
	Entries int    // descriptors of the queue's own table that they occupy
	Bytes   uint64 // of guest memory in the buffers
}

func (p *Posted) add(c *Chain) {
	p.Chains++
	p.Buffers += len(c.arena)
	p.Entries += c.entries
	p.Bytes += c.ReadLen + c.WriteLen
}

// Posted walks the available ring. It costs as much as decoding it and allocates, so it is for people who ask, not for the
// path of a frame. Any goroutine may call it, as long as guest memory is there; what the driver or the device changes
// meanwhile is counted in its old or its new state. A packed ring does not show what lies behind a chain that was used out of
// order: the count ends there.
func (q *Queue) Posted() Posted { return q.avail.survey(q.Position().Avail) }

// stats is written by the queue's goroutine, once for each batch, and read by anyone.
type stats struct {
	kicks, interrupts, suppressed, chains, bytes atomic.Uint64
}

func (s *stats) used(chains int, bytes uint64) {
	s.chains.Add(uint64(chains))
	s.bytes.Add(bytes)
}
