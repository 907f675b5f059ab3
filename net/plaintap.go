package net

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/songgao/water"
	"golang.org/x/sys/unix"
)

// openPlainTap opens a tap without headers, with one queue, by water.
//
// Water sets the persistence of every tap it opens: an interface that is there already must be told to stay, or the user's
// own tap would vanish with us. It hands out an os.File, which the Go runtime's poller watches; each frame would wake that
// poller beside ours, so a duplicate of the descriptor is kept and the file closed.
//
// It does not close its descriptor when TUNSETIFF fails, and does not hand it out either. So what it will do is tried first.
func openPlainTap(name string) (*Tap, error) {
	if err := tryPlainTap(name); err != nil {
		return nil, err
	}
	c := water.Config{DeviceType: water.TAP}
	c.Name = name
	c.Persist = name != "" && exists(name)
	ifce, err := water.New(c)
	if err != nil {
		return nil, tapError(name, true, err)
	}
	fd, err := duplicate(ifce.ReadWriteCloser)
	if err := errors.Join(err, ifce.Close()); err != nil {
		return nil, fmt.Errorf("net: tap %s: %w", ifce.Name(), err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(fmt.Errorf("net: tap %s: %w", ifce.Name(), err), unix.Close(fd))
	}
	return &Tap{name: ifce.Name(), fds: []int{fd}}, nil
}

func tryPlainTap(name string) error {
	t, err := openTap(name, 1, VNetHdrOff)
	if err != nil {
		return err
	}
	return t.Close()
}

func duplicate(file any) (fd int, err error) {
	f, ok := file.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("%T has no descriptor", file)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	ctl := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(ctl, err)
}
