package virtiopci

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// A kick is the eventfd of one queue. It lives as long as the transport, so that a notification that comes before
// DRIVER_OK is remembered and one that comes after a reset is harmless.
type kick int

// one is what a write to an eventfd adds: 1, in the host's byte order on the only machine there is.
var one = []byte{1, 0, 0, 0, 0, 0, 0, 0}

func newKick() (kick, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	return kick(fd), err
}

func (k kick) fd() int { return int(k) }

// signal cannot fail in a way that matters: an eventfd refuses a write only when its count is full, and then it is
// readable already.
func (k kick) signal() { _, _ = unix.Write(k.fd(), one) }

func (k kick) drain() {
	var count [8]byte
	_, _ = unix.Read(k.fd(), count[:])
}

func (k kick) close() { _ = unix.Close(k.fd()) }

// openKicks makes the eventfds of all queues that the device can have.
func (t *Transport) openKicks() error {
	for range t.queueLimit() {
		k, err := newKick()
		if err != nil {
			for _, k := range t.kicks {
				k.close()
			}
			return fmt.Errorf("virtiopci: eventfd of queue %d of %d: %w", len(t.kicks), t.queueLimit(), err)
		}
		t.kicks = append(t.kicks, k)
	}
	return nil
}
