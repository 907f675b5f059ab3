package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	stdnet "net"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/args"
	"github.com/drydock-vmm/drydock/vmm/qtest"
)

// A qtestClient is the connection of -qtest and the file of -qtest-log.
type qtestClient struct {
	conn io.ReadWriteCloser // nil: there is no -qtest
	log  *os.File           // nil: none
}

// stdio is the connection to whoever started the program. Closing it does not end a read of a terminal; the program's end does.
type stdio struct {
	io.Reader
	io.Writer
}

func (stdio) Close() error { return os.Stdin.Close() }

// openQTest connects to the client. QEMU's tests listen before they start the program; others have it listen.
func openQTest(ctx context.Context, m *args.Machine) (c qtestClient, err error) {
	if m.QTestLog != "" {
		if c.log, err = os.OpenFile(m.QTestLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
			return c, fmt.Errorf("-qtest-log: %w", err)
		}
	}
	if m.QTest == "" {
		return c, nil
	}
	s, err := args.ParseEndpoint(m.QTest, "-qtest")
	if err == nil {
		c.conn, err = openOne(ctx, s)
	}
	if err != nil {
		return c, errors.Join(fmt.Errorf("-qtest %s: %w", m.QTest, err), c.Close())
	}
	return c, nil
}

// serve answers the client until it hangs up, and calls gone then.
func (c qtestClient) serve(m qtest.Machine, gone func()) {
	if c.conn == nil {
		return
	}
	go func() {
		defer gone()
		if err := qtest.Serve(c.conn, m, c.journal()); err != nil && !errors.Is(err, stdnet.ErrClosed) && !errors.Is(err, os.ErrClosed) {
			fmt.Fprintln(os.Stderr, "drydock: qtest:", err)
		}
	}()
}

func (c qtestClient) journal() io.Writer {
	if c.log == nil {
		return nil
	}
	return c.log
}

// Close hangs up.
func (c qtestClient) Close() (err error) {
	if c.conn != nil {
		err = c.conn.Close()
	}
	if c.log != nil {
		err = errors.Join(err, c.log.Close())
	}
	return err
}
