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

// always are the bits whose fields every device has.
var always = virtio.FeaturesOf(SegMax, Geometry, BlkSize, Topology)

// chosen are the bits that Config.Features decides on; the other ones of a block device follow from other fields.
var chosen = virtio.FeaturesOf(ConfigWCE, Discard, WriteZeroes)

// DefaultFeatures is what Config.Features is by default: what QEMU 7.2 can be told to leave out, and does not. Without Version1
// the device is a legacy one.
func DefaultFeatures() virtio.Features { return ringFeatures.Or(chosen) }

// offer is what a device of this configuration offers (QEMU's virtio_blk_get_features).
func (c *Config) offer() virtio.Features {
	f := c.Features.Or(always)
	if !f.Has(virtio.Version1) {
		f = f.With(SCSI).Without(virtio.AnyLayout)
	}
	if !c.WriteThrough || f.Has(ConfigWCE) {
		f = f.With(Flush)
	}
	if c.ReadOnly {
		f = f.With(RO)
	}
	if c.Queues > 1 {
		f = f.With(MQ)
	}
	return f
}

// unknown returns the lowest bit of f that only a block device could serve, and that Config.Features does not decide on.
func unknown(f virtio.Features) (bit virtio.Feature, found bool) {
	f = f.Minus(chosen)
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
