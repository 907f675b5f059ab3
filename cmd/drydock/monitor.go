package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// monitors are the sockets of -qmp and -mon.
type monitors struct {
	server    *qmp.Server
	listeners []stdnet.Listener
	running   sync.WaitGroup
}

// openMonitors connects or listens as the command line says, and serves whoever comes. It waits for the first client where it is
// told to.
func openMonitors(ctx context.Context, server *qmp.Server, sockets []args.Endpoint) (*monitors, error) {
	m := &monitors{server: server}
	for _, s := range sockets {
		if err := m.open(ctx, s); err != nil {
			m.Close()
			return nil, fmt.Errorf("-qmp: %w", err)
		}
	}
	return m, nil
}

func (m *monitors) open(ctx context.Context, s args.Endpoint) error {
	if !s.Server {
		conn, err := dial(s)
		if err == nil {
			m.serve(conn)
		}
		return err
	}
	l, err := listen(s)
	if err != nil {
		return err
	}
	m.listeners = append(m.listeners, l)
	if s.Wait {
		conn, err := acceptOne(ctx, l)
		if err != nil {
			return err
		}
		m.serve(conn)
	}
	m.running.Go(func() { m.accept(l) })
	return nil
}

// dial makes the connection of a monitor that does not listen.
func dial(s args.Endpoint) (io.ReadWriteCloser, error) {
	switch {
	case s.Stdio:
		return stdio{os.Stdin, os.Stdout}, nil
	case s.FD >= 0:
		f := os.NewFile(uintptr(s.FD), "qmp")
		defer f.Close()
		return stdnet.FileConn(f)
	case s.Path != "":
		return stdnet.Dial("unix", s.Path)
	}
	return stdnet.Dial("tcp", s.Address)
}

// listen replaces a socket that an earlier program left behind, as QEMU does.
func listen(s args.Endpoint) (stdnet.Listener, error) {
	switch {
	case s.FD >= 0:
		f := os.NewFile(uintptr(s.FD), "qmp")
		defer f.Close()
		return stdnet.FileListener(f)
	case s.Path != "":
		if info, err := os.Stat(s.Path); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(s.Path)
		}
		return stdnet.Listen("unix", s.Path)
	case s.Address != "":
		return stdnet.Listen("tcp", s.Address)
	}
	return nil, errors.New("only a socket can be a server")
}

// acceptOne waits for a client until ctx is done.
func acceptOne(ctx context.Context, l stdnet.Listener) (stdnet.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	conn, err := l.Accept()
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no client came: %w", context.Cause(ctx))
	}
	return conn, err
}

// accept serves any number of clients, until the listener is closed.
func (m *monitors) accept(l stdnet.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		m.serve(conn)
	}
}

func (m *monitors) serve(conn io.ReadWriteCloser) {
	m.running.Go(func() { _ = m.server.Serve(conn) }) // what goes wrong with a client is the client's loss
}

// Close hangs up, when each client has its last words.
func (m *monitors) Close() {
	for _, l := range m.listeners {
		_ = l.Close()
	}
	m.server.Close()
}
