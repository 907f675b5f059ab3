package net

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Stream is a netdev over a byte stream, framed as QEMU's -netdev socket and -netdev stream: each frame after its length in
// four bytes, the most significant first. There are no headers and no offloads.
//
// A length of more than MaxFrame means that the other side speaks something else: the link ends with an error that says so and
// that is io.EOF to errors.Is.
type Stream struct {
	file *os.File
	link streamLink
	done chan struct{}
}

// NewStream takes over a connected stream socket or a character device. It owns fd, also if it fails.
func NewStream(fd int) (*Stream, error) {
	if err := checkStream(fd); err != nil {
		_ = unix.Close(fd) // if it is open at all, which err tells
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "netdev stream")
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("net: stream: %w", err), file.Close())
	}
	s := &Stream{file: file, done: make(chan struct{})}
	s.link.in = streamReader{from: fdLink{fd}}
	s.link.out = streamWriter{fd: fd, left: make(chan struct{}, 1)}
	go func() {
		defer close(s.done)
		s.link.out.flushLater(raw)
	}()
	return s, nil
}

func checkStream(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return fmt.Errorf("net: stream: fd %d: %w", fd, err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFCHR:
	case unix.S_IFSOCK:
		if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || kind != unix.SOCK_STREAM {
			return fmt.Errorf("net: stream: fd %d is a socket of type %d: it must be a stream (%d)", fd, kind, unix.SOCK_STREAM)
		}
	default:
		return fmt.Errorf("net: stream: fd %d is neither a socket nor a character device", fd)
	}
	unix.CloseOnExec(fd)
	return unix.SetNonblock(fd, true)
}

func (s *Stream) Links() []Link              { return []Link{&s.link} }
func (s *Stream) Offloads() Offload          { return 0 }
func (s *Stream) SetHeader(n int) error      { return checkHeader(n, false) }
func (s *Stream) SetOffload(o Offload) error { return checkOffload(o, 0) }
func (s *Stream) SetQueues(n int) error      { return checkQueues(n, 1) }

func (s *Stream) Close() error {
	unix.Shutdown(s.link.FD(), unix.SHUT_RDWR) // a character device has no such thing
	err := s.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	close(s.link.out.left)
	<-s.done
	return err
}

type streamLink struct {
	in  streamReader
	out streamWriter
}

func (l *streamLink) Receive(iov []unix.Iovec) (int, error) { return l.in.receive(iov) }
func (l *streamLink) Send(iov []unix.Iovec) error           { return l.out.send(iov) }
func (l *streamLink) FD() int                               { return l.in.from.fd }
