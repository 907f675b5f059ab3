package kvm

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// VCPU is a virtual processor. One goroutine, locked to its thread, uses it; Kick alone is for all others.
type VCPU struct {
	fd   int
	page []byte   // the area shared with the kernel
	run  *runPage // its beginning
	id   int

	tid atomic.Int32 // the thread that calls Run; 0 before the first call

	// life keeps Close from unmapping the page under a Kick. Run does not take it.
	life   sync.Mutex
	closed bool

	io   ExitIO
	mmio ExitMMIO
}

// CreateVCPU makes a processor. With an in-kernel interrupt controller its id is its APIC ID, and all but number 0 wait for
// INIT and SIPI in Run. Ids are below KVM_CAP_MAX_VCPU_ID.
func (vm *VM) CreateVCPU(id int) (*VCPU, error) {
	fd, err := createVCPU.do(vm.fd, uintptr(id))
	if err != nil {
		return nil, err
	}
	page, err := unix.Mmap(fd, 0, vm.runSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("mmap of kvm_run", err), unix.Close(fd))
	}
	return &VCPU{fd: fd, page: page, run: (*runPage)(unsafe.Pointer(&page[0])), id: id}, nil
}

// ID is the number it was created with.
func (v *VCPU) ID() int { return v.id }

// Close unmaps and closes it. It must not run: Kick it and wait for Run to return first. The data of earlier exits is gone.
func (v *VCPU) Close() error {
	v.life.Lock()
	defer v.life.Unlock()
	if v.closed {
		return nil
	}
	v.closed = true
	v.run = nil
	return errors.Join(unix.Munmap(v.page), closeFD(&v.fd))
}

// EnableCap is VM.EnableCap for the capabilities of a processor.
func (v *VCPU) EnableCap(c Capability, args ...uint64) error {
	return enableCap.set(v.fd, newCapRequest(c, args))
}
