package virtioconsole

import (
	"errors"
	"io"
	"os"
	"sync"
)

// ErrHangup is what a Write gets whose bytes the guest did not take, because it closed the port, was reset or is gone.
var ErrHangup = errors.New("virtioconsole: the guest hung up")

// A Port is the host's end of a byte stream. It is connected, from the guest's view, until Close. Any goroutine may call its
// methods; each Read and each Write is whole only if it is the only one at that time.
type Port struct {
	name   string
	number uint32 // 0 until a device has numbered it

	reads  chan transfer // to the goroutine that has bytes of the guest
	writes chan transfer // to the goroutine that has room in the guest
	closed chan struct{}

	mu     sync.Mutex
	hungUp chan struct{} // closed while the guest has hung up after it had opened the port
	life   *portLife     // nil while no driver uses the device
}

// A transfer lends a Read's or a Write's bytes to the goroutine that serves the queue. Only that one touches guest memory, so
// that nothing touches it after a reset.
type transfer struct {
	p    []byte
	done chan result // has room for one
}

type result struct {
	n   int
	err error
}

// NewPort makes a port. number is its number on the device; 0 takes the first free one, from 1.
func NewPort(name string, number uint32) *Port {
	return &Port{
		name: name, number: number,
		reads: make(chan transfer), writes: make(chan transfer),
		closed: make(chan struct{}), hungUp: make(chan struct{}),
	}
}

// Name is what the guest sees in /sys/class/virtio-ports/*/name.
func (p *Port) Name() string { return p.name }

// Read waits for bytes from the guest. It returns io.EOF when the guest has opened and closed the port, or is gone, and
// all that it sent has been read; if the guest opens the port again, the next Read waits again. After Close it returns
// os.ErrClosed.
func (p *Port) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	p.mu.Lock()
	hungUp := p.hungUp
	p.mu.Unlock()
	t := transfer{b, make(chan result, 1)}
	select {
	case p.reads <- t:
		r := <-t.done
		return r.n, r.err
	case <-hungUp:
		return 0, io.EOF
	case <-p.closed:
		return 0, os.ErrClosed
	}
}

// Write waits until the guest's buffers have taken all of b. While the guest has not opened the port, that is: until it
// does. An error is ErrHangup or os.ErrClosed; the number then says how much was taken.
func (p *Port) Write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	t := transfer{b, make(chan result, 1)}
	select {
	case p.writes <- t:
		r := <-t.done
		return r.n, r.err
	case <-p.closed:
		return 0, os.ErrClosed
	}
}

// Close disconnects the host's end for good: calls that wait return, and what the guest sends from now on is dropped. The
// first Close returns nil, others os.ErrClosed.
func (p *Port) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed() {
		return os.ErrClosed
	}
	close(p.closed)
	if p.life != nil {
		p.life.hostClosed()
	}
	return nil
}

func (p *Port) isClosed() bool { return done(p.closed) }

// enter and leave bracket the life of a device.
func (p *Port) enter(life *portLife) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.life = life
}

func (p *Port) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.life = nil
}

// opened makes Read wait. hangUp makes it return at the end of the stream, if that is still so: the guest may have opened the
// port again since the caller looked.
func (p *Port) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if done(p.hungUp) {
		p.hungUp = make(chan struct{})
	}
}

func (p *Port) hangUp(still func() bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if still() && !done(p.hungUp) {
		close(p.hungUp)
	}
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
