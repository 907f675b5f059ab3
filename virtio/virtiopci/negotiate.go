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
	driver                     virtio.Features // driver_feature as written: it reads back unmasked
	accepted                   virtio.Features
}

func (t *Transport) deviceFeature() uint32 { return t.info.Features.Word(t.negotiation.deviceSelect) }

func (t *Transport) driverFeature() uint32 {
	return t.negotiation.driver.Word(t.negotiation.driverSelect)
}

// setDriverFeature takes the bits that modern drivers do not see too, as QEMU does.
func (t *Transport) setDriverFeature(v uint32) {
	n := &t.negotiation
	if n.driverSelect >= t.featureWords() {
		return
	}
	n.driver = n.driver.WithWord(n.driverSelect, v)
	t.accept(n.driver.And(t.legacyOffer()))
}

// featureWords is how many words driver_feature_select selects: two, as in QEMU, unless something is offered behind them.
func (t *Transport) featureWords() uint32 {
	if t.info.Features[1] != 0 {
		return 4
	}
	return 2
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

// accept takes what the driver accepted, until FEATURES_OK (virtio_set_features).
func (t *Transport) accept(f virtio.Features) {
	if t.status.Load()&statusFeaturesOK == 0 {
		t.setAccepted(f)
	}
}

// setAccepted also makes the queues that follow from f. Where their number changes, the last queue is another one than before
// (5.1.2: the control queue), and so are those between: they have their default size again (virtio_net_change_num_queues).
func (t *Transport) setAccepted(f virtio.Features) {
	sizes := t.info.Queues(f)
	sizes = sizes[:min(len(sizes), len(t.kicks))]
	if before, now := len(t.sizes), len(sizes); before != now {
		for i := max(min(before, now)-1, 0); i < max(before, now); i++ {
			t.queues[i].size = 0
		}
	}
	t.negotiation.accepted, t.sizes = f, sizes
	if t.info.Accept != nil {
		t.info.Accept(f)
	}
	t.notificationData.Store(f.Has(virtio.NotificationData))
}

// refused reports a set that must not become final: a device that is offered behind an IOMMU does not work without one
// (virtio_validate_features). QEMU looks only if the driver is a modern one.
func (t *Transport) refused() bool {
	accepted := t.negotiation.accepted
	return accepted.Has(virtio.Version1) && t.info.Features.Has(virtio.AccessPlatform) && !accepted.Has(virtio.AccessPlatform)
}

// modernDriver says which interface the accepted features mean (2.2.3).
func (t *Transport) modernDriver() bool { return t.negotiation.accepted.Has(virtio.Version1) }
