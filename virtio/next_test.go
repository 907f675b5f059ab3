package virtio_test

import (
	"context"
	"errors"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// nexts calls Next until it fails, and passes on which chains it returns.
func (r *rig) nexts(ctx context.Context) (heads <-chan uint16, ended <-chan error) {
	found, end := make(chan uint16), make(chan error, 1)
	go func() {
		for {
			c, err := r.q.Next(ctx)
			if err != nil {
				end <- err
				return
			}
			found <- c.Head
			r.q.Push(c, 0)
		}
	}()
	return found, end
}

func TestNextTellsTheDriverBeforeItWaitsForMore(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		r.ring.OnKick = func() { kick(r.q.KickFD()) }
		ctx, cancel := context.WithCancel(t.Context())
		first, second := r.bytes(1), r.bytes(2)
		heads, ended := r.nexts(ctx)
		for _, want := range []uint16{first, second} {
			if head := <-heads; head != want {
				t.Errorf("chain %d, want %d", head, want)
			}
		}
		r.ring.Wait(patience)
		r.ring.Wait(patience) // nobody kicked, and nobody asked for a third
		third := r.bytes(1)
		r.ring.Kick()
		if head := <-heads; head != third {
			t.Errorf("chain %d, want %d", head, third)
		}
		r.ring.Wait(patience)
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Next of a queue without chains: %v", err)
		}
	})
}

func TestNextEndsWithItsContextThoughThereAreChains(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		head := r.bytes(1)
		r.bytes(1)
		ctx, cancel := context.WithCancel(t.Context())
		c, err := r.q.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		r.q.Push(c, 0)
		cancel()
		if c, err := r.q.Next(ctx); c != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("Next: %v, %v", c, err)
		}
		if u := r.next(); u.Head != head { // what was pushed is not lost with it
			t.Errorf("used %d, want %d", u.Head, head)
		}
	})
}

func TestNextReportsWhatTheDriverBroke(t *testing.T) {
	r := newRig(t, 8)
	r.bytes(1)
	r.ring.SetAvailIdx(100)
	var broken *virtio.Violation
	if _, err := r.q.Next(t.Context()); !errors.As(err, &broken) || broken.Rule != virtio.RuleAvailIndex {
		t.Errorf("%v, want %v", err, virtio.RuleAvailIndex)
	}
}

func TestUseTellsTheDriverAtOnce(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 8)
		for range 3 {
			head, before := r.writable(4), r.ring.Interrupts()
			r.q.Use(r.pop(), 3)
			if u := r.next(); u.Head != head || u.Len != 3 {
				t.Errorf("used %+v, want %d with 3 bytes", u, head)
			}
			if n := r.ring.Interrupts() - before; n != 1 {
				t.Errorf("%d interrupts, want 1", n)
			}
		}
	})
}
