package guestinit

import (
	"errors"
	"fmt"
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
