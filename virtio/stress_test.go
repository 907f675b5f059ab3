package virtio_test

import (
	"context"
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	vt "github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// Both sides sleep whenever they may, and nobody looks at the clock: one lost notification, by a barrier too few, and the
// test hangs.
func TestNoNotificationIsLost(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		for _, f := range [][]virtio.Feature{{}, {virtio.EventIdx}} {
			t.Run(virtio.FeaturesOf(f...).String(), func(t *testing.T) {
				r := l.rig(t, 8, f...)
				r.serve(pingPong, func() { r.drive(10000) })
			})
		}
	})
}

// serve runs a device on the queue while drive runs on its driver's side.
func (r *rig) serve(device func(context.Context, *virtio.Queue) error, drive func()) {
	r.Helper()
	s := newSession()
	s.Enable(0, r.q)
	cancel, ended := runs(s, device)
	r.ring.OnKick = func() { kick(r.q.KickFD()) }
	done := make(chan struct{})
	go func() {
		defer close(done)
		drive()
	}()
	soon(r.T, "the last chain is used", done)
	cancel()
	if err := soon(r.T, "the session ends", ended); err != nil {
		r.Error(err)
	}
	r.ring.Check()
}

// A frame lies in one to five chains of 21 bytes, and the driver looks at the ring all the time: it never sees a part of one.
func TestADriverSeesAllOfAFrameOrNoneOfIt(t *testing.T) {
	small := vt.Strategy{Name: "21 bytes in 3", Mergeable: true, Chain: func(int) []int { return []int{12, 4, 5} }}
	eachLayout(t, func(t *testing.T, l layout) {
		r := l.rig(t, 43, mrgRxbuf, virtio.EventIdx)
		r.serve(frames, func() {
			rx := vt.NewReceiver(r.ring, small, 12)
			rx.Fill()
			for i := range 5000 {
				for r.ring.Pending() == 0 && r.Context().Err() == nil {
					runtime.Gosched()
				}
				f := rx.Receive(time.Minute)
				if n := frameLen(i); len(f.Payload) != n-12 || f.NumBuffers != (n+20)/21 {
					t.Errorf("frame %d: %d bytes in %d buffers, want %d", i, len(f.Payload), f.NumBuffers, n-12)
					return
				}
			}
		})
	})
}

const mrgRxbuf = virtio.Feature(15)

// frameLen is the length of frame i, header included.
func frameLen(i int) int { return 13 + i*7%92 }

// frames receives as many as the driver has room for.
func frames(ctx context.Context, q *virtio.Queue) error {
	for i := 0; ; {
		n := uint64(frameLen(i))
		res, err := q.Reserve(n, 1024)
		switch {
		case err != nil:
			return err
		case res.Len >= n:
			binary.LittleEndian.PutUint16(bytesOf(res.Vecs[0])[10:], uint16(res.Fit(n)))
			res.Commit(n)
			q.Notify()
			i++
		case q.EnableKicks():
		default:
			if err := q.Wait(ctx); err != nil {
				return err
			}
		}
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
