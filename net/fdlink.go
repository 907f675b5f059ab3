package net

import (
	"errors"
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fdLink is a Link by a non-blocking descriptor that keeps frames apart: a tap queue or a SOCK_SEQPACKET socket. One readv is
// one frame.
//
// It makes the calls itself: unix.Readv copies the vectors into a new slice for each frame. It makes them raw, and at once, since
// behind a system call the CPU has forgotten where its callers go on, and every level of them costs some 15 ns.
//
// Raw also means that Go's scheduler does not know, which saves another 20 ns, and on a busy host more: there it takes a goroutine
// that makes one call after the other for one that is away for long, and gives its processor to another thread. In return a
// garbage collection that begins meanwhile waits for the call, as it waits where this program itself touches a guest's page for
// the first time. That is microseconds: the calls never wait for frames, but writev on a tap runs the host's network stack up to
// the receiving socket.
type fdLink struct{ fd int }

func (l *fdLink) FD() int { return l.fd }

func (l *fdLink) Receive(iov []unix.Iovec) (int, error) {
	call, p, size := callOn(iov, unix.SYS_READ, unix.SYS_READV)
	n, _, errno := syscall.RawSyscall6(call, uintptr(l.fd), uintptr(p), size, 0, 0, 0)
	switch {
	case errno == unix.EINTR:
		return l.Receive(iov)
	case errno != 0:
		return 0, frameError(errno)
	case n == 0 && room(iov):
		return 0, io.EOF
	}
	return int(n), nil
}

func (l *fdLink) Send(iov []unix.Iovec) error {
	call, p, size := callOn(iov, unix.SYS_WRITE, unix.SYS_WRITEV)
	_, _, errno := syscall.RawSyscall6(call, uintptr(l.fd), uintptr(p), size, 0, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.EINTR:
		return l.Send(iov)
	}
	return frameError(errno)
}

// callOn is the system call for iov, with its arguments: the kernel is quicker where there is one piece and no vector to read. An
// empty one is left to the other call, which does nothing then.
func callOn(iov []unix.Iovec, one, many uintptr) (call uintptr, p unsafe.Pointer, size uintptr) {
	if len(iov) == 1 && iov[0].Len > 0 {
		return one, unsafe.Pointer(iov[0].Base), uintptr(iov[0].Len)
	}
	return many, unsafe.Pointer(unsafe.SliceData(iov)), uintptr(len(iov))
}

// room tells the end of a socket from a readv that had nowhere to put a byte.
func room(iov []unix.Iovec) bool {
	for i := range iov {
		if iov[i].Len != 0 {
			return true
		}
	}
	return false
}

// frameError gives errno the meaning that Link promises. It allocates nothing: a link that is down fails at line rate.
func frameError(errno unix.Errno) error {
	switch errno {
	case unix.EAGAIN, unix.ENOBUFS:
		return ErrWouldBlock
	case unix.EPIPE, unix.ECONNRESET, unix.ENOTCONN, unix.EBADFD, unix.EBADF:
		return io.EOF // EBADFD: the tap's interface was deleted
	case unix.EIO:
		return ErrLinkDown
	}
	return errno
}

// NewFDLink makes a link of a non-blocking descriptor that keeps frames apart. The caller keeps owning it.
func NewFDLink(fd int) Link { return &fdLink{fd} }

// SocketPair is a pair of sockets that keep frames apart and tell the end of the other side (SOCK_SEQPACKET), both ends
// non-blocking and as deep as the host allows. The caller closes both.
func SocketPair() (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, err
	}
	for _, fd := range fds {
		deepen(fd)
	}
	return fds[0], fds[1], nil
}

// socketBuffer holds a TCP window's worth of frames. The force needs CAP_NET_ADMIN; without it the kernel cuts the size to
// net.core.wmem_max, with which bursts wait in the sender's queue instead.
const socketBuffer = 4 << 20

func deepen(fd int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, socketBuffer) != nil {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, socketBuffer)
	}
}

// closeLinks closes the descriptors. Sockets are shut down first, which ends a poll of them.
func closeLinks(fds ...int) error {
	var errs []error
	for _, fd := range fds {
		unix.Shutdown(fd, unix.SHUT_RDWR)
		errs = append(errs, unix.Close(fd))
	}
	return errors.Join(errs...)
}
