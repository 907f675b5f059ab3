package assemble

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/option"
	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/net/usernet"
	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"
)

// A netdev is one that was opened, or the capture that took it over and owns it.
type netdev struct {
	net.Netdev
	kind string
}

// openNetdev opens one -netdev.
func (a *Assembly) openNetdev(n args.Netdev) error {
	nd, err := Open(n, a.log)
	if err != nil {
		return fmt.Errorf("-netdev %s,id=%s: %w", n.Kind, n.ID, err)
	}
	a.netdevs[n.ID] = netdev{nd, n.Kind}
	return nil
}

// AddNetdev opens a netdev while the machine runs, as QMP's netdev_add wants it: l is what -netdev is given, its kind under the key
// "type".
func (a *Assembly) AddNetdev(l option.List) error {
	if err := a.machine.AddNetdev(l); err != nil {
		return err
	}
	n := a.machine.Netdevs[len(a.machine.Netdevs)-1]
	err := a.openNetdev(n)
	if err != nil {
		err = errors.Join(err, a.machine.RemoveNetdev(n.ID))
	}
	return err
}

// RemoveNetdev closes a netdev that no device is on.
func (a *Assembly) RemoveNetdev(id string) error {
	if err := a.machine.RemoveNetdev(id); err != nil {
		return err
	}
	return a.closeNetdev(id)
}

func (a *Assembly) closeNetdev(id string) error {
	nd := a.netdevs[id]
	delete(a.netdevs, id)
	return nd.Close()
}

// Open opens what a -netdev describes.
func Open(n args.Netdev, log zerolog.Logger) (net.Netdev, error) {
	switch n.Kind {
	case "tap":
		return openTap(n.Tap)
	case "user":
		return openUser(n.User, log)
	case "socket", "stream":
		return openSocket(n.Socket)
	}
	return net.NewNull()
}

func openTap(t args.Tap) (net.Netdev, error) {
	want := map[string]net.VNetHdr{"on": net.VNetHdrOn, "off": net.VNetHdrOff, "auto": net.VNetHdrAuto}[t.VNetHdr]
	return net.OpenTap(net.TapConfig{Name: t.Name, Queues: t.Queues, VNetHdr: want, FDs: t.FDs})
}

func openUser(u args.UserNet, log zerolog.Logger) (net.Netdev, error) {
	c := usernet.Config{Hostname: u.Hostname, Restrict: u.Restrict, Log: log}
	var errs []error
	if u.Net != "" {
		p, err := args.ParsePrefix(u.Net)
		c.Net, errs = p, append(errs, given("net", u.Net, err))
	}
	for _, f := range []struct {
		name, text string
		dst        *netip.Addr
	}{{"host", u.Host, &c.Host}, {"dns", u.DNS, &c.DNS}, {"dhcpstart", u.DHCPStart, &c.DHCPStart}} {
		if f.text != "" {
			addr, err := args.ParseIP(f.text)
			*f.dst, errs = addr, append(errs, given(f.name, f.text, err))
		}
	}
	for _, text := range u.HostFwd {
		f, err := usernet.ParseForward(text)
		c.Forwards, errs = append(c.Forwards, f), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return usernet.New(c)
}

// given names the property that an error is about.
func given(name, value string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s=%s: %w", name, value, err)
	}
	return err
}

// openSocket connects to the other side of a stream: an inherited descriptor, a character device, or a Unix socket.
func openSocket(s args.Socket) (net.Netdev, error) {
	if s.FD >= 0 {
		return net.NewStream(s.FD)
	}
	if s.Path == "" {
		return nil, errors.New("say which: fd= or path=")
	}
	if len(s.More) > 0 || s.Offloads != 0 {
		return openStreams(s.Offloads, append([]string{s.Path}, s.More...))
	}
	fd, err := openStream(s.Path)
	if err != nil {
		return nil, err
	}
	return net.NewStream(fd)
}

// openStreams connects a stream for each queue pair.
func openStreams(can net.Offload, paths []string) (net.Netdev, error) {
	var fds []int
	for _, path := range paths {
		fd, err := openStream(path)
		if err != nil {
			for _, fd := range fds {
				_ = unix.Close(fd)
			}
			return nil, err
		}
		fds = append(fds, fd)
	}
	return net.NewStreams(can, fds...)
}

func openStream(path string) (fd int, err error) {
	fi, err := os.Stat(path)
	if err != nil {
		return -1, err
	}
	if fi.Mode()&os.ModeSocket == 0 {
		fd, err = unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	} else if fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	return fd, nil
}
