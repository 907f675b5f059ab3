package virtio_test

import (
	"context"
	"testing"

	"github.com/drydock-vmm/drydock/virtio"
)

// Both sides sleep whenever they may, and nobody looks at the clock: one lost notification, by a barrier too few, and the
// test hangs.
func TestNoNotificationIsLost(t *testing.T) {
	for _, f := range [][]virtio.Feature{{}, {virtio.EventIdx}} {
		t.Run(virtio.FeaturesOf(f...).String(), func(t *testing.T) {
			r, s := newRig(t, 8, f...), newSession()
			s.Enable(0, r.q)
			cancel, ended := runs(s, pingPong)
			r.ring.OnKick = func() { kick(r.q.KickFD()) }
			done := make(chan struct{})
			go func() {
				defer close(done)
				r.drive(30000)
			}()
			soon(t, "the last chain is used", done)
			cancel()
			if err := soon(t, "the session ends", ended); err != nil {
				t.Error(err)
			}
		})
	}
}

// pingPong uses each chain, with notifications off while there are any.
func pingPong(ctx context.Context, q *virtio.Queue) error {
	for {
		q.DisableKicks()
		for {
			c, err := q.Pop()
			if err != nil {
				return err
			}
			if c == nil {
				break
			}
			q.Push(c, 0)
			q.Publish()
			q.Notify()
		}
		if q.EnableKicks() {
			continue
		}
		if err := q.Wait(ctx); err != nil {
			return err
		}
	}
}

// drive keeps the ring full until n chains are used.
func (r *rig) drive(n int) {
	for n > 0 {
		for r.ring.Room() > 0 {
			r.ring.Add(r.buffer())
			r.ring.Kick()
		}
		if r.ring.Pending() == 0 {
			<-r.ring.Interrupted()
		}
		for ; r.ring.Pending() > 0; n-- {
			r.next()
		}
	}
}
