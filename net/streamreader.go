package net

import (
	"encoding/binary"
	"fmt"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lengthSize is the size of the length before each frame.
const lengthSize = 4

// streamReader puts frames together. It never reads beyond the length that follows a frame: so whenever a frame is complete
// some byte of it is still in the descriptor, and polling that is enough.
type streamReader struct {
	from    fdLink
	length  [lengthSize]byte // of the frame that is being read
	lengthN int              // bytes of it that are here
	frame   [MaxFrame]byte
	frameN  int
	next    [lengthSize]byte // where the following frame's length arrives
	iov     [2]unix.Iovec
	broken  error
}

func (r *streamReader) receive(iov []unix.Iovec) (int, error) {
	frame, err := r.whole()
	return scatter(iov, 0, frame), err
}

// whole returns the next frame, which is valid until it is called again.
func (r *streamReader) whole() ([]byte, error) {
	for r.broken == nil {
		if r.lengthN < lengthSize {
			n, err := r.from.Receive(r.vectors(r.length[r.lengthN:], nil))
			if err != nil {
				return nil, r.end(err)
			}
			r.lengthN += n
			continue
		}
		size := binary.BigEndian.Uint32(r.length[:])
		if size > MaxFrame {
			r.broken = fmt.Errorf("net: stream: frame of %d bytes, at most %d can be (is the other side QEMU's framing?): %w", size, MaxFrame, io.EOF)
			break
		}
		done, err := r.fill(int(size))
		if err != nil {
			return nil, r.end(err)
		}
		if done && size > 0 {
			return r.frame[:size], nil
		}
	}
	return nil, r.broken
}

// fill reads what is there of a frame of size bytes, and the length behind it; true when the frame is whole.
func (r *streamReader) fill(size int) (bool, error) {
	if size > 0 {
		n, err := r.from.Receive(r.vectors(r.frame[r.frameN:size], r.next[:]))
		if err != nil {
			return false, err
		}
		r.frameN += n
	}
	if r.frameN < size {
		return false, nil
	}
	r.length, r.lengthN, r.frameN = r.next, r.frameN-size, 0
	return true, nil
}

func (r *streamReader) vectors(a, b []byte) []unix.Iovec {
	r.iov[0] = unix.Iovec{Base: unsafe.SliceData(a), Len: uint64(len(a))}
	r.iov[1] = unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
	return r.iov[:]
}

// end keeps the reason for which a stream is over.
func (r *streamReader) end(err error) error {
	switch {
	case err == ErrWouldBlock:
		return err
	case r.frameN > 0 || r.lengthN > 0:
		r.broken = fmt.Errorf("net: stream: ended inside a frame: %w", io.EOF)
	default:
		r.broken = io.EOF
	}
	return r.broken
}

// scatter copies b over iov behind its first skip bytes, and returns how much found room.
func scatter(iov []unix.Iovec, skip int, b []byte) int {
	done := 0
	for i := range iov {
		room := unsafe.Slice(iov[i].Base, iov[i].Len)
		over := min(skip, len(room))
		skip -= over
		done += copy(room[over:], b[done:])
	}
	return done
}
