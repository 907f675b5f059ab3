package virtioblk

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/virtio"
)

// pause takes the queue from the device, as the stop of a machine does; the function that it returns gives it back.
func (r *rig) pause() (resume func()) {
	r.t.Helper()
	q := r.Device(0)
	r.Session.Disable(0)
	return func() {
		r.t.Helper()
		kick, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			r.t.Fatal(err)
		}
		r.kicks = append(r.kicks, kick)
		c := r.Queue(0).Config(0, kick)
		c.Start = q.Position()
		next, err := virtio.NewQueue(c)
		if err != nil {
			r.t.Fatal(err)
		}
		r.Queue(0).OnKick = func() { _, _ = unix.Write(kick, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }
		r.Session.Enable(0, next)
	}
}

// The queue is taken away with requests under way and more in the ring: each is done, once.
func TestAPausedQueueLosesNoRequest(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			r := start(t, Config{Disk: uncached{image(t)}}, mode.features)
			q := r.Queue(0)
			for range 5 {
				var all []sent
				for i := range uint64(40) {
					all = append(all, r.send(q, command{kind: typeIn, sector: i, in: 512}, plain))
				}
				q.Kick()
				r.pause()()
				used := make(map[uint16]bool)
				for range all {
					used[q.Wait(patience).Head] = true
				}
				for i, s := range all {
					if a := r.answer(s, 513); !used[s.head] || a.status != statusOK || !bytes.Equal(a.in, pattern(imageSize, 1)[512*i:][:512]) {
						t.Fatalf("request %d: used %v, status %d", i, used[s.head], a.status)
					}
				}
			}
		})
	}
}
