package char

import (
	"context"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"
)

// Peers are those who come to a socket: the clients of a server; of a client the server, and if it may reconnect that again and again.
type Peers struct {
	cfg    SocketConfig
	listen stdnet.Listener  // nil if nobody comes by itself
	first  chan stdnet.Conn // has the connection that a client begins with, until it is taken
	once   sync.Once

	ctx    context.Context // done at Close
	cancel context.CancelFunc
}

// Open listens, or connects. A client that may try again need not be connected yet.
func (c SocketConfig) Open() (*Peers, error) {
	p := &Peers{cfg: c, first: make(chan stdnet.Conn, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.open(); err != nil {
		p.cancel()
		return nil, fmt.Errorf("char: %s: %w", p, err)
	}
	return p, nil
}

func (p *Peers) open() (err error) {
	if p.cfg.Server || p.cfg.Tunnel != "" && p.cfg.Reconnect > 0 { // behind a tunnel somebody else tries again
		p.listen, err = p.cfg.Listen()
		return err
	}
	conn, err := p.redial()
	if err == nil {
		p.first <- conn
	} else if p.cfg.Reconnect > 0 {
		err = nil
	}
	return err
}

func (p *Peers) String() string { return p.cfg.String() }

func (p *Peers) redial() (stdnet.Conn, error) { return p.cfg.Dial(p.ctx) }

// here returns the connection that a client begins with; nil if it has none, or that was taken.
func (p *Peers) here() stdnet.Conn {
	select {
	case conn := <-p.first:
		return conn
	default:
		return nil
	}
}

// acceptPause is how long a server waits whose host has no descriptor for a client.
const acceptPause = time.Second

// Accept waits for the next peer; that before must have left where it is a client's. It returns io.EOF when none will come any more,
// and os.ErrClosed after Close. One goroutine may call it at a time.
func (p *Peers) Accept() (stdnet.Conn, error) {
	if conn := p.here(); conn != nil {
		return conn, nil
	}
	get, pause := p.redial, p.cfg.Reconnect
	switch {
	case p.listen != nil:
		get, pause = p.listen.Accept, acceptPause
	case pause == 0:
		return nil, io.EOF
	default:
		p.sleep(pause)
	}
	for p.ctx.Err() == nil {
		if conn, err := get(); err == nil {
			return conn, nil
		}
		p.sleep(pause)
	}
	return nil, os.ErrClosed
}

// sleep is over early at Close.
func (p *Peers) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.ctx.Done():
	}
}

// Close ends a call that waits. Peers that have come are not closed, but for one that nobody took.
func (p *Peers) Close() (err error) {
	p.once.Do(func() {
		p.cancel()
		if p.listen != nil {
			err = p.listen.Close()
		}
		if conn := p.here(); conn != nil {
			err = conn.Close()
		}
	})
	return err
}
