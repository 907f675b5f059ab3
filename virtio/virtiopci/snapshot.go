package virtiopci

import "github.com/drydock-vmm/drydock/virtio"

// A Snapshot is what the registers say at one moment, for people who ask (QMP's x-query-virtio-status).
type Snapshot struct {
	Info             virtio.Info
	Status, ISR      byte
	Accepted         virtio.Features
	QueueSelect      uint16
	Broken, Disabled bool
	Started          bool // a driver uses it, or did since the last reset
	Running          bool // Device.Run is under way
	Legacy           bool // the driver uses the legacy interface
	Queues           []QueueSnapshot
}

// A QueueSnapshot is what the registers say of a queue, and where the device is in it.
type QueueSnapshot struct {
	Size, Default     uint16
	Enabled           bool
	Vector            uint16
	Desc, Avail, Used uint64
	Position          virtio.Position
}

// Snapshot may be called by any goroutine.
func (t *Transport) Snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Snapshot{
		Info: t.info, Status: byte(t.status.Load()), ISR: byte(t.isr.Load()), Accepted: t.negotiation.accepted,
		QueueSelect: uint16(t.queueSelect), Broken: t.broken.Load(), Disabled: t.disabled.Load(), Started: t.started.Load(),
		Running: t.life != nil, Legacy: !t.modernDriver(),
	}
	for i := range t.sizes {
		s.Queues = append(s.Queues, t.queueSnapshot(i))
	}
	return s
}

// queueSnapshot is called with mu held.
func (t *Transport) queueSnapshot(i int) QueueSnapshot {
	q := &t.queues[i]
	s := QueueSnapshot{
		Size: t.sizeOf(uint32(i)), Default: t.sizes[i], Enabled: q.enabled, Vector: uint16(q.vector.Load()),
		Desc: q.ring.desc, Avail: q.ring.avail, Used: q.ring.used, Position: q.ring.start,
	}
	if t.life != nil {
		if q := t.life.session.Queue(i); q != nil {
			s.Position = q.Position()
		}
	}
	return s
}
