package virtioconsole

import (
	"maps"
	"slices"
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
)

// A life is what the device knows of one driver, from DRIVER_OK to reset. Locks are taken in this order: the device's, the life's,
// a port's, that of its portLife.
type life struct {
	session   *virtio.Session
	config    *virtio.Config
	multiport bool
	out       outbox
	slots     []*slot // by number

	mu    sync.Mutex
	ready bool // the driver wants to hear of ports
	ports map[uint32]*portLife
}

// begin makes the life of a session.
func (d *Device) begin(s *virtio.Session) *life {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.life = newLife(d, s)
	return d.life
}

// newLife is begin; the caller holds the device's mu.
func newLife(d *Device, s *virtio.Session) *life {
	l := &life{session: s, config: d.config, multiport: s.Features.Has(Multiport), ports: make(map[uint32]*portLife)}
	l.out = outbox{deaf: !l.multiport, more: make(chan struct{}, 1)}
	slots := 1
	if l.multiport {
		slots = int(d.maxPorts)
	}
	for number := range slots {
		l.slots = append(l.slots, &slot{number: number, changed: make(chan struct{})})
	}
	for _, p := range d.ports {
		l.plug(p)
	}
	return l
}

// end hangs up for a guest that is gone.
func (d *Device) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, pl := range d.life.ports {
		pl.leave()
	}
	d.life = nil
}

// plug makes a port part of the life. A driver without Multiport has number 0 alone, and has it open all the time: it can not say
// that it has not.
func (l *life) plug(p *Port) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if int(p.number) >= len(l.slots) {
		return
	}
	pl := &portLife{port: p, number: p.number, out: &l.out, change: make(chan struct{}), unplugged: make(chan struct{})}
	pl.open, pl.ever = !l.multiport, !l.multiport
	l.ports[p.number] = pl
	p.enter(pl)
	l.slots[p.number].set(pl)
	if l.ready {
		l.out.put(p.number, portAdd, 1, "")
		l.config.Touch()
		l.session.ConfigChanged()
	}
}

// unplug is its inverse.
func (l *life) unplug(p *Port) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pl := l.ports[p.number]
	if pl == nil {
		return
	}
	delete(l.ports, p.number)
	close(pl.unplugged)
	l.slots[p.number].set(nil)
	pl.leave()
	if l.ready {
		l.out.put(p.number, portRemove, 1, "")
	}
}

// listPorts answers DEVICE_READY: which ports there are, by their numbers.
func (l *life) listPorts() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = true
	for _, number := range slices.Sorted(maps.Keys(l.ports)) {
		l.out.put(number, portAdd, 1, "")
	}
}

func (l *life) port(number uint32) *portLife {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ports[number]
}
