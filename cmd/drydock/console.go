package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

// errLeave is the user's Ctrl-A x.
var errLeave = errors.New("the user left the console")

// A console is this terminal, given to a guest's serial port: raw while the guest runs, with QEMU's escape: Ctrl-A x leaves,
// Ctrl-A twice sends one.
type console struct {
	in      *os.File
	restore func() error
	leave   func(error)
	escaped bool
}

// openConsole takes the terminal, if standard input is one. leave is called when the user wants out.
func openConsole(leave func(error)) (*console, error) {
	c := &console{in: os.Stdin, restore: func() error { return nil }, leave: leave}
	fd := int(os.Stdin.Fd())
	if !term.IsTerminal(fd) {
		return c, nil
	}
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, err
	}
	c.restore = func() error { return term.Restore(fd, old) }
	return c, nil
}

func (c *console) Close() error { return c.restore() }

// Read gives what was typed, without escapes.
func (c *console) Read(p []byte) (int, error) {
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
