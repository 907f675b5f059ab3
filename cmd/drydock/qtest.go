package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	stdnet "net"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/devices/char"
	"github.com/drydock-vmm/drydock/vmm/qtest"
)

// A qtestClient is the connection of -qtest and the file of -qtest-log.
type qtestClient struct {
	late *char.Peers // where it comes while the machine runs (wait=off); nil: it was there before, or there is no -qtest
	log  *os.File    // nil: none

	mu     sync.Mutex
	conn   io.ReadWriteCloser // nil: not there
	closed bool
}

// stdio is the connection to whoever started the program. Closing it does not end a read of a terminal; the program's end does.
type stdio struct {
	io.Reader
	io.Writer
}

func (stdio) Close() error { return os.Stdin.Close() }

// openQTest connects to the client. QEMU's tests listen before they start the program; others have it listen.
func openQTest(ctx context.Context, m *args.Machine) (c *qtestClient, err error) {
	c = &qtestClient{}
	if m.QTestLog != "" {
		if c.log, err = os.OpenFile(m.QTestLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
			return c, fmt.Errorf("-qtest-log: %w", err)
		}
	}
	if m.QTest == "" {
		return c, nil
	}
	if err := c.open(ctx, m.QTest); err != nil {
		return c, errors.Join(fmt.Errorf("-qtest %s: %w", m.QTest, err), c.Close())
	}
	return c, nil
}

func (c *qtestClient) open(ctx context.Context, words string) error {
	e, err := args.ParseEndpoint(words, "-qtest")
	switch {
	case err != nil:
		return err
	case e.Server && !e.Wait:
		c.late, err = e.Socket().Open()
	default:
		c.conn, err = openOne(ctx, e)
	}
	return err
}

// serve answers the client, when it is there, until it hangs up, and calls gone then.
func (c *qtestClient) serve(m qtest.Machine, gone func()) {
	if c.conn == nil && c.late == nil {
		return
	}
	go func() {
		defer gone()
		conn := c.wait()
		if conn == nil {
			return
		}
		if err := qtest.Serve(conn, m, c.journal()); err != nil && !errors.Is(err, stdnet.ErrClosed) && !errors.Is(err, os.ErrClosed) {
			fmt.Fprintln(os.Stderr, "drydock: qtest:", err)
		}
	}()
}

// wait returns the connection; nil if none will come any more.
func (c *qtestClient) wait() io.ReadWriteCloser {
	if c.late == nil {
		return c.conn
	}
	conn, err := c.late.Accept()
	if err != nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = conn.Close()
		return nil
	}
	_ = c.late.Close() // there is one client
	c.late, c.conn = nil, conn
	return conn
}

func (c *qtestClient) journal() io.Writer {
	if c.log == nil {
		return nil
	}
	return c.log
}

// Close hangs up.
func (c *qtestClient) Close() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.late != nil {
		err = c.late.Close()
	}
	if c.conn != nil {
		err = errors.Join(err, c.conn.Close())
	}
	if c.log != nil {
		err = errors.Join(err, c.log.Close())
	}
	return err
}
