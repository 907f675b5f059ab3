package virtioconsole

import (
	"maps"
	"slices"
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
	"golang.org/x/sys/unix"
)

// A life is what the device knows of one driver, from DRIVER_OK to reset.
type life struct {
	out   outbox
	ports map[uint32]*portLife
}

func newLife(d *Device) *life {
	l := &life{out: outbox{more: make(chan struct{}, 1)}, ports: make(map[uint32]*portLife)}
	for number, p := range d.ports {
		pl := &portLife{port: p, number: number, out: &l.out, change: make(chan struct{})}
		l.ports[number] = pl
		p.enter(pl)
	}
	return l
}

// end hangs up for a guest that is gone.
func (l *life) end() {
	for _, pl := range l.ports {
		pl.port.leave()
		pl.port.hangUp(pl.wasOpen)
	}
}

// addPorts tells the driver which ports there are, by their numbers.
func (l *life) addPorts() {
	for _, number := range slices.Sorted(maps.Keys(l.ports)) {
		l.out.put(number, portAdd, 1, "")
	}
}

// A portLife is a port while one driver uses the device. Its lock is taken after the Port's.
type portLife struct {
	port   *Port
	number uint32
	out    *outbox

	mu     sync.Mutex
	open   bool             // the guest has opened it
	ever   bool             // at least once
	change chan struct{}    // closed when open changes, and replaced
	queues [2]*virtio.Queue // that are being served, to wake their goroutines
}

// introduce answers PORT_READY. The name comes before the connection, because a program in the guest may look for the name
// and open the port at once.
func (pl *portLife) introduce() {
	if name := pl.port.name; name != "" {
		// QEMU sends the name with its NUL; Linux copies what is there and adds one (5.3.6.2 asks for none).
		pl.out.put(pl.number, portName, 1, name+"\x00")
	}
	if !pl.port.isClosed() {
		pl.out.put(pl.number, portOpen, 1, "")
	}
}

func (pl *portLife) guestOpened() {
	pl.setOpen(true)
	pl.port.opened()
}

// guestClosed wakes the goroutine that serves the guest's sending: it hangs up when the ring is empty.
func (pl *portLife) guestClosed() { pl.setOpen(false) }

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

// hostClosed tells the guest, and whoever waits for its buffers.
func (pl *portLife) hostClosed() {
	pl.out.put(pl.number, portOpen, 0, "")
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.wake()
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
