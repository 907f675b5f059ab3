package tunnel

import (
	"encoding/binary"
	"fmt"
	"io"
	stdnet "net"
	"os"
	"sync"
	"time"
)

// A Conn is one connection. Two goroutines may use it at once, one that reads and one that writes; any may close it.
type Conn struct {
	m    *mux
	id   uint32
	news sync.Cond // of what follows, which m.mu guards

	in      []byte // that came and was not read
	ended   bool   // no more comes
	credit  uint32
	refused bool // nobody reads what is sent
	shut    bool // nothing more is sent: CloseWrite
	closed  bool // by Close
}

// add makes a connection. The caller holds mu.
func (m *mux) add(id uint32) *Conn {
	c := &Conn{m: m, id: id, credit: window}
	c.news.L = &m.mu
	m.conns[id] = c
	return c
}

// put takes data that came. The caller holds mu, as for all of the next three.
func (c *Conn) put(p []byte) error {
	if len(c.in)+len(p) > window {
		return fmt.Errorf("tunnel: %d bytes came beyond the window of %d", len(c.in)+len(p)-window, window)
	}
	if !c.ended && !c.closed {
		c.in = append(c.in, p...)
		c.news.Broadcast()
	}
	return nil
}

func (c *Conn) grant(p []byte) error {
	n := binary.LittleEndian.Uint32(p)
	if n > window || c.credit+n > window {
		return fmt.Errorf("tunnel: credit for %d bytes, and there was some for %d: at most %d can be", n, c.credit, window)
	}
	c.credit += n
	c.news.Broadcast()
	return nil
}

// finished is the other side's CloseWrite, gone its Close.
func (c *Conn) finished() {
	c.ended = true
	c.news.Broadcast()
}

func (c *Conn) gone() {
	c.refused = true
	c.finished()
	c.m.forget(c)
}

// Read waits for bytes. It returns io.EOF behind the last that the other side sent before it closed or the tunnel ended, and
// net.ErrClosed after Close.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.take(p)
	if n > 0 { // a tunnel that has ended is the next Read's trouble
		_ = c.m.send(frame{credit, c.id, binary.LittleEndian.AppendUint32(nil, uint32(n))})
	}
	return n, err
}

func (c *Conn) take(p []byte) (int, error) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	for len(c.in) == 0 && !c.ended && !c.closed && len(p) > 0 {
		c.news.Wait()
	}
	switch {
	case c.closed:
		return 0, stdnet.ErrClosed
	case len(c.in) == 0 && c.ended:
		return 0, io.EOF
	}
	n := copy(p, c.in)
	c.in = append(c.in[:0], c.in[n:]...)
	return n, nil
}

// Write waits while the other side does not read. It returns io.ErrClosedPipe when nobody will, and net.ErrClosed after Close or
// CloseWrite.
func (c *Conn) Write(p []byte) (done int, err error) {
	for done < len(p) && err == nil {
		var n int
		if n, err = c.mayWrite(len(p) - done); err == nil {
			err = c.m.send(frame{data, c.id, p[done : done+n]})
		}
		if err == nil {
			done += n
		}
	}
	return done, err
}

// mayWrite waits for credit and takes some.
func (c *Conn) mayWrite(limit int) (int, error) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	for c.credit == 0 && !c.refused && !c.shut {
		c.news.Wait()
	}
	switch {
	case c.shut:
		return 0, stdnet.ErrClosed
	case c.refused:
		return 0, io.ErrClosedPipe
	}
	n := min(uint32(limit), c.credit, maxData)
	c.credit -= n
	return int(n), nil
}

// CloseWrite lets the other side read io.EOF; this one can still read.
func (c *Conn) CloseWrite() error {
	c.m.mu.Lock()
	was := c.shut
	c.shut = true
	c.news.Broadcast()
	c.m.mu.Unlock()
	if was {
		return stdnet.ErrClosed
	}
	return c.m.send(frame{kind: end, id: c.id})
}

// Close ends calls that wait. The other side reads what was written, and then io.EOF.
func (c *Conn) Close() error {
	c.m.mu.Lock()
	was := c.closed
	c.closed, c.shut = true, true
	c.news.Broadcast()
	c.m.mu.Unlock()
	if was {
		return stdnet.ErrClosed
	}
	_ = c.m.send(frame{kind: closed, id: c.id}) // where the tunnel has ended the other side knows
	c.m.mu.Lock()
	c.m.forget(c)
	c.m.mu.Unlock()
	return c.m.leave()
}

type address struct{}

func (address) Network() string { return "tunnel" }
func (address) String() string  { return "tunnel" }

// LocalAddr names no place: where a connection comes from is the caller's knowledge.
func (c *Conn) LocalAddr() stdnet.Addr { return address{} }

// RemoteAddr is like LocalAddr.
func (c *Conn) RemoteAddr() stdnet.Addr { return address{} }

// SetDeadline says that there are none; so do the two below.
func (c *Conn) SetDeadline(time.Time) error { return os.ErrNoDeadline }

// SetReadDeadline is like SetDeadline.
func (c *Conn) SetReadDeadline(time.Time) error { return os.ErrNoDeadline }

// SetWriteDeadline is like SetDeadline.
func (c *Conn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }
