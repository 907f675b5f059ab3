package virtioblk

import (
	"encoding/binary"
	"math/bits"

	"github.com/drydock-vmm/drydock/devices/block"
	"github.com/drydock-vmm/drydock/virtio"
)

// Fields of struct virtio_blk_config (5.2.4) by their offsets.
const (
	configCapacity          = 0
	configSegMax            = 12
	configCylinders         = 16
	configHeads             = 18
	configSectors           = 19
	configBlkSize           = 20
	configPhysicalExp       = 24
	configMinIO             = 26
	configOptIO             = 28
	configWCE               = 32
	configQueues            = 34
	configMaxDiscard        = 36
	configMaxDiscardSeg     = 40
	configDiscardAlignment  = 44
	configMaxWriteZeroes    = 48
	configMaxWriteZeroesSeg = 52
	configWriteZeroesUnmap  = 56
	configEnd               = 57
)

// configLen is the length of the space: up to the last field that an offered feature has (QEMU's feature_sizes).
func configLen(offered virtio.Features) int {
	switch {
	case offered.Has(WriteZeroes):
		return configEnd
	case offered.Has(Discard):
		return configMaxWriteZeroes
	}
	return configMaxDiscard
}

// configBytes is the space at power on. size_max and alignment_offset stay 0.
func (c *Config) configBytes(offered virtio.Features) []byte {
	b := make([]byte, configEnd)
	le := binary.LittleEndian
	le.PutUint64(b[configCapacity:], uint64(c.Disk.Size()/block.SectorSize))
	le.PutUint32(b[configSegMax:], c.segMax())
	le.PutUint16(b[configCylinders:], c.Cylinders)
	b[configHeads] = c.Heads
	b[configSectors] = c.shownSectors(c.Disk.Size())
	le.PutUint32(b[configBlkSize:], c.LogicalBlock)
	b[configPhysicalExp] = uint8(bits.TrailingZeros32(c.PhysicalBlock / c.LogicalBlock))
	le.PutUint16(b[configMinIO:], uint16(c.MinIO/c.LogicalBlock))
	le.PutUint32(b[configOptIO:], c.OptIO/c.LogicalBlock)
	b[configWCE] = boolByte(!c.WriteThrough)
	le.PutUint16(b[configQueues:], uint16(c.Queues))
	if offered.Has(Discard) {
		le.PutUint32(b[configMaxDiscard:], c.MaxDiscard)
		le.PutUint32(b[configMaxDiscardSeg:], 1)
		le.PutUint32(b[configDiscardAlignment:], c.shownGranularity()/block.SectorSize)
	}
	le.PutUint32(b[configMaxWriteZeroes:], c.MaxWriteZeroes)
	le.PutUint32(b[configMaxWriteZeroesSeg:], 1)
	b[configWriteZeroesUnmap] = 1
	return b[:configLen(offered)]
}

func (c *Config) shownGranularity() uint32 {
	if c.HideGranularity {
		return c.LogicalBlock
	}
	return c.DiscardGranularity
}

// segMax leaves room for header and status in a ring that is full of one request.
func (c *Config) segMax() uint32 {
	const fixed = 128 - 2 // the queue size was 128 when QEMU began to show it
	if c.FixedSegMax {
		return fixed
	}
	return uint32(c.QueueSize) - 2
}

// shownSectors keeps cylinders x heads x sectors a whole number of logical blocks.
func (c *Config) shownSectors(size int64) uint8 {
	perTrack := size / int64(c.Heads) / int64(c.Sectors)
	if perTrack%int64(c.LogicalBlock) == 0 {
		return c.Sectors
	}
	return c.Sectors &^ uint8(c.LogicalBlock/block.SectorSize-1)
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// writeConfig is a driver's write, with the whole space as the driver knows it: wce is the one field that takes one. QEMU does not
// ask whether CONFIG_WCE was accepted.
func (d *Device) writeConfig(_ *virtio.Config, _ virtio.Features, all []byte) {
	if configWCE < len(all) {
		d.setWriteCache(all[configWCE] != 0)
	}
}

// setWriteCache says whether writes may be volatile until the next FLUSH.
func (d *Device) setWriteCache(on bool) {
	d.writeCache.Store(on)
	d.config.Put(configWCE, []byte{boolByte(on)})
}

// setCapacity shows the driver another size, and tells it if there is one.
func (d *Device) setCapacity(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	capacity := binary.LittleEndian.AppendUint64(nil, uint64(bytes/block.SectorSize))
	d.config.Put(configSectors, []byte{d.cfg.shownSectors(bytes)})
	if d.session == nil {
		d.config.Put(configCapacity, capacity)
		return
	}
	d.config.Set(configCapacity, capacity)
	d.session.ConfigChanged()
}
