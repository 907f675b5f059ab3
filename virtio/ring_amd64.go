package virtio

import (
	"sync/atomic"
	"unsafe"
)

// The ring's fields as the two sides share them. This file alone touches them, and it holds for amd64 only: Go has no 16-bit
// atomics, but there an aligned 16-bit load or store is one access, loads are not reordered with loads nor stores with
// stores (TSO), and the Go compiler keeps the order of accesses to memory and repeats none. So "index, then the entries
// before it" on our side and "entries, then index" on the driver's need no instruction more.
//
// What TSO does not give is a store that is visible before a later load. Two places need it:
//
//   - used index, then used_event or avail.flags (Notify). Without it the driver enables interrupts and looks at the old
//     index while we look at the old wish: it sleeps on a used buffer, and a guest's network stands still until
//     something else interrupts it.
//   - avail_event or used.flags, then the available index (EnableKicks). Without it the driver sees no wish to be
//     notified, we see no new buffer, and both wait.
//
// Storing used.flags and used.idx together is an XCHG, which is such a barrier; for avail_event there is fence.

// The layout of the three areas (2.7.5, 2.7.6, 2.7.8). The event words stand behind the rings' entries.
const (
	descBytes      = 16
	availHeader    = 4 // flags, idx
	availEntry     = 2
	usedHeader     = 4 // flags, idx
	usedEntry      = 8 // id, len
	eventBytes     = 2
	availIdxOffset = 2
)

func load16(b []byte, off int) uint16 {
	_ = b[off+1]
	return *(*uint16)(unsafe.Pointer(&b[off]))
}

func store16(b []byte, off int, v uint16) {
	_ = b[off+1]
	*(*uint16)(unsafe.Pointer(&b[off])) = v
}

// storeUsedHeader writes used.flags and used.idx, both the device's, at once, after all earlier stores and before all later
// loads.
func storeUsedHeader(used []byte, flags, idx uint16) {
	_ = used[usedHeader-1]
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&used[0])), uint32(idx)<<16|uint32(flags))
}

// storeUsedElement writes used.ring[i] with one store; the driver looks at it after the index only.
func storeUsedElement(used []byte, i int, id, n uint32) {
	off := usedHeader + usedEntry*i
	_ = used[off+usedEntry-1]
	*(*uint64)(unsafe.Pointer(&used[off])) = uint64(n)<<32 | uint64(id)
}

// A descriptor is struct virtq_desc, copied out of guest memory.
type descriptor struct {
	addr  uint64
	len   uint32
	flags uint16
	next  uint16
}

const (
	descNext     = 1 // VIRTQ_DESC_F_NEXT
	descWrite    = 2 // VIRTQ_DESC_F_WRITE
	descIndirect = 4 // VIRTQ_DESC_F_INDIRECT
)

// loadDescriptor reads each half of a descriptor once. The table need not be aligned: an indirect one may lie anywhere.
func loadDescriptor(table []byte, i int) descriptor {
	off := descBytes * i
	_ = table[off+descBytes-1]
	addr := *(*uint64)(unsafe.Pointer(&table[off]))
	rest := *(*uint64)(unsafe.Pointer(&table[off+8]))
	return descriptor{addr: addr, len: uint32(rest), flags: uint16(rest >> 32), next: uint16(rest >> 48)}
}

// A fence is a full barrier. Each queue has a word of its own so that queues do not pass a cache line around.
type fence struct{ word uint32 }

func (f *fence) full() { atomic.AddUint32(&f.word, 1) }
