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
// Storing used.flags and used.idx together is an XCHG, which is such a barrier; for avail_event there is fence. It is written as Swap:
// a Store is the same instruction, but for the race detector, which makes it a plain MOV in memory that is not Go's.
//
// A packed ring (2.8) has no index. What tells of a descriptor is its flags, and they share an aligned quadword with all that
// the device reads and writes of it but the address. So:
//
//   - a used descriptor is one store: no driver sees the flags without the length. Those behind a first one may be stored in any
//     order, since a driver that goes by the ring's order (2.8.12) does not look beyond one that is not used; the first is
//     stored last, by an XCHG. Without "last" the driver takes a frame's first buffer before the others are there; without the
//     barrier of XCHG it goes to sleep as above.
//   - an available descriptor is the load of that quadword, and only then that of the address and of what follows in its list:
//     the driver writes the first descriptor's flags last. The load is an atomic one (a plain MOV), because the compiler may
//     exchange two plain loads.
//   - an event suppression structure is one load or one store of 32 bits; where the device looks at the ring next, before it
//     sleeps, the store is an XCHG.

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
	p := (*uint32)(unsafe.Pointer(&used[0]))
	v := uint32(idx)<<16 | uint32(flags)
	if crooked(p, usedHeader) {
		*p = v
		fullBarrier()
		return
	}
	atomic.SwapUint32(p, v)
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

	descAvail = 1 << 7  // VIRTQ_DESC_F_AVAIL
	descUsed  = 1 << 15 // VIRTQ_DESC_F_USED
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

// loadPackedDescriptor is loadDescriptor for struct pvirtq_desc, in order: first what has the flags, then the address.
func loadPackedDescriptor(ring []byte, i int) (d descriptor, id uint16) {
	off := descBytes * i
	_ = ring[off+descBytes-1]
	rest := atomic.LoadUint64((*uint64)(unsafe.Pointer(&ring[off+8])))
	addr := *(*uint64)(unsafe.Pointer(&ring[off]))
	return descriptor{addr: addr, len: uint32(rest), flags: uint16(rest >> 48)}, uint16(rest >> 32)
}

// loadPackedFlags is the flags alone, for a look that decodes nothing.
func loadPackedFlags(ring []byte, i int) uint16 { return load16(ring, descBytes*i+14) }

// A usedWord is what the device writes of a descriptor: length, id and flags.
type usedWord uint64

func newUsedWord(id uint16, n uint32, flags uint16) usedWord {
	return usedWord(flags)<<48 | usedWord(id)<<32 | usedWord(n)
}

// storePackedUsed writes a used descriptor that stands behind one which is not published yet.
func storePackedUsed(ring []byte, i int, w usedWord) {
	off := descBytes * i
	_ = ring[off+descBytes-1]
	*(*usedWord)(unsafe.Pointer(&ring[off+8])) = w
}

// publishPackedUsed writes the first one, after all earlier stores and before all later loads.
func publishPackedUsed(ring []byte, i int, w usedWord) {
	off := descBytes * i
	_ = ring[off+descBytes-1]
	atomic.SwapUint64((*uint64)(unsafe.Pointer(&ring[off+8])), uint64(w))
}

const eventBytesPacked = 4 // struct pvirtq_event_suppress (2.8.14)

func loadEvent(b []byte) (offWrap, flags uint16) {
	_ = b[eventBytesPacked-1]
	v := atomic.LoadUint32((*uint32)(unsafe.Pointer(&b[0])))
	return uint16(v), uint16(v >> 16)
}

func storeEvent(b []byte, offWrap, flags uint16) {
	_ = b[eventBytesPacked-1]
	*(*uint32)(unsafe.Pointer(&b[0])) = uint32(flags)<<16 | uint32(offWrap)
}

// publishEvent is storeEvent before all later loads.
func publishEvent(b []byte, offWrap, flags uint16) {
	_ = b[eventBytesPacked-1]
	p := (*uint32)(unsafe.Pointer(&b[0]))
	v := uint32(flags)<<16 | uint32(offWrap)
	if crooked(p, eventBytesPacked) {
		*p = v
		fullBarrier()
		return
	}
	atomic.SwapUint32(p, v)
}

// What follows is for drivers that put a part of a ring where the specification does not let them (2.7, 2.8.10): QEMU, which
// copies bytes, serves them. An XCHG over the end of a cache line would stop all CPUs of the host, or be forbidden there
// (split_lock_detect): such a part gets plain stores and a barrier of our own. Over that end they are not atomic, and the driver may
// see half of an index or an event, with QEMU too.

// crooked reports a place that is not aligned to n, a power of two.
func crooked[T any](p *T, n uintptr) bool { return uintptr(unsafe.Pointer(p))&(n-1) != 0 }

func fullBarrier() {
	var word uint32
	atomic.AddUint32(&word, 1)
}

// publishCrookedPackedUsed is publishPackedUsed in two stores: the flags alone, after the length.
func publishCrookedPackedUsed(ring []byte, i int, w usedWord) {
	off := descBytes * i
	_ = ring[off+descBytes-1]
	*(*uint32)(unsafe.Pointer(&ring[off+8])) = uint32(w)
	store16(ring, off+12, uint16(w>>32))
	store16(ring, off+14, uint16(w>>48))
	fullBarrier()
}
