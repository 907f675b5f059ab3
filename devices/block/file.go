package block

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A File is a raw image: a regular file or a block device of the host. It implements Backend and Resizer.
type File struct {
	path     string
	fd       int
	readOnly bool
	device   bool  // a block device
	align    int64 // of a transfer's memory, offset and length; 1 without O_DIRECT
	noFlush  bool
	unmap    bool

	// size is what callers see, a whole number of sectors; end is where the bytes really ended when that was last known. A
	// disk whose last sector is not whole reads as zeros behind end, as QEMU's does. Short of end, a missing byte is an error.
	size, end atomic.Int64

	bounce      sync.Pool   // of *[]byte, with O_DIRECT only
	flushFailed atomic.Bool // durability is lost for good
	cannot      atomic.Uint32
}

// Size implements Backend.
func (f *File) Size() int64 { return f.size.Load() }

// ReadOnly says whether writes are refused: because it was asked for, or because the host allows no more.
func (f *File) ReadOnly() bool { return f.readOnly }

// Unmaps says whether Discard does anything.
func (f *File) Unmaps() bool { return f.unmap }

// Alignment is what offsets and lengths of requests must be multiples of: 1, but with O_DIRECT the host's sector or page.
func (f *File) Alignment() int64 { return f.align }

// Name is the path that the image was opened by.
func (f *File) Name() string { return f.path }

// Close releases the image and its lock. No request may be under way.
func (f *File) Close() error { return unix.Close(f.fd) }

// ReadAt implements Backend. A file that has become shorter than it was is io.ErrUnexpectedEOF.
func (f *File) ReadAt(iov []unix.Iovec, off int64) error {
	if f.align > 1 && !aligned(iov, f.align) {
		return f.bounced(iov, off, false)
	}
	return f.read(iov, off)
}

func (f *File) read(iov []unix.Iovec, off int64) error {
	n, rest, err := transfer(unix.SYS_PREADV, f.fd, iov, off)
	if err == io.EOF {
		return f.short(rest, off+n)
	}
	return f.wrap("read", off+n, err)
}

// short is a read that met the end of the file at off.
func (f *File) short(rest []unix.Iovec, off int64) error {
	if off < f.end.Load() {
		return f.wrap("read", off, fmt.Errorf("the file has become shorter: %w", io.ErrUnexpectedEOF))
	}
	wipe(rest)
	return nil
}

// WriteAt implements Backend.
func (f *File) WriteAt(iov []unix.Iovec, off int64) error {
	if f.align > 1 && !aligned(iov, f.align) {
		return f.bounced(iov, off, true)
	}
	return f.write(iov, off)
}

func (f *File) write(iov []unix.Iovec, off int64) error {
	n, _, err := transfer(unix.SYS_PWRITEV, f.fd, iov, off)
	if err == io.EOF {
		err = io.ErrShortWrite
	}
	if err == nil && off+n > f.end.Load() { // the last sector is whole now
		f.end.Store(off + n)
	}
	return f.wrap("write", off+n, err)
}

// Flush implements Backend. After one that failed, all fail: the host's kernel reports a lost page once and then forgets it, so
// that a later success would be a lie.
func (f *File) Flush() error {
	if f.noFlush || f.readOnly {
		return nil
	}
	if f.flushFailed.Load() {
		return f.wrap("flush", 0, errors.New("an earlier flush failed, and what was lost then is lost"))
	}
	err := unix.Fdatasync(f.fd)
	if err != nil {
		f.flushFailed.Store(true)
	}
	return f.wrap("flush", 0, err)
}

// Resize implements Resizer. A block device has the size that it has: Resize takes notice if that has changed, and may ask for less.
func (f *File) Resize(bytes int64) error {
	switch {
	case bytes < 0 || bytes%SectorSize != 0:
		return fmt.Errorf("%s: the new size, %d bytes, must be a multiple of %d", f.path, bytes, SectorSize)
	case f.readOnly:
		return fmt.Errorf("%s: it is read-only and keeps its size", f.path)
	case f.device:
		return f.resizeDevice(bytes)
	}
	if err := unix.Ftruncate(f.fd, bytes); err != nil {
		return f.wrap("resize", bytes, err)
	}
	f.end.Store(bytes)
	f.size.Store(bytes)
	return nil
}

func (f *File) resizeDevice(bytes int64) error {
	have, err := unix.Seek(f.fd, 0, io.SeekEnd)
	switch {
	case err != nil:
		return f.wrap("resize", 0, err)
	case bytes > have:
		return fmt.Errorf("%s: it is a device of %d bytes and cannot grow to %d", f.path, have, bytes)
	}
	f.end.Store(have)
	f.size.Store(bytes)
	return nil
}

func (f *File) wrap(op string, off int64, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("block: %w", &os.PathError{Op: fmt.Sprintf("%s at %d of", op, off), Path: f.path, Err: err})
}
