package main

import (
	"context"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/vmm/qmp"
)

// monitors are the sockets of -qmp and -mon.
type monitors struct {
	server  *qmp.Server
	sockets []*char.Peers
	running sync.WaitGroup
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

func (m *monitors) open(ctx context.Context, e args.Endpoint) error {
	if !e.Server {
		conn, err := openOne(ctx, e)
		if err == nil {
			m.serve(conn)
		}
		return err
	}
	p, err := e.Socket().Open()
	if err != nil {
		return err
	}
	m.sockets = append(m.sockets, p)
	if e.Wait {
		conn, err := acceptOne(ctx, p)
		if err != nil {
			return err
		}
		m.serve(conn)
	}
	m.running.Go(func() { m.accept(p) })
	return nil
}

// openOne opens an endpoint that has one client, and waits for that until ctx is done.
func openOne(ctx context.Context, e args.Endpoint) (io.ReadWriteCloser, error) {
	if e.Stdio {
		return stdio{os.Stdin, os.Stdout}, nil
	}
	p, err := e.Socket().Open()
	if err != nil {
		return nil, err
	}
	defer p.Close()
	if !e.Server {
		return p.Accept() // it is there, whatever ctx says
	}
	return acceptOne(ctx, p)
}

// acceptOne waits for a client of a server until ctx is done.
func acceptOne(ctx context.Context, p *char.Peers) (stdnet.Conn, error) {
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer stop()
	conn, err := p.Accept()
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("no client came: %w", context.Cause(ctx))
	}
	return conn, err
}

// accept serves any number of clients, until the socket is closed.
func (m *monitors) accept(p *char.Peers) {
	for {
		conn, err := p.Accept()
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
	for _, p := range m.sockets {
		_ = p.Close()
	}
	m.server.Close()
}
