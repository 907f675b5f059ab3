package virtio

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Wait blocks until the driver kicks or ctx is done; it returns ctx's error then. It sleeps in poll(2), in the goroutine's
// own thread: Go's netpoller would add its own wake-up to each kick. What ends it at ctx is a write to the eventfd.
//
// It returns at a kick that came before the call, too, and may return without one (2.7.10.2 allows spurious ones).
func (q *Queue) Wait(ctx context.Context) error { return q.kick.wait(ctx) }

// KickFD is the queue's eventfd, for poll(2) beside other descriptors; Drain clears it. Once the context of a served queue
// is done (Session.Serve), or that of the last Wait or Watch, it is readable and Drain leaves it so.
func (q *Queue) KickFD() int { return q.kick.fd }
func (q *Queue) Drain()      { q.kick.drain() }

// Watch has KickFD become readable when ctx is done, and no longer for a context before it: for who waits for it otherwise than by Wait.
func (q *Queue) Watch(ctx context.Context) { q.kick.watch(ctx) }

// kick is the available buffer notification of a queue.
type kick struct {
	fd    int
	stats *stats
	poll  [1]unix.PollFd
	count [8]byte

	ctx   context.Context // whose end is written to the eventfd
	stop  func() bool     // of context.AfterFunc
	woken chan struct{}   // closed when it has been written
	over  atomic.Bool     // ctx is done
}

func (k *kick) init(fd int, s *stats) error {
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("virtio: kick descriptor %d: %w", fd, err)
	}
	k.fd, k.stats = fd, s
	k.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	return nil
}

func (k *kick) wait(ctx context.Context) error {
	k.watch(ctx)
	if ctx.Err() == nil {
		if err := k.sleep(); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		<-k.woken // nobody writes to the descriptor any more
		return err
	}
	k.drain()
	return nil
}

func (k *kick) sleep() error {
	for {
		switch _, err := unix.Poll(k.poll[:], -1); err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			return fmt.Errorf("virtio: poll of kick descriptor %d: %w", k.fd, err)
		}
	}
}

// drain counts the kicks. An eventfd that a done context made readable is made so again, lest a loop that drains first and
// asks the context later sleeps for ever.
func (k *kick) drain() {
	if n, err := unix.Read(k.fd, k.count[:]); err == nil && n == len(k.count) {
		k.stats.kicks.Add(binary.NativeEndian.Uint64(k.count[:]))
	}
	if k.over.Load() {
		k.signal()
	}
}

func (k *kick) signal() {
	one := [8]byte{0: 1}
	// EAGAIN is a full counter, and that is readable.
	_, _ = unix.Write(k.fd, one[:])
}

// during runs f with the end of ctx on the eventfd, and lets go of the eventfd before it returns: its owner may close it
// then, and a late write would go to whoever gets the number next.
func (k *kick) during(ctx context.Context, f func() error) error {
	k.watch(ctx)
	defer k.unwatch()
	return f()
}

// watch is free when ctx is the one that is being watched.
func (k *kick) watch(ctx context.Context) {
	if k.ctx == ctx {
		return
	}
	k.unwatch()
	woken := make(chan struct{})
	k.ctx, k.woken = ctx, woken
	k.over.Store(false)
	k.stop = context.AfterFunc(ctx, func() {
		k.over.Store(true)
		k.signal()
		close(woken)
	})
}

func (k *kick) unwatch() {
	if k.ctx != nil && !k.stop() {
		<-k.woken
	}
	k.ctx, k.stop, k.woken = nil, nil, nil
}
