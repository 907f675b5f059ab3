package block

import "golang.org/x/sys/unix"

// SectorSize is the unit of a disk's size. Offsets and lengths are bytes all the same.
const SectorSize = 512

// A Backend is a disk. Any number of goroutines may call it at once; requests that overlap and are not waited for have no order.
//
// Whole requests succeed or fail; a failed one may have been done in part. Callers stay within Size and, on a backend with an
// Alignment, give offsets and lengths that are multiples of it. A write that has returned is seen by later reads, and is
// durable once a Flush that began after it has returned without error.
type Backend interface {
	// ReadAt fills the vectors from off. It may change iov, not what it points to beyond the bytes that it fills.
	ReadAt(iov []unix.Iovec, off int64) error
	// WriteAt writes the vectors to off. It may change iov.
	WriteAt(iov []unix.Iovec, off int64) error
	// Flush makes durable what was written.
	Flush() error
	// Discard says that nobody needs n bytes at off any more; what they read as afterwards is anybody's guess. It is a hint:
	// a disk that cannot use it returns nil.
	Discard(off, n int64) error
	// WriteZeroes makes n bytes at off read as zeros. unmap allows giving the room back to the host.
	WriteZeroes(off, n int64, unmap bool) error
	// Size is in bytes, a multiple of SectorSize.
	Size() int64
}

// A Resizer is a Backend whose size can be set, as QMP's block_resize does. Requests beyond the new end that are under way
// may fail, or write there.
type Resizer interface {
	Resize(bytes int64) error
}

func roundUp(n, unit int64) int64 { return (n + unit - 1) / unit * unit }
