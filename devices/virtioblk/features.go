package virtioblk

import "github.com/drydock-vmm/drydock/virtio"

// Feature bits of a block device (5.2.3), named as the specification names them without VIRTIO_BLK_F_.
const (
	SizeMax     virtio.Feature = 1
	SegMax      virtio.Feature = 2
	Geometry    virtio.Feature = 4
	RO          virtio.Feature = 5
	BlkSize     virtio.Feature = 6
	SCSI        virtio.Feature = 7 // legacy only
	Flush       virtio.Feature = 9
	Topology    virtio.Feature = 10
	ConfigWCE   virtio.Feature = 11
	MQ          virtio.Feature = 12
	Discard     virtio.Feature = 13
	WriteZeroes virtio.Feature = 14
)

// ringFeatures are the bits of rings and transports that QEMU 7.2 offers by default.
var ringFeatures = virtio.FeaturesOf(
	virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.IndirectDesc, virtio.EventIdx, virtio.BadFeature,
	virtio.Version1, virtio.RingReset)

// legacyOnly are the bits that a modern driver never sees (QEMU's virtio_blk legacy_features).
var legacyOnly = virtio.FeaturesOf(SCSI, virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)

// ownFeatures are the bits of a block device that QEMU offers by default.
var ownFeatures = virtio.FeaturesOf(SegMax, Geometry, BlkSize, Flush, Topology, ConfigWCE, Discard, WriteZeroes)

// known are all bits of a block device that this one can keep its word for.
var known = ownFeatures.With(RO, SCSI, MQ)

// DefaultFeatures is what QEMU 7.2 offers by default, bits of the legacy interface included. Take bits away or add some for
// Config.Features; RO, MQ and Flush follow from other fields too.
func DefaultFeatures() virtio.Features { return ringFeatures.Or(ownFeatures) }

// LegacyFeatures is what QEMU makes of f for a device that has no modern interface.
func LegacyFeatures(f virtio.Features) virtio.Features {
	return f.With(SCSI).Without(virtio.Version1, virtio.AnyLayout)
}

// offer is what a device of this configuration offers (QEMU's virtio_blk_get_features).
func (c *Config) offer() virtio.Features {
	f := c.Features
	if c.WriteThrough && !f.Has(ConfigWCE) {
		f = f.Without(Flush)
	}
	if c.ReadOnly {
		f = f.With(RO)
	}
	if c.Queues > 1 {
		f = f.With(MQ)
	}
	return f
}

// unknown returns the lowest bit of f that only a block device could serve, and this one does not.
func unknown(f virtio.Features) (bit virtio.Feature, found bool) {
	f = f.Minus(known)
	for bit = 0; bit < virtio.NotifyOnEmpty; bit++ {
		if f.Has(bit) {
			return bit, true
		}
	}
	return 0, false
}

// A Property is a boolean property of QEMU's virtio-blk-pci that switches one feature bit.
type Property struct {
	Name    string
	Feature virtio.Feature
}

// Properties lists them. Each takes away or adds exactly its own bit of Config.Features.
func Properties() []Property {
	return []Property{
		{"any_layout", virtio.AnyLayout},
		{"config-wce", ConfigWCE},
		{"discard", Discard},
		{"event_idx", virtio.EventIdx},
		{"indirect_desc", virtio.IndirectDesc},
		{"notify_on_empty", virtio.NotifyOnEmpty},
		{"queue_reset", virtio.RingReset},
		{"write-zeroes", WriteZeroes},
	}
}
