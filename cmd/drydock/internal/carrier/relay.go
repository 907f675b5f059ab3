package carrier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/cmd/drydock/internal/runproto"
	"golang.org/x/sys/unix"
)

// window is how much stdin a client may send ahead. A pipe takes it without waiting, however it is cut into pieces: it has
// sixteen pages, and each holds at least half a page.
const window = 32 << 10

// A relay is one job of a client: the guest's side of a conversation with the client, the host's side of one with the carrier.
type relay struct {
	conn    *runproto.Conn
	stdin   *os.File // the read end of a pipe
	feed    *os.File // its write end; receive's alone
	signals chan os.Signal
	resizes chan runproto.Size
	started atomic.Bool // the job has its turn
}

// exec serves one client's job.
func (s *server) exec(ctx context.Context, stream io.ReadWriter, r *request) error {
	y := &relay{conn: runproto.NewConn(stream), signals: make(chan os.Signal, 8), resizes: make(chan runproto.Size, 8)}
	if err := y.conn.WriteJSON(runproto.Ready, runproto.Hello{Release: s.carrier.Release()}); err != nil {
		return err
	}
	f, err := y.conn.Read()
	if err == nil && f.Type != runproto.Start {
		err = fmt.Errorf("carrier: a client begins with a frame of type %d", f.Type)
	}
	h := y.host()
	if err == nil {
		err = f.JSON(&h.Spec)
	}
	if err != nil {
		return err
	}
	return y.run(ctx, s.carrier, r, h)
}

// host is the carrier's side of the relay. An output that the client does not take any more is not the carrier's trouble: the
// client has gone, and the job is being stopped.
func (y *relay) host() runproto.Host {
	return runproto.Host{
		Stdin:   granting{y},
		Stdout:  output{y.conn, runproto.Stdout},
		Stderr:  output{y.conn, runproto.Stderr},
		Signals: y.signals,
		Resizes: y.resizes,
		Ready:   func(runproto.Hello) { y.started.Store(true) },
		Warning: func(text string) { _ = y.conn.Write(runproto.Warning, []byte(text)) },
	}
}

// run runs the job while it listens to the client, and gives the client the result.
func (y *relay) run(ctx context.Context, c *Carrier, r *request, h runproto.Host) (err error) {
	if y.stdin, y.feed, err = os.Pipe(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var listen sync.WaitGroup
	listen.Go(func() {
		defer y.feed.Close()
		cancel(y.receive())
	})
	// The receiver ends with the client's goodbye, which answers the result, or with the connection.
	defer listen.Wait()
	defer y.stdin.Close()
	if err := y.conn.WriteNumber(runproto.Credit, window); err != nil {
		return err
	}
	status, err := y.runJob(ctx, c, r, h)
	return y.result(status, err)
}

func (y *relay) runJob(ctx context.Context, c *Carrier, r *request, h runproto.Host) (int, error) {
	j, err := r.job(c, h)
	if err != nil {
		return runproto.StatusInit, err
	}
	return c.Run(ctx, j)
}

// result sends the last frame.
func (y *relay) result(status int, err error) error {
	if err == nil {
		return y.conn.WriteJSON(runproto.Exit, runproto.Status{Code: status})
	}
	failure := &runproto.Failure{Status: runproto.StatusInit, Message: err.Error()}
	errors.As(err, &failure)
	return y.conn.WriteJSON(runproto.Fail, failure)
}

// receive handles what the client sends until its goodbye, or its end.
func (y *relay) receive() error {
	for {
		f, err := y.conn.Read()
		if err != nil {
			return fmt.Errorf("carrier: the client has gone: %w", err)
		}
		if f.Type == runproto.Bye {
			return nil
		}
		if err := y.handle(f); err != nil {
			return err
		}
	}
}

func (y *relay) handle(f runproto.Frame) error {
	switch f.Type {
	case runproto.Stdin:
		_, err := y.feed.Write(f.Payload)
		if errors.Is(err, unix.EPIPE) {
			err = nil // the command has ended
		}
		return err
	case runproto.StdinEOF:
		return y.feed.Close()
	case runproto.Signal:
		n, err := f.Number()
		if err == nil && !y.started.Load() {
			return fmt.Errorf("carrier: %v came while other jobs ran", unix.Signal(n))
		}
		offer(y.signals, os.Signal(unix.Signal(n)))
		return err
	case runproto.Resize:
		var size runproto.Size
		err := f.JSON(&size)
		offer(y.resizes, size)
		return err
	}
	return fmt.Errorf("carrier: a frame of type %d is out of place here", f.Type)
}

// offer gives v away, if there is room.
func offer[T any](c chan<- T, v T) {
	select {
	case c <- v:
	default:
	}
}

// granting is the pipe of stdin. Whatever is taken from it, the client may send anew.
type granting struct{ y *relay }

func (g granting) Read(p []byte) (int, error) {
	n, err := g.y.stdin.Read(p)
	if n > 0 {
		_ = g.y.conn.WriteNumber(runproto.Credit, uint32(n))
	}
	return n, err
}

// output sends what the command writes.
type output struct {
	conn *runproto.Conn
	kind runproto.Type
}

func (o output) Write(p []byte) (int, error) { return len(p), o.conn.Write(o.kind, p) }
