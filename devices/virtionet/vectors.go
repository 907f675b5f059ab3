package virtionet

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxVectors is how many readv(2) and writev(2) take at once (UIO_MAXIOV).
const maxVectors = 1024

func bytesOf(v *unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

func vectorOf(b []byte) unix.Iovec {
	return unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
}

func vectorsOf(b []byte) []unix.Iovec { return []unix.Iovec{vectorOf(b)} }

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

// scatter copies p to off in vecs, and returns how much of it there was room for.
func scatter(vecs []unix.Iovec, off uint64, p []byte) (n int) {
	for i := range vecs {
		if n == len(p) {
			break
		}
		if off >= vecs[i].Len {
			off -= vecs[i].Len
			continue
		}
		n += copy(bytesOf(&vecs[i])[off:], p[n:])
		off = 0
	}
	return n
}

// move copies the first n bytes of src to dst, which has room for them.
func move(dst, src []unix.Iovec, n uint64) {
	at := uint64(0)
	for i := range src {
		if at == n {
			break
		}
		b := bytesOf(&src[i])
		at += uint64(scatter(dst, at, b[:min(uint64(len(b)), n-at)]))
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

func lengthOf(vecs []unix.Iovec) (n uint64) {
	for i := range vecs {
		n += vecs[i].Len
	}
	return n
}
