package char

import (
	"context"
	"io"
	stdnet "net"
	"os"
	"sync"
)

// A Socket is a stream socket that listens for peers, or connects to one.
type Socket struct {
	peer
	peers *Peers

	ctx   context.Context // done at Close
	close context.CancelFunc
	job   sync.WaitGroup // the goroutine that waits for peers

	mu   sync.Mutex
	conn stdnet.Conn   // nil while there is none
	left chan struct{} // closed when conn is dropped
	over bool          // no other will come
	news chan struct{} // closed when conn or over changes, and replaced
}

// OpenSocket listens, or connects. A client that may try again is returned before it is connected, as a server is.
func OpenSocket(c SocketConfig) (*Socket, error) {
	peers, err := c.Open()
	if err != nil {
		return nil, err
	}
	s := &Socket{peers: peers, news: make(chan struct{})}
	s.ctx, s.close = context.WithCancel(context.Background())
	var left <-chan struct{}
	if conn := peers.here(); conn != nil {
		left = s.arrive(conn)
	}
	s.job.Go(func() { s.run(left) })
	return s, nil
}

func (s *Socket) String() string { return s.peers.String() }

// run waits for one peer after the other; left is closed when the one that is there has gone.
func (s *Socket) run(left <-chan struct{}) {
	for {
		if left != nil {
			select {
			case <-left:
			case <-s.ctx.Done():
			}
		}
		conn, err := s.peers.Accept()
		if err != nil {
			s.end()
			return
		}
		left = s.arrive(conn)
	}
}

// arrive makes conn the connection and returns what is closed when it is dropped.
func (s *Socket) arrive(conn stdnet.Conn) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.left = conn, make(chan struct{})
	s.tell()
	if s.ctx.Err() != nil { // Close did not see it
		s.forget()
	}
	return s.left
}

// end says that nobody will come any more.
func (s *Socket) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.tell()
}

// drop ends conn, if it is the connection still.
func (s *Socket) drop(conn stdnet.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == conn && conn != nil {
		s.forget()
	}
}

// forget closes the connection. The caller holds mu.
func (s *Socket) forget() {
	_ = s.conn.Close()
	s.conn = nil
	close(s.left)
	s.tell()
}

// tell says that something changed. The caller holds mu.
func (s *Socket) tell() {
	s.set(s.conn != nil)
	close(s.news)
	s.news = make(chan struct{})
}

// await waits until there is a connection, or never will be.
func (s *Socket) await() (stdnet.Conn, error) {
	for {
		conn, over, news := s.state()
		switch {
		case s.ctx.Err() != nil:
			return nil, os.ErrClosed
		case conn != nil:
			return conn, nil
		case over:
			return nil, io.EOF
		}
		select {
		case <-news:
		case <-s.ctx.Done():
		}
	}
}

func (s *Socket) state() (conn stdnet.Conn, over bool, news <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn, s.over, s.news
}

// Read implements Backend. It goes on with the next peer where one leaves.
func (s *Socket) Read(p []byte) (int, error) {
	for {
		conn, err := s.await()
		if err != nil {
			return 0, err
		}
		n, err := conn.Read(p)
		if n > 0 || err == nil {
			return n, nil
		}
		s.drop(conn)
	}
}

// Write implements Backend. What a peer did not take that leaves is lost.
func (s *Socket) Write(p []byte) (int, error) {
	conn, _, _ := s.state()
	if s.ctx.Err() != nil {
		return 0, os.ErrClosed
	}
	if conn != nil {
		if _, err := conn.Write(p); err != nil {
			s.drop(conn)
		}
	}
	return len(p), nil
}

// Close implements Backend.
func (s *Socket) Close() error {
	if s.ctx.Err() != nil {
		return os.ErrClosed
	}
	s.close()
	err := s.peers.Close()
	conn, _, _ := s.state()
	s.drop(conn)
	s.job.Wait()
	return err
}

// Addr is where a server listens, for a port that was 0.
func (s *Socket) Addr() stdnet.Addr { return s.peers.listen.Addr() }
