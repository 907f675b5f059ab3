package block

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// DefaultNullSize is QEMU's for null-co.
const DefaultNullSize = 1 << 30

// Null is a disk that forgets what is written to it (QEMU's null-co). It implements Backend and Resizer.
type Null struct {
	size       atomic.Int64
	readZeroes bool
}

// NewNull makes one of so many bytes, rounded up to whole sectors. Without readZeroes a read leaves memory as it was, which is
// what makes it fit for measuring everything but a disk.
func NewNull(bytes int64, readZeroes bool) (*Null, error) {
	const most = 1 << 62
	if bytes < 0 || bytes > most {
		return nil, fmt.Errorf("a null disk of %d bytes: give 0 to %d", bytes, int64(most))
	}
	n := &Null{readZeroes: readZeroes}
	n.size.Store(roundUp(bytes, SectorSize))
	return n, nil
}

// ReadAt implements Backend.
func (n *Null) ReadAt(iov []unix.Iovec, _ int64) error {
	if n.readZeroes {
		wipe(iov)
	}
	return nil
}

// ReadCached is ReadAt: there is nothing to wait for.
func (n *Null) ReadCached(iov []unix.Iovec, off int64) bool { return n.ReadAt(iov, off) == nil }

// WriteAt implements Backend.
func (n *Null) WriteAt([]unix.Iovec, int64) error { return nil }

// Flush implements Backend.
func (n *Null) Flush() error { return nil }

// Discard implements Backend.
func (n *Null) Discard(int64, int64) error { return nil }

// WriteZeroes implements Backend.
func (n *Null) WriteZeroes(int64, int64, bool) error { return nil }

// Size implements Backend.
func (n *Null) Size() int64 { return n.size.Load() }

// Resize implements Resizer.
func (n *Null) Resize(bytes int64) error {
	if bytes < 0 || bytes%SectorSize != 0 {
		return fmt.Errorf("the new size, %d bytes, must be a multiple of %d", bytes, SectorSize)
	}
	n.size.Store(bytes)
	return nil
}

// Close does nothing.
func (n *Null) Close() error { return nil }
