package virtioconsole

import (
	"context"
	"sync"

	"github.com/drydock-vmm/drydock/virtio"
)

// Feature bits of a console device (5.3.3), named as the specification names them without VIRTIO_CONSOLE_F_.
const (
	Size       virtio.Feature = 0 // never offered, as by QEMU: a size is told port by port (Port.Resize)
	Multiport  virtio.Feature = 1
	EmergWrite virtio.Feature = 2
)

// DefaultFeatures is what QEMU 7.2 offers.
var DefaultFeatures = virtio.FeaturesOf(Multiport, EmergWrite,
	virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingReset).Or(legacyOnly)

// legacyOnly are the bits that a modern driver never sees.
var legacyOnly = virtio.FeaturesOf(virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)

const (
	deviceID = 3 // 5.3.1

	// Queue sizes are QEMU's (virtio_serial_device_realize).
	portQueueSize    = 128
	controlQueueSize = 32
	maxQueueSize     = 1024

	defaultMaxPorts = 31
	// limitPorts is QEMU's, too: VIRTIO_QUEUE_MAX / 2 - 1.
	limitPorts = 511
)

// Config is what a device is made of.
type Config struct {
	Features virtio.Features // to offer; none: DefaultFeatures. Where there can be but one port, no Multiport.

	// MaxPorts is max_nr_ports of the configuration space; 0 is QEMU's 31. A driver sets up two queues for each, whether there is
	// such a port or not: a small number makes it start faster.
	MaxPorts uint32
	// Ports are those that exist from the start, added in this order. Each belongs to one device.
	Ports []*Port
}

// A Device is a virtio console. It implements virtio.Device; any goroutine may call its other methods.
type Device struct {
	offered  virtio.Features
	maxPorts uint32
	config   *virtio.Config

	mu    sync.Mutex
	ports []*Port // in the order in which they were added, in which a driver hears of them
	life  *life   // nil while no driver uses the device
}

// New makes a device and adds its ports.
func New(c Config) (*Device, error) {
	if c.MaxPorts == 0 {
		c.MaxPorts = defaultMaxPorts
	}
	if c.Features == (virtio.Features{}) {
		c.Features = DefaultFeatures
	}
	if c.MaxPorts > limitPorts {
		return nil, tooMany(c.MaxPorts)
	}
	if c.MaxPorts == 1 {
		c.Features = c.Features.Without(Multiport)
	}
	d := &Device{offered: c.Features, maxPorts: c.MaxPorts}
	d.config = virtio.NewConfig(configBytes(c), d.configWritten)
	for _, p := range c.Ports {
		if err := d.Add(p); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Info implements virtio.Device.
func (d *Device) Info() virtio.Info {
	return virtio.Info{
		ID:           deviceID,
		Features:     d.offered.Minus(legacyOnly),
		Legacy:       d.offered.And(legacyOnly),
		Queues:       func(virtio.Features) []uint16 { return d.queueSizes() },
		MaxQueueSize: maxQueueSize,
		Config:       d.config,
	}
}

// queueSizes has two queues for each number below maxPorts, and two for control, which come second (5.3.2).
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

// Run serves the control queues and those of all ports that there can be: one may be added while the driver runs. It does so for a
// driver without Multiport, too, which may use them as QEMU lets it.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	l := d.begin(s)
	defer d.end()
	s.Serve(controlReceiveQueue, l.sendControl)
	s.Serve(controlTransmitQueue, l.receiveControl)
	for number, slot := range l.slots {
		s.Serve(receiveQueue(uint32(number)), slot.receive)
		s.Serve(receiveQueue(uint32(number))+1, slot.transmit)
	}
	return s.Wait(ctx)
}
