package char

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"
)

// SocketConfig says where a Socket is.
type SocketConfig struct {
	Network string // unix, tcp, tcp4 or tcp6
	Address string // a path, or host:port; an abstract Unix socket begins with @
	FD      int    // with Network "": a stream socket that is connected, or listens if Server is set; the Socket takes it over

	Server    bool          // listen, for one client after the other
	Reconnect time.Duration // of a client: how long after a failure to try again; 0: never
}

// A Socket is a stream socket that listens for peers, or connects to one.
type Socket struct {
	peer
	cfg    SocketConfig
	listen stdnet.Listener // of a server
	dialer stdnet.Dialer

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
	s := &Socket{cfg: c, news: make(chan struct{})}
	s.ctx, s.close = context.WithCancel(context.Background())
	if err := s.open(); err != nil {
		s.close()
		return nil, fmt.Errorf("char: %s: %w", s, err)
	}
	return s, nil
}

func (s *Socket) open() (err error) {
	var left <-chan struct{}
	if s.cfg.Server {
		s.listen, err = s.listener()
	} else {
		var conn stdnet.Conn
		if conn, err = s.dial(); err == nil {
			left = s.arrive(conn)
		} else if s.cfg.Reconnect > 0 {
			err = nil
		}
	}
	if err == nil {
		s.job.Go(func() { s.run(left) })
	}
	return err
}

func (s *Socket) String() string {
	kind := s.cfg.Network
	if kind == "" {
		kind = "fd"
	}
	text := fmt.Sprintf("%s:%s", kind, s.cfg.Address)
	if s.cfg.Server {
		text += ",server=on"
	}
	return text
}

// listener removes what a server before left behind: a Unix socket outlives a process that was killed.
func (s *Socket) listener() (stdnet.Listener, error) {
	if s.cfg.Network == "" {
		return adopt(s.cfg.FD, stdnet.FileListener)
	}
	if info, err := os.Stat(s.cfg.Address); s.cfg.Network == "unix" && err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(s.cfg.Address) // where that fails, Listen says why
	}
	return stdnet.Listen(s.cfg.Network, s.cfg.Address)
}

func (s *Socket) dial() (stdnet.Conn, error) {
	if s.cfg.Network == "" {
		return adopt(s.cfg.FD, stdnet.FileConn)
	}
	return s.dialer.DialContext(s.ctx, s.cfg.Network, s.cfg.Address)
}

// adopt makes something of a descriptor, which is closed: what is made of it has one of its own.
func adopt[T any](fd int, from func(*os.File) (T, error)) (T, error) {
	f := os.NewFile(uintptr(fd), "socket")
	v, err := from(f)
	return v, errors.Join(err, f.Close())
}

// run waits for one peer after the other; left is closed when the one that is there has gone.
func (s *Socket) run(left <-chan struct{}) {
	for {
		if left != nil {
			select {
			case <-left:
			case <-s.ctx.Done():
			}
		}
		conn := s.next()
		if conn == nil {
			s.end()
			return
		}
		left = s.arrive(conn)
	}
}

// acceptPause is how long a server waits whose host has no descriptor for a client.
const acceptPause = time.Second

// next waits for the next peer; nil: there is none.
func (s *Socket) next() stdnet.Conn {
	get, pause := s.dial, s.cfg.Reconnect
	if s.cfg.Server {
		get, pause = s.listen.Accept, acceptPause
	} else if pause == 0 || !s.sleep(pause) {
		return nil
	}
	for s.ctx.Err() == nil {
		if conn, err := get(); err == nil {
			return conn
		}
		s.sleep(pause)
	}
	return nil
}

// sleep is over early at Close, and then false.
func (s *Socket) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
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
	var err error
	if s.listen != nil {
		err = s.listen.Close()
	}
	conn, _, _ := s.state()
	s.drop(conn)
	s.job.Wait()
	return err
}

// Addr is where a server listens, for a port that was 0.
func (s *Socket) Addr() stdnet.Addr { return s.listen.Addr() }
