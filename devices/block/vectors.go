package block

import (
	"io"
	"unsafe"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// transfer moves the vectors by preadv or pwritev, as often as it takes. It returns how much it moved and, with an error, what
// is left; io.EOF says that the host had no more.
//
// The system call is made here and not by x/sys, which wants slices of slices and allocates the vectors anew.
func transfer(trap uintptr, fd int, iov []unix.Iovec, off int64) (done int64, rest []unix.Iovec, err error) {
	for iov = advance(iov, 0); len(iov) > 0; {
		count := min(len(iov), iovec.Max)
		n, _, errno := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(count), uintptr(off+done), 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return done, iov, errno
		case n == 0:
			return done, iov, io.EOF
		default:
			done += int64(n)
			iov = advance(iov, uint64(n))
		}
	}
	return done, nil, nil
}

// advance drops the first n bytes of the vectors, and empty ones at the front.
func advance(iov []unix.Iovec, n uint64) []unix.Iovec {
	for len(iov) > 0 && n >= iov[0].Len {
		n -= iov[0].Len
		iov = iov[1:]
	}
	if n > 0 {
		iov[0].Base = (*byte)(unsafe.Add(unsafe.Pointer(iov[0].Base), n))
		iov[0].Len -= n
	}
	return iov
}

// wipe zeros what the vectors point to.
func wipe(iov []unix.Iovec) {
	for _, v := range iov {
		clear(iovec.Bytes(v))
	}
}

// lengthOf is signed, as sizes and offsets of files are.
func lengthOf(iov []unix.Iovec) int64 { return int64(iovec.Length(iov)) }
