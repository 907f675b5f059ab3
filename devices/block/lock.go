package block

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// QEMU says what it does with an image by read locks on single bytes of it (block/file-posix.c): byte permBase+i if it does i,
// byte sharedBase+i if it does not bear others doing i. A lock belongs to the open file, so that it holds within one process
// too, and ends with it however that ends.
const (
	permBase   = 100
	sharedBase = 200

	lockRead  = 0
	lockWrite = 1
)

// lock takes QEMU's locks for a device's use of the image, or says who is in the way.
func (f *File) lock(share bool) error {
	uses := []int64{lockRead}
	if !f.readOnly {
		uses = append(uses, lockWrite)
	}
	// Taken first, checked then: two that come at once both fail, which is better than both going on.
	for _, use := range uses {
		if err := f.take(permBase + use); err != nil {
			return err
		}
	}
	if !share {
		if err := f.take(sharedBase + lockWrite); err != nil {
			return err
		}
	}
	if !f.readOnly {
		if err := f.free(sharedBase+lockWrite, `"write"`); err != nil {
			return err
		}
	}
	if share {
		return nil
	}
	return f.free(permBase+lockWrite, `shared "write"`)
}

// take puts a read lock on one byte. A filesystem without locks is not a reason to do without the image, as in QEMU.
func (f *File) take(at int64) error {
	l := unix.Flock_t{Type: unix.F_RDLCK, Start: at, Len: 1}
	err := unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_SETLK, &l)
	if err != nil && !unlockable(err) {
		return fmt.Errorf("failed to lock byte %d of '%s': %w", at, f.path, err)
	}
	return nil
}

// free says whether nobody else has a lock on the byte.
func (f *File) free(at int64, what string) error {
	l := unix.Flock_t{Type: unix.F_WRLCK, Start: at, Len: 1}
	err := unix.FcntlFlock(uintptr(f.fd), unix.F_OFD_GETLK, &l)
	switch {
	case err != nil && unlockable(err):
		return nil
	case err != nil:
		return fmt.Errorf("failed to look at the locks of '%s': %w", f.path, err)
	case l.Type == unix.F_UNLCK:
		return nil
	}
	return fmt.Errorf("failed to get %s lock: is another process using the image [%s]?", what, f.path)
}

func unlockable(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP)
}
