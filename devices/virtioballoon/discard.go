package virtioballoon

import "golang.org/x/sys/unix"

// A Discarder gives guest memory back to the host. What is discarded reads as zeros afterwards.
type Discarder interface {
	// Discard is called with whole pages of guest memory, by several goroutines at once. An error is logged; the guest never
	// hears of it, because nothing is wrong for it.
	Discard(pages []byte) error
}

// Madvise discards by madvise(2), whether memory is private or a file that others share.
type Madvise struct{}

// Discard implements Discarder.
func (Madvise) Discard(pages []byte) error {
	// Only a hole in the file frees shared memory: DONTNEED would unmap it and keep it. A private mapping says EINVAL (no file)
	// or EACCES (a file, but not shared).
	switch err := unix.Madvise(pages, unix.MADV_REMOVE); err {
	case unix.EINVAL, unix.EACCES:
		return unix.Madvise(pages, unix.MADV_DONTNEED)
	default:
		return err
	}
}

// discard is not fatal where it fails: the host has less memory, that is all.
func (d *Device) discard(pages []byte) {
	if err := d.cfg.Discarder.Discard(pages); err != nil {
		d.warned.Do(func() {
			d.cfg.Log.Warn().Err(err).Msg("balloon: the host does not take back memory that the guest gives up")
		})
	}
}
