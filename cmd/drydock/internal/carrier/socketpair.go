package carrier

import (
	"os"

	"golang.org/x/sys/unix"
)

// socketPair is a connection between us and QEMU that has no name.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "carrier port"), os.NewFile(uintptr(fds[1]), "carrier port"), nil
}
