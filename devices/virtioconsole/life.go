package virtioconsole

import (
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
	ready bool        // the driver wants to hear of ports
	ports []*portLife // as the device's
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
	l := &life{session: s, config: d.config, multiport: s.Features.Has(Multiport)}
	l.out = outbox{more: make(chan struct{}, 1)}
	for range d.maxPorts {
		l.slots = append(l.slots, &slot{changed: make(chan struct{})})
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

// plug makes a port part of the life. A driver without Multiport has number 0 open from the start: it can not say that it has
// opened it (QEMU: set_status).
func (l *life) plug(p *Port) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pl := &portLife{port: p, number: p.number, out: &l.out, change: make(chan struct{}), unplugged: make(chan struct{})}
	pl.open = !l.multiport && p.number == 0
	pl.ever = pl.open
	l.ports = append(l.ports, pl)
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
	i := slices.IndexFunc(l.ports, func(pl *portLife) bool { return pl.port == p })
	if i < 0 {
		return
	}
	pl := l.ports[i]
	l.ports = slices.Delete(l.ports, i, i+1)
	close(pl.unplugged)
	l.slots[p.number].set(nil)
	pl.port.forget(pl) // whoever watches it knows
	pl.leave()
	if l.ready {
		l.out.put(p.number, portRemove, 1, "")
	}
}

// listPorts answers DEVICE_READY: which ports there are.
func (l *life) listPorts() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = true
	for _, pl := range l.ports {
		l.out.put(pl.number, portAdd, 1, "")
	}
}

func (l *life) port(number uint32) *portLife {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, pl := range l.ports {
		if pl.number == number {
			return pl
		}
	}
	return nil
}
