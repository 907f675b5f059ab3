package virtiotest

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// An area is a part of a ring that the driver writes and the device must not: each write goes to memory and to a copy.
type area struct {
	mem, copy []byte
}

func newArea(ram *RAM, gpa uint64, n int) area {
	return area{mem: ram.Bytes(gpa, n), copy: make([]byte, n)}
}

func (a *area) put16(off int, v uint16) {
	binary.LittleEndian.PutUint16(a.copy[off:], v)
	*(*uint16)(unsafe.Pointer(&a.mem[off])) = v
}

func (a *area) put(off int, b []byte) {
	copy(a.copy[off:], b)
	copy(a.mem[off:], b)
}

// putHeader writes two 16-bit fields at once, after all earlier writes and before all later reads (atomics are sequentially
// consistent): the descriptors before the index, the index before the look at the device's wish.
func (a *area) putHeader(lo, hi uint16) {
	v := uint32(hi)<<16 | uint32(lo)
	binary.LittleEndian.PutUint32(a.copy, v)
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&a.mem[0])), v)
}

func (a *area) intact() bool { return bytes.Equal(a.mem, a.copy) }

func get16(b []byte, off int) uint16 { return *(*uint16)(unsafe.Pointer(&b[off])) }

func getHeader(b []byte) (lo, hi uint16) {
	v := atomic.LoadUint32((*uint32)(unsafe.Pointer(&b[0])))
	return uint16(v), uint16(v >> 16)
}
