package block

import (
	"unsafe"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"golang.org/x/sys/unix"
)

// bounceSize is how much a misaligned request moves at a time. Anything works; this is what makes the copy's price, and not the
// system call's, the greater part.
const bounceSize = 256 << 10

// directAlignment is what O_DIRECT asks of memory, offset and length, in one number for all three.
func (f *File) directAlignment() int64 {
	var st unix.Statx_t
	err := unix.Statx(f.fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &st)
	if err == nil && st.Mask&unix.STATX_DIOALIGN != 0 && st.Dio_offset_align != 0 {
		return int64(max(st.Dio_mem_align, st.Dio_offset_align))
	}
	if size, err := unix.IoctlGetInt(f.fd, unix.BLKSSZGET); f.device && err == nil && size > 0 {
		return int64(size)
	}
	return pageSize
}

// aligned says whether O_DIRECT would take the vectors as they are.
func aligned(iov []unix.Iovec, align int64) bool {
	mask := uintptr(align - 1)
	for i := range iov {
		if (uintptr(unsafe.Pointer(iov[i].Base))|uintptr(iov[i].Len))&mask != 0 {
			return false
		}
	}
	return true
}

// bounced moves a request whose memory O_DIRECT does not take by way of memory that it does.
func (f *File) bounced(iov []unix.Iovec, off int64, write bool) error {
	b := f.buffer()
	defer f.bounce.Put(b)
	for iov = advance(iov, 0); len(iov) > 0; {
		n := min(lengthOf(iov), int64(len(*b)))
		part := (*b)[:n]
		if err := f.bouncePart(iov, part, off, write); err != nil {
			return err
		}
		off += n
		iov = advance(iov, uint64(n))
	}
	return nil
}

func (f *File) bouncePart(iov []unix.Iovec, part []byte, off int64, write bool) error {
	vec := [1]unix.Iovec{iovec.Of(part)}
	if write {
		iovec.Gather(part, iov, 0)
		return f.write(vec[:], off)
	}
	if err := f.read(vec[:], off); err != nil {
		return err
	}
	iovec.Scatter(iov, 0, part)
	return nil
}

// buffer returns bounceSize bytes that begin at a page.
func (f *File) buffer() *[]byte {
	if b, ok := f.bounce.Get().(*[]byte); ok {
		return b
	}
	b := alignedBytes(bounceSize, pageSize)
	return &b
}

func alignedBytes(n, align int64) []byte {
	b := make([]byte, n+align-1)
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) & uintptr(align-1)
	return b[skip:][:n]
}
