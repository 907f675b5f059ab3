package virtioconsole

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// vacant is drain for a queue of no port. A device has room for 31 ports by default and few are there: so this waits in Go's
// netpoller, where virtio's Wait would hold a thread for each of the others.
func vacant(ctx context.Context, q *virtio.Queue, f func(*virtio.Chain) error) error {
	kicks, err := newKicks(q)
	if err != nil {
		return err
	}
	defer kicks.close()
	q.Watch(ctx)
	for {
		c, err := q.Pop()
		switch {
		case err != nil:
			return err
		case c != nil:
			if err := f(c); err != nil {
				return err
			}
			q.Use(c, 0)
		case !q.EnableKicks():
			err := kicks.wait()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				return err
			}
			q.Drain()
		}
	}
}

// kicks is a queue's kick descriptor in the netpoller.
type kicks struct {
	file *os.File // a duplicate: the netpoller's Close is not the queue's
	conn syscall.RawConn
}

func newKicks(q *virtio.Queue) (k kicks, err error) {
	fd, err := unix.FcntlInt(uintptr(q.KickFD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return k, fmt.Errorf("virtioconsole: kick descriptor of queue %d: %w", q.Index(), err)
	}
	k.file = os.NewFile(uintptr(fd), "kicks")
	if k.conn, err = k.file.SyscallConn(); err != nil {
		_ = k.file.Close()
		return k, fmt.Errorf("virtioconsole: kick descriptor of queue %d: %w", q.Index(), err)
	}
	return k, nil
}

// wait returns when the descriptor is readable.
func (k kicks) wait() error {
	return k.conn.Read(func(fd uintptr) bool {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(p, 0)
		return n > 0 || err != nil
	})
}

func (k kicks) close() { _ = k.file.Close() }
