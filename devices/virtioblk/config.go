package virtioblk

import (
	"errors"
	"fmt"
	"math"

	"github.com/rs/zerolog"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
)

// Config is what a block device is made of. Fields that are zero have QEMU's defaults, but for Disk.
type Config struct {
	Disk     block.Backend // the device does not close it
	Name     string        // of the disk, for the log
	ReadOnly bool
	Serial   string // what GET_ID answers; the driver sees its first 20 bytes

	// Features are the bits to offer, legacy ones included; default DefaultFeatures(). RO among them makes the disk read-only.
	Features virtio.Features

	Queues    int    // num-queues, default 1. (QEMU's is one a CPU.)
	QueueSize uint16 // a power of two from 4 to 1024; default 256

	// FixedSegMax shows seg_max 126 whatever the queue's size, as QEMU before 5.0 (seg-max-adjust=off).
	FixedSegMax bool

	LogicalBlock, PhysicalBlock uint32 // bytes; default 512
	MinIO, OptIO                uint32 // bytes, multiples of LogicalBlock; 0: none is shown
	DiscardGranularity          uint32 // bytes, a multiple of LogicalBlock; default LogicalBlock
	HideGranularity             bool   // show LogicalBlock instead (report-discard-granularity=off)
	MaxDiscard, MaxWriteZeroes  uint32 // sectors; default and most: 4194303

	// Cylinders, Heads and Sectors are the geometry; if all are 0 it is guessed as QEMU does, from the partition table or the size.
	Cylinders      uint16
	Heads, Sectors uint8

	WriteThrough                        bool // no write cache at power on (cache=writethrough, write-cache=off)
	IgnoreReadErrors, IgnoreWriteErrors bool // what the host could not do is OK to the driver (rerror=ignore, werror=ignore)

	Log zerolog.Logger // zero: a logger that writes nothing
}

const (
	deviceID         = 2 // 5.2.1
	defaultQueueSize = 256
	minQueueSize     = 4    // QEMU: greater than 2, for header and status need two
	maxQueueSize     = 1024 // VIRTQUEUE_MAX_SIZE
	maxQueues        = 1024 // VIRTIO_QUEUE_MAX
	maxBlock         = 2 << 20

	// maxSectors is BDRV_REQUEST_MAX_SECTORS: the bytes of one request are an int.
	maxSectors = math.MaxInt32 >> sectorShift

	sectorShift = 9
)

// fill puts the defaults in and says what is wrong.
func (c *Config) fill() error {
	if c.Disk == nil {
		return errors.New("virtioblk: drive property not set")
	}
	if c.Features == (virtio.Features{}) {
		c.Features = DefaultFeatures()
	}
	c.ReadOnly = c.ReadOnly || c.Features.Has(RO)
	c.Queues = orDefault(c.Queues, 1)
	c.QueueSize = orDefault(c.QueueSize, defaultQueueSize)
	c.LogicalBlock = orDefault(c.LogicalBlock, block.SectorSize)
	c.PhysicalBlock = orDefault(c.PhysicalBlock, block.SectorSize)
	c.DiscardGranularity = orDefault(c.DiscardGranularity, c.LogicalBlock)
	c.MaxDiscard = orDefault(c.MaxDiscard, maxSectors)
	c.MaxWriteZeroes = orDefault(c.MaxWriteZeroes, maxSectors)
	return errors.Join(c.checkQueues(), c.checkBlocks(), c.checkLimits(), c.checkGeometry())
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

func (c *Config) checkQueues() error {
	if n := c.QueueSize; n < minQueueSize || n > maxQueueSize || n&(n-1) != 0 {
		return fmt.Errorf("virtioblk: invalid queue-size property (%d), must be a power of 2 from %d to %d", n, minQueueSize, maxQueueSize)
	}
	if c.Queues < 1 || c.Queues > maxQueues {
		return fmt.Errorf("virtioblk: num-queues property is %d, must be 1 to %d", c.Queues, maxQueues)
	}
	if bit, found := unknown(c.Features); found {
		return fmt.Errorf("virtioblk: feature bit %d is not implemented; take it out of Features", bit)
	}
	return nil
}

func (c *Config) checkBlocks() error {
	for _, b := range []struct {
		name string
		n    uint32
	}{{"logical_block_size", c.LogicalBlock}, {"physical_block_size", c.PhysicalBlock}} {
		if b.n < block.SectorSize || b.n > maxBlock || b.n&(b.n-1) != 0 {
			return fmt.Errorf("virtioblk: %s=%d: it must be a power of 2 from %d to %d", b.name, b.n, block.SectorSize, maxBlock)
		}
	}
	if c.LogicalBlock > c.PhysicalBlock {
		return fmt.Errorf("virtioblk: logical_block_size %d > physical_block_size %d not supported", c.LogicalBlock, c.PhysicalBlock)
	}
	if a, ok := c.Disk.(interface{ Alignment() int64 }); ok && a.Alignment() > int64(c.LogicalBlock) {
		return fmt.Errorf("virtioblk: O_DIRECT takes requests in units of %d bytes here, and the guest would be shown %d: set logical_block_size=%[1]d and physical_block_size=%[1]d, or leave cache=none and cache.direct=on out",
			a.Alignment(), c.LogicalBlock)
	}
	return nil
}

func (c *Config) checkLimits() error {
	for _, m := range []struct {
		name string
		n    uint32
	}{{"min_io_size", c.MinIO}, {"opt_io_size", c.OptIO}, {"discard_granularity", c.DiscardGranularity}} {
		if m.n%c.LogicalBlock != 0 {
			return fmt.Errorf("virtioblk: %s=%d: it must be a multiple of logical_block_size (%d)", m.name, m.n, c.LogicalBlock)
		}
	}
	if c.MinIO/c.LogicalBlock > math.MaxUint16 {
		return fmt.Errorf("virtioblk: min_io_size must not exceed %d logical blocks", math.MaxUint16)
	}
	for _, m := range []struct {
		name string
		n    uint32
	}{{"max-discard-sectors", c.MaxDiscard}, {"max-write-zeroes-sectors", c.MaxWriteZeroes}} {
		if m.n > maxSectors {
			return fmt.Errorf("virtioblk: invalid %s property (%d), must be between 1 and %d", m.name, m.n, maxSectors)
		}
	}
	return nil
}

func (c *Config) checkGeometry() error {
	all := c.Cylinders != 0 && c.Heads != 0 && c.Sectors != 0
	none := c.Cylinders == 0 && c.Heads == 0 && c.Sectors == 0
	if !all && !none {
		return fmt.Errorf("virtioblk: cyls=%d, heads=%d, secs=%d: give all three, from 1 to 65535, 255 and 255, or none", c.Cylinders, c.Heads, c.Sectors)
	}
	return nil
}
