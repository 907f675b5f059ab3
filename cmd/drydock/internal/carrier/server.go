package carrier

import (
	"context"
	"errors"
	"fmt"
	stdnet "net"
	"os"
	"sync"
	"time"
)

// A server shares one carrier among the processes of a user. Jobs wait for each other.
type server struct {
	carrier *Carrier
	since   time.Time
	end     context.CancelFunc

	mu   sync.Mutex
	jobs int
}

// Serve boots a carrier and runs what comes by the control socket, until ctx ends, somebody asks for the end, or the carrier
// breaks. ready is called when the socket is open.
func Serve(ctx context.Context, config Config, ready func()) (err error) {
	l, unlock, err := listen()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	defer l.Close()
	c, err := Start(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &server{carrier: c, since: time.Now(), end: end}
	ready()
	return s.accept(ctx, l)
}

// accept serves connections until the end, and waits for those that are left.
func (s *server) accept(ctx context.Context, l stdnet.Listener) error {
	var left sync.WaitGroup
	left.Go(func() {
		select {
		case <-ctx.Done():
		case <-s.carrier.Done():
		}
		s.end()
		l.Close()
	})
	defer left.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return s.ended(ctx, err)
		}
		left.Go(func() {
			defer conn.Close()
			if err := s.serve(ctx, conn); err != nil {
				s.carrier.config.Log.Info().Err(err).Msg("job")
			}
		})
	}
}

// ended tells why the socket takes no more.
func (s *server) ended(ctx context.Context, err error) error {
	select {
	case <-s.carrier.Done():
		return s.carrier.failed("ended")
	default:
	}
	if ctx.Err() != nil {
		return nil
	}
	s.end()
	return err
}

// serve handles one connection.
func (s *server) serve(ctx context.Context, conn stdnet.Conn) error {
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var r request
	if err := readMessage(conn, &r); err != nil {
		return err
	}
	switch r.Verb {
	case "exec":
		s.mu.Lock()
		s.jobs++
		s.mu.Unlock()
		return s.exec(ctx, conn, &r)
	case "stop":
		defer s.end()
		fallthrough
	case "status":
		return writeMessage(conn, s.status())
	}
	return fmt.Errorf("carrier: no request is called %q", r.Verb)
}

func (s *server) status() status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return status{PID: os.Getpid(), Kernel: s.carrier.Release(), Since: s.since, Jobs: s.jobs}
}
