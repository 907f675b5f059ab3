package kvm

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

var (
	getDirtyLog         = iow[dirtyLog]("KVM_GET_DIRTY_LOG", 0x42)
	setUserMemoryRegion = iow[userspaceMemoryRegion]("KVM_SET_USER_MEMORY_REGION", 0x46)
)

// MemoryFlags of a region.
type MemoryFlags uint32

const (
	MemLogDirtyPages MemoryFlags = 1 << 0 // keep a bitmap of the pages written to, for DirtyLog
	MemReadOnly      MemoryFlags = 1 << 1 // a write is an ExitMMIO (KVM_CAP_READONLY_MEM)
)

// A MemoryRegion is memory of this process that the guest sees at GuestPhysAddr, both page aligned.
//
// Memory must come from mmap and stay mapped until its slot is deleted or the VM and its VCPUs are closed: the guest
// writes to whatever is mapped there. Memory of the Go heap must never be used, for the collector would reuse it.
type MemoryRegion struct {
	Slot          uint32
	Flags         MemoryFlags
	GuestPhysAddr uint64
	Memory        []byte // empty: delete the slot
}

type userspaceMemoryRegion struct {
	slot          uint32
	flags         MemoryFlags
	guestPhysAddr uint64
	memorySize    uint64
	userspaceAddr unsafe.Pointer
}

type dirtyLog struct {
	slot   uint32
	_      uint32
	bitmap unsafe.Pointer
}

// SetUserMemoryRegion adds, moves, deletes, or changes the flags of a region. The size of a slot can not be changed.
func (vm *VM) SetUserMemoryRegion(r MemoryRegion) error {
	base := unsafe.Pointer(unsafe.SliceData(r.Memory))
	mask := uint64(unix.Getpagesize() - 1)
	if (r.GuestPhysAddr|uint64(len(r.Memory))|uint64(uintptr(base)))&mask != 0 {
		return fmt.Errorf("memory slot %d: guest address %#x, length %#x and host address %p must be multiples of the page size",
			r.Slot, r.GuestPhysAddr, len(r.Memory), base)
	}
	return setUserMemoryRegion.set(vm.fd, userspaceMemoryRegion{
		slot: r.Slot, flags: r.Flags, guestPhysAddr: r.GuestPhysAddr, memorySize: uint64(len(r.Memory)), userspaceAddr: base,
	})
}

// DirtyLog fills bitmap with the pages of a region that the guest wrote to since the last call, page 0 in bit 0 of the
// first word, and starts anew. r must be as it was given to SetUserMemoryRegion, with MemLogDirtyPages: its length says
// how much the kernel is going to write, so a bitmap of fewer words is refused.
func (vm *VM) DirtyLog(r MemoryRegion, bitmap []uint64) error {
	pages := len(r.Memory) / unix.Getpagesize()
	if pages == 0 || len(bitmap)*64 < pages {
		return fmt.Errorf("dirty log of slot %d: %d pages do not fit a bitmap of %d words", r.Slot, pages, len(bitmap))
	}
	err := getDirtyLog.set(vm.fd, dirtyLog{slot: r.Slot, bitmap: unsafe.Pointer(&bitmap[0])})
	runtime.KeepAlive(bitmap)
	return err
}
