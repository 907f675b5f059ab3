package net

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// streamWriter sends frames after their length. What the descriptor takes only in part is kept, at most one frame, and sent by
// the next Send or, should none come, by flushLater.
type streamWriter struct {
	fd int

	mu     sync.Mutex // send against flushLater, which runs only after a full socket
	iov    []unix.Iovec
	length [lengthSize]byte
	rest   []byte        // of the last frame
	left   chan struct{} // tells flushLater that there is a rest
	broken bool
}

func (w *streamWriter) send(iov []unix.Iovec) error { return w.write(iov, 1, 0) }

// write sends one frame of at least so many bytes. Of a longer header than minHeaderLen, what is more stays here.
func (w *streamWriter) write(iov []unix.Iovec, least, more int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.flush(); err != nil {
		return err
	}
	size := -more
	for i := range iov {
		size += int(iov[i].Len)
	}
	if size < least || size > MaxFrame {
		return fmt.Errorf("net: stream: frame of %d bytes: %d to %d", size, least, MaxFrame)
	}
	binary.BigEndian.PutUint32(w.length[:], uint32(size))
	w.iov = append(w.iov[:0], unix.Iovec{Base: &w.length[0], Len: lengthSize})
	if more == 0 {
		w.iov = append(w.iov, iov...)
	} else {
		w.iov = appendWithout(w.iov, iov, minHeaderLen, minHeaderLen+more)
	}
	n, err := writev(w.fd, w.iov)
	if err != nil {
		return w.end(err)
	}
	w.keep(n)
	return nil
}

// appendWithout appends iov but for its bytes at from and on, up to before to.
func appendWithout(dst, iov []unix.Iovec, from, to int) []unix.Iovec {
	for i := range iov {
		b := unsafe.Slice(iov[i].Base, iov[i].Len)
		head, tail := b[:min(max(from, 0), len(b))], b[min(max(to, 0), len(b)):]
		for _, part := range [...][]byte{head, tail} {
			if len(part) > 0 {
				dst = append(dst, unix.Iovec{Base: &part[0], Len: uint64(len(part))})
			}
		}
		from, to = from-len(b), to-len(b)
	}
	return dst
}

// keep copies what is left of w.iov after n bytes.
func (w *streamWriter) keep(n int) {
	for _, v := range w.iov {
		b := unsafe.Slice(v.Base, v.Len)
		skip := min(n, len(b))
		w.rest = append(w.rest, b[skip:]...)
		n -= skip
	}
	if len(w.rest) == 0 {
		return
	}
	select {
	case w.left <- struct{}{}:
	default:
	}
}

// flush sends the rest of the last frame; ErrWouldBlock if not all of it went.
func (w *streamWriter) flush() error {
	for len(w.rest) > 0 {
		v := [1]unix.Iovec{{Base: &w.rest[0], Len: uint64(len(w.rest))}}
		n, err := writev(w.fd, v[:])
		if err != nil {
			return w.end(err)
		}
		w.rest = w.rest[:copy(w.rest, w.rest[n:])]
	}
	if w.broken {
		return io.EOF
	}
	return nil
}

// writev is one call, again after a signal. Go's scheduler knows of it: nobody can say how far a stream goes.
func writev(fd int, iov []unix.Iovec) (int, error) {
	for {
		n, _, errno := unix.Syscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, frameError(errno)
		}
	}
}

// flushLater sends rests that no further Send does, until Close.
func (w *streamWriter) flushLater(raw syscall.RawConn) {
	for range w.left {
		raw.Write(func(uintptr) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.flush() != ErrWouldBlock
		})
	}
}

// end remembers that a stream cannot go on after an error: half a frame may be out.
func (w *streamWriter) end(err error) error {
	if err == ErrWouldBlock {
		return err
	}
	w.broken, w.rest = true, nil
	return io.EOF
}
