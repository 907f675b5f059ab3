package main

import (
	"errors"
	"io"
	"os"
)

// errLeave is the user's Ctrl-A x.
var errLeave = errors.New("the user left the console")

// A console is this terminal, given to a guest's serial port: raw while the guest runs, with QEMU's escape: Ctrl-A x leaves,
// Ctrl-A twice sends one.
type console struct {
	in      io.Reader
	tty     *terminal // nil if in is none
	leave   func(error)
	escaped bool
}

// openConsole takes in, and makes it raw if it is a terminal. leave is called when the user wants out.
func openConsole(in *os.File, leave func(error)) (*console, error) {
	c := &console{in: in, leave: leave}
	if !isTerminal(in) {
		return c, nil
	}
	var err error
	c.tty, err = openTerminal(in)
	return c, err
}

// Close gives the terminal back as it was.
func (c *console) Close() error {
	if c.tty == nil {
		return nil
	}
	return c.tty.Close()
}

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
