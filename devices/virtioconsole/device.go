package virtioconsole

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/drydock-vmm/drydock/virtio"
)

// Feature bits of a console device (5.3.3), named as the specification names them without VIRTIO_CONSOLE_F_.
const (
	Size       virtio.Feature = 0
	Multiport  virtio.Feature = 1
	EmergWrite virtio.Feature = 2
)

const (
	deviceID = 3 // 5.3.1

	// Queue sizes are QEMU's (virtio_serial_device_realize).
	portQueueSize    = 128
	controlQueueSize = 32
	maxQueueSize     = 1024

	defaultMaxPorts = 31
	// limitPorts is QEMU's, too: VIRTIO_QUEUE_MAX / 2 - 1.
	limitPorts = 511
	// maxName bounds a port's name so that PORT_NAME fits into the one page that Linux posts for a control message.
	maxName = 1024
)

// Config is what a device is made of.
type Config struct {
	// MaxPorts is max_nr_ports of the configuration space; 0 is QEMU's 31. A driver sets up two queues for each, whether there is
	// such a port or not: a small number makes it start faster.
	MaxPorts uint32
	// Ports are those that exist. Each belongs to one device.
	Ports []*Port
}

// A Device is a virtio console.
type Device struct {
	maxPorts uint32
	ports    map[uint32]*Port
	config   *virtio.Config
}

// New numbers the ports that have no number and makes a device of them.
func New(c Config) (*Device, error) {
	if c.MaxPorts == 0 {
		c.MaxPorts = defaultMaxPorts
	}
	if c.MaxPorts > limitPorts {
		return nil, fmt.Errorf("virtioconsole: %d ports are too many: the greatest number is %d", c.MaxPorts, limitPorts)
	}
	d := &Device{maxPorts: c.MaxPorts, ports: make(map[uint32]*Port)}
	if err := d.number(c.Ports); err != nil {
		return nil, err
	}
	space := make([]byte, 12) // 5.3.4: cols, rows, max_nr_ports, emerg_wr
	binary.LittleEndian.PutUint32(space[4:], c.MaxPorts)
	d.config = virtio.NewConfig(space, nil)
	return d, nil
}

// number gives each port its number, first those that ask for one.
func (d *Device) number(ports []*Port) error {
	for _, p := range ports {
		if p.number == 0 {
			continue
		}
		if other := d.ports[p.number]; other != nil {
			return fmt.Errorf("virtioconsole: ports %q and %q both have number %d", other.name, p.name, p.number)
		}
		if err := d.put(p, p.number); err != nil {
			return err
		}
	}
	next := uint32(1)
	for _, p := range ports {
		if p.number != 0 {
			continue
		}
		for d.ports[next] != nil {
			next++
		}
		if err := d.put(p, next); err != nil {
			return err
		}
	}
	return nil
}

func (d *Device) put(p *Port, number uint32) error {
	if number >= d.maxPorts {
		return fmt.Errorf("virtioconsole: port %q would have number %d, and the device has room for numbers 1 to %d (max_ports=%d)",
			p.name, number, int(d.maxPorts)-1, d.maxPorts)
	}
	if len(p.name) > maxName {
		return fmt.Errorf("virtioconsole: a port's name has %d bytes, more than %d", len(p.name), maxName)
	}
	p.number = number
	d.ports[number] = p
	return nil
}

// Info offers what QEMU 7.2 offers.
func (d *Device) Info() virtio.Info {
	return virtio.Info{
		ID: deviceID,
		Features: virtio.FeaturesOf(Multiport, EmergWrite,
			virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingReset),
		Legacy:       virtio.FeaturesOf(virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature),
		Queues:       func(virtio.Features) []uint16 { return d.queueSizes() },
		MaxQueueSize: maxQueueSize,
		Config:       d.config,
	}
}

// queueSizes has two queues for each number up to and with maxPorts, and two for control, which come second (5.3.2).
func (d *Device) queueSizes() []uint16 {
	sizes := make([]uint16, 2*(d.maxPorts+1))
	for i := range sizes {
		sizes[i] = portQueueSize
	}
	sizes[controlReceiveQueue], sizes[controlTransmitQueue] = controlQueueSize, controlQueueSize
	return sizes
}

// Numbers of the control queues (5.3.2). The names are the driver's: it receives from the first.
const (
	controlReceiveQueue  = 2
	controlTransmitQueue = 3
)

// receiveQueue is the number of the queue through which the guest receives on a port; the one for sending comes next.
func receiveQueue(port uint32) int {
	if port == 0 {
		return 0
	}
	return int(2*port + 2)
}

// Run serves the control queues and those of the ports.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	s.Serve(receiveQueue(0)+1, discard)
	if !s.Features.Has(Multiport) {
		return s.Wait(ctx)
	}
	l := newLife(d)
	defer l.end()
	s.Serve(controlReceiveQueue, l.sendControl)
	s.Serve(controlTransmitQueue, l.receiveControl)
	for number, pl := range l.ports {
		s.Serve(receiveQueue(number), pl.receive)
		s.Serve(receiveQueue(number)+1, pl.transmit)
	}
	return s.Wait(ctx)
}

// discard uses what comes without looking at it.
func discard(ctx context.Context, q *virtio.Queue) error {
	return drain(ctx, q, func(*virtio.Chain) error { return nil })
}

// drain gives each chain that comes to f and uses it, until ctx is done.
func drain(ctx context.Context, q *virtio.Queue, f func(*virtio.Chain) error) error {
	for {
		c, err := next(ctx, q)
		if err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
		use(q, c, 0)
	}
}

// next waits for the next chain.
func next(ctx context.Context, q *virtio.Queue) (*virtio.Chain, error) {
	for {
		c, err := q.Pop()
		if c != nil || err != nil {
			return c, err
		}
		if !q.EnableKicks() {
			if err := q.Wait(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// use gives a chain back with n bytes written.
func use(q *virtio.Queue, c *virtio.Chain, n int) {
	q.Push(c, uint32(n))
	q.Publish()
	q.Notify()
}
