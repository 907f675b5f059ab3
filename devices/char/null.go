package char

import (
	"os"
	"sync"
)

// Null is where bytes go that nobody wants. As with QEMU's, nobody is ever connected.
type Null struct {
	peer
	once   sync.Once
	closed chan struct{}
}

// NewNull makes one.
func NewNull() *Null { return &Null{closed: make(chan struct{})} }

func (n *Null) String() string { return "null" }

// Read waits for Close.
func (n *Null) Read([]byte) (int, error) {
	<-n.closed
	return 0, os.ErrClosed
}

// Write drops p.
func (n *Null) Write(p []byte) (int, error) { return len(p), nil }

// Close implements Backend.
func (n *Null) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}
