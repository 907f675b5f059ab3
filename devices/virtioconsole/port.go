package virtioconsole

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// ErrHangup is what a Write gets whose bytes the guest did not take, because it closed the port, was reset or is gone.
var ErrHangup = errors.New("virtioconsole: the guest hung up")

// A Port is the host's end of a byte stream. It is connected, from the guest's view, until Close, but for SetConnected. Any
// goroutine may call its methods; each Read and each Write is whole only if it is the only one at that time.
type Port struct {
	name    string
	console bool
	number  uint32 // what it asks for, until a device has numbered it; then the device's mu guards it

	reads  chan transfer // to the goroutine that has bytes of the guest
	writes chan transfer // to the goroutine that has room in the guest
	urgent chan byte     // what the guest wrote in an emergency
	closed chan struct{}

	sent, received atomic.Uint64

	mu     sync.Mutex
	gone   chan struct{} // closed while nobody is connected on the host
	hungUp chan struct{} // closed while the guest has hung up after it had opened the port
	reopen chan struct{} // closed when it opens the port again
	size   string        // of RESIZE; "" while nobody has said it
	life   *portLife     // nil while no driver uses the port
	open   bool          // the guest has it open
	watch  func(bool)    // is told when that changes; may be nil
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

// NewPort makes a port (QEMU: virtserialport). number is its number on the device, from 1; 0 or AnyNumber takes the first free one.
func NewPort(name string, number uint32) *Port {
	if number == 0 { // which is for a console
		number = AnyNumber
	}
	return newPort(name, number)
}

// NewConsole makes a port that the guest takes for a terminal, /dev/hvc0 and so on (QEMU: virtconsole). With AnyNumber, the first of
// a device becomes number 0, the console of drivers without Multiport.
func NewConsole(name string, number uint32) *Port {
	p := newPort(name, number)
	p.console = true
	return p
}

func newPort(name string, number uint32) *Port {
	return &Port{
		name: name, number: number,
		reads: make(chan transfer), writes: make(chan transfer), urgent: make(chan byte, 256),
		closed: make(chan struct{}), gone: make(chan struct{}), hungUp: make(chan struct{}), reopen: make(chan struct{}),
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
	hungUp, _ := p.ends()
	t := transfer{b, make(chan result, 1)}
	select {
	case p.reads <- t:
		r := <-t.done
		return r.n, r.err
	case b[0] = <-p.urgent:
		return 1, nil
	case <-hungUp:
		return 0, io.EOF
	case <-p.closed:
		return 0, os.ErrClosed
	}
}

// ends returns what is closed while the guest has hung up, and what is closed when it has opened the port again.
func (p *Port) ends() (hungUp, reopen <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hungUp, p.reopen
}

// Write waits until the guest's buffers have taken all of b. While the guest has not opened the port, that is: until it
// does. An error is ErrHangup or os.ErrClosed; the number then says how much was taken.
func (p *Port) Write(b []byte) (int, error) { return p.writeUnless(context.Background(), b) }

// writeUnless is Write, and gives up when ctx ends before the guest has opened the port.
func (p *Port) writeUnless(ctx context.Context, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	t := transfer{b, make(chan result, 1)}
	select {
	case p.writes <- t:
		r := <-t.done
		return r.n, r.err
	case <-ctx.Done():
		return 0, ErrHangup
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
	p.connect(false)
	return nil
}

// SetConnected says whether somebody is there on the host (PORT_OPEN, 5.3.6.2). While nobody is, what the guest sends is dropped.
// After Close it does nothing.
func (p *Port) SetConnected(connected bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.isClosed() {
		p.connect(connected)
	}
}

// connect is SetConnected. The caller holds mu.
func (p *Port) connect(connected bool) {
	if connected != done(p.gone) { // it is so already
		return
	}
	if connected {
		p.gone = make(chan struct{})
	} else {
		close(p.gone)
	}
	if p.life != nil {
		p.life.hostChanged(connected)
	}
}

// Resize tells a guest that knows the port for a console how large the terminal is, now and whenever it connects.
func (p *Port) Resize(cols, rows uint16) {
	// In this order (5.3.6.2), which Linux had the wrong way round until 6.15.
	size := string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, cols), rows))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = size
	if p.life != nil {
		p.life.out.put(p.life.number, resize, 0, size)
	}
}

func (p *Port) lastSize() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

func (p *Port) isClosed() bool { return done(p.closed) }

func (p *Port) isConnected() bool { return !done(p.away()) }

// away is closed while nobody is connected on the host.
func (p *Port) away() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// enter and leave bracket the life of a port in a device. That a driver without Multiport has it open goes without saying.
func (p *Port) enter(life *portLife) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.life, p.open = life, life.open
	if p.open {
		p.again()
	}
}

func (p *Port) leave(life *portLife) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life == life {
		p.life = nil
		if p.open {
			p.tell(false)
		}
	}
}

// forget is leave, and nobody is told: the port is no more.
func (p *Port) forget(life *portLife) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life == life {
		p.life, p.open = nil, false
	}
}

// opened makes Read wait. hangUp makes it return at the end of the stream, if that is still so: the guest may have opened the
// port again since the caller looked.
func (p *Port) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again()
}

// again is opened. The caller holds mu.
func (p *Port) again() {
	if done(p.hungUp) {
		p.hungUp = make(chan struct{})
		close(p.reopen)
		p.reopen = make(chan struct{})
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
