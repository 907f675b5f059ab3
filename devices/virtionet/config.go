package virtionet

import (
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/net"
	"github.com/drydock-vmm/drydock/virtio"
)

// Config is what a network device is made of. Fields that are zero have QEMU's defaults, but for Netdev.
type Config struct {
	Netdev net.Netdev // the host's side; its links are the queue pairs. The device does not close it.
	MAC    [6]byte    // default 52:54:00:12:34:56

	// Features are the bits to offer, legacy ones included; default DefaultFeatures(Netdev). What the netdev cannot do is
	// never offered.
	Features virtio.Features

	// ShowLegacyBits offers a modern driver what is only for legacy ones too (GSO, NOTIFY_ON_EMPTY, ANY_LAYOUT, BAD_FEATURE), as
	// devices of the field do. It means nothing there.
	ShowLegacyBits bool

	MQ  bool   // mq=on: offer MQ with as many pairs as Netdev has links
	MTU uint16 // host_mtu: offer MTU with this value, 68 to 65535; 0 does not

	// Speed (Mb/s, -1 if unknown) and Duplex are only seen if Features has SpeedDuplex.
	Speed  int32
	Duplex Duplex

	RXQueueSize, TXQueueSize uint16 // powers of two from 256 to 1024; default 256

	// AnyQueueSize lets the two sizes be anything from 1 to 32768, and the driver choose up to 32768. Sizes that are no powers of two
	// need RING_PACKED (2.8.10.1): only with it offered can they be the defaults.
	AnyQueueSize bool

	// RSCInterval (rsc_interval) is how long a TCP segment may be held back for others to be coalesced with it; default 300 us. Only
	// a driver that accepted RSC_EXT has any.
	RSCInterval time.Duration

	// TXBurst is how many sent frames the driver gets back at once, while more are waiting to be sent; default 16. When none
	// waits it gets them at once. (QEMU's x-txburst, 256, bounds a turn of its main loop, which a goroutine does not need.)
	TXBurst int

	absence time.Duration // how long a queue may be away before a router drops its frames; default moment

	Log zerolog.Logger // zero: a logger that writes nothing
}

// Duplex is the configuration field of that name (5.1.4).
type Duplex uint8

const (
	HalfDuplex    Duplex = 0
	FullDuplex    Duplex = 1
	UnknownDuplex Duplex = 0xff
)

// Limits of queues, as in QEMU: VIRTIO_NET_RX_QUEUE_MIN_SIZE, its defaults, VIRTQUEUE_MAX_SIZE, and the control queue's.
const (
	minQueueSize     = 256
	defaultQueueSize = 256
	maxQueueSize     = 1024
	controlQueueSize = 64
	largestQueueSize = 32768 // 2.7: Queue Size
)

const (
	defaultTXBurst = 16
	maxPairs       = 511 // with a control queue they fill VIRTIO_QUEUE_MAX
	minMTU         = 68  // 5.1.4.1
	unknownSpeed   = -1

	defaultRSCInterval = 300 * time.Microsecond // VIRTIO_NET_RSC_DEFAULT_INTERVAL
)

var defaultMAC = [6]byte{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}

// fill puts the defaults in and says what is wrong.
func (c *Config) fill() error {
	if c.Netdev == nil {
		return errors.New("virtionet: no netdev")
	}
	if c.MAC == ([6]byte{}) {
		c.MAC = defaultMAC
	}
	if c.Features == (virtio.Features{}) {
		c.Features = DefaultFeatures(c.Netdev)
	}
	c.RXQueueSize = orDefault(c.RXQueueSize, defaultQueueSize)
	c.TXQueueSize = orDefault(c.TXQueueSize, defaultQueueSize)
	c.TXBurst = orDefault(c.TXBurst, defaultTXBurst)
	c.RSCInterval = orDefault(c.RSCInterval, defaultRSCInterval)
	c.absence = orDefault(c.absence, moment)
	return c.check()
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func (c *Config) check() error {
	if n := len(c.Netdev.Links()); n < 1 || n > maxPairs {
		return fmt.Errorf("virtionet: the netdev has %d links, must be 1 to %d", n, maxPairs)
	}
	if c.MAC[0]&1 != 0 {
		return fmt.Errorf("virtionet: mac %x is a multicast address; clear the lowest bit of its first byte", c.MAC)
	}
	if c.MTU != 0 && c.MTU < minMTU {
		return fmt.Errorf("virtionet: host_mtu %d, must be 0 or %d to 65535", c.MTU, minMTU)
	}
	if c.Speed < unknownSpeed {
		return fmt.Errorf("virtionet: speed %d, must be -1 (unknown) or 0 to 2147483647", c.Speed)
	}
	if c.TXBurst < 0 {
		return fmt.Errorf("virtionet: x-txburst %d, must be positive", c.TXBurst)
	}
	if c.RSCInterval < 0 {
		return fmt.Errorf("virtionet: rsc_interval %v, must be positive", c.RSCInterval)
	}
	if bit, found := unknown(c.Features); found {
		return fmt.Errorf("virtionet: feature bit %d is not implemented; take it out of Features", bit)
	}
	if err := c.checkQueueSize("rx_queue_size", c.RXQueueSize); err != nil {
		return err
	}
	return c.checkQueueSize("tx_queue_size", c.TXQueueSize)
}

func (c *Config) checkQueueSize(name string, n uint16) error {
	power := n&(n-1) == 0
	switch {
	case !c.AnyQueueSize && (n < minQueueSize || n > maxQueueSize || !power):
		return fmt.Errorf("virtionet: invalid %s (= %d), must be a power of 2 between %d and %d", name, n, minQueueSize, maxQueueSize)
	case n > largestQueueSize:
		return fmt.Errorf("virtionet: invalid %s (= %d), must be between 1 and %d", name, n, largestQueueSize)
	case !power && !c.Features.Has(virtio.RingPacked):
		return fmt.Errorf("virtionet: invalid %s (= %d), must be a power of 2 unless packed rings are offered", name, n)
	}
	return nil
}

// maxQueueSize is what a driver may ask for.
func (c *Config) maxQueueSize() uint16 {
	if c.AnyQueueSize {
		return largestQueueSize
	}
	return maxQueueSize
}
