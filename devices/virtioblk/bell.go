package virtioblk

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A bell wakes the goroutine that serves a queue when a worker has done something. While nobody sleeps, ringing it costs no
// system call.
type bell struct {
	fd     int // eventfd
	asleep atomic.Bool
	polled [2]unix.PollFd
}

func (b *bell) open() (err error) {
	if b.fd, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("virtioblk: eventfd: %w", err)
	}
	return nil
}

func (b *bell) close() { _ = unix.Close(b.fd) }

// ring comes after the request is in the channel, and wait looks at the channel after it has said that it sleeps: one of the two
// sees the other.
func (b *bell) ring() {
	if !b.asleep.Swap(false) {
		return
	}
	one := [8]byte{0: 1}
	// EAGAIN is a counter that is full: there is a wake-up to come.
	_, _ = unix.Write(b.fd, one[:])
}

// wait sleeps until kick is readable or something is done, and reports whether kick is. It may return for nothing.
func (b *bell) wait(kick int, p *pool) (kicked bool) {
	b.asleep.Store(true)
	defer b.asleep.Store(false)
	if p.any() {
		return false
	}
	b.polled = [2]unix.PollFd{{Fd: int32(kick), Events: unix.POLLIN}, {Fd: int32(b.fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(b.polled[:], -1); err != unix.EINTR {
			break
		}
	}
	if b.polled[1].Revents != 0 {
		var count [8]byte
		_, _ = unix.Read(b.fd, count[:]) // not blocking: it only clears the counter
	}
	return b.polled[0].Revents != 0
}
