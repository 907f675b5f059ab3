package virtioballoon

import "sync/atomic"

// Counts are since New; they survive resets.
type Counts struct {
	Inflated uint64 // pages of 4 KiB that the guest gave up, and there are
	Reported uint64 // bytes that it said are free, and that were given back to the host
}

type counters struct{ inflated, reported atomic.Uint64 }

// Counts returns them. Any goroutine may call it.
func (d *Device) Counts() Counts {
	return Counts{Inflated: d.counts.inflated.Load(), Reported: d.counts.reported.Load()}
}
