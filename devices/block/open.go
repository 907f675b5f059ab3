package block

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Options say how an image is opened. The zero value opens it for writing, with the host's page cache, exclusively.
type Options struct {
	ReadOnly     bool
	AutoReadOnly bool // be read-only if the host forbids writing, instead of failing
	Direct       bool // O_DIRECT: past the host's page cache (QEMU's cache.direct)
	NoFlush      bool // Flush does nothing: what is not written yet dies with the host (cache.no-flush)
	Unmap        bool // Discard and WriteZeroes give room back to the host (discard=unmap); without it Discard does nothing

	// Share lets others write to the image at the same time (QEMU's share-rw=on).
	Share bool
	// NoLock takes no lock at all and looks at nobody's (QEMU's locking=off).
	NoLock bool
}

// Open opens a raw image. It locks the image in QEMU's way, so that a QEMU that uses it is noticed, and notices us.
func Open(path string, o Options) (*File, error) {
	fd, readOnly, err := open(path, o)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, fd: fd, readOnly: readOnly, noFlush: o.NoFlush, unmap: o.Unmap, align: 1}
	if err := f.prepare(o); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func open(path string, o Options) (fd int, readOnly bool, err error) {
	flags := unix.O_CLOEXEC
	if o.Direct {
		flags |= unix.O_DIRECT
	}
	if !o.ReadOnly {
		fd, err = unix.Open(path, flags|unix.O_RDWR, 0)
		if err == nil || !o.AutoReadOnly || !forbidden(err) {
			return fd, false, explain(path, o, err)
		}
	}
	fd, err = unix.Open(path, flags|unix.O_RDONLY, 0)
	return fd, true, explain(path, o, err)
}

func forbidden(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EROFS) || errors.Is(err, unix.EPERM)
}

func explain(path string, o Options, err error) error {
	switch {
	case err == nil:
		return nil
	case o.Direct && errors.Is(err, unix.EINVAL):
		return fmt.Errorf("could not open '%s': its filesystem has no O_DIRECT; leave cache=none and cache.direct=on out", path)
	}
	return fmt.Errorf("could not open '%s': %w", path, err)
}

// prepare looks at what was opened, and locks it.
func (f *File) prepare(o Options) error {
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return fmt.Errorf("could not open '%s': %w", f.path, err)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFBLK:
		f.device = true
	default:
		return fmt.Errorf("'%s' is neither a regular file nor a block device", f.path)
	}
	end, err := unix.Seek(f.fd, 0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("could not open '%s': %w", f.path, err)
	}
	f.end.Store(end)
	f.size.Store(roundUp(end, SectorSize))
	if o.Direct {
		f.align = f.directAlignment()
	}
	if o.NoLock {
		return nil
	}
	return f.lock(o.Share)
}

// pageSize is what O_DIRECT is content with everywhere, where the host does not say what it wants.
var pageSize = int64(os.Getpagesize())
