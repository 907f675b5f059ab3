package tunnel

import (
	"bufio"
	"fmt"
	"io"
	"sync"
)

// A mux is what both sides have: a wire and the connections on it.
type mux struct {
	wire
	caller bool

	mu        sync.Mutex // guards what follows, and what the connections have
	news      sync.Cond  // of conns, over, and what a Caller has
	conns     map[uint32]*Conn
	listening bool          // a Listener's, until its Close
	over      error         // why the tunnel has ended; nil while it goes on
	done      chan struct{} // closed when nothing more is read
}

func (m *mux) init(stream io.ReadWriteCloser) {
	m.stream, m.in = stream, bufio.NewReaderSize(stream, headerSize+maxData)
	m.news.L = &m.mu
	m.conns, m.done = map[uint32]*Conn{}, make(chan struct{})
}

// serve handles what comes until the stream ends. It never waits for a reader or writer of a connection, so that none holds up another.
func (m *mux) serve(handle func(frame) error) {
	defer close(m.done)
	for {
		f, err := m.receive()
		if err == nil {
			err = handle(f)
		}
		if err != nil {
			m.fail(err)
			return
		}
	}
}

// fail ends the tunnel, and every connection where it stands.
func (m *mux) fail(err error) {
	m.mu.Lock()
	if m.over == nil {
		m.over = err
	}
	m.drop()
	m.news.Broadcast()
	m.mu.Unlock()
	_ = m.stream.Close()
}

// drop tells all connections that the other side is gone. The caller holds mu.
func (m *mux) drop() {
	for _, c := range m.conns {
		c.gone()
	}
}

// handle is about one connection. What comes for one that was closed here is late.
func (m *mux) handle(f frame) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.conns[f.id]
	if c == nil {
		return nil
	}
	switch f.kind {
	case data:
		return c.put(f.payload)
	case credit:
		return c.grant(f.payload)
	case end:
		c.finished()
	case closed:
		c.gone()
	default:
		return fmt.Errorf("tunnel: a frame of kind %d is out of place here", f.kind)
	}
	return nil
}

// forget drops a connection that nobody needs any more: a caller's is one of few until the other side has closed it, too. The caller
// holds mu.
func (m *mux) forget(c *Conn) {
	if c.closed && (c.refused || !m.caller) {
		delete(m.conns, c.id)
		m.news.Broadcast()
	}
}

// leave ends a tunnel that nobody listens at, if it has no connections.
func (m *mux) leave() error {
	m.mu.Lock()
	used := m.caller || m.listening || len(m.conns) > 0
	m.mu.Unlock()
	if used {
		return nil
	}
	return m.stream.Close()
}
