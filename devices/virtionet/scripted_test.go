package virtionet

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// A scripted netdev is one whose link answers as the test says, at once and for ever.
type scripted struct {
	endless
	calls   atomic.Uint64
	receive func(call uint64) (int, error)
}

func (s *scripted) Links() []net.Link { return []net.Link{s} }

func (s *scripted) Receive(vecs []unix.Iovec) (int, error) {
	iovec.Scatter(vecs, 0, make([]byte, modern.header))
	return s.receive(s.calls.Add(1))
}

// startScripted runs a device on the link, with buffers posted.
func startScripted(t *testing.T, receive func(call uint64) (int, error)) *rig {
	r := &rig{t: t, device: device(t, Config{Netdev: &scripted{receive: receive}})}
	r.Harness = virtiotest.Start(t, r.device, modern.features, virtiotest.Options{})
	r.receiver(virtiotest.LinuxSmall, modern.header).Fill()
	return r
}

func TestALinkThatOnlyFailsIsNotAskedAllTheTime(t *testing.T) {
	r := startScripted(t, func(uint64) (int, error) { return 0, errors.New("broken") })
	r.wait("failures in a row", func() bool { return r.rx().Drops[DropHostError] > failuresInARow })
	began, before := time.Now(), r.rx().Drops[DropHostError]
	time.Sleep(10 * failurePause)
	n := r.rx().Drops[DropHostError] - before
	if pauses := uint64(time.Since(began) / failurePause); n > pauses+2 { // one at each end
		t.Errorf("%d failures in the time of %d pauses", n, pauses)
	}
}

func TestAFrameAfterAFailureIsNotDelayed(t *testing.T) {
	const frames = 200
	var failed time.Time
	quickest := time.Hour // of the last half: a busy machine may hold up many, a pause would hold up all
	r := startScripted(t, func(call uint64) (int, error) {
		switch {
		case call > 2*frames:
			return 0, net.ErrWouldBlock
		case call%2 == 1:
			failed = time.Now()
			return 0, errors.New("broken")
		case call > frames:
			quickest = min(quickest, time.Since(failed))
		}
		return modern.header + 60, nil
	})
	r.wait("all frames", func() bool { return r.rx().Frames == frames })
	if quickest >= failurePause {
		t.Errorf("after a failure the link is left alone for %v at least", quickest)
	}
}

func TestTheDriverHearsOfAFrameThoughDroppedOnesFollowWithoutEnd(t *testing.T) {
	r := startScripted(t, func(call uint64) (int, error) {
		if call == 1 {
			return modern.header + 60, nil
		}
		return modern.header, nil // a runt
	})
	r.wait("an interrupt", func() bool { return r.Queue(0).Interrupts() == 1 })
}

// A watching netdev says of each frame that it is given how many the driver had got back by then.
type watching struct {
	endless
	ring *atomic.Pointer[virtiotest.Ring]
	back chan uint16
}

func (w *watching) Links() []net.Link { return []net.Link{w} }

func (*watching) Receive([]unix.Iovec) (int, error) { return 0, net.ErrWouldBlock }

func (w *watching) Send([]unix.Iovec) error {
	w.back <- w.ring.Load().UsedIdx()
	return nil
}

func TestLargeFramesComeBackWhileOthersAreStillSent(t *testing.T) {
	const frames = 8 // fewer than a burst
	w := &watching{ring: new(atomic.Pointer[virtiotest.Ring]), back: make(chan uint16, frames)}
	r := &rig{t: t, device: device(t, Config{Netdev: w})}
	r.Harness = virtiotest.Start(t, r.device, modern.features, virtiotest.Options{RAM: 4 << 20})
	ring := r.Queue(1)
	w.ring.Store(ring)
	data := r.RAM.Alloc(65000, 1)
	for range frames {
		ring.Add(virtiotest.Readable(data, 65000))
	}
	ring.Kick()
	for i := range uint16(frames) {
		if back := <-w.back; back != i {
			t.Errorf("%d frames were back when frame %d was sent", back, i)
		}
	}
}
