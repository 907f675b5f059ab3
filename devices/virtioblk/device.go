package virtioblk

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
)

// Device is a virtio block device. It implements virtio.Device.
type Device struct {
	cfg     Config
	offered virtio.Features
	config  *virtio.Config
	disk    block.Backend
	cacher  cacher // disk, if it is one
	unmaps  bool   // the disk makes something of a discard
	trouble trouble

	writeCache atomic.Bool
	queues     []counters

	resizing sync.Mutex // one size after the other

	mu      sync.Mutex      // guards what follows
	session *virtio.Session // while a driver uses the device
}

// New makes a device. Its error says what is wrong with c, in terms of QEMU's properties.
func New(c Config) (*Device, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	if c.Heads == 0 {
		c.Cylinders, c.Heads, c.Sectors = guessGeometry(c.Disk)
	}
	d := &Device{
		cfg:     c,
		offered: c.offer(),
		disk:    c.Disk,
		trouble: trouble{log: c.Log, name: c.Name},
		queues:  make([]counters, c.Queues),
	}
	d.cacher, _ = c.Disk.(cacher)
	if u, ok := c.Disk.(interface{ Unmaps() bool }); ok {
		d.unmaps = u.Unmaps()
	}
	d.writeCache.Store(!c.WriteThrough)
	d.config = virtio.NewConfig(c.configBytes(d.offered), d.writeConfig)
	return d, nil
}

// Info implements virtio.Device.
func (d *Device) Info() virtio.Info {
	return virtio.Info{
		ID:           deviceID,
		Features:     d.offered.Minus(legacyOnly),
		Legacy:       d.offered.And(legacyOnly),
		Queues:       d.queueSizes,
		MaxQueueSize: maxQueueSize,
		Config:       d.config,
		Reset:        func() { d.setWriteCache(!d.cfg.WriteThrough) },
		Start:        d.start,
	}
}

// queueSizes has as many queues with MQ as without: a driver that does not accept it uses the first alone (5.2.2).
func (d *Device) queueSizes(virtio.Features) []uint16 {
	sizes := make([]uint16, d.cfg.Queues)
	for i := range sizes {
		sizes[i] = d.cfg.QueueSize
	}
	return sizes
}

// start sees to a driver that can neither flush nor set wce: what it is told as written is so for good (5.2.6.2).
func (d *Device) start(f virtio.Features) {
	if !f.Has(ConfigWCE) {
		d.setWriteCache(f.Has(Flush))
	}
}

// Run implements virtio.Device. It returns when all requests that were under way are done.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	d.begin(s)
	defer d.begin(nil)
	for i := range d.queues {
		s.Serve(i, d.serve)
	}
	return s.Wait(ctx)
}

func (d *Device) begin(s *virtio.Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.session = s
}

// ReadOnly says whether the driver is shown a disk that it cannot write to.
func (d *Device) ReadOnly() bool { return d.cfg.ReadOnly }

// Size is the disk's, in bytes.
func (d *Device) Size() int64 { return d.disk.Size() }

// Resize gives the disk another size, in bytes, shows it to the driver, and tells it (QMP's block_resize). Any goroutine may call
// it. Requests that a driver has made for what is cut off fail, or are done before.
func (d *Device) Resize(bytes int64) error {
	r, ok := d.disk.(block.Resizer)
	if !ok {
		return fmt.Errorf("virtioblk: the disk %s cannot be resized", d.cfg.Name)
	}
	d.resizing.Lock()
	defer d.resizing.Unlock()
	if err := r.Resize(bytes); err != nil {
		return err
	}
	d.setCapacity(bytes)
	return nil
}
