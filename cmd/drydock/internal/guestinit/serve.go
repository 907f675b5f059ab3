package guestinit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// byePatience bounds the wait for the host to take the last message.
const byePatience = 5 * time.Second

// A run is one command, from its start until the host has its status.
type run struct {
	conn      *runproto.Conn
	spec      runproto.Spec
	shutdown  <-chan os.Signal // one of shutdownSignals ends the run
	endOthers func()           // kills what the command left behind, so that its output ends
	guard     func()           // deferred by each goroutine
	asked     os.Signal        // of shutdownSignals, if one came; set when serve returns
	patience  time.Duration
	stdin     *stdinQueue
	child     *child
	stdinDone chan struct{} // closed when pumpStdin has ended
}

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

// serve runs the command. A command that cannot start is the user's trouble, not ours: the host hears of it, and serve
// returns nil.
func (r *run) serve() error {
	c, err := startCommand(r.spec)
	if failure := (*runproto.Failure)(nil); errors.As(err, &failure) {
		return r.farewell(runproto.Fail, failure)
	}
	if err != nil {
		return err
	}
	defer c.close()
	r.child, r.stdin, r.stdinDone = c, newStdinQueue(), make(chan struct{})
	bye, hostGone := make(chan struct{}), make(chan error, 1)
	go r.receive(bye, hostGone)
	go r.pumpStdin()
	var output sync.WaitGroup
	r.pump(&output, c.stdout, runproto.Stdout)
	r.pump(&output, c.stderr, runproto.Stderr)
	return r.finish(&output, bye, hostGone)
}

// finish waits for the command and its output, and hands back the status. A guest that is told to shut down ends with
// success, as a machine does.
func (r *run) finish(output *sync.WaitGroup, bye chan struct{}, hostGone chan error) error {
	ended := make(chan runproto.Status, 1)
	go func() {
		defer r.guard()
		ended <- reap(r.child.pid)
	}()
	var status runproto.Status
	select {
	case status = <-ended:
	case r.asked = <-r.shutdown:
		defer func() { <-ended }() // or it would take the end of the next command's for its own
	case err := <-hostGone:
		return fmt.Errorf("the host went away: %w", err)
	}
	r.endOthers()
	r.stdin.finish()
	output.Wait()
	r.noteShutdown()
	r.child.close()
	<-r.stdinDone // so that nothing follows the Exit
	if err := r.conn.WriteJSON(runproto.Exit, status); err != nil {
		return err
	}
	select {
	case <-bye:
	case <-hostGone:
	case <-after(r.patience):
	}
	return nil
}

// noteShutdown looks whether the command was reboot(8) or the like, which signals and ends at once.
func (r *run) noteShutdown() {
	select {
	case r.asked = <-r.shutdown:
	default:
	}
}

// farewell sends a last message when no receiver runs, and waits for the answer.
func (r *run) farewell(t runproto.Type, v any) error {
	if err := r.conn.WriteJSON(t, v); err != nil {
		return err
	}
	awaitBye(r.conn, nil, r.patience)
	return nil
}

// after is time.After, and never for 0.
func after(d time.Duration) <-chan time.Time {
	if d == 0 {
		return nil
	}
	return time.After(d)
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

// pumpStdin feeds the command, and grants the host what was taken.
func (r *run) pumpStdin() {
	defer r.guard()
	defer close(r.stdinDone)
	granted := r.conn.WriteNumber(runproto.Credit, stdinWindow) == nil
	buf := make([]byte, runproto.MaxData)
	for granted {
		n, err := r.stdin.take(buf)
		if err == nil {
			_, err = r.child.stdin.Write(buf[:n])
		}
		if err != nil {
			break
		}
		granted = r.conn.WriteNumber(runproto.Credit, uint32(n)) == nil
	}
	r.closeStdin()
}

// closeStdin shows the command the end of its input. A terminal has no end to close; it takes a character for it.
func (r *run) closeStdin() {
	if r.child.tty {
		_, _ = r.child.stdin.Write([]byte{endOfTransmission})
		return
	}
	_ = r.child.stdin.Close()
}

// pump sends one stream of the command until its end, which for a terminal is EIO.
func (r *run) pump(wg *sync.WaitGroup, from *os.File, t runproto.Type) {
	if from == nil {
		return
	}
	wg.Go(func() {
		defer r.guard()
		buf := make([]byte, runproto.MaxData)
		for {
			n, err := from.Read(buf)
			if n > 0 && r.conn.Write(t, buf[:n]) != nil {
				return
			}
			if err != nil {
				return
			}
		}
	})
}

// reap waits for pid. The first process inherits all orphans, so it waits for every other one as well.
func reap(pid int) runproto.Status {
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return runproto.Status{Code: runproto.StatusInit} // ECHILD: somebody else has waited for it
		case got == pid && status.Signaled():
			return runproto.Status{Signal: int(status.Signal())}
		case got == pid:
			return runproto.Status{Code: status.ExitStatus()}
		}
	}
}
