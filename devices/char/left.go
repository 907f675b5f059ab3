package char

import (
	"context"
	stdnet "net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Left waits until the peer who is there has hung up, both ways, and lets go of what it sent and nobody has read; or until ctx is done:
// then it returns false. No Read may be under way.
func (s *Socket) Left(ctx context.Context) bool {
	conn, _, _ := s.state()
	if conn == nil || !hangsUp(ctx, conn) {
		return false
	}
	s.drop(conn)
	return true
}

// hangsUp waits in Go's netpoller, which looks again at each change of what there is to read, an end among them.
func hangsUp(ctx context.Context, conn stdnet.Conn) bool {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	})
	err = raw.Read(func(fd uintptr) bool { return hungUp(fd) })
	if !stop() {
		<-interrupted
	}
	_ = conn.SetReadDeadline(time.Time{})
	return err == nil
}

func hungUp(fd uintptr) bool {
	p := []unix.PollFd{{Fd: int32(fd)}} // POLLHUP is always told
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0 && p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
}
