package char

import (
	"io"
	"sync"
)

// A Backend is one end of a byte stream to somebody on the host, who may come and go. Two goroutines may use it at once, one that
// reads and one that writes; any may call the other methods.
type Backend interface {
	// Read waits for bytes. It returns io.EOF when none can come any more; that one peer left is no end if another may come. After
	// Close it returns os.ErrClosed.
	//
	// Write waits until the peer has room, and drops what is written while there is no peer. Its errors are os.ErrClosed and what
	// the host says of a file.
	//
	// Close ends calls that wait.
	io.ReadWriteCloser

	// Connected reports whether somebody is at the other end (QEMU: CHR_EVENT_OPENED and CLOSED), and returns what is closed when
	// that changes. A peer has left when all that it sent has been read, or
	// when Socket.Left gave that up.
	Connected() (bool, <-chan struct{})

	// String names what is behind it, as QMP's query-chardev does.
	String() string
}

// A peer is the answer to Connected.
type peer struct {
	mu      sync.Mutex
	here    bool
	changed chan struct{} // nil until somebody asks
}

// Connected implements Backend.
func (p *peer) Connected() (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.here, p.changed
}

func (p *peer) set(here bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.here == here {
		return
	}
	p.here = here
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}
