package guestinit

import (
	"fmt"
	"io"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// receiveSpec waits for the host to say what to run.
func receiveSpec(conn *runproto.Conn) (runproto.Spec, error) {
	var spec runproto.Spec
	f, err := conn.Read()
	for err == nil && late(f.Type) {
		f, err = conn.Read()
	}
	if err != nil {
		return spec, fmt.Errorf("waiting for the command: %w", err)
	}
	if f.Type != runproto.Start {
		return spec, fmt.Errorf("waiting for the command: got a frame of type %d", f.Type)
	}
	return spec, f.JSON(&spec)
}

// late reports whether a frame may still come from the conversation before, for a command that has ended.
func late(t runproto.Type) bool {
	return t == runproto.Stdin || t == runproto.StdinEOF || t == runproto.Signal || t == runproto.Resize
}

// awaitBye reads until the host has said goodbye, or for as long as patience says. port, if not nil, is closed then.
func awaitBye(conn *runproto.Conn, port io.Closer, patience time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if f, err := conn.Read(); err != nil || f.Type == runproto.Bye {
				return
			}
		}
	}()
	select {
	case <-done:
	case <-after(patience):
	}
	if port != nil {
		_ = port.Close()
	}
}

// receive handles what the host sends until its goodbye.
func (r *run) receive(bye chan struct{}, hostGone chan error) {
	defer r.guard()
	for {
		f, err := r.conn.Read()
		if err == nil && f.Type == runproto.Bye {
			close(bye)
			return
		}
		if err == nil {
			err = r.handle(f)
		}
		if err != nil {
			hostGone <- err
			return
		}
	}
}

// handle acts on one frame.
func (r *run) handle(f runproto.Frame) error {
	switch f.Type {
	case runproto.Stdin:
		return r.stdin.put(f.Payload)
	case runproto.StdinEOF:
		r.stdin.finish()
		return nil
	case runproto.Signal:
		n, err := f.Number()
		if err == nil {
			r.child.signal(unix.Signal(n))
		}
		return err
	case runproto.Resize:
		var size runproto.Size
		if err := f.JSON(&size); err != nil {
			return err
		}
		r.child.resize(size)
		return nil
	default:
		return fmt.Errorf("a frame of type %d is out of place here", f.Type)
	}
}
