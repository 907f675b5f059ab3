package virtio_test

import (
	"math/rand/v2"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// quietUse uses n chains of one entry, all at once, while the driver wants this.
func (r *rig) quietUse(n int, offWrap, flags uint16) (interrupted bool) {
	r.Helper()
	r.ring.SetDriverEvent(offWrap, flags)
	before := r.ring.Interrupts()
	for range n {
		r.bytes(1)
		r.q.Push(r.pop(), 0)
	}
	r.q.Publish()
	r.q.Notify()
	return r.ring.Interrupts() > before
}

// lap is an off_wrap: an entry of a lap, counted from 0.
func lap(n, entry int) uint16 { return uint16(entry) | uint16(1-n%2)<<15 }

func TestPackedInterruptsByFlag(t *testing.T) {
	r := packedRig(t, 16)
	r.expect("ENABLE interrupts", r.quietUse(1, lap(0, 9), vt.EventEnable), true)
	r.expect("DISABLE interrupts", r.quietUse(1, lap(0, 1), vt.EventDisable), false)
	r.expect("ENABLE interrupts again", r.quietUse(1, 0, vt.EventEnable), true)
	r.expect("Notify with nothing new interrupts", r.quietUse(0, 0, vt.EventEnable), false)
	if s := r.q.Stats(); s.Interrupts != 2 || s.Suppressed != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestPackedInterruptsByPlace(t *testing.T) {
	r := packedRig(t, 8, virtio.EventIdx)
	for _, step := range []struct {
		what    string
		n       int
		offWrap uint16
		want    bool
	}{
		{"the first signal, whatever the event", 1, lap(1, 3), true},
		{"entry 1, event 2", 1, lap(0, 2), false},
		{"entry 2, event 2", 1, lap(0, 2), true},
		{"entry 3, event 2", 1, lap(0, 2), false},
		{"entries 4 to 6, event 5", 3, lap(0, 5), true},
	} {
		r.expect(step.what, r.quietUse(step.n, step.offWrap, vt.EventDesc), step.want)
	}
	r.collect()
	for _, step := range []struct {
		what    string
		n       int
		offWrap uint16
		want    bool
	}{
		{"entries 7 and 0, event 0 of the next lap", 2, lap(1, 0), true},
		{"entry 1, event 1 of the lap before", 1, lap(0, 1), false},
		{"entry 2, event 2 of this lap", 1, lap(1, 2), true},
		{"entries 3 to 5, event 2", 3, lap(1, 2), false},
	} {
		r.expect(step.what, r.quietUse(step.n, step.offWrap, vt.EventDesc), step.want)
	}
}

// The device may signal late: all that was published since the last time counts.
func TestPackedEventsAreThoseBetweenTwoSignals(t *testing.T) {
	const size = 7
	r := packedRig(t, size, virtio.EventIdx)
	r.quietUse(1, 0, vt.EventEnable)
	r.collect()
	rng := rand.New(rand.NewPCG(7, 8))
	at := 1 // entries used since the start
	for range 20000 {
		from := at
		for range 1 + rng.IntN(3) {
			n := 1 + rng.IntN(3)
			r.bytes(n)
			r.q.Push(r.pop(), 0)
			r.q.Publish()
			r.collect()
			at += n
		}
		event := at - size + rng.IntN(2*size) // an entry of the last lap or of the next
		if event < 0 {
			continue
		}
		r.ring.SetDriverEvent(lap(event/size, event%size), vt.EventDesc)
		before := r.ring.Interrupts()
		r.q.Notify()
		want := event >= from && event < at || event-2*size >= from // two laps look the same
		if got := r.ring.Interrupts() > before; got != want {
			t.Fatalf("entries %d to %d, event %d: interrupt %v, want %v", from, at-1, event, got, want)
		}
	}
}

// What is no value of 2.8.14 is taken for DESC, as in QEMU.
func TestReservedEventFlagsAreTakenForDesc(t *testing.T) {
	r := packedRig(t, 8)
	r.quietUse(1, 0, vt.EventEnable)
	r.expect("flags 3, event not reached", r.quietUse(1, lap(0, 5), 3), false)
	r.expect("flags 4, event reached", r.quietUse(1, lap(0, 2), 4), true)
}

func TestTheDeviceSaysWhenItWantsKicks(t *testing.T) {
	for name, c := range map[string]struct {
		features []virtio.Feature
		enabled  uint16
		offWrap  uint16 // after three entries of four, and after the fourth
		next     uint16
	}{
		"without EVENT_IDX": {nil, vt.EventEnable, 0, 0},
		"with EVENT_IDX":    {[]virtio.Feature{virtio.EventIdx}, vt.EventDesc, lap(0, 3), lap(1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			r := packedRig(t, 4, c.features...)
			event := func(what string, offWrap, flags uint16) {
				if o, f := r.ring.DeviceEvent(); f != flags || flags == vt.EventDesc && o != offWrap {
					t.Errorf("%s: off_wrap %#x, flags %d; want %#x, %d", what, o, f, offWrap, flags)
				}
			}
			event("before the device says anything", 0, vt.EventEnable)
			r.q.DisableKicks()
			event("disabled", 0, vt.EventDisable)
			r.bytes(3)
			r.use(r.pop(), 0)
			event("disabled, after a chain", 0, vt.EventDisable)
			r.q.EnableKicks()
			event("enabled", c.offWrap, c.enabled)
			r.bytes(1)
			r.use(r.pop(), 0)
			event("enabled, after another", c.next, c.enabled)
			r.ring.Check()
		})
	}
}
