package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// A tapPeer is the host's side of a tap: a packet socket on its interface. What is sent and what comes begins with a virtio_net_hdr of
// 10 bytes, from and to which the kernel translates what the two ends of an interface say of a frame.
type tapPeer struct {
	inbox
	queues []int // descriptors of the tap, which the machine has too
	wire   *os.File
}

const (
	tunDevice = "/dev/net/tun"
	tapName   = "tap0"
	tapMTU    = 65521 // the longest that a tap has

	longestTapFrame = 10 + 1<<16 + 64
)

// newTapPeer makes a tap in a network namespace of its own, and returns it with the descriptors for the machine. The namespace is
// gone, and the tap with it, when the last of their descriptors is closed.
func newTapPeer(queues int) (*tapPeer, []*os.File, error) {
	t := &tapPeer{}
	if err := inNamespace(func() error { return t.make(queues) }); err != nil {
		t.close()
		return nil, nil, fmt.Errorf("no tap for the test: %w; -taps=false leaves these configurations out", err)
	}
	theirs, err := t.duplicates()
	if err != nil {
		t.close()
		return nil, nil, err
	}
	go t.collect()
	return t, theirs, nil
}

// inNamespace calls f in a new network namespace and comes back. The thread must not end: the machines that it began would be killed
// with it (Pdeathsig).
func inNamespace(f func() error) error {
	runtime.LockOSThread()
	home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(home)
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("no network namespace (this needs root): %w", err)
	}
	err = f()
	if back := unix.Setns(home, unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, back) // with the thread, which is of no more use
	}
	runtime.UnlockOSThread()
	return err
}

func (t *tapPeer) make(queues int) error {
	// An IPv6 host sends multicasts when it likes.
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0); err != nil && !os.IsNotExist(err) {
		return err
	}
	for range queues {
		if err := t.addQueue(queues > 1); err != nil {
			return err
		}
	}
	return t.open()
}

func (t *tapPeer) addQueue(multi bool) error {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s cannot be opened (is the module tun loaded?): %w", tunDevice, err)
	}
	t.queues = append(t.queues, fd)
	req, err := unix.NewIfreq(tapName)
	if err != nil {
		return err
	}
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if multi {
		flags |= unix.IFF_MULTI_QUEUE
	}
	req.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return fmt.Errorf("TUNSETIFF: %w", err)
	}
	return nil
}

// open brings the interface up and opens the packet socket.
func (t *tapPeer) open() error {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("a packet socket: %w", err)
	}
	t.wire = os.NewFile(uintptr(fd), "tap")
	index, err := bringUp(fd)
	if err != nil {
		return err
	}
	return errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: unix.ETH_P_ALL << 8, Ifindex: index}),
	)
}

// bringUp does what ip link set tap0 up mtu 65521 would.
func bringUp(fd int) (index int, err error) {
	req, err := unix.NewIfreq(tapName)
	if err != nil {
		return 0, err
	}
	req.SetUint32(tapMTU)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFMTU, req); err != nil {
		return 0, fmt.Errorf("SIOCSIFMTU: %w", err)
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_NOARP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return 0, fmt.Errorf("SIOCSIFFLAGS: %w", err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req); err != nil {
		return 0, fmt.Errorf("SIOCGIFINDEX: %w", err)
	}
	return int(req.Uint32()), nil
}

// duplicates are for the machine: it ends before its tap does, which is closed here.
func (t *tapPeer) duplicates() (out []*os.File, err error) {
	for _, q := range t.queues {
		fd, err := unix.FcntlInt(uintptr(q), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return out, err
		}
		out = append(out, os.NewFile(uintptr(fd), "queue"))
	}
	return out, nil
}

func (t *tapPeer) send(frame []byte) error {
	_, err := t.wire.Write(frame)
	return err
}

// unread asks for readable queues: one that is detached is none.
func (t *tapPeer) unread() bool {
	fds := make([]unix.PollFd, len(t.queues))
	for i, q := range t.queues {
		fds[i] = unix.PollFd{Fd: int32(q), Events: unix.POLLIN}
	}
	if _, err := unix.Poll(fds, 0); err != nil {
		return false
	}
	for _, fd := range fds {
		if fd.Revents&unix.POLLIN != 0 {
			return true
		}
	}
	return false
}

// collect ends when the socket is closed.
func (t *tapPeer) collect() {
	buf := make([]byte, longestTapFrame)
	for {
		n, err := t.wire.Read(buf)
		switch {
		case errors.Is(err, unix.ENETDOWN): // said once, when the tap is gone
		case err != nil:
			return
		default:
			t.put(append([]byte(nil), buf[:n]...))
		}
	}
}

func (t *tapPeer) close() {
	if t.wire != nil {
		t.wire.Close()
	}
	for _, q := range t.queues {
		unix.Close(q)
	}
	t.queues = nil
}
