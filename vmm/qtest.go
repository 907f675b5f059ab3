package vmm

import (
	"context"
	"sync"
	"time"

	"github.com/drydock-vmm/drydock/devices"
	"github.com/drydock-vmm/drydock/devices/pci"
	"github.com/drydock-vmm/drydock/virtio/virtiopci"
)

// qtestAccel runs a PC for a client of the qtest protocol: no CPU, wires whose levels the client can watch, messages that are
// stores into RAM, and a clock that the client moves.
type qtestAccel struct {
	ram     *RAM
	wires   [ioapicPins]wire
	pirqs   *pirqs
	clients [ioapicPins]*tap // what the client itself drives
	time    virtualClock
}

func newQTest(ram *RAM) *qtestAccel {
	q := &qtestAccel{ram: ram}
	for i := range q.wires {
		q.wires[i].gsi = i
		q.clients[i] = q.wires[i].tap()
	}
	q.pirqs = newPIRQs(q.wires[:])
	return q
}

func (q *qtestAccel) line(gsi uint32) devices.Pin        { return q.wires[gsi].tap() }
func (q *qtestAccel) route(to [pci.PIRQs]byte)           { q.pirqs.route(to) }
func (q *qtestAccel) intx(slot, number int) (pin, error) { return q.pirqs.pin(slot, number), nil }
func (q *qtestAccel) messages() messages                 { return &storedMSI{ram: q.ram} }

func (q *qtestAccel) notifier() virtiopci.Notifier { return nil }
func (q *qtestAccel) clock() func() time.Duration  { return q.time.now }

func (q *qtestAccel) load(*pc) error                 { return nil }
func (q *qtestAccel) run(ctx context.Context, _ *pc) { <-ctx.Done() }

// The client may do what it likes with a machine that is stopped, as with QEMU's.
func (q *qtestAccel) pause()         {}
func (q *qtestAccel) resume()        {}
func (q *qtestAccel) quiet(f func()) { f() } // the client waits for the answer to its access
func (q *qtestAccel) close() error   { return nil }

// inherit keeps what belongs to the client: the time, and who watches.
func (q *qtestAccel) inherit(from accelerator) {
	old := from.(*qtestAccel)
	q.time.set(int64(old.time.now()))
	for i := range q.wires {
		q.wires[i].intercept(old.wires[i].watch)
	}
}

// A wire is an input of the interrupt controller, high while any of its taps is.
type wire struct {
	gsi int

	mu    sync.Mutex
	high  int // taps that are
	watch func(gsi int, level bool)
}

func (w *wire) tap() *tap { return &tap{wire: w} }

// intercept has watch told each change of the wire from now on; it must not block.
func (w *wire) intercept(watch func(gsi int, level bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watch = watch
}

// change is called with one tap's new level.
func (w *wire) change(by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.high > 0
	w.high += by
	if now := w.high > 0; now != before && w.watch != nil {
		w.watch(w.gsi, now)
	}
}

// A tap is one device's connection to a wire. It implements pin.
type tap struct {
	wire *wire

	mu    sync.Mutex
	level bool
}

func (t *tap) Set(level bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if level == t.level {
		return
	}
	t.level = level
	if level {
		t.wire.change(1)
	} else {
		t.wire.change(-1)
	}
}

func (t *tap) close() { t.Set(false) }

// storedMSI are the messages of a function as a bus without an interrupt controller carries them: a store of four bytes.
type storedMSI struct {
	ram    *RAM
	vector [maxVectors]storedVector
}

// A storedVector changes in Program alone; see msi for who publishes it to Signal.
type storedVector struct {
	addr uint64
	data uint32
}

// Program says what vector v sends from now on.
func (s *storedMSI) Program(v int, addr uint64, data uint32) error {
	s.vector[v] = storedVector{addr, data}
	return nil
}

// Signal stores vector v's message. Outside of RAM nobody takes it.
func (s *storedMSI) Signal(v int) {
	e := s.vector[v]
	if b, err := s.ram.Slice(e.addr&^3, 4); err == nil {
		storeLE(b, e.data)
	}
}

func (s *storedMSI) close() {}

// virtualClock counts what the client says.
type virtualClock struct {
	mu sync.Mutex
	ns int64
}

func (c *virtualClock) now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.ns)
}

// set moves the clock forward to ns; it does not go back. It returns the time that it is then.
func (c *virtualClock) set(ns int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ns = max(c.ns, ns)
	return c.ns
}
