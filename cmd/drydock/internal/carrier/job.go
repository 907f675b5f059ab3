package carrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/boot/initramfs"
	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// A Job is one program to run in a carrier. What it left running ends with it; the files it wrote stay.
type Job struct {
	// Host has the command, its streams and signals. A nil Warning logs.
	runproto.Host
	// Files are put into the carrier first, over what it has of the same names; nil for none.
	Files *initramfs.Archive
	// Artefacts are brought back when the command has ended, however it did.
	Artefacts []Artefact
}

// An Artefact is a file that a job writes, and where it goes on the host.
type Artefact struct {
	Guest, Host string
	Optional    bool // a command that succeeds need not have written it
}

// Run runs a job, after those that were given before. Status and error are those of runproto.Host.Run; besides, a file that
// cannot be put in, and after a command that succeeded one that cannot be brought back, is an error.
//
// When ctx ends, the command gets SIGTERM, then SIGKILL, and Run returns ctx's error; the carrier stays fit for other jobs. If
// even that does not help, the carrier ends.
func (c *Carrier) Run(ctx context.Context, j Job) (int, error) {
	select {
	case <-c.turn:
	case <-c.Done():
		return runproto.StatusInit, c.failed("has ended")
	case <-ctx.Done():
		return runproto.StatusInit, context.Cause(ctx)
	}
	defer func() { c.turn <- struct{}{} }()
	if err := c.put(ctx, j.Files); err != nil {
		return runproto.StatusInit, err
	}
	status, err := c.converse(ctx, j.Host)
	c.drain()
	return status, errors.Join(err, c.bringBack(ctx, j.Artefacts, status == 0 && err == nil))
}

// drain ends the sockets of the job.
func (c *Carrier) drain() {
	var all sync.WaitGroup
	for _, g := range c.gates {
		all.Go(g.drain)
	}
	all.Wait()
}

// grace is how long a job has to end after SIGTERM, and then after SIGKILL: on a busy machine an emulated host is slow to tell.
const grace = 10 * time.Second

// converse holds one conversation with the carrier's init.
func (c *Carrier) converse(ctx context.Context, h runproto.Host) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if h.Warning == nil {
		h.Warning = func(s string) { c.config.Log.Warn().Msg("carrier: " + s) }
	}
	signals, done := make(chan os.Signal, 4), make(chan struct{})
	var watch sync.WaitGroup
	users := h.Signals
	watch.Go(func() { c.watch(ctx, users, signals, done) })
	watch.Go(func() { keepAwake(signals, done) })
	h.Signals = signals
	h.Spec.Env = append(slices.Clone(h.Spec.Env), insideEnv+"=1")
	h.Stdout, h.Stderr = &sink{w: h.Stdout, broken: cancel}, &sink{w: h.Stderr, broken: cancel}
	s := &session{carrier: c}
	// Not ctx: with that, Host.Run would end the port, and so the carrier.
	status, err := h.Run(context.WithoutCancel(ctx), s)
	close(done)
	watch.Wait()
	s.end()
	return status, c.explain(ctx, err)
}

// explain finds the reason of an error. One that is not the job's means that the port is of no use any more, and so the carrier.
func (c *Carrier) explain(ctx context.Context, err error) error {
	var failure *runproto.Failure
	if err != nil && !errors.As(err, &failure) {
		c.process.kill()
		err = errors.Join(c.failed("ended in the middle of a job"), err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// watch passes on signals until the job is done, and stops it when ctx ends.
func (c *Carrier) watch(ctx context.Context, from <-chan os.Signal, to chan<- os.Signal, done <-chan struct{}) {
	for {
		select {
		case s := <-from:
			select {
			case to <- s:
			case <-ctx.Done():
			case <-done:
			}
		case <-ctx.Done():
			c.stop(to, done)
			return
		case <-done:
			return
		}
	}
}

// stop ends the job, or the carrier if the job does not end.
func (c *Carrier) stop(signals chan<- os.Signal, done <-chan struct{}) {
	for _, s := range []unix.Signal{unix.SIGTERM, unix.SIGKILL} {
		patience := time.After(grace)
		select {
		case signals <- s:
		case <-patience: // the port takes nothing
			continue
		case <-done:
			return
		}
		select {
		case <-patience:
		case <-done:
			return
		}
	}
	c.process.kill()
}

// helper runs one of our own jobs, whose standard error becomes its error.
func (c *Carrier) helper(ctx context.Context, what string, stdin io.Reader, stdout io.Writer, argv ...string) error {
	var complaint tail
	h := runproto.Host{Spec: runproto.Spec{Argv: argv}, Stdin: stdin, Stdout: stdout, Stderr: &complaint}
	status, err := c.converse(ctx, h)
	if err == nil && status != 0 {
		err = fmt.Errorf("%s: status %d: %s", argv[0], status, complaint.String())
	}
	if err != nil {
		return fmt.Errorf("carrier: %s: %w", what, err)
	}
	return nil
}
