package virtionet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// deviceID is a network card's (chapter 5).
const deviceID = 1

// Device is a virtio network card. It implements virtio.Device.
type Device struct {
	cfg     Config
	offered virtio.Features
	config  *virtio.Config
	links   []net.Link
	log     zerolog.Logger

	rx []receiveCounters
	tx []transmitCounters
	cq controlCounters
	up atomic.Bool // the link, as the user set it

	sending turn // held while frames go out over the first link

	mu            sync.Mutex      // guards what follows: vCPUs, the user and the control queue change it
	accepted      virtio.Features // by the driver, so far
	status        uint16          // the configuration field, announce bit included
	life          *life           // while a driver uses the device
	ended         *filter         // of the life before, until the device is reset
	filterArmed   bool            // the next change of the filter is told to
	filterChanged func()          // if that is not nil
}

// New makes a device. Its error says what is wrong with c.
func New(c Config) (*Device, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	links := c.Netdev.Links()
	d := &Device{
		cfg:     c,
		offered: c.offer(),
		links:   links,
		log:     c.Log,
		rx:      make([]receiveCounters, len(links)),
		tx:      make([]transmitCounters, len(links)),
		status:  statusLinkUp,

		filterArmed: true,
	}
	d.up.Store(true)
	d.config = virtio.NewConfig(c.configBytes(c.asked()), d.writeConfig)
	return d, nil
}

// Info implements virtio.Device.
func (d *Device) Info() virtio.Info {
	hidden := legacyOnly
	if d.cfg.ShowLegacyBits {
		hidden = virtio.Features{}
	}
	return virtio.Info{
		ID:           deviceID,
		Features:     d.offered.Minus(hidden),
		Legacy:       d.offered.And(hidden),
		Bad:          badSet,
		Queues:       d.queues,
		MaxQueueSize: d.cfg.maxQueueSize(),
		Config:       d.config,
		Reset:        d.reset,
		Accept:       d.accept,
	}
}

// queues are the sizes of receive and transmit queue of each pair, and of the control queue, which is the last (5.1.2). It
// exists whether or not CTRL_VQ is offered, as in QEMU.
func (d *Device) queues(f virtio.Features) []uint16 {
	n := d.pairs(f)
	sizes := make([]uint16, 0, 2*n+1)
	for range n {
		sizes = append(sizes, d.cfg.RXQueueSize, d.cfg.TXQueueSize)
	}
	return append(sizes, controlQueueSize)
}

// pairs is how many queue pairs exist for a driver with these features.
func (d *Device) pairs(f virtio.Features) int {
	if f.Has(MQ) || f.Has(RSS) {
		return len(d.links)
	}
	return 1
}

// Run implements virtio.Device.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	l, err := d.begin(s)
	if err != nil {
		return err
	}
	defer d.end(l)
	if err := l.tune(); errors.Is(err, io.EOF) {
		l.lost(0, err) // a driver may be loaded while the cable is out
	} else if err != nil {
		return fmt.Errorf("virtionet: preparing the netdev: %w", err)
	}
	l.serve()
	if l.router != nil {
		defer l.router.start(ctx)()
	}
	return s.Wait(ctx)
}

// SetLink is the user pulling the cable, or putting it back: the driver is told, and frames are dropped both ways while it
// is out (QEMU's set_link).
func (d *Device) SetLink(up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.up.Swap(up) == up {
		return
	}
	var bits uint16
	if up {
		bits = statusLinkUp
	}
	d.changeStatus(statusLinkUp, bits)
}

// accept is told of the driver's features before there is a life.
func (d *Device) accept(f virtio.Features) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accepted != f {
		d.accepted, d.ended = f, nil
	}
}
