package main

import (
	"os"
	"os/signal"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A terminal is the user's, lent to something in a guest: raw until Close, so that each key gets there, Ctrl-C too.
type terminal struct {
	fd      int
	old     *term.State
	resized chan os.Signal
	sizes   chan runproto.Size
	done    chan struct{}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// openTerminal makes the terminal f raw.
func openTerminal(f *os.File) (*terminal, error) {
	t := &terminal{fd: int(f.Fd()), resized: make(chan os.Signal, 1), sizes: make(chan runproto.Size), done: make(chan struct{})}
	var err error
	if t.old, err = term.MakeRaw(t.fd); err != nil {
		return nil, err
	}
	signal.Notify(t.resized, unix.SIGWINCH)
	go t.follow()
	return t, nil
}

// follow tells sizes each new size, if somebody listens.
func (t *terminal) follow() {
	for {
		select {
		case <-t.resized:
		case <-t.done:
			return
		}
		select {
		case t.sizes <- t.size():
		case <-t.done:
			return
		}
	}
}

// size is the terminal's; one that does not know its own has what terminals once had.
func (t *terminal) size() runproto.Size {
	cols, rows, err := term.GetSize(t.fd)
	if err != nil || cols == 0 || rows == 0 {
		return runproto.Size{Rows: 24, Cols: 80}
	}
	return runproto.Size{Rows: uint16(rows), Cols: uint16(cols)}
}

// lend makes the terminal that of the command that h starts.
func (t *terminal) lend(h *runproto.Host) {
	size := t.size()
	h.Spec.TTY, h.Resizes = &size, t.sizes
}

func (t *terminal) Close() error {
	signal.Stop(t.resized)
	close(t.done)
	return term.Restore(t.fd, t.old)
}
