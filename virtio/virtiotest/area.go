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

// putPair writes two 16-bit fields at once, after all earlier writes and before all later reads (atomics are sequentially
// consistent; under the race detector, in memory that is not Go's, a Store is not): the descriptors before the index or the flags, those before the look at the device's wish.
func (a *area) putPair(off int, lo, hi uint16) {
	v := uint32(hi)<<16 | uint32(lo)
	binary.LittleEndian.PutUint32(a.copy[off:], v)
	atomic.SwapUint32((*uint32)(unsafe.Pointer(&a.mem[off])), v)
}

// accept takes what the device wrote.
func (a *area) accept(off, n int) { copy(a.copy[off:off+n], a.mem[off:]) }

func (a *area) intact() bool { return bytes.Equal(a.mem, a.copy) }

func get16(b []byte, off int) uint16 { return *(*uint16)(unsafe.Pointer(&b[off])) }

func getPair(b []byte, off int) (lo, hi uint16) {
	v := atomic.LoadUint32((*uint32)(unsafe.Pointer(&b[off])))
	return uint16(v), uint16(v >> 16)
}
