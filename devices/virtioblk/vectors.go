package virtioblk

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// bytesOf is guest memory, which may change at any moment.
func bytesOf(v *unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

func vectorOf(b []byte) unix.Iovec {
	return unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
}

// gather copies what lies at off in vecs to p, and returns how much that was.
func gather(p []byte, vecs []unix.Iovec, off uint64) (n int) {
	for i := range vecs {
		if n == len(p) {
			break
		}
		if off >= vecs[i].Len {
			off -= vecs[i].Len
			continue
		}
		n += copy(p[n:], bytesOf(&vecs[i])[off:])
		off = 0
	}
	return n
}

// scatter copies p over the vectors, as far as there is room.
func scatter(vecs []unix.Iovec, p []byte) {
	for i := range vecs {
		p = p[copy(bytesOf(&vecs[i]), p):]
	}
}

// appendAfter appends to dst what lies behind the first n bytes of vecs.
func appendAfter(dst, vecs []unix.Iovec, n uint64) []unix.Iovec {
	for i := range vecs {
		if n >= vecs[i].Len {
			n -= vecs[i].Len
			continue
		}
		dst = append(dst, vectorOf(bytesOf(&vecs[i])[n:]))
		n = 0
	}
	return dst
}

// trim takes the last byte off, which is the status.
func trim(vecs []unix.Iovec) []unix.Iovec {
	last := len(vecs) - 1
	if vecs[last].Len--; vecs[last].Len == 0 {
		return vecs[:last]
	}
	return vecs
}
