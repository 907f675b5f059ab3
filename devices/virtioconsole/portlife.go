package virtioconsole

import (
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// A portLife is a port while one driver uses the device, until it is unplugged. Its lock is taken after the Port's.
type portLife struct {
	port      *Port
	number    uint32
	out       *outbox
	unplugged chan struct{} // closed when it is

	mu     sync.Mutex
	open   bool             // the guest has opened it
	ever   bool             // at least once
	change chan struct{}    // closed when open changes, and replaced
	queues [2]*virtio.Queue // that are being served, to wake their goroutines
}

// introduce answers PORT_READY. The name comes before the connection, because a program in the guest may look for the name
// and open the port at once; a console is one before it has a name (QEMU: handle_control_message).
func (pl *portLife) introduce() {
	p := pl.port
	if p.console {
		pl.out.put(pl.number, consolePort, 1, "")
	}
	if p.name != "" {
		// QEMU sends the name with its NUL; Linux copies what is there and adds one (5.3.6.2 asks for none).
		pl.out.put(pl.number, portName, 1, p.name+"\x00")
	}
	if p.isConnected() {
		pl.out.put(pl.number, portOpen, 1, "")
	}
	if size := p.lastSize(); size != "" {
		pl.out.put(pl.number, resize, 0, size)
	}
}

// guestOpened and guestClosed: the goroutine that serves the guest's sending hangs up when the ring is empty.
func (pl *portLife) guestOpened() {
	pl.setOpen(true)
	pl.port.opened()
	pl.port.guestOpen(pl, true)
}

func (pl *portLife) guestClosed() {
	pl.setOpen(false)
	pl.port.guestOpen(pl, false)
}

func (pl *portLife) setOpen(open bool) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	if pl.open == open {
		return
	}
	pl.open, pl.ever = open, true
	close(pl.change)
	pl.change = make(chan struct{})
	pl.wake()
}

// hostChanged tells the guest, and whoever waits for its buffers, that the host has connected or gone.
func (pl *portLife) hostChanged(connected bool) {
	var value uint16
	if connected {
		value = 1
	}
	pl.out.put(pl.number, portOpen, value, "")
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.wake()
}

// leave hangs up for a guest that no longer has the port.
func (pl *portLife) leave() {
	pl.port.leave(pl)
	pl.port.hangUp(pl.wasOpen)
}

// wake makes the goroutines of both queues look again. The caller holds mu, so that the eventfds are not closed.
func (pl *portLife) wake() {
	for _, q := range pl.queues {
		if q != nil {
			one := [8]byte{0: 1}
			// EAGAIN is a counter that is full: there is a wake-up to come.
			_, _ = unix.Write(q.KickFD(), one[:])
		}
	}
}

// serve notes that q is served, until the returned function is called.
func (pl *portLife) serve(i int, q *virtio.Queue) (end func()) {
	set := func(q *virtio.Queue) {
		pl.mu.Lock()
		defer pl.mu.Unlock()
		pl.queues[i] = q
	}
	set(q)
	return func() { set(nil) }
}

// state returns whether the guest has the port open, and what is closed when that changes.
func (pl *portLife) state() (open bool, change <-chan struct{}) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	return pl.open, pl.change
}

func (pl *portLife) wasOpen() bool {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	return pl.ever
}

// hasHungUp reports that the guest has closed the port after it had opened it.
func (pl *portLife) hasHungUp() bool {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	return pl.ever && !pl.open
}
