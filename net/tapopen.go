package net

import (
	"errors"
	"fmt"
	"io"
	stdnet "net"

	"golang.org/x/sys/unix"
)

// maxTapQueues is Linux's MAX_TAP_QUEUES.
const maxTapQueues = 256

const tunDevice = "/dev/net/tun"

// openTap opens queues of one interface, with headers if the kernel has them and they are not refused.
func openTap(name string, queues int, want VNetHdr) (*Tap, error) {
	t := &Tap{name: name, multi: queues > 1}
	for range queues {
		if err := t.addQueue(want != VNetHdrOff); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

func (t *Tap) addQueue(headers bool) error {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return tapError(t.name, t.multi, err)
	}
	t.fds = append(t.fds, fd)
	features, err := unix.IoctlGetInt(fd, unix.TUNGETFEATURES)
	if err != nil {
		return fmt.Errorf("net: %s: TUNGETFEATURES: %w", tunDevice, err)
	}
	t.vnetHdr = headers && features&unix.IFF_VNET_HDR != 0
	return t.setInterface(fd)
}

// setInterface makes fd a queue of t's interface (TUNSETIFF). A tap that was made with multi_queue opens only so, also for
// one queue.
func (t *Tap) setInterface(fd int) error {
	err := t.trySetInterface(fd)
	if err == unix.EINVAL && !t.multi {
		t.multi = true
		err = t.trySetInterface(fd)
	}
	if err != nil {
		return tapError(t.name, t.multi, err)
	}
	return nil
}

func (t *Tap) trySetInterface(fd int) error {
	req, err := unix.NewIfreq(t.name)
	if t.name == "" {
		req, err = unix.NewIfreq("tap%d")
	}
	if err != nil {
		return err
	}
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if t.vnetHdr {
		flags |= unix.IFF_VNET_HDR
	}
	if t.multi {
		flags |= unix.IFF_MULTI_QUEUE
	}
	req.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return err
	}
	t.name = req.Name()
	return nil
}

// inheritTap takes descriptors that somebody else made taps of.
func inheritTap(c TapConfig) (*Tap, error) {
	t := &Tap{fds: c.FDs}
	for i, fd := range c.FDs {
		req, err := inherit(fd)
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		flags := req.Uint16()
		if i > 0 && req.Name() != t.name {
			err = fmt.Errorf("net: fd %d is a queue of %s, fd %d of %s: all queues must be of one tap", c.FDs[0], t.name, fd, req.Name())
			return nil, errors.Join(err, t.Close())
		}
		t.name = req.Name()
		t.vnetHdr = flags&unix.IFF_VNET_HDR != 0
		t.multi = flags&unix.IFF_MULTI_QUEUE != 0
	}
	return t, nil
}

func inherit(fd int) (*unix.Ifreq, error) {
	req, err := unix.NewIfreq("")
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, req); err != nil {
		return nil, fmt.Errorf("net: fd %d is not an attached tap (TUNGETIFF: %w)", fd, err)
	}
	if flags := req.Uint16(); flags&unix.IFF_TAP == 0 || flags&unix.IFF_NO_PI == 0 {
		return nil, fmt.Errorf("net: fd %d is %s with flags %#x: it must be a tap (IFF_TAP) with IFF_NO_PI", fd, req.Name(), flags)
	}
	unix.CloseOnExec(fd)
	return req, unix.SetNonblock(fd, true)
}

// tapError says what to do about the usual reasons.
func tapError(name string, multi bool, err error) error {
	if name == "" {
		name = "(new)"
	}
	hint := ""
	switch {
	case errors.Is(err, unix.EPERM):
		hint = fmt.Sprintf(": needs CAP_NET_ADMIN, or a tap made for this user: ip tuntap add %s mode tap user NAME", name)
	case errors.Is(err, unix.EACCES):
		hint = fmt.Sprintf(": this user may not open %s: chmod 0666 %s", tunDevice, tunDevice)
	case errors.Is(err, unix.EBUSY):
		hint = ": another process has it open; stop that, or use another ifname="
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		hint = fmt.Sprintf(": the host has no %s: modprobe tun", tunDevice)
	case errors.Is(err, unix.EINVAL) && multi && exists(name):
		hint = ": the interface is no tap, or one made for one queue: ip tuntap add ... multi_queue, or say queues=1"
	case errors.Is(err, unix.E2BIG):
		hint = ": the interface has no more queues"
	}
	return fmt.Errorf("net: tap %s: %w%s", name, err, hint)
}

// gone makes of an error of a tap whose interface was deleted what a Link says of an end that is gone: io.EOF. The kernel's own word
// depends on the call; it tells by TUNGETIFF of the first queue, which is never detached.
func (t *Tap) gone(err error) error {
	req, _ := unix.NewIfreq("")
	if errors.Is(unix.IoctlIfreq(t.fds[0], unix.TUNGETIFF, req), unix.EBADFD) {
		return fmt.Errorf("the interface was deleted: %w", io.EOF)
	}
	return err
}

func exists(name string) bool {
	_, err := stdnet.InterfaceByName(name)
	return err == nil
}
