package virtionet

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A waiter is what a goroutine sleeps on: descriptors of its choice, and a call from elsewhere. It polls the
// descriptors itself: Go's poller would need a goroutine for each of the two and a crossing between them for each frame.
type waiter struct {
	call    int // eventfd
	polled  []unix.PollFd
	limit   unix.Timespec
	stopped atomic.Bool
}

func (w *waiter) open() (err error) {
	w.call, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		w.call = -1
		return fmt.Errorf("eventfd: %w", err)
	}
	return nil
}

func (w *waiter) close() error {
	if w.call < 0 {
		return nil
	}
	return unix.Close(w.call)
}

// follow makes the waiter stop when ctx is done. The function that it returns ends that, and must be called before the
// waiter is closed or used again.
func (w *waiter) follow(ctx context.Context) (leave func()) {
	w.stopped.Store(false)
	done := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		w.stopped.Store(true)
		w.wake()
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

// wake ends the wait that is going on, or else the next one.
func (w *waiter) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	unix.Write(w.call, one[:]) // fails only if the counter is full, and then the waiter will wake
}

// wait sleeps until fd has one of events, or wake is called. It returns what poll(2) says of fd. A negative fd is never ready.
func (w *waiter) wait(fd int, events int16) (revents int16) { return w.poll(fd, events, -1) }

// either is wait for two to be readable. A negative one is never ready.
func (w *waiter) either(a, b int) (aReady, bReady bool) {
	w.polled = append(w.polled[:0], unix.PollFd{Fd: int32(a), Events: unix.POLLIN}, unix.PollFd{Fd: int32(b), Events: unix.POLLIN})
	w.sleep(-1)
	return w.polled[0].Revents != 0, w.polled[1].Revents != 0
}

// rest sleeps for so long, or until wake is called.
func (w *waiter) rest(d time.Duration) { w.poll(-1, 0, d) }

// poll is wait for no longer than d, if that is not negative.
func (w *waiter) poll(fd int, events int16, d time.Duration) (revents int16) {
	w.polled = append(w.polled[:0], unix.PollFd{Fd: int32(fd), Events: events})
	w.sleep(d)
	return w.polled[0].Revents
}

// sleep waits for those that are in polled, and for the call, which it adds to them. It returns how many were ready.
func (w *waiter) sleep(d time.Duration) (ready int) {
	w.polled = append(w.polled, unix.PollFd{Fd: int32(w.call), Events: unix.POLLIN})
	for {
		n, err := w.ppoll(d)
		if err != unix.EINTR {
			ready = n
			break
		}
	}
	if last := len(w.polled) - 1; w.polled[last].Revents != 0 {
		var b [8]byte
		unix.Read(w.call, b[:]) // not blocking: it only clears the counter
	}
	return ready
}

// ppoll, and not poll(2), which counts milliseconds: a coalesced segment waits for less than one.
func (w *waiter) ppoll(d time.Duration) (ready int, err error) {
	if d < 0 {
		return unix.Poll(w.polled, -1)
	}
	w.limit = unix.NsecToTimespec(d.Nanoseconds())
	return unix.Ppoll(w.polled, &w.limit, nil)
}

// gone says that a descriptor will never have what was waited for.
func gone(revents, events int16) bool {
	return revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 && revents&events == 0
}
