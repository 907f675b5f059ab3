package virtionet

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// pause takes a queue from the device, as the stop of a machine does; the function that it returns gives it back.
func (r *rig) pause(i int) (resume func()) {
	r.t.Helper()
	q := r.Device(i)
	r.Session.Disable(i)
	return func() {
		r.t.Helper()
		kick, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() { unix.Close(kick) })
		c := r.Queue(i).Config(i, kick)
		c.Start = q.Position()
		if q, err = virtio.NewQueue(c); err != nil {
			r.t.Fatal(err)
		}
		r.Queue(i).OnKick = func() { unix.Write(kick, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }
		r.Session.Enable(i, q)
	}
}

func TestAPausedReceiveQueueGoesOnWhereItStopped(t *testing.T) {
	for _, m := range mergedModes {
		t.Run(m.name, func(t *testing.T) {
			r := start(t, tapOffload, m.features, Config{}, virtiotest.Options{Sizes: map[int]uint16{0: 16}})
			rx := r.receiver(virtiotest.LinuxMergeable, m.header)
			rx.Keep = true
			rx.Post(2)
			for round := range byte(30) {
				r.send(nil, frame(9000, round))
				r.wait("the frame waits", func() bool { return r.rx().Waited == uint64(round)+1 })
				resume := r.pause(0)
				r.send(nil, frame(60, round))
				rx.Post(5)
				rx.Empty()
				resume()
				if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(9000, round)) {
					t.Fatal("another frame")
				}
				if got := rx.Receive(patience); !bytes.Equal(got.Payload, frame(60, round)) {
					t.Fatal("the frame behind it is another")
				}
				rx.Post(2)
			}
			if s := r.received(60); s.Drops.Total() != 0 {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

func TestAPausedTransmitQueueLosesNoFrame(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			r := start(t, noOffload, m.features, Config{}, virtiotest.Options{})
			sent := 0
			r.wait("the link is full", func() bool {
				for ; r.Queue(1).Room() > 0; sent++ {
					r.Queue(1).Add(virtiotest.Readable(r.RAM.Put(append(make([]byte, m.header), frame(1000, byte(sent))...)), m.header+1000))
				}
				r.Queue(1).Kick()
				for ok := true; ok; _, ok = r.Queue(1).Next() {
				}
				return r.tx().Waited > 0
			})
			r.pause(1)()
			for i := range sent {
				if _, got, err := r.peer.Receive(0, patience); err != nil || !bytes.Equal(got, frame(1000, byte(i))) {
					t.Fatalf("frame %d of %d is another: %v", i, sent, err)
				}
			}
		})
	}
}
