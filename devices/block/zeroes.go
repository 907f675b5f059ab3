package block

import (
	"errors"
	"sync"
	"unsafe"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// What a file turned out not to be able to do: bits of File.cannot, so that it is asked once and not at each request.
const (
	cannotPunch = 1 << iota
	cannotZero
	cannotDiscard
	cannotNowait
)

// Discard implements Backend.
func (f *File) Discard(off, n int64) error {
	if !f.unmap || f.is(cannotDiscard) || n == 0 {
		return nil
	}
	err := f.discard(off, n)
	if unsupported(err) {
		f.learn(cannotDiscard)
		return nil
	}
	return f.wrap("discard", off, err)
}

func (f *File) discard(off, n int64) error {
	if !f.device {
		return fallocate(f.fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, n)
	}
	span := [2]uint64{uint64(off), uint64(n)}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(f.fd), unix.BLKDISCARD, uintptr(unsafe.Pointer(&span)))
	if errno != 0 {
		return errno
	}
	return nil
}

// WriteZeroes implements Backend. fallocate(2) zeroes block devices too, as long as they can do that by themselves; what
// remains is written.
func (f *File) WriteZeroes(off, n int64, unmap bool) error {
	if n == 0 {
		return nil
	}
	if unmap && f.unmap {
		if done, err := f.zero(cannotPunch, unix.FALLOC_FL_PUNCH_HOLE, off, n); done {
			return err
		}
	}
	if done, err := f.zero(cannotZero, unix.FALLOC_FL_ZERO_RANGE, off, n); done {
		return err
	}
	return f.writeZeroes(off, n)
}

// zero tries one way; it is not done if the file does not have that way.
func (f *File) zero(ability, mode uint32, off, n int64) (done bool, err error) {
	if f.is(ability) {
		return false, nil
	}
	err = fallocate(f.fd, mode|unix.FALLOC_FL_KEEP_SIZE, off, n)
	if unsupported(err) {
		f.learn(ability)
		return false, nil
	}
	return true, f.wrap("write zeroes", off, err)
}

// fallocate is EINTR-proof: the kernel gives up at a signal, and Go's runtime sends itself some.
func fallocate(fd int, mode uint32, off, n int64) error {
	for {
		if err := unix.Fallocate(fd, mode, off, n); err != unix.EINTR {
			return err
		}
	}
}

// What writeZeroes writes at a time: all vectors of a request point to the same zeros.
const (
	zeroPage    = 64 << 10
	zeroVectors = 64
)

var zeros = sync.OnceValue(func() []byte { return alignedBytes(zeroPage, pageSize) })

func (f *File) writeZeroes(off, n int64) error {
	var iov [zeroVectors]unix.Iovec
	for n > 0 {
		used, length := 0, int64(0)
		for ; used < zeroVectors && length < n; used++ {
			iov[used] = iovec.Of(zeros()[:min(n-length, zeroPage)])
			length += int64(iov[used].Len)
		}
		if err := f.write(iov[:used], off); err != nil {
			return err
		}
		off, n = off+length, n-length
	}
	return nil
}

func (f *File) is(cannot uint32) bool { return f.cannot.Load()&cannot != 0 }
func (f *File) learn(cannot uint32)   { f.cannot.Or(cannot) }
func unsupported(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTTY)
}
