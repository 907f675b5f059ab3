// Package iovec reads and writes memory that lies in pieces, as a driver's buffers do: the vectors of readv(2) and preadv(2) as one
// run of bytes, with offsets into the whole of it. Nothing here allocates, but for a destination that has to grow.
//
// The bytes may be a guest's, which can change them at any moment: each is touched once in a call. The vectors themselves are
// the host's, and only their owner changes them. It never knows who filled the vectors, nor what the bytes mean. It lies with
// the devices, for they share it; net is below them and imports none of their packages.
package iovec

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Max is how many vectors one system call takes (UIO_MAXIOV); with more it fails with EINVAL.
const Max = 1024

// Of is the vector of b. The garbage collector sees that it holds b.
func Of(b []byte) unix.Iovec {
	return unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))}
}

// Bytes is the memory that v describes, not a copy.
func Bytes(v unix.Iovec) []byte { return unsafe.Slice(v.Base, v.Len) }

// Length is the sum of the vectors, in bytes.
func Length(vecs []unix.Iovec) (n uint64) {
	for i := range vecs {
		n += vecs[i].Len
	}
	return n
}

// Gather copies what lies at off in vecs to p, and returns how much that was: less than p has room for where vecs end.
func Gather(p []byte, vecs []unix.Iovec, off uint64) (n int) {
	for i := range vecs {
		if n == len(p) {
			break
		}
		if off >= vecs[i].Len {
			off -= vecs[i].Len
			continue
		}
		n += copy(p[n:], Bytes(vecs[i])[off:])
		off = 0
	}
	return n
}

// Scatter copies p to off in vecs, and returns how much of it there was room for.
func Scatter(vecs []unix.Iovec, off uint64, p []byte) (n int) {
	for i := range vecs {
		if n == len(p) {
			break
		}
		if off >= vecs[i].Len {
			off -= vecs[i].Len
			continue
		}
		n += copy(Bytes(vecs[i])[off:], p[n:])
		off = 0
	}
	return n
}

// Copy copies the first n bytes of src to the front of dst, or what src has and dst has room for. They must not overlap.
func Copy(dst, src []unix.Iovec, n uint64) {
	at := uint64(0)
	for i := range src {
		if at == n {
			break
		}
		b := Bytes(src[i])
		at += uint64(Scatter(dst, at, b[:min(uint64(len(b)), n-at)]))
	}
}

// AppendJoined appends vecs to dst, those that lie one behind the other in memory as one, and none that is empty. A system call
// has a price by the vector, and drivers like to cut their buffers out of one piece.
func AppendJoined(dst, vecs []unix.Iovec) []unix.Iovec {
	var end uintptr // of the last vector
	for _, v := range vecs {
		begin := uintptr(unsafe.Pointer(v.Base))
		switch {
		case v.Len == 0:
			continue
		case begin == end:
			dst[len(dst)-1].Len += v.Len
		default:
			dst = append(dst, v)
		}
		end = begin + uintptr(v.Len)
	}
	return dst
}

// AppendAfter appends to dst what lies behind the first n bytes of vecs, without empty vectors. vecs stay as they are.
func AppendAfter(dst, vecs []unix.Iovec, n uint64) []unix.Iovec {
	for i := range vecs {
		if n >= vecs[i].Len {
			n -= vecs[i].Len
			continue
		}
		dst = append(dst, Of(Bytes(vecs[i])[n:]))
		n = 0
	}
	return dst
}
