package block

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// An Overlay is a disk whose writes go to a temporary file, which ends with it (QEMU's snapshot=on). What is below is only read. It
// implements Backend.
type Overlay struct {
	below Backend
	above *File
	// written has a bit for each sector that above has. A bit is set after its sector was written.
	written []atomic.Uint64
	scratch sync.Pool // of *[]unix.Iovec
}

// NewOverlay makes one over a disk, which it does not close. The temporary file has no name; it is in the directory that TMPDIR names,
// else in /var/tmp, which is less likely to be memory than /tmp.
func NewOverlay(below Backend) (*Overlay, error) {
	dir, fd, err := openTemporary()
	if err != nil {
		return nil, fmt.Errorf("block: no directory for a temporary file; set TMPDIR to one: %w", err)
	}
	above := &File{path: "a temporary file in " + dir, fd: fd, align: 1, unmap: true, noFlush: true}
	if err := above.Resize(below.Size()); err != nil {
		return nil, errors.Join(err, above.Close())
	}
	sectors := below.Size() / SectorSize
	return &Overlay{below: below, above: above, written: make([]atomic.Uint64, (sectors+63)/64)}, nil
}

func openTemporary() (dir string, fd int, err error) {
	var errs []error
	for _, dir := range []string{os.Getenv("TMPDIR"), "/var/tmp", "/tmp"} {
		if dir == "" {
			continue
		}
		if fd, err = unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600); err == nil {
			return dir, fd, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", dir, err))
	}
	return "", -1, errors.Join(errs...)
}

// Size implements Backend: it is the size that the disk below had.
func (o *Overlay) Size() int64 { return o.above.Size() }

// Resize implements Resizer, by saying why not.
func (o *Overlay) Resize(int64) error { return errors.New("a snapshot keeps the size of its image") }

// Close forgets all that was written.
func (o *Overlay) Close() error { return o.above.Close() }

// ReadAt implements Backend.
func (o *Overlay) ReadAt(iov []unix.Iovec, off int64) error {
	for left := lengthOf(iov); left > 0; {
		d, n := o.run(off, left)
		if err := o.readPart(d, iov, off, n); err != nil {
			return err
		}
		iov, off, left = advance(iov, uint64(n)), off+n, left-n
	}
	return nil
}

// readPart reads n bytes into the front of iov, which it leaves as it is.
func (o *Overlay) readPart(d Backend, iov []unix.Iovec, off, n int64) error {
	s, ok := o.scratch.Get().(*[]unix.Iovec)
	if !ok {
		s = new([]unix.Iovec)
	}
	defer o.scratch.Put(s)
	*s = front((*s)[:0], iov, uint64(n))
	return d.ReadAt(*s, off)
}

// front appends the first n bytes of iov to dst.
func front(dst, iov []unix.Iovec, n uint64) []unix.Iovec {
	for i := 0; n > 0; i++ {
		v := iov[i]
		v.Len = min(v.Len, n)
		dst, n = append(dst, v), n-v.Len
	}
	return dst
}

// run returns the disk that has the sector at off, and how many of the n bytes from there it has.
func (o *Overlay) run(off, n int64) (d Backend, length int64) {
	first, end := off/SectorSize, (off+n)/SectorSize
	above, i := o.has(first), first+1
	for i < end && o.has(i) == above {
		i++
	}
	if above {
		return o.above, (i - first) * SectorSize
	}
	return o.below, (i - first) * SectorSize
}

func (o *Overlay) has(sector int64) bool { return o.written[sector/64].Load()>>(sector%64)&1 != 0 }

// cover notes that above has n bytes at off.
func (o *Overlay) cover(off, n int64) {
	for sector := off / SectorSize; sector < (off+n)/SectorSize; sector++ {
		o.written[sector/64].Or(1 << (sector % 64))
	}
}

// WriteAt implements Backend.
func (o *Overlay) WriteAt(iov []unix.Iovec, off int64) error {
	n := lengthOf(iov)
	if err := o.above.WriteAt(iov, off); err != nil {
		return err
	}
	o.cover(off, n)
	return nil
}

// Flush implements Backend: nothing is to outlive the overlay.
func (o *Overlay) Flush() error { return nil }

// Discard implements Backend.
func (o *Overlay) Discard(int64, int64) error { return nil }

// WriteZeroes implements Backend. A hole of the temporary file is zeros, whether or not room may be given back.
func (o *Overlay) WriteZeroes(off, n int64, _ bool) error {
	if err := o.above.WriteZeroes(off, n, true); err != nil {
		return err
	}
	o.cover(off, n)
	return nil
}
