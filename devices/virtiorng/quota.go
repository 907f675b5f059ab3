package virtiorng

import (
	"context"
	"math"
	"time"
)

const (
	maxBytes      = math.MaxInt64 // also QEMU's default: no limit for all practical purposes
	maxPeriod     = math.MaxUint32 * time.Millisecond
	defaultPeriod = 1 << 16 * time.Millisecond
)

// A Limit is QEMU's max-bytes and period: at most Bytes in each Period. The zero value is no limit.
type Limit struct {
	Bytes  uint64
	Period time.Duration // whole milliseconds
}

// Unlimited is QEMU's default.
var Unlimited = Limit{Bytes: maxBytes, Period: defaultPeriod}

func (l Limit) orDefault() Limit {
	if l == (Limit{}) {
		return Unlimited
	}
	return l
}

// A Clock is the time that Limit counts in: the guest's, where a machine has a clock of its own.
type Clock interface {
	Now() time.Time
	// After receives once when d has passed.
	After(d time.Duration) <-chan time.Time
}

type hostClock struct{}

func (hostClock) Now() time.Time                         { return time.Now() }
func (hostClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// quota is what a driver may still have. One goroutine at a time uses it: the one that serves the queue.
//
// As in QEMU, a period begins with the first request after the one before is over, not at its end.
type quota struct {
	limit Limit
	clock Clock

	end  time.Time // of the period; zero before the first
	rest uint64    // until then
}

// left begins a period if none is on.
func (q *quota) left() uint64 {
	if now := q.clock.Now(); !now.Before(q.end) {
		q.end, q.rest = now.Add(q.limit.Period), q.limit.Bytes
	}
	return q.rest
}

// take returns how many of n bytes there may be, and counts them.
func (q *quota) take(n uint64) uint64 {
	n = min(n, q.left())
	q.rest -= n
	return n
}

// wait returns when there is something left, or with ctx's error.
func (q *quota) wait(ctx context.Context) error {
	for q.left() == 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.clock.After(q.end.Sub(q.clock.Now())):
		}
	}
	return nil
}
