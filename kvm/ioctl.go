package kvm

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An ioctl number is direction, size of the argument, type and number (include/uapi/asm-generic/ioctl.h).
const (
	iocWrite = 1 // the kernel reads the argument
	iocRead  = 2 // the kernel writes it

	iocTypeShift      = 8
	iocSizeShift      = 16
	iocDirectionShift = 30

	kvmio = 0xAE
)

// A command is an ioctl whose argument is a number, or nothing.
type command struct {
	name string
	code uintptr
}

func io(name string, nr uintptr) command { return command{name, kvmio<<iocTypeShift | nr} }

func (c command) do(fd int, arg uintptr) (int, error) {
	for {
		r, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), c.code, arg)
		if errno == 0 {
			return int(r), nil
		}
		if errno != unix.EINTR {
			return 0, os.NewSyscallError(c.name, errno)
		}
	}
}

// A request is an ioctl whose argument is a *T. The size that is part of its number comes from T, so the two can not
// disagree. Where the kernel wants an array behind a header, T is the header (see table).
type request[T any] struct {
	name string
	code uintptr
}

func ior[T any](name string, nr uintptr) request[T]  { return ioc[T](name, iocRead, nr) }
func iow[T any](name string, nr uintptr) request[T]  { return ioc[T](name, iocWrite, nr) }
func iowr[T any](name string, nr uintptr) request[T] { return ioc[T](name, iocRead|iocWrite, nr) }

func ioc[T any](name string, direction, nr uintptr) request[T] {
	var t T
	return request[T]{name, direction<<iocDirectionShift | unsafe.Sizeof(t)<<iocSizeShift | kvmio<<iocTypeShift | nr}
}

// do retries on EINTR: Go's runtime preempts goroutines by signals, and KVM_CREATE_VM, for one, gives up on any of them.
//
// The pointer becomes a number in the very call of the system call, as package unsafe demands: earlier, a growing stack
// could leave the kernel with an address where the value no longer is.
func (r request[T]) do(fd int, arg *T) (int, error) {
	for {
		n, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), r.code, uintptr(unsafe.Pointer(arg)))
		if errno == 0 {
			return int(n), nil
		}
		if errno != unix.EINTR {
			return 0, os.NewSyscallError(r.name, errno)
		}
	}
}

// get is do for a request that only fills in its argument.
func (r request[T]) get(fd int) (t T, err error) {
	_, err = r.do(fd, &t)
	return t, err
}

// set is do for a request that only reads its argument.
func (r request[T]) set(fd int, t T) error {
	_, err := r.do(fd, &t)
	return err
}

// table returns a header and n entries that follow it in memory, as KVM's variable-length arguments have them. The words
// behind it are 64 bits wide for the alignment of both.
func table[H, E any](n int) (*H, []E) {
	var h H
	var e E
	bytes := unsafe.Sizeof(h) + uintptr(n)*unsafe.Sizeof(e)
	buf := make([]uint64, (bytes+7)/8)
	base := unsafe.Pointer(&buf[0])
	if n == 0 {
		return (*H)(base), nil
	}
	return (*H)(base), unsafe.Slice((*E)(unsafe.Add(base, unsafe.Sizeof(h))), n)
}

// closeFD closes *fd once; later calls of its owner then fail with EBADF rather than reach a stranger's descriptor.
func closeFD(fd *int) error {
	if *fd < 0 {
		return nil
	}
	err := unix.Close(*fd)
	*fd = -1
	return err
}

func tooLong(err error) bool { return errors.Is(err, unix.E2BIG) }
