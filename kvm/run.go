package kvm

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

var runVCPU = io("KVM_RUN", 0x80)

// errClosed is what Run returns after Close, where the shared page no longer exists.
var errClosed = os.NewSyscallError("KVM_RUN", unix.EBADF)

// runPage is the beginning of struct kvm_run. Its first word is ours to write, and the kernel's to read at each entry; the
// rest the kernel wrote before KVM_RUN returned.
type runPage struct {
	control                    uint32 // request_interrupt_window, immediate_exit, and two bytes of padding
	_                          uint32
	exitReason                 Reason
	readyForInterruptInjection uint8
	ifFlag                     uint8
	flags                      uint16
	cr8                        uint64
	apicBase                   uint64
	exit                       [256]byte // a union, by exitReason
}

// The two bytes lie in one word because Go has no atomic access to a byte, and two goroutines write to them.
const (
	requestInterruptWindow = 1 << 0
	immediateExit          = 1 << 8
)

// Run enters the guest until something is to be done for it. An error means that the VCPU can not go on.
//
// The calling goroutine must be locked to its thread (runtime.LockOSThread), and all calls must come from that thread:
// the first one records it for Kick (see Unbind). An exit that points to data (ExitIO, ExitMMIO) is valid until the next
// call, which first completes it: what the caller put into the data of a read reaches the guest then.
func (v *VCPU) Run() (Exit, error) {
	if v.closed {
		return nil, errClosed
	}
	if v.tid.Load() == 0 {
		v.tid.Store(int32(unix.Gettid()))
	}
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(v.fd), runVCPU.code, 0)
		switch errno {
		case 0:
			return v.decode(), nil
		case unix.EINTR:
			return v.interrupted(), nil
		case unix.EAGAIN:
			// A processor that waited for SIPI has got it, and starts with the next entry.
		default:
			return nil, os.NewSyscallError(runVCPU.name, errno)
		}
	}
}

// interrupted uses up a kick. Whoever kicked before this moment is answered by this ExitIntr, so his kick may be cleared
// with it; whoever kicks later finds the bit clear and sets it again.
func (v *VCPU) interrupted() Exit {
	atomic.AndUint32(&v.run.control, ^uint32(immediateExit))
	return ExitIntr{}
}

// Kick makes the Run that is under way, or else the next one, return ExitIntr. What that Run was asked for by the exit
// before it (a read's data) is completed first, so after the ExitIntr the registers are consistent. Any goroutine may call
// it at any time, after Close too.
//
// It takes both: immediate_exit stops a Run that is about to enter the guest, but does not wake a guest that already halts;
// a signal wakes it, but is lost on a thread that has not yet reached KVM_RUN. Since the bit is set before the signal is
// sent, no order of events loses both. The signal is SIGURG, which Go's runtime uses itself and programs must not ignore;
// if it hits the thread outside of KVM_RUN, or another one that inherited its number, nothing happens.
func (v *VCPU) Kick() {
	v.life.Lock()
	defer v.life.Unlock()
	if v.closed {
		return
	}
	atomic.OrUint32(&v.run.control, immediateExit)
	if tid := v.tid.Load(); tid != 0 {
		// The one error possible is that the thread has ended, and then nothing runs.
		_ = unix.Tgkill(os.Getpid(), int(tid), unix.SIGURG)
	}
}

// Unbind lets another thread call Run from now on. The caller of Run calls it, between two runs.
func (v *VCPU) Unbind() { v.tid.Store(0) }

// RequestInterruptWindow asks for an ExitIRQWindowOpen as soon as the guest can take an interrupt. It is for VMs without an
// interrupt controller in the kernel.
func (v *VCPU) RequestInterruptWindow(on bool) {
	if on {
		atomic.OrUint32(&v.run.control, requestInterruptWindow)
	} else {
		atomic.AndUint32(&v.run.control, ^uint32(requestInterruptWindow))
	}
}
