package block

import (
	"unsafe"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// ReadCached is ReadAt if the host's page cache has all of it, and a false answer, at once, if not: then any part of the
// vectors may have been filled. It leaves iov as it is.
func (f *File) ReadCached(iov []unix.Iovec, off int64) bool {
	if f.align > 1 || len(iov) > iovec.Max || f.is(cannotNowait) {
		return false
	}
	n, _, errno := unix.Syscall6(unix.SYS_PREADV2, uintptr(f.fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)),
		uintptr(off), 0, unix.RWF_NOWAIT)
	if errno != 0 {
		if unsupported(errno) {
			f.learn(cannotNowait)
		}
		return false
	}
	return int64(n) == lengthOf(iov)
}
