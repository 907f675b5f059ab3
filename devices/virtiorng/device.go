package virtiorng

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/drydock-vmm/drydock/devices/iovec"
	"github.com/drydock-vmm/drydock/virtio"
)

const (
	deviceID     = 4 // 5.4.1
	queueSize    = 8 // QEMU: virtio_rng_device_realize
	maxQueueSize = 1024

	// chunk is what the host is asked for at once. A chain can be gigabytes long; between two chunks the device notices a reset.
	chunk = 64 << 10
)

// DefaultFeatures is what QEMU 7.2 offers. An entropy device has no feature bit of its own (5.4.3).
var DefaultFeatures = virtio.FeaturesOf(virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingReset).Or(legacyOnly)

// legacyOnly are the bits that a modern driver never sees.
var legacyOnly = virtio.FeaturesOf(virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)

// Config is what a device is made of.
type Config struct {
	Features virtio.Features // to offer; none: DefaultFeatures

	Source Source // nil: Kernel
	Limit  Limit
	Clock  Clock // nil: the host's; for Limit
}

// A Device is an entropy device. It implements virtio.Device.
type Device struct {
	offered virtio.Features
	source  Source
	quota   quota

	requests, bytes atomic.Uint64
}

// New makes a device; its errors are about Limit, in the words of QEMU's properties.
func New(c Config) (*Device, error) {
	if c.Features == (virtio.Features{}) {
		c.Features = DefaultFeatures
	}
	if c.Source == nil {
		c.Source = Kernel{}
	}
	if c.Clock == nil {
		c.Clock = hostClock{}
	}
	limit := c.Limit.orDefault()
	if limit.Period <= 0 || limit.Period > maxPeriod {
		return nil, fmt.Errorf("virtiorng: period=%d: it is a time in milliseconds, from 1 to %d", limit.Period/time.Millisecond, maxPeriod/time.Millisecond)
	}
	if limit.Bytes > maxBytes {
		return nil, fmt.Errorf("virtiorng: max-bytes=%d: it must be less than 2^63", limit.Bytes)
	}
	return &Device{offered: c.Features, source: c.Source, quota: quota{limit: limit, clock: c.Clock}}, nil
}

// Info implements virtio.Device. There is no configuration (5.4.4).
func (d *Device) Info() virtio.Info {
	return virtio.Info{
		ID:           deviceID,
		Features:     d.offered.Minus(legacyOnly),
		Legacy:       d.offered.And(legacyOnly),
		Queues:       func(virtio.Features) []uint16 { return []uint16{queueSize} },
		MaxQueueSize: maxQueueSize,
		Config:       virtio.NewConfig(nil, nil),
	}
}

// Run serves the one queue (5.4.2). The quota outlives it: a driver that resets the device gains nothing.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	s.Serve(0, d.serve)
	return s.Wait(ctx)
}

// serve fills chain after chain; when there is none left, the driver hears of all that were filled at once.
func (d *Device) serve(ctx context.Context, q *virtio.Queue) error {
	for {
		c, err := q.Next(ctx)
		if err != nil {
			return err
		}
		n, err := d.fill(ctx, q, c)
		if err != nil {
			return err
		}
		d.requests.Add(1)
		d.bytes.Add(uint64(n))
		q.Push(c, n)
	}
}

// fill puts random bytes into the device-writable part of a chain and returns how many: all of it, or what the quota has left.
// A chain without room gets none, as QEMU's does.
func (d *Device) fill(ctx context.Context, q *virtio.Queue, c *virtio.Chain) (n uint32, err error) {
	if c.WriteLen == 0 {
		return 0, nil
	}
	if err := d.allowance(ctx, q); err != nil {
		return 0, err
	}
	left := d.quota.take(min(c.WriteLen, maxUsed))
	for _, v := range c.Write {
		b := iovec.Bytes(v)[:min(v.Len, left)]
		left -= uint64(len(b))
		n += uint32(len(b))
		if err := d.pour(ctx, b); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// maxUsed is the most that the length of a used element can say.
const maxUsed = 1<<32 - 1

// allowance waits until the quota has something left. What was filled before is the driver's meanwhile.
func (d *Device) allowance(ctx context.Context, q *virtio.Queue) error {
	if d.quota.left() > 0 {
		return nil
	}
	q.Publish()
	q.Notify()
	return d.quota.wait(ctx)
}

// pour fills b, which is guest memory.
func (d *Device) pour(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := d.source.Fill(ctx, b[:min(len(b), chunk)])
		if err != nil {
			return fmt.Errorf("virtiorng: %w", err)
		}
		b = b[n:]
	}
	return nil
}
