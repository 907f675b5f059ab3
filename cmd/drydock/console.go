package main

import (
	"errors"
	"io"
	"os"
	"sync"
)

// errLeave is the user's Ctrl-A x.
var errLeave = errors.New("the user left the console")

// A console is this terminal, given to a guest's serial port: raw while the guest runs, with QEMU's escape: Ctrl-A x leaves,
// Ctrl-A twice sends one.
type console struct {
	in      io.Reader
	file    *os.File
	leave   func(error)
	escaped bool
	begun   chan struct{} // closed when what is typed is the guest's
	over    chan struct{} // closed by Close

	mu  sync.Mutex
	tty *terminal // nil if in is none, and until begin
}

// newConsole is the console on in, which is left alone until begin. leave is called when the user wants out.
func newConsole(in *os.File, leave func(error)) *console {
	return &console{in: in, file: in, leave: leave, begun: make(chan struct{}), over: make(chan struct{})}
}

// openConsole is newConsole and begin.
func openConsole(in *os.File, leave func(error)) (*console, error) {
	c := newConsole(in, leave)
	return c, c.begin()
}

// begin makes a terminal raw. It is called once; after Close it does nothing.
func (c *console) begin() (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.over:
		return nil
	default:
	}
	if isTerminal(c.file) {
		c.tty, err = openTerminal(c.file)
	}
	if err == nil {
		close(c.begun)
	}
	return err
}

// Close gives the terminal back as it was. It is called once.
func (c *console) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.over)
	if c.tty == nil {
		return nil
	}
	return c.tty.Close()
}

// Read gives what was typed, without escapes, from begin on.
func (c *console) Read(p []byte) (int, error) {
	select {
	case <-c.begun:
	case <-c.over:
		return 0, io.EOF
	}
	for {
		n, err := c.in.Read(p)
		n = c.filter(p[:n])
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
	}
}

const escape = 1 // Ctrl-A

// filter takes escapes out of p, in place.
func (c *console) filter(p []byte) int {
	kept := p[:0]
	for _, b := range p {
		switch {
		case !c.escaped && b == escape:
			c.escaped = true
			continue
		case c.escaped && b == 'x':
			c.leave(errLeave)
		case c.escaped && b != escape:
			kept = append(kept, escape, b)
		default:
			kept = append(kept, b)
		}
		c.escaped = false
	}
	return len(kept)
}

var _ io.ReadCloser = (*console)(nil)
