package usernet

import (
	"errors"
	"fmt"
	stdnet "net"
	"strings"
	"syscall"
)

// forward listens on the host.
func (u *User) forward(f Forward) error {
	if f.Network == "udp" {
		return u.listenUDP(f)
	}
	l, err := stdnet.ListenTCP("tcp4", stdnet.TCPAddrFromAddrPort(f.Host))
	if err != nil {
		return forwardError(&f, err)
	}
	f.Host = l.Addr().(*stdnet.TCPAddr).AddrPort()
	u.forwards = append(u.forwards, f)
	u.hold(l)
	u.run(func() { u.forwardTCP(f, l) })
	return nil
}

func (u *User) listenUDP(f Forward) error {
	l, err := stdnet.ListenUDP("udp4", stdnet.UDPAddrFromAddrPort(f.Host))
	if err != nil {
		return forwardError(&f, err)
	}
	f.Host = l.LocalAddr().(*stdnet.UDPAddr).AddrPort()
	u.forwards = append(u.forwards, f)
	u.hold(l)
	u.run(func() { u.forwardUDP(f, l) })
	return nil
}

func forwardError(f *Forward, err error) error {
	hint := ""
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		hint = ": another process has the port"
	case errors.Is(err, syscall.EACCES):
		hint = ": ports below net.ipv4.ip_unprivileged_port_start (1024) need CAP_NET_BIND_SERVICE"
	}
	return fmt.Errorf("usernet: hostfwd %v: %w%s", f, err, hint)
}

// refused says whether err is only the echo of a datagram that nobody wanted. The stack's errors have only their text.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EHOSTUNREACH) || strings.Contains(err.Error(), "connection was refused")
}
