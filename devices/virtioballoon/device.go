package virtioballoon

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drydock-vmm/drydock/virtio"
	"github.com/rs/zerolog"
)

// Feature bits of a balloon (5.5.3), named as the specification names them without VIRTIO_BALLOON_F_.
const (
	MustTellHost  virtio.Feature = 0 // never offered, as by QEMU: a page may be used before it is deflated
	StatsVQ       virtio.Feature = 1
	DeflateOnOOM  virtio.Feature = 2
	FreePageHint  virtio.Feature = 3
	PagePoison    virtio.Feature = 4
	PageReporting virtio.Feature = 5
)

// DefaultFeatures is what QEMU 7.2 offers.
var DefaultFeatures = virtio.FeaturesOf(StatsVQ, PagePoison, virtio.IndirectDesc, virtio.EventIdx, virtio.Version1, virtio.RingReset).Or(legacyOnly)

// legacyOnly are the bits that a modern driver never sees.
var legacyOnly = virtio.FeaturesOf(virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)

const (
	deviceID        = 5 // 5.5.1
	queueSize       = 128
	hintQueueSize   = 1024
	reportQueueSize = 32
	maxQueueSize    = 1024

	pageShift = 12
	pageSize  = 1 << pageShift // of a balloon's page numbers, whatever the guest's pages are (5.5.6)
)

// Config is what a device is made of.
type Config struct {
	RAM      uint64          // the guest's memory in bytes
	Features virtio.Features // to offer; none: DefaultFeatures

	// LongConfig is QEMU's qemu-4-0-config-size: the configuration space has all fields whatever is offered.
	LongConfig bool

	StatsInterval time.Duration // how often to ask for statistics; 0: never
	Discarder     Discarder     // nil: Madvise

	// Changed, if not nil, is called with the guest's memory in bytes when the guest has changed it (QEMU's event BALLOON_CHANGE).
	// It must not block.
	Changed func(actual uint64)

	Log zerolog.Logger
}

// A Device is a balloon. It implements virtio.Device; any goroutine may call its other methods.
type Device struct {
	cfg    Config
	space  *virtio.Config
	poison atomic.Uint32 // the value that the guest writes into free pages
	stats  statistics
	warned sync.Once // that the host would not take a page
	counts counters

	mu      sync.Mutex
	session *virtio.Session // that runs, to tell it of a new target; else nil
	untold  bool            // there is a new target
}

// New makes a device.
func New(c Config) (*Device, error) {
	if c.RAM == 0 {
		return nil, errors.New("virtioballoon: a balloon needs to know how much memory the guest has")
	}
	if c.Features == (virtio.Features{}) {
		c.Features = DefaultFeatures
	}
	if c.Discarder == nil {
		c.Discarder = Madvise{}
	}
	d := &Device{cfg: c}
	d.space = virtio.NewConfig(make([]byte, configLen(c)), d.configWritten)
	d.stats.reset()
	return d, d.SetStatsInterval(c.StatsInterval)
}

// Info implements virtio.Device.
func (d *Device) Info() virtio.Info {
	sizes, _ := d.queues()
	return virtio.Info{
		ID:           deviceID,
		Features:     d.cfg.Features.Minus(legacyOnly),
		Legacy:       d.cfg.Features.And(legacyOnly),
		Queues:       func(virtio.Features) []uint16 { return sizes },
		MaxQueueSize: maxQueueSize,
		Config:       d.space,
		Reset:        func() { d.setPoison(0) },
	}
}

// server is what is done with a queue.
type server func(ctx context.Context, q *virtio.Queue) error

// queues are those of 5.5.2. The last two exist if they were configured, whatever the driver accepts: so QEMU numbers them.
func (d *Device) queues() (sizes []uint16, serve []server) {
	add := func(size uint16, f server) { sizes, serve = append(sizes, size), append(serve, f) }
	add(queueSize, d.inflate)
	add(queueSize, d.deflate)
	add(queueSize, d.receiveStats)
	if d.cfg.Features.Has(FreePageHint) {
		add(hintQueueSize, d.hint)
	}
	if d.cfg.Features.Has(PageReporting) {
		add(reportQueueSize, d.report)
	}
	return sizes, serve
}

// Run serves all queues.
func (d *Device) Run(ctx context.Context, s *virtio.Session) error {
	_, serve := d.queues()
	for i, f := range serve {
		s.Serve(i, f)
	}
	d.enter(s)
	defer d.leave()
	return s.Wait(ctx)
}

// enter tells a driver of a target that it may have missed between its DRIVER_OK and here.
func (d *Device) enter(s *virtio.Session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.session = s
	d.tell()
}

// tell tells the driver of a new target, if there are both. The caller holds mu.
func (d *Device) tell() {
	if d.untold && d.session != nil {
		d.untold = false
		d.space.Touch()
		d.session.ConfigChanged()
	}
}

func (d *Device) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.session = nil
}
