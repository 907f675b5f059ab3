package virtiorng_test

import (
	"sync"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/devices/virtiorng"
)

// clock is a time that the test moves.
type clock struct {
	mu      sync.Mutex
	now     time.Time
	waiting chan chan time.Time // receives from whoever waits
}

func newClock() *clock {
	return &clock{now: time.Unix(1000, 0), waiting: make(chan chan time.Time, 1)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(time.Duration) <-chan time.Time {
	wake := make(chan time.Time, 1)
	c.waiting <- wake
	return wake
}

// pass waits for the device to wait, and moves the time.
func (c *clock) pass(d time.Duration) {
	wake := <-c.waiting
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	wake <- time.Time{}
}

func TestADriverGetsMaxBytesInAPeriod(t *testing.T) {
	clock := newClock()
	h, ring := start(t, virtiorng.Config{Limit: virtiorng.Limit{Bytes: 100, Period: time.Second}, Clock: clock}, modern)
	for range 3 {
		ask(h, ring.Add, 80)
	}
	ring.Kick()
	for i, want := range []uint32{80, 20} {
		if used := ring.Wait(soon); used.Len != want {
			t.Errorf("request %d got %d bytes, want %d", i, used.Len, want)
		}
	}
	clock.pass(time.Second)
	if used := ring.Wait(soon); used.Len != 80 {
		t.Errorf("in the next period: %d bytes, want 80", used.Len)
	}
}

func TestAResetDoesNotRenewTheQuota(t *testing.T) {
	clock := newClock()
	h, ring := start(t, virtiorng.Config{Limit: virtiorng.Limit{Bytes: 100, Period: time.Second}, Clock: clock}, modern)
	ask(h, ring.Add, 90)
	ring.Kick()
	ring.Wait(soon)
	h.Reset(modern)
	ring = h.Queue(0)
	ask(h, ring.Add, 90)
	ring.Kick()
	if used := ring.Wait(soon); used.Len != 10 {
		t.Errorf("after the reset: %d bytes, want 10", used.Len)
	}
}

func TestMaxBytesOfZeroGivesNothingAndAResetEndsTheWait(t *testing.T) {
	clock := newClock()
	h, ring := start(t, virtiorng.Config{Limit: virtiorng.Limit{Period: time.Second}, Clock: clock}, modern)
	ask(h, ring.Add, 1)
	ring.Kick()
	clock.pass(time.Second)
	<-clock.waiting // it looked at the new period, and waits for the next
	if n := ring.Pending(); n != 0 {
		t.Errorf("%d requests were answered", n)
	}
	if err := h.Stop(); err != nil {
		t.Error(err)
	}
}
