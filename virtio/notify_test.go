package virtio_test

import (
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// interrupted uses n chains at once and reports whether that interrupts.
func (r *rig) interrupted(n int) bool {
	r.Helper()
	before := r.ring.Interrupts()
	for range n {
		r.writable(1)
		r.q.Push(r.pop(), 0)
	}
	r.q.Publish()
	r.q.Notify()
	return r.ring.Interrupts() > before
}

func (r *rig) expect(what string, got, want bool) {
	r.Helper()
	if got != want {
		r.Errorf("%s: %v, want %v", what, got, want)
	}
}

func (r *rig) collect() {
	for r.ring.Pending() > 0 {
		r.next()
	}
}

func TestWithoutEventIdxTheFlagDecides(t *testing.T) {
	r := newRig(t, 16)
	r.ring.SetUsedEvent(0xffff) // 2.7.7.2: ignored
	r.expect("flags 0 interrupts", r.interrupted(1), true)
	r.ring.SetAvailFlags(1)
	r.expect("flags 1 interrupts", r.interrupted(1), false)
	r.ring.SetAvailFlags(0)
	r.expect("Notify with nothing new interrupts", r.interrupted(0), false)
	if s := r.q.Stats(); s.Interrupts != 1 || s.Suppressed != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestWithEventIdxTheIndexDecides(t *testing.T) {
	r := newRig(t, 16, virtio.EventIdx)
	r.ring.SetUsedEvent(9)
	r.expect("the first signal is sent whatever used_event says", r.interrupted(1), true)
	r.ring.SetAvailFlags(1) // 2.7.7.2: ignored
	r.ring.SetUsedEvent(3)
	r.expect("used index 2, event 3", r.interrupted(1), false)
	r.expect("used index 3, event 3", r.interrupted(1), false)
	r.expect("used index 4 writes entry 3", r.interrupted(1), true)
	r.expect("used index 5, event passed", r.interrupted(1), false)
	r.ring.SetUsedEvent(7)
	r.expect("used index 9 jumps over event 7", r.interrupted(4), true)
	if got := r.ring.UsedFlags(); got != 0 {
		t.Errorf("2.7.10.2: used.flags is %d", got)
	}
}

func TestNotifyOnEmptyOverridesTheFlag(t *testing.T) {
	r := newRig(t, 16, virtio.NotifyOnEmpty)
	r.ring.SetAvailFlags(1)
	r.expect("the ring is empty", r.interrupted(1), true)
	r.writable(1)
	r.q.Push(r.pop(), 0)
	r.writable(1)
	before := r.ring.Interrupts()
	r.q.Publish()
	r.q.Notify()
	r.expect("a chain is available: interrupts", r.ring.Interrupts() > before, false)
	c := r.pop()
	r.writable(1)
	d := r.pop()
	r.use(c, 0)
	r.expect("a chain is in flight: interrupts", r.ring.Interrupts() > before, false)
	r.use(d, 0)
	r.expect("the last is used: interrupts", r.ring.Interrupts() > before, true)
}

func TestTheDriverIsAskedToKickByFlag(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 16)
		r.expect("kick at the start", r.ring.Kick(), true)
		r.q.DisableKicks()
		r.expect("kick while disabled", r.ring.Kick(), false)
		r.expect("more at enabling an empty ring", r.q.EnableKicks(), false)
		r.expect("kick after enabling", r.ring.Kick(), true)
		r.q.DisableKicks()
		r.writable(1)
		r.expect("more at enabling after a chain came", r.q.EnableKicks(), true)
	})
}

func TestTheDriverIsAskedToKickByIndex(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 16, virtio.EventIdx)
		kick := func() bool {
			r.ring.Add(r.buffer())
			return r.ring.Kick()
		}
		r.expect("kick for the first chain", kick(), true)
		r.q.DisableKicks()
		r.pop()
		r.expect("kick while disabled", kick(), false)
		r.pop()
		r.expect("more", r.q.EnableKicks(), false)
		r.expect("kick after enabling", kick(), true)
		r.pop()
		r.expect("kick after a pop while enabled", kick(), true)
		r.expect("kick for a second chain before the device looks", kick(), false)
		r.ring.Check()
	})
}

// A receiver that lacks room waits for chains beyond those that it has reserved; the ring is not empty.
func TestEnableKicksAsksForWhatReserveHasNotSeen(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for _, f := range [][]virtio.Feature{nil, {virtio.EventIdx}} {
			r := l.rig(t, 16, f...)
			r.writable(10)
			r.writable(10)
			r.q.DisableKicks()
			r.reserve(100, 16)
			r.expect("more", r.q.EnableKicks(), false)
			r.ring.Add(r.buffer())
			r.expect("kick", r.ring.Kick(), true)
			r.expect("more after another chain", r.q.EnableKicks(), true)
		}
	})
}

func TestASpanOfTheWholeIndexIsNotTakenForNone(t *testing.T) {
	r := newRig(t, 32768, virtio.EventIdx)
	r.expect("first", r.interrupted(1), true)
	r.ring.SetUsedEvent(5)
	for range 2 {
		for range 32768 {
			r.writable(1)
			r.q.Push(r.pop(), 0)
			r.q.Publish()
			r.collect()
			r.ring.SetUsedEvent(5)
		}
	}
	before := r.ring.Interrupts()
	r.q.Notify()
	r.expect("65536 later: interrupts", r.ring.Interrupts() > before, true)
}

func TestAQueueThatGoesOnRemembersWhatTheDriverWasToldOf(t *testing.T) {
	for name, c := range map[string]struct {
		features []virtio.Feature
		never    func(r *virtiotest.Ring) // sets an event behind all that the test uses
	}{
		"split":  {[]virtio.Feature{virtio.EventIdx}, func(r *virtiotest.Ring) { r.SetUsedEvent(100) }},
		"packed": {[]virtio.Feature{virtio.EventIdx, virtio.RingPacked}, func(r *virtiotest.Ring) { r.SetDriverEvent(lap(0, 12), virtiotest.EventDesc) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 16, c.features...)
			c.never(r.ring)
			r.expect("the first signal", r.interrupted(1), true)
			goOn := func(start virtio.Position) {
				config := r.ring.Config(3, eventfd(t))
				config.Start = start
				r.q = newQueue(t, config)
			}
			goOn(r.q.Rest())
			r.expect("the first signal after a rest", r.interrupted(1), false)
			goOn(r.q.Position())
			r.expect("the first signal of a queue that knows its place alone", r.interrupted(1), true)
		})
	}
}
