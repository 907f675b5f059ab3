package virtiopci

import "github.com/drydock-vmm/drydock/virtio"

// The bits of device_status (2.1).
const (
	statusDriver     = 0x02
	statusDriverOK   = 0x04
	statusFeaturesOK = 0x08
	statusNeedsReset = 0x40

	// statusLegacyBound is ACKNOWLEDGE|DRIVER, the last status a legacy driver writes before it touches the rings.
	statusLegacyBound = 0x03
)

// negotiation is what driver and device say of features. The mutex of the transport guards it.
type negotiation struct {
	deviceSelect, driverSelect uint32
	driver                     [2]uint32 // driver_feature as written; QEMU keeps two words and reads them back unmasked
	accepted                   virtio.Features
}

// deviceFeature is device_feature. QEMU offers nothing above bit 63.
func (t *Transport) deviceFeature() uint32 {
	if t.negotiation.deviceSelect > 1 {
		return 0
	}
	return t.info.Features.Word(t.negotiation.deviceSelect)
}

func (t *Transport) driverFeature() uint32 {
	n := &t.negotiation
	if n.driverSelect >= uint32(len(n.driver)) {
		return 0
	}
	return n.driver[n.driverSelect]
}

func (t *Transport) setDriverFeature(v uint32) {
	n := &t.negotiation
	if n.driverSelect >= uint32(len(n.driver)) {
		return
	}
	n.driver[n.driverSelect] = v
	t.accept(virtio.Features{}.WithWord(0, n.driver[0]).WithWord(1, n.driver[1]).And(t.info.Features))
}

// legacyOffer is host_features: bits 0 to 31, with those that only a legacy driver may see.
func (t *Transport) legacyOffer() virtio.Features { return t.info.Features.Or(t.info.Legacy) }

// setGuestFeatures is a write of the legacy guest_features. A driver that acknowledges BAD_FEATURE writes back whatever it
// reads: it gets what the device considers harmless (6.3, QEMU's VIRTIO_F_BAD_FEATURE).
func (t *Transport) setGuestFeatures(v uint32) {
	f := virtio.Features{}.WithWord(0, v)
	if f.Has(virtio.BadFeature) {
		f = virtio.Features{}.WithWord(0, t.info.Bad.Word(0))
	}
	t.accept(f.And(t.legacyOffer()))
}

// accept takes what the driver accepted, until FEATURES_OK (virtio_set_features). How many queues there are follows it.
func (t *Transport) accept(f virtio.Features) {
	if t.status.Load()&statusFeaturesOK != 0 {
		return
	}
	t.negotiation.accepted = f
	t.sizes = t.info.Queues(f)
	t.sizes = t.sizes[:min(len(t.sizes), len(t.kicks))]
}

// refused reports a set that must not become final: a device that is offered behind an IOMMU does not work without one
// (virtio_validate_features). QEMU looks only if the driver is a modern one.
func (t *Transport) refused() bool {
	accepted := t.negotiation.accepted
	return accepted.Has(virtio.Version1) && t.info.Features.Has(virtio.AccessPlatform) && !accepted.Has(virtio.AccessPlatform)
}

// modernDriver says which interface the accepted features mean (2.2.3).
func (t *Transport) modernDriver() bool { return t.negotiation.accepted.Has(virtio.Version1) }
