package conformance

import (
	"github.com/drydock-vmm/drydock/virtio"
	"github.com/drydock-vmm/drydock/virtio/virtiotest"
)

// The bits of device_status (2.1).
const (
	acknowledge = 1
	driverBit   = 2
	driverOK    = 4
	featuresOK  = 8
	needsReset  = 64
)

// A driver drives a machine's device through the interface of the column.
type driver struct {
	*machine
	registers
	accepted virtio.Features
	rings    []*virtiotest.Ring
	sizes    map[int]int // of queues that are not to have the device's size
}

func (m *machine) drive() *driver {
	m.Helper()
	d := &driver{machine: m, sizes: make(map[int]int)}
	if m.column == legacyDriver {
		d.registers = m.legacy()
	} else {
		d.registers = m.modern()
	}
	return d
}

// offered is what the device offers to this driver.
func (d *driver) offered() (f virtio.Features) {
	for w := range uint32(4) {
		f = f.WithWord(w, d.feature(w))
	}
	return f
}

// reset writes 0 to the status. The device has let go of everything then.
func (d *driver) reset() {
	d.setStatus(0)
	d.rings = nil
}

// begin resets the device and makes a driver known to it.
func (d *driver) begin() {
	d.reset()
	d.setStatus(acknowledge)
	d.setStatus(acknowledge | driverBit)
}

// negotiate accepts f, besides what the column needs, and reports whether the device took it.
func (d *driver) negotiate(f virtio.Features) bool {
	d.begin()
	d.accepted = f.Or(d.column.features())
	for w := range uint32(4) {
		if w < 2 || d.accepted.Word(w) != 0 {
			d.setFeature(w, d.accepted.Word(w))
		}
	}
	if d.column == legacyDriver {
		return true
	}
	d.setStatus(acknowledge | driverBit | featuresOK)
	return d.status() == acknowledge|driverBit|featuresOK
}

// prepare is negotiation, and rings for all queues.
func (d *driver) prepare(f virtio.Features) {
	d.Helper()
	if !d.negotiate(f) {
		d.Fatalf("the device refuses %v", d.accepted)
	}
	for i := 0; ; i++ {
		if d.selectQueue(i); d.queueSize() == 0 {
			return
		}
		d.rings = append(d.rings, nil)
		d.enable(i)
	}
}

// enable gives a queue a new ring.
func (d *driver) enable(i int) *virtiotest.Ring {
	d.Helper()
	d.selectQueue(i)
	size := d.queueSize()
	if n := d.sizes[i]; n != 0 {
		size = n
	}
	r := virtiotest.NewRing(d.ram(), size, d.accepted)
	r.OnKick = func() { d.kick(i) }
	d.enableQueue(r)
	d.rings[i] = r
	return r
}

// kick notifies the device of queue i: with NOTIFICATION_DATA it says how far the driver has got (4.1.5.2.1).
func (d *driver) kick(i int) {
	if !d.accepted.Has(virtio.NotificationData) {
		d.notify(i)
		return
	}
	d.registers.(*modernRegisters).notifyData(i, d.next(i))
}

// next is where the driver makes its next descriptor available.
func (d *driver) next(i int) uint16 {
	if d.column != packedRings {
		return d.rings[i].AvailIdx()
	}
	at := d.rings[i].AvailAt()
	if at.Flipped {
		return at.Index
	}
	return at.Index | 1<<15
}

// ready is the last step of initialization.
func (d *driver) ready() {
	if d.column == legacyDriver {
		d.setStatus(acknowledge | driverBit | driverOK)
	} else {
		d.setStatus(acknowledge | driverBit | featuresOK | driverOK)
	}
}

// start is a whole initialization that accepts f besides what the column needs.
func (d *driver) start(f ...virtio.Feature) {
	d.Helper()
	d.prepare(virtio.FeaturesOf(f...))
	d.ready()
}

// mapVectors enables MSI-X with vector 0 for the configuration and vector i+1 for queue i. It belongs before ready.
func (d *driver) mapVectors() {
	d.enableMSIX()
	d.setConfigVector(0)
	for i := range d.rings {
		d.selectQueue(i)
		d.setQueueVector(uint64(i + 1))
	}
}

// startVectors is start with a vector for each event.
func (d *driver) startVectors(f ...virtio.Feature) {
	d.Helper()
	d.prepare(virtio.FeaturesOf(f...))
	d.mapVectors()
	d.ready()
}

// queueMessages is how many interrupts queue i has sent, after mapVectors.
func (d *driver) queueMessages(i int) int { return d.messages(i + 1) }
