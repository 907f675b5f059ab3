package tunnel

import (
	"context"
	"fmt"
	"io"
	"os"
)

// most is how many connections a tunnel has at a time.
const most = 64

// A Caller makes connections. Any goroutine may use it.
type Caller struct {
	mux
	heard bool   // a listener is there
	next  uint32 // the number of the next connection
}

// NewCaller takes over the stream. What comes before a listener's first word cannot be.
func NewCaller(stream io.ReadWriteCloser) *Caller {
	c := &Caller{mux: mux{caller: true}}
	c.init(stream)
	go c.serve(c.handle)
	return c
}

func (c *Caller) handle(f frame) error {
	switch f.kind {
	case hello:
		return c.begin(f.payload)
	case bye:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.heard = false
		return nil
	}
	return c.mux.handle(f)
}

// begin forgets what was with a listener before. No connection is opened before the welcome is sent: what comes before that is void.
func (c *Caller) begin(word []byte) error {
	c.mu.Lock()
	c.heard = false
	c.drop()
	c.mu.Unlock()
	if err := c.send(frame{kind: welcome, payload: word}); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = true
	c.news.Broadcast()
	return nil
}

// Call makes a connection. It waits for a listener, and while there are too many connections. What is written before the listener
// accepts it waits there.
func (c *Caller) Call() (*Conn, error) {
	conn, err := c.reserve()
	if err != nil {
		return nil, err
	}
	return conn, c.send(frame{kind: open, id: conn.id})
}

func (c *Caller) reserve() (*Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.over == nil && (!c.heard || len(c.conns) >= most) {
		c.news.Wait()
	}
	if c.over != nil {
		return nil, fmt.Errorf("tunnel: it has ended: %w", c.over)
	}
	c.next++
	return c.add(c.next), nil
}

// Wait returns when there are no connections, or the tunnel or ctx has ended.
func (c *Caller) Wait(ctx context.Context) {
	defer context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.news.Broadcast()
	})()
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.conns) > 0 && c.over == nil && ctx.Err() == nil {
		c.news.Wait()
	}
}

// Close ends the tunnel with all its connections, and calls that wait.
func (c *Caller) Close() error {
	c.fail(os.ErrClosed)
	<-c.done
	return nil
}
