package char

import (
	"context"
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"time"

	"github.com/drydock-vmm/drydock/devices/char/tunnel"
	"golang.org/x/sys/unix"
)

// SocketConfig says where a Socket is.
type SocketConfig struct {
	Network string // unix, tcp, tcp4 or tcp6
	Address string // a path, or host:port; an abstract Unix socket begins with @
	FD      int    // with Network "": a stream socket that is connected, or listens if Server is set; the Socket takes it over

	Server    bool          // listen, for one client after the other
	Reconnect time.Duration // of a client: how long after a failure to try again; 0: never

	// Tunnel, if not empty, is a port by which the socket's connections come, for it is on another host, where all of the above is done
	// with a tunnel.Caller.
	Tunnel string
}

func (c SocketConfig) String() string {
	kind := c.Network
	if kind == "" {
		kind = "fd"
	}
	text := fmt.Sprintf("%s:%s", kind, c.Address)
	if c.Server {
		text += ",server=on"
	}
	return text
}

// Listen is what a server does. It removes what a server before left behind: a Unix socket outlives a process that was killed.
func (c SocketConfig) Listen() (stdnet.Listener, error) {
	if c.Tunnel != "" {
		return c.enter()
	}
	if c.Network == "" {
		return adopt(c.FD, stdnet.FileListener)
	}
	if info, err := os.Stat(c.Address); c.Network == "unix" && err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(c.Address) // where that fails, Listen says why
	}
	return stdnet.Listen(c.Network, c.Address)
}

// Dial is what a client does.
func (c SocketConfig) Dial(ctx context.Context) (stdnet.Conn, error) {
	switch {
	case c.Tunnel != "":
		return c.first(ctx)
	case c.Network == "":
		return adopt(c.FD, stdnet.FileConn)
	}
	var d stdnet.Dialer
	return d.DialContext(ctx, c.Network, c.Address)
}

// adopt makes something of a descriptor, which is closed: what is made of it has one of its own.
func adopt[T any](fd int, from func(*os.File) (T, error)) (T, error) {
	f := os.NewFile(uintptr(fd), "socket")
	v, err := from(f)
	return v, errors.Join(err, f.Close())
}

// enter opens the port. Neither its reads nor its writes may block: the runtime's poller waits instead, so that Close ends them.
func (c SocketConfig) enter() (*tunnel.Listener, error) {
	fd, err := unix.Open(c.Tunnel, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, fmt.Errorf("tunnel=%s: %w", c.Tunnel, err)
	}
	return tunnel.Listen(os.NewFile(uintptr(fd), c.Tunnel))
}

// first waits for the connection that the other host has made already.
func (c SocketConfig) first(ctx context.Context) (stdnet.Conn, error) {
	l, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer l.Close() // what was accepted goes on
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	return l.Accept()
}
