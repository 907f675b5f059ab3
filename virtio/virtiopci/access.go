package virtiopci

import (
	"encoding/binary"
	"iter"
)

// A region is a block of registers that takes naturally aligned accesses of 1, 2 and 4 bytes. A nil read gives zeros; a
// nil write drops.
type region struct {
	read  func(off uint64, size int) uint32
	write func(off uint64, size int, v uint32)
}

// Read implements devices.Region.
func (r region) Read(off uint64, p []byte) {
	for off, p := range pieces(off, p) {
		var v uint32
		if r.read != nil {
			v = r.read(off, len(p))
		}
		store(p, v)
	}
}

// Write implements devices.Region.
func (r region) Write(off uint64, p []byte) {
	if r.write == nil {
		return
	}
	for off, p := range pieces(off, p) {
		r.write(off, len(p), load(p))
	}
}

// pieces cuts an access as QEMU's memory core does (memory_access_size): each piece is 1, 2 or 4 bytes and aligned to its
// size. A driver sees the difference: four bytes at queue_select-2 are two registers, four bytes at queue_num are one.
func pieces(off uint64, p []byte) iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		for len(p) > 0 {
			n := 4
			for off&uint64(n-1) != 0 || n > len(p) {
				n /= 2
			}
			if !yield(off, p[:n]) {
				return
			}
			off, p = off+uint64(n), p[n:]
		}
	}
}

func load(p []byte) uint32 {
	switch len(p) {
	case 1:
		return uint32(p[0])
	case 2:
		return uint32(binary.LittleEndian.Uint16(p))
	}
	return binary.LittleEndian.Uint32(p)
}

// store truncates v to p, as a narrow access to a wide register does in QEMU.
func store(p []byte, v uint32) {
	switch len(p) {
	case 1:
		p[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(v))
	default:
		binary.LittleEndian.PutUint32(p, v)
	}
}

// ones is what an access reads where there is nothing, before it is truncated to its size.
const ones = ^uint32(0)
