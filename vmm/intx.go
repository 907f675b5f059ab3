package vmm

import (
	"fmt"
	"sync"

	"github.com/drydock-vmm/drydock/kvm"
	"golang.org/x/sys/unix"
)

// intx is a function's INTx pin: an irqfd that asserts the line, and its resample eventfd, which tells that the guest ended the
// interrupt. KVM takes the line down then; if the device still has something to say it is asserted again, which is what a level
// is. Several functions share a line without knowing of each other. It implements pci.Pin.
type intx struct {
	vm       *kvm.VM
	gsi      uint32
	assert   int // eventfd
	resample int // eventfd
	done     chan struct{}

	mu    sync.Mutex
	level bool
	ended bool
}

func newINTx(vm *kvm.VM, gsi int) (*intx, error) {
	x := &intx{vm: vm, gsi: uint32(gsi), assert: -1, resample: -1, done: make(chan struct{})}
	var err error
	if x.assert, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, err
	}
	if x.resample, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		unix.Close(x.assert)
		return nil, err
	}
	if err := vm.AssignResampleIRQFD(x.assert, x.resample, x.gsi); err != nil {
		unix.Close(x.assert)
		unix.Close(x.resample)
		return nil, fmt.Errorf("vmm: irqfd of INTx, GSI %d: %w", gsi, err)
	}
	go x.follow()
	return x, nil
}

// Set drives the pin.
func (x *intx) Set(level bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if level && !x.level {
		signal(x.assert)
	}
	x.level = level
}

// follow asserts the line again after each end of interrupt for as long as the level is high.
func (x *intx) follow() {
	defer close(x.done)
	var count [8]byte
	for {
		_, err := unix.Read(x.resample, count[:])
		if err != nil && err != unix.EINTR {
			return
		}
		x.mu.Lock()
		if x.ended {
			x.mu.Unlock()
			return
		}
		if x.level {
			signal(x.assert)
		}
		x.mu.Unlock()
	}
}

// close takes the pin off its line. No Set may come any more. A pin that was never made (nil) has nothing to close.
func (x *intx) close() {
	if x == nil {
		return
	}
	x.mu.Lock()
	x.ended = true
	x.mu.Unlock()
	signal(x.resample)
	<-x.done
	_ = x.vm.DeassignIRQFD(x.assert, x.gsi)
	unix.Close(x.assert)
	unix.Close(x.resample)
}

// line is the interrupt output of a platform device, by ioctl: those are rare, and their levels fall without the guest's help.
type line struct {
	vm  *kvm.VM
	gsi uint32
}

// Set drives the line. The only error is that of a VM that is gone.
func (l line) Set(level bool) { _ = l.vm.IRQLine(l.gsi, level) }
