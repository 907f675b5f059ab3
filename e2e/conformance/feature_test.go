package conformance

import (
	"math/rand/v2"

	. "github.com/drydock-vmm/drydock/devices/virtionet"
	"github.com/drydock-vmm/drydock/virtio"
)

var featureSentences = []sentence{
	must("2.2.2", everywhere, "offers no feature that needs one that is not offered", func(e *env) {
		for _, c := range [][]func(*nicConfig){nil, {pairs(2)}, {can(0)}, {pairs(4), mtu(1500), with(SpeedDuplex)}} {
			checkPrerequisites(e, e.nic(c...).offered())
		}
	}),
	should("2.2.2", modern, "accepts any valid subset of what it offers", func(e *env) {
		n := e.nic(pairs(2), mtu(1500))
		rng := rand.New(rand.NewPCG(2, 2))
		for range 100 {
			if f := validSubset(rng, n.offered()); !n.negotiate(f) {
				e.Fatalf("refused: %v", f)
			}
		}
	}),
	must("2.2.2", newborn, "clears FEATURES_OK for a subset that it does not accept", func(e *env) {
		n := e.nic(with(virtio.AccessPlatform))
		if n.negotiate(virtio.Features{}) {
			e.Error("a driver that passes the IOMMU by is accepted")
		}
		n.equal("FEATURES_OK", uint64(n.status()&featuresOK), 0)
		if !n.negotiate(virtio.FeaturesOf(virtio.AccessPlatform)) {
			e.Error("a driver that does not is refused")
		}
	}),
	must("2.2.2", everywhere, "offers no bit that is reserved, or of a feature that it lacks", func(e *env) {
		n := e.nic(pairs(2), mtu(1500), everyProperty)
		for bit := range virtio.Feature(128) {
			if n.offered().Has(bit) && !implemented(bit, e.column) {
				e.Errorf("bit %v is offered", bit)
			}
		}
	}),
	should("2.2.2", modern, "accepts a set again, after a reset of the device or of the system, that it has accepted once", func(e *env) {
		n := e.nic()
		f := n.offered()
		for i := range 3 {
			if !n.negotiate(f) {
				e.Fatalf("refused the %d. time", i+1)
			}
		}
		n.root.Reset()
		n.place()
		if !n.negotiate(f) {
			e.Error("refused after a bus reset")
		}
	}),
	must("2.2.3", legacy, "works by the legacy sections for a driver that has not accepted VERSION_1", func(e *env) {
		n := e.nic()
		n.startNIC()
		n.equal("header", uint64(n.netdev.Header()), 10)
		n.works()
	}),
	must("6.2", modern, "offers VERSION_1", func(e *env) {
		if f := e.nic().offered(); !f.Has(virtio.Version1) {
			e.Errorf("offered: %v", f)
		}
	}),
	must("6.2", everywhere, "does not offer SR_IOV, since it has no such PCI capability", func(e *env) {
		if f := e.nic(everyProperty).offered(); f.Has(virtio.SRIOV) {
			e.Errorf("offered: %v", f)
		}
	}),
	may("6.2", newborn, "does not go on for a driver that has not accepted ACCESS_PLATFORM where it was offered", func(e *env) {
		n := e.nic(with(virtio.AccessPlatform))
		n.negotiate(virtio.Features{})
		n.equal("status", uint64(n.status()), acknowledge|driverBit)
	}),
	must("6.3", legacy, "offers ANY_LAYOUT", func(e *env) {
		if f := e.nic().offered(); !f.Has(virtio.AnyLayout) {
			e.Errorf("offered: %v", f)
		}
	}),
	must("6.3", legacy, "with NOTIFY_ON_EMPTY notifies a driver that suppresses notifications when it runs out of buffers", func(e *env) {
		n := e.nic()
		n.startVectors(virtio.NotifyOnEmpty)
		n.tx().EnableInterrupts(false)
		n.transmit(frame(60, 1))
		n.eventually("a notification", func() bool { return n.queueMessages(1) == 1 })
	}),
	should("6.3", legacy, "does not negotiate bit 30: a driver that accepts it gets a set without it", func(e *env) {
		n := e.nic()
		r := n.legacy()
		n.begin()
		n.setFeature(0, ^uint32(0))
		n.equal("bit 30", r.in(legacyDriverFeatures, 4)>>virtio.BadFeature&1, 0)
	}),
	described("6.3", scope{onlyModern, "", "", ""}, "shows a modern driver no bit that only a legacy driver knows", func(e *env) {
		f := e.nic().offered()
		if old := f.And(virtio.FeaturesOf(GSO, virtio.NotifyOnEmpty, virtio.AnyLayout, virtio.BadFeature)); old != (virtio.Features{}) {
			e.Errorf("offered: %v", old)
		}
	}),
	untested("6.2", shouldWord, "offers ACCESS_PLATFORM if its addresses are not physical ones", "they are physical ones in every machine of Drydock's"),
	untested("6.2", mayWord, "works slower, or not at all, for a driver that has not accepted ORDER_PLATFORM", "the bit is not offered"),
}

// prerequisites are 5.1.3.1 (and 5.1.4.1 for CTRL_RX_EXTRA and HASH_REPORT): each bit needs one of the others.
var prerequisites = map[virtio.Feature][]virtio.Feature{
	GuestTSO4: {GuestCsum}, GuestTSO6: {GuestCsum}, GuestUFO: {GuestCsum}, GuestUSO4: {GuestCsum}, GuestUSO6: {GuestCsum},
	GuestECN: {GuestTSO4, GuestTSO6},
	HostTSO4: {Csum}, HostTSO6: {Csum}, HostUFO: {Csum}, HostUSO: {Csum},
	HostECN: {HostTSO4, HostTSO6},
	CtrlRX:  {CtrlVQ}, CtrlVLAN: {CtrlVQ}, CtrlRXExtra: {CtrlVQ}, GuestAnnounce: {CtrlVQ}, MQ: {CtrlVQ}, CtrlMACAddr: {CtrlVQ},
	RSS: {CtrlVQ}, HashReport: {CtrlVQ},
	RscExt: {HostTSO4, HostTSO6},
}

func checkPrerequisites(e *env, f virtio.Features) {
	e.Helper()
	for bit, needs := range prerequisites {
		if f.Has(bit) && f.And(virtio.FeaturesOf(needs...)) == (virtio.Features{}) {
			e.Errorf("bit %d is offered, and none of %v", bit, needs)
		}
	}
}

// validSubset is a random set of offered bits that has what its bits need, but for those that the column has anyway.
func validSubset(rng *rand.Rand, offered virtio.Features) virtio.Features {
	f := virtio.Features{rng.Uint64(), rng.Uint64()}.And(offered).Without(virtio.RingPacked)
	for range prerequisites { // as often as the longest chain of needs could be
		for bit, needs := range prerequisites {
			if f.And(virtio.FeaturesOf(needs...)) == (virtio.Features{}) {
				f = f.Without(bit)
			}
		}
	}
	return f
}

// everyProperty offers all that a property of the device can switch on.
func everyProperty(c *nicConfig) {
	for _, p := range Properties() {
		c.more = c.more.With(p.Feature)
	}
}

// implemented says whether a device of ours could keep its word for a bit.
func implemented(bit virtio.Feature, c column) bool {
	switch {
	case bit == 4, bit == 25, bit == 26, bit == 31:
		return false // reserved
	case bit == GSO, bit == virtio.NotifyOnEmpty, bit == virtio.AnyLayout, bit == virtio.BadFeature:
		return c == legacyDriver
	case bit <= virtio.InOrder:
		return bit != virtio.AccessPlatform
	case bit == virtio.NotificationData, bit == virtio.RingReset:
		return true
	case bit >= GuestUSO4 && bit <= HashReport, bit >= GuestHdrlen && bit <= SpeedDuplex:
		return true
	}
	return false
}
