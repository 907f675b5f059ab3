package runproto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// A Host is drydock run's side of a conversation.
type Host struct {
	Spec Spec
	// Stdin may be nil: the command then reads end of file. Stdout and Stderr may be nil: what comes is dropped.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Signals go to the command's process group; Resizes to its terminal. Both may be nil; neither is closed.
	Signals <-chan os.Signal
	Resizes <-chan Size
	// Ready, if not nil, is called when the guest's init speaks; Warning for each line of trouble that it survives.
	Ready   func(Hello)
	Warning func(string)
}

// Run speaks with the guest until the command has ended, and returns its exit status (Status.Exit). The error is a *Failure
// if the command did not run; then the status is the Failure's. io.ErrUnexpectedEOF, wrapped, means that the guest went away
// (or stream was closed) before it told a status; any other error, that it spoke nonsense or that Stdout took no more. The
// status is StatusInit then.
//
// When ctx ends, stream is closed and Run returns ctx's error. A Read of Stdin that is under way when Run returns goes on
// until it gets something; no later one is started.
func (h *Host) Run(ctx context.Context, stream io.ReadWriteCloser) (int, error) {
	stop := context.AfterFunc(ctx, func() { _ = stream.Close() })
	defer stop()
	r := &hostRun{h: h, conn: NewConn(stream), credit: newCredit(), done: make(chan struct{})}
	defer close(r.done)
	defer r.credit.close()
	status, err := r.serve()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return status, err
}

// A hostRun is one call of Run.
type hostRun struct {
	h      *Host
	conn   *Conn
	credit *credit
	done   chan struct{}
}

// serve starts the command and handles what the guest sends.
func (r *hostRun) serve() (int, error) {
	if err := r.start(); err != nil {
		return failureStatus(err), err
	}
	go r.pumpStdin()
	go r.pumpEvents()
	for {
		f, err := r.conn.Read()
		if err != nil {
			return StatusInit, gone(err)
		}
		if f.Type == Exit || f.Type == Fail {
			return r.end(f)
		}
		if err := r.handle(f); err != nil {
			return StatusInit, err
		}
	}
}

// start waits for the guest's first word and says what to run.
func (r *hostRun) start() error {
	f, err := r.conn.Read()
	if err != nil {
		return gone(err)
	}
	var hello Hello
	switch f.Type {
	case Ready:
		err = f.JSON(&hello)
	case Fail:
		_, err = r.end(f)
	default:
		err = unexpected(f)
	}
	if err != nil {
		return err
	}
	if r.h.Ready != nil {
		r.h.Ready(hello)
	}
	return r.conn.WriteJSON(Start, r.h.Spec)
}

// handle acts on one frame of a running command.
func (r *hostRun) handle(f Frame) error {
	switch f.Type {
	case Stdout:
		return write(r.h.Stdout, f.Payload)
	case Stderr:
		return write(r.h.Stderr, f.Payload)
	case Credit:
		n, err := f.Number()
		r.credit.add(n)
		return err
	case Warning:
		if r.h.Warning != nil {
			r.h.Warning(string(f.Payload))
		}
		return nil
	default:
		return unexpected(f)
	}
}

// end says goodbye and returns how the run ended.
func (r *hostRun) end(f Frame) (int, error) {
	var status Status
	var failure Failure
	if f.Type == Exit {
		if err := f.JSON(&status); err != nil {
			return StatusInit, err
		}
	} else if err := f.JSON(&failure); err != nil {
		return StatusInit, err
	}
	// If the guest does not hear it, it powers off a little later.
	_ = r.conn.Write(Bye, nil)
	if f.Type == Fail {
		return failure.Status, &failure
	}
	return status.Exit(), nil
}

// pumpStdin sends stdin as the guest grants it.
func (r *hostRun) pumpStdin() {
	if r.h.Stdin == nil {
		_ = r.conn.Write(StdinEOF, nil)
		return
	}
	buf := make([]byte, MaxData)
	for {
		n := r.credit.take(len(buf))
		if n == 0 {
			return
		}
		got, err := r.h.Stdin.Read(buf[:n])
		r.credit.add(uint32(n - got))
		if r.ended() || got > 0 && r.conn.Write(Stdin, buf[:got]) != nil {
			return
		}
		if err != nil {
			_ = r.conn.Write(StdinEOF, nil)
			return
		}
	}
}

// pumpEvents sends signals and terminal sizes. A write that fails needs no care: the reader sees the same end.
func (r *hostRun) pumpEvents() {
	for {
		select {
		case s := <-r.h.Signals:
			if n, ok := s.(syscall.Signal); ok {
				_ = r.conn.WriteNumber(Signal, uint32(n))
			}
		case size := <-r.h.Resizes:
			_ = r.conn.WriteJSON(Resize, size)
		case <-r.done:
			return
		}
	}
}

// failureStatus is the status of a run whose command did not start.
func failureStatus(err error) int {
	if failure := (*Failure)(nil); errors.As(err, &failure) {
		return failure.Status
	}
	return StatusInit
}

func (r *hostRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// write gives p to w, if there is one.
func write(w io.Writer, p []byte) error {
	if w == nil {
		return nil
	}
	_, err := w.Write(p)
	return err
}

// gone words the end of the stream before the end of the command, which is also what the machine's end looks like when its
// owner closes the stream.
func gone(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("runproto: the guest went away before the command ended: %w", io.ErrUnexpectedEOF)
	}
	return err
}

func unexpected(f Frame) error {
	return fmt.Errorf("runproto: a frame of type %d with %d bytes is out of place here", f.Type, len(f.Payload))
}
